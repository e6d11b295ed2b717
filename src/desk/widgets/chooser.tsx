import { App as AntApp, Select, type SelectProps } from 'antd'
import { useCallback, useRef, useState, type ComponentRef, type KeyboardEvent } from 'react'
import { soundsLike } from '../../contracts/pinyin.js'
import { useText } from '../i18n/language.js'
import { useShortcut, type ShortcutName } from '../shell/shortcuts.js'
import { plainOf } from './plain.js'

export interface Choice {
  readonly value: string
  readonly label: string
  /** Found by these as well: the name in the other language, a code, a telephone number. */
  readonly also?: string
}
export interface ChoiceGroup { readonly label: string; readonly options: readonly Choice[] }

interface ChooserProps extends Pick<SelectProps<string>, 'id' | 'className' | 'placeholder' | 'disabled' | 'listHeight' | 'placement' | 'popupMatchSelectWidth' | 'optionRender' | 'labelRender' | 'allowClear'> {
  readonly value: string | null
  readonly choices: readonly (Choice | ChoiceGroup)[]
  readonly name?: string
  readonly shortcut?: ShortcutName
  /** What stands in the list when nothing matches. */
  readonly noMatch?: string
  readonly onPick: (value: string | null) => void
  /** Something was chosen: the next field's turn. */
  readonly onNext?: () => void
}

/** How well what was typed fits: the beginning of the name or of its sound in pinyin, any part of it, not at all. */
export function fitOf({ label, also = '', value }: Choice, typed: string): number {
  const wanted = plainOf(typed).toLowerCase()
  const name = label.toLowerCase()
  if (wanted === '' || name.startsWith(wanted) || value === wanted) return 3
  const sound = /^[a-z0-9'’ -]+$/.test(wanted) ? Math.max(...[label, also].map((one) => (HAN.test(one) ? soundsLike(one, wanted) : 0))) : 0
  if (sound === 2) return 2
  return sound === 1 || `${name} ${value} ${also.toLowerCase()}`.includes(wanted) ? 1 : 0
}
const HAN = /\p{Script=Han}/u

/**
 * One of many, found by any part of its name in either language, its code or its sound in pinyin, whole or by initials. Enter on what matches nothing
 * says so and stays in the field: a value that was there before is not mistaken for the one that was meant.
 */
export function Chooser({ value, choices, name, shortcut, noMatch, allowClear = true, disabled = false, onPick, onNext, ...more }: ChooserProps) {
  const text = useText()
  const { message } = AntApp.useApp()
  const select = useRef<ComponentRef<typeof Select>>(null)
  const [open, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const all = choices.flatMap((one) => ('options' in one ? one.options : [one]))
  const none = typed.trim() !== '' && !all.some((one) => fitOf(one, typed) > 0)
  const say = useCallback((): void => { void message.warning({ key: 'chooser', content: text.chooserNone(typed.trim()) }) }, [message, text, typed])
  // Not called when there is none: a key that does nothing must not be bound.
  useShortcut(shortcut ?? 'help', () => {
    setTyped('') // what was sought in vain is not the beginning of what is sought now
    select.current?.focus()
    setOpen(true)
  }, shortcut !== undefined && !disabled)

  const keyDown = (event: KeyboardEvent): void => {
    if (!none || (event.key !== 'Enter' && event.key !== 'Tab') || event.nativeEvent.isComposing) return
    // The select would close itself and keep the old value without a word. Tab leaves the field, which `onBlur` tells.
    event.stopPropagation()
    if (event.key === 'Tab') return
    event.preventDefault()
    say()
  }
  return (
    <div className="ld-chooser" onKeyDownCapture={keyDown}>
      <Select<string>
        ref={select} open={open} onOpenChange={setOpen} value={value} allowClear={allowClear} disabled={disabled} aria-label={name} options={choices as SelectProps<string>['options'] & object}
        {...(none && { status: 'warning' as const })} notFoundContent={noMatch ?? text.chooserNone(typed.trim())}
        showSearch={{
          searchValue: typed,
          onSearch: setTyped,
          filterOption: (wanted, option) => option !== undefined && 'value' in option && fitOf(option as Choice, wanted) > 0,
          filterSort: (a, b, { searchValue }) => ('value' in a && 'value' in b ? fitOf(b as Choice, searchValue) - fitOf(a as Choice, searchValue) : 0),
        }}
        onBlur={() => { if (none) say() }}
        {...(onNext !== undefined && { onSelect: onNext })}
        onChange={(picked?: string) => onPick(picked ?? null)}
        {...more}
      />
    </div>
  )
}
