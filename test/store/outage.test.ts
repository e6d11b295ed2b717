import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import type { TicketAct } from '../../src/contracts/ticket.js'
import type { CallRecord, TicketOpening } from '../../src/intake/ports.js'
import { makePeople } from '../../src/people/people.js'
import { blame } from '../../src/store/blame.js'
import { lineOf, realDisk } from '../../src/store/journal-file.js'
import { makeTicketWrites } from '../../src/store/ticket-writes.js'
import { openJournal, type Journal } from '../../src/store/journal.js'
import { makeRecords, type JournalRecord } from '../../src/store/records.js'
import { noRules } from '../../src/store/rules.js'
import { asOwner, openTestStore, silent, temporaryHome, until } from '../helpers/database.js'

const record = (callId: string, more: Partial<CallRecord> = {}): CallRecord => ({
  callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category: 'noise', language: 'zh-CN',
  tags: [{ key: 'category', value: 'noise', node: 'menu', at: 1 }], path: ['start'], createdAt: Date.now() - 9_000, queuedAt: Date.now() - 9_000, answeredAt: Date.now(), ...more,
})
const opening = (callId: string, more: Partial<TicketOpening> = {}): TicketOpening => ({ record: record(callId), operatorId: '', answeredAt: Date.now(), callBack: false, place: '开元大道', callerName: '', ...more })
const edit = (changes: Extract<TicketAct, { act: 'edit' }>['changes'], baseVersion = 1): TicketAct => ({ actId: randomUUID(), act: 'edit', baseVersion, changes })
const settle = (baseVersion: number): TicketAct => ({ actId: randomUUID(), act: 'settle', baseVersion, outcome: 'answered', note: '' })

