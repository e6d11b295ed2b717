import { BellOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useState, type MouseEvent } from 'react'
import type { Notice } from '../../contracts/dispatch.js'
import { whenOf } from '../i18n/format.js'
import { useLanguage, useText } from '../i18n/language.js'
import { unitName, useDesk } from '../store/desk.js'
import { clockName } from '../ticket/clock-name.js'
import { useWide } from '../widgets/use-wide.js'
import { aboutOf, alertsOf, isStage, newsOf } from './alert-order.js'

/** Kinds that are bad news for who reads them. */
const GRAVE: ReadonlySet<string> = new Set(['urge', 'supervise', 'notice', 'redo', 'raised', 'changed', 'undelivered', 'incident'])
/** Lines on a telephone, until somebody wants all of them: the list below them is what he works with. */
const NARROW = 2

/** Another line has the focus before this one goes: who works by keys puts away one after the other. */
function leave({ currentTarget }: MouseEvent<HTMLElement>): void {
  const line = currentTarget.closest('li')
  ;(line?.nextElementSibling ?? line?.previousElementSibling)?.querySelector<HTMLElement>('[data-dismiss]')?.focus()
}

/** What this terminal was told, a line for each ticket, in one place: the newest work first, then danger. Who looks at a ticket has settled nothing: a line goes with the matter, or when somebody puts it away. */
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
  const title = (notice: Notice): string => notice.until !== undefined ? text.unit.extensionAnswered(notice.until === null ? null : whenOf(notice.until, Date.now(), text)) : [text.unit.notices[notice.kind], ...(notice.clock !== undefined && notice.kind !== 'undelivered' ? [clockName(notice.clock, notice.unsorted ?? false, text)] : []), ...(isStage(notice) ? [text.unit.since(whenOf(notice.at, Date.now(), text))] : [])].join(' · ')
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
              <button type="button" onClick={() => onOpen(newest.ticketId)}>
                <span className="ld-alert-what">{danger && <span className="ld-chip is-alarm">{text.unit.hazard}</span>}<strong>{newsOf(about).map(title).join(english ? ', ' : '、')}</strong>{missed.map((unit) => <span key={unit} className="ld-unheard">{unheard(unit)}</span>)}</span>
                <span className="ld-cut">{aboutOf(english ? newest.text.en : newest.text.zh, newest)}</span>
              </button>
              {!isStage(newest) && <time className="ld-faint">{whenOf(newest.at, Date.now(), text)}</time>}
              <Button size="small" type="text" data-dismiss aria-label={`${text.unit.dismiss} ${newest.number}`} onClick={(event) => { leave(event); dismiss(about) }}>{text.unit.dismiss}</Button>
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
