import { Select } from 'antd'
import { useMemo, useRef, useState, type ComponentRef } from 'react'
import type { Unit } from '../../contracts/ticket.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useShortcut } from '../shell/shortcuts.js'
import { useDesk } from '../store/desk.js'

const nameOf = (unit: Unit, english: boolean): string => (english && unit.nameEn !== '' ? unit.nameEn : unit.name)

/** One of the linked units, found by any part of its name or code; those that usually handle the category come first. */
export function UnitSelect({ id, value, category, disabled, onPick, onNext }: {
  readonly id: string
  readonly value: string | null
  readonly category: string | null
  readonly disabled: boolean
  readonly onPick: (unitId: string | null) => void
  /** A unit was chosen: the next field's turn. */
  readonly onNext: () => void
}) {
  const text = useText()
  const english = useLanguage() === 'en'
  const { book: { units } } = useDesk()
  const select = useRef<ComponentRef<typeof Select>>(null)
  const [open, setOpen] = useState(false)
  useShortcut('unit', () => {
    select.current?.focus()
    setOpen(true)
  }, !disabled)

  const options = useMemo(() => {
    const optionOf = (unit: Unit) => ({ value: unit.id, label: nameOf(unit, english), unit })
    const usual = category === null ? [] : units.filter((unit) => unit.categories.includes(category))
    const others = units.filter((unit) => !usual.includes(unit))
    const all = { label: text.ticket.allUnits, options: others.map(optionOf) }
    return usual.length === 0 ? [all] : [{ label: text.ticket.suggested, options: usual.map(optionOf) }, all]
  }, [units, category, english, text])

  return (
    <Select
      ref={select} id={id} open={open} onOpenChange={setOpen} value={value} disabled={disabled} allowClear placeholder={text.ticket.placeholder.unit} options={options} listHeight={320} placement="topLeft"
      notFoundContent={text.ticket.noUnit}
      showSearch={{ filterOption: (typed, option) => {
        const unit = option !== undefined && 'unit' in option ? option.unit as Unit : undefined
        return unit !== undefined && `${unit.name} ${unit.nameEn} ${unit.id} ${unit.phone}`.toLowerCase().includes(typed.trim().toLowerCase())
      } }}
      optionRender={({ data }) => {
        const { unit } = data as { readonly unit?: Unit }
        return unit === undefined ? null : (
          <span className="ld-unit-option">
            <span className="ld-cut">{nameOf(unit, english)}</span>
            {unit.standby && <span className="ld-chip is-ready">{text.ticket.standby}</span>}
            <code>{unit.id}</code>
          </span>
        )
      }}
      labelRender={({ value: chosen, label }) => (
        <span className="ld-unit-option"><span className="ld-cut">{label ?? chosen}</span>{units.find((unit) => unit.id === chosen)?.standby === true && <span className="ld-chip is-ready">{text.ticket.standby}</span>}</span>
      )}
      onSelect={onNext}
      onChange={(unitId?: string) => onPick(unitId ?? null)}
    />
  )
}
