import type { ActResult, TicketAct } from '../../contracts/ticket.js'

/**
 * Sends an act once. A node that is not renewed yet hands out this desk as well, and knows no `window`: it refuses the whole act for it. Then it is sent without, as by a desk of that time.
 * @param post sends one body @throws what `post` rejects with
 */
export async function sendAct(post: (act: TicketAct) => Promise<ActResult>, act: TicketAct): Promise<ActResult> {
  try {
    return await post(act)
  } catch (error) {
    const { window, ...known } = act
    if (window === undefined || (error as { readonly code?: unknown }).code !== 'request.invalid') throw error
    return post(known)
  }
}
