import type { Grammar } from './grammar.js'

/** How English reads numbers, dates and money out, as names of recorded pieces. */

function belowThousand(value: number): string[] {
  const [hundreds, rest] = [Math.floor(value / 100), value % 100]
  const head = hundreds === 0 ? [] : [`n${hundreds}`, 'hundred']
  const joined = head.length > 0 && rest > 0 ? ['and'] : []
  if (rest === 0) return head
  return [...head, ...joined, ...(rest < 20 ? [`n${rest}`] : [`n${rest - rest % 10}`, ...(rest % 10 === 0 ? [] : [`n${rest % 10}`])])]
}

const SCALES = [[1_000_000_000, 'billion'], [1_000_000, 'million'], [1_000, 'thousand']] as const

function number(value: number): string[] {
  if (value === 0) return ['n0']
  const pieces: string[] = []
  let rest = value
  for (const [scale, name] of SCALES) {
    const part = Math.floor(rest / scale)
    rest %= scale
    if (part > 0) pieces.push(...belowThousand(part), name)
  }
  // One thousand and five, but one thousand one hundred.
  return [...pieces, ...(pieces.length > 0 && rest > 0 && rest < 100 ? ['and'] : []), ...belowThousand(rest)]
}

/** Only the last word of a number becomes an ordinal: one hundred and twenty-first. */
function ordinal(value: number): string[] {
  const pieces = number(value)
  const last = pieces.pop() ?? 'n0'
  return [...pieces, last.startsWith('n') ? last.replace('n', 'ord-') : `ord-${last}`]
}

/** 2026 twenty twenty-six, 2005 two thousand and five, 1900 nineteen hundred. */
function year(value: number): string[] {
  const [century, rest] = [Math.floor(value / 100), value % 100]
  if (value % 1_000 < 10) return number(value)
  if (rest === 0) return [...number(century), 'hundred']
  return [...number(century), ...(rest < 10 ? ['oh'] : []), ...number(rest)]
}

const KEYS: Readonly<Record<string, string>> = { '*': 'star', '#': 'hash' }
const counted = (value: number, one: string, many: string): string[] => (value === 0 ? [] : [...number(value), value === 1 ? one : many])

export const english: Grammar = {
  block: 1_000,
  number,
  ordinal,
  digits: (keys) => [...keys].map((key) => KEYS[key] ?? `n${key}`),
  date: (inYear, month, day) => ['the', ...ordinal(day), 'of', `month-${month}`, ...(inYear === null ? [] : year(inYear))],
  time(hour, minute) {
    const shown = hour % 12 === 0 ? 12 : hour % 12
    return [...number(shown), ...(minute === 0 ? [] : [...(minute < 10 ? ['oh'] : []), ...number(minute)]), hour < 12 ? 'am' : 'pm']
  },
  money: (yuan, fen) => [...(yuan > 0 || fen === 0 ? [...number(yuan), 'yuan'] : []), ...(yuan > 0 && fen > 0 ? ['and'] : []), ...(fen > 0 ? [...number(fen), 'fen'] : [])],
  duration(hours, minutes) {
    const [first, second] = [counted(hours, 'hour', 'hours'), counted(minutes, 'minute', 'minutes')]
    return [...first, ...(first.length > 0 && second.length > 0 ? ['and'] : []), ...second]
  },
  day: (which) => [which],
}
