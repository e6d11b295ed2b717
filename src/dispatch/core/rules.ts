import type { DutyRule } from '../../contracts/dispatch.js'
import type { Clock } from '../../contracts/life-cycle.js'
import type { Priority } from '../../contracts/work.js'
import type { District } from './geo.js'
import type { Calendar, Hours } from './calendar.js'

/** How long a clock runs: `clockRules` says which of them count for a ticket. */
export interface ClockRule {
  readonly clock: Clock
  readonly category: string | null
  readonly priority: Priority | null
  readonly minutes: number
  /** `always`: by the clock on the wall; `office`: only while the unit's people work (a standby unit always does). */
  readonly hours: 'always' | 'office'
}

/** What of a unit the rules must know. */
export interface UnitFacts { readonly id: string; readonly name: string; readonly nameEn: string; readonly standby: boolean; readonly hours: Hours; readonly categories: readonly string[] }

/** Everything that decides beside the ticket itself: plain data, read from the tables of the city. */
export interface Rules {
  readonly clocks: readonly ClockRule[]
  readonly duties: readonly DutyRule[]
  readonly units: ReadonlyMap<string, UnitFacts>
  readonly calendar: Calendar
  /** Districts as polygons; a rule of duty may name one as its area. */
  readonly districts?: readonly District[]
  /** Persons who may rule on a ticket returned twice; empty: any supervisor. */
  readonly officers: readonly string[]
  /** At the city: unit → the line to the county whose it is. */
  readonly counties?: ReadonlyMap<string, string>
  /** At a county: its line to the city, and its own units. */
  readonly home?: { readonly line: string; readonly units: readonly string[] }
}

/**
 * Rules that say how long a clock of such a ticket runs; of them the one that is over first counts. None: it does not run.
 * A rule for this category and this priority is meant for just that and decides alone. Else that of the category and that of the priority both count, so that an
 * emergency is never slower than emergencies are, whatever its kind. The general one is for what has no other: a kind may take longer than that.
 */
export function clockRules(rules: readonly ClockRule[], clock: Clock, category: string | null, priority: Priority): readonly ClockRule[] {
  const found = rules.filter((rule) => rule.clock === clock && (rule.category === null || rule.category === category) && (rule.priority === null || rule.priority === priority))
  const [exact, named] = [found.filter((rule) => rule.category !== null && rule.priority !== null), found.filter((rule) => rule.category !== null || rule.priority !== null)]
  return exact.length > 0 ? exact : named.length > 0 ? named : found
}

/** A category whose own rules know a make-safe clock is dangerous by itself. */
export const isHazard = (rules: readonly ClockRule[], category: string | null): boolean => category !== null && rules.some((rule) => rule.clock === 'safe' && rule.category === category)
