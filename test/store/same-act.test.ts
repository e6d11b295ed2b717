import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { TicketFields } from '../../src/contracts/ticket.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { makeTicketActs } from '../../src/store/ticket-acts.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

t.test('an act that another node is writing in this instant is known when it is there, and done once', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, operator } = await startCaseWork(store)
  const id = await open()
  const { version } = await act(id, 'dispatch', { unitId: 'urban-management' })
  const acts = makeTicketActs(store.pool, store.rules)
  const actId = randomUUID()
  const urge = (): ReturnType<typeof acts.act> => acts.act(id, { actId, act: 'urge', baseVersion: version, note: '请速办' }, operator, Date.now(), false)
  // The other node: it has the row, and writes.
  const other = await owner.connect()
  await other.query('begin')
  await other.query('update ticket set version = version + 1 where id = $1', [id])
  const second = urge()
  second.catch(() => undefined)
  await until('it to wait for the row', async () => (await owner.query(`select from pg_stat_activity where wait_event_type = 'Lock'`)).rowCount === 1)
  await other.query(`insert into ticket_history (ticket_id, version, act_id, act, at, by_id, changes, marks) values ($1, $2, $3, 'urge', clock_timestamp(), $4, '{}', '{}')`, [id, version + 1, actId, operator.id])
  await other.query('commit')
  other.release()
  t.match(await second, { ticket: { version: version + 1 }, also: [] })
  t.match(await urge(), { ticket: { version: version + 1 }, also: [] }, 'and whoever comes later')
  t.same((await owner.query('select count(*)::int as n from ticket_history where act_id = $1', [actId])).rows, [{ n: 1 }])
})

t.test('what a unit sends again was done, also where it has to do with the ticket no more; it reads nothing of it', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act, people } = await startCaseWork(store, ...['drainage', 'telecom'].map((unitId) => ({ loginName: unitId, displayName: '值班员', role: 'unit' as const, unitId })))
  const [unit, other] = ['drainage', 'telecom'].map((login) => { const found = people.find(({ loginName }) => loginName === login); if (found === undefined) throw new Error(login); return found }) as [Self, Self]
  const tickets = makeTickets({ store: store.records, side: store.attachments, knowsCategory: () => true, onActed: () => undefined })
  const id = await open({ category: 'noise' })
  const { version } = await act(id, 'dispatch', { unitId: 'drainage' })
  const back: TicketAct = { actId: randomUUID(), act: 'return', baseVersion: version, duty: 'NS-01', note: '不属本单位' }
  t.match(await tickets.act(unit, id, back), { stored: 'database', ticket: { state: 'returned' } })
  await act(id, 'edit', { changes: { description: '改派后才问到的' } })
  const again = await tickets.act(unit, id, back)
  t.match(again, { stored: 'database', ticket: { id, state: 'returned', unitId: null, fields: { place: '', description: '' } } })
  t.notMatch(JSON.stringify(again), /改派后|中州|1390/)
  t.equal((await store.records.history(id)).filter(({ act: name }) => name === 'return').length, 1)
  for (const [who, actId] of [[unit, randomUUID()], [other, back.actId]] as const) await t.rejects(tickets.act(who, id, { ...back, actId }), { code: 'ticket.not-found' })
})

t.test('two windows of one person: what was done in one is not undone out of the other, which has not seen it', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, operator } = await startCaseWork(store)
  const [one, other] = [randomUUID(), randomUUID()]
  const edit = async (id: string, window: string | undefined, baseVersion: number, changes: Partial<TicketFields>) =>
    (await store.records.act(id, { actId: randomUUID(), act: 'edit', baseVersion, changes, ...(window !== undefined && { window }) }, operator)).ticket
  const id = await open()
  const seen = (await store.records.get(id)).version
  await edit(id, one, seen, { description: '井盖不见了' })
  t.match((await edit(id, one, seen, { description: '井盖不见了，有人受伤' })).fields, { description: '井盖不见了，有人受伤' }, 'a window knows what it wrote itself, also before it has the answer')
  await t.rejects(edit(id, other, seen, { description: '井盖松动' }), { code: 'ticket.conflict', details: { fields: 'description' } })
  await t.rejects(edit(id, undefined, seen, { description: '井盖松动' }), { code: 'ticket.conflict' }, 'nor by who names no window')
  const { fields, version } = await edit(id, other, seen, { callerName: '周', description: '井盖不见了，有人受伤' })
  t.match(fields, { callerName: '周', description: '井盖不见了，有人受伤' }, 'another field, and the same value, are none')
  t.match((await edit(id, other, version, { description: '井盖松动' })).fields, { description: '井盖松动' }, 'whoever has seen it may change it')

  // PostgreSQL is away: the journal keeps what was acknowledged, and writes it down whatever stands there.
  const at = (await store.records.get(id)).version
  await store.server?.stop('immediate')
  const away = await edit(id, one, at, { place: '开元大道' })
  t.equal(store.records.status().database, 'down')
  t.equal((await edit(id, one, at, { place: '开元大道 5 号' })).version, away.version + 1)
  await t.rejects(edit(id, other, at, { place: '龙门大道' }), { code: 'ticket.conflict', details: { fields: 'place' } })
  t.match((await edit(id, other, at, { callerName: '周大爷' })).fields, { place: '开元大道 5 号', callerName: '周大爷' })
})
