import type { ReactNode } from 'react'
import type { Ticket } from '../../contracts/ticket.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk } from '../store/desk.js'
import { useNames } from './use-names.js'

/** One fact of a list of them; `is` says which. */
export function Fact({ name, is, children }: { readonly name: string; readonly is: string; readonly children: ReactNode }) {
  return <div data-fact={is}><dt>{name}</dt><dd>{children}</dd></div>
}

/** What its units did of it, and when; who handles it. The same to the unit and to the hall; lines of a list of facts. */
export function WorkFacts({ ticket: { unitId, work }, now }: { readonly ticket: Ticket; readonly now: number }) {
  const text = useText()
  const words = text.unit
  const language = useLanguage()
  const { book, self } = useDesk()
  const handlers = [...(work.assignee === null || unitId === null ? [] : [[unitId, work.assignee] as const]), ...Object.entries(work.assignees ?? {})]
  const own = self.role === 'unit' ? handlers.filter(([whose]) => whose === self.unitId) : handlers
  const names = useNames(own.map(([whose]) => whose))
  const when = (at: number | null): string => (at === null ? '—' : whenOf(at, now, text))
  const repairs = work.repairedAt != null || work.clocks.some(({ clock }) => clock === 'repair')
  return (
    <>
      <Fact is="delivered" name={words.facts.delivered}>{when(work.deliveredAt)}</Fact>
      <Fact is="signed" name={words.facts.signed}>{when(work.signedAt)}</Fact>
      <Fact is="arrived" name={words.facts.arrived}>{when(work.arrivedAt)}</Fact>
      {work.hazard && <Fact is="safe" name={words.facts.safe}>{when(work.safeAt)}</Fact>}
      {repairs && <Fact is="repaired" name={words.facts.repaired}>{when(work.repairedAt ?? null)}</Fact>}
      <Fact is="reported" name={words.facts.report}>{work.report === null ? '—' : `${when(work.report.at)} · ${words.results[work.report.result]}`}</Fact>
      <Fact is="assignee" name={words.facts.assignee}>{own.length === 0 ? words.nobody : own.map(([whose, id]) => [...(whose === unitId || self.role === 'unit' ? [] : [unitName(book, whose, language)]), names.get(id) ?? words.assigned].join(' ')).join(text.hall.standing.and)}</Fact>
    </>
  )
}
