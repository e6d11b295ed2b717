import { Checkbox } from 'antd'
import type { Clock } from '../../../contracts/life-cycle.js'
import type { TicketSummary } from '../../../contracts/call.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { matterOf, unitName, useDesk } from '../../store/desk.js'
import { clockName } from '../../ticket/clock-name.js'
import { DueChip } from '../../ticket/due-chip.js'
import { HazardChip, hazardOf } from '../../ticket/hazard-chip.js'

/** One ticket on the board: chosen to be urged with others, where it can be (`fit`), or opened. */
export function BoardRow({ ticket, chosen, fit, onChoose }: { readonly ticket: TicketSummary; readonly chosen: boolean; readonly fit: boolean; readonly onChoose: (id: string) => void }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  return (
    <div className={`ld-board-row${hazardOf(ticket) === 'open' ? ' is-hazard' : ''}${chosen ? ' is-chosen' : ''}`} data-ticket={ticket.id}>
      <Checkbox checked={chosen} disabled={!fit} {...(!fit && { title: text.board.notUrgeable })} aria-label={ticket.number} onChange={() => onChoose(ticket.id)} />
      <button type="button" onClick={() => goTo('tickets', ticket.id)}>
        <span className="ld-board-number"><span className="ld-mono">{ticket.number}</span><small className="ld-faint">{whenOf(ticket.openedAt, Date.now(), text)}</small></span>
        <span className="ld-board-what">
          <span className="ld-cut"><strong>{matterOf(book, ticket, language, text)}</strong> {ticket.place}</span>
          <span className="ld-cut ld-faint">{ticket.description || '—'}</span>
        </span>
        <span className="ld-cut ld-board-at">{unitName(book, ticket.unitId, language) || '—'}</span>
        <span className="ld-board-state">
          <HazardChip hazard={ticket.hazard} safeAt={ticket.safeAt} state={ticket.state} />
          {(ticket.members ?? 0) > 0 && <span className="ld-chip is-talk">+{ticket.members}</span>}
          <span className="ld-chip">{text.ticket.states[ticket.state as keyof typeof text.ticket.states]}</span>
        </span>
        <span className="ld-board-due">{ticket.urgedAt != null && <span className="ld-chip is-ring" data-urged>{text.board.urgedAt(whenOf(ticket.urgedAt, Date.now(), text))}</span>}{ticket.dueAt != null && <DueChip at={ticket.dueAt} {...(ticket.dueClock != null && { name: clockName(ticket.dueClock as Clock, ticket.kind === null, text) })} />}</span>
      </button>
    </div>
  )
}
