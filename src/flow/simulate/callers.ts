import type { Rehearsal } from '../rehearsal.js'
import type { Guide } from './guide.js'
import type { Chance } from './random.js'

export const CALLER_MODELS = ['hurried', 'elderly', 'silent', 'wrong-keys', 'leaves-early'] as const
export type CallerModel = (typeof CALLER_MODELS)[number]

/** How people of a kind behave; times in ms. */
interface Habits {
  readonly name: { readonly zh: string; readonly en: string }
  /** Of a hundred callers, in a mixture. */
  readonly share: number
  /** Hears the prompts out before pressing. */
  readonly listens: number
  /** Reaction: after the prompts, or after the question began. */
  readonly reacts: readonly [number, number]
  readonly betweenKeys: number
  /** Presses nothing this time. */
  readonly hesitates: number
  /** Presses another key than he means to. */
  readonly mistakes: number
  /** How long he stays, on average; absent: as long as it takes. */
  readonly stays?: number
}

export const HABITS: Readonly<Record<CallerModel, Habits>> = {
  hurried: { name: { zh: '性急', en: 'hurried' }, share: 35, listens: 0.1, reacts: [300, 2_000], betweenKeys: 250, hesitates: 0, mistakes: 0.03 },
  elderly: { name: { zh: '年长、动作慢', en: 'elderly, slow' }, share: 25, listens: 0.95, reacts: [1_500, 6_500], betweenKeys: 1_500, hesitates: 0.15, mistakes: 0.06 },
  silent: { name: { zh: '什么都不按', en: 'presses nothing' }, share: 20, listens: 1, reacts: [0, 0], betweenKeys: 0, hesitates: 1, mistakes: 0 },
  'wrong-keys': { name: { zh: '常按错', en: 'often wrong' }, share: 10, listens: 0.5, reacts: [500, 4_000], betweenKeys: 500, hesitates: 0.1, mistakes: 0.5 },
  'leaves-early': { name: { zh: '等不及挂机', en: 'hangs up early' }, share: 10, listens: 0.5, reacts: [500, 4_000], betweenKeys: 500, hesitates: 0.3, mistakes: 0.05, stays: 12_000 },
}

const KEYS = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#'] as const
/** Skips what may be skipped. */
const ANY_KEY = '#'
const MOST_TURNS = 200

export interface Person {
  readonly model: CallerModel
  /** What he is after: see `aims.ts`. */
  readonly intent: string
  readonly chance: Chance
  /** When somebody answers him and the flow is cut, ms. */
  readonly answeredAt: number
}

/** Most messages are short; ms on average. */
const MESSAGE = 8_000

/** Lets a person go through a call. True when he hung up himself. */
export function behave(call: Rehearsal, { model, intent, chance, answeredAt }: Person, guide: Guide): boolean {
  const habits = HABITS[model]
  const leavesAt = habits.stays === undefined ? Infinity : chance.around(habits.stays)
  const until = Math.min(leavesAt, answeredAt)
  for (let turn = 0; turn < MOST_TURNS && call.waitingFor() !== 'nothing'; turn += 1) {
    if (call.waitingFor() === 'prompt') {
      if (!pass(call, call.untilNext(), until)) return leavesAt < answeredAt
      continue
    }
    // The same draws whatever the flow says: two files meet the same person.
    const [hesitates, listens, reaction, slips, slip] = [chance.next(), chance.next(), chance.between(...habits.reacts), chance.next(), chance.oneOf(KEYS) ?? '0']
    if (call.waitingFor() === 'voice' && hesitates >= habits.hesitates) {
      if (!pass(call, call.promptsLeft(), until)) return leavesAt < answeredAt
      call.speak(MESSAGE)
    }
    const meant = guide.keysFor(call.state(), intent)
    const skips = meant === null && listens >= habits.listens && guide.maySkip(call.state())
    if (!skips && (hesitates < habits.hesitates || meant === null)) {
      if (!pass(call, call.untilNext(), until)) return leavesAt < answeredAt
      continue
    }
    const thinks = (listens < habits.listens ? call.promptsLeft() : 0) + reaction
    if (thinks >= call.untilNext()) {
      if (!pass(call, call.untilNext(), until)) return leavesAt < answeredAt
      continue
    }
    if (!pass(call, thinks, until)) return leavesAt < answeredAt
    const asked = placeOf(call)
    for (const [index, key] of Array.from(meant ?? ANY_KEY).entries()) {
      if (index > 0 && !pass(call, habits.betweenKeys, until)) return leavesAt < answeredAt
      // It has its answer, or asks something else: he stops.
      if (index > 0 && placeOf(call) !== asked) break
      call.press(slips < habits.mistakes && index === 0 ? slip : key)
    }
  }
  return false
}

/** Where he is asked, and for how often it is. */
const placeOf = (call: Rehearsal): string => { const { node, stack, memory } = call.state(); return JSON.stringify([node, stack, memory]) }

/** Lets time pass, but no more than he is there for. */
function pass(call: Rehearsal, ms: number, until: number): boolean {
  const left = until - call.elapsed()
  call.wait(Math.max(0, Math.min(ms, left)))
  return ms < left
}

/** One recorded call: keys with their times since it began, ms. */
export interface Recording {
  readonly keys: readonly { readonly at: number; readonly key: string }[]
  /** He hung up. */
  readonly leftAt?: number
  /** An operator answered, and the flow was cut. */
  readonly answeredAt?: number
  /** What it was about. */
  readonly category?: string
  /** When it was, ms since epoch: flows differ by day and hour. */
  readonly startAt?: number
}

/** Presses a recording's keys at their times, whatever is heard. True when he hung up himself. */
export function replay(call: Rehearsal, { keys, leftAt = Infinity, answeredAt = Infinity }: Recording): boolean {
  const until = Math.min(leftAt, answeredAt)
  for (const { at, key } of keys) {
    if (at >= until) break
    call.wait(Math.max(0, at - call.elapsed()))
    call.press(key)
  }
  for (let turn = 0; turn < MOST_TURNS && call.waitingFor() !== 'nothing'; turn += 1) {
    if (!pass(call, call.untilNext(), until)) return leftAt < answeredAt
  }
  return false
}
