import type { Grammar } from './grammar.js'

/**
 * How Mandarin reads numbers, dates and money out, as names of recorded pieces.
 * 两 stands for a 2 that counts: alone, and before 千, 万, 亿 at the head of a number; everywhere else it is 二.
 */

const UNITS = ['', 'ten', 'hundred', 'thousand'] as const
const GROUPS = ['', 'wan', 'yi'] as const

/** 1 … 9,999 without the leading 零. `head`: nothing stands before it. */
function group(value: number, head: boolean): string[] {
  const pieces: string[] = []
  let gap = false
  for (let place = 3; place >= 0; place -= 1) {
    const digit = Math.floor(value / 10 ** place) % 10
    if (digit === 0) { gap = pieces.length > 0; continue }
    if (gap) pieces.push('n0')
    gap = false
    const first = head && pieces.length === 0
    const unit = UNITS[place] ?? ''
    if (digit === 2 && first && unit === 'thousand') pieces.push('liang')
    // 十二, but 一百一十二.
    else if (!(digit === 1 && unit === 'ten' && first)) pieces.push(`n${digit}`)
    if (unit !== '') pieces.push(unit)
  }
  return pieces
}

/** A whole number from 0 to 99,999,999,999 as it is read when it is not counting: 二, 十二, 两千. */
function plain(value: number): string[] {
  if (value === 0) return ['n0']
  const pieces: string[] = []
  for (let index = 2; index >= 0; index -= 1) {
    const part = Math.floor(value / 10_000 ** index) % 10_000
    if (part === 0) continue
    const head = pieces.length === 0
    if (!head && part < 1_000) pieces.push('n0')
    const unit = GROUPS[index] ?? ''
    pieces.push(...(part === 2 && head && unit !== '' ? ['liang'] : group(part, head)))
    if (unit !== '') pieces.push(unit)
  }
  return pieces
}

/** A number of things: 两位, 十二位. */
const count = (value: number): string[] => (value === 2 ? ['liang'] : plain(value))

const DIGITS: Readonly<Record<string, string>> = { '1': 'yao', '*': 'star', '#': 'hash' }

const period = (hour: number): string => (hour < 6 ? 'before-dawn' : hour < 12 ? 'morning' : hour < 13 ? 'noon' : hour < 18 ? 'afternoon' : 'evening')

export const chinese: Grammar = {
  block: 10_000,
  number: count,
  ordinal: (value) => ['di', ...plain(value)],
  digits: (keys) => [...keys].map((key) => DIGITS[key] ?? `n${key}`),
  date: (year, month, day) => [...(year === null ? [] : [...[...String(year)].map((digit) => `n${digit}`), 'year']), ...plain(month), 'month', ...plain(day), 'day'],
  time(hour, minute) {
    const shown = hour > 12 ? hour - 12 : hour
    return [period(hour), ...count(shown), 'oclock', ...(minute === 0 ? [] : [...(minute < 10 ? ['n0'] : []), ...plain(minute), 'past'])]
  },
  money(yuan, fen) {
    const [jiao, rest] = [Math.floor(fen / 10), fen % 10]
    const whole = yuan > 0 || fen === 0 ? [...count(yuan), 'yuan'] : []
    const gap = yuan > 0 && jiao === 0 && rest > 0 ? ['n0'] : []
    return [...whole, ...(jiao > 0 ? [...count(jiao), 'jiao'] : []), ...gap, ...(rest > 0 ? [...count(rest), 'fen'] : [])]
  },
  duration: (hours, minutes) => [...(hours > 0 ? [...count(hours), 'hours'] : []), ...(minutes > 0 ? [...count(minutes), 'minutes'] : [])],
  day: (which) => [which],
}
