import type { ReactNode } from 'react'
import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { Extension, RunningClock } from '../../contracts/work.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk, useDeskState } from '../store/desk.js'
import { Disputes } from './disputes.js'
import { DueChip } from './due-chip.js'
import { Followers, MainTicket } from './incident.js'
import { WorkChips, workChips } from './work-chips.js'

/** What became of a request for more time; one that nobody answered while it could be answered is over. */
export const extensionOf = ({ state }: Pick<Ticket, 'state'>, extension: Extension): Extension['state'] | 'over' => (extension.state !== 'asked' || LIFE_CYCLE[state].clocks.includes('extension') ? extension.state : 'over')

function Fact({ name, is, children }: { readonly name: string; readonly is: string; readonly children: ReactNode }) {
  return <div data-standing={is}><dt>{name}</dt><dd>{children}</dd></div>
}

/** Where a ticket stands, for the hall: every clock that runs and whose it is, more time that was asked for, who helps, who disputes it, and what it is one with. Nothing where there is nothing to say. */
export function Standing({ ticket, onOpen }: { readonly ticket: Ticket; readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const words = text.hall.standing
  const language = useLanguage()
  const { book } = useDesk()
  const now = Date.now() + useDeskState((state) => state.skew)
  const { unitId, work } = ticket
  const nameOf = (id: string): string => unitName(book, id, language)
  // The leading unit stands beside the button that gives it away; the hall and whoever helps are named.
  const whose = (clock: RunningClock): string => (clock.unitId === null ? words.hall : clock.unitId === unitId ? '' : nameOf(clock.unitId))
  const clocks = [...work.clocks].sort((a, b) => a.at.urge - b.at.urge)
  const grave = workChips(work, text).length > 0
  const facts = work.extension !== null || work.assist.length > 0 || work.disputes.length > 0 || work.mergedInto !== null || work.members > 0
  if (clocks.length === 0 && !grave && !facts) return null
  return (
    <section className="ld-standing" aria-label={words.title}>
      {(clocks.length > 0 || grave) && (
        <ul className="ld-standing-clocks">
          {grave && <li><WorkChips work={work} /></li>}
          {clocks.map((run) => <li key={`${run.clock} ${run.unitId ?? ''}`} data-clock={run.clock} data-of={run.unitId ?? 'hall'}><DueChip at={run.at.urge} name={[whose(run), text.unit.clocks[run.clock]].filter(Boolean).join(' · ')} warnAt={run.at.warn} /></li>)}
        </ul>
      )}
      {facts && (
        <dl className="ld-standing-facts">
          {work.extension !== null && <Fact name={text.unit.facts.extension} is="extension"><strong>{text.unit.extension[extensionOf(ticket, work.extension)]}</strong> · {nameOf(work.extension.unitId)} · {text.unit.until} {whenOf(work.extension.until, now, text)}{work.extension.note !== '' && ` · ${work.extension.note}`}</Fact>}
          {work.assist.length > 0 && <Fact name={words.assist} is="assist">{work.assist.map(nameOf).join(words.and)}</Fact>}
          {work.disputes.length > 0 && <Fact name={text.unit.facts.disputes} is="disputes"><Disputes ticket={ticket} /></Fact>}
          {work.mergedInto !== null && <Fact name={words.into} is="into"><MainTicket key={work.mergedInto} id={work.mergedInto} onOpen={onOpen} /></Fact>}
          {work.members > 0 && <Fact name={words.incident} is="members"><Followers key={ticket.id} ticket={ticket} onOpen={onOpen} /></Fact>}
        </dl>
      )}
    </section>
  )
}