t.test('an outage', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { records, told } = store
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  for (const n of [1, 2]) await people.addPerson({ loginName: `op${n}`, displayName: `接警员 ${n}`, role: 'operator', extension: `100${n}` }, 'correct horse battery')
  const [op1, op2] = (await people.list('operator')) as [Self, Self]
  const drained = (): Promise<unknown> => until('the journal to drain', () => records.status().database === 'up' && records.status().journal === 0)
  const goAway = async (): Promise<void> => { await store.server?.stop('immediate') }
  const comeBack = async (): Promise<void> => { await store.server?.start(); await drained() }
  const finalOf = (id: string): Promise<{ number: string; version: number }> => until('the final ticket', () => told.find((one) => one.id === id && !one.provisional))

  await t.test('two nodes gave a number each for one answer: both find its ticket, and that of the operator’s node is shown', async (t) => {
    const id = randomUUID()
    const node = makeTicketWrites(store.pool, store.rules, () => undefined)
    await node.open(opening(id), 'P-ABCD01-001')
    t.match(await records.get(id), { provisionalNumber: 'P-ABCD01-001' })
    const own = await node.open(opening(id, { here: true }), 'P-EFGH01-001')
    t.match(own, { provisionalNumber: 'P-EFGH01-001' }, 'the one that was read out')
    const third = await node.open(opening(id), 'P-JKLM01-001')
    t.match(third, { provisionalNumber: 'P-EFGH01-001', version: own.version })
    for (const text of ['P-ABCD01-001', 'p-efgh01-001', 'PJKLM01']) t.match(await records.list({ text, limit: 5, offset: 0 }), { total: 1, tickets: [{ id }] }, text)
    t.match(await records.list({ text: 'P-ABCD01-002', limit: 5, offset: 0 }), { total: 0 })
  })

  await t.test('an act that was kept and is set aside for good: what is shown is again what the database says', async (t) => {
    const owner = asOwner(t, store)
    await owner.query(`create function refuse_it() returns trigger language plpgsql as $$ begin if new.changes::text like '%无法写入%' then raise exception 'a defect' using errcode = '54000'; end if; return new; end $$;
      create trigger refuse_it before insert on ticket_history for each row execute function refuse_it()`)
    const before = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    t.match(await records.act(before.id, edit({ description: '无法写入' }), op1), { stored: 'journal', ticket: { fields: { description: '无法写入' } } })
    await until('it to be set aside', async () => { await records.drain(); return records.status().rejected === 1 })
    t.match(await records.get(before.id), { version: before.version, fields: { description: '' } })
    t.match(told.filter(({ id }) => id === before.id).at(-1), { fields: { description: '' } }, 'and every desk hears so')
    await owner.query('drop trigger refuse_it on ticket_history; drop function refuse_it')
    rmSync(join(home.path, 'journal', 'test.log.rejected'))
  })

  await t.test('what our own code cannot make is refused to whoever wants it, and nothing is kept that will never be', async (t) => {
    const before = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    const calendar = store.rules().calendar as { zone: string }
    const { zone } = calendar
    calendar.zone = 'Nowhere/City'
    await t.rejects(records.act(before.id, { actId: randomUUID(), act: 'refer', baseVersion: before.version, body: 'other', name: '人民法院', nextAt: Date.now() + 86_400_000, note: '属诉讼' }, op1), RangeError)
    calendar.zone = zone
    t.match(records.status(), { journal: 0, rejected: 0 })
    t.match(await records.get(before.id), { version: before.version, state: 'open' })
  })

  await t.test('acts are done once, however often they are sent', async (t) => {
    const before = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    const early = edit({ description: '停机前' })
    await records.act(before.id, early, op1)
    await goAway()
    t.match(await records.act(before.id, early, op1), { ticket: { version: 2 }, stored: 'database' }, 'one that PostgreSQL had before it went, sent again before anybody has noticed')
    const { id, number } = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    const first = edit({ kind: 'consultation' })
    const acts = [first, first, edit({ description: '一' }), settle(3)] as const
    for (const act of [...acts, acts[3], acts[0]]) await records.act(id, act, op1)
    t.match(await records.get(id), { version: 4, state: 'closed', number }, 'each counted once, the settling that was sent again is no error')
    t.match(await records.act(before.id, early, op1), { ticket: { version: 2 } }, 'and again')
    await Promise.all([records.act(before.id, edit({ place: '甲' }), op1), records.act(before.id, edit({ callerName: '乙' }), op1)])
    t.match(await records.get(before.id), { fields: { place: '甲', callerName: '乙' } }, 'two at once: neither is overwritten on the screen')
    await comeBack()
    t.match(await finalOf(id), { version: 4, provisionalNumber: number, state: 'closed' })
    t.same((await records.history(id)).map(({ act }) => act), ['open', 'edit', 'edit', 'settle'])
    t.match(await records.list({ text: number, limit: 5, offset: 0 }), { total: 1, tickets: [{ id, provisionalNumber: number }] }, 'found by the number that was read out')
    t.match(await records.list({ text: number.toLowerCase().replace('-', ''), limit: 5, offset: 0 }), { total: 1 }, 'also without its strokes')
    t.match(await records.list({ text: '%', limit: 5, offset: 0 }), { total: 0 }, 'a percent sign is a percent sign')
  })

  await t.test('an acknowledged act on a ticket that was closed meanwhile stands in its history, and the supervisors are told', async (t) => {
    const { id } = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    await records.act(id, edit({ kind: 'consultation' }), op1)
    // Away because it hangs, so that the one who holds it can close the ticket before anything drains.
    const holder = await asOwner(t, store).connect()
    await holder.query('begin; lock table ticket in access exclusive mode')
    t.match(await records.act(id, edit({ description: '孩子已找到' }), op1), { stored: 'journal' })
    await holder.query(`
      with closed as (update ticket set state = 'closed', closed_at = now(), version = version + 1 where id = $1 returning version)
      insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes) select $1, version, $2, 'settle', now(), $3, '{"state":["open","closed"]}' from closed`, [id, randomUUID(), op2.id])
    await holder.query('commit')
    holder.release()
    await drained()
    t.match((await records.history(id)).at(-1), { act: 'late', by: { id: op1.id }, changes: { description: [null, '孩子已找到'] } })
    t.match(await records.get(id), { state: 'closed', attention: true, version: 4, fields: { description: '' } })
    t.match(await records.list({ attention: true, limit: 5, offset: 0 }), { total: 1, tickets: [{ id, attention: true }] })
    t.equal(records.status().rejected, 0, 'nothing is hidden in a file')
  })

  await t.test('one poisoned record does not hold up the others', async (t) => {
    const { id } = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    await goAway()
    await records.act(id, edit({ description: `坏字\u0000` }), op1)
    await records.act(id, edit({ place: '景华路' }), op1)
    const other = await records.openTicket(opening(randomUUID()))
    await comeBack()
    t.match(await records.get(id), { fields: { place: '景华路', description: '' }, attention: true })
    t.match((await records.history(id)).map(({ act }) => act), ['open', 'late', 'edit'])
    t.equal((await records.get(other.id)).provisional, false)
    t.equal(records.status().rejected, 1)
    t.match(readFileSync(join(home.path, 'journal', 'test.log.rejected'), 'utf8'), /坏字/)
  })

  await t.test('every answered call has its ticket, also with text that the database will not have', async (t) => {
    const id = randomUUID()
    await records.openTicket(opening(id, { place: '坏\u0000字' }))
    t.match(await records.get(id), { fields: { place: '' }, caller: { number: '13900000001' } })
  })

  await t.test('the call-back mark that an operator cleared stays cleared', async (t) => {
    const { id } = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
    await records.markCallBack(id, 5)
    await records.act(id, edit({ callBack: false }, 2), op1)
    await records.markCallBack(id, 5)
    t.match(await records.get(id), { fields: { callBack: false }, version: 3 })
  })

  await t.test('what another node knew not is filled in, once, and never over what a person wrote', async (t) => {
    const id = randomUUID()
    const nothing = record(id, { caller: { number: '', name: '', verified: false }, tags: [], category: undefined as unknown as string })
    await records.openTicket({ ...opening(id), record: nothing, place: '' })
    await records.act(id, edit({ callerName: '周', place: '甲' }), op1)
    await records.act(id, edit({ place: '' }, 2), op1)
    const knowing = { ...opening(id, { operatorId: op2.id, callerName: '周大爷', place: '乙' }), record: record(id, { location: { lat: 34.62, lon: 112.45, uncertaintyMetres: 50 } }) }
    const filled = await records.openTicket(knowing)
    t.match(filled, { version: 4, caller: { number: '13900000001', verified: true }, operatorId: op2.id, tags: [{ value: 'noise' }], fields: { category: 'noise', place: '', callerName: '周', point: { lat: 34.62, lon: 112.45, uncertaintyMetres: 50 } } })
    t.match((await records.history(id)).at(-1), { act: 'fill', changes: { category: [null, 'noise'], point: [null, { lat: 34.62, lon: 112.45 }] } })
    await records.act(id, edit({ category: null }, 4), op1)
    t.equal((await records.openTicket(knowing)).version, 5, 'nothing more to fill')
  })

  await t.test('whoever talked has the ticket, if he who lifted first never did; through the journal as well', async (t) => {
    const id = randomUUID()
    await records.openTicket(opening(id, { operatorId: op1.id }))
    t.match(await records.openTicket(opening(id, { operatorId: op2.id })), { operatorId: op1.id }, 'a second operator works on the ticket of the first')
    const credited = opening(id, { operatorId: op2.id, insteadOf: op1.id })
    t.match(await records.openTicket(credited), { operatorId: op2.id, version: 2 })
    t.match(await records.openTicket(credited), { operatorId: op2.id, version: 2 }, 'once')
    t.same((await records.history(id)).map(({ act, changes: { operator = null } }) => [act, operator]), [['open', null], ['fill', [op1.displayName, op2.displayName]]], 'its history says so')
    t.match(await records.openTicket(opening(id, { operatorId: op1.id, insteadOf: randomUUID() })), { operatorId: op2.id }, 'nobody else is displaced')
    await goAway()
    const away = randomUUID()
    t.match(await records.openTicket(opening(away, { operatorId: op1.id })), { operatorId: op1.id, provisional: true })
    t.match(await records.openTicket(opening(away, { operatorId: op2.id, insteadOf: op1.id })), { operatorId: op2.id, provisional: true })
    const nobodys = randomUUID()
    t.match(await records.openTicket(opening(nobodys)), { operatorId: null, provisional: true })
    t.match(await records.openTicket(opening(nobodys, { operatorId: op2.id, insteadOf: null })), { operatorId: op2.id }, 'nobody knew whose it was')
    t.match(await records.openTicket(opening(nobodys, { operatorId: op1.id, insteadOf: null })), { operatorId: op2.id })
    await comeBack()
    t.match(await finalOf(away), { operatorId: op2.id, provisional: false })
    t.match(await finalOf(nobodys), { operatorId: op2.id, provisional: false })
  })

  await t.test('a call’s rows land in the order in which they were written', async (t) => {
    const ids = Array.from({ length: 30 }, () => randomUUID())
    await Promise.all(ids.flatMap((id) => Array.from({ length: 8 }, (_, n) => records.saveCall(record(id, { category: `c${n}x` })))))
    const { rows } = await store.pool.query<{ n: number }>(`select count(*)::int as n from call where id = any($1) and category = 'c7x'`, [ids])
    t.equal(rows[0]?.n, 30)
  })

  await t.test('the caller hung up while PostgreSQL was away: the final ticket is told when the last of his records is drained, of whatever type', async (t) => {
    await goAway()
    const tails: readonly ((callId: string) => Promise<void>)[] = [
      (callId) => records.saveCall(record(callId, { state: 'ended', endedAt: Date.now() })),
      (callId) => records.saveMessage({ callId, messageId: randomUUID(), begunAt: Date.now(), duration: 3_000 }),
    ]
    const talks = await Promise.all(tails.map(async (tail) => {
      const { id, version } = await records.openTicket(opening(randomUUID(), { operatorId: op1.id }))
      const written = await records.act(id, edit({ description: '停机期间' }, version), op1)
      await tail(id)
      return { id, shown: written.ticket }
    }))
    await comeBack()
    for (const { id, shown } of talks) {
      t.ok(shown.provisional)
      const { number } = await finalOf(id)
      t.not(number, shown.number)
      t.match(told.filter((one) => one.id === id && !one.provisional), [{ number, fields: { description: '停机期间' } }], 'once, with all that was kept')
    }
  })

  await t.test('calls whose end was missed', async (t) => {
    const [waited, talked, over] = [randomUUID(), randomUUID(), randomUUID()] as const
    const unanswered: { answeredAt?: number } & CallRecord = record(waited, { state: 'queued' })
    Reflect.deleteProperty(unanswered, 'answeredAt')
    await records.saveCall(unanswered)
    await records.saveCall(record(talked, { state: 'talking' }))
    await records.saveCall(record(over, { state: 'ended', endedAt: 7 }))
    await records.endMissed([waited, talked, over], 9_000)
    const { rows } = await store.pool.query<{ id: string; state: string; ended_at: Date }>('select id, state, ended_at from call where id = any($1)', [[waited, talked, over]])
    const of = (id: string): unknown[] => rows.filter((row) => row.id === id).map((row) => [row.state, row.ended_at.getTime()])
    t.same([of(waited), of(talked), of(over)], [[['abandoned', 9_000]], [['ended', 9_000]], [['ended', 7]]])
    await records.saveCall(record(talked, { state: 'ended', endedAt: 8_000, hangupCause: 'NORMAL_CLEARING' }))
    t.same((await store.pool.query<{ ended_at: Date }>('select ended_at from call where id = $1', [talked])).rows[0]?.ended_at.getTime(), 8_000, 'the end that comes after all counts')
  })
})

