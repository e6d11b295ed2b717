import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EdgeCounts } from '../src/contracts/edge.js'
import type { EdgeCounts as Report } from '../src/contracts/routes/account.js'
import type { Books } from './books.js'
import { emptyCounts } from './core/ledger.js'
import { replaceFile } from './whole-file.js'

type Row = Report['rows'][number]

/** What has been put into rows of a day, and the last minute of it that a row was written for, ms. */
interface Told { readonly counts: EdgeCounts; readonly minute: number }
interface State { readonly told: Readonly<Record<string, Told>>; readonly rows: readonly Row[] }

export interface TellerOptions {
  readonly url: string
  readonly token: string
  readonly books: Pick<Books, 'today' | 'day' | 'dayOf' | 'reading'>
  readonly edge: string
  readonly directory: string
  readonly clock: () => number
  readonly newId: () => string
  readonly onTrouble: (what: string, fields: object) => void
  readonly fetch?: typeof fetch
  /** Between two reports, ms. */
  readonly every?: number
}

export interface Teller {
  /** Rows that Liandong has not acknowledged. */
  readonly waiting: number
  /** Looks and reports now. Never rejects. */
  tell(): Promise<void>
  close(): Promise<void>
}

const EVERY = 30_000
/** An answer may take so long, ms. */
const DEADLINE = 10_000
/** Rows, and calls under way, in one report (`maxItems` of the contract). */
const BATCH = 500
const MOST_PENDING = 10_000
/** So many days are looked at again, also those of which nothing was ever told: what began before midnight may end after it, and a day's first call may be its last. */
const DAYS = 3
const MINUTE = 60_000
const DAY = 86_400_000

/** What of a day is in no row yet, as a row; null: nothing. All of these counts only grow. */
export function difference(now: EdgeCounts, before: EdgeCounts): Omit<Row, 'id' | 'minute'> | null {
  const refused = Object.entries(now.refusals ?? {}).flatMap(([as, count]) => {
    const [cause = '', rank = '', status = ''] = as.split(' ')
    const more = count - (before.refusals?.[as] ?? 0)
    return more > 0 ? [{ cause, class: rank as Row['refused'][number]['class'], status: Number(status), count: more }] : []
  })
  const row = { invites: now.invites - before.invites, cancelled: now.cancelled - before.cancelled, unseen: now.unseen - before.unseen, refused }
  return row.invites > 0 || row.cancelled > 0 || row.unseen > 0 || refused.length > 0 ? row : null
}

/**
 * Tells Liandong what the books say, in rows of what was added, and how far that goes: said also when nothing was added, so that an edge that is
 * silent is known by its silence. A row is on the disk, with what it covers, before it is sent, and is sent
 * under its own id until it is acknowledged: while Liandong is away nothing is lost, and a row that arrived twice is one.
 */
export function startTeller(options: TellerOptions): Teller {
  const { books, clock, directory, onTrouble } = options
  const ask = options.fetch ?? fetch
  const file = join(directory, 'edge-told.json')
  let state = read()
  let busy: Promise<void> | null = null
  let said = ''

  function recent(): string[] {
    const { day } = books.today()
    return Array.from({ length: DAYS }, (_, n) => new Date(Date.parse(day) - n * DAY).toISOString().slice(0, 10)).reverse()
  }
  function countsOf(day: string): EdgeCounts | undefined {
    const today = books.today()
    return day === today.day ? today.counts : books.day(day)?.counts
  }
  /** The last minute of that day, or this one. */
  function lastMinute(day: string): number {
    let at = Math.floor(clock() / MINUTE) * MINUTE
    while (books.dayOf(at) > day) at -= MINUTE
    return at
  }

  function read(): State {
    let text: string
    try {
      text = readFileSync(file, 'utf8')
    } catch {
      return { told: {}, rows: [] }
    }
    try {
      return JSON.parse(text) as State
    } catch {
      // Better to tell too little than the day twice.
      onTrouble('what was told to Liandong cannot be read any more; counting on from here', { file })
      return { told: Object.fromEntries(recent().map((day) => [day, { counts: countsOf(day) ?? emptyCounts, minute: lastMinute(day) }])), rows: [] }
    }
  }

  function write(next: State): void {
    mkdirSync(directory, { recursive: true })
    replaceFile(file, JSON.stringify(next), { durable: true })
    state = next
  }

  /** Rows for what was added since the last look. */
  function note(): void {
    const { day: today } = books.today()
    const rows: Row[] = []
    const told: Record<string, Told> = {}
    for (const day of recent()) {
      const before = state.told[day]
      const now = countsOf(day)
      if (now === undefined) continue
      const more = difference(now, before?.counts ?? emptyCounts)
      // What ends after midnight counts for the day on which it came: its row stands in that day's last known minute.
      const minute = day === today || before === undefined ? (more === null ? 0 : lastMinute(day)) : before.minute
      told[day] = { counts: now, minute: more === null ? before?.minute ?? minute : minute }
      if (more !== null) rows.push({ id: options.newId(), minute, ...more })
    }
    if (rows.length > 0) write({ told, rows: [...state.rows, ...rows] })
  }

  async function send({ until, pending }: ReturnType<Books['reading']>): Promise<void> {
    for (let last = false; !last;) {
      const rows = state.rows.slice(0, BATCH)
      last = rows.length === state.rows.length
      const response = await ask(`${options.url}/api/edge/counts`, {
        method: 'POST', signal: AbortSignal.timeout(DEADLINE), redirect: 'error',
        headers: { 'content-type': 'application/json', 'authorization': `Bearer ${options.token}` }, body: JSON.stringify({ edge: options.edge, rows, until, ...(last && pending.length <= MOST_PENDING ? { pending: [...pending] } : {}) } satisfies Report),
      })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`Liandong answered ${response.status}`)
      if (rows.length > 0) write({ ...state, rows: state.rows.slice(rows.length) })
      if (said !== '') onTrouble('counts are told to Liandong again', {})
      said = ''
    }
  }

  function tell(): Promise<void> {
    return (busy ??= (async () => {
      try {
        note()
        // In one go with the counts: no INVITE comes between.
        await send(books.reading())
      } catch (error) {
        const { message } = error as Error
        if (message !== said) onTrouble('counts could not be told to Liandong; they are kept', { reason: message, waiting: state.rows.length })
        said = message
      } finally {
        busy = null
      }
    })())
  }

  const timer = setInterval(() => { void tell() }, options.every ?? EVERY)
  return {
    get waiting() { return state.rows.length },
    tell,
    async close() {
      clearInterval(timer)
      await busy
      await tell()
    },
  }
}
