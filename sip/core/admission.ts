/**
 * Who is let in, and how urgently he is served. Decided before the call reaches FreeSWITCH, from its number, its trunk and the load.
 * Nobody who dials an emergency number is ever refused for his number: a source that calls too often is demoted (answered last),
 * and only the load of the whole site refuses, lowest rank first.
 */

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
  /** On a trunk beyond its rate: numbers that call once more, see `CALM`. */
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

interface Bucket { readonly tokens: number; readonly at: number }

export interface Admission {
  readonly site: Bucket
  /** Insertion order is order of last use: the oldest go first when memory is full. */
  readonly sources: ReadonlyMap<string, Bucket>
}

/** Nobody has called yet: all allowances are full. `now`: ms. */
export const emptyAdmission = (rules: AdmissionRules, now: number): Admission => ({ site: { tokens: rules.site.burst, at: now }, sources: new Map() })

/**
 * Whoever finds no way in tries again, and not in the same second; a machine that draws its numbers by chance never shows one of them twice, and
 * a carrier that tries another way is quicker. So on a flooded trunk who calls again after this long is a caller like any other, ms.
 */
const CALM = 2_000

const filled = (bucket: Bucket | undefined, rate: Rate, now: number): number =>
  bucket === undefined ? rate.burst : Math.min(rate.burst, bucket.tokens + (Math.max(0, now - bucket.at) * rate.perSecond) / 1000)

/** Tokens that must be left in the site's bucket before a call of this rank may take one. */
export function floorOf(rank: Rank, rules: AdmissionRules): number {
  const { burst } = rules.site
  const emergency = burst * rules.reserved.emergency
  if (rank === 'emergency') return 0
  return rank === 'standard' ? emergency : emergency + (burst - emergency) * rules.reserved.standard
}

/**
 * One call's verdict and the state after it. The buckets of a source are drawn on even when they are empty, down to minus one burst:
 * who goes on calling stays demoted; who stops is forgiven within seconds.
 */
export function admit(state: Admission, arrival: Arrival, now: number, rules: AdmissionRules): { readonly state: Admission; readonly verdict: Verdict } {
  const sources = new Map(state.sources)
  const take = (key: string, rate: Rate): boolean => {
    const tokens = filled(sources.get(key), rate, now)
    sources.delete(key)
    sources.set(key, { tokens: Math.max(-rate.burst, tokens - 1), at: now })
    return tokens >= 1
  }
  const { number, trunk } = arrival
  const before = number === '' ? undefined : sources.get(`number ${number}`)
  // The narrowest source takes the blame: a machine that counts upwards does not demote everybody on its trunk.
  const often = (number !== '' && !take(`number ${number}`, rules.number))
    || (number.length > 4 && !take(`block ${number.slice(0, -4)}`, rules.block))
    || (!take(`trunk ${trunk}`, rules.trunk) && !(before !== undefined && now - before.at >= CALM && take(`again ${trunk}`, rules.again)))
  while (sources.size > rules.memory) sources.delete(sources.keys().next().value ?? '')
  const available = filled(state.site, rules.site, now)
  const rank: Rank = often && arrival.class === 'emergency' ? 'demoted' : arrival.class
  const refuse = (cause: 'source' | 'overload') => ({ state: { site: { tokens: available, at: now }, sources }, verdict: { admit: false, cause, rank } as const })
  if (often && arrival.class === 'standard') return refuse('source')
  if (available - 1 < floorOf(rank, rules)) return refuse('overload')
  return { state: { site: { tokens: available - 1, at: now }, sources }, verdict: { admit: true, rank } }
}
