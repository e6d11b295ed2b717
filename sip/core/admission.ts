/**
 * Who is let in, and how urgently he is served. Decided before the call reaches FreeSWITCH, from its number, its trunk and the load.
 * Nobody who dials an emergency number is ever refused for his number: a source that calls too often is demoted (answered last),
 * and only the load of the whole site refuses, lowest rank first.
 */

import { LRUCache } from 'lru-cache'

/** Most urgent first. `demoted`: an emergency number dialled by a source that calls too often. */
export const RANKS = ['emergency', 'standard', 'demoted'] as const
export type Rank = (typeof RANKS)[number]

export interface Rate {
  /** Calls a second in the long run. */
  readonly perSecond: number
  /** Calls at once. */
  readonly burst: number
}

export interface AdmissionRules {
  /** What the whole site takes. */
  readonly site: Rate
  /** Share of the site's burst that only this rank and more urgent ones may use: reserved for emergency, and of the rest for standard. */
  readonly reserved: { readonly emergency: number; readonly standard: number }
  /** One caller's number. */
  readonly number: Rate
  /** All numbers that differ only in the last four digits: machines that count upwards. */
  readonly block: Rate
  /** One trunk (source address). */
  readonly trunk: Rate
  /** On a trunk beyond its rate: callers of a kind that is rare there now, each kind and all of them together, see `kindOf`. */
  readonly again: Rate
  /** Sources remembered at most. */
  readonly memory: number
}

export interface Arrival {
  /** Caller's number, digits and `+`; empty when unknown. */
  readonly number: string
  /** Address of the trunk. */
  readonly trunk: string
  /** Of the number he dialled. */
  readonly class: 'emergency' | 'standard'
}

export type Verdict =
  | { readonly admit: true; readonly rank: Rank }
  /** `source`: this source calls too often (standard class only). `overload`: the site is full for this rank. */
  | { readonly admit: false; readonly cause: 'source' | 'overload'; readonly rank: Rank }

interface Bucket { tokens: number; at: number }

/** Of a caller's number also how often he called, since when, and when that was counted last. */
interface Source extends Bucket { calls: number; since: number; calledAt: number }

/** Changed in place by `admit`: at a flood's pace there is no time for copies of it. */
export interface Admission {
  readonly site: Bucket
  /** Whoever was not heard of for longest goes first when memory is full. */
  readonly sources: LRUCache<string, Source>
}

/** Nobody has called yet: all allowances are full. `now`: ms. */
export const emptyAdmission = (rules: AdmissionRules, now: number): Admission => ({ site: { tokens: rules.site.burst, at: now }, sources: new LRUCache({ max: rules.memory }) })

/**
 * Whoever finds no way in tries again, and not in the same second; a carrier that tries another way is quicker. So a number that calls again within
 * this time has called once, ms.
 */
const CALM = 2_000
/** How often a number called is forgotten when it has not called for so long, ms. */
const FORGIVEN = 600_000
/** Who needs an answer and gets none tries again and again from the moment at which he needs it; a machine's number comes when its turn is, ms. */
const URGENT = 20_000
/** On a trunk beyond its rate nobody passes who has called so often already. */
const OFTEN = 8

/**
 * What tells a caller from a flood on the same trunk: a machine's numbers have been seen about equally often, never before where it draws them by
 * chance, once more with every round where it has some hundreds of cards; his has not. So those who called equally often, and all of it in the last
 * seconds or not, are one kind; a kind that comes as fast as a flood has nothing left of its own allowance, and those that are rare go on as if
 * there were no flood.
 */
const kindOf = ({ calls, since }: Pick<Source, 'calls' | 'since'>, now: number): string => `${calls}${now - since < URGENT ? ' urgent' : ''}`

const filled = (bucket: Bucket, rate: Rate, now: number): number => Math.min(rate.burst, bucket.tokens + (Math.max(0, now - bucket.at) * rate.perSecond) / 1000)

/** Tokens that must be left in the site's bucket before a call of this rank may take one. */
export function floorOf(rank: Rank, rules: AdmissionRules): number {
  const { burst } = rules.site
  const emergency = burst * rules.reserved.emergency
  if (rank === 'emergency') return 0
  return rank === 'standard' ? emergency : emergency + (burst - emergency) * rules.reserved.standard
}

/**
 * One call's verdict; the state is after it what it is then. The buckets of a source are drawn on even when they are empty, down to minus one burst:
 * who goes on calling stays demoted; who stops is forgiven within seconds.
 */
export function admit(state: Admission, arrival: Arrival, now: number, rules: AdmissionRules): Verdict {
  const { sources, site } = state
  const sourceOf = (key: string, rate: Rate): Source => {
    const known = sources.get(key)
    const source = known ?? { tokens: rate.burst, at: now, calls: 0, since: now, calledAt: -Infinity }
    source.tokens = filled(source, rate, now)
    source.at = now
    if (known === undefined) sources.set(key, source)
    return source
  }
  /** What was there before it took one. */
  const take = (key: string, rate: Rate): number => {
    const source = sourceOf(key, rate)
    const { tokens } = source
    source.tokens = Math.max(-rate.burst, tokens - 1)
    return tokens
  }
  const { number, trunk } = arrival
  /** What kind he is by his calls before this one; null: nobody can say, it is the same call once more, or he called too often. */
  const counted = (): string | null => {
    if (number === '') return null
    const caller = sourceOf(`number ${number}`, rules.number)
    if (now - caller.calledAt < CALM) return null
    if (now - caller.calledAt >= FORGIVEN) Object.assign(caller, { calls: 0, since: now })
    const kind = caller.calls < OFTEN ? kindOf(caller, now) : null
    caller.calls += 1
    caller.calledAt = now
    return kind
  }
  /** Whether his kind is rare on this trunk: the rarer, the less must be left of what all those get together, which only they draw on. */
  const rare = (ofKind: number): boolean => {
    const { again } = rules
    if (ofKind < 1) return false
    const all = sourceOf(`again ${trunk}`, again)
    if (all.tokens < 1 + (again.burst - 1) * (1 - ofKind / again.burst)) return false
    all.tokens -= 1
    return true
  }
  const kind = counted()
  const ofNumber = number === '' ? Infinity : take(`number ${number}`, rules.number)
  const own = ofNumber < 1
  // The narrowest source takes the blame: a machine that counts upwards does not demote everybody on its trunk.
  const block = !own && number.length > 4 && take(`block ${number.slice(0, -4)}`, rules.block) < 1
  // Hundreds of numbers of which each is demoted for itself now and then are a flood of the trunk all the same; one that never stops (an alarm dialler, a carrier's loop) is not: nobody else is demoted for it.
  const stuck = ofNumber - 1 < -rules.number.burst
  const flooded = !block && !stuck && take(`trunk ${trunk}`, rules.trunk) < 1
  // Drawn on also while the trunk is calm: then a flood's kind is known at once.
  const ofKind = own || block || kind === null ? 0 : take(`kind ${kind} ${trunk}`, rules.again)
  const often = own || block || (flooded && !rare(ofKind))
  site.tokens = filled(site, rules.site, now)
  site.at = now
  const rank: Rank = often && arrival.class === 'emergency' ? 'demoted' : arrival.class
  if (often && arrival.class === 'standard') return { admit: false, cause: 'source', rank }
  if (site.tokens - 1 < floorOf(rank, rules)) return { admit: false, cause: 'overload', rank }
  site.tokens -= 1
  return { admit: true, rank }
}
