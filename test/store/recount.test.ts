import t from 'tap'
import type { Rules } from '../../src/dispatch/core/rules.js'
import { verifyHistories } from '../../src/store/audit.js'
import { recount } from '../../src/store/recount.js'
import { startCaseWork } from '../helpers/case-work.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

const DAY = 86_400_000

t.test('a calendar that comes later counts for what units have in hand already', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act, people } = await startCaseWork(store, { loginName: 'telecom', displayName: '值班员', role: 'unit', unitId: 'telecom' }, { loginName: 'boss', displayName: '值班长', role: 'supervisor' })
  const [unit, boss] = ['telecom', 'boss'].map((login) => people.find(({ loginName }) => loginName === login))
  const given = async (unitId: string): Promise<string> => {
    const id = await open({ category: 'noise' })
    await act(id, 'dispatch', { unitId })
    await act(id, 'deliver', { how: 'phone', unitId })
    return id
  }
  const [office, longer, standby, done] = [await given('telecom'), await given('telecom'), await given('drainage'), await given('telecom')]
  await act(longer, 'sign', {}, unit)
  await act(longer, 'ask-extension', { until: Date.now() + 40 * DAY }, unit)
  await act(longer, 'answer-extension', { granted: true }, boss)
  await act(done, 'settle', { outcome: 'answered' })
  const runsOf = async (id: string): Promise<Record<string, number>> => Object.fromEntries((await store.records.get(id)).work.clocks.map(({ clock, at }) => [clock, at.urge]))
  const was = { office: await runsOf(office), longer: await runsOf(longer), standby: await runsOf(standby) }

  const before = store.rules()
  // The coming fortnight is a holiday, as nobody knew.
  const days = new Map([...before.calendar.days, ...Array.from({ length: 15 }, (_, n) => [new Date(Date.now() + n * DAY + 8 * 3_600_000).toISOString().slice(0, 10), 'holiday'] as const)])
  const after: Rules = { ...before, calendar: { ...before.calendar, days, years: { has: () => true } as unknown as Rules['calendar']['years'] } }
  t.equal(await recount(store.pool, before, after), 1)
  const is = await runsOf(office)
  t.ok((was.office['report'] ?? 0) < Date.now() + 12 * DAY && (is['report'] ?? 0) > Date.now() + 14 * DAY, 'the report is due after the holiday')
  t.same([await runsOf(longer), await runsOf(standby)], [was.longer, was.standby], 'not what was extended, nor who is there round the clock')
  t.match((await store.records.history(office)).at(-1), { act: 'recount', by: null })
  t.same((await store.pool.query<{ due: string }>(`select (extract(epoch from due_at) * 1000)::bigint as due from ticket_clock where ticket_id = $1 and clock = 'report' and ended_at is null`, [office])).rows, [{ due: String(is['report']) }])
  t.same((await verifyHistories(store.pool)).faults, [])
  t.equal(await recount(store.pool, before, after), 0, 'once')
})
