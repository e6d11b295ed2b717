import t from 'tap'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

t.test('what was written on paper is judged by when it was done only where the unit could not reach us then', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, people } = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' })
  const unit = people.find(({ role }) => role === 'unit')
  const HOUR = 3_600_000
  const paper = { doneAt: Date.now() - 2 * HOUR, by: '张三' }
  /** Given three hours ago, reported two hours ago by what it says. → whether by the clock */
  async function reported(): Promise<boolean | undefined> {
    const id = await open({ category: 'road' })
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await owner.query(`update ticket set dispatched_at = dispatched_at - interval '3 hours' where id = $1`, [id])
    await act(id, 'deliver', { how: 'phone', paper: { doneAt: Date.now() - 2.9 * HOUR, by: '李四' } })
    await act(id, 'sign', { paper }, unit)
    const { rows: [clock] } = await owner.query<{ then: boolean; at: Date }>(`select ended_at = $2 as then from ticket_clock where ticket_id = $1 and clock = 'sign'`, [id, new Date(paper.doneAt)])
    t.match((await store.records.history(id)).at(-1), { act: 'sign', at: paper.doneAt, changes: { paper: [null, '张三'] } })
    return clock?.then
  }
  t.equal(await reported(), false)

  const beat = (): Promise<unknown> => owner.query(`insert into node_presence (node, able, at) values ('a', 0, now()) on conflict (node) do update set at = excluded.at`)
  const outages = async (): Promise<unknown> => (await owner.query('select line from outage')).rows
  await beat()
  await beat()
  t.same(await outages(), [], 'nobody was away')
  await owner.query(`insert into line (name, peer, units, peer_keys, heard_at) values ('yanshi', 'county', '{municipal-works}', '{}', now() - interval '170 minutes'), ('xinan', 'county', '{drainage}', '{}', now() - interval '170 minutes')`)
  await owner.query(`update line set heard_at = now() where name = 'xinan'`)
  t.equal(await reported(), false, 'another county’s line')
  await owner.query(`update line set heard_at = now() - interval '150 minutes' where name = 'yanshi'`)
  t.equal(await reported(), false, 'it was through again by then')
  await owner.query(`update line set heard_at = now() - interval '5 seconds' where name = 'yanshi'`)
  await owner.query(`update line set heard_at = now() where name = 'yanshi'`)
  t.equal(await reported(), true)
  t.same(await outages(), [{ line: 'xinan' }, { line: 'yanshi' }, { line: 'yanshi' }])

  await owner.query('delete from outage')
  await owner.query(`update last_presence set at = now() - interval '170 minutes'`)
  await owner.query('delete from node_presence')
  await beat()
  t.equal(await reported(), true, 'nobody of us was there')
})
