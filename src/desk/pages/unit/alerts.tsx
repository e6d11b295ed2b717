import { BellOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import type { Notice } from '../../../contracts/dispatch.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { unitName, useDesk } from '../../store/desk.js'

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
  const language = useLanguage()
  const english = language === 'en'
  const { store, book } = useDesk()
  const dismiss = (id: string): void => { onDismiss?.(id); store.dispatch({ type: 'noticed', id }) }
  if (notices.length === 0) return null
  const more = notices.length - most
  /** To whom it did not come, and what helps: the telephone. */
  const unheard = (about: string): string => text.unit.unheard(unitName(book, about, language), book.units.find(({ id }) => id === about)?.phone ?? '')
  return (
    <ul className="ld-alerts" aria-label={text.unit.alerts} aria-live="polite">
      {[...notices].sort((a, b) => Number(b.hazard) - Number(a.hazard)).slice(0, most).map(({ id, kind, number, text: words, ticketId, at, hazard, clock, about }) => (
        <li key={id} data-notice={kind} className={hazard || GRAVE.has(kind) ? 'is-alarm' : ''}>
          <BellOutlined />
          <button type="button" onClick={() => { onOpen(ticketId); dismiss(id) }}>
            {hazard && <span className="ld-chip is-alarm">{text.unit.hazard}</span>}<strong>{text.unit.notices[kind]}{clock !== undefined && kind !== 'undelivered' && ` · ${text.unit.clocks[clock]}`}</strong>{kind === 'undelivered' && about !== undefined && <span className="ld-unheard">{unheard(about)}</span>}<span className="ld-cut">{aboutOf(english ? words.en : words.zh, number)}</span>
          </button>
          <time className="ld-faint">{whenOf(at, Date.now(), text)}</time>
          <Button size="small" type="text" onClick={() => dismiss(id)}>{text.unit.dismiss}</Button>
        </li>
      ))}
      {more > 0 && <li className="ld-alerts-more">{text.unit.moreAlerts(more)}</li>}
    </ul>
  )
}
