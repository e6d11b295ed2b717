import type { TicketSummary } from '../../contracts/call.js'
import { classOf } from '../../contracts/life-cycle.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { matterOf, useDesk } from '../store/desk.js'

const known = (table: Readonly<Record<string, string>>, key: string | null): string => (key === null ? '' : table[key] ?? key)

/** Whose turn it is, as a dot. */
const DOTS = { open: 'open', waiting: 'dispatched', closed: 'closed' } as const

/** One ticket in a list: what, where, how it stands. */
export function SummaryRow({ ticket, here = false, onOpen }: { readonly ticket: TicketSummary; readonly here?: boolean; readonly onOpen: (id: string) => void }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const state = known(text.ticket.states, ticket.state)
  return (
    <button type="button" className={`ld-row${here ? ' is-here' : ''}`} aria-current={here ? 'true' : undefined} data-ticket={ticket.id} onClick={() => onOpen(ticket.id)}>
      <span className={`ld-dot is-${DOTS[classOf(ticket.state)]}`} title={state} />
      <span className="ld-row-main ld-cut">
        {matterOf(book, ticket, language, text)}
        <span className="ld-faint ld-mono"> {ticket.number}{ticket.provisionalNumber !== undefined && ` (${ticket.provisionalNumber})`}</span>
      </span>
      <span className="ld-row-end">{ticket.distanceMetres === undefined ? whenOf(ticket.openedAt, Date.now(), text) : text.call.metres(ticket.distanceMetres)}</span>
      <span className="ld-row-line ld-cut">
        <span className={classOf(ticket.state) === 'open' ? 'ld-open' : ''}>{state}</span>
        {ticket.attention === true && <> · <span className="ld-attention">{text.list.attention}</span></>}
        {ticket.callBack && ` · ${text.list.callBack}`}
        {ticket.place !== '' && ` · ${ticket.place}`}
        {ticket.description !== '' && ` · ${ticket.description}`}
      </span>
    </button>
  )
}
