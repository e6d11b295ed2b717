import { BellOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { Notice } from '../../../contracts/dispatch.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { useDesk } from '../../store/desk.js'

/** Kinds that are bad news for who reads them. */
const GRAVE: ReadonlySet<string> = new Set(['urge', 'supervise', 'notice', 'redo', 'undelivered', 'incident'])

/** The text stands by itself in a short message; here its title is said already. */
function aboutOf(said: string, number: string): string {
  const at = said.indexOf(number)
  return at < 0 ? said : said.slice(at)
}

/** What this terminal was told, danger first, then the newest, until somebody puts it away. */
export function Alerts({ notices, most, onOpen, onDismiss }: { readonly notices: readonly Notice[]; readonly most: number; readonly onOpen: (ticketId: string) => void; readonly onDismiss?: (id: string) => void }) {
  const text = useText()
  const english = useLanguage() === 'en'
  const { store } = useDesk()
  const dismiss = (id: string): void => { onDismiss?.(id); store.dispatch({ type: 'noticed', id }) }
  if (notices.length === 0) return null
  return (
    <ul className="ld-alerts" aria-label={text.unit.alerts} aria-live="polite">
      {[...notices].sort((a, b) => Number(b.hazard) - Number(a.hazard)).slice(0, most).map(({ id, kind, number, text: words, ticketId, at, hazard }) => (
        <li key={id} data-notice={kind} className={hazard || GRAVE.has(kind) ? 'is-alarm' : ''}>
          <BellOutlined />
          <button type="button" onClick={() => { onOpen(ticketId); dismiss(id) }}>
            {hazard && <span className="ld-chip is-alarm">{text.unit.hazard}</span>}<strong>{text.unit.notices[kind]}</strong><span className="ld-cut">{aboutOf(english ? words.en : words.zh, number)}</span>
          </button>
          <time className="ld-faint">{whenOf(at, Date.now(), text)}</time>
          <Button size="small" type="text" onClick={() => dismiss(id)}>{text.unit.dismiss}</Button>
        </li>
      ))}
    </ul>
  )
}
