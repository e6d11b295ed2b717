import { ArrowLeftOutlined } from '@ant-design/icons'
import { Button, Drawer } from 'antd'
import { useState } from 'react'
import type { Ticket } from '../../contracts/ticket.js'
import { useText } from '../i18n/language.js'
import { useAdvice } from './advice.js'
import { CallLog } from './call-log.js'
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
  /** Those that he came by, the first one first; the number of one that was left is known. Another one, one with the last, takes its place. */
  const [way, setWay] = useState<readonly { readonly id: string; readonly number: string }[]>([{ id: first, number: '' }])
  const { id } = way.at(-1) ?? { id: first }
  const before = way.at(-2)
  const { ticket, missing } = useTicket(id)
  const advice = useAdvice(ticket)
  const [history, setHistory] = useState(false)
  /** To one that he came by he goes back: the way has each once. */
  const open = (next: string, number: string): void => {
    const at = way.findIndex((one) => one.id === next)
    setWay(at >= 0 ? way.slice(0, at + 1) : [...way.slice(0, -1), { id, number }, { id: next, number: '' }])
  }
  return (
    <>
      {before !== undefined && <div className="ld-drawer-back"><Button type="text" size="small" icon={<ArrowLeftOutlined />} data-drawer-back={before.id} onClick={() => setWay(way.slice(0, -1))}>{text.ticket.back(before.number)}</Button></div>}
      {ticket === null ? <p className="ld-empty">{missing ? text.ticket.gone : text.loading}</p> : (
        <>
          <TicketForm ticket={ticket} advice={advice} onHistory={() => setHistory(true)} onOpen={(next) => open(next, ticket.number)} />
          <HistoryDrawer ticket={ticket} open={history} onClose={() => setHistory(false)} />
        </>
      )}
    </>
  )
}

/** The history beside a form that has no room for it. */
export function HistoryDrawer({ ticket, open, onClose }: { readonly ticket: Ticket; readonly open: boolean; readonly onClose: () => void }) {
  const text = useText()
  return (
    <Drawer open={open} onClose={onClose} size={460} destroyOnHidden title={`${text.ticket.history} · ${ticket.number}`}>
      {open && <><HistoryList ticket={ticket} /><CallLog callId={ticket.id} /><Recordings callId={ticket.id} /></>}
    </Drawer>
  )
}
