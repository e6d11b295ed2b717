import type { Language } from '../../contracts/primitives.js'
import type { HistoryRow, TicketFields } from '../../contracts/ticket.js'
import type { TicketWork } from '../../contracts/work.js'
import type { Dictionary } from '../i18n/zh-CN.js'
import { channelText } from '../i18n/flow-tag.js'
import { stampOf, whenOf } from '../i18n/format.js'
import { categoryName, unitName, type Book } from '../store/desk.js'
import { citedText, readCited } from './cited.js'

const own = (table: Readonly<Record<string, string>>, key: string): string => (Object.hasOwn(table, key) ? table[key] ?? key : key)

/** A ticket field's name as people read it. */
export function fieldName(field: string, text: Dictionary): string {
  if (field === 'unitId') return text.ticket.unit
  if (field === 'state') return text.ticket.state
  if (field === 'outcome') return text.ticket.outcome
  return own({ ...text.unit.fields, ...text.ticket.fields }, field)
}

/** A note without what the machine put before it: the step of a progress, the unit that was reached, the rule that is cited. */
export function noteText({ act, note }: Pick<HistoryRow, 'act' | 'note'>, book: Book, language: Language, text: Dictionary): string {
  if (act === 'delivered') return unitName(book, note, language)
  if (act === 'edit' && /^open311-[a-z0-9-]+$/.test(note)) return `${text.call.channel} ${channelText(note)}`
  const cited = act === 'return' || act === 'dispute' ? readCited(note) : null
  if (cited !== null) return [citedText(cited, (unitId) => unitName(book, unitId, language)), cited.note].filter(Boolean).join(' · ')
  const [, step = '', rest = ''] = (act === 'progress' ? /^\[([a-z-]+)\] ?([\s\S]*)$/.exec(note) : null) ?? []
  return step === '' ? note : [own(text.unit.steps, step), rest].filter(Boolean).join(' · ')
}

/** A value of a ticket field as people read it. @param names of people, by their ids */
export function valueText(field: string, value: unknown, book: Book, language: Language, text: Dictionary, names: Readonly<Record<string, string>> = {}): string {
  if (value === null || value === undefined || value === '') return text.ticket.empty
  if (typeof value === 'boolean') return value ? text.ticket.yes : text.ticket.no
  if (field === 'photos' && Array.isArray(value)) return text.unit.count(value.length)
  if (field === 'assist' && Array.isArray(value)) return value.map((unitId) => unitName(book, String(unitId), language)).join('、') || text.ticket.empty
  if ((field === 'deliveredAt' || field === 'safeAt') && typeof value === 'number') return stampOf(value, Date.now(), text)
  if (typeof value === 'object') {
    const { lat, lon } = value as Partial<NonNullable<TicketFields['point']>>
    const { note, result, state, until } = value as { readonly note?: string; readonly result?: string; readonly state?: string; readonly until?: number }
    const { name = '', nextAt, reference } = value as Partial<NonNullable<TicketWork['referral']>>
    if (field === 'report' || field === 'visit') return [own(text.unit.results, result ?? ''), note].filter(Boolean).join(' · ')
    if (field === 'assignees') return Object.entries(value).map(([unitId, personId]) => [unitName(book, unitId, language), names[String(personId)] ?? ''].filter(Boolean).join(' ')).join('、') || text.ticket.empty
    if (field === 'extension') return [own(text.unit.extension, state ?? ''), ...(until === undefined ? [] : [text.unit.extensionUntil(whenOf(until, Date.now(), text))])].join(' · ')
    if (field === 'referral') return [name, nextAt === undefined ? '' : text.unit.referralNext(whenOf(nextAt, Date.now(), text)), reference ?? ''].filter(Boolean).join(' · ')
    return lat === undefined || lon === undefined ? JSON.stringify(value) : `${lat.toFixed(5)}, ${lon.toFixed(5)}`
  }
  const plain = typeof value === 'string' ? value : JSON.stringify(value)
  switch (field) {
    case 'kind': return own(text.ticket.kinds, plain)
    case 'state': return own(text.ticket.states, plain)
    case 'outcome': return own(text.ticket.outcomes, plain)
    case 'category': return categoryName(book, plain, language)
    case 'unitId': return unitName(book, plain, language)
    case 'assignee': return names[plain] ?? text.unit.assigned
    case 'clock': return own(text.unit.clocks, plain)
    case 'privacy': return own(text.privacy.names, plain)
    case 'priority': return own(text.unit.priority, plain)
    default: return plain
  }
}
