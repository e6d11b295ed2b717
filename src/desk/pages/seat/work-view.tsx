import { useEffect, useRef, useState } from 'react'
import type { CallCard } from '../../../contracts/call.js'
import { useText } from '../../i18n/language.js'
import { isTyping } from '../../shell/shortcuts.js'
import { useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { useAdvice } from '../../ticket/advice.js'
import { CallLog } from '../../ticket/call-log.js'
import { Recordings } from '../../ticket/recordings.js'
import { HistoryList } from '../../ticket/history-list.js'
import { HistoryDrawer } from '../../ticket/ticket-drawer.js'
import { TicketForm } from '../../ticket/ticket-form.js'
import { useWide } from '../../widgets/use-wide.js'
import { About, CallerIdentity, Facts, Hints } from './caller-panel.js'
import { CallerEdit } from './caller-form.js'
import { CallerRecord } from './caller-record.js'
import { nearAtPop, nearOf } from './near.js'
import { EarlyText, useEarly } from './early-text.js'

/** Talking and wrap-up: the caller on the left, his ticket on the right, its history too where there is room. */
export function WorkView({ call, onOpen }: { readonly call: CallCard; readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const skew = useDeskState((state) => state.skew)
  const ticket = useDeskState((state) => state.ticket)
  const now = useNow() + skew
  const wide = useWide('seat')
  const [history, setHistory] = useState(false)
  const form = useRef<HTMLElement>(null)
  const early = useEarly(call.callId, ticket)
  const advice = useAdvice(ticket)

  useEffect(() => {
    // He talks and types at once, whatever button had the focus; somebody who is already in a field is not torn out of it.
    if (isTyping(document.activeElement)) return
    const area = form.current?.querySelector('textarea')
    area?.focus()
    area?.setSelectionRange(area.value.length, area.value.length)
  }, [early.over])

  return (
    <div className="ld-work">
      <aside className="ld-work-left" aria-label={text.call.history}>
        <section className="ld-panel">
          <div className="ld-panel-body ld-caller">
            <CallerIdentity call={call} />
            <CallerEdit call={call} nameOnTicket={ticket?.fields.callerName ?? ''} />
            <Hints hints={call.context.hints} />
            <About call={call} />
            <Facts call={call} ticket={ticket} now={now} />
          </div>
        </section>
        <section className="ld-panel"><CallerRecord call={call} near={ticket === null ? nearAtPop(call) : nearOf(ticket, advice)} onOpen={onOpen} /></section>
      </aside>
      <section className="ld-panel" ref={form}>
        {ticket === null || !early.over
          ? <EarlyText early={early} />
          : <TicketForm ticket={ticket} advice={advice} onHistory={wide ? undefined : () => setHistory(true)} onOpen={onOpen} />}
      </section>
      {wide && (
        <section className="ld-panel" aria-label={text.ticket.history}>
          <header className="ld-panel-head"><h2>{text.ticket.history}</h2></header>
          <div className="ld-panel-body">{ticket !== null && <HistoryList ticket={ticket} />}<CallLog callId={call.callId} /><Recordings callId={call.callId} /></div>
        </section>
      )}
      {!wide && ticket !== null && <HistoryDrawer ticket={ticket} open={history} onClose={() => setHistory(false)} />}
    </div>
  )
}
