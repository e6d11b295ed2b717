import { createHash, randomUUID } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { Pool } from 'pg'
import t from 'tap'
import { auditCommand } from '../../src/cli/audit.js'
import { runCommand } from '../../src/cli/run.js'
import { makePeople } from '../../src/people/people.js'
import { verifyHistories, verifyPhotos } from '../../src/store/audit.js'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Self } from '../../src/contracts/people.js'
import type { RunningClock } from '../../src/contracts/work.js'
import { difference } from '../../src/dispatch/core/changes.js'
import { withPen } from '../../src/store/with-pen.js'
import { makeTicketWrites } from '../../src/store/ticket-writes.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openOldDatabase, openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(400_000)

/** Every hash anew, as the owner can. Triggers are off. */
async function rehash(owner: Pool): Promise<void> {
  const { rows: [last] } = await owner.query<{ version: number }>('select max(version) as version from ticket_history')
  for (let version = 1; version <= (last?.version ?? 0); version += 1) {
    await owner.query(`update ticket_history h set hash = history_hash(coalesce((select hash from ticket_history p where p.ticket_id = h.ticket_id and p.version = h.version - 1), ''), h) where version = $1`, [version])
  }
}

t.test('a history that somebody touched is found', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '接警员', role: 'operator', extension: '1001' }, 'correct horse battery')
  const [op] = (await people.list()) as [Self]
  const ids: string[] = []
  /** The hall's clock of each, as it began. */
  const begun: RunningClock[] = []
  for (let n = 0; n < 3; n += 1) {
    const callId = randomUUID()
    const now = Date.now()
    const { work } = await store.records.openTicket({ operatorId: op.id, answeredAt: now, callBack: false, place: '中州中路', callerName: '', record: { callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
    await store.records.markCallBack(callId, now)
    await store.records.act(callId, { actId: randomUUID(), act: 'edit', baseVersion: 1, changes: { description: '引号"、反斜杠\\、换行\n、制表\t、控制\u0001、😀、\u2028', point: { lat: 34.1234567, lon: 1e-7 } } }, op)
    await store.records.act(callId, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'urban-management', note: '请“速办”' }, op)
    await store.records.act(callId, { actId: randomUUID(), act: 'urge', baseVersion: 1, note: '' }, op)
    await store.records.act(callId, { actId: randomUUID(), act: 'settle', baseVersion: 1, outcome: 'answered', note: '' }, op)
    ids.push(callId)
    begun.push(...work.clocks)
  }
  const [, first] = begun
  if (first === undefined || begun.length !== 3) throw new Error('the hall has no clock of what nobody sorted')
  /** Everything until now: nothing is under way. */
  const until = Date.now() + 1_000
  const whole = await verifyHistories(store.pool, until)
  t.match(whole, { tickets: 3, rows: 18, faults: [] }, 'what PostgreSQL computed and what we compute are the same, whatever stands in it')
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
    ['when it was opened', `update ticket set opened_at = opened_at + interval '1 microsecond' where id = $id`, `update ticket set opened_at = opened_at - interval '1 microsecond' where id = $id`, { type: 'field', field: 'openedAt' }],
    ['when it was answered', `update ticket set answered_at = answered_at + interval '1 day' where id = $id`, `update ticket set answered_at = answered_at - interval '1 day' where id = $id`, { type: 'field', field: 'answeredAt' }],
    ['when it was given', `update ticket set dispatched_at = dispatched_at + interval '1 second' where id = $id`, `update ticket set dispatched_at = dispatched_at - interval '1 second' where id = $id`, { type: 'field', field: 'dispatchedAt' }],
    ['when it was closed', `update ticket set closed_at = closed_at - interval '5 days' where id = $id`, `update ticket set closed_at = closed_at + interval '5 days' where id = $id`, { type: 'field', field: 'closedAt' }],
    ['when it is due', `update ticket set due_at = now() + interval '1 day' where id = $id`, `update ticket set due_at = null where id = $id`, { type: 'field', field: 'dueAt' }],
    ['whose number called', `update ticket set number_called_from = '13900000009' where id = $id`, `update ticket set number_called_from = '13900000001' where id = $id`, { type: 'field', field: 'caller' }],
    ['what he keyed', `update ticket set tags = '[{"key": "category", "value": "gas", "node": "x", "at": 1}]' where id = $id`, `update ticket set tags = '[]' where id = $id`, { type: 'field', field: 'tags' }],
    ['the number that was read out meanwhile', `update ticket set provisional_number = 'P-XXXX01-001' where id = $id`, `update ticket set provisional_number = '' where id = $id`, { type: 'field', field: 'provisional' }],
    ['its number', `update ticket set number = number || 'x' where id = $id`, `update ticket set number = rtrim(number, 'x') where id = $id`, { type: 'field', field: 'number' }],
    ['who answered', `update ticket set operator_id = null where id = $id`, `update ticket set operator_id = '${op.id}' where id = $id`, { type: 'field', field: 'operator' }],
    ['a signature that nobody gave', `update ticket set work = work || '{"signedAt": 1}' where id = $id`, `update ticket set work = work || '{"signedAt": null}' where id = $id`, { type: 'field', field: 'signedAt' }],
    ['that somebody was there', `update ticket set work = work || '{"arrivedAt": 1}' where id = $id`, `update ticket set work = work || '{"arrivedAt": null}' where id = $id`, { type: 'field', field: 'arrivedAt' }],
    ['when it was urged', `update ticket set work = work || jsonb_build_object('urgedAt', (work ->> 'urgedAt')::bigint - 1) where id = $id`, `update ticket set work = work || jsonb_build_object('urgedAt', (work ->> 'urgedAt')::bigint + 1) where id = $id`, { type: 'field', field: 'urgedAt' }],
    ['how often it was urged', `update ticket set work = work || '{"urged": 0}' where id = $id`, `update ticket set work = work || '{"urged": 1}' where id = $id`, { type: 'field', field: 'urged' }],
    ['who gave it back', `update ticket set work = work || '{"returns": [{"unitId": "drainage", "duty": "MH-02", "note": "", "at": 1}]}' where id = $id`, `update ticket set work = work || '{"returns": []}' where id = $id`, { type: 'field', field: 'returns' }],
    ['that a limit was kept', `update ticket_clock set met = true where ticket_id = $id and clock = 'delivery'`, `update ticket_clock set met = false where ticket_id = $id and clock = 'delivery'`, { type: 'field', field: 'clocks' }],
    ['when a clock ended', `update ticket_clock set ended_at = ended_at - interval '1 minute' where ticket_id = $id`, `update ticket_clock set ended_at = ended_at + interval '1 minute' where ticket_id = $id`, { type: 'field', field: 'clocks' }],
    ['a limit', `update ticket_clock set due_at = due_at + interval '1 day' where ticket_id = $id`, `update ticket_clock set due_at = due_at - interval '1 day' where ticket_id = $id`, { type: 'field', field: 'clocks' }],
    ['a clock that never ran', `insert into ticket_clock (ticket_id, clock, started_at, unit_id, due_at, ended_at, met) values ($id, 'sign', now(), 'urban-management', now(), now(), true)`, `delete from ticket_clock where ticket_id = $id and clock = 'sign'`, { type: 'field', field: 'clocks' }],
    ['a clock that runs by the ticket alone', `update ticket set work = work || '{"clocks": [{"clock": "report", "unitId": null, "startedAt": 1, "at": {"warn": 2, "urge": 3, "supervise": 4, "notice": 5}, "next": null}]}' where id = $id`, `update ticket set work = work || '{"clocks": []}' where id = $id`, { type: 'field', field: 'clocks' }],
    ['when it was learnt of', `update ticket_history set recorded_at = recorded_at - interval '1 microsecond' where ticket_id = $id and version = 4`, `update ticket_history set recorded_at = recorded_at + interval '1 microsecond' where ticket_id = $id and version = 4`, { type: 'hash', version: 4 }],
    ['marks', `update ticket_history set marks = marks || '{"signedAt": 1}' where ticket_id = $id and version = 4`, `update ticket_history set marks = marks - 'signedAt' where ticket_id = $id and version = 4`, { type: 'hash', version: 4 }],
    ['that there are marks', `alter table ticket_history add column kept jsonb; update ticket_history set kept = marks, marks = null where ticket_id = $id and version = 4`, `update ticket_history set marks = kept where ticket_id = $id and version = 4; alter table ticket_history drop column kept`, { type: 'hash', version: 4 }],
  ] as const) t.match((await tamper(sql, undo)).faults.find(({ ticketId }) => ticketId === id), fault, what)

  // Nor is anybody's lateness silenced: a clock that runs comes to its stages, or has come to the last.
  await store.records.act(ids[2] ?? '', { actId: randomUUID(), act: 'reopen', baseVersion: 6, note: '再次来电' }, op)
  for (const [what, sql] of [
    ['in the clocks', `update ticket_clock set next_stage = null, next_at = null where ticket_id = $1 and ended_at is null`],
    ['and in the ticket', `update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(c || '{"next": null}') from jsonb_array_elements(work -> 'clocks') c)) where id = $1`],
  ] as const) {
    await owner.query(sql, [ids[2]])
    t.match((await verifyHistories(store.pool)).faults, [{ type: 'field', ticketId: ids[2], field: 'stages' }], what)
  }
  const { rows: [running] } = await owner.query<{ clocks: readonly { at: Record<string, number> }[] }>(`select work -> 'clocks' as clocks from ticket where id = $1`, [ids[2]])
  const [ladder, another] = running?.clocks ?? []
  if (ladder === undefined || another !== undefined) throw new Error('it has another clock')
  // Nor put off by who pushes its ladder ahead, or leaves stages out, in both places.
  for (const [what, next, at] of [
    ['the last ones', 'warn', { supervise: ladder.at['supervise'] ?? 0, notice: (ladder.at['notice'] ?? 0) + 86_400_000 }], ['the first one', 'warn', { warn: (ladder.at['warn'] ?? 0) + 86_400_000 }], ['two are left out', 'supervise', {}], ['one came and is said to come', 'urge', {}],
  ] as const) {
    const stages: Record<string, number> = { ...ladder.at, ...at }
    await owner.query(`update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(c || $2) from jsonb_array_elements(work -> 'clocks') c)) where id = $1`, [ids[2], JSON.stringify({ at: stages, next })])
    await owner.query(`update ticket_clock set next_stage = $2, next_at = timestamptz 'epoch' + $3::double precision * interval '1 ms' where ticket_id = $1 and ended_at is null`, [ids[2], next, stages[next]])
    t.match((await verifyHistories(store.pool)).faults, [{ type: 'field', ticketId: ids[2], field: 'stages' }], what)
  }
  await owner.query(`update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(c || $2) from jsonb_array_elements(work -> 'clocks') c)) where id = $1`, [ids[2], JSON.stringify({ at: ladder.at })])
  await owner.query(`update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(c || '{"next": "warn"}') from jsonb_array_elements(work -> 'clocks') c)) where id = $1`, [ids[2]])
  await owner.query(`update ticket_clock set next_stage = 'warn', next_at = started_at + interval '25 s' where ticket_id = $1 and ended_at is null`, [ids[2]])
  t.same((await verifyHistories(store.pool)).faults, [], 'and put back')

  // Whoever rewrites a whole chain gets it right; the head that was noted shows it.
  await owner.query(`alter table ticket_history disable trigger all; delete from ticket_history where ticket_id = '${id}' and version >= 4; delete from ticket_clock where ticket_id = '${id}' and clock = 'delivery';
    update ticket_clock set ended_at = null, met = null, next_stage = 'warn', next_at = started_at + (due_at - started_at) * 0.75 where ticket_id = '${id}';
    update ticket set version = 3, state = 'open', kind = null, outcome = null, unit_id = null, dispatched_at = null, closed_at = null, due_at = timestamptz 'epoch' + ${first.at.urge} * interval '1 ms', work = work || '{"urged": 0, "urgedAt": null, "clocks": [${JSON.stringify(first)}]}' where id = '${id}'; ${untouched}`)
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
  const { number } = await store.records.get(id)
  t.match(printed, new RegExp(`✗ ${number} \\(${id}\\) #2（#1 open \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z 之后 / after it）：缺少这一行 / this row is missing\\n`))
  t.match(printed, /怎么办：[\s\S]*What to do: keep everything as it is/)
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
  await owner.query(`alter table ticket_history disable trigger all; update ticket_history set recorded_at = recorded_at - interval '1 hour'`)
  await rehash(owner)
  await owner.query('alter table ticket_history enable trigger all')
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

