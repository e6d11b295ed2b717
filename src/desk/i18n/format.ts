import type { Language } from '../../contracts/primitives.js'
import type { Dictionary } from './zh-CN.js'

const pad = (value: number): string => String(value).padStart(2, '0')

/** Seconds as `0:07`, `12:05`, `1:02:03`. */
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(whole % 60)}` : `${minutes}:${pad(whole % 60)}`
}

/** `14:05:09` of the workstation's day. */
export function timeOf(at: number): string {
  const date = new Date(at)
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`
}

const dayNumber = (at: number): number => {
  const date = new Date(at)
  return Math.floor(Date.UTC(date.getFullYear(), date.getMonth(), date.getDate()) / 86_400_000)
}

/** Date and minute as lists show it: today only the time, else the day as well. */
export function whenOf(at: number, now: number, text: Dictionary): string {
  const date = new Date(at)
  const minute = `${pad(date.getHours())}:${pad(date.getMinutes())}`
  const days = dayNumber(now) - dayNumber(at)
  if (days === 0) return minute
  if (days === 1) return `${text.time.yesterday} ${minute}`
  const day = `${pad(date.getMonth() + 1)}-${pad(date.getDate())}`
  return new Date(now).getFullYear() === date.getFullYear() ? `${day} ${minute}` : `${date.getFullYear()}-${day}`
}

/** `139 0000 1234`: groups that can be read out. */
export function numberOf(number: string): string {
  if (/^1\d{10}$/.test(number)) return `${number.slice(0, 3)} ${number.slice(3, 7)} ${number.slice(7)}`
  const fixed = /^(0\d{2,3})(\d{4})(\d{3,4})$/.exec(number)
  return fixed ? `${fixed[1] ?? ''} ${fixed[2] ?? ''} ${fixed[3] ?? ''}` : number
}

export const percentOf = (part: number, whole: number): string => (whole === 0 ? '—' : `${Math.round((100 * part) / whole)}%`)

export const localeOf = (language: Language): string => (language === 'en' ? 'en-GB' : 'zh-CN')
