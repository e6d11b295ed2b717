import { DatePicker } from 'antd'
import { useState } from 'react'
import dayjs from 'dayjs'
import customParseFormat from 'dayjs/plugin/customParseFormat.js'
import 'dayjs/locale/zh-cn.js'

dayjs.extend(customParseFormat)

const DAY = 'YYYY-MM-DD'
const MINUTE = 'YYYY-MM-DD HH:mm'
/** What may be typed besides; the first is how it is shown. */
const DAYS = [DAY, 'YYYY/MM/DD', 'YYYY-M-D', 'YYYYMMDD']
const MINUTES = [MINUTE, 'YYYY-MM-DDTHH:mm', 'YYYY/MM/DD HH:mm', 'YYYY-M-D H:mm']

interface DayInputProps {
  /** `2026-06-24`, with `minutes` `2026-06-24T09:05`; empty: none. By the city's calendar, whatever the browser's. */
  readonly value: string
  readonly name: string
  readonly placeholder?: string
  readonly minutes?: boolean
  readonly disabled?: boolean
  readonly onChange: (value: string) => void
}

/** A day, or a minute of it: typed or picked, in the city's language and not in the browser's. */
export function DayInput({ value, name, placeholder, minutes = false, disabled = false, onChange }: DayInputProps) {
  const [open, setOpen] = useState(false)
  // The picker itself would put back what was there.
  const emptied = (target: EventTarget): void => {
    if ((target as HTMLInputElement).value !== '') return
    setOpen(false)
    if (value !== '') onChange('')
  }
  const at = value === '' ? null : dayjs(value, minutes ? 'YYYY-MM-DDTHH:mm' : DAY)
  return (
    <DatePicker
      className="ld-day" value={at?.isValid() === true ? at : null} aria-label={name} disabled={disabled} placeholder={placeholder ?? (minutes ? MINUTE : DAY)} format={minutes ? MINUTES : DAYS}
      showTime={minutes && { format: 'HH:mm' }} needConfirm={false} preserveInvalidOnBlur={false}
      open={open} onOpenChange={setOpen} onBlur={({ target }) => emptied(target)}
      onKeyDown={({ key, target }, keepOut) => {
        if (key !== 'Enter' || (target as HTMLInputElement).value !== '') return
        emptied(target)
        keepOut()
      }}
      onChange={(picked) => onChange(picked === null ? '' : picked.format(minutes ? 'YYYY-MM-DDTHH:mm' : DAY))}
    />
  )
}