t.test('whatever is done in a city, by paper, merging, gathering or the passing of time, nothing of it looks forged', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, people } = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' }, { loginName: 'sup1', displayName: '值班长', role: 'supervisor' })
  const [unit, chief] = ['unit', 'supervisor'].map((role) => people.find((one) => one.role === role))
  const sound = async (what: string): Promise<void> => { t.same((await verifyHistories(store.pool)).faults, [], what) }
  const later = (days: number): number => Date.now() + days * 86_400_000

  const hole = await open({ category: 'manhole-cover' })
  await act(hole, 'dispatch', { unitId: 'municipal-works', assist: ['drainage'] })
  await act(hole, 'deliver', { how: 'phone', paper: { doneAt: Date.now(), by: '李四' } })
  await act(hole, 'sign', { paper: { doneAt: Date.now(), by: '张三' } }, unit)
  await owner.query(`insert into outage (began, ended) values (now() - interval '1 hour', now() + interval '1 hour')`)
  await act(hole, 'progress', { step: 'made-safe', photos: [], paper: { doneAt: Date.now(), by: '张三' } }, unit)
  await owner.query('delete from outage')
  await act(hole, 'dispute', { duty: 'MH-02' }, unit)
  await act(hole, 'ask-extension', { until: later(60) }, unit)
  await act(hole, 'answer-extension', { granted: true }, chief)
  await act(hole, 'prioritise', { priority: 'emergency', hazard: true })
  await act(hole, 'return', { duty: 'MH-02' }, unit)
  await act(hole, 'dispatch', { unitId: 'municipal-works' })
  await sound('from paper, with more time, given back')
  await act(hole, 'sign', {}, unit)
  await act(hole, 'report', { result: 'done', photos: [] }, unit)
  await act(hole, 'redo', {}, chief)
  await act(hole, 'assist', { assist: [] })
  await act(hole, 'reassign', { unitId: 'drainage' })
  await act(hole, 'supervise', {}, chief)
  await sound('sent back, and to another')

  const [road, same] = [await open({ category: 'road' }), await open({ category: 'road', number: '13900000002' })]
  await act(same, 'dispatch', { unitId: 'municipal-works' })
  await act(same, 'merge', { into: road })
  await act(road, 'dispatch', { unitId: 'municipal-works' })
  await store.hall.delivered(road, 'municipal-works', randomUUID())
  await act(road, 'refer', { body: 'other', name: '产权单位', nextAt: later(1) })
  await act(road, 'confirm-receipt', { reference: '1' })
  await act(road, 'reopen')
  await act(same, 'reopen')
  await act(road, 'void', {}, chief)
  await sound('merged, referred, closed together, reopened apart')

  await Promise.all(Array.from({ length: 5 }, () => open({ category: 'power-repair', place: '景华路 56 号' })))
  t.ok((await store.clusters.look()).length > 0)
  await sound('gathered')

  // As on the next day: what runs comes to its stages. Times of clocks are moved where they stand, so that nothing else is.
  const waiting = await open()
  await act(waiting, 'dispatch', { unitId: 'urban-management' })
  await owner.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks,0,at,warn}', '1000') where id = $1) update ticket_clock set next_at = now() - interval '1 second' where ticket_id = $1 and ended_at is null`, [waiting])
  t.match((await store.clocks.fireDue()).fired, [{ id: waiting }])
  await sound('warned')
})

