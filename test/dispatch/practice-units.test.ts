import { randomUUID } from 'node:crypto'
import t from 'tap'
import { practiceStep } from '../../src/dispatch/core/practice-unit.js'
import { startPracticeUnits } from '../../src/wiring/practice-units.js'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Self } from '../../src/contracts/people.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'
import { ticketOf } from './city.js'

/** So many times as fast as in practice. */
const SPEED = 200

t.test('whose turn it is', async (t) => {
  const next = (ticket: Ticket, staffed = false): string => { const step = practiceStep(ticket, staffed); return step === null ? 'nothing' : `${step.act.act}${'step' in step.act ? ` ${step.act.step}` : ''}` }
  t.equal(next(ticketOf('dispatched')), 'nothing', 'it was not delivered yet')
  t.equal(next(ticketOf('dispatched', { deliveredAt: 1 })), 'sign')
  t.ok((practiceStep(ticketOf('dispatched', { deliveredAt: 1 }), true)?.after ?? 0) > (practiceStep(ticketOf('dispatched', { deliveredAt: 1 }), false)?.after ?? 0), 'who has a log-in is waited for')
  t.equal(next(ticketOf('signed', { deliveredAt: 1, hazard: true })), 'progress made-safe', 'danger first')
  t.equal(next(ticketOf('signed', { deliveredAt: 1 })), 'progress arrived')
  t.equal(next(ticketOf('in-progress', { signedAt: 1 })), 'nothing', 'it was sent back, and nobody there knows yet')
  t.equal(next(ticketOf('in-progress', { deliveredAt: 1, hazard: true, safeAt: 2, arrivedAt: 2 })), 'report')
  t.equal(next(ticketOf('referred', { hazard: true })), 'progress made-safe', 'the danger is the unit’s still')
  t.equal(next(ticketOf('referred', { hazard: true, safeAt: 2 })), 'nothing')
  for (const state of ['open', 'reported', 'visited', 'returned', 'ruling', 'referred', 'merged', 'void', 'closed'] as const) t.equal(next(ticketOf(state, { deliveredAt: 1, arrivedAt: 1 })), 'nothing', state)
})

t.test('units without a terminal are played from the receipt to the report; who is signed in, or has touched a ticket, is left alone', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  await store.people.enablePractice(true)
  for (const [loginName, role, unitId] of [['op1', 'operator', null], ['unit1', 'unit', 'municipal-works'], ['gas1', 'unit', 'gas-company']] as const) await store.people.put({ loginName, displayName: loginName, role, ...(unitId === null ? {} : { unitId }), practice: true, passwordHash: null })
  const people = await store.people.list()
  const who = (loginName: string): Self => { const found = people.find((one) => one.loginName === loginName); if (found === undefined) throw new Error(loginName); return found }
  const act = async (id: string, order: object, by = who('op1')): Promise<Ticket> => (await store.records.act(id, { actId: randomUUID(), baseVersion: (await store.records.get(id)).version, note: '', ...order } as unknown as TicketAct, by)).ticket
  async function given(category: string, unitId: string): Promise<string> {
    const callId = randomUUID()
    const now = Date.now()
    const record = { callId, caller: { number: '13900000021', name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category, language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } as const
    await store.records.openTicket({ record, operatorId: who('op1').id, answeredAt: now, callBack: false, place: '唐宫西路', callerName: '' })
    await act(callId, { act: 'edit', changes: { kind: 'joint-service' } })
    await act(callId, { act: 'dispatch', unitId })
    return callId
  }
  const state = async (id: string): Promise<string> => (await store.records.get(id)).state

  const attended = await given('manhole-cover', 'municipal-works')
  const touched = await given('gas', 'gas-company')
  await act(touched, { act: 'sign' }, who('gas1'))
  const light = await given('street-light', 'street-lighting')
  const cover = await given('manhole-cover', 'drainage')
  const referred = await given('manhole-cover', 'drainage')
  await act(referred, { act: 'refer', body: 'other', name: '铁路局', nextAt: Date.now() + 86_400_000, note: '铁路地界' })
  const changed: string[] = []
  let errors = 0
  const played = startPracticeUnits({ store, hub: { present: () => ({ units: ['municipal-works'], hall: true }) }, onChanged: ({ id }) => changed.push(id), onError: () => { errors += 1 }, speed: SPEED })
  t.teardown(() => played.close())
  await until('both to be reported', async () => (await state(light)) === 'reported' && (await state(cover)) === 'reported')
  const acts = async (id: string): Promise<string[]> => (await store.records.history(id)).map((row) => (row.changes['safeAt'] === undefined ? row.act : `${row.act} safe`))
  t.same(await acts(light), ['open', 'edit', 'dispatch', 'delivered', 'sign', 'progress', 'report'])
  t.same(await acts(cover), ['open', 'edit', 'dispatch', 'delivered', 'sign', 'progress safe', 'report'], 'a hazard is made safe first')
  const history = await store.records.history(light)
  for (const row of history.filter((one) => ['sign', 'progress', 'report'].includes(one.act))) t.match(row, { by: null, note: /练习.* practice/ }, `${row.act} says that it is practice`)
  await until('the danger of what was referred to be away', async () => (await store.records.get(referred)).work.safeAt)
  t.match((await store.records.get(referred)), { state: 'referred', work: { clocks: [{ clock: 'receipt' }] } }, 'the rest of it is another body’s')
  t.ok(changed.includes(light), 'whoever looks at it sees it')
  t.same(await store.hall.notices(['street-lighting', 'drainage']), [], 'nothing waits for these terminals')

  t.equal(await state(attended), 'dispatched', 'somebody is signed in there')
  t.equal((await store.records.get(attended)).work.deliveredAt, null)
  t.equal((await store.hall.notices(['municipal-works'])).length, 1)
  t.same(await acts(touched), ['open', 'edit', 'dispatch', 'sign'], 'what a person has signed he goes on with')
  t.equal(errors, 0)
})
