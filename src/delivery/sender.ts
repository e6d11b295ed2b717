import { startLoop, type Loop } from '../dispatch/loop.js'
import type { Channel, Outgoing, OutboxStore, Sending } from './ports.js'

export interface SenderDeps {
  readonly store: OutboxStore
  readonly channels: Readonly<Record<Outgoing['channel'], Channel>>
  /** The other side has a message: of a dispatch that is the delivery. */
  readonly onReceived: (message: Outgoing) => Promise<void>
  readonly onDead: (message: Outgoing, why: string) => void
  readonly onError: (error: unknown) => void
  readonly random?: () => number
}

const LOOK_EVERY = 500
const AFTER_FAILURE = 2_000
/** On their way at once, of each channel. */
const PLACES = 20
/** Longer than any channel's own deadline: after it another node takes the message, ms. */
const LEASE = 45_000
const FIRST_RETRY = 2_000
const LONGEST_RETRY = 15 * 60_000
/** With the waits between them some two hours. */
const MOST_TRIES = 14

/** ms until the next try: doubled each time, anywhere between half of it and all of it, so that a thousand that failed together do not come back together. */
export function retryAfter(tries: number, random: () => number): number {
  const whole = Math.min(LONGEST_RETRY, FIRST_RETRY * 2 ** (tries - 1))
  return Math.round(whole / 2 + random() * whole / 2)
}

/**
 * Empties the outbox, at least once each message. Each channel by itself, and no message waits for another that was taken with it: a relay that hangs holds up
 * mails only, a unit's system that hangs its own messages only.
 */
export function startSender({ store, channels, onReceived, onDead, onError, random = Math.random }: SenderDeps): Loop {
  async function settle(message: Outgoing, result: Sending): Promise<void> {
    if (result.type === 'received' || result.type === 'sent') {
      // The delivery first: if we die in between, the message goes out once more, and the unit's clock runs all the same.
      if (result.type === 'received') await onReceived(message)
      return store.sent(message.id, result.type === 'received')
    }
    const over = result.type === 'never' || message.tries >= MOST_TRIES
    const missed = await store.failed(message.id, result.why.slice(0, 500), over ? null : result.after ?? retryAfter(message.tries, random))
    if (over && missed) onDead(message, result.why)
  }

  function empty(name: Outgoing['channel']): Loop {
    const flying = new Map<Promise<void>, string>()
    const loop = startLoop({
      every: LOOK_EVERY, afterFailure: AFTER_FAILURE, onError,
      async look() {
        if (flying.size >= PLACES) return undefined
        for (const message of await store.take(name, PLACES - flying.size, LEASE, [...new Set(flying.values())])) {
          const flight = channels[name].send(message).then((result) => settle(message, result)).catch(onError).then(() => { flying.delete(flight); loop.nudge() })
          flying.set(flight, message.address)
        }
        return undefined
      },
    })
    return {
      nudge: () => { loop.nudge() },
      async close() {
        await loop.close()
        await Promise.all(flying.keys())
      },
    }
  }

  const loops = (Object.keys(channels) as Outgoing['channel'][]).map(empty)
  return {
    nudge() { for (const loop of loops) loop.nudge() },
    async close() { await Promise.all(loops.map((loop) => loop.close())) },
  }
}
