import { Client, type Pool } from 'pg'
import type { Socket } from 'node:net'
import { CHANGED_SINCE } from './sql/ticket.js'

export interface ChangesDeps {
  readonly connectionString: string
  readonly pool: Pool
  readonly onChanged: (ticketId: string, version: number) => void
  /** Something was put into the outbox. */
  readonly onOutbox?: () => void
  /** The flows were switched. */
  readonly onFlows?: () => void
  /** A session of this person ended before its time, or he may do something else than before. */
  readonly onPerson?: (personId: string) => void
  /** An operator's desk came up at a node. */
  readonly onSeat?: (payload: string) => void
  /** An operator's last desk at a node is gone. */
  readonly onLeft?: (payload: string) => void
  /** Something was written down about the caller of this number. */
  readonly onCaller?: (number: string) => void
  /** A list that is about no one ticket may be another. */
  readonly onList?: (list: string) => void
  /** A photo of this ticket came. */
  readonly onPhoto?: (ticketId: string) => void
  /** Between two polls, ms. */
  readonly every?: number
}

const POLL = 5_000
const AGAIN = 1_000
/** A ping of the listening connection is given up after this, ms. */
const PING = 3_000
/** A transaction may be recorded this long before it is committed, ms: polls overlap by it. */
const OVERLAP = 15_000

/**
 * What changed, on any node. NOTIFY is a hint: its connection may be cut, or be silent for ever behind a firewall that forgot it. So it is pinged,
 * and the history is asked every few seconds and whenever the connection is new.
 */
export function followChanges({ connectionString, pool, onChanged, onOutbox, onFlows, onPerson, onCaller, onSeat, onLeft, onList, onPhoto, every = POLL }: ChangesDeps): { close(): Promise<void> } {
  let client: Client | null = null
  let closed = false
  let since: Date | null = null
  /** Told already and still inside the overlap. */
  let told = new Map<string, number>()
  let polling: Promise<void> | null = null
  let retry: NodeJS.Timeout | null = null

  function tell(ticketId: string, version: number): void {
    if ((told.get(ticketId) ?? 0) >= version) return
    told.set(ticketId, version)
    onChanged(ticketId, version)
  }

  async function pollOnce(): Promise<void> {
    try {
      const { rows: [row] } = await pool.query<{ now: Date; changed: Record<string, number> }>(CHANGED_SINCE, [since === null ? null : new Date(since.getTime() - OVERLAP)])
      if (row === undefined) return
      since = row.now
      for (const [ticketId, version] of Object.entries(row.changed)) tell(ticketId, version)
      told = new Map([...told].filter(([ticketId]) => ticketId in row.changed))
    } catch {
      // PostgreSQL is away: what changes meanwhile is found by a later poll.
    }
  }
  const poll = (): Promise<void> => (polling ??= pollOnce().finally(() => { polling = null }))

  async function listen(): Promise<void> {
    retry = null
    const mine = new Client({ connectionString, keepAlive: true, connectionTimeoutMillis: PING, query_timeout: PING })
    mine.on('error', () => undefined)
    mine.on('notification', ({ channel, payload = '' }) => {
      if (channel === 'outbox') return onOutbox?.()
      if (channel === 'flow_switched') return onFlows?.()
      if (channel === 'person_changed') return onPerson?.(payload)
      if (channel === 'caller_changed') return onCaller?.(payload)
      if (channel === 'operator_seated') return onSeat?.(payload)
      if (channel === 'operator_left') return onLeft?.(payload)
      if (channel === 'list_changed') return onList?.(payload)
      if (channel === 'photo_added') return onPhoto?.(payload)
      const [ticketId = '', version = '0'] = payload.split(' ')
      tell(ticketId, Number(version))
    })
    mine.on('end', () => {
      if (client === mine) client = null
      if (!closed) retry = setTimeout(() => void listen(), AGAIN).unref()
    })
    try {
      await mine.connect()
      await mine.query('listen ticket_changed; listen outbox; listen flow_switched; listen person_changed; listen caller_changed; listen operator_seated; listen operator_left; listen list_changed; listen photo_added')
      if (closed) return await mine.end()
      client = mine
      // What was told while nobody listened.
      onFlows?.()
      onOutbox?.()
      await poll()
    } catch {
      drop(mine)
    }
  }

  /** Says no farewell: nobody may be there to hear it. */
  const drop = (mine: Client): void => { (mine as unknown as { connection: { stream: Socket } }).connection.stream.destroy() }

  const timer = setInterval(() => {
    void poll()
    const pinged = client
    pinged?.query('select 1').catch(() => { drop(pinged) })
  }, every)
  const first = listen()

  return {
    async close() {
      closed = true
      clearInterval(timer)
      if (retry !== null) clearTimeout(retry)
      await first
      await client?.end().catch(() => undefined)
      await polling
    },
  }
}
