import { useState } from 'react'
import { CHANNEL, channelText, tagText } from '../../i18n/flow-tag.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { categoryName, unitName, useDesk } from '../../store/desk.js'
import { useAdvice } from '../../ticket/advice.js'
import { CallLog } from '../../ticket/call-log.js'
import { CallerNumber } from '../../ticket/caller-number.js'
import { HistoryList } from '../../ticket/history-list.js'
import { HistoryDrawer } from '../../ticket/ticket-drawer.js'
import { TicketForm } from '../../ticket/ticket-form.js'
import { useTicket } from '../../ticket/use-ticket.js'
import { Recordings } from '../../ticket/recordings.js'
import { RedialButton } from '../../ticket/redial-button.js'
import { useWide } from '../../widgets/use-wide.js'

/** One ticket: who called, the form, and its history (beside it where there is room). */
export function TicketDetail({ id }: { readonly id: string }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const { ticket, missing } = useTicket(id)
  const advice = useAdvice(ticket)
  const wide = useWide('tickets')
  const [history, setHistory] = useState(false)
  if (ticket === null) return <section className="ld-panel"><p className="ld-empty" role={missing ? 'alert' : 'status'}>{missing ? text.ticket.gone : text.loading}</p></section>
  const now = Date.now()
  const keys = ticket.tags.filter(({ key }) => key !== CHANNEL)
  const channel = ticket.tags.find(({ key }) => key === CHANNEL)
  return (
    <div className={`ld-detail${wide ? ' has-side' : ''}`}>
      <section className="ld-panel">
        <div className="ld-detail-caller">
          <span>{text.call.from} <strong><CallerNumber key={ticket.id} ticket={ticket} /></strong></span>
          <span>{ticket.caller.verified ? text.call.verified : text.call.unverified}</span>
          <span>{text.ticket.answeredAt} <strong>{whenOf(ticket.answeredAt, now, text)}</strong></span>
          {ticket.unitId !== null && <span>{text.ticket.unit} <strong>{unitName(book, ticket.unitId, language)}</strong></span>}
          <RedialButton ticketId={ticket.id} number={ticket.work.privacy === 'anonymous' ? '*' : ticket.caller.number} />
          {channel !== undefined && <span>{text.call.channel} <strong>{channelText(channel.value)}</strong></span>}
          {keys.length > 0 && <span>{text.call.path} {keys.map((tag) => tagText(tag, (code) => categoryName(book, code, language), text)).join(' · ')}</span>}
        </div>
        <TicketForm ticket={ticket} advice={advice} onHistory={wide ? undefined : () => setHistory(true)} />
      </section>
      {wide && (
        <section className="ld-panel" aria-label={text.ticket.history}>
          <header className="ld-panel-head"><h2>{text.ticket.history}</h2></header>
          <div className="ld-panel-body"><HistoryList ticket={ticket} /><CallLog callId={ticket.id} /><Recordings callId={ticket.id} /></div>
        </section>
      )}
      {!wide && <HistoryDrawer ticket={ticket} open={history} onClose={() => setHistory(false)} />}
    </div>
  )
}
