import type { Fields } from './wire.js'

/** Fault knobs. Shares are between 0 and 1; all default to none. */
export interface Faults {
  drop: number
  double: number
  /** Share of events that are late by up to `lateBy` ms. */
  late: number
  lateBy: number
  /** Holds events back until this many have come, then lets them go in another order; 0 = off. */
  shuffle: number
  /** The next write is cut in the middle and the connection reset. */
  cutNext: boolean
  /** Bytes go nowhere, nothing is closed: a black hole. */
  blackHole: boolean
}

/** A line on which nothing goes wrong; its fields are set while calls run. */
export const noFaults = (): Faults => ({ drop: 0, double: 0, late: 0, lateBy: 0, shuffle: 0, cutNext: false, blackHole: false })

export interface EventFaults {
  /** One event through the faults: `deliver` is called as often and as late as they say. */
  pass(event: Fields, deliver: (event: Fields) => void): void
  /** What is late or held back goes nowhere any more. */
  close(): void
}

/** Loses, doubles, delays and reorders events as `faults` says at that moment. `random`: 0 to 1, seeded by whoever wants it again. */
export function makeEventFaults(faults: Faults, random: () => number): EventFaults {
  let held: { readonly event: Fields; readonly deliver: (event: Fields) => void }[] = []
  const late = new Set<NodeJS.Timeout>()
  let closed = false

  function delay(ms: number, act: () => void): void {
    const timer = setTimeout(() => { late.delete(timer); act() }, ms)
    late.add(timer)
  }

  return {
    pass(event, deliver) {
      if (closed) return
      if (event['Event-Name'] === 'HEARTBEAT') return deliver(event)
      if (random() < faults.drop) return
      for (let copies = random() < faults.double ? 2 : 1; copies > 0; copies -= 1) {
        if (random() < faults.late) delay(random() * faults.lateBy, () => { deliver(event) })
        else if (faults.shuffle > 0) {
          held.push({ event, deliver })
          if (held.length >= faults.shuffle) {
            const all = held
            held = []
            for (const one of all.sort(() => random() - 0.5)) one.deliver(one.event)
          }
        } else deliver(event)
      }
    },
    close() {
      closed = true
      held = []
      for (const timer of late) clearTimeout(timer)
      late.clear()
    },
  }
}
