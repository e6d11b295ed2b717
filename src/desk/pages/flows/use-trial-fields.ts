import { useMemo, useState } from 'react'
import { aroundOf, type TrialFields } from './trial-fields.js'
import type { Around } from './use-trial.js'

export interface TrialForm {
  readonly fields: TrialFields
  readonly setFields: (fields: TrialFields) => void
  /** What the call meets; null: a field holds what it cannot. */
  readonly around: Around | null
  /** Every field is right, times included. */
  readonly right: boolean
  /** Whether the time in this field can be none. */
  readonly onWrongTime: (field: string, wrong: boolean) => void
}

/** The fields of `TrialSettings`, as a page holds them. */
export function useTrialFields(first: TrialFields): TrialForm {
  const [fields, setFields] = useState(first)
  const [wrongTimes, setWrongTimes] = useState<ReadonlySet<string>>(new Set())
  const around = useMemo(() => aroundOf(fields), [fields])
  return {
    fields, setFields, around, right: around !== null && wrongTimes.size === 0,
    onWrongTime: (field, wrong) => setWrongTimes((before) => new Set([...[...before].filter((one) => one !== field), ...(wrong ? [field] : [])])),
  }
}
