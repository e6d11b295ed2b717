import { randomUUID } from 'node:crypto'
import t from 'tap'
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
