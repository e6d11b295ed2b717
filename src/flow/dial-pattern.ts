/**
 * Dial patterns as telephony admins know them: `X` 0–9, `Z` 1–9, `N` 2–9, `[3-5]` a range, a final `.` any further keys,
 * everything else is itself. Matching is linear: unlike a regular expression it cannot be made slow.
 */

const PARTS = /\[([0-9])-([0-9])\]|[0-9*#XNZ.]/g
const CLASSES: Readonly<Record<string, string>> = { X: '0123456789', Z: '123456789', N: '23456789' }

function parts(pattern: string): string[] {
  return Array.from(pattern.matchAll(PARTS), ([whole, from, to]) =>
    from === undefined || to === undefined ? CLASSES[whole] ?? whole : CLASSES['X']?.slice(Number(from), Number(to) + 1) ?? '')
}

/** Whether all of `keys` fits. */
export function fitsPattern(pattern: string, keys: string): boolean {
  const wanted = parts(pattern)
  const open = wanted.at(-1) === '.'
  if (open) wanted.pop()
  if (open ? keys.length < wanted.length : keys.length !== wanted.length) return false
  return wanted.every((choices, index) => choices.includes(keys.charAt(index)))
}

/** Whether only these very keys fit. */
export const isLiteral = (pattern: string): boolean => /^[0-9*#]+$/.test(pattern)

/** Fewest and most keys that can fit. */
export function lengthsOf(pattern: string): [shortest: number, longest: number] {
  const wanted = parts(pattern)
  const open = wanted.at(-1) === '.'
  return open ? [wanted.length - 1, Infinity] : [wanted.length, wanted.length]
}

/** Keys that fit, at least so many where the pattern lets them. */
export function sampleOf(pattern: string, least: number): string {
  const wanted = parts(pattern)
  const open = wanted.at(-1) === '.'
  const keys = (open ? wanted.slice(0, -1) : wanted).map((choices) => choices.charAt(choices.length > 1 ? 1 : 0)).join('')
  return open ? keys.padEnd(least, '1') : keys
}
