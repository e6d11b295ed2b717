import t from 'tap'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

t.test('what a person merged draws nobody in: not where the rule says never, and not after the rule’s minutes', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act } = await startCaseWork(store)
  const stateOf = async (id: string): Promise<string> => (await store.records.get(id)).state

  const ride = { category: 'ride-dispute', place: '火车站' }
  const [main, member] = [await open(ride), await open(ride)]
  await act(member, 'merge', { into: main })
  const stranger = await open(ride)
  t.same(await store.clusters.look(), [])
  t.equal(await stateOf(stranger), 'open', 'a third dispute at the station is his own')

  const outage = { category: 'power-repair', place: '景华路 56 号' }
  const calls = await Promise.all(Array.from({ length: 5 }, () => open(outage)))
  t.ok((await store.clusters.look()).length > 0)
  const states = await Promise.all(calls.map(stateOf))
  t.same([...states].sort(), ['merged', 'merged', 'merged', 'merged', 'open'])
  const late = await open(outage)
  t.equal((await store.clusters.look()).length, 2, 'who calls meanwhile follows')
  t.equal(await stateOf(late), 'merged')
  // The rule of power cuts: 360 minutes.
  await owner.query(`update ticket set opened_at = opened_at - interval '361 minutes' where category = 'power-repair'`)
  const tomorrow = await open(outage)
  t.same(await store.clusters.look(), [], 'an outage that nobody called about for six hours is over, or another one')
  t.equal(await stateOf(tomorrow), 'open')
})
