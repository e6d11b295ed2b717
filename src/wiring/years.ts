import type { Logger } from 'pino'
import type { HealthView } from '../contracts/ws.js'
import { missingYear } from '../dispatch/core/calendar.js'
import type { Rules } from '../dispatch/core/rules.js'

/** Says of which year the city has not loaded its calendar, for the desks; once for each in the log. A county counts by the city's. */
export function makeYears(rules: () => Rules, clock: () => number, logger: Pick<Logger, 'warn'>): () => Pick<HealthView, 'calendar'> {
  let told: number | null = null
  return () => {
    const { calendar, units, home } = rules()
    // Nothing was read yet.
    const year = units.size === 0 || home !== undefined ? null : missingYear(calendar, clock())
    if (year !== null && year !== told) logger.warn({ year }, 'the calendar of a year is not loaded: office hours are counted Monday to Friday')
    told = year
    return year === null ? {} : { calendar: year }
  }
}
