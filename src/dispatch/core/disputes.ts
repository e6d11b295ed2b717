import type { ActOf } from '../../contracts/acts.js'
import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { Dispute } from '../../contracts/work.js'
import { unitsOf } from './notices.js'

/** What still wants an answer: who argues is on the ticket, and it is being worked on. Who reported, or put it down, argues no more; what is over is in the history. */
export const standingDisputes = (ticket: Ticket): Dispute[] =>
  (LIFE_CYCLE[ticket.state].acts['answer-dispute'] === undefined ? [] : ticket.work.disputes.filter(({ unitId }) => unitsOf(ticket).includes(unitId)))

/** The others, once this one is answered: what the unit said since then nobody has seen who answered. */
export const withoutDispute = ({ work }: Ticket, { unitId, at }: Pick<ActOf<'answer-dispute'>, 'unitId' | 'at'>): Dispute[] => work.disputes.filter((one) => one.unitId !== unitId || one.at > at)
