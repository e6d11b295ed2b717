import { randomUUID } from 'node:crypto'
import { Writable } from 'node:stream'
import t from 'tap'
import { auditCommand } from '../../src/cli/audit.js'
import { runCommand } from '../../src/cli/run.js'
import { makePeople } from '../../src/people/people.js'
import { verifyHistories } from '../../src/store/audit.js'
import type { Self } from '../../src/contracts/people.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openOldDatabase, openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(400_000)

t.test('a history that somebody touched is found', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '接警员', role: 'operator', extension: '1001' }, 'correct horse battery')
  const [op] = (await people.list()) as [Self]
  const ids: string[] = []
  for (let n = 0; n < 3; n += 1) {
    const callId = randomUUID()
    const now = Date.now()
    await store.records.openTicket({ operatorId: op.id, answeredAt: now, callBack: false, place: '中州中路', callerName: '', record: { callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
    await store.records.markCallBack(callId, now)
    await store.records.act(callId, { actId: randomUUID(), act: 'edit', baseVersion: 1, changes: { description: '引号"、反斜杠\\、换行\n、制表\t、控制\u0001、😀、\u2028', point: { lat: 34.1234567, lon: 1e-7 } } }, op)
    await store.records.act(callId, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'urban-management', note: '请“速办”' }, op)
    await store.records.act(callId, { actId: randomUUID(), act: 'settle', baseVersion: 1, outcome: 'answered', note: '' }, op)
    ids.push(callId)
  }
  /** Everything until now: nothing is under way. */
  const until = Date.now() + 1_000
  const whole = await verifyHistories(store.pool, until)
  t.match(whole, { tickets: 3, rows: 15, faults: [] }, 'what PostgreSQL computed and what we compute are the same, whatever stands in it')
  t.equal((await verifyHistories(store.pool, until)).head, whole.head)

  const id = ids[1] ?? ''
  const untouched = `alter table ticket_history enable trigger all`
  /** As the owner would, who knows of the triggers. */
  async function tamper(sql: string, undo: string): Promise<Awaited<ReturnType<typeof verifyHistories>>> {
    await owner.query(`alter table ticket_history disable trigger all; ${sql.replaceAll('$id', `'${id}'`)}; ${untouched}`)
    const report = await verifyHistories(store.pool)
    await owner.query(`alter table ticket_history disable trigger all; ${undo.replaceAll('$id', `'${id}'`)}; ${untouched}`)
    t.same((await verifyHistories(store.pool)).faults, [], 'and put back')
    return report
  }
  for (const [what, sql, undo, fault] of [
    ['a note', `update ticket_history set note = '请慢办' where ticket_id = $id and version = 4`, `update ticket_history set note = '请“速办”' where ticket_id = $id and version = 4`, { type: 'hash', version: 4 }],
    ['a time, by a µs', `update ticket_history set at = at - interval '1 microsecond' where ticket_id = $id and version = 4`, `update ticket_history set at = at + interval '1 microsecond' where ticket_id = $id and version = 4`, { type: 'hash', version: 4 }],
    ['who did it', `update ticket_history set by_id = null where ticket_id = $id and version = 5`, `update ticket_history set by_id = '${op.id}' where ticket_id = $id and version = 5`, { type: 'hash', version: 5 }],
    ['a row, with its own hash made right', `update ticket_history set note = '改'; update ticket_history h set hash = history_hash((select hash from ticket_history p where p.ticket_id = h.ticket_id and p.version = h.version - 1), h) where ticket_id = $id and version = 4`,
      `update ticket_history set note = ''; update ticket_history set note = '请“速办”' where version = 4; update ticket_history h set hash = history_hash((select hash from ticket_history p where p.ticket_id = h.ticket_id and p.version = h.version - 1), h) where ticket_id = $id and version = 4`, { type: 'hash' }],
    ['the ticket itself', `update ticket set state = 'open' where id = $id`, `update ticket set state = 'closed' where id = $id`, { type: 'state', expected: 'closed', found: 'open' }],
    ['whose it is', `update ticket set unit_id = 'gas-company' where id = $id`, `update ticket set unit_id = 'urban-management' where id = $id`, { type: 'field', field: 'unitId' }],
    ['what came of it', `update ticket set outcome = 'done' where id = $id`, `update ticket set outcome = 'answered' where id = $id`, { type: 'field', field: 'outcome' }],
    ['where it is, as it was opened', `update ticket set place = '别处' where id = $id`, `update ticket set place = '中州中路' where id = $id`, { type: 'field', field: 'place' }],
    ['its category', `update ticket set category = 'road' where id = $id`, `update ticket set category = 'noise' where id = $id`, { type: 'field', field: 'category' }],
    ['its words', `update ticket set description = '没事' where id = $id`, `update ticket set description = (select changes -> 'description' ->> 1 from ticket_history where ticket_id = $id and version = 3) where id = $id`, { type: 'field', field: 'description' }],
    ['its point', `update ticket set lat = 34.2 where id = $id`, `update ticket set lat = 34.1234567 where id = $id`, { type: 'field', field: 'point' }],
    ['what nobody ever touched', `update ticket set work = work || '{"privacy": "anonymous"}' where id = $id`, `update ticket set work = work || '{"privacy": "open"}' where id = $id`, { type: 'field', field: 'privacy' }],
    ['a report that nobody made', `update ticket set work = work || '{"report": {"unitId": "urban-management", "result": "done", "note": "", "photos": [], "at": 1}}' where id = $id`, `update ticket set work = work || '{"report": null}' where id = $id`, { type: 'field', field: 'report' }],
    ['what is written twice', `update ticket set priority = 'urgent' where id = $id`, `update ticket set priority = 'normal' where id = $id`, { type: 'field', field: 'priority' }],
  ] as const) t.match((await tamper(sql, undo)).faults.find(({ ticketId }) => ticketId === id), fault, what)

  // Whoever rewrites a whole chain gets it right; the head that was noted shows it.
  await owner.query(`alter table ticket_history disable trigger all; delete from ticket_history where ticket_id = '${id}' and version = 5; update ticket set version = 4, state = 'dispatched', outcome = null where id = '${id}'; ${untouched}`)
  const cut = await verifyHistories(store.pool, until)
  t.same(cut.faults, [])
  t.not(cut.head, whole.head)
  await owner.query(`alter table ticket_history disable trigger all; delete from ticket_history where ticket_id = '${id}' and version = 2; ${untouched}`)
  t.match((await verifyHistories(store.pool)).faults, [{ type: 'gap', ticketId: id, version: 2 }])

  let printed = ''
  const out = new Writable({ write(chunk: Buffer, _encoding, done) { printed += chunk.toString(); done() } })
  process.env['DATABASE_URL'] = store.url
  t.teardown(() => { delete process.env['DATABASE_URL'] })
  t.equal(await runCommand(auditCommand, ['verify'], { stdout: out, stderr: out, stdin: process.stdin }), 1)
  t.match(printed, new RegExp(`✗ ${id} #2：缺少这一行 / this row is missing`))
  t.equal(await runCommand(auditCommand, ['verify', '--expect', whole.head], { stdout: out, stderr: out, stdin: process.stdin }), 2, 'a head without its time')
  t.equal(await runCommand(auditCommand, ['forge'], { stdout: out, stderr: out, stdin: process.stdin }), 2)
})

