import { Input } from 'antd'
import { useId } from 'react'

interface CheckedInputProps {
  readonly value: string
  /** What is wrong with it; null: nothing. */
  readonly problem: string | null
  readonly name: string
  readonly disabled?: boolean
  readonly required?: boolean
  readonly maxLength: number
  readonly inputMode?: 'numeric' | 'tel' | 'text'
  readonly onChange: (value: string) => void
}

/** A line that stays as it was typed: what is wrong with it is said below, instead of leaving it out. */
export function CheckedInput({ value, problem, name, disabled = false, required = false, maxLength, inputMode = 'text', onChange }: CheckedInputProps) {
  const said = useId()
  return (
    <>
      <Input
        size="small" autoComplete="off" inputMode={inputMode} maxLength={maxLength} value={value} disabled={disabled} aria-label={name} aria-required={required}
        {...(problem !== null && { status: 'error' as const, 'aria-invalid': true, 'aria-describedby': said })} onChange={({ target }) => onChange(target.value)}
      />
      {problem !== null && <span id={said} className="ld-problem" role="alert">{problem}</span>}
    </>
  )
}
