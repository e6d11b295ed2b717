import type { CallerContexts } from './ports.js'
import type { Loop } from './loop.js'

/** Asks what is known of a caller; the room hears of it as `call.context`. */
export interface ContextAsker {
  ask(callId: string): void
  forget(callId: string): void
}

/** Looks callers up; an older answer never overwrites a newer one. */
export function makeContextAsker(loop: Loop, contexts: CallerContexts): ContextAsker {
  /** Turns of asking for each call. */
  const turns = new Map<string, number>()
  return {
    ask(callId) {
      const call = loop.room().calls.get(callId)
      if (call === undefined) return
      const turn = (turns.get(callId) ?? 0) + 1
      turns.set(callId, turn)
      const { location, caller } = call.arriving
      const query = { number: caller.number, callId, ...(location === undefined ? {} : { location }), ...(call.category === null ? {} : { category: call.category }) }
      loop.background(callId, 'caller not looked up', contexts.lookUp(query).then((context) => {
        if (turns.get(callId) === turn) loop.feed({ type: 'call.context', callId, context })
      }))
    },
    forget(callId) { turns.delete(callId) },
  }
}
