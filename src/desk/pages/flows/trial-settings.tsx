import { Checkbox, Select } from 'antd'
import { HINT_KINDS } from '../../../contracts/call.js'
import type { FlowEdition, FlowSummary } from '../../../contracts/routes/flows.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { CheckedInput } from '../../widgets/checked-input.js'
import { DayInput } from '../../widgets/day-input.js'
import { ParameterFields } from './parameter-fields.js'
import { callerOf, countOf, MOST_PEOPLE, type TrialFields } from './trial-fields.js'

const PEOPLE = ['waiting', 'ready', 'present'] as const

interface TrialSettingsProps {
  readonly fields: TrialFields
  /** To choose from; absent: that is chosen elsewhere. */
  readonly editions?: readonly FlowEdition[]
  readonly modes: FlowSummary['modes']
  readonly parameters: readonly string[]
  readonly disabled: boolean
  readonly onChange: (fields: TrialFields) => void
  /** What stands in a field for a time is none (any more). */
  readonly onWrongTime: (field: string, wrong: boolean) => void
}

/** What the call of a trial meets: edition, who waits and who is there, when, switches, what it is started with, who calls. */
export function TrialSettings({ fields, editions, modes, parameters, disabled, onChange, onWrongTime }: TrialSettingsProps) {
  const text = useText()
  const words = text.flows.try
  const { which, when, on, until, vars, number, hints } = fields
  const put = (some: Partial<TrialFields>): void => onChange({ ...fields, ...some })
  const language = useLanguage() === 'en' ? 'en' : 'zh'
  const toggled = <T extends string>(all: readonly T[], one: T, is: boolean): T[] => (is ? [...all, one] : all.filter((other) => other !== one))
  return (
    <div className="ld-try-set" role="group" aria-label={words.around}>
      {editions !== undefined && <label><span>{words.which}</span> <Select<TrialFields['which']> size="small" popupMatchSelectWidth={false} value={which} disabled={disabled} aria-label={words.which} onChange={(picked) => put({ which: picked })} options={[{ value: 'current', label: text.flows.diff.current }, { value: 'files', label: text.flows.diff.files }, ...editions.map(({ number: edition }) => ({ value: edition, label: text.flows.edition(edition) }))]} /></label>}
      <div className="ld-try-people">{PEOPLE.map((one) => <label key={one}><span>{words[one]}</span> <CheckedInput name={words[one]} inputMode="numeric" maxLength={9} value={fields[one]} disabled={disabled} problem={countOf(fields[one], 0, MOST_PEOPLE) === null ? words.problems.count(0, MOST_PEOPLE) : null} onChange={(typed) => put({ [one]: typed })} /></label>)}</div>
      <label><span>{words.when}</span> <DayInput minutes name={words.when} placeholder={words.now} value={when} disabled={disabled} onChange={(picked) => put({ when: picked })} onWrong={(wrong) => onWrongTime('when', wrong)} /></label>
      <label><span>{words.number}</span> <CheckedInput name={words.number} inputMode="tel" maxLength={40} value={number} disabled={disabled} problem={callerOf(number) === null ? words.problems.number : null} onChange={(typed) => put({ number: typed })} /></label>
      <ParameterFields names={parameters} vars={vars} disabled={disabled} onChange={(given) => put({ vars: given })} />
      {modes.length > 0 && (
        <fieldset aria-label={words.modes}>
          <legend>{words.modes}</legend>
          {modes.map(({ name: mode, title }) => ({ mode, named: title?.[language] ?? mode })).map(({ mode, named }) => (
            <div key={mode}>
              <Checkbox checked={on.includes(mode)} disabled={disabled} onChange={({ target }) => { put({ on: toggled(on, mode, target.checked) }); if (!target.checked) onWrongTime(mode, false) }}>{named}</Checkbox>
              {on.includes(mode) && <DayInput minutes name={words.until(named)} placeholder={words.untilWhen} value={until[mode] ?? ''} disabled={disabled} onChange={(picked) => put({ until: { ...until, [mode]: picked } })} onWrong={(wrong) => onWrongTime(mode, wrong)} />}
            </div>
          ))}
        </fieldset>
      )}
      <fieldset aria-label={words.hints}>
        <legend>{words.hints}</legend>
        {HINT_KINDS.map((kind) => <Checkbox key={kind} checked={hints.includes(kind)} disabled={disabled} onChange={({ target }) => put({ hints: toggled(hints, kind, target.checked) })}>{text.hints[kind]}</Checkbox>)}
      </fieldset>
    </div>
  )
}
