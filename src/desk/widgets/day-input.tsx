import { App as AntApp, DatePicker } from 'antd'
import { useState } from 'react'
import dayjs from 'dayjs'
import customParseFormat from 'dayjs/plugin/customParseFormat.js'
import 'dayjs/locale/zh-cn.js'
import { useText } from '../i18n/language.js'
import { plainOf } from './plain.js'

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
  /** What stands in the field is no time (any more). */
  readonly onWrong?: (wrong: boolean) => void
}

/**
 * A day, or a minute of it: typed or picked, in the city's language and not in the browser's. What is no day is said, and stays to be put right;
 * where there was one before, that one stands again.
 */
export function DayInput({ value, name, placeholder, minutes = false, disabled = false, onChange, onWrong }: DayInputProps) {
  const text = useText()
  const { message } = AntApp.useApp()
  const [open, setOpen] = useState(false)
  const [wrong, setWrong] = useState(false)
  const formats = minutes ? MINUTES : DAYS
  const kept = minutes ? 'YYYY-MM-DDTHH:mm' : DAY
  const judge = (now: boolean): void => {
    if (now !== wrong) onWrong?.(now)
    setWrong(now)
  }
  // The picker itself would put back what was there, or put away what it does not know. → whether it is settled here
  const settle = (target: EventTarget): boolean => {
    const typed = (target as HTMLInputElement).value
    if (typed === '') {
      setOpen(false)
      judge(false)
      if (value !== '') onChange('')
      return true
    }
    if (formats.some((format) => dayjs(typed, format, true).isValid())) return false
    const found = formats.map((format) => dayjs(plainOf(typed), format, true)).find((day) => day.isValid())
    setOpen(false)
    judge(found === undefined && value === '')
    if (found !== undefined) onChange(found.format(kept))
    else void message.warning({ key: 'day', content: (minutes ? text.noMinute : text.noDay)(typed) })
    return true
  }
  const at = value === '' ? null : dayjs(value, kept)
  return (
    <DatePicker
      className="ld-day" value={at?.isValid() === true ? at : null} aria-label={name} disabled={disabled} placeholder={placeholder ?? (minutes ? MINUTE : DAY)} format={formats}
      showTime={minutes && { format: 'HH:mm' }} needConfirm={false} preserveInvalidOnBlur={value === ''} {...(wrong && { status: 'error' as const })}
      open={open} onOpenChange={setOpen} onBlur={({ target }) => { settle(target) }}
      onKeyDown={({ key, target }, keepOut) => { if (key === 'Enter' && settle(target)) keepOut() }}
      onChange={(picked) => {
        judge(false)
        onChange(picked === null ? '' : picked.format(kept))
      }}
    />
  )
}
