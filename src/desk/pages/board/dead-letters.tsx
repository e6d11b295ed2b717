import { App as AntApp, Button } from 'antd'
import { textOfError } from '../../api/error-text.js'
import { call } from '../../api/endpoints.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { unitName, useDesk } from '../../store/desk.js'
import { useLive } from '../../store/use-live.js'

const SHOWN = 20

/** Messages that were given up, for who may send them again. Nothing while there are none. */
export function DeadLetters() {
  const text = useText()
  const words = text.board.dead
  const language = useLanguage()
  const { book } = useDesk()
  const { message } = AntApp.useApp()
  const { value, again } = useLive('dead-letters', (signal) => call('outbox', { query: { dead: true, limit: SHOWN, offset: 0 } }, { signal }))
  if (value === null || value.messages.length === 0) return null
  const replay = (id: string): void => {
    call('replay', { params: { id }, body: {} }).then(() => { void message.success(words.sent); again() }, (error: unknown) => { void message.error(textOfError(error, language, text)); again() })
  }
  return (
    <>
      <header className="ld-panel-head"><h2>{words.title}</h2><span className="ld-count">{value.total}</span></header>
      <ul className="ld-panel-body ld-dead">
        {value.messages.map(({ id, kind, channel, unitId, to, ticketId, createdAt, error }) => (
          <li key={id} data-dead={id}>
            <span className="ld-chip is-alarm">{text.unit.notices[kind]}</span>
            <span className="ld-cut" title={error}>{[unitId === null ? '' : unitName(book, unitId, language), channel, to].filter((part) => part !== '').join(' · ')}</span>
            <small className="ld-faint ld-cut" title={error}>{whenOf(createdAt, Date.now(), text)} · {error}</small>
            {ticketId !== null && <Button size="small" type="text" onClick={() => goTo('tickets', ticketId)}>{text.unit.open}</Button>}
            <Button size="small" onClick={() => replay(id)} data-replay>{words.replay}</Button>
          </li>
        ))}
      </ul>
    </>
  )
}
