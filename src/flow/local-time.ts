/** Making a formatter costs some 50 µs, using one 2 µs; a city has one zone. */
const formatters = new Map<string, Intl.DateTimeFormat>()
const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

export interface LocalTime {
  /** 0 = Monday. */
  readonly weekday: number
  /** Minute of the day. */
  readonly minute: number
  /** `YYYY-MM-DD` */
  readonly date: string
}

/** What calendar and clock on the wall say at `now` (ms since epoch) in an IANA zone; null when there is no such zone. */
export function localTime(now: number, timeZone: string): LocalTime | null {
  let formatter = formatters.get(timeZone)
  if (formatter === undefined) {
    try {
      formatter = new Intl.DateTimeFormat('en-US', { timeZone, weekday: 'short', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
    } catch {
      return null
    }
    formatters.set(timeZone, formatter)
  }
  if (!Number.isFinite(now) || Math.abs(now) > 8.64e15) return null
  const parts = Object.fromEntries(formatter.formatToParts(now).map(({ type, value }) => [type, value]))
  const part = (name: string): string => parts[name] ?? ''
  return { weekday: WEEKDAYS.indexOf(part('weekday')), minute: Number(part('hour')) * 60 + Number(part('minute')), date: `${part('year')}-${part('month')}-${part('day')}` }
}
