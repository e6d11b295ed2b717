import type { ReactNode } from 'react'
import { LIFE_CYCLE } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { Extension, RunningClock } from '../../contracts/work.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk, useDeskState } from '../store/desk.js'
import { clockName } from './clock-name.js'
import { Disputes } from './disputes.js'
import { DueChip } from './due-chip.js'
import { Followers, MainTicket } from './incident.js'
import { PhotoStrip } from './photo-strip.js'
import { WorkChips, workChips } from './work-chips.js'
import { WorkFacts } from './work-facts.js'

/** What became of a request for more time; one that nobody answered while it could be answered is over. */
export const extensionOf = ({ state }: Pick<Ticket, 'state'>, extension: Extension): Extension['state'] | 'over' => (extension.state !== 'asked' || LIFE_CYCLE[state].clocks.includes('extension') ? extension.state : 'over')

function Line({ name, is, children }: { readonly name: string; readonly is: string; readonly children: ReactNode }) {
  return <div data-standing={is}><dt>{name}</dt><dd>{children}</dd></div>
}

/** Where a ticket stands, for the hall: every clock that runs and whose it is, whether a danger is away, what its units did and when, their photos, more time that was asked for, who helps, who disputes it, and what it is one with. Nothing where there is nothing to say. */
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
  const grave = workChips(ticket, text, now).length > 0
  const given = ticket.dispatchedAt !== null
  const facts = work.extension !== null || work.assist.length > 0 || work.disputes.length > 0 || work.mergedInto !== null || work.members > 0
  if (clocks.length === 0 && !grave && !facts && !given && ticket.state === 'open') return null
  return (
    <section className="ld-standing" aria-label={words.title}>
      {(clocks.length > 0 || grave) && (
        <ul className="ld-standing-clocks">
          {grave && <li><WorkChips ticket={ticket} now={now} /></li>}
          {clocks.map((run) => <li key={`${run.clock} ${run.unitId ?? ''}`} data-clock={run.clock} data-of={run.unitId ?? 'hall'}><DueChip at={run.at.urge} name={[whose(run), clockName(run.clock, ticket.fields.kind === null, text)].filter(Boolean).join(' · ')} warnAt={run.at.warn} /></li>)}
        </ul>
      )}
      {given && <dl className="ld-standing-times"><WorkFacts ticket={ticket} now={now} /></dl>}
      {/* Nobody takes photos of what was never given to him, and somebody types. */}
      {(given || ticket.state !== 'open') && <PhotoStrip ticketId={ticket.id} version={ticket.version} quiet />}
      {facts && (
        <dl className="ld-standing-facts">
          {work.extension !== null && <Line name={text.unit.facts.extension} is="extension"><strong>{text.unit.extension[extensionOf(ticket, work.extension)]}</strong> · {nameOf(work.extension.unitId)} · {text.unit.until} {whenOf(work.extension.until, now, text)}{work.extension.note !== '' && ` · ${work.extension.note}`}</Line>}
          {work.assist.length > 0 && <Line name={words.assist} is="assist">{work.assist.map(nameOf).join(words.and)}</Line>}
          {work.disputes.length > 0 && <Line name={text.unit.facts.disputes} is="disputes"><Disputes ticket={ticket} /></Line>}
          {work.mergedInto !== null && <Line name={words.into} is="into"><MainTicket key={work.mergedInto} id={work.mergedInto} onOpen={onOpen} /></Line>}
          {work.members > 0 && <Line name={words.incident} is="members"><Followers key={ticket.id} ticket={ticket} onOpen={onOpen} /></Line>}
        </dl>
      )}
    </section>
  )
}
