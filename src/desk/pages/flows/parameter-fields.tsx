import { Input } from 'antd'
import { useText } from '../../i18n/language.js'

/** A value has no other signs. */
const STRANGE = /[^A-Za-z0-9*#._:+-]/g

/** What is filled in. */
export const givenOf = (vars: Readonly<Record<string, string>>): Record<string, string> => Object.fromEntries(Object.entries(vars).filter(([, value]) => value !== ''))

interface ParameterFieldsProps { readonly names: readonly string[]; readonly vars: Readonly<Record<string, string>>; readonly disabled: boolean; onChange(vars: Record<string, string>): void }

/** What a flow is started with, such as the ticket of a return visit: a field for each. */
export function ParameterFields({ names, vars, disabled, onChange }: ParameterFieldsProps) {
  const words = useText().flows.try
  return names.map((one) => (
    <label key={one}>{words.parameter(one)} <Input size="small" maxLength={64} value={vars[one] ?? ''} disabled={disabled} aria-required onChange={({ target }) => onChange({ ...vars, [one]: target.value.replace(STRANGE, '') })} /></label>
  ))
}
