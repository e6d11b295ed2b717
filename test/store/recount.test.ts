import t from 'tap'
import type { Rules } from '../../src/dispatch/core/rules.js'
import { verifyHistories } from '../../src/store/audit.js'
import { startClock } from '../../src/dispatch/core/clocks.js'
import { importSheet, knownNow } from '../../src/store/imports.js'
import { recount, recountDue } from '../../src/store/recount.js'
import { RECOUNT_UNLOCK, TRY_RECOUNT_LOCK } from '../../src/store/sql/dispatch.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

const DAY = 86_400_000
const uncounted = (ticketId: string, error: unknown): void => { throw new Error(ticketId, { cause: error }) }

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
  t.equal(await recount(store.pool, before, after, uncounted), 1)
  const is = await runsOf(office)
  t.ok((was.office['report'] ?? 0) < Date.now() + 12 * DAY && (is['report'] ?? 0) > Date.now() + 14 * DAY, 'the report is due after the holiday')
  t.same([await runsOf(longer), await runsOf(standby)], [was.longer, was.standby], 'not what was extended, nor who is there round the clock')
  t.match((await store.records.history(office)).at(-1), { act: 'recount', by: null })
  t.same((await store.pool.query<{ due: string }>(`select (extract(epoch from due_at) * 1000)::bigint as due from ticket_clock where ticket_id = $1 and clock = 'report' and ended_at is null`, [office])).rows, [{ due: String(is['report']) }])
  t.same((await verifyHistories(store.pool)).faults, [])
  t.equal(await recount(store.pool, before, after, uncounted), 0, 'once')
})

t.test('a limit that by the new calendar was over long ago is due now, and nobody is supervised for it in the same moment', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act } = await startCaseWork(store)
  const id = await open({ category: 'noise' })
  await act(id, 'dispatch', { unitId: 'telecom' })
  await act(id, 'deliver', { how: 'phone', unitId: 'telecom' })
  const given = await store.records.get(id)
  const run = given.work.clocks.find(({ clock }) => clock === 'report')
  if (run === undefined) throw new Error('no report is due')
  // It has had the ticket for forty days, all of them holidays as far as anybody knew; they were worked.
  const startedAt = Date.now() - 40 * DAY
  const worked = store.rules()
  const days = new Map(Array.from({ length: 43 }, (_, n) => [new Date(startedAt + (n - 1) * DAY + 8 * 3_600_000).toISOString().slice(0, 10), 'holiday'] as const))
  const calendar = (more: ReadonlyMap<string, 'holiday' | 'workday'>): Rules => ({ ...worked, calendar: { ...worked.calendar, days: new Map([...worked.calendar.days, ...more]), years: { has: () => true } as unknown as Rules['calendar']['years'] } })
  const [before, after] = [calendar(days), calendar(new Map([...days.keys()].map((day) => [day, 'workday'])))]
  const long = startClock('report', given, 'telecom', before, startedAt)
  t.ok((long?.at.warn ?? 0) > Date.now(), 'by the old one it is not even warned of')
  await asOwner(t, store).query(`update ticket set work = jsonb_set(work, '{clocks}', $2) where id = $1`, [id, JSON.stringify([long])])
  await asOwner(t, store).query(`update ticket_clock set started_at = to_timestamp($2 / 1000.0), due_at = to_timestamp($3 / 1000.0), next_at = to_timestamp($4 / 1000.0) where ticket_id = $1 and clock = 'report'`, [id, startedAt, long?.at.urge, long?.at.warn])
  t.equal(await recount(store.pool, before, after, uncounted), 1)
  const now = Date.now()
  const is = (await store.records.get(id)).work.clocks.find(({ clock }) => clock === 'report')
  t.match(is, { next: 'urge', startedAt })
  t.ok((is?.at.urge ?? Infinity) <= now && (is?.at.urge ?? 0) > now - 60_000, 'due now')
  t.ok((is?.at.supervise ?? 0) > now + 3_600_000 && (is?.at.notice ?? 0) > (is?.at.supervise ?? 0), 'the rest at its distance')
})

