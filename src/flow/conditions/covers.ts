type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)
const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)
/** The texts that a test of a variable or a tag lets through and no others; null: they cannot be listed. */
const listed = (test: unknown): readonly string[] | null =>
  isFields(test) ? (Array.isArray(test['in']) ? test['in'].map(String) : null) : typeof test === 'string' || typeof test === 'number' ? [String(test)] : null

/** Whether `later` holds only where `earlier` does, as far as can be seen by the name of what is asked. False where nobody knows. */
function within(name: string, earlier: unknown, later: unknown): boolean {
  if (same(earlier, later)) return true
  if (typeof earlier === 'number' && typeof later === 'number') return /atLeast$/i.test(name) ? later >= earlier : /atMost$/i.test(name) && later <= earlier
  if (name === 'numberStartsWith' && Array.isArray(earlier) && Array.isArray(later)) return later.every((one) => earlier.some((prefix) => String(one).startsWith(String(prefix))))
  if (name === 'days' && Array.isArray(earlier) && Array.isArray(later)) return later.every((day) => earlier.includes(day))
  if (name === 'startsWith') return typeof earlier === 'string' && typeof later === 'string' && later.startsWith(earlier)
  return false
}

/** Of a variable or a tag, where a value alone asks for that value. */
function testWithin(earlier: unknown, later: unknown): boolean {
  if (same(earlier, later)) return true
  const [all, some] = [listed(earlier), listed(later)]
  if (all !== null) return some !== null && some.every((one) => all.includes(one)) && (!isFields(earlier) || Object.keys(earlier).length === 1)
  if (!isFields(earlier)) return false
  // Whatever is asked of a value, there has to be one.
  if (same(earlier, { present: true })) return !isFields(later) || later['present'] !== false
  return isFields(later) && fieldsWithin(earlier, later, within)
}

const fieldsWithin = (earlier: Fields, later: Fields, one: (name: string, earlier: unknown, later: unknown) => boolean): boolean =>
  Object.entries(earlier).every(([name, wanted]) => Object.hasOwn(later, name) && one(name, wanted, later[name]))

/** Whether a case takes everybody whom a later one would: thresholds the wrong way round, a list within a list, a condition more. Not all that is so is seen. */
export function covers(earlier: Fields, later: Fields): boolean {
  return fieldsWithin(earlier, later, (name, wanted, other) => {
    if (same(wanted, other)) return true
    if (!isFields(wanted) || !isFields(other)) return false
    // Days that are not named are all of them.
    if (name === 'hours') return same([wanted['from'], wanted['to']], [other['from'], other['to']]) && (wanted['days'] === undefined || within('days', wanted['days'], other['days']))
    return fieldsWithin(wanted, other, name === 'tag' || name === 'var' ? (_, test, next) => testWithin(test, next) : within)
  })
}
