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

/** Where a case can ask for the opposite of what another asks for. */
const flagsOf = (when: Fields): readonly (readonly string[])[] => [
  ['caller', 'verified'], ['caller', 'withheld'], ['calendar', 'day'], ['hours'],
  ...['tag', 'var'].flatMap((kind) => (isFields(when[kind]) ? Object.keys(when[kind]).map((name) => [kind, name, 'present']) : [])),
]

const valueAt = (when: unknown, path: readonly string[]): unknown => path.reduce<unknown>((here, name) => (isFields(here) ? here[name] : undefined), when)

/** Minutes of the day, of which the last is the first. */
const minuteOf = (time: unknown): number => { const [hours, minutes] = String(time).split(':').map(Number); return ((hours ?? 0) * 60 + (minutes ?? 0)) % 1440 }

/** Whether one holds exactly where the other does not. */
function areOpposite(one: unknown, other: unknown): boolean {
  if (typeof one === 'boolean' && typeof other === 'boolean') return one !== other
  if (!isFields(one) || !isFields(other)) return (one === 'workday' && other === 'restday') || (one === 'restday' && other === 'workday')
  return one['days'] === undefined && other['days'] === undefined && minuteOf(one['from']) === minuteOf(other['to']) && minuteOf(one['to']) === minuteOf(other['from']) && minuteOf(one['from']) !== minuteOf(one['to'])
}

/** Without what stands there, and without what is nothing then. */
function without(fields: Fields, [name = '', ...deeper]: readonly string[]): Fields {
  const { [name]: inner, ...rest } = fields
  if (deeper.length === 0 || !isFields(inner)) return rest
  const left = without(inner, deeper)
  return Object.keys(left).length === 0 ? rest : { ...rest, [name]: left }
}

/** All that both ask for; null where that cannot be written as one. */
function both(one: Fields, other: Fields): Fields | null {
  const merged: Record<string, unknown> = { ...one }
  for (const [name, value] of Object.entries(other)) {
    const own = merged[name]
    if (own === undefined || same(own, value)) merged[name] = value
    else {
      const inner = isFields(own) && isFields(value) ? both(own, value) : null
      if (inner === null) return null
      merged[name] = inner
    }
  }
  return merged
}

/** What two cases take between them though neither does alone: where one asks for what the other does not want, everybody else that both would have. Null: nobody, as far as is seen. */
export function between(one: Fields, other: Fields): Fields | null {
  for (const path of flagsOf(one)) {
    const [wanted, turned] = [valueAt(one, path), valueAt(other, path)]
    if (wanted === undefined || turned === undefined || !areOpposite(wanted, turned)) continue
    const rest = both(without(one, path), without(other, path))
    if (rest !== null) return rest
  }
  return null
}

/** What some cases take, one of them or several between them. `{}`: everybody. */
interface Taken { readonly when: Fields; readonly cases: readonly number[] }
/** More than any file has; each is held against all others. */
const MOST_TAKEN = 300

/** What the cases so far take between them. */
export function makeTaken() {
  const taken: Taken[] = []
  return {
    /** @param number of the case, for people */
    add(when: Fields, number: number): void {
      const fresh: Taken[] = [{ when, cases: [number] }]
      for (const one of fresh) {
        for (const before of taken) {
          const shared = between(before.when, one.when)
          if (shared === null || taken.length + fresh.length >= MOST_TAKEN || [...taken, ...fresh].some((known) => covers(known.when, shared))) continue
          fresh.push({ when: shared, cases: [...new Set([...before.cases, ...one.cases])].sort((a, b) => a - b) })
        }
        taken.push(one)
      }
    },
    /** The numbers of those who between them take everybody whom this one would. */
    by: (when: Fields): readonly number[] | null => taken.find((one) => one.cases.length > 1 && covers(one.when, when))?.cases ?? null,
  }
}
