import { useText } from '../../i18n/language.js'
import { CheckedInput } from '../../widgets/checked-input.js'
import { isValue } from './trial-fields.js'

interface ParameterFieldsProps { readonly names: readonly string[]; readonly vars: Readonly<Record<string, string>>; readonly disabled: boolean; onChange(vars: Record<string, string>): void }

/** What a flow is started with, such as the ticket of a return visit: a field for each. */
export function ParameterFields({ names, vars, disabled, onChange }: ParameterFieldsProps) {
  const words = useText().flows.try
  return names.map((one) => {
    const value = vars[one] ?? ''
    return <label key={one}><span>{words.parameter(one)}</span> <CheckedInput name={words.parameter(one)} required maxLength={64} value={value} problem={isValue(value) ? null : words.problems.value} disabled={disabled} onChange={(typed) => onChange({ ...vars, [one]: typed })} /></label>
  })
}
