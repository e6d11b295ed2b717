import { Drawer } from 'antd'
import { useState } from 'react'
import type { Ticket } from '../../contracts/ticket.js'
import { useText } from '../i18n/language.js'
import { CallLog } from './call-log.js'
import { PhotoStrip } from './photo-strip.js'
import { Recordings } from './recordings.js'
import { HistoryList } from './history-list.js'
import { TicketForm } from './ticket-form.js'
import { useTicket } from './use-ticket.js'

/** An earlier or nearby ticket, laid over the call without leaving it. */
export function TicketDrawer({ id, onClose }: { readonly id: string | null; readonly onClose: () => void }) {
  return (
    <Drawer open={id !== null} onClose={onClose} size={720} destroyOnHidden classNames={{ root: 'ld-drawer' }} closable={false}>
      {id !== null && <Opened key={id} first={id} />}
    </Drawer>
  )
}

function Opened({ first }: { readonly first: string }) {
  const text = useText()
  /** Another one, one with the first, takes its place. */
  const [id, setId] = useState(first)
  const { ticket, missing } = useTicket(id)
  const [history, setHistory] = useState(false)
  if (ticket === null) return <p className="ld-empty">{missing ? text.ticket.gone : text.loading}</p>
  return (
    <>
      <TicketForm ticket={ticket} onHistory={() => setHistory(true)} onOpen={setId} />
      <HistoryDrawer ticket={ticket} open={history} onClose={() => setHistory(false)} />
    </>
  )
}

/** The history beside a form that has no room for it. */
export function HistoryDrawer({ ticket, open, onClose }: { readonly ticket: Ticket; readonly open: boolean; readonly onClose: () => void }) {
  const text = useText()
  return (
    <Drawer open={open} onClose={onClose} size={460} destroyOnHidden title={`${text.ticket.history} · ${ticket.number}`}>
      {open && <><PhotoStrip ticketId={ticket.id} version={ticket.version} quiet /><HistoryList ticket={ticket} /><CallLog callId={ticket.id} /><Recordings callId={ticket.id} /></>}
    </Drawer>
  )
}
