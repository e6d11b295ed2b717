import { BellOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { Notice } from '../../../contracts/dispatch.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { useDesk } from '../../store/desk.js'

/** Kinds that are bad news for who reads them. */
const GRAVE: ReadonlySet<string> = new Set(['urge', 'supervise', 'notice', 'redo', 'undelivered', 'incident'])

/** What this terminal was told, newest first, until somebody puts it away. */
export function Alerts({ notices, onOpen, onDismiss }: { readonly notices: readonly Notice[]; readonly onOpen: (ticketId: string) => void; readonly onDismiss?: (id: string) => void }) {
  const text = useText()
  const english = useLanguage() === 'en'
  const { store } = useDesk()
  const dismiss = (id: string): void => { onDismiss?.(id); store.dispatch({ type: 'noticed', id }) }
  if (notices.length === 0) return null
  return (
    <ul className="ld-alerts" aria-label={text.unit.alerts} aria-live="polite">
      {notices.map(({ id, kind, text: words, ticketId, at, hazard }) => (
        <li key={id} data-notice={kind} className={hazard || GRAVE.has(kind) ? 'is-alarm' : ''}>
          <BellOutlined />
          <button type="button" onClick={() => { onOpen(ticketId); dismiss(id) }}>
            <strong>{text.unit.notices[kind]}</strong><span className="ld-cut">{english ? words.en : words.zh}</span>
          </button>
          <time className="ld-faint">{whenOf(at, Date.now(), text)}</time>
          <Button size="small" type="text" onClick={() => dismiss(id)}>{text.unit.dismiss}</Button>
        </li>
      ))}
    </ul>
  )
}
