import { DELIVERS, PRESSES, type Notice } from '../../../contracts/dispatch.js'
import type { TicketList } from '../../../contracts/ticket.js'

/** What a unit is told that asks it for something: it is over with the matter. The rest is news, and goes when somebody puts it away. */
const asks = ({ kind, clock }: Notice): boolean => DELIVERS.has(kind) || PRESSES.has(kind) || clock !== undefined

/** What waits for a unit, by one look. `knew`: what the terminal had been told when it looked; of what came since the list says nothing. */
export interface Look { readonly waiting: TicketList; readonly knew: ReadonlySet<string> }

/** Of what a unit was told what asks it for nothing any more: the ticket waits for it no longer, or, of a new one that it leads, was signed for. Pure. @param own the unit */
export function settledAt(notices: readonly Notice[], { waiting: { tickets, total }, knew }: Look, own: string | undefined): readonly Notice[] {
  // Of what a list does not show to its end nobody knows that it is not in it.
  const whole = tickets.length >= total
  return notices.filter((notice) => {
    if (!knew.has(notice.id) || !asks(notice)) return false
    const ticket = tickets.find(({ id }) => id === notice.ticketId)
    return ticket === undefined ? whole : notice.kind === 'dispatch' && ticket.unitId === own && ticket.state !== 'dispatched'
  })
}
