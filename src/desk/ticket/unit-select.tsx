import { useMemo } from 'react'
import type { Unit } from '../../contracts/ticket.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk } from '../store/desk.js'
import { Chooser } from '../widgets/chooser.js'

const nameOf = (unit: Unit, english: boolean): string => (english && unit.nameEn !== '' ? unit.nameEn : unit.name)

/** One of the linked units; those that usually handle the category come first. */
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
  const choices = useMemo(() => {
    const choiceOf = (unit: Unit) => ({ value: unit.id, label: nameOf(unit, english), also: `${english ? unit.name : unit.nameEn} ${unit.phone}` })
    const usual = category === null ? [] : units.filter((unit) => unit.categories.includes(category))
    const others = { label: text.ticket.allUnits, options: units.filter((unit) => !usual.includes(unit)).map(choiceOf) }
    return usual.length === 0 ? [others] : [{ label: text.ticket.suggested, options: usual.map(choiceOf) }, others]
  }, [units, category, english, text])

  return (
    <Chooser
      id={id} value={value} disabled={disabled} choices={choices} shortcut="unit" placeholder={text.ticket.placeholder.unit} noMatch={text.ticket.noUnit} listHeight={320} placement="topLeft"
      optionRender={({ value: own }) => {
        const unit = units.find((one) => one.id === own)
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
      onPick={onPick}
      onNext={onNext}
    />
  )
}
