import type { Ticket } from '../../contracts/ticket.js'
import { whenOf } from '../i18n/format.js'
import type { Dictionary } from '../i18n/zh-CN.js'
import { citedText } from './cited.js'

/** What a unit said of a ticket: in short, and in its own words. */
export interface Said { readonly kind: 'report' | 'return'; readonly head: string; readonly note: string }

/** What the hall must have read before it does the next thing: the report that it closes by, or why the ticket came back; of a closed one the report by which it ended. Null: nothing. */
export function saidOf({ state, work }: Pick<Ticket, 'state' | 'work'>, nameOf: (unitId: string) => string, text: Dictionary, now: number): Said | null {
  const head = (parts: readonly string[]): string => parts.filter(Boolean).join(' · ')
  if (state === 'reported' || state === 'visited' || state === 'closed') {
    const { report } = work
    if (report === null) return null
    return { kind: 'report', head: head([text.hall.reportedBy(nameOf(report.unitId)), text.unit.results[report.result], report.photos.length === 0 ? '' : `${text.unit.photos} ${text.unit.count(report.photos.length)}`, whenOf(report.at, now, text)]), note: report.note }
  }
  if (state === 'returned' || state === 'ruling') {
    const back = work.returns.at(-1)
    if (back === undefined) return null
    return { kind: 'return', head: head([text.hall.returnedBy(nameOf(back.unitId)), back.duty === null ? '' : text.hall.citing(citedText({ duty: back.duty, to: back.to }, nameOf)), whenOf(back.at, now, text)]), note: back.note }
  }
  return null
}
