import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TicketAct } from '../../src/contracts/acts.js'
import { LiandongError } from '../../src/contracts/errors.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { applyAct, type Actor } from '../../src/dispatch/core/acts.js'
import { CITY, NOW, ticketOf, UNIT } from './city.js'

const hall: Actor = { role: 'supervisor', id: 'lead1' }
const lead: Actor = { role: 'unit', id: 'w1', unitId: UNIT }
const apply = (ticket: Ticket, name: TicketAct['act'], more: object, who: Actor): ReturnType<typeof applyAct> => applyAct(ticket, { actId: randomUUID(), act: name, baseVersion: 4, note: '因故', ...more } as TicketAct, who, { now: NOW, rules: CITY })
const OTHER = '00000000-0000-4000-8000-00000000000f'

t.test('who works on a ticket hears of every end of it: no crew drives out for nothing', async (t) => {
  const ticket = ticketOf('in-progress', { deliveredAt: NOW, assist: ['drainage', 'telecom'] })
  const reported = { ...ticket, state: 'reported' as const }
  const cases: readonly (readonly [what: string, Ticket, TicketAct['act'], object, Actor, readonly string[]])[] = [
    ['void', ticket, 'void', {}, hall, [`void ${UNIT}`, 'void drainage', 'void telecom']],
    ['settled', ticket, 'settle', { outcome: 'answered' }, hall, [`closed ${UNIT}`, 'closed drainage', 'closed telecom', 'closed caller']],
    ['closed', reported, 'close', {}, hall, [`closed ${UNIT}`, 'closed drainage', 'closed telecom', 'closed caller']],
    ['merged', ticket, 'merge', { into: OTHER }, hall, [`merged ${UNIT}`, 'merged drainage', 'merged telecom']],
    ['referred by the hall', ticket, 'refer', { body: 'court', name: '法院', nextAt: NOW + 1 }, hall, [`referred ${UNIT}`, 'referred drainage', 'referred telecom', 'told caller']],
    ['referred by the one that leads', ticket, 'refer', { body: 'court', name: '法院', nextAt: NOW + 1 }, lead, ['referred drainage', 'referred telecom', 'referred hall', 'told caller']],
    ['taken off', ticket, 'assist', { assist: ['telecom', 'gas-company'] }, hall, ['dispatch gas-company', 'stood-down drainage']],
    ['given to others', ticket, 'reassign', { unitId: 'gas-company', assist: ['telecom'] }, hall, ['dispatch gas-company', 'dispatch telecom', `reassigned ${UNIT}`, 'stood-down drainage']],
    ['changed places', ticket, 'reassign', { unitId: 'drainage', assist: [UNIT] }, hall, ['dispatch drainage', `dispatch ${UNIT}`, 'stood-down telecom']],
  ]
  for (const [what, from, name, more, who, expected] of cases) {
    const { notices } = apply(from, name, more, who)
    t.same(notices.map(({ kind, to }) => `${kind} ${typeof to === 'string' ? to : to.unitId ?? ''}`).sort(), [...expected].sort(), what)
  }
})

t.test('a danger that nobody guards yet does not end without a word', async (t) => {
  const danger = ticketOf('in-progress', { hazard: true })
  const ends = (ticket: Ticket, name: TicketAct['act'], note: string): string => {
    try {
      return apply(ticket, name, { note, ...(name === 'settle' ? { outcome: 'handed-over' } : {}) }, hall).ticket.state
    } catch (error) {
      if (error instanceof LiandongError) return error.code
      throw error
    }
  }
  for (const [name, ticket] of [['settle', danger], ['close', { ...danger, state: 'reported' as const }]] as const) {
    t.equal(ends(ticket, name, ' '), 'ticket.illegal')
    t.equal(ends(ticket, name, '消防已到场接管'), 'closed')
    t.equal(ends({ ...ticket, work: { ...ticket.work, safeAt: NOW } }, name, ''), 'closed')
  }
})