/** Records on a PostgreSQL that fails as told. */
function world(t: { teardown(work: () => void): void }, answer: (text: string, values: readonly unknown[]) => object, journalOf: (file: string) => Journal<JournalRecord> = (file) => openJournal(file)) {
  const home = temporaryHome()
  const file = join(home.path, 'journal', 'n.log')
  const query = (asked: string | { text: string; values?: unknown[] }, values: readonly unknown[] = []): Promise<unknown> =>
    Promise.resolve().then(() => (typeof asked === 'string' ? answer(asked, values) : answer(asked.text, asked.values ?? [])))
  const pool = { query, connect: () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })) } as never
  const said: string[] = []
  const told: string[] = []
  let number = 0
  const open = () => {
    const journal = journalOf(file)
    const records = makeRecords({
      pool, readPool: pool, journal, deadline: 200, contextDeadline: 100, timeZone: 'Asia/Shanghai', clock: Date.now, provisionalNumber: () => Promise.resolve(`P-XX01-00${(number += 1)}`),
      logger: { ...silent, error: (_fields, text) => said.push(text) }, onTicket: (ticket) => told.push(ticket.number), onStatus: () => undefined, rules: () => noRules('Asia/Shanghai'),
    })
    return { records, journal }
  }
  t.teardown(() => { home.remove() })
  return { ...open(), open, file, said, told }
}
const fail = (code: string, message = code): never => { throw Object.assign(new Error(message), { code }) }

