import { randomUUID } from 'node:crypto'
import t from 'tap'
import Value from 'typebox/value'
import { TicketAct } from '../../src/contracts/acts.js'
import { LiandongError } from '../../src/contracts/errors.js'
import { actsFor, type TicketState } from '../../src/contracts/life-cycle.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { TicketWork } from '../../src/contracts/work.js'
import { applyAct, type Actor, type Transition } from '../../src/dispatch/core/acts.js'
import { CITY, NOW, ticketOf, UNIT } from './city.js'

const DAY = 86_400_000
const hall: Actor = { role: 'operator', id: 'op1' }
const chief: Actor = { role: 'supervisor', id: 'lead1' }
const staff = (unitId = UNIT): Actor => ({ role: 'unit', id: `of ${unitId}`, unitId })

const moved = (ticket: Ticket, name: TicketAct['act'], more: object, who: Actor, now = NOW): Transition =>
  applyAct(ticket, { actId: randomUUID(), act: name, baseVersion: ticket.version, note: '因故', ...more } as TicketAct, who, { now, rules: CITY })
const done = (...given: Parameters<typeof moved>): Ticket => moved(...given).ticket
function refusal(...given: Parameters<typeof moved>): unknown {
  try {
    return moved(...given).ticket.state
  } catch (error) {
    if (error instanceof LiandongError) return error
    throw error
  }
}
const to = (name: string, at = NOW) => ({ body: 'arbitration', name, nextAt: at + 7 * DAY })
const at = (state: TicketState, work: Partial<TicketWork> = {}): Ticket => { const ticket = ticketOf(state, { deliveredAt: NOW, ...work }); return { ...ticket, fields: { ...ticket.fields, category: 'ride-dispute' } } }
const referral = { body: 'court', name: '法院', nextAt: NOW + DAY, referredAt: NOW - DAY, reference: null, receivedAt: null } as const

t.test('a unit refers what it has to do; what it reported, or referred already, the hall alone', async (t) => {
  for (const state of ['dispatched', 'signed', 'in-progress'] as const) {
    t.match(done(at(state), 'refer', to('仲裁院'), staff()), { state: 'referred', work: { referral: { by: UNIT } } }, state)
    t.ok(actsFor(state, 'unit').includes('refer'))
  }
  for (const state of ['reported', 'visited', 'referred'] as const) {
    const ticket = at(state, state === 'referred' ? { referral } : { report: { unitId: UNIT, result: 'done', note: '已办', photos: [], at: NOW }, visit: { result: 'unreachable', note: '', at: NOW } })
    t.match(refusal(ticket, 'refer', to('仲裁院'), staff()), { code: 'ticket.illegal', details: { zh: /接警中心/, en: /for the hall/ } }, state)
    t.notOk(actsFor(state, 'unit').includes('refer'), 'nor does its terminal offer it')
    const by = done(ticket, 'refer', to('仲裁院'), hall)
    t.equal(by.state, 'referred')
    t.equal(by.work.referral?.by, undefined, 'the hall’s own')
  }
})

t.test('a day that no page can tell, or that nobody lives to see, is refused when it is said', async (t) => {
  t.match(refusal(at('signed'), 'refer', { ...to('仲裁院'), nextAt: NOW + 11 * 365 * DAY }, staff()), { code: 'ticket.illegal', details: { zh: /日期过远/, en: /too far ahead/ } })
  const running = { clocks: [{ clock: 'report', unitId: UNIT, startedAt: NOW, at: { warn: NOW + 5, urge: NOW + 10, supervise: NOW + 15, notice: NOW + 20 }, next: 'warn' }] } satisfies Partial<TicketWork>
  t.match(refusal(at('signed', running), 'ask-extension', { until: NOW + 11 * 365 * DAY }, staff()), { code: 'ticket.illegal', details: { en: /too far ahead/ } })
  const act = (until: number) => ({ actId: '00000000-0000-4000-8000-000000000009', act: 'ask-extension', baseVersion: 1, until, note: '缺配件' })
  t.same([8_640_000_000_000_001, 253_402_300_799_999].map((until) => Value.Check(TicketAct, act(until))), [false, true])
})

