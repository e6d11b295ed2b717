import type { CallerContexts } from './ports.js'
import type { Loop } from './loop.js'

/** Asks what is known of a caller; the room hears of it as `call.context`. */
export interface ContextAsker {
  /** `anew`: what is known has changed, so an answer that is under way does not count. */
  ask(callId: string, anew?: boolean): void
  /** Resolves when the first look-up under way of this caller is over, however it ended; null when nothing need be waited for. */
  pending(callId: string): Promise<void> | null
  forget(callId: string): void
}

/** Looks callers up, once at a time by the same facts; an older answer never overwrites a newer one. */
export function makeContextAsker(loop: Loop, contexts: CallerContexts): ContextAsker {
  /** Turns of asking for each call, and by what it is being asked now. */
  const turns = new Map<string, { readonly turn: number; readonly by: string | null }>()
  const pending = new Map<string, Promise<void>>()
  return {
    ask(callId, anew = false) {
      const call = loop.room().calls.get(callId)
      if (call === undefined) return
      const { location, locationText: place, caller } = call.arriving
      const query = { number: caller.number, callId, ...(location === undefined ? {} : { location }), ...(place === undefined ? {} : { place }), ...(call.category === null ? {} : { category: call.category }) }
      const by = JSON.stringify(query)
      const before = turns.get(callId)
      if (before?.by === by && !anew) return
      const turn = (before?.turn ?? 0) + 1
      turns.set(callId, { turn, by })
      const work = contexts.lookUp(query).then((context) => {
        if (turns.get(callId)?.turn !== turn) return
        turns.set(callId, { turn, by: null })
        loop.feed({ type: 'call.context', callId, context })
      })
      loop.background(callId, 'caller not looked up', work)
      if (before === undefined) pending.set(callId, work.catch(() => undefined).finally(() => { pending.delete(callId) }))
    },
    pending: (callId) => pending.get(callId) ?? null,
    forget(callId) { turns.delete(callId) },
  }
}
