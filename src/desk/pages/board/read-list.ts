import type { TicketList } from '../../../contracts/ticket.js'
import { askOlder } from '../../api/older-node.js'

/** Narrowings that came later than the list itself, as the query names them. */
const LATER = ['inHand', 'leads', 'soon'] as const
export type Later = (typeof LATER)[number]

/** A list, and what it could not be narrowed by. */
export interface ReadList { readonly list: TicketList; readonly without: readonly Later[] }

/**
 * Reads a list of tickets. A node that is not renewed yet is asked without the narrowings that it may not know, and they are named: the list is longer than was wished. The next read asks for all of it again.
 * @param read asks once @throws what `read` rejects with
 */
export async function readList<Q extends { readonly [K in Later]?: boolean | undefined }>(read: (query: Q) => Promise<TicketList>, query: Q): Promise<ReadList> {
  const without = LATER.filter((name) => query[name] !== undefined)
  const { answer, older } = await askOlder(read, query, without.length === 0 ? null : { ...query, ...leaveOut(without) })
  return { list: answer, without: older ? without : [] }
}

/** Over a query: it asks for these no more. */
export const leaveOut = (without: readonly Later[]): { readonly [K in Later]?: undefined } => Object.fromEntries(without.map((name) => [name, undefined]))
