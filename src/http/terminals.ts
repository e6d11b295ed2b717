import type { Notice } from '../contracts/dispatch.js'
import { startLoop, type Loop } from '../dispatch/loop.js'
import type { Hub } from './hub.js'

export interface TerminalsDeps {
  readonly hub: Pick<Hub, 'present' | 'notify'>
  /** Not confirmed yet: of these units, or (null) of the hall. */
  readonly notices: (units: readonly string[] | null) => Promise<readonly Notice[]>
  readonly onError: (error: unknown) => void
}

/** Looks without a hint this often, ms. */
const LOOK_EVERY = 2_000
/** A terminal that did not confirm is told again after this, ms. */
const AGAIN = 5_000

/**
 * Brings notices to the terminals that are connected to this node, again and again until one of them confirms. Nothing is marked as sent: what counts is the receipt,
 * and two nodes may both tell a unit, because a terminal shows each id once.
 */
export function startTerminals({ hub, notices, onError }: TerminalsDeps): Loop {
  const told = new Map<string, number>()
  return startLoop({
    every: LOOK_EVERY, afterFailure: LOOK_EVERY, onError,
    async look() {
      const { units, hall } = hub.present()
      const found = [...(units.length > 0 ? await notices(units) : []), ...(hall ? await notices(null) : [])]
      const now = performance.now()
      const open = new Set(found.map(({ id }) => id))
      for (const id of told.keys()) if (!open.has(id)) told.delete(id)
      for (const notice of found) {
        if (now - (told.get(notice.id) ?? -Infinity) < AGAIN) continue
        told.set(notice.id, now)
        hub.notify(notice.unitId, { type: 'notice', notice })
      }
      return undefined
    },
  })
}
