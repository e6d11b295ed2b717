import type { ActResult, TicketAct } from '../../contracts/ticket.js'
import { askOlder } from '../api/older-node.js'

/** Sends an act once; without `window` to a node that knows no windows yet. @param post sends one body @throws what `post` rejects with */
export async function sendAct(post: (act: TicketAct) => Promise<ActResult>, act: TicketAct): Promise<ActResult> {
  const { window, ...known } = act
  return (await askOlder(post, act, window === undefined ? null : known)).answer
}