t.test('tickets from before there were marks are sound, and so is what is done to them since; that is held', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, people } = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' })
  const unit = people.find(({ role }) => role === 'unit')
  const id = await open({ category: 'road' })
  await act(id, 'dispatch', { unitId: 'municipal-works' })
  await act(id, 'deliver', { how: 'phone' })
  await act(id, 'urge')
  // What a program from before would have written.
  await owner.query('alter table ticket_history disable trigger all; update ticket_history set marks = null')
  await rehash(owner)
  await owner.query('alter table ticket_history enable trigger all')
  const faults = async (): Promise<unknown> => (await verifyHistories(store.pool)).faults
  t.same(await faults(), [])
  await act(id, 'sign', {}, unit)
  await act(id, 'report', { result: 'done', photos: [] }, unit)
  t.same(await faults(), [])
  await owner.query(`update ticket_clock set met = false where ticket_id = $1 and clock = 'sign'`, [id])
  t.match(await faults(), [{ type: 'field', field: 'clocks' }])
  await owner.query(`update ticket_clock set met = true where ticket_id = $1 and clock = 'sign'`, [id])
  await owner.query(`update ticket set work = work || '{"signedAt": 1}' where id = $1`, [id])
  t.match(await faults(), [{ type: 'field', field: 'signedAt' }])
  // Whoever acts afterwards does not make it true.
  await act(id, 'close')
  t.match(await faults(), [{ type: 'field', field: 'signedAt' }])
})

