import { useId, useRef } from 'react'
import type { TicketKind } from '../../contracts/ticket.js'
import { useText } from '../i18n/language.js'
import { useDigits, useShortcut } from '../shell/shortcuts.js'
import { Field } from './field.js'

/** In the order of the contract, which the browser does not load; the type holds that none is missing. */
const KINDS = { police: 1, fire: 2, medical: 3, 'joint-service': 4, consultation: 5, invalid: 6 } as const satisfies Record<TicketKind, number>
const URGENT: readonly TicketKind[] = ['police', 'fire', 'medical']

/** The six kinds: a click, arrows, or the digits 1–6 while nobody types. */
export function KindPicker({ value, disabled, onPick }: { readonly value: TicketKind | null; readonly disabled: boolean; readonly onPick: (kind: TicketKind) => void }) {
  const text = useText()
  const name = useId()
  const group = useRef<HTMLFieldSetElement>(null)
  const kinds = Object.keys(KINDS) as TicketKind[]
  const focus = (kind: TicketKind | undefined): void => group.current?.querySelector<HTMLInputElement>(`input[value="${kind ?? ''}"]`)?.focus()
  useShortcut('kind', () => focus(value ?? kinds[0]), !disabled)
  useDigits((digit) => {
    const kind = kinds.find((entry) => KINDS[entry] === digit)
    if (kind === undefined) return
    onPick(kind)
    if (group.current?.contains(document.activeElement)) focus(kind)
  }, !disabled)
  return (
    <Field label={text.ticket.fields.kind} shortcut={!disabled && 'kind'} more={value === null ? <span className="ld-chip is-ring">{text.ticket.kindHint}</span> : null}>
      <fieldset ref={group} className="ld-kinds" disabled={disabled} aria-label={text.ticket.fields.kind}>
        {kinds.map((kind) => (
          <label key={kind} className={`ld-kind${URGENT.includes(kind) ? ' is-urgent' : ''}`}>
            <input type="radio" name={name} value={kind} checked={value === kind} onChange={() => onPick(kind)} />
            <span><kbd>{KINDS[kind]}</kbd>{text.ticket.kinds[kind]}</span>
          </label>
        ))}
      </fieldset>
    </Field>
  )
}
