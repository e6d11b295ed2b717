import { ArrowLeftOutlined, FileTextOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { Empty } from '../../widgets/empty.js'
import { TicketDetail } from './ticket-detail.js'
import { TicketList } from './ticket-list.js'

/** A list to find tickets in, and the one that is open; on a telephone one of both at a time. */
export default function TicketsPage({ id }: { readonly id: string | null }) {
  const text = useText()
  return (
    <div className={`ld-tickets${id === null ? '' : ' has-ticket'}`}>
      <TicketList here={id} onOpen={(ticketId) => goTo('tickets', ticketId)} />
      {id !== null && <Button type="text" className="ld-tickets-back" icon={<ArrowLeftOutlined />} onClick={() => goTo('tickets')}>{text.unit.back}</Button>}
      {id === null ? <section className="ld-panel ld-tickets-none"><Empty icon={<FileTextOutlined />} title={text.list.pick} /></section> : <TicketDetail key={id} id={id} />}
    </div>
  )
}
