/** A formatter costs some 50 µs to make, 2 µs to use. */
const formatters = new Map<string, Intl.DateTimeFormat>()

/** An instant as a clock on the wall of a time zone shows it. */
export interface Local { /** `YYYY-MM-DD` */ readonly day: string; /** ms since that clock's midnight */ readonly time: number }

const DAY = 86_400_000

/** ms by which the zone's clock is ahead of UTC at this instant. */
function offsetAt(instant: number, zone: string): number {
  let formatter = formatters.get(zone)
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })
    formatters.set(zone, formatter)
  }
  const whole = Math.floor(instant / 1000) * 1000
  const part: Record<string, number> = {}
  for (const { type, value } of formatter.formatToParts(whole)) part[type] = Number(value)
  return Date.UTC(part['year'] ?? 0, (part['month'] ?? 1) - 1, part['day'], part['hour'], part['minute'], part['second']) - whole
}

/** What the clock on the wall of an IANA zone shows at an instant (ms since epoch). */
export function localOf(instant: number, zone: string): Local {
  const shown = instant + offsetAt(instant, zone)
  const midnight = Math.floor(shown / DAY) * DAY
  return { day: dayText(midnight), time: shown - midnight }
}

/** The instant at which the zone's clock shows this. A time that is skipped in spring gives the instant of the jump; one that comes twice, the first. */
export function instantOf(day: string, time: number, zone: string): number {
  const shown = Date.parse(`${day}T00:00:00Z`) + time
  const early = shown - offsetAt(shown - DAY, zone)
  const late = shown - offsetAt(shown + DAY, zone)
  const [first, second] = early <= late ? [early, late] : [late, early]
  if (first + offsetAt(first, zone) === shown) return first
  if (second + offsetAt(second, zone) === shown) return second
  // Skipped: between the two lies the jump.
  let [low, high] = [first, second]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (middle + offsetAt(middle, zone) < shown) low = middle
    else high = middle
  }
  return high
}

const dayText = (midnight: number): string => new Date(midnight).toISOString().slice(0, 10)
/** `YYYY-MM-DD` → the day after. */
export const nextDay = (day: string): string => dayText(Date.parse(`${day}T00:00:00Z`) + DAY)
/** 0 = Monday. */
export const weekdayOf = (day: string): number => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
