import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { EdgeCounts, EdgeDay } from '../src/contracts/edge.js'
import { emptyCounts, invited, resumed, settled, type Outcome } from './core/ledger.js'
import { replaceFile } from './whole-file.js'

/** One INVITE: called once, with what became of it. */
export interface Entry {
  (outcome: Outcome, demoted: boolean): void
  /** The moment at which it came, µs since 1970, no two alike: by it Liandong knows the call again. */
  readonly mark: number
}

export interface Books {
  /** One INVITE came. */
  invite(): Entry
  /** How far the counts go: all INVITEs up to this mark, none after it; and those of them that are under way. */
  reading(): { readonly until: number; readonly pending: readonly number[] }
  locationLost(reason: string): void
  today(): EdgeDay
  /** Another day's counts, or null. */
  day(day: string): EdgeDay | null
  /** The day of a time in ms. */
  dayOf(at: number): string
  /** Since the start of this process, for metrics. */
  readonly locations: ReadonlyMap<string, number>
  close(): void
}

export interface BooksOptions {
  readonly edge: string
  readonly directory: string
  readonly timeZone: string
  readonly clock: () => number
  readonly onTrouble: (error: unknown) => void
}

/** The day's file for readers is written so often, ms. */
const SUMMARY_EVERY = 1_000

/** One line of a day's journal: what changed its counts. */
type Line = 'invite' | 'restart' | { readonly outcome: Outcome; readonly demoted: boolean }

const applied = (counts: EdgeCounts, line: Line): EdgeCounts =>
  line === 'invite' ? invited(counts) : line === 'restart' ? resumed(counts) : settled(counts, line.outcome, line.demoted)

/**
 * The edge's daily counts. Each change is appended to the day's journal (`edge-<day>.log`) before the next event is looked at, so SIGKILL
 * loses nothing that was heard; `edge-<day>.json` beside it is the sum, for the server. A full disk stops no call.
 */
export function openBooks(options: BooksOptions): Books {
  const { directory, clock } = options
  const formatter = new Intl.DateTimeFormat('sv-SE', { timeZone: options.timeZone, dateStyle: 'short' })
  const locations = new Map<string, number>()
  const days = new Map<string, { counts: EdgeCounts; journal: number | null; dirty: boolean }>()
  const today = (): string => formatter.format(clock())
  const underWay = new Set<number>()
  let lastMark = 0
  /** No mark that is given later is at or before it. */
  const markAt = (now: number): number => (lastMark = Math.max(lastMark + 1, Math.floor(now * 1000)))
  const fileOf = (day: string, ending: string): string => join(directory, `edge-${day}.${ending}`)

  const attempt = <T>(work: () => T): T | null => {
    try {
      return work()
    } catch (error) {
      options.onTrouble(error)
      return null
    }
  }

  /** What the journal of a day adds up to; a line cut short by a crash counts for nothing. */
  function replay(day: string): EdgeCounts | null {
    let text: string
    try {
      text = readFileSync(fileOf(day, 'log'), 'utf8')
    } catch {
      return null
    }
    return text.split('\n').slice(0, -1).reduce((counts, line) => {
      try {
        return applied(counts, JSON.parse(line) as Line)
      } catch {
        return counts
      }
    }, emptyCounts)
  }

  function open(day: string) {
    const known = days.get(day)
    if (known !== undefined) return known
    const before = replay(day)
    const journal = attempt(() => { mkdirSync(directory, { recursive: true }); return openSync(fileOf(day, 'log'), 'a', 0o640) })
    const one = { counts: before ?? emptyCounts, journal, dirty: true }
    days.set(day, one)
    if (before !== null) {
      // A line that a crash cut short must not swallow the next one.
      if (journal !== null) attempt(() => writeSync(journal, '\n'))
      change(day, 'restart')
    }
    return one
  }

  function change(day: string, line: Line): void {
    const one = open(day)
    one.counts = applied(one.counts, line)
    one.dirty = true
    const { journal } = one
    if (journal !== null) attempt(() => writeSync(journal, `${JSON.stringify(line)}\n`))
  }

  const entry = (day: string, counts: EdgeCounts): EdgeDay => ({ edge: options.edge, day, writtenAt: clock(), counts })

  function summarise(): void {
    const now = today()
    for (const [day, one] of days) {
      if (one.dirty) {
        // A sum of the journal: after a power loss it is made anew.
        attempt(() => {
          replaceFile(fileOf(day, 'json'), `${JSON.stringify(entry(day, one.counts))}\n`, { durable: false })
          one.dirty = false
        })
      }
      if (day < now && one.counts.pending === 0 && !one.dirty) {
        if (one.journal !== null) closeSync(one.journal)
        days.delete(day)
      }
    }
  }

  open(today())
  // Who was pending when a process before this one died, before midnight: nobody else will ever settle them.
  const last = (attempt(() => readdirSync(directory)) ?? []).flatMap((name) => /^edge-(\d{4}-\d{2}-\d{2})\.log$/.exec(name)?.[1] ?? []).filter((day) => day < today()).sort().at(-1)
  if (last !== undefined && (replay(last)?.pending ?? 0) > 0) open(last)
  const timer = setInterval(summarise, SUMMARY_EVERY)
  return {
    locations,
    invite() {
      const now = clock()
      const day = formatter.format(now)
      const mark = markAt(now)
      change(day, 'invite')
      underWay.add(mark)
      // It counts for the day on which it came, even when it ends on the next.
      return Object.assign((outcome: Outcome, demoted: boolean) => {
        if (underWay.delete(mark)) change(day, { outcome, demoted })
      }, { mark })
    },
    reading: () => ({ until: markAt(clock()), pending: [...underWay] }),
    locationLost(reason) { locations.set(reason, (locations.get(reason) ?? 0) + 1) },
    today() { const day = today(); return entry(day, open(day).counts) },
    day(day) {
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null
      const counts = days.get(day)?.counts ?? replay(day)
      return counts === null ? null : entry(day, counts)
    },
    dayOf: (at) => formatter.format(at),
    close() {
      clearInterval(timer)
      summarise()
      for (const { journal } of days.values()) if (journal !== null) closeSync(journal)
    },
  }
}
