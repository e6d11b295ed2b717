import type { RoomEvent } from './core/event.js'
import type { Room } from './core/room.js'

/** What the parts around the room share: the room as it stands, the one way to change it, and work that nobody waits for. */
export interface Loop {
  room(): Room
  /** Steps the room and carries out what it commands, at once. */
  feed(event: RoomEvent): void
  /** Work off the call path; its failure is logged as `what`. `callId` is empty when it concerns no call. */
  background(callId: string, what: string, work: Promise<unknown>): void
}

/** Work under way that nobody waits for, so that closing, and whoever must know that facts are durable, can. */
export interface Background {
  readonly run: Loop['background']
  /** Does `act` and resolves when all the work that it started has succeeded; rejects with the first failure. */
  during(act: () => void): Promise<void>
  /** Resolves when nothing is under way. Never rejects. */
  settled(): Promise<void>
}

/** Keeps track of work that nobody waits for. */
export function makeBackground(logger: { error(fields: object, text: string): void }): Background {
  const pending = new Set<Promise<unknown>>()
  let collecting: Promise<unknown>[] | null = null
  return {
    run(callId, what, work) {
      collecting?.push(work)
      const guarded = work.catch((error: unknown) => { logger.error({ callId, err: error }, what) }).finally(() => pending.delete(guarded))
      pending.add(guarded)
    },
    async during(act) {
      const started: Promise<unknown>[] = collecting = []
      try {
        act()
      } finally {
        collecting = null
      }
      await Promise.all(started)
    },
    async settled() { while (pending.size > 0) await Promise.allSettled(pending) },
  }
}
