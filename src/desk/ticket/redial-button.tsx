import { PhoneOutlined } from '@ant-design/icons'
import { App as AntApp, Button } from 'antd'
import { textOfError } from '../api/error-text.js'
import { useLanguage, useText } from '../i18n/language.js'
import { useDesk, useDeskState } from '../store/desk.js'

/** Calls the citizen of a ticket back: the own telephone rings first. */
export function RedialButton({ ticketId, number }: { readonly ticketId: string; readonly number: string }) {
  const text = useText()
  const language = useLanguage()
  const { hasSeat, socket } = useDesk()
  const { message } = AntApp.useApp()
  const redial = useDeskState((state) => state.me?.redial)
  const free = useDeskState((state) => state.seat === 'active' && state.me?.callId === undefined && state.me?.redial === undefined)
  if (!hasSeat || number === '') return null
  if (redial?.ticketId === ticketId) return <span className="ld-chip is-talk" role="status">{redial.reached ? text.talk.redialReached : text.talk.redialling}</span>
  const ask = (): void => { socket.ask({ type: 'call.redial', ticketId }).catch((error: unknown) => { void message.error(textOfError(error, language, text)) }) }
  return <Button size="small" icon={<PhoneOutlined />} disabled={!free} onClick={ask}>{text.talk.redial}</Button>
}