t.test('what arrived too late says what somebody wanted, and accuses nobody', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act, operator } = await startCaseWork(store)
  const id = await open()
  await act(id, 'edit', { changes: { kind: 'consultation' } })
  await act(id, 'settle', { outcome: 'answered' })
  const { addLate } = makeTicketWrites(store.pool, store.rules, () => undefined)
  const acts: TicketAct[] = [{ actId: randomUUID(), act: 'edit', baseVersion: 1, changes: { description: '孩子已找到' } }, { actId: randomUUID(), act: 'dispatch', baseVersion: 1, unitId: 'drainage', priority: 'urgent', note: '' }]
  for (const one of acts) await addLate(id, one, operator, Date.now(), true)
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('a photo is what its unit showed: another one in its place is found, in its row and in its file', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, people } = await startCaseWork(store, { loginName: 'works', displayName: '值班员', role: 'unit', unitId: 'municipal-works' })
  const crew = people.find(({ role }) => role === 'unit')
  const id = await open()
  await act(id, 'dispatch', { unitId: 'municipal-works' })
  const add = async (bytes: Uint8Array): Promise<string> => (await store.attachments.add({ id: randomUUID(), ticketId: id, unitId: 'municipal-works', byId: crew?.id ?? '', type: 'image/jpeg', width: 1, height: 1, bytes, sha256: createHash('sha256').update(bytes).digest(), thumbnail: null })).id
  const [before, after] = [await add(new Uint8Array([1, 2, 3])), await add(new Uint8Array([4, 5, 6]))]
  await act(id, 'progress', { step: 'arrived', photos: [before] }, crew)
  await act(id, 'report', { result: 'done', photos: [after, before] }, crew)
  t.same((await verifyHistories(store.pool)).faults, [])
  for (const photo of [before, after]) {
    await t.rejects(store.pool.query(`update attachment set sha256 = '\\x00' where id = $1`, [photo]), { code: '42501' }, 'nobody but the owner could')
    await owner.query(`alter table attachment disable trigger all; update attachment set sha256 = sha256 || '\\x00' where id = '${photo}'`)
    t.match((await verifyHistories(store.pool)).faults, [{ type: 'field', ticketId: id, field: 'photos' }])
    await owner.query(`update attachment set sha256 = substr(sha256, 1, 32) where id = '${photo}'; alter table attachment enable trigger all`)
  }
  t.same((await verifyHistories(store.pool)).faults, [])

  const read = async (photo: string): Promise<Uint8Array | null> => (await store.attachments.read(photo, 'full'))?.bytes ?? null
  t.same(await verifyPhotos(store.pool, read), { photos: 2, faults: [] })
  const fileOf = (photo: string): string => join(home.path, 'attachments', photo.slice(0, 2), photo)
  writeFileSync(fileOf(before), new Uint8Array([9, 9, 9]))
  rmSync(fileOf(after))
  const { faults } = await verifyPhotos(store.pool, read)
  const { number } = await store.records.get(id)
  t.same([...faults].sort((a, b) => (a.found < b.found ? -1 : 1)), [{ id: before, ticketId: id, number, found: 'changed' }, { id: after, ticketId: id, number, found: 'missing' }])
  let printed = ''
  const out = new Writable({ write(chunk: Buffer, _encoding, done) { printed += chunk.toString(); done() } })
  Object.assign(process.env, { DATABASE_URL: store.url, LIANDONG_HOME: home.path })
  t.teardown(() => { delete process.env['DATABASE_URL']; delete process.env['LIANDONG_HOME'] })
  t.equal(await runCommand(auditCommand, ['verify'], { stdout: out, stderr: out, stdin: process.stdin }), 0, 'files are read when somebody asks')
  t.equal(await runCommand(auditCommand, ['verify', '--photos'], { stdout: out, stderr: out, stdin: process.stdin }), 1)
  t.match(printed, new RegExp(`✗ ${number} \\(${id}\\)：照片 ${before} 的文件与记录不符[\\s\\S]*✗ 2 张照片`))
})

t.test('a clock that an earlier program took over from another ticket after its last stage is no fault', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open } = await startCaseWork(store)
  const takes = async (act: string): Promise<readonly unknown[]> => {
    const id = await open({ category: 'gas' })
    await withPen(store.pool, store.rules, async (pen) => {
      const before = await pen.lock(id)
      const at = Date.now() - 7_200_000
      const after = { ...before, version: before.version + 1, work: { ...before.work, hazard: true, clocks: [{ clock: 'safe' as const, unitId: null, startedAt: at, at: { warn: at + 1, urge: at + 2, supervise: at + 3, notice: at + 4 }, next: null }] } }
      await pen.write({ before, after, actId: randomUUID(), act, at: Date.now(), by: null, changes: difference(before, after), note: '', met: [], notices: [] })
    })
    return (await verifyHistories(store.pool)).faults.filter(({ ticketId }) => ticketId === id)
  }
  t.same([await takes('absorb'), await takes('learnt')], [[], []])
  t.match(await takes('prioritise'), [{ type: 'field', field: 'stages' }], 'anywhere else one comes to its stages here')
})
