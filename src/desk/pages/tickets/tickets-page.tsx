import { FileTextOutlined } from '@ant-design/icons'
import { useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { Empty } from '../../widgets/empty.js'
import { TicketDetail } from './ticket-detail.js'
import { TicketList } from './ticket-list.js'

/** A list to find tickets in, and the one that is open. */
export default function TicketsPage({ id }: { readonly id: string | null }) {
  const text = useText()
  return (
    <div className="ld-tickets">
      <TicketList here={id} onOpen={(ticketId) => goTo('tickets', ticketId)} />
      {id === null ? <section className="ld-panel"><Empty icon={<FileTextOutlined />} title={text.list.pick} /></section> : <TicketDetail key={id} id={id} />}
    </div>
  )
}
