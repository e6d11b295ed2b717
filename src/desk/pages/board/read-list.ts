import type { TicketList } from '../../../contracts/ticket.js'

/** Narrowings that came later than the list itself, as the query names them. */
const LATER = ['inHand', 'leads', 'soon'] as const
export type Later = (typeof LATER)[number]

/** A list, and what it could not be narrowed by. */
export interface ReadList { readonly list: TicketList; readonly without: readonly Later[] }

/**
 * Reads a list of tickets. A node that is not renewed yet hands out this desk as well, and refuses the whole query for a narrowing that it does not know. Then it is asked without
 * those, and they are named: the list is longer than was wished. The next read asks for all of it again.
 * @param read asks once @throws what `read` rejects with
 */
export async function readList<Q extends { readonly [K in Later]?: boolean | undefined }>(read: (query: Q) => Promise<TicketList>, query: Q): Promise<ReadList> {
  try {
    return { list: await read(query), without: [] }
  } catch (error) {
    const without = LATER.filter((name) => query[name] !== undefined)
    if (without.length === 0 || (error as { readonly code?: unknown }).code !== 'request.invalid') throw error
    return { list: await read({ ...query, ...leaveOut(without) }), without }
  }
}

/** Over a query: it asks for these no more. */
export const leaveOut = (without: readonly Later[]): { readonly [K in Later]?: undefined } => Object.fromEntries(without.map((name) => [name, undefined]))