t.test('whoever else it is referred to, the receipt is awaited since it was first referred', async (t) => {
  const first = done(at('signed'), 'refer', to('仲裁院'), staff())
  const again = done(first, 'refer', to('法院', NOW + 2 * DAY), hall, NOW + 2 * DAY)
  t.match(again.work, { referral: { name: '法院', referredAt: NOW + 2 * DAY } })
  t.same(again.work.clocks, first.work.clocks)
  t.match(again.work.clocks, [{ clock: 'receipt', unitId: null, startedAt: NOW }])
})

t.test('a referral that the hall takes back was a return, and the second one is for a ruling', async (t) => {
  const first = moved(done(at('signed'), 'refer', to('仲裁院'), staff()), 'dispatch', { unitId: 'drainage' }, hall, NOW + DAY).ticket
  t.match(first, { state: 'dispatched', unitId: 'drainage', work: { referral: null, returns: [{ unitId: UNIT, duty: null, note: '仲裁院', at: NOW }] } })
  t.ok(Value.Check(TicketWork, first.work), 'as lines and the desk read it')
  const second = done(first, 'refer', to('法院'), staff('drainage'))
  const on = done(done(at('signed'), 'refer', to('仲裁院'), staff()), 'refer', to('法院'), hall)
  t.match(done(on, 'dispatch', { unitId: 'drainage' }, hall), { work: { returns: [{ unitId: UNIT, duty: null }] } }, 'also where the hall referred it on')
  for (const name of ['dispatch', 'reassign'] as const) {
    const { ticket, notices, changes } = moved(second, name, { unitId: 'telecom' }, hall, NOW + 2 * DAY)
    t.match(ticket, { state: 'ruling', unitId: null, work: { referral: null, returns: [{ unitId: UNIT }, { unitId: 'drainage', duty: null }] } }, `${name}: whoever it was meant for`)
    t.match(ticket.work.clocks, [{ clock: 'ruling', unitId: null, startedAt: NOW + 2 * DAY }])
    t.equal(ticket.work.clocks.length, 1)
    t.same(notices, [{ kind: 'ruling-wanted', to: 'hall' }, { kind: 'ruling-wanted', to: { stage: 'ruling', unitId: null } }, { kind: 'reassigned', to: { unitId: 'drainage' } }])
    t.match(changes, { state: ['referred', 'ruling'], unitId: ['drainage', null] })
    t.match(done(ticket, 'rule', { unitId: 'transport-bureau', duty: 'RP-02' }, chief, NOW + 2 * DAY), { state: 'dispatched', unitId: 'transport-bureau', work: { binding: true } })
  }
  const back = { unitId: 'telecom', duty: 'MH-02', note: '', at: 1 }
  t.equal(done(done(at('signed', { returns: [back] }), 'refer', to('仲裁院'), staff()), 'dispatch', { unitId: 'drainage' }, hall).state, 'ruling', 'after a return, too')
  t.equal(done(first, 'return', { duty: 'RP-01' }, staff('drainage')).state, 'ruling', 'and before one')
  t.match(done(done(at('signed'), 'refer', to('仲裁院'), hall), 'dispatch', { unitId: 'drainage' }, hall), { state: 'dispatched', work: { returns: [] } }, 'what the hall referred itself nobody put down')
})

t.test('a danger that is learnt of meanwhile is the hall’s while a ruling is awaited', async (t) => {
  const back = { unitId: 'telecom', duty: 'MH-02', note: '', at: 1 }
  const referred = done(done(ticketOf('in-progress', { deliveredAt: NOW, returns: [back] }), 'refer', to('产权单位'), staff()), 'prioritise', { priority: 'emergency', hazard: true }, hall)
  t.match(referred.work.clocks, [{ clock: 'receipt' }, { clock: 'safe', unitId: UNIT, startedAt: NOW }])
  t.match(done(referred, 'dispatch', { unitId: 'drainage' }, hall, NOW + 1), { state: 'ruling', work: { clocks: [{ clock: 'safe', unitId: null, startedAt: NOW }, { clock: 'ruling' }] } })
})
