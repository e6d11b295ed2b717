/** What callers of one version did who dialled one number and entered one of its flows. */
export interface Tally {
  readonly flow: string
  readonly number: string
  readonly calls: number
  /** Of them those for whom no switch changed what they heard; the following count these. */
  readonly usual: number
  /** People who answered a question, and of them those with a wrong answer. */
  readonly answered: number
  readonly wrong: number
  /** How long they waited for an operator, ms, and who gave up. */
  readonly waited: number
  readonly left: number
  /** Of all calls: those of which it is known whether something could not be played or recorded, and those where it could not. */
  readonly watched: number
  readonly failed: number
}

export interface WatchRule {
  /** Calls of the new version before it is judged at all, and of the old one before it can be compared with. */
  readonly calls: number
}

/** Why a new version is taken back. Rates: wrong and failed, shares of people; left, hang-ups for each minute of waiting. `calls`: of that flow. */
export interface Jump { readonly flow: string; readonly what: 'failed' | 'wrong' | 'left'; readonly before: number; readonly now: number; readonly calls: number; readonly z: number }

/**
 * The rates are compared each time the sample has doubled, not at every look: so chance gets few tries. 3.3 standard deviations at each of them
 * are crossed by chance once in two thousand times.
 */
const SIGMAS = 3.3
/** A jump is one that matters to people, not only to a statistician: half as much again, and … */
const HALF_AGAIN = 1.5
/** … five callers in a hundred more. */
const SHARE_MORE = 0.05
/** Fewer than this many happenings prove nothing, and so do fewer than twice as many calls of a flow. */
const EVENTS = 8
const MINUTE = 60_000

/** Calls of several tallies together. */
export const callsOf = (tallies: readonly Tally[]): number => tallies.reduce((sum, { calls }) => sum + calls, 0)

/** Sizes at which it is looked: the least, twice that, four times … → the next one not yet looked at. */
export function nextLook(calls: number, rule: WatchRule): number {
  let size = rule.calls
  while (size <= calls) size *= 2
  return size
}

/** Several tallies as one. */
const together = (all: readonly Tally[]): Tally | undefined => all.reduce<Tally | undefined>((sum, one) => (sum === undefined ? one : {
  flow: one.flow, number: one.number, calls: sum.calls + one.calls, usual: sum.usual + one.usual, answered: sum.answered + one.answered, wrong: sum.wrong + one.wrong,
  waited: sum.waited + one.waited, left: sum.left + one.left, watched: sum.watched + one.watched, failed: sum.failed + one.failed,
}), undefined)

/**
 * Calls of the two versions that can be compared: those of a flow of the same name, but where a number leads to another flow now, those of that number: an
 * admin may put a new file beside the old one and let callers enter it. Each call of the new version is in one pair at most.
 */
function pairsOf(before: readonly Tally[], now: readonly Tally[]): readonly (readonly [Tally, Tally])[] {
  const led = new Map<string, string[]>()
  for (const { flow, number } of [...before].sort((a, b) => b.calls - a.calls)) led.set(number, [...led.get(number) ?? [], flow])
  /** Where a number led before, mostly. Of one that was not dialled: the flow of the same name. */
  const cameFrom = ({ flow, number }: Tally): string => {
    const flows = led.get(number) ?? []
    return flows.includes(flow) ? flow : flows[0] ?? flow
  }
  const groups = new Map<string, { readonly was: string; readonly calls: Tally[] }>()
  for (const one of now) {
    const was = cameFrom(one)
    const key = JSON.stringify([was, one.flow])
    const group = groups.get(key) ?? { was, calls: [] }
    group.calls.push(one)
    groups.set(key, group)
  }
  return [...groups.values()].flatMap(({ was, calls }) => {
    const numbers = new Set(calls.map(({ number }) => number))
    const one = together(calls)
    const old = together(before.filter(({ flow, number }) => flow === was && (was === one?.flow || numbers.has(number))))
    return old === undefined || one === undefined || Math.min(old.calls, one.calls) < 2 * EVENTS ? [] : [[old, one] as const]
  })
}

/**
 * Judges a new version by the one before it, flow by flow: what is wrong in one that few enter is nothing among all calls. Null: nothing speaks against it.
 * With more flows chance gets more tries, so each has to show more: of a normal distribution, z² + 2 ln n is about as rare as one n-th of z².
 */
export function judge(before: readonly Tally[], now: readonly Tally[], rule: WatchRule): Jump | null {
  if (callsOf(now) < rule.calls || callsOf(before) < rule.calls) return null
  const pairs = pairsOf(before, now)
  const sigmas = Math.sqrt(SIGMAS ** 2 + 2 * Math.log(Math.max(1, pairs.length)))
  const jumps = pairs.flatMap(([old, one]) => failures(old, one, sigmas) ?? wrongAnswers(old, one, sigmas) ?? hangUps(old, one, sigmas) ?? [])
  return jumps.sort((a, b) => b.z - a.z)[0] ?? null
}

interface Share { readonly of: number; readonly is: number }

/** Two shares of people: people, not key presses, because one confused caller presses many wrong keys. Pooled two-proportion z-test. */
function rise(before: Share, now: Share): { readonly before: number; readonly now: number; readonly z: number } {
  const [p, q] = [before.is / before.of, now.is / now.of]
  const pooled = (before.is + now.is) / (before.of + now.of)
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / before.of + 1 / now.of))
  return { before: p, now: q, z: spread === 0 ? 0 : (q - p) / spread }
}

function jumped(what: Jump['what'], { flow, calls }: Tally, before: Share, now: Share, sigmas: number): Jump | null {
  if (before.of < 2 * EVENTS || now.of < 2 * EVENTS || now.is < EVENTS) return null
  const found = rise(before, now)
  return found.z > sigmas && found.now >= found.before * HALF_AGAIN && found.now - found.before >= SHARE_MORE ? { flow, what, ...found, calls } : null
}

const failures = (before: Tally, now: Tally, sigmas: number): Jump | null => jumped('failed', now, { of: before.watched, is: before.failed }, { of: now.watched, is: now.failed }, sigmas)
const wrongAnswers = (before: Tally, now: Tally, sigmas: number): Jump | null => jumped('wrong', now, { of: before.answered, is: before.wrong }, { of: now.answered, is: now.wrong }, sigmas)

/**
 * Hang-ups for each minute of waiting, and for each call: on a busy evening operators answer later, so people wait longer and more of them give up, whatever
 * the flow says; in a quiet night they wait for seconds, and who misdialled hangs up in the first of them. While a switch is on (a disaster, a known outage) its
 * notice tells them to hang up: those are not counted. Given all minutes, the new version's share of the
 * hang-ups is binomial by its share of those. Waiting, not listening: who hears only music because the flow fell silent waits too.
 */
function hangUps(before: Tally, now: Tally, sigmas: number): Jump | null {
  if (Math.min(before.usual, now.usual) < 2 * EVENTS || now.left < EVENTS) return null
  const each = rise({ of: before.usual, is: before.left }, { of: now.usual, is: now.left })
  const [p, q] = [before.left / (before.waited / MINUTE), now.left / (now.waited / MINUTE)]
  const share = now.waited / (before.waited + now.waited)
  const events = before.left + now.left
  const z = Math.min(each.z, (now.left - events * share) / Math.sqrt(events * share * (1 - share)))
  return z > sigmas && q >= p * HALF_AGAIN && each.now >= each.before * HALF_AGAIN ? { flow: now.flow, what: 'left', before: p, now: q, calls: now.calls, z } : null
}
