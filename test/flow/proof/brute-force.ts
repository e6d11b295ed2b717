import { LINE_SLACK } from '../../../src/contracts/call.js'
import type { Language } from '../../../src/contracts/primitives.js'
import { rehearse, type Rehearsal } from '../../../src/flow/rehearsal.js'
import type { Flow, FlowSurroundings } from '../../../src/flow/types.js'

/** What a caller finds; `lookUp`: services answer, just in time. */
export interface World { readonly surroundings: Omit<FlowSurroundings, 'now'>; readonly lookUp: boolean }

/** What a caller, or the telephone, does next. */
type Act = { readonly type: 'silence' } | { readonly type: 'keys' | 'says'; readonly keys: string } | { readonly type: 'fault' } | { readonly type: 'speaks'; readonly ms: number }

export interface Found {
  /** Longest time until the flow is over, ms, and by which acts. */
  readonly ms: number
  readonly acts: readonly string[]
  /** How many calls were made. */
  readonly calls: number
  readonly keys: number
}

/** A key counts when it comes just before its time is over. */
const LATE = 1

/**
 * Makes every call there is: at each moment that something is waited for, every key that means something, one that means nothing, as many as
 * fit, silence, and a fault, each as late as can be; in every one of `worlds`. Calls that go round in circles are left out.
 * No thought of how the proof counts: only the engine and a clock.
 */
export function everyCall(flow: Flow, lengthOf: (language: Language, prompt: string) => number, worlds: readonly World[], limit: number): Found | null {
  let found: Found = { ms: 0, acts: [], calls: 0, keys: 0 }
  let calls = 0
  for (const { surroundings, lookUp } of worlds) {
    const ahead: Act[][] = [[]]
    for (let acts = ahead.pop(); acts !== undefined; acts = ahead.pop()) {
      calls += 1
      if (calls > limit) return null
      const call = rehearse({ flow, duration: ({ language, name }) => lengthOf(language, name), surroundings, startAt: 0, outcome: ({ type, timeout }) => ({ after: timeout + (type === 'transfer' ? LINE_SLACK : 0), event: type === 'look-up' && lookUp ? { type: 'looked-up', values: { area: 'east' } } : { type: 'failed', reason: 'no answer' } }) })
      const been = new Set([placeOf(call)])
      let round = false
      for (const act of acts) {
        const steps = call.state().path.length
        perform(call, act)
        if (call.state().path.length === steps || call.waitingFor() === 'nothing') continue
        round ||= been.has(placeOf(call))
        been.add(placeOf(call))
      }
      if (round) continue
      if (call.waitingFor() === 'nothing') {
        if (call.elapsed() > found.ms) found = { ms: call.elapsed(), acts: acts.map(wordOf), calls, keys: acts.reduce((sum, act) => sum + (act.type === 'silence' ? 0 : act.type === 'keys' ? act.keys.length : 1), 0) }
        continue
      }
      ahead.push([...acts, { type: 'silence' }], [...acts, { type: 'fault' }])
      if (call.waitingFor() === 'voice') ahead.push([...acts, { type: 'speaks', ms: 2_000 }], [...acts, { type: 'speaks', ms: 60_000 }], [...acts, { type: 'keys', keys: '#' }])
      if (call.waitingFor() !== 'key') continue
      for (const keys of call.state().memory['number'] === true ? NUMBER_KEYS : KEYS) ahead.push([...acts, { type: 'keys', keys }])
      if (flow.nodes.get(call.state().node ?? '')?.type === 'listen') for (const keys of WORDS) ahead.push([...acts, { type: 'says', keys }])
    }
  }
  return { ...found, calls }
}

/** `1` and `2` may mean something to a menu, `7` never does; the long ones fill a collect, which takes what begins with 9. */
const KEYS = ['1', '2', '7', '#', '777', '999']

/** Fewer than a number has, a number, and as many as none has. */
const NUMBER_KEYS = ['9', '99999#', '999999999999999']
/** The one that a listening node knows, and another. */
const WORDS = ['yes', 'no']

const placeOf = (call: Rehearsal): string => `${call.state().stack.map(({ from }) => `${from}/`).join('')}${call.state().node ?? ''}@${call.state().language}`
const wordOf = (act: Act): string => ('keys' in act ? act.keys : act.type)

function perform(call: Rehearsal, act: Act): void {
  if (act.type === 'silence') return call.wait(call.untilNext())
  if (act.type === 'fault') {
    call.wait(Math.max(0, call.untilNext() - LATE))
    return call.fail()
  }
  if (act.type === 'speaks') {
    // Of a message the tone and the writing of the file count as a second; on this clock they take none.
    call.wait(call.promptsLeft())
    call.speak(act.ms)
    return call.wait(call.untilNext())
  }
  if (act.type === 'says') {
    call.wait(Math.max(0, call.untilNext() - LATE))
    call.say(act.keys)
    return
  }
  const path = call.state().path.length
  const memory = call.state().memory
  for (const key of act.keys) {
    // The question may be answered before all keys are pressed.
    if ((call.waitingFor() !== 'key' && call.waitingFor() !== 'voice') || call.state().path.length !== path || call.state().memory !== memory) return
    call.wait(Math.max(0, call.untilNext() - LATE))
    call.press(key)
  }
}