t.test('a head that was noted stays one to hold against, whatever is done afterwards', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const work = await startCaseWork(store)
  const [first, second] = [await work.open(), await work.open()]
  await work.act(first, 'dispatch', { unitId: 'urban-management' })
  // As if it had been an hour ago.
  await owner.query(`alter table ticket_history disable trigger all; update ticket_history set recorded_at = recorded_at - interval '1 hour'; alter table ticket_history enable trigger all`)
  process.env['DATABASE_URL'] = store.url
  t.teardown(() => { delete process.env['DATABASE_URL'] })
  const run = async (...more: string[]): Promise<{ code: number; last: string }> => {
    let said = ''
    const out = new Writable({ write(chunk: Buffer, _encoding, done) { said += chunk.toString(); done() } })
    const code = await runCommand(auditCommand, ['verify', ...more], { stdout: out, stderr: out, stdin: process.stdin })
    return { code, last: said.trim().split('\n').at(-1)?.trim() ?? '' }
  }
  const noted = await run()
  t.equal(noted.code, 0)
  await work.act(first, 'edit', { changes: { description: '补充' } })
  await work.act(second, 'dispatch', { unitId: 'gas-company' })
  await work.open()
  t.same(await run('--expect', noted.last), noted, 'acts and tickets since then change nothing')
  t.not((await verifyHistories(store.pool, Date.now() + 1_000)).head, noted.last.split('/')[1])

  // The owner rewrites what was before it, with every hash right, and the ticket with it.
  await owner.query(`alter table ticket_history disable trigger all; update ticket_history set note = '请慢办' where ticket_id = '${first}' and version = 2`)
  for (const version of [2, 3]) await owner.query(`update ticket_history h set hash = history_hash((select hash from ticket_history p where p.ticket_id = h.ticket_id and p.version = h.version - 1), h) where ticket_id = '${first}' and version = ${version}`)
  await owner.query('alter table ticket_history enable trigger all')
  t.equal((await run()).code, 0, 'by itself the chain is whole')
  t.equal((await run('--expect', noted.last)).code, 1)
})

t.test('histories from before the chain get their place in it', async (t) => {
  const { pool, finish } = await openOldDatabase(t, 30)
  for (let n = 0; n < 3; n += 1) {
    const id = randomUUID()
    await pool.query(`insert into ticket (id, number, state, version, number_called_from, number_verified, answered_at) values ($1, $2, 'dispatched', 2, '1', true, now())`, [id, `n${n}`])
    await pool.query(`insert into ticket_history (ticket_id, version, act_id, act, at, changes) values ($1, 1, $1, 'open', now(), '{}'), ($1, 2, $2, 'dispatch', now(), '{"state": ["open", "dispatched"]}')`, [id, randomUUID()])
  }
  await finish()
  t.match(await verifyHistories(pool), { tickets: 3, rows: 6, faults: [] })
  await t.rejects(pool.query(`update ticket_history set note = 'x'`), /append-only/, 'the lock is on again')
  await t.rejects(pool.query(`insert into ticket_history (ticket_id, version, act_id, act, at, changes) select id, 9, gen_random_uuid(), 'edit', now(), '{}' from ticket limit 1`), /has no version 8/)
})
