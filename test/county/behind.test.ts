import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startCaseWork } from '../helpers/case-work.js'
import { until } from '../helpers/database.js'
import { openPeer } from './peer.js'

t.test('a county that tells what cannot be read stops its own clocks for seconds, and no others', async (t) => {
  const { store, owner, tell } = await openPeer(t, 'county')
  const { open, act } = await startCaseWork(store)
  const [beside, alone, own] = [await open({ category: 'manhole-cover' }), await open({ category: 'manhole-cover' }), await open({ category: 'manhole-cover' })]
  await act(beside, 'dispatch', { unitId: 'municipal-works', assist: ['drainage'] })
  await act(alone, 'dispatch', { unitId: 'municipal-works' })
  await act(own, 'dispatch', { unitId: 'drainage' })
  for (const id of [beside, alone]) await store.hall.delivered(id, 'municipal-works', randomUUID())
  await store.hall.delivered(own, 'drainage', randomUUID())
  // "It waits for the update": as long as that takes.
  await tell({ kind: 'of-a-later-version', ticketId: own })
  t.match(await store.lines.views(), [{ trouble: 'not-understood' }])
  // All their limits ran out ten days ago.
  await owner.query(`update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(jsonb_set(c, '{at}', (select jsonb_object_agg(k, to_jsonb(v::text::bigint - 864000000)) from jsonb_each(c -> 'at') e (k, v)))) from jsonb_array_elements(work -> 'clocks') c))`)
  await owner.query(`update ticket_clock set due_at = due_at - interval '10 days', next_at = next_at - interval '10 days' where ended_at is null`)
  const come = async (id: string): Promise<string[]> => (await owner.query<{ clock: string }>(`select distinct changes -> 'clock' ->> 1 as clock from ticket_history where ticket_id = $1 and changes ? 'clock' order by 1`, [id])).rows.map(({ clock }) => clock)
  await store.lines.heard('yanshi', 0, 1)
  await store.clocks.fireDue()
  const all = await come(alone)
  t.ok(all.includes('safe') && all.includes('sign'))
  t.same(await come(beside), [...all, 'delivery'].sort(), 'a county that assists stops nothing of the unit that leads, and what its own people do not have is said')
  t.same(await come(own), ['safe'], 'its own limits wait, but danger does not')
  t.same((await store.clocks.fireDue()).fired, [])
  await owner.query(`update line_in set moved_at = clock_timestamp() - interval '31 s'`)
  await store.lines.heard('yanshi', 0, 2)
  await until('its own limits to run', async () => { await store.clocks.fireDue(); return (await come(own)).includes('sign') })
  t.same(await come(own), all, 'after half a minute in which nothing came of it they run, whatever else it says it has to tell')
})
