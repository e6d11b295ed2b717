import type { Dictionary } from './zh-CN.js'

const pad = (value: number): string => String(value).padStart(2, '0')

/** Seconds as `0:07`, `12:05`, `1:02:03`. */
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`
}

/** The city's time zone; the browser's until the server has said. */
let zone = makeZone(undefined)

interface Moment { readonly year: number; readonly month: string; readonly day: string; readonly hour: string; readonly minute: string; readonly second: string }

function makeZone(timeZone: string | undefined): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-GB', { timeZone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit' })
}

/** From now on all times are shown by the city's clock, wherever the browser thinks it is. */
export function setTimeZone(timeZone: string): void {
  if (zone.resolvedOptions().timeZone !== timeZone) zone = makeZone(timeZone)
}

function momentOf(at: number): Moment {
  const parts = Object.fromEntries(zone.formatToParts(at).map(({ type, value }) => [type, value]))
  return { year: Number(parts['year']), month: parts['month'] ?? '', day: parts['day'] ?? '', hour: parts['hour'] ?? '', minute: parts['minute'] ?? '', second: parts['second'] ?? '' }
}

/** `14:05` by the city's clock. */
export function minuteOf(at: number): string {
  const { hour, minute } = momentOf(at)
  return `${hour}:${minute}`
}

/** `14:05:09` by the city's clock. */
export function timeOf(at: number): string {
  const { hour, minute, second } = momentOf(at)
  return `${hour}:${minute}:${second}`
}

/** Days since 1970 of the city's calendar. */
export function dayNumber(at: number): number {
  const { year, month, day } = momentOf(at)
  return Math.floor(Date.UTC(year, Number(month) - 1, Number(day)) / 86_400_000)
}

/** `date` before a time, as lists show it: nothing today, else the day. */
function dated(at: number, now: number, time: string, text: Dictionary): string {
  const days = dayNumber(now) - dayNumber(at)
  if (days === 0) return time
  if (days === 1) return `${text.time.yesterday} ${time}`
  const { year, month, day } = momentOf(at)
  return momentOf(now).year === year ? `${month}-${day} ${time}` : `${year}-${month}-${day} ${time}`
}

/** Date and minute: today only the time, else the day as well. */
export const whenOf = (at: number, now: number, text: Dictionary): string => dated(at, now, minuteOf(at), text)

/** The same to the second, for records. */
export const stampOf = (at: number, now: number, text: Dictionary): string => dated(at, now, timeOf(at), text)

/** `2026-01-05 14:05`, for paper: it is read on another day. */
export function dayStampOf(at: number): string {
  const { year, month, day } = momentOf(at)
  return `${year}-${month}-${day} ${minuteOf(at)}`
}

/** `139 0000 1234`: groups that can be read out. */
export function numberOf(number: string): string {
  if (/^1\d{10}$/.test(number)) return `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`
  const fixed = /^(0\d{2,3})(\d{4})(\d{3,4})$/.exec(number)
  return fixed ? `${fixed[1] ?? ''} ${fixed[2] ?? ''} ${fixed[3] ?? ''}` : number
}

/** `87%`; a dash where there is nothing to divide. */
export const percentOf = (part: number, whole: number): string => (whole === 0 ? '—' : `${Math.round((100 * part) / whole)}%`)

/** What a field for a minute holds (`2026-06-24T09:05`), by the city's clock, in ms; null: it holds no time. */
export function instantOf(local: string): number | null {
  const [, day = '', hour = '', minute = ''] = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d)/.exec(local) ?? []
  return day === '' ? null : midnightOf(day) + (Number(hour) * 60 + Number(minute)) * 60_000
}

/** When a day of the city's calendar (`2026-06-24`) begins, ms. */
export function midnightOf(day: string): number {
  const utc = Date.parse(`${day}T00:00:00Z`)
  const { year, month, day: shown, hour, minute } = momentOf(utc)
  return utc - (Date.UTC(year, Number(month) - 1, Number(shown), Number(hour), Number(minute)) - utc)
}
