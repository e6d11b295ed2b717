import type { HINT_KINDS } from '../../../contracts/call.js'
import { instantOf } from '../../i18n/format.js'
import { dialledOf, plainOf } from '../../widgets/plain.js'
import type { Around } from './use-trial.js'

/** The fields of a trial as they were typed. */
export interface TrialFields {
  readonly which: number | 'files' | 'current'
  readonly waiting: string
  readonly ready: string
  readonly present: string
  readonly when: string
  /** Switches that are on, and until when. */
  readonly on: readonly string[]
  readonly until: Readonly<Record<string, string>>
  readonly vars: Readonly<Record<string, string>>
  readonly number: string
  readonly hints: readonly (typeof HINT_KINDS)[number][]
}

export const NEW_TRIAL: TrialFields = { which: 'current', waiting: '3', ready: '0', present: '1', when: '', on: [], until: {}, vars: {}, number: '', hints: [] }

/** As many as the server takes. */
export const MOST_PEOPLE = 500

/** A whole number within bounds; null: it is none. */
export function countOf(typed: string, least: number, most: number): number | null {
  const plain = plainOf(typed)
  const count = /^\d{1,9}$/.test(plain) ? Number(plain) : NaN
  return count >= least && count <= most ? count : null
}

/** Withheld, or a telephone number; null: it is none. */
export const callerOf = (typed: string): string | null => (/^(\+?[0-9]{1,20})?$/.test(dialledOf(typed)) ? dialledOf(typed) : null)

/** Parameters are made of these signs and no others; what is empty is not there. */
export const isValue = (typed: string): boolean => /^[A-Za-z0-9*#._:+-]{0,64}$/.test(plainOf(typed))

/** The parameters that are filled in; null: something of them cannot be a value. */
export function givenOf(vars: Readonly<Record<string, string>>): Record<string, string> | null {
  if (!Object.values(vars).every(isValue)) return null
  return Object.fromEntries(Object.entries(vars).map(([name, typed]) => [name, plainOf(typed)] as const).filter(([, value]) => value !== ''))
}

/** What the call meets; null: a field holds what it cannot. Pure. */
export function aroundOf({ which, waiting, ready, present, when, on, until, vars, number, hints }: TrialFields): Around | null {
  const [ahead, free, there] = [waiting, ready, present].map((typed) => countOf(typed, 0, MOST_PEOPLE))
  const [caller, given] = [callerOf(number), givenOf(vars)]
  if (ahead == null || free == null || there == null || caller === null || given === null) return null
  return { which: which === 'current' ? undefined : which, at: instantOf(when), waiting: ahead, ready: free, present: there, modes: [...on], ends: endsOf(on, until), vars: given, number: caller, hints: [...hints] }
}

/** When switches that are on end, where it is filled in. */
const endsOf = (on: readonly string[], until: Readonly<Record<string, string>>): Record<string, number> =>
  Object.fromEntries(on.flatMap((mode) => { const at = instantOf(until[mode] ?? ''); return at === null ? [] : [[mode, at]] }))
