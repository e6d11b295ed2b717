import { useMemo } from 'react'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk } from '../store/desk.js'
import { Chooser } from '../widgets/chooser.js'

/** A category of the code book. */
export function CategorySelect({ id, value, disabled, onPick }: { readonly id: string; readonly value: string | null; readonly disabled: boolean; readonly onPick: (category: string | null) => void }) {
  const text = useText()
  const english = useLanguage() === 'en'
  const { book: { categories } } = useDesk()
  const choices = useMemo(() => categories.map(({ code, name }) => ({ value: code, label: english ? name.en : name.zh, also: english ? name.zh : name.en })), [categories, english])
  return <Chooser id={id} value={value} disabled={disabled} choices={choices} shortcut="category" placeholder={text.ticket.placeholder.category} noMatch={text.ticket.noCategory} listHeight={360} onPick={onPick} />
}
