import type { Language } from '../../contracts/primitives.js'
import type { TicketFields } from '../../contracts/ticket.js'
import type { Dictionary } from '../i18n/zh-CN.js'
import { categoryName, unitName, type Book } from '../store/desk.js'

const own = (table: Readonly<Record<string, string>>, key: string): string => (Object.hasOwn(table, key) ? table[key] ?? key : key)

/** A ticket field's name as people read it. */
export function fieldName(field: string, text: Dictionary): string {
  if (field === 'unitId') return text.ticket.unit
  if (field === 'state') return text.ticket.state
  if (field === 'outcome') return text.ticket.outcome
  return own(text.ticket.fields, field)
}

/** A value of a ticket field as people read it. */
export function valueText(field: string, value: unknown, book: Book, language: Language, text: Dictionary): string {
  if (value === null || value === undefined || value === '') return text.ticket.empty
  if (typeof value === 'boolean') return value ? text.ticket.yes : text.ticket.no
  if (typeof value === 'object') {
    const { lat, lon } = value as Partial<NonNullable<TicketFields['point']>>
    return lat === undefined || lon === undefined ? JSON.stringify(value) : `${lat.toFixed(5)}, ${lon.toFixed(5)}`
  }
  const plain = typeof value === 'string' ? value : JSON.stringify(value)
  switch (field) {
    case 'kind': return own(text.ticket.kinds, plain)
    case 'state': return own(text.ticket.states, plain)
    case 'outcome': return own(text.ticket.outcomes, plain)
    case 'category': return categoryName(book, plain, language)
    case 'unitId': return unitName(book, plain, language)
    default: return plain
  }
}
