import { BellOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState } from 'react'
import type { Notice } from '../../../contracts/dispatch.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { unitName, useDesk } from '../../store/desk.js'
import { useWide } from '../../widgets/use-wide.js'
import { alertsOf } from './alert-order.js'

/** Kinds that are bad news for who reads them. */
const GRAVE: ReadonlySet<string> = new Set(['urge', 'supervise', 'notice', 'redo', 'raised', 'changed', 'undelivered', 'incident'])
/** Lines on a telephone, until somebody wants all of them: the list below them is what he works with. */
const NARROW = 2

/** The text stands by itself in a short message; here its title is said already. */
function aboutOf(said: string, number: string): string {
  const at = said.indexOf(number)
  return at < 0 ? said : said.slice(at)
}

/** What this terminal was told, a line for each ticket, in one place: the newest work first, then danger, until somebody puts it away. */
export function Alerts({ notices, most, onOpen, onDismiss }: { readonly notices: readonly Notice[]; readonly most: number; readonly onOpen: (ticketId: string) => void; readonly onDismiss?: (id: string) => void }) {
  const text = useText()
  const language = useLanguage()
  const english = language === 'en'
  const { store, book } = useDesk()
  const wide = useWide('unit')
  const [all, setAll] = useState(false)
  const dismiss = (some: readonly Notice[]): void => { for (const { id } of some) { onDismiss?.(id); store.dispatch({ type: 'noticed', id }) } }
  if (notices.length === 0) return null
  const alerts = alertsOf(notices)
  const few = wide ? most : Math.min(most, NARROW)
  const more = alerts.length - few
  /** To whom it did not come, and what helps: the telephone. */
  const unheard = (about: string): string => text.unit.unheard(unitName(book, about, language), book.units.find(({ id }) => id === about)?.phone ?? '')
  /** What still wants something: who reported wants no more time. */
  const standing = (about: readonly Notice[]): readonly Notice[] => about.filter(({ kind, at }) => kind !== 'extension-asked' || !about.some((one) => one.kind === 'reported' && one.at >= at))
  const title = ({ kind, clock, until }: Notice): string => until !== undefined ? text.unit.extensionAnswered(until === null ? null : whenOf(until, Date.now(), text)) : `${text.unit.notices[kind]}${clock !== undefined && kind !== 'undelivered' ? ` · ${text.unit.clocks[clock]}` : ''}`
  return (
    <section className="ld-alerts" aria-label={text.unit.alerts}>
      <ul aria-live="polite">
        {alerts.slice(0, all ? undefined : few).map((about) => {
          const [newest] = about
          const missed = [...new Set(about.flatMap((one) => (one.kind === 'undelivered' && one.about !== undefined ? [one.about] : [])))]
          const danger = about.some(({ hazard }) => hazard)
          return (
            <li key={newest.ticketId} data-notice={[...new Set(about.map(({ kind }) => kind))].join(' ')} className={danger || about.some(({ kind }) => GRAVE.has(kind)) ? 'is-alarm' : ''}>
              <BellOutlined />
              <button type="button" onClick={() => { onOpen(newest.ticketId); dismiss(about) }}>
                <span className="ld-alert-what">{danger && <span className="ld-chip is-alarm">{text.unit.hazard}</span>}<strong>{[...new Set([...standing(about)].reverse().map(title))].join(english ? ', ' : '、')}</strong>{missed.map((unit) => <span key={unit} className="ld-unheard">{unheard(unit)}</span>)}</span>
                <span className="ld-cut">{aboutOf(english ? newest.text.en : newest.text.zh, newest.number)}</span>
              </button>
              <time className="ld-faint">{whenOf(newest.at, Date.now(), text)}</time>
              <Button size="small" type="text" onClick={() => dismiss(about)}>{text.unit.dismiss}</Button>
            </li>
          )
        })}
      </ul>
      {alerts.length > 1 && (
        <div className="ld-alerts-more">
          {more > 0 && <Button size="small" type="link" aria-expanded={all} onClick={() => setAll(!all)}>{all ? text.unit.fewerAlerts : text.unit.moreAlerts(more)}</Button>}
          <Button size="small" type="text" onClick={() => dismiss(notices)}>{text.unit.dismissAll(alerts.length)}</Button>
        </div>
      )}
    </section>
  )
}
