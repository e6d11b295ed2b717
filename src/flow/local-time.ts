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

/** `2026-01-05T18:30` on the city's clock → ms since epoch; null when it is no such time. */
export function fromLocalTime(text: string, timeZone: string): number | null {
  const parts = /^(\d{4}-\d{2}-\d{2})[T ]([01]\d|2[0-3]):([0-5]\d)$/.exec(text)
  const wanted = parts === null ? NaN : Date.parse(`${parts[1] ?? ''}T${parts[2] ?? ''}:${parts[3] ?? ''}:00Z`)
  if (Number.isNaN(wanted)) return null
  let guess = wanted
  // The zone's offset at the guess; a second look for the hours around a change of the clocks.
  for (let look = 0; look < 2; look += 1) {
    const there = localTime(guess, timeZone)
    if (there === null) return null
    guess += wanted - (Date.parse(`${there.date}T00:00:00Z`) + there.minute * 60_000)
  }
  return guess
}

/** `2026-02-28`: a day that there is. */
export function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text)
}
