import { useId, useRef, useState } from 'react'
import type { CallCard, EarlierCall } from '../../../contracts/call.js'
import { classOf } from '../../../contracts/life-cycle.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { Keys } from '../../shell/shortcut-help.js'
import { useShortcut } from '../../shell/shortcuts.js'
import { categoryName, useDesk } from '../../store/desk.js'
import { SummaryRow } from '../../widgets/summary-row.js'
import { countOf, type Near } from './near.js'

interface RecordProps { readonly call: CallCard; readonly onOpen: (ticketId: string) => void }

/** The caller's earlier tickets, open ones first. */
export function EarlierTickets({ call, onOpen }: RecordProps) {
  const text = useText()
  const { complete, earlierTickets } = call.context
  if (earlierTickets.length === 0) return <p className="ld-empty">{call.caller.number === '' ? text.call.notLookedUp.number : complete ? text.call.noEarlierTickets : text.call.incomplete}</p>
  return earlierTickets.map((ticket) => <SummaryRow key={ticket.id} ticket={ticket} onOpen={onOpen} />)
}

/** Open tickets of the same category nearby. */
export function Nearby({ near, onOpen }: { readonly near: Near } & Pick<RecordProps, 'onOpen'>) {
  const text = useText()
  if (typeof near === 'string') return <p className="ld-empty" role="status" data-near={near}>{near === 'asking' ? text.loading : text.call.notLookedUp[near]}</p>
  if (near.length === 0) return <p className="ld-empty">{text.call.noNearby}</p>
  return near.map((ticket) => <SummaryRow key={ticket.id} ticket={ticket} onOpen={onOpen} />)
}

/** The caller's earlier calls. */
export function EarlierCalls({ call }: { readonly call: CallCard }) {
  const text = useText()
  const { complete, earlierCalls } = call.context
  if (earlierCalls.length === 0) return <p className="ld-empty">{call.caller.number === '' ? text.call.notLookedUp.number : complete ? text.call.noEarlierCalls : text.call.incomplete}</p>
  return earlierCalls.map((earlier) => <CallLine key={earlier.callId} earlier={earlier} />)
}

function CallLine({ earlier }: { readonly earlier: EarlierCall }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  return (
    <div className="ld-row">
      <span className={`ld-dot is-${earlier.state === 'abandoned' ? 'open' : 'closed'}`} />
      <span className="ld-cut">{categoryName(book, earlier.category, language) || text.call.noTag}<span className="ld-soft"> · {text.call.states[earlier.state]}</span></span>
      <span className="ld-row-end">{whenOf(earlier.at, Date.now(), text)}</span>
    </div>
  )
}

const TABS = ['tickets', 'nearby', 'calls'] as const
type Tab = (typeof TABS)[number]

/** The caller's tickets, what is open near him, and his calls, one list at a time. Open ones are counted in amber. */
export function CallerRecord({ call, near, onOpen }: RecordProps & { readonly near: Near }) {
  const text = useText()
  const { earlierTickets, earlierCalls } = call.context
  const nearby = countOf(near)
  const [chosen, setChosen] = useState<Tab | null>(null)
  const id = useId()
  const list = useRef<HTMLDivElement>(null)
  const tab = chosen ?? (earlierTickets.length > 0 || nearby === null || nearby === 0 ? 'tickets' : 'nearby')
  const open = earlierTickets.filter(({ state }) => classOf(state) !== 'closed').length
  useShortcut('history', () => list.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus())
  const labels: Record<Tab, { readonly label: string; readonly count: number | null; readonly open: boolean }> = {
    tickets: { label: text.call.earlierTickets, count: earlierTickets.length, open: open > 0 },
    nearby: { label: text.call.nearby, count: nearby, open: nearby !== null && nearby > 0 },
    calls: { label: text.call.earlierCalls, count: earlierCalls.length, open: false },
  }
  const step = (by: number): void => {
    const next = TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length] ?? tab
    setChosen(next)
    list.current?.querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus()
  }
  return (
    <div className="ld-record" ref={list}>
      <div
        className="ld-record-tabs" role="tablist" aria-label={text.call.history}
        onKeyDown={({ key }) => { if (key === 'ArrowRight') step(1); else if (key === 'ArrowLeft') step(-1) }}
      >
        {TABS.map((entry) => (
          <button key={entry} type="button" role="tab" id={`${id}-${entry}`} data-tab={entry} aria-selected={tab === entry} tabIndex={tab === entry ? 0 : -1} onClick={() => setChosen(entry)}>
            {labels[entry].label}<span className={`ld-count${labels[entry].open ? ' is-open' : ''}`}>{labels[entry].count ?? '—'}</span>
          </button>
        ))}
        <span className="ld-spring" /><span className="ld-check"><Keys name="history" /></span>
      </div>
      <div className="ld-record-body" role="tabpanel" aria-labelledby={`${id}-${tab}`}>
        {tab === 'tickets' && <EarlierTickets call={call} onOpen={onOpen} />}
        {tab === 'nearby' && <Nearby near={near} onOpen={onOpen} />}
        {tab === 'calls' && <EarlierCalls call={call} />}
      </div>
    </div>
  )
}
