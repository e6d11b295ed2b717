import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { DELIVERS } from '../contracts/dispatch.js'
import type { Ticket } from '../contracts/ticket.js'
import { LISTS } from '../contracts/ws.js'
import { startSender } from '../delivery/sender.js'
import { makeSms, makeSmsFile } from '../delivery/sms.js'
import { makeSmtp } from '../delivery/smtp.js'
import { makeWebhook } from '../delivery/webhook.js'
import { startClockwork } from '../dispatch/clockwork.js'
import { startLoop } from '../dispatch/loop.js'
import type { Tickets } from '../dispatch/ports.js'
import { makeTickets } from '../dispatch/tickets.js'
import { startLists } from '../http/lists.js'
import { startTerminals } from '../http/terminals.js'
import type { Metrics } from '../metrics.js'
import type { Store } from '../store/store.js'
import type { Calls } from './calls.js'
import { startPracticeUnits } from './practice-units.js'

/** How often many calls about one thing are looked for, ms. */
const CLUSTER_EVERY = 2_000
/** A line to a county is cut when nothing was heard for so long: nobody says so. Looked at this often, ms. */
const COUNTIES_EVERY = 1_000
/** Messages that were given up: who gives one up says so, on any node; looked at besides, ms. */
const DEAD_EVERY = 15_000
/** People to call back: the same, and who took one and did nothing lets it go without a word. */
const CALL_BACKS_EVERY = 15_000

export interface DispatchGiven {
  readonly config: Config
  readonly logger: Logger
  readonly metrics: Metrics
  readonly store: Store
  readonly calls: Calls
  readonly clock: () => number
  /** Units without a terminal are played: beside the practice exchange alone. */
  readonly playUnits?: boolean
  /** How the lines to counties stand: another text whenever it is otherwise. */
  readonly countiesMark?: () => Promise<string>
  /** Something was put into an outbox, on any node: also for lines to counties. */
  readonly onOutbox?: () => void
}

/** The tickets' own work: clocks, clusters, terminals, what goes out. */
export interface DispatchWork {
  readonly tickets: Tickets
  close(): Promise<void>
}

/** Starts what acts on tickets by itself, and keeps what desks show fresh. */
export function startDispatch({ config, logger, metrics, store, calls: { hub, intake, queueClassOf }, clock, playUnits = false, countiesMark = () => Promise.resolve(''), onOutbox }: DispatchGiven): DispatchWork {
  const show = (ticket: Ticket): void => { intake.desk.ticketChanged(ticket) }
  const trouble = (what: string) => (error: unknown): void => { if (store.records.status().database === 'up') logger.warn({ err: error }, what) }

  const tickets = makeTickets({ store: store.records, side: store.attachments, knowsCategory: (category) => queueClassOf(category) !== undefined, onActed: show })
  store.onTicketChanged((ticketId, version) => {
    tickets.changed(ticketId, version)
    // Another node, a job or the drain changed the ticket of a call that is on a screen here.
    const shown = intake.room().calls.get(ticketId)?.ticket
    // A provisional ticket has versions of its own: the database's says nothing about them.
    if (shown == null || (!shown.provisional && shown.version >= version)) return
    store.records.get(ticketId).then(show, (error: unknown) => { logger.warn({ err: error, callId: ticketId }, 'a changed ticket was not read again') })
  })
  // On whichever node it was written down: his call may be here.
  store.onCaller((number) => { intake.desk.callerChanged(number) })
  tickets.onChanged((ticketId, version) => { hub.desk.broadcast({ type: 'ticket.changed', ticketId, version }) })

  store.onPhoto((ticketId) => { hub.desk.broadcast({ type: 'photo.added', ticketId }) })

  const clockwork = startClockwork({
    store: store.clocks, onError: trouble('clocks'),
    onFired: (ticket) => { metrics.clocksFired.inc(); show(ticket) },
    onLate: (ms) => { metrics.clockLate.observe(ms / 1000) },
  })
  const clusters = startLoop({
    every: CLUSTER_EVERY, afterFailure: CLUSTER_EVERY, onError: trouble('clusters'),
    async look() {
      for (const ticket of await store.clusters.look()) show(ticket)
      return undefined
    },
  })
  const terminals = startTerminals({ hub, notices: (units) => store.hall.notices(units), onError: trouble('terminals') })
  const lists = startLists({ hub, lists: { 'counties': { every: COUNTIES_EVERY, mark: countiesMark }, 'dead-letters': { every: DEAD_EVERY, mark: () => store.hall.deadMark() }, 'call-backs': { every: CALL_BACKS_EVERY, mark: () => store.account.mark() } }, onError: trouble('lists') })
  store.onList((list) => { const found = LISTS.find((one) => one === list); if (found !== undefined) lists.hint(found) })
  const practiceUnits = playUnits ? [startPracticeUnits({ store, hub, onChanged: show, onError: trouble('practice units') })] : []
  const sender = startSender({
    store: store.outbox, onError: trouble('outbox'),
    channels: {
      webhook: makeWebhook({ allowed: config['delivery.privateAddresses'], clock }),
      email: makeSmtp({
        host: config['delivery.smtpHost'], port: config['delivery.smtpPort'], security: config['delivery.smtpSecurity'], user: config['delivery.smtpUser'], password: config['delivery.smtpPassword'],
        from: config['delivery.mailFrom'], clock,
      }),
      sms: makeSms(makeSmsFile(config['delivery.smsFile'] === '' ? join(config.home, 'sms', 'outbox.ndjson') : config['delivery.smsFile'], clock)),
    },
    async onReceived({ id, kind, unitId, ticketId }) {
      if (!DELIVERS.has(kind) || unitId === null || ticketId === null) return
      const ticket = await store.hall.delivered(ticketId, unitId, id)
      if (ticket !== null) show(ticket)
    },
    onDead: ({ id, channel, unitId, kind }, why) => { metrics.deadLetters.inc(); logger.error({ id, channel, unitId, kind, why }, 'a message was given up') },
  })
  store.onOutbox(() => {
    sender.nudge()
    terminals.nudge()
    onOutbox?.()
  })
  return { tickets, async close() { await Promise.all([sender, ...practiceUnits, terminals, lists, clusters, clockwork].map((part) => part.close())) } }
}
