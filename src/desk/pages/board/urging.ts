import { actsFor, type TicketState } from '../../../contracts/life-cycle.js'
import type { Role } from '../../../contracts/people.js'

/** Whether a unit has it that can be reminded of it. */
export const urgeable = ({ state }: { readonly state: string }, role: Role): boolean => actsFor(state as TicketState, role).includes('urge')

/** Why some could not be urged: each reason once, the commonest first, with how many it holds back. */
export function refusals(refused: readonly { readonly text: string }[]): readonly { readonly text: string; readonly count: number }[] {
  const counts = new Map<string, number>()
  for (const { text } of refused) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].map(([text, count]) => ({ text, count })).sort((a, b) => b.count - a.count)
}
