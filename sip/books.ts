import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EdgeCounts, EdgeDay } from '../src/contracts/edge.js'
import { emptyCounts, invited, resumed, settled, type Outcome } from './core/ledger.js'

export interface Books {
  /** One INVITE came; what is returned is called once, with what became of it. */
  invite(): (outcome: Outcome, demoted: boolean) => void
  locationLost(reason: string): void
  today(): EdgeDay
  /** Another day's counts, or null. */
  day(day: string): EdgeDay | null
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

/** A full disk is tried again after so long, ms. */
const RETRY = 1_000

/** The edge's daily counts, kept in files that survive it: the server reads them, by HTTP or from the disk. A full disk stops no call. */
export function openBooks(options: BooksOptions): Books {
  const { directory, clock } = options
  const formatter = new Intl.DateTimeFormat('sv-SE', { timeZone: options.timeZone, dateStyle: 'short' })
  const locations = new Map<string, number>()
  const days = new Map<string, EdgeCounts>()
  const dirty = new Set<string>()
  let retry: NodeJS.Timeout | null = null
  const dayOf = (at: number): string => formatter.format(at)
  const fileOf = (day: string): string => join(directory, `edge-${day}.json`)

  function read(day: string): EdgeCounts | null {
    try {
      return { ...emptyCounts, ...(JSON.parse(readFileSync(fileOf(day), 'utf8')) as EdgeDay).counts }
    } catch {
      return null
    }
  }

  function countsOf(day: string): EdgeCounts {
    const known = days.get(day)
    if (known !== undefined) return known
    const counts = resumed(read(day) ?? emptyCounts)
    days.set(day, counts)
    return counts
  }

  function change(day: string, next: (counts: EdgeCounts) => EdgeCounts): void {
    days.set(day, next(countsOf(day)))
    // Before the next event is looked at: SIGKILL loses nothing that was heard before it.
    if (dirty.size === 0) setImmediate(write)
    dirty.add(day)
  }

  const entry = (day: string, counts: EdgeCounts): EdgeDay => ({ edge: options.edge, day, writtenAt: clock(), counts })

  function write(): void {
    for (const day of dirty) {
      try {
        mkdirSync(directory, { recursive: true })
        // Whole or not at all: a reader never sees half a file.
        writeFileSync(`${fileOf(day)}.new`, `${JSON.stringify(entry(day, countsOf(day)))}\n`)
        renameSync(`${fileOf(day)}.new`, fileOf(day))
        dirty.delete(day)
      } catch (error) {
        options.onTrouble(error)
      }
    }
    if (dirty.size > 0 && retry === null) retry = setTimeout(() => { retry = null; write() }, RETRY)
    const today = dayOf(clock())
    for (const [day, { pending }] of days) if (day < today && pending === 0 && !dirty.has(day)) days.delete(day)
  }

  countsOf(dayOf(clock()))
  return {
    locations,
    invite() {
      const day = dayOf(clock())
      change(day, invited)
      let open = true
      // It counts for the day on which it came, even when it ends on the next.
      return (outcome, demoted) => {
        if (!open) return
        open = false
        change(day, (counts) => settled(counts, outcome, demoted))
      }
    },
    locationLost(reason) { locations.set(reason, (locations.get(reason) ?? 0) + 1) },
    today() { const day = dayOf(clock()); return entry(day, countsOf(day)) },
    day(day) {
      if (!/^\d{4}-\d{2}-\d{2}$/.test(day)) return null
      const counts = days.get(day) ?? read(day)
      return counts === null ? null : entry(day, counts)
    },
    close() {
      write()
      if (retry !== null) clearTimeout(retry)
    },
  }
}
