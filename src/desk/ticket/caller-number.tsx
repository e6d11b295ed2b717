import { EyeOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Input } from 'antd'
import { useState } from 'react'
import { classOf } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import { textOfError } from '../api/error-text.js'
import { call } from '../api/endpoints.js'
import { numberOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk } from '../store/desk.js'
import { Dialog } from '../widgets/dialog.js'

/** The complainant as far as this reader may know him: a masked number is shown when he says what for, and forgotten with the page. */
export function CallerNumber({ ticket }: { readonly ticket: Ticket }) {
  const text = useText()
  const words = text.unit
  const language = useLanguage()
  const { self } = useDesk()
  const { message } = AntApp.useApp()
  const [asking, setAsking] = useState(false)
  const [reason, setReason] = useState('')
  const [shown, setShown] = useState<string | null>(null)
  const reveal = (): void => {
    call('reveal', { params: { id: ticket.id }, body: { reason: reason.trim() } }).then(({ number }) => { setShown(number); setAsking(false); setReason('') }, (error: unknown) => { void message.error(textOfError(error, language, text)) })
  }
  if (ticket.caller.number === '' && ticket.work.privacy !== 'open') return <>{ticket.fields.callerName} <span className="ld-faint">{words.hiddenNumber}</span></>
  const masked = ticket.caller.number.includes('*')
  return (
    <>
      {ticket.fields.callerName} {shown !== null ? <a href={`tel:${shown}`} className="ld-mono" data-revealed>{numberOf(shown)}</a> : <span className="ld-mono" data-masked>{(masked ? ticket.caller.number : numberOf(ticket.caller.number)) || words.noNumber}</span>}
      {shown === null && masked && !(self.role === 'unit' && classOf(ticket.state) === 'closed') && <Button size="small" type="link" icon={<EyeOutlined />} onClick={() => setAsking(true)}>{words.reveal}</Button>}
      <Dialog open={asking} title={words.revealTitle} okText={words.reveal} cancelText={words.cancel} okButtonProps={{ disabled: reason.trim().length < 2 }} onOk={reveal} onCancel={() => setAsking(false)} destroyOnHidden>
        <Input value={reason} maxLength={200} placeholder={words.revealHint} aria-label={words.revealWhy} onChange={({ target }) => setReason(target.value)} />
        <p className="ld-faint">{words.revealWhy}</p>
      </Dialog>
    </>
  )
}