t.test('whose fault it is', async (t) => {
  for (const code of ['08006', '53100', '57P01', '58030', '25006', '40001', '55P03', '42501', '42P01', 'ECONNREFUSED', 'EPIPE']) t.equal(blame({ code }), 'server', code)
  for (const code of ['22021', '22P02', '23503', '23505']) t.equal(blame({ code }), 'facts', code)
  for (const error of [new TypeError('x is undefined'), { code: '54000' }, { code: 'ENOSPC' }, { code: 'XX000' }]) t.equal(blame(error), 'us')
  t.equal(blame(new Error('Query read timeout')), 'server')
})

t.test('a permission or a table that is missing after a failover loses no ticket', async (t) => {
  const { records, journal } = world(t, () => fail('42501', 'permission denied for table ticket'))
  t.match(await records.openTicket(opening(randomUUID())), { provisional: true })
  t.equal(journal.records.length, 1)
})

t.test('a record that fails by a defect of ours is set aside after some turns, and the rest drains', async (t) => {
  let reachable = false
  const saved: unknown[] = []
  const { records, journal, said } = world(t, (text, values) => {
    if (!reachable) fail('ECONNREFUSED')
    const asks = text.startsWith('select ')
    if (!asks && values[2] === 'poison') fail('54000', 'index row size exceeds')
    if (!asks) saved.push(values[0])
    return { rows: [], rowCount: 0 }
  })
  const ids = Array.from({ length: 3 }, () => randomUUID())
  await records.saveCall(record(randomUUID(), { caller: { number: '1', name: 'poison', verified: false } }))
  for (const id of ids) await records.saveCall(record(id))
  reachable = true
  for (let turn = 0; turn < 4; turn += 1) {
    await records.drain()
    t.match([records.status().database, journal.records.length], ['up', 4], 'not given up yet')
  }
  await records.drain()
  t.same(saved, ids)
  t.match(records.status(), { journal: 0, rejected: 1 })
  t.ok(said.some((text) => /rejected/.test(text)), 'loudly')
})

