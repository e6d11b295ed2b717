import { lazy, Suspense, useEffect, useState } from 'react'
import type { TicketSummary } from '../../../contracts/call.js'
import type { QueueView } from '../../../contracts/ws.js'
import { call } from '../../api/endpoints.js'
import { clockOf, percentOf } from '../../i18n/format.js'
import { useText } from '../../i18n/language.js'
import { useDeskState } from '../../store/desk.js'
import { useThrottled } from '../../store/use-throttled.js'
import { SummaryRow } from '../../widgets/summary-row.js'

const HallCharts = lazy(() => import('../../charts/hall-charts.js'))
const RECENT = 20
/** A hall full of changes is one read in so many ms. */
const REST = 3_000

type Tone = 'ring' | 'alarm' | 'ready' | 'talk'

function Tile({ label, value, tone, small = false, note }: { readonly label: string; readonly value: string | number; readonly tone?: Tone | false | undefined; readonly small?: boolean; readonly note?: string | undefined }) {
  return (
    <div className={`ld-tile${small ? ' is-small' : ''}${tone ? ` is-${tone}` : ''}`}>
      <span>{label}</span>
      <strong>{value}{note !== undefined && <small>{note}</small>}</strong>
    </div>
  )
}

/** Between calls: how the hall stands, and what this person did last. */
export function IdleView({ onOpen }: { readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const queue = useDeskState((state) => state.queue)
  const trend = useDeskState((state) => state.trend)
  return (
    <div className="ld-idle">
      <section className="ld-panel ld-idle-hall" aria-label={text.seat.today}>
        {queue !== null && (
          <>
            <Tiles queue={queue} />
            <Suspense><HallCharts queue={queue} trend={trend} /></Suspense>
          </>
        )}
      </section>
      <Recent onOpen={onOpen} />
    </div>
  )
}

function Tiles({ queue }: { readonly queue: QueueView }) {
  const text = useText()
  return (
    <div className="ld-tiles">
      <Tile
        label={text.queue.waiting} value={queue.waiting} tone={queue.waitingEmergency > 0 ? 'alarm' : queue.waiting > 0 && 'ring'}
        note={queue.waitingEmergency > 0 ? `${text.queue.waitingEmergency} ${queue.waitingEmergency}` : undefined}
      />
      <Tile label={text.queue.longest} value={queue.waiting === 0 ? '—' : clockOf(queue.longestWaitSeconds)} tone={queue.longestWaitSeconds >= 45 ? 'alarm' : queue.longestWaitSeconds >= 15 && 'ring'} />
      <Tile label={text.queue.inTime} value={percentOf(queue.answeredInTimeToday, queue.answeredToday)} />
      <Tile small label={text.queue.ready} value={queue.ready} tone={queue.ready > 0 && 'ready'} />
      <Tile small label={text.queue.talking} value={queue.talking} tone={queue.talking > 0 && 'talk'} />
      <Tile small label={text.queue.wrapUp} value={queue.wrapUp} />
      <Tile small label={text.queue.onBreak} value={queue.onBreak} />
      <Tile small label={text.queue.answered} value={queue.answeredToday} />
      <Tile small label={text.queue.abandoned} value={queue.abandonedToday} tone={queue.abandonedToday > 0 && 'ring'} />
    </div>
  )
}

function Recent({ onOpen }: { readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const changes = useThrottled(useDeskState((state) => state.changed?.count ?? 0), REST)
  const joined = useDeskState((state) => state.joined)
  const database = useDeskState((state) => state.health?.database)
  const [tickets, setTickets] = useState<readonly TicketSummary[] | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    call('tickets', { query: { mine: true, limit: RECENT } }, { signal: abort.signal }).then((answer) => setTickets(answer.tickets), () => undefined)
    return () => abort.abort()
  }, [changes, joined, database])
  return (
    <section className="ld-panel" aria-label={text.seat.recent}>
      <header className="ld-panel-head"><h2>{text.seat.recent}</h2></header>
      <div className="ld-record-body">
        {tickets?.length === 0 && <p className="ld-empty">{text.seat.noRecent}<br />{text.seat.waitingHint}</p>}
        {tickets?.map((ticket) => <SummaryRow key={ticket.id} ticket={ticket} onOpen={onOpen} />)}
      </div>
    </section>
  )
}
