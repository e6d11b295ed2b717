import { LiandongError } from '../../contracts/errors.js'
import { instantOf, localOf, nextDay, weekdayOf } from './zone.js'

/** Working time of a day: spans in minutes from midnight, in order, without overlap. */
export type Hours = readonly (readonly [number, number])[]

export interface Calendar {
  readonly zone: string
  /** Days that are not what their weekday says: public holidays, and weekends on which people work for them (调休). */
  readonly days: ReadonlyMap<string, 'holiday' | 'workday'>
  /** Years whose days are published and loaded. */
  readonly years: ReadonlySet<number>
}

/** No clock of the city runs longer. */
const LONGEST_DAYS = 3_700
const MINUTE = 60_000

/** `09:00-12:00,13:30-17:30` → spans. Null when it is not that. */
export function readHours(text: string): Hours | null {
  const spans: [number, number][] = []
  for (const part of text.split(',')) {
    const match = /^\s*([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)\s*$/.exec(part)
    if (match === null) return null
    const [, h1, m1, h2, m2] = match.map(Number) as [number, number, number, number, number]
    const span: [number, number] = [h1 * 60 + m1, h2 * 60 + m2]
    if (span[1] > 1_440 || span[0] >= span[1] || span[0] < (spans.at(-1)?.[1] ?? 0)) return null
    spans.push(span)
  }
  return spans
}

/** @throws LiandongError `calendar.unknown-year`: nobody may guess which weekends are worked. */
export function isWorkday(day: string, calendar: Calendar): boolean {
  const year = Number(day.slice(0, 4))
  if (!calendar.years.has(year)) throw new LiandongError('calendar.unknown-year', { year })
  const own = calendar.days.get(day)
  return own === undefined ? weekdayOf(day) < 5 : own === 'workday'
}

/** Spans of working time from `start` on, as instants. */
function* spansFrom(start: number, hours: Hours, calendar: Calendar): Generator<readonly [number, number]> {
  let { day } = localOf(start, calendar.zone)
  for (let n = 0; n < LONGEST_DAYS; n += 1, day = nextDay(day)) {
    if (!isWorkday(day, calendar)) continue
    for (const [from, to] of hours) {
      const end = instantOf(day, to * MINUTE, calendar.zone)
      if (end > start) yield [Math.max(start, instantOf(day, from * MINUTE, calendar.zone)), end]
    }
  }
}

/** The moment at which so much working time (ms) has passed since `start`. @throws LiandongError `calendar.unknown-year`. */
export function addWorking(start: number, duration: number, hours: Hours, calendar: Calendar): number {
  let left = duration
  for (const [from, to] of spansFrom(start, hours, calendar)) {
    if (to - from >= left) return from + left
    left -= to - from
  }
  throw new RangeError(`no end of ${duration} ms of working time in ${LONGEST_DAYS} days`)
}

/** Do people with these hours work at this instant (ms since epoch)? @throws LiandongError `calendar.unknown-year`. */
export function worksAt(instant: number, hours: Hours, calendar: Calendar): boolean {
  const { day, time } = localOf(instant, calendar.zone)
  return isWorkday(day, calendar) && hours.some(([from, to]) => time >= from * MINUTE && time < to * MINUTE)
}

/** The same calendar for years nobody has published: Monday to Friday. For clocks that must run whatever is missing; the gap is reported (`missingYear`). */
export const withoutGaps = (calendar: Calendar): Calendar => ({ ...calendar, years: { has: () => true } as unknown as ReadonlySet<number> })

/** Of which year the city has to load its calendar: this one, or, from December on, the next; null: of none. */
export function missingYear({ zone, years }: Pick<Calendar, 'zone' | 'years'>, now: number): number | null {
  const [year = 0, month = 0] = localOf(now, zone).day.split('-').map(Number)
  return (month === 12 ? [year, year + 1] : [year]).find((one) => !years.has(one)) ?? null
}