t.test('a disk that will not have what is refused: it stays, and nothing falls over', async (t) => {
  let reachable = false
  const { records, journal } = world(t, () => (reachable ? { rows: [], rowCount: 0 } : fail('ECONNREFUSED')), (file) => {
    const real = openJournal<JournalRecord>(file)
    return Object.assign(Object.create(real) as Journal<JournalRecord>, { reject() { throw new Error('ENOSPC') } })
  })
  await records.saveCall({ ...record(randomUUID()), caller: null as never }).catch(() => undefined)
  t.equal(journal.records.length, 1, 'our own mistake is kept as well')
  reachable = true
  for (let turn = 0; turn < 6; turn += 1) await records.drain()
  t.equal(journal.records.length, 1)
})

t.test('neither PostgreSQL nor the disk: the operator has a ticket at once, and it is kept as soon as either will', async (t) => {
  let room = false
  const { records, journal, told, said } = world(t, () => fail('ECONNREFUSED'), (file) => openJournal(file, {
    disk: { ...realDisk, write: (descriptor, data, offset) => (room ? realDisk.write(descriptor, data, offset) : Promise.reject(Object.assign(new Error('no room'), { code: 'ENOSPC' }))) },
  }))
  let durable = false
  const opened = records.openTicket(opening(randomUUID())).then((ticket) => { durable = true; return ticket })
  await until('the screen', () => told.length > 0)
  await records.drain()
  t.equal(durable, false)
  t.ok(said.length > 0)
  room = true
  // The try before may still be failing: the next turn is for it.
  await until('it to be kept', async () => { await records.drain(); return durable })
  t.match(await opened, { number: told[0] })
  t.equal(journal.records.length, 1)
})

t.test('nothing is kept that would be refused, and nothing is refused that was kept', async (t) => {
  const { records, journal } = world(t, () => fail('ECONNREFUSED'))
  const op = { id: randomUUID(), loginName: 'op', displayName: '甲', role: 'operator', language: 'zh-CN', skills: [] } as Self
  await t.rejects(records.act(randomUUID(), edit({ place: 'x' }), op), { code: 'database.down' }, 'a ticket that nobody here has seen')
  const { id } = await records.openTicket(opening(randomUUID()))
  await t.rejects(records.act(id, settle(1), op), { code: 'ticket.illegal' })
  t.equal(journal.records.length, 1)
})

t.test('an act in the journal that cannot be applied, and a record of another make, do not keep the server from starting', async (t) => {
  const { journal, file, open } = world(t, () => fail('ECONNREFUSED'))
  await journal.close()
  const id = randomUUID()
  const op = { id: randomUUID(), loginName: 'op', displayName: '甲', role: 'unit', language: 'zh-CN', skills: [] } as Self
  writeFileSync(file, [{ type: 'ticket', key: id, opening: opening(id), number: 'P-AB01-007' }, { type: 'act', key: id, act: edit({ place: 'x' }), who: op, at: 1 }, { type: 'act', key: id }, { type: 'later', key: id }].map(lineOf).join(''))
  const again = open()
  t.match(await again.records.get(id), { number: 'P-AB01-007', fields: { place: '开元大道' } }, 'the number that was read out stays')
  t.equal(again.journal.records.length, 4)
})
