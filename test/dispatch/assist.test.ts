import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Self } from '../../src/contracts/people.js'
import { makePeople } from '../../src/people/people.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(200_000)

t.test('each unit on a ticket is told for itself: whoever has not got it is an alarm within a minute, and one that has it silences no other', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '接警员', role: 'operator', extension: '1001' }, 'correct horse battery')
  for (const unitId of ['municipal-works', 'urban-management']) await people.addPerson({ loginName: unitId, displayName: '值班员', role: 'unit', unitId }, 'correct horse battery')
  const everybody: readonly Self[] = await people.list()
  const of = (unitId?: string): Self => { const found = everybody.find((one) => one.unitId === unitId); if (found === undefined) throw new Error(unitId); return found }
  const op = of()
  const { records, hall } = store

  const given = async (): Promise<string> => {
    const callId = randomUUID()
    const now = Date.now()
    await records.openTicket({ operatorId: op.id, answeredAt: now, callBack: false, place: '中州中路', callerName: '', record: { callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category: 'manhole-cover', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } })
    await act(callId, { act: 'dispatch', unitId: 'municipal-works', assist: ['urban-management', 'drainage'] })
    return callId
  }
  const act = async (id: string, more: object, who = op): Promise<void> => { await records.act(id, { actId: randomUUID(), baseVersion: (await records.get(id)).version, note: '', ...more } as TicketAct, who) }
  const confirm = async (id: string, unitId: string): Promise<void> => {
    const notice = (await hall.notices([unitId])).find((one) => one.ticketId === id)
    t.match(await hall.confirm(notice?.id ?? '', unitId), { first: true })
    await hall.delivered(id, unitId, notice?.id ?? '')
  }
  /** Runs of the clock that are not over, by unit. */
  const waiting = async (id: string): Promise<string[]> => (await store.pool.query<{ unit_id: string }>(`select unit_id from ticket_clock where ticket_id = $1 and clock = 'delivery' and ended_at is null order by unit_id`, [id])).rows.map(({ unit_id }) => unit_id)
  const alarms = async (id: string): Promise<string[]> => (await hall.notices(null)).filter(({ kind, ticketId }) => kind === 'undelivered' && ticketId === id).map(({ about }) => about ?? '').sort()
  /** As if so many ms had passed for what nobody confirmed. */
  async function pass(id: string, ms: number): Promise<void> {
    await store.pool.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(case when c ->> 'clock' <> 'delivery' then c else jsonb_set(c, '{at}', (select jsonb_object_agg(key, value::bigint - $2) from jsonb_each_text(c -> 'at'))) end) from jsonb_array_elements(work -> 'clocks') c)) where id = $1 returning id)
      update ticket_clock set next_at = next_at - $2 * interval '1 ms' where ticket_id in (select id from moved) and clock = 'delivery' and ended_at is null`, [id, ms])
    await store.clocks.fireDue()
  }

  const id = await given()
  t.same(await waiting(id), ['drainage', 'municipal-works', 'urban-management'])
  await confirm(id, 'municipal-works')
  await act(id, { act: 'sign' }, of('municipal-works'))
  t.match(await records.get(id), { state: 'signed', work: { deliveredAt: Number } })
  t.same(await waiting(id), ['drainage', 'urban-management'], 'the lead has it; that says nothing of the others')
  await pass(id, 46_000)
  await until('the alarms', async () => (await alarms(id)).length === 2)
  t.same(await alarms(id), ['drainage', 'urban-management'], 'one for each, with whom to ring')

  await confirm(id, 'urban-management')
  t.same([await waiting(id), await alarms(id)], [['drainage'], ['drainage']], 'its own alarm is over, the other stands')
  await act(id, { act: 'deliver', how: 'phone', unitId: 'drainage' })
  t.same([await waiting(id), await alarms(id)], [[], []], 'the hall rang it')
  t.equal((await records.history(id)).filter(({ act: name }) => name === 'delivered').length, 2)
  await t.rejects(act(id, { act: 'deliver', how: 'phone', unitId: 'gas-company' }), { code: 'ticket.illegal' })

  const worked = await given()
  await act(worked, { act: 'progress', step: 'made-safe', photos: [] }, of('urban-management'))
  t.same(await waiting(worked), ['drainage', 'municipal-works'], 'who works has it')
  t.match(await records.get(worked), { state: 'dispatched', work: { safeAt: Number, deliveredAt: null } })
  await act(worked, { act: 'assist', assist: ['telecom', 'urban-management'] })
  t.same(await waiting(worked), ['municipal-works', 'telecom'], 'who was taken off is waited for no more, who came is')
  await act(worked, { act: 'deliver', how: 'radio' })
  t.same(await waiting(worked), ['telecom'], 'without a name it is the one that leads')
  await act(worked, { act: 'reassign', unitId: 'gas-company', note: '改派' })
  t.same(await waiting(worked), ['gas-company', 'telecom', 'urban-management'])
})
