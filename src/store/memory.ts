import { newerTicket } from '../contracts/newer-ticket.js'
import type { ActResult, Ticket } from '../contracts/ticket.js'

export type Memory = ReturnType<typeof makeMemory>

/** An act that was done here: where it is kept, the version that it made, whose it was, in which window, and the fields that it set. */
export interface Remembered { readonly stored: ActResult['stored']; readonly version: number; readonly personId: string; readonly window: string | undefined; readonly fields: readonly string[] }

/**
 * Tickets kept in memory with the acts done to them here, so that while PostgreSQL is away they can be shown and acted on, an act that is
 * sent again is the same act, and nobody writes over what he has not seen.
 * @param pinned its records are not drained: it stays.
 */
export function makeMemory(limit: number, pinned: (ticketId: string) => boolean) {
  const kept = new Map<string, { readonly ticket: Ticket; readonly acts: Map<string, Remembered> }>()

  function put(ticket: Ticket): Ticket {
    const acts = kept.get(ticket.id)?.acts ?? new Map<string, Remembered>()
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
    done: (ticketId: string, actId: string): ActResult['stored'] | undefined => kept.get(ticketId)?.acts.get(actId)?.stored,
    note(ticketId: string, actId: string, one: Remembered): void {
      const acts = kept.get(ticketId)?.acts
      // Sent again it made no other version.
      if (acts?.has(actId) === false) acts.set(actId, one)
    },
    /** Whether somebody said here whether it is dangerous, as what it is about by now: no category or kind made it so since. */
    said(ticketId: string): boolean {
      const last = [...kept.get(ticketId)?.acts.values() ?? []].findLast(({ fields }) => fields.includes('hazard') || fields.includes('category'))
      return last !== undefined && !last.fields.includes('category') && !last.fields.includes('kind')
    },
    /** Fields that were changed here after a version by somebody else, or by this person in another window. */
    changedElsewhere(ticketId: string, since: number, personId: string, window: string | undefined): ReadonlySet<string> {
      return new Set([...kept.get(ticketId)?.acts.values() ?? []].flatMap((one) => (one.version > since && (one.personId !== personId || one.window !== window) ? one.fields : [])))
    },
  }
}
