import type { ListName } from '../contracts/ws.js'
import { startLoop } from '../dispatch/loop.js'
import type { Hub } from './hub.js'

export interface WatchedList {
  /** Looked at this often while the hall is there, ms. */
  readonly every: number
  /** Another text whenever the list is another. */
  readonly mark: () => Promise<string>
}

export interface ListsDeps {
  readonly hub: Pick<Hub, 'present' | 'notify'>
  readonly lists: Readonly<Record<ListName, WatchedList>>
  readonly onError: (error: unknown) => void
}

export interface Lists {
  /** Something of it may be another: it is looked at at once. */
  hint(list: ListName): void
  close(): Promise<void>
}

const LOOK = 1_000
/** Who is told of the same list again and again looks no more often, ms: in a storm each caller who gives up is one more to call back. */
const REST = 500

/** Tells the hall's desks when a list that is about no one ticket is another: one look of this node's instead of each desk's, for nobody when nobody is there. */
export function startLists({ hub, lists, onError }: ListsDeps): Lists {
  const known = new Map<ListName, string>()
  const lookedAt = new Map<ListName, number>()
  const hinted = new Set<ListName>()
  const loop = startLoop({
    every: LOOK, afterFailure: LOOK, onError,
    async look() {
      if (!hub.present().hall) return undefined
      for (const [list, { every, mark }] of Object.entries(lists) as [ListName, WatchedList][]) {
        const now = performance.now()
        const age = now - (lookedAt.get(list) ?? -Infinity)
        if (age < every && !(hinted.has(list) && age >= REST)) continue
        lookedAt.set(list, now)
        hinted.delete(list)
        const found = await mark().catch((error: unknown) => { hinted.add(list); throw error })
        if (known.get(list) === found) continue
        known.set(list, found)
        hub.notify(null, { type: 'list.changed', list })
      }
      return undefined
    },
  })
  return {
    hint(list) {
      hinted.add(list)
      loop.nudge()
    },
    close: loop.close,
  }
}
