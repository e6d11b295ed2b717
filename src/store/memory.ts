import { newerTicket } from '../contracts/newer-ticket.js'
import type { ActResult, Ticket } from '../contracts/ticket.js'

export type Memory = ReturnType<typeof makeMemory>

/**
 * Tickets kept in memory with the acts done to them here, so that while PostgreSQL is away they can be shown and acted on, and an act that is
 * sent again is the same act.
 * @param pinned its records are not drained: it stays.
 */
export function makeMemory(limit: number, pinned: (ticketId: string) => boolean) {
  const kept = new Map<string, { readonly ticket: Ticket; readonly acts: Map<string, ActResult['stored']> }>()

  function put(ticket: Ticket): Ticket {
    const acts = kept.get(ticket.id)?.acts ?? new Map<string, ActResult['stored']>()
    kept.delete(ticket.id)
    kept.set(ticket.id, { ticket, acts })
    if (kept.size > limit) for (const [id] of kept) { if (!pinned(id)) { kept.delete(id); break } }
    return ticket
  }

  return {
    get: (ticketId: string): Ticket | undefined => kept.get(ticketId)?.ticket,
    /** Keeps the newer of what is known and `ticket`. */
    remember(ticket: Ticket): Ticket {
      return put(newerTicket(kept.get(ticket.id)?.ticket ?? null, ticket))
    },
    /** What the database says after draining: it counts, whatever was shown so far. */
    settle: put,
    /** Where the act went when it was done here. */
    done: (ticketId: string, actId: string): ActResult['stored'] | undefined => kept.get(ticketId)?.acts.get(actId),
    note(ticketId: string, actId: string, stored: ActResult['stored']): void { kept.get(ticketId)?.acts.set(actId, stored) },
  }
}
