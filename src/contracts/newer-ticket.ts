import type { Ticket } from './ticket.js'

/**
 * Of two copies of one ticket the one to show. The final one replaces the provisional one whatever their versions say: those were counted in
 * different places. Else the one with more history. (Apart from `ticket.ts`, so that the desk does not carry the schemas.)
 */
export function newerTicket(old: Ticket | null, next: Ticket): Ticket {
  if (old?.id !== next.id) return next
  if (old.provisional !== next.provisional) return next.provisional ? old : next
  return next.version >= old.version ? next : old
}
