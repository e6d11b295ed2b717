import t from 'tap'
import * as sql from '../../src/store/sql/dispatch.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

t.test('the look for what is due walks along the index to the present moment and no further', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  // 3,000 clocks that run, none due.
  await store.pool.query(`with made as (insert into ticket (id, number, state, version, place, description, number_called_from, number_verified, opened_at, answered_at)
      select gen_random_uuid(), ticket_label(nextval('ticket_number')), 'open', 1, '', '', '', false, now(), now() from generate_series(1, 3000) returning id)
    insert into ticket_clock (ticket_id, clock, started_at, due_at, next_stage, next_at) select id, 'report', now(), now() + interval '1 hour', 'urge', now() + interval '1 hour' from made`)
  // The planner knows both tables as a running city's: what it makes of an unknown one is chance.
  await asOwner(t, store).query('analyze ticket_clock, ticket')
  const client = await store.pool.connect()
  try {
    await client.query('begin')
    // As the prepared statement has it after its first runs.
    await client.query('set local plan_cache_mode = force_generic_plan')
    await client.query(`prepare due as ${sql.DUE_TICKETS}`)
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (analyze, costs off, timing off, summary off) execute due ('{}')`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    t.match(plan, /ticket_clock_next[^\n]*\n\s+Index Cond: \(next_at <= /, 'the present moment is where the index is entered')
    t.notMatch(plan, /Seq Scan|Rows Removed by Filter: \d{3,}/, 'no clock that is not due is looked at, and no table is read through')
    await client.query('rollback')
  } finally {
    client.release()
  }
})
