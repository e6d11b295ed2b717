import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { applyAct, type Actor } from '../../src/dispatch/core/acts.js'
import { CITY, NOW, ticketOf, UNIT } from './city.js'

const unit: Actor = { role: 'unit', id: 'w1', unitId: UNIT }
const helper: Actor = { role: 'unit', id: 'w2', unitId: 'drainage' }
const chief: Actor = { role: 'supervisor', id: 'lead1' }
let now = NOW
const apply = (ticket: Ticket, name: TicketAct['act'], more: object, who: Actor, rules = CITY): ReturnType<typeof applyAct> => applyAct(ticket, { actId: randomUUID(), act: name, baseVersion: ticket.version, note: '井属他方', ...more } as TicketAct, who, { now: (now += 60_000), rules })
const disputed = (more: Partial<Ticket['work']> = {}): Ticket => apply(ticketOf('in-progress', { deliveredAt: NOW, assist: ['drainage'], ...more }), 'dispute', { duty: 'MH-03' }, unit).ticket
const who = ({ work }: Ticket): readonly string[] => work.disputes.map(({ unitId }) => unitId)

t.test('a dispute and a return say whom they mean, not a number alone', async (t) => {
  const moved = apply(ticketOf('in-progress', { deliveredAt: NOW }), 'dispute', { duty: 'MH-03' }, unit)
  t.match(moved.ticket.work.disputes, [{ unitId: UNIT, duty: 'MH-03', to: 'urban-management' }])
  t.equal(moved.note, '[MH-03 → urban-management] 井属他方')
  const back = apply(ticketOf('signed', { deliveredAt: NOW }), 'return', { duty: 'MH-02' }, unit)
  t.match([back.ticket.work.returns, back.note], [[{ duty: 'MH-02', to: 'drainage' }], '[MH-02 → drainage] 井属他方'])
  // A rule that names several: who leads by it, never who cites it.
  const rules = { ...CITY, duties: [...CITY.duties.filter(({ code }) => code !== 'MH-03'), ...(['assist', 'lead'] as const).map((role, n) => ({ ...CITY.duties[0] as (typeof CITY.duties)[number], code: 'MH-03', role, unitId: ['telecom', 'gas-company'][n] ?? '' })), { ...CITY.duties[0] as (typeof CITY.duties)[number], code: 'MH-03', unitId: UNIT }] }
  t.equal(apply(ticketOf('in-progress', { deliveredAt: NOW }), 'dispute', { duty: 'MH-03' }, unit, rules).ticket.work.disputes[0]?.to, 'gas-company')
})

t.test('it is answered by who leads the hall, for a reason, and the unit hears it', async (t) => {
  const ticket = disputed()
  const { at } = ticket.work.disputes[0] as Ticket['work']['disputes'][number]
  const { ticket: after, notices, note } = apply(ticket, 'answer-dispute', { unitId: UNIT, at, note: '井盖标识属市政' }, chief)
  t.same([who(after), after.state, after.unitId, note], [[], 'in-progress', UNIT, '井盖标识属市政'])
  t.match(notices, [{ kind: 'dispute-answered', to: { unitId: UNIT } }])
  t.throws(() => apply(ticket, 'answer-dispute', { unitId: UNIT, at }, { role: 'operator' }), { code: 'auth.forbidden' })
  t.throws(() => apply(ticket, 'answer-dispute', { unitId: 'drainage', at }, chief), { code: 'ticket.illegal', details: { en: /no dispute of this unit/ } })
  t.throws(() => apply(after, 'answer-dispute', { unitId: UNIT, at }, chief), { code: 'ticket.illegal', details: { en: /no dispute of this unit/ } }, 'once')
  const again = apply(ticket, 'dispute', { duty: 'MH-02' }, unit).ticket
  t.match(apply(again, 'answer-dispute', { unitId: UNIT, at }, chief).ticket.work.disputes, [{ duty: 'MH-02' }], 'what was said since then nobody answered')
  const both = apply(ticket, 'dispute', { duty: 'MH-03' }, helper).ticket
  t.same(who(apply(both, 'answer-dispute', { unitId: UNIT, at }, chief).ticket), ['drainage'], 'nor what another says')
})

t.test('it is over when who disputes reports, has the ticket no more, or the ticket ends; until then it stands', async (t) => {
  const both = apply(disputed(), 'dispute', { duty: 'MH-03' }, helper).ticket
  t.same(who(apply(both, 'progress', { step: 'repaired', photos: [] }, unit).ticket), [UNIT, 'drainage'], 'it runs beside the work')
  t.same(who(apply(both, 'urge', {}, chief).ticket), [UNIT, 'drainage'])
  t.same(who(apply(both, 'report', { result: 'done', photos: [] }, unit).ticket), [])
  t.same(who(apply(both, 'reassign', { unitId: 'urban-management' }, chief).ticket), ['drainage'])
  t.same(who(apply(both, 'assist', { assist: ['urban-management'] }, chief).ticket), [UNIT])
  t.same(who(apply(both, 'settle', { outcome: 'answered' }, chief).ticket), [])
  t.same(who(apply(both, 'void', {}, chief).ticket), [])
  t.same(who(apply(both, 'return', { duty: 'MH-02' }, unit).ticket), [])
})
