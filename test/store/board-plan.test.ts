import t from 'tap'
import * as sql from '../../src/store/sql/dispatch.js'
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
