import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { districtOf, type District } from '../../src/dispatch/core/geo.js'
import { makeHall } from '../../src/dispatch/hall.js'
import * as sql from '../../src/store/sql/dispatch.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

t.test('the hall’s counts come from the index alone', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  // The owner's connection: what fills a table has no deadline.
  const owner = asOwner(t, store)
  await owner.query(`insert into ticket (id, number, state, version, place, description, number_called_from, number_verified, opened_at, answered_at)
    select gen_random_uuid(), ticket_label(nextval('ticket_number')), case when n % 10 = 0 then 'open' else 'void' end, 1, repeat('中州路', 8), '', '', false, now(), now() from generate_series(1, 4000) n`)
  await owner.query('vacuum analyze ticket')
  const { rows } = await store.pool.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${sql.BOARD}`)
  t.match(rows.map((row) => row['QUERY PLAN']).join('\n'), /Index Only Scan using ticket_unclosed/)
  t.same((await store.hall.board(null)).map(({ state, total }) => [state, total]), [['open', 400]])
})

t.test('each district’s count is whole, however many there are, and from the index alone', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const client = await owner.connect()
  try {
    await client.query('set session_replication_role = replica')
    await client.query(`insert into ticket (id, number, state, version, category, place, description, number_called_from, number_verified, opened_at, answered_at, lat, lon, unit_id, due_at, work)
      select gen_random_uuid(), 'n' || n, case when n % 5 = 0 then 'closed' else 'dispatched' end, 1, 'noise', '', '', '', false, now(), now(), 34.6, case when n % 2 = 0 then 112.4 else 112.6 end, case when n % 10 < 5 then 'drainage' else 'telecom' end, case when n % 4 = 0 then now() - interval '1 hour' end,
        case when n % 4 = 0 then jsonb_build_object('clocks', jsonb_build_array(jsonb_build_object('clock', 'report', 'unitId', case when n % 8 > 0 then case when n % 10 < 5 then 'drainage' else 'telecom' end end, 'at', jsonb_build_object('urge', (extract(epoch from now() - interval '1 hour') * 1000)::bigint)))) else '{}' end from generate_series(1, 30000) n`)
  } finally {
    client.release(true)
  }
  const ring = (west: number): District['outline'] => [[[[west, 34], [west + 0.2, 34], [west + 0.2, 35], [west, 35], [west, 34]]]]
  let districts: readonly District[] = [{ id: 'west', name: '西区', nameEn: 'West', outline: ring(112.3) }, { id: 'east', name: '东区', nameEn: 'East', outline: ring(112.5) }]
  const hall = makeHall({ store: { ...store.hall, delivered: () => Promise.resolve(null), now: () => Promise.resolve(0) }, tickets: { get: (_who, id) => store.records.get(id) }, rules: () => ({ ...store.rules(), districts }), areaOf: (point, place) => districtOf(districts, point, place), onDelivered: () => undefined })
  const { open, act, operator } = await startCaseWork(store)
  const counted = async (who: Self = operator): Promise<unknown> => (await hall.board(who)).areas.map(({ id, total, late }) => [id, total, late])
  // PostgreSQL knows the table as it was before anything was placed, and will for some time.
  await owner.query('vacuum analyze ticket')
  t.same(await counted(), [['west', 12_000, 6_000], ['east', 12_000, 0]])
  const [key] = (await owner.query<{ area_by: string }>('select distinct area_by from ticket where area_by is not null')).rows.map(({ area_by }) => area_by)
  const plan = async (text: string, values: unknown[]): Promise<string> => (await store.pool.query<{ 'QUERY PLAN': string }>(`explain (costs off) ${text}`, values)).rows.map((row) => row['QUERY PLAN']).join('\n')
  t.notMatch(await plan(sql.UNPLACED, [key, [], 2_000]), /Seq Scan on ticket/, 'what is not placed is found by the index all the same')
  t.same(await counted({ ...operator, role: 'unit', unitId: 'drainage' }), [['west', 6_000, 1_500], ['east', 6_000, 0]], 'a unit’s own: what the hall is late with is not')
  const id = await open({ place: '东区政府' })
  t.same(await counted(), [['west', 12_000, 6_000], ['east', 12_001, 0]])
  await act(id, 'edit', { changes: { place: '西区政府' } })
  t.same(await counted(), [['west', 12_001, 6_000], ['east', 12_000, 0]], 'a ticket that moves is counted where it is')
  await owner.query('vacuum analyze ticket')
  t.match(await plan(sql.AREAS(false), [key]), /Index Only Scan using ticket_area/)
  t.notMatch(await plan(sql.UNPLACED, [key, [], 2_000]), /Seq Scan on ticket/)
  districts = [{ id: 'all', name: '全区', nameEn: 'All', outline: [[[[112, 34], [113, 34], [113, 35], [112, 35], [112, 34]]]] }]
  t.same(await counted(), [['all', 24_000, 6_000], [null, 1, 0]], 'other districts, other counts')
})
