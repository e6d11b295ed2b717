import t from 'tap'
import { verifyHistories } from '../../src/store/audit.js'
import { giveHallClocks } from '../../src/store/hall-clocks.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

const failed = (ticketId: string, error: unknown): void => { throw new Error(ticketId, { cause: error }) }

t.test('what lies in the hall by a program that knew no clock of it has one from the update on; a word that somebody gave stands', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const ordered = async (category: string, kind: string): Promise<string> => { const id = await open({ category }); await act(id, 'edit', { changes: { kind } }); return id }
  // As if it were that program: no rule knows the hall's limit, nor what is dangerous.
  const { rows: rules } = await owner.query<object>(`delete from clock_rule where clock in ('reassign', 'safe') returning clock, category, priority, minutes, hours, basis`)
  await store.refreshRules()
  const [noise, gas, fire, harmless, question, unsaid, given] = [await ordered('noise', 'joint-service'), await ordered('gas', 'joint-service'), await ordered('gas', 'fire'), await ordered('gas', 'joint-service'), await ordered('gas', 'consultation'), await open({ category: 'gas' }), await ordered('noise', 'joint-service')]
  await act(harmless, 'prioritise', { priority: 'normal', hazard: true })
  await act(harmless, 'prioritise', { priority: 'normal', hazard: false })
  await act(given, 'dispatch', { unitId: 'urban-management' })
  const clocksOf = async (id: string): Promise<string> => { const { work } = await store.records.get(id); return `${work.hazard ? 'danger ' : ''}${work.clocks.map(({ clock, unitId, next }) => `${clock} ${unitId ?? 'hall'} ${next ?? ''}`).sort().join(', ')}` }
  t.same(await Promise.all([noise, gas, fire, harmless, question, unsaid].map(clocksOf)), ['', '', '', '', '', ''])
  await owner.query(`insert into clock_rule (clock, category, priority, minutes, hours, basis) select clock, category, priority, minutes, hours, basis from jsonb_to_recordset($1::jsonb) as x (clock text, category text, priority text, minutes integer, hours text, basis text)`, [JSON.stringify(rules)])
  await store.refreshRules()

  const before = Date.now()
  t.equal(await giveHallClocks(store.pool, store.rules(), failed), 4)
  const danger = 'danger reassign hall warn, safe hall warn'
  t.same(await Promise.all([noise, gas, fire, harmless, question, unsaid].map(clocksOf)), ['reassign hall warn', danger, danger, 'reassign hall warn', '', ''])
  t.match((await clocksOf(given)), /^delivery urban-management/)
  for (const { startedAt } of (await store.records.get(gas)).work.clocks) t.ok(startedAt >= before - 1_000, 'nobody is late for what he could not know')
  t.equal((await store.records.get(gas)).work.hazardBy, 'category', 'nobody said so: with the category it goes')
  t.match((await store.records.history(noise)).at(-1), { act: 'hall-clock', by: null })
  t.same((await owner.query(`select clock from ticket_clock where ticket_id = $1 and ended_at is null and next_at is not null order by clock`, [gas])).rows, [{ clock: 'reassign' }, { clock: 'safe' }])
  t.equal(await giveHallClocks(store.pool, store.rules(), failed), 0, 'once')
  t.same((await verifyHistories(owner)).faults, [])
  t.match(await act(noise, 'dispatch', { unitId: 'urban-management' }), { state: 'dispatched' })
  t.same((await owner.query(`select met from ticket_clock where ticket_id = $1 and clock = 'reassign'`, [noise])).rows, [{ met: true }])
})

t.test('a node gives them by itself when it starts', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const id = await open()
  const { rows: rules } = await owner.query<object>(`delete from clock_rule where clock = 'reassign' returning clock, category, priority, minutes, hours, basis`)
  await store.refreshRules()
  await act(id, 'edit', { changes: { kind: 'joint-service' } })
  t.same((await store.records.get(id)).work.clocks, [])
  await owner.query(`insert into clock_rule (clock, category, priority, minutes, hours, basis) select clock, category, priority, minutes, hours, basis from jsonb_to_recordset($1::jsonb) as x (clock text, category text, priority text, minutes integer, hours text, basis text)`, [JSON.stringify(rules)])
  const otherHome = temporaryHome()
  const renewed = await openTestStore(otherHome.path, { node: 'b', databaseUrl: store.url, ownerUrl: store.ownerUrl })
  t.teardown(async () => { await renewed.close(); otherHome.remove() })
  await until('it to look', async () => (await store.records.get(id)).work.clocks.length === 1, 40_000)
  t.match((await store.records.get(id)).work.clocks, [{ clock: 'reassign', unitId: null, next: 'warn' }])
})
