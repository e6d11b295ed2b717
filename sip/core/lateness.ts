/**
 * A FreeSWITCH that stalls is given up after a while, and the call goes to the next one. When it wakes, it finds the INVITE still in its
 * socket, and what it answers then reaches nobody: drachtio has forgotten it. So each target is told until when, by its own clock, the call
 * may begin there; the dialplan refuses what begins later (504). How far its clock is from ours is learnt from its answers: whose clock is not
 * known is told nothing, and whose 504 reaches us in time was wrong about the time.
 */
export type Clocks = ReadonlyMap<string, Lead>

/**
 * By how much a target's clock is before ours, ms. Each answer says of the moment at which the call began there that it was after the INVITE and
 * before the answer: so much the lead is at least and at most, however slow FreeSWITCH was, and more answers bring the two together.
 */
interface Lead { readonly least: number; readonly most: number }

interface Tried {
  /** Targets in the order of the tries. */
  readonly order: readonly string[]
  /** By our clock, ms. */
  readonly sentAt: number
  /** So long is waited for a word of each, ms. */
  readonly within: number
}

/** A target's answer. `created`: when the call began there by its clock, `heardAt`: when the answer was here by ours, whole ms. */
export interface Answered { readonly id: string; readonly status: number; readonly heardAt: number; readonly created?: number }

/**
 * Until when the call may begin at each target, by the target's clock, µs; undefined: its clock is not known. By the least that its clock can be
 * ahead: a little too early costs a call that was nearly given up a try, too late costs a caller whom nobody hears. Where all answers were slow,
 * the least may be far too little and every good call would come too late by it: half of the time is left to a call in any case.
 */
export const deadlines = (clocks: Clocks, { order, sentAt, within }: Tried): readonly (number | undefined)[] => order.map((id, n) => {
  const clock = clocks.get(id)
  return clock === undefined ? undefined : Math.round((sentAt + (n + 1) * within + Math.max(clock.least, clock.most - within / 2)) * 1000)
})

/** The dialplan's answer to what came too late. */
export const TOO_LATE = 504

/** The clocks after a call: `answers` in their order. */
export function learnt(clocks: Clocks, { order, sentAt, within }: Tried, answers: readonly Answered[]): Clocks {
  const next = new Map(clocks)
  for (const { id, status, created, heardAt } of answers) {
    const at = order.indexOf(id)
    if (at < 0) continue
    // Those before it that never answered were waited for.
    const silent = order.slice(0, at).filter((other) => !answers.some((answer) => answer.id === other)).length
    if (created !== undefined) next.set(id, narrowed(next.get(id), { least: created - heardAt - 1, most: created - sentAt - silent * within }))
    else if (status === TOO_LATE) next.delete(id)
  }
  return next
}

/** What both say; where they contradict one another a clock was set, or went away from the other by and by, and the newer one holds. */
function narrowed(known: Lead | undefined, now: Lead): Lead {
  const both = { least: Math.max(known?.least ?? -Infinity, now.least), most: Math.min(known?.most ?? Infinity, now.most) }
  return both.least <= both.most ? both : now
}
