/**
 * A FreeSWITCH that stalls is given up after a while, and the call goes to the next one. When it wakes, it finds the INVITE still in its
 * socket, and what it answers then reaches nobody: drachtio has forgotten it. So each target is told until when, by its own clock, the call
 * may begin there; the dialplan refuses what begins later (504). How far its clock is from ours is learnt from its answers: whose clock is not
 * known is told nothing, and whose 504 reaches us in time was wrong about the time.
 */
export type Clocks = ReadonlyMap<string, number>

interface Tried {
  /** Targets in the order of the tries. */
  readonly order: readonly string[]
  /** By our clock, ms. */
  readonly sentAt: number
  /** So long is waited for a word of each, ms. */
  readonly within: number
}

/** Until when the call may begin at each target, by the target's clock, µs; undefined: its clock is not known. */
export const deadlines = (clocks: Clocks, { order, sentAt, within }: Tried): readonly (number | undefined)[] => order.map((id, n) => {
  const ahead = clocks.get(id)
  return ahead === undefined ? undefined : Math.round((sentAt + (n + 1) * within + ahead) * 1000)
})

/** The dialplan's answer to what came too late. */
export const TOO_LATE = 504

/** The clocks after a call: `answers` in their order. */
export function learnt(clocks: Clocks, { order, sentAt, within }: Tried, answers: readonly { readonly id: string; readonly status: number; readonly created?: number }[]): Clocks {
  const next = new Map(clocks)
  for (const { id, status, created } of answers) {
    const at = order.indexOf(id)
    if (at < 0) continue
    // Those before it that never answered were waited for.
    const silent = order.slice(0, at).filter((other) => !answers.some((answer) => answer.id === other)).length
    if (created !== undefined) next.set(id, created - sentAt - silent * within)
    else if (status === TOO_LATE) next.delete(id)
  }
  return next
}
