import type { CallCard, TicketSummary } from '../../../contracts/call.js'
import type { Ticket } from '../../../contracts/ticket.js'

/** What else of its kind is in hand where it is; or why nobody looked: what is not known yet, that it is being asked, or that PostgreSQL cannot be. */
export type Near = readonly TicketSummary[] | 'category' | 'place' | 'asking' | 'failed'

/** As long as the call has no ticket: what was looked up as it came in. */
export function nearAtPop({ category, location, locationText = '', context: { complete, nearby } }: CallCard): Near {
  if (nearby.length > 0) return nearby
  return category === undefined ? 'category' : location === undefined && locationText === '' ? 'place' : complete ? nearby : 'failed'
}

/** From then on the ticket says what it is about and where, and what the form is told of it (`Advice`) is shown here, too. */
export function nearOf({ fields: { category, place, point } }: Pick<Ticket, 'fields'>, { nearby, failed }: { readonly nearby: readonly TicketSummary[] | null; readonly failed: boolean }): Near {
  if (category === null) return 'category'
  if (place.trim() === '' && point === null) return 'place'
  return failed ? 'failed' : nearby ?? 'asking'
}

/** How many; null: nobody looked, and a nought would say that there is none. */
export const countOf = (near: Near): number | null => (typeof near === 'string' ? null : near.length)
