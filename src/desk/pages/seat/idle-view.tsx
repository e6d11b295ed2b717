import { lazy, Suspense, useEffect, useState } from 'react'
import type { TicketSummary } from '../../../contracts/call.js'
import { classOf } from '../../../contracts/life-cycle.js'
import type { MyDay as Day } from '../../../contracts/routes/intake.js'
import type { QueueView } from '../../../contracts/ws.js'
import { call } from '../../api/endpoints.js'
import { clockOf, dayNumber, percentOf } from '../../i18n/format.js'
import { useText } from '../../i18n/language.js'
import { useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { useThrottled } from '../../store/use-throttled.js'
import { SummaryRow } from '../../widgets/summary-row.js'
import { MyDay } from './my-day.js'

const HallTrend = lazy(() => import('../../charts/hall-trend.js'))
/** My tickets that are read; a long shift has about as many. */
const MINE = 100
const RECENT = 20
/** A hall full of changes is one read in so many ms. */
const REST = 3_000
const MINUTE = 60_000

type Tone = 'ring' | 'alarm' | 'ready' | 'talk'

function Tile({ label, value, tone, small = false, note, hint }: { readonly label: string; readonly value: string | number; readonly tone?: Tone | false | undefined; readonly small?: boolean; readonly note?: string | undefined; readonly hint?: string | undefined }) {
  return (
    <div className={`ld-tile${small ? ' is-small' : ''}${tone ? ` is-${tone}` : ''}`} title={hint}>
      <span>{label}</span>
      <strong>{value}{note !== undefined && <small>{note}</small>}</strong>
    </div>
  )
}

/** Between calls: how the hall stands, what waits for this person, and what he did. */
export function IdleView({ onOpen }: { readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const queue = useDeskState((state) => state.queue)
  const stale = useDeskState((state) => state.link !== 'open')
  const { tickets, day } = useMine()
  return (
    <div className="ld-idle">
      <div className="ld-idle-left">
        <section className={`ld-panel ld-idle-hall${stale ? ' is-stale' : ''}`} aria-label={text.seat.today}>
          {queue !== null && <Tiles queue={queue} />}
          <Suspense><HallTrend /></Suspense>
        </section>
        <MyDay day={day} />
      </div>
      <Work tickets={tickets} onOpen={onOpen} />
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
      <Tile label={text.queue.inTime} value={percentOf(queue.answeredInTimeToday, queue.promisedToday)} hint={text.queue.inTimeHint} />
      <Tile small label={text.queue.ready} value={queue.ready} tone={queue.ready > 0 && 'ready'} />
      <Tile small label={text.queue.talking} value={queue.talking} tone={queue.talking > 0 && 'talk'} note={queue.ringing > 0 ? `${text.queue.ringing} ${queue.ringing}` : undefined} />
      <Tile small label={text.queue.wrapUp} value={queue.wrapUp} />
      <Tile small label={text.queue.onBreak} value={queue.onBreak} />
      <Tile small label={text.queue.answered} value={queue.answeredToday} />
      <Tile small label={text.queue.abandoned} value={queue.abandonedToday} tone={queue.abandonedToday > 0 && 'ring'} />
    </div>
  )
}

/** My tickets, newest first, and what I did today; `null` until they are read. A new day begins with nothing done. */
function useMine(): { readonly tickets: readonly TicketSummary[] | null; readonly day: Day | null } {
  const changes = useThrottled(useDeskState((state) => state.changed?.count ?? 0), REST)
  const database = useDeskState((state) => state.health?.database)
  const welcomes = useDeskState((state) => state.welcomes)
  const skew = useDeskState((state) => state.skew)
  const today = dayNumber(useNow(MINUTE) + skew)
  const [tickets, setTickets] = useState<readonly TicketSummary[] | null>(null)
  const [day, setDay] = useState<Day | null>(null)
  useEffect(() => {
    const abort = new AbortController()
    call('tickets', { query: { mine: true, limit: MINE } }, { signal: abort.signal }).then((answer) => setTickets(answer.tickets), () => undefined)
    call('myDay', {}, { signal: abort.signal }).then(setDay, () => undefined)
    return () => abort.abort()
  }, [changes, database, welcomes, today])
  return { tickets, day }
}

/** What waits for me: promised call-backs first, then what is still open; below it what I handled last. */
function Work({ tickets, onOpen }: { readonly tickets: readonly TicketSummary[] | null; readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const waiting = tickets?.filter(({ state, callBack }) => classOf(state) === 'open' || (callBack && classOf(state) !== 'closed')) ?? []
  const todo = [...waiting.filter(({ callBack }) => callBack), ...waiting.filter(({ callBack }) => !callBack)]
  const done = tickets?.filter((ticket) => !waiting.includes(ticket)).slice(0, RECENT) ?? []
  const toCallBack = waiting.filter(({ callBack }) => callBack).length
  return (
    <div className="ld-idle-work">
      <section className="ld-panel" aria-label={text.seat.todo}>
        <header className="ld-panel-head">
          <h2>{text.seat.todo}</h2><span className={`ld-count${todo.length > 0 ? ' is-open' : ''}`}>{todo.length}</span>
          {toCallBack > 0 && <span className="ld-chip is-ring">{text.seat.toCallBack} {toCallBack}</span>}
        </header>
        <div className="ld-record-body">
          {tickets === null && <p className="ld-empty">{text.loading}</p>}
          {tickets !== null && todo.length === 0 && <p className="ld-empty">{text.seat.noTodo}</p>}
          {todo.map((ticket) => <SummaryRow key={ticket.id} ticket={ticket} onOpen={onOpen} />)}
        </div>
      </section>
      <section className="ld-panel" aria-label={text.seat.recent}>
        <header className="ld-panel-head"><h2>{text.seat.recent}</h2><span className="ld-count">{done.length}</span></header>
        <div className="ld-record-body">
          {tickets !== null && done.length === 0 && <p className="ld-empty">{text.seat.waitingHint}</p>}
          {done.map((ticket) => <SummaryRow key={ticket.id} ticket={ticket} onOpen={onOpen} />)}
        </div>
      </section>
    </div>
  )
}
