import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(200_000)

t.test('what a terminal must hear of', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  const { open, act, people } = await startCaseWork(store, { loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' }, { loginName: 'boss', displayName: '值班长', role: 'supervisor' })
  const of = (role: Self['role']): Self => { const found = people.find((one) => one.role === role); if (found === undefined) throw new Error(role); return found }
  const [unit, boss] = [of('unit'), of('supervisor')]
  /** Old notices that nobody confirmed. */
  const backlog = async (kind: string, unitId: string | null, ticketId: string): Promise<unknown> =>
    owner.query(`insert into outbox (kind, audience, channel, unit_id, ticket_id, body, created_at) select $1, case when $2::text is null then 'hall' else 'unit' end, 'terminal', $2, $3, jsonb_build_object('kind', $1::text, 'text', '{"zh":"","en":""}'::jsonb), now() - interval '2 days' + n * interval '1 second' from generate_series(1, 600) n`, [kind, unitId, ticketId])
  /** As if so many ms had passed for this clock of a ticket. → whether a stage came */
  async function pass(id: string, clock: string, ms: number): Promise<void> {
    await owner.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(case when c ->> 'clock' <> $3 then c else jsonb_set(c, '{at}', (select jsonb_object_agg(key, value::bigint - $2) from jsonb_each_text(c -> 'at'))) end) from jsonb_array_elements(work -> 'clocks') c)) where id = $1 returning id)
      update ticket_clock set next_at = next_at - $2 * interval '1 ms' where ticket_id in (select id from moved) and clock = $3 and ended_at is null`, [id, ms, clock])
    await store.clocks.fireDue()
  }
  const kindsOf = async (id: string): Promise<string[]> => (await store.hall.notices(null)).filter(({ ticketId }) => ticketId === id).map(({ kind }) => kind)

  await t.test('an alarm is told however many reports nobody put away; what one unit does not read holds nothing back from another', async (t) => {
    const old = await open()
    await backlog('disputed', null, old)
    const id = await open({ category: 'manhole-cover' })
    await act(id, 'dispatch', { unitId: 'drainage' })
    await pass(id, 'delivery', 46_000)
    t.same(await kindsOf(id), ['undelivered'])
    await backlog('dispatch', 'gas-company', old)
    await backlog('urge', 'drainage', old)
    t.same((await store.hall.notices(['gas-company', 'drainage'])).flatMap(({ unitId, ticketId, kind }) => (ticketId === id ? [`${unitId ?? ''} ${kind}`] : [])), ['drainage dispatch'])
    // However much comes after it: work and alarms are not pushed out by news.
    await owner.query(`update outbox set created_at = now() - interval '3 days' where ticket_id = $1`, [id])
    t.same(await kindsOf(id), ['undelivered'])
    t.ok((await store.hall.notices(['drainage'])).some(({ ticketId }) => ticketId === id))
    const heard = await store.hall.notices(null)
    t.same(heard.map(({ at }) => at), heard.map(({ at }) => at).sort((a, b) => a - b), 'the newest last')
    await owner.query('delete from outbox where ticket_id = $1', [old])
  })

  await t.test('what the hall was asked for is over when it was done', async (t) => {
    const id = await open()
    await act(id, 'dispatch', { unitId: 'municipal-works' })
    await act(id, 'sign', {}, unit)
    await act(id, 'ask-extension', { until: Date.now() + 30 * 86_400_000 }, unit)
    t.same(await kindsOf(id), ['extension-asked'])
    await act(id, 'answer-extension', { granted: false }, boss)
    t.same(await kindsOf(id), [])
    await act(id, 'report', { result: 'done', photos: [] }, unit)
    t.same(await kindsOf(id), ['reported'])
    await act(id, 'edit', { changes: { place: '别处' } })
    t.same(await kindsOf(id), ['reported'], 'until somebody does it')
    await act(id, 'visit', { result: 'not-satisfied' })
    t.same(await kindsOf(id), [])
    await act(id, 'redo')
    await act(id, 'report', { result: 'done', photos: [] }, unit)
    t.same(await kindsOf(id), ['reported'], 'and it may be asked for again')
  })
})
