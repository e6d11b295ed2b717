import type { Ticket } from '../../contracts/ticket.js'

/** How a ticket left a unit: it gave it back itself and the hall, or a ruling, finds the next one; or it was taken away. */
export type Left = 'returned' | 'ruling' | 'gone'

/** Null: the unit leads or assists. `missing`: the server knows no such ticket of this unit any more. */
export function leftOf({ unitId, state, work }: Pick<Ticket, 'unitId' | 'state' | 'work'>, own: string | undefined, missing: boolean): Left | null {
  if (!missing && own !== undefined && (unitId === own || work.assist.includes(own))) return null
  const back = unitId === null && work.returns.at(-1)?.unitId === own
  return back && state === 'ruling' ? 'ruling' : back && state === 'returned' ? 'returned' : 'gone'
}
