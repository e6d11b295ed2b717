import { Select } from 'antd'
import { useMemo, useRef, useState, type ComponentRef } from 'react'
import { useLanguage, useText } from '../i18n/language.js'
import { useShortcut } from '../shell/shortcuts.js'
import { useDesk } from '../store/desk.js'

/** A category of the code book, found by its name in either language or its code. */
export function CategorySelect({ id, value, disabled, onPick }: { readonly id: string; readonly value: string | null; readonly disabled: boolean; readonly onPick: (category: string | null) => void }) {
  const text = useText()
  const english = useLanguage() === 'en'
  const { book: { categories } } = useDesk()
  const select = useRef<ComponentRef<typeof Select>>(null)
  const [open, setOpen] = useState(false)
  useShortcut('category', () => {
    select.current?.focus()
    setOpen(true)
  }, !disabled)
  const options = useMemo(() => categories.map(({ code, name }) => ({ value: code, label: english ? name.en : name.zh, search: `${name.zh} ${name.en} ${code}`.toLowerCase() })), [categories, english])
  return (
    <Select
      ref={select} id={id} open={open} onOpenChange={setOpen} value={value} disabled={disabled} allowClear options={options} placeholder={text.ticket.placeholder.category} notFoundContent={text.ticket.noCategory} listHeight={360}
      showSearch={{ filterOption: (typed, option) => option?.search.includes(typed.trim().toLowerCase()) ?? false }}
      onChange={(category?: string) => onPick(category ?? null)}
    />
  )
}
