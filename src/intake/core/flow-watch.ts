/** What callers of one version did: people who answered a question, of them those with a wrong answer; how long the flow spoke (ms) and who hung up on it. */
export interface Tally { readonly calls: number; readonly answered: number; readonly wrong: number; readonly listened: number; readonly left: number }

export interface WatchRule {
  /** Calls of the new version before it is judged at all, and of the old one before it can be compared with. */
  readonly calls: number
}

/** Why a new version is taken back. Rates: wrong, a share of those who answered; left, hang-ups for each minute that the flow spoke. */
export interface Jump { readonly what: 'wrong' | 'left'; readonly before: number; readonly now: number; readonly calls: number; readonly z: number }

/**
 * Both rates are compared each time the sample has doubled, not at every look: so chance gets few tries. 3.3 standard deviations at each of them
 * are crossed by chance once in two thousand times.
 */
const SIGMAS = 3.3
/** A jump is one that matters to people, not only to a statistician: half as much again, and … */
const HALF_AGAIN = 1.5
/** … five callers in a hundred more answer wrong. */
const WRONG_MORE = 0.05
/** Fewer than this many happenings prove nothing. */
const EVENTS = 8
const MINUTE = 60_000

/** Sizes at which it is looked: the least, twice that, four times … → the next one not yet looked at. */
export function nextLook(calls: number, rule: WatchRule): number {
  let size = rule.calls
  while (size <= calls) size *= 2
  return size
}

/** Judges a new version by the one before it; null: nothing speaks against it. */
export function judge(before: Tally, now: Tally, rule: WatchRule): Jump | null {
  if (now.calls < rule.calls || before.calls < rule.calls) return null
  return wrongAnswers(before, now) ?? hangUps(before, now)
}

/** Two shares of people: people, not key presses, because one confused caller presses many wrong keys. Pooled two-proportion z-test. */
function wrongAnswers(before: Tally, now: Tally): Jump | null {
  if (before.answered === 0 || now.answered === 0 || now.wrong < EVENTS) return null
  const [p, q] = [before.wrong / before.answered, now.wrong / now.answered]
  const pooled = (before.wrong + now.wrong) / (before.answered + now.answered)
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / before.answered + 1 / now.answered))
  const z = spread === 0 ? 0 : (q - p) / spread
  return z > SIGMAS && q >= p * HALF_AGAIN && q - p >= WRONG_MORE ? { what: 'wrong', before: p, now: q, calls: now.calls, z } : null
}

/**
 * Hang-ups for each minute of listening, not for each call: on a busy evening operators answer later, so people listen longer and more of them give up,
 * whatever the flow says. Given both, the share of the new version is binomial by its share of the time.
 */
function hangUps(before: Tally, now: Tally): Jump | null {
  if (before.listened <= 0 || now.listened <= 0 || now.left < EVENTS) return null
  const [p, q] = [before.left / (before.listened / MINUTE), now.left / (now.listened / MINUTE)]
  const share = now.listened / (before.listened + now.listened)
  const events = before.left + now.left
  const z = (now.left - events * share) / Math.sqrt(events * share * (1 - share))
  return z > SIGMAS && q >= p * HALF_AGAIN ? { what: 'left', before: p, now: q, calls: now.calls, z } : null
}
