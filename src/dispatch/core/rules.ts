import type { DutyRule } from '../../contracts/dispatch.js'
import type { Clock } from '../../contracts/life-cycle.js'
import type { Priority } from '../../contracts/work.js'
import type { District } from './geo.js'
import type { Calendar, Hours } from './calendar.js'

/** How long a clock runs. The most exact rule counts: category before priority before neither. */
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

/** Most exact rule for a clock; undefined: this clock does not run for such a ticket. */
export function clockRule(rules: readonly ClockRule[], clock: Clock, category: string | null, priority: Priority): ClockRule | undefined {
  let best: ClockRule | undefined
  let rank = -1
  for (const rule of rules) {
    if (rule.clock !== clock || (rule.category !== null && rule.category !== category) || (rule.priority !== null && rule.priority !== priority)) continue
    const own = (rule.category === null ? 0 : 2) + (rule.priority === null ? 0 : 1)
    if (own > rank) [best, rank] = [rule, own]
  }
  return best
}

/** A category whose own rules know a make-safe clock is dangerous by itself. */
export const isHazard = (rules: readonly ClockRule[], category: string | null): boolean => category !== null && rules.some((rule) => rule.clock === 'safe' && rule.category === category)
