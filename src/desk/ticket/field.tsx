import { Input } from 'antd'
import type { TextAreaRef } from 'antd/es/input/TextArea'
import type { InputRef } from 'antd'
import { useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { Keys } from '../shell/shortcut-help.js'
import { useShortcut, type ShortcutName } from '../shell/shortcuts.js'

/** A label above a control, with its key. */
export function Field({ label, shortcut, tall = false, htmlFor, children, more }: {
  readonly label: string
  /** Shown only where it does something. */
  readonly shortcut?: ShortcutName | false
  readonly tall?: boolean
  readonly htmlFor?: string
  readonly more?: ReactNode
  readonly children: ReactNode
}) {
  return (
    <div className={`ld-field${tall ? ' is-tall' : ''}`}>
      <span className="ld-field-label"><label htmlFor={htmlFor}>{label}</label>{shortcut && <Keys name={shortcut} />}{more}</span>
      {children}
    </div>
  )
}

/** A list below a one-line field, gone through from the field itself. */
export interface Combobox {
  readonly listId: string
  readonly activeId: string | undefined
  readonly expanded: boolean
  readonly onKeyDown: (event: KeyboardEvent) => void
}

interface TextFieldProps {
  readonly label: string
  readonly shortcut: ShortcutName
  readonly value: string
  readonly maxLength: number
  readonly placeholder: string
  readonly disabled: boolean
  readonly multiline?: boolean
  readonly more?: ReactNode
  readonly combobox?: Combobox
  readonly onType: (value: string) => void
  /** The field is left: save now. */
  readonly onLeave: () => void
}

/** One line or many. Text that an input method is still composing is shown but not yet an edit. */
export function TextField({ label, shortcut, value, maxLength, placeholder, disabled, multiline = false, more, combobox, onType, onLeave }: TextFieldProps) {
  const id = useId()
  const line = useRef<InputRef>(null)
  const area = useRef<TextAreaRef>(null)
  const [composing, setComposing] = useState<string | null>(null)
  /** Of what stood there when composing began: what came meanwhile nobody sees below it, and it is not to be written over as if he had. */
  const begun = useRef<((value: string) => void) | null>(null)
  // Many lines are gone on with; one line is written anew: what stands there is marked, and an arrow key keeps it.
  useShortcut(shortcut, () => (multiline ? area.current?.focus({ cursor: 'end' }) : line.current?.focus({ cursor: 'all' })), !disabled)
  const shared = {
    id, disabled, maxLength, placeholder,
    value: composing ?? value,
    onChange(event: { readonly target: { readonly value: string }; readonly nativeEvent: Event }) {
      if ((event.nativeEvent as InputEvent).isComposing) setComposing(event.target.value)
      else (begun.current ?? onType)(event.target.value)
    },
    onCompositionStart() { begun.current = onType },
    onCompositionEnd(event: { readonly currentTarget: { readonly value: string } }) {
      const type = begun.current ?? onType
      begun.current = null
      setComposing(null)
      type(event.currentTarget.value)
    },
    onBlur: onLeave,
  }
  return (
    <Field label={label} shortcut={!disabled && shortcut} htmlFor={id} tall={multiline} more={more}>
      {multiline ? <Input.TextArea ref={area} {...shared} /> : <Input ref={line} autoComplete="off" {...shared} {...(combobox !== undefined && comboboxProps(combobox))} />}
    </Field>
  )
}

/** What makes a one-line input the head of such a list, for who listens to the page too. */
export const comboboxProps = ({ listId, activeId, expanded, onKeyDown }: Combobox) => ({
  role: 'combobox', 'aria-autocomplete': 'list' as const, 'aria-expanded': expanded, onKeyDown,
  ...(expanded && { 'aria-controls': listId }), ...(activeId !== undefined && { 'aria-activedescendant': activeId }),
})