t.test('a count that was interrupted is made good, whoever does it: the server, or the next import; and what a node delivered by the old calendar meanwhile is right too', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const given = async (): Promise<string> => {
    const id = await open({ category: 'noise' })
    await act(id, 'dispatch', { unitId: 'telecom' })
    await act(id, 'deliver', { how: 'phone', unitId: 'telecom' })
    return id
  }
  const reportOf = async (id: string): Promise<number> => (await store.records.get(id)).work.clocks.find(({ clock }) => clock === 'report')?.at.urge ?? 0
  const dayOf = (n: number): string => new Date(Date.now() + n * DAY + 8 * 3_600_000).toISOString().slice(0, 10)
  /** The sheet is committed, and whoever imported it is gone. */
  const load = async (off: number): Promise<void> => {
    const sheet = `day,kind,name,source\n${Array.from({ length: off }, (_, n) => `${dayOf(n)},holiday,长假,通知`).join('\n')}\n`
    t.match(await importSheet(store.pool, 'calendar', sheet, await knownNow(store.pool, []), false, true), { problems: [], dry: false })
  }
  const waiting = async (): Promise<number> => (await owner.query('select from recount_due')).rowCount ?? 0

  const first = await given()
  const was = await reportOf(first)
  await load(15)
  // This node has not read the new calendar: its next turn comes later.
  const stale = await given()
  t.ok(was < Date.now() + 12 * DAY && await reportOf(stale) < Date.now() + 12 * DAY)
  await recountDue(store.pool, 'Asia/Shanghai', uncounted)
  for (const id of [first, stale]) t.ok(await reportOf(id) > Date.now() + 14 * DAY)
  t.equal(await waiting(), 1, 'some node may still deliver by the old one')
  const staler = await given()
  t.equal(await recountDue(store.pool, 'Asia/Shanghai', uncounted), 0)
  t.ok(await reportOf(staler) < Date.now() + 12 * DAY, 'nobody counts all of it again meanwhile')
  await owner.query(`update recount_due set since = since - interval '61 s'`)
  const other = await owner.connect()
  await other.query(TRY_RECOUNT_LOCK)
  t.equal(await recountDue(store.pool, 'Asia/Shanghai', uncounted), 0, 'nor beside another one')
  await other.query(RECOUNT_UNLOCK)
  other.release()
  t.equal(await recountDue(store.pool, 'Asia/Shanghai', uncounted), 1, 'what was counted stays')
  t.ok(await reportOf(staler) > Date.now() + 14 * DAY)
  t.equal(await waiting(), 0)

  // Two that were both interrupted.
  await load(25)
  await load(40)
  await until('the server counts by itself', async () => await reportOf(first) > Date.now() + 39 * DAY && await reportOf(stale) > Date.now() + 39 * DAY, 40_000)
  t.match((await store.records.history(first)).filter(({ act: name }) => name === 'recount').length, 2)
  t.same((await verifyHistories(store.pool)).faults, [])
})

t.test('a limit that lies ahead again by the new calendar is warned of again, and due then', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const { open, act } = await startCaseWork(store)
  const id = await open({ category: 'noise' })
  await act(id, 'dispatch', { unitId: 'telecom' })
  await act(id, 'deliver', { how: 'phone', unitId: 'telecom' })
  const startedAt = Date.now() - 40 * DAY
  const rules = store.rules()
  const of = (kind: 'holiday' | 'workday'): Rules => ({ ...rules, calendar: { ...rules.calendar, days: new Map([...rules.calendar.days, ...Array.from({ length: 43 }, (_, n) => [new Date(startedAt + (n - 1) * DAY + 8 * 3_600_000).toISOString().slice(0, 10), kind] as const)]), years: { has: () => true } as unknown as Rules['calendar']['years'] } })
  const long = startClock('report', await store.records.get(id), 'telecom', of('workday'), startedAt)
  if (long === null) throw new Error('no report is due')
  // Everything has come of it.
  const spent = { ...long, next: null }
  await asOwner(t, store).query(`update ticket set work = jsonb_set(work, '{clocks}', $2) where id = $1`, [id, JSON.stringify([spent])])
  await asOwner(t, store).query(`update ticket_clock set started_at = to_timestamp($2 / 1000.0), due_at = to_timestamp($3 / 1000.0), next_stage = null, next_at = null where ticket_id = $1 and clock = 'report'`, [id, startedAt, long.at.urge])
  t.equal(await recount(store.pool, of('workday'), of('holiday'), uncounted), 1)
  t.match((await store.records.get(id)).work.clocks.find(({ clock }) => clock === 'report'), { next: 'warn' })
})
