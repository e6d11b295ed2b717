import { DELIVERS } from '../contracts/dispatch.js'
import type { Ticket } from '../contracts/ticket.js'
import { PRACTICE_RECEIPT } from '../dispatch/core/practice-unit.js'
import { startLoop, type Loop } from '../dispatch/loop.js'
import type { Hub } from '../http/hub.js'
import { makePracticeUnits } from '../store/practice-units.js'
import type { Store } from '../store/store.js'

const LOOK_EVERY = 1_000
/** A page that is loaded anew, or a telephone that was put down for a moment, is still somebody's, ms. */
const STAYS = 60_000

export interface PracticeUnitsGiven {
  readonly store: Pick<Store, 'pool' | 'rules' | 'hall'>
  readonly hub: Pick<Hub, 'present'>
  readonly onChanged: (ticket: Ticket) => void
  readonly onError: (error: unknown) => void
  /** So many times as fast, in tests. */
  readonly speed?: number
}

/**
 * Practice: the terminals of units that nobody is signed in for. They confirm what they are told, so that the clocks run as they do in a city, then sign, arrive and report;
 * whoever signs in for a unit has it for himself. Started beside the practice exchange alone: at a real PBX there is nothing of it.
 */
export function startPracticeUnits({ store, hub, onChanged, onError, speed = 1 }: PracticeUnitsGiven): Loop {
  const units = makePracticeUnits(store.pool, store.rules, speed)
  const seen = new Map<string, number>()
  return startLoop({
    every: LOOK_EVERY / speed, afterFailure: LOOK_EVERY * 2, onError,
    async look() {
      const now = performance.now()
      for (const unit of hub.present().units) seen.set(unit, now)
      for (const [unit, at] of seen) if (now - at > STAYS) seen.delete(unit)
      const attended = [...seen.keys()]
      for (const { id, kind, unitId, ticketId } of await units.unheard(attended, PRACTICE_RECEIPT / speed)) {
        if (DELIVERS.has(kind) && ticketId !== null) {
          const ticket = await store.hall.delivered(ticketId, unitId, id)
          if (ticket !== null) onChanged(ticket)
        }
        await store.hall.confirm(id, unitId)
      }
      for (const ticket of await units.work(attended)) onChanged(ticket)
      return undefined
    },
  })
}
