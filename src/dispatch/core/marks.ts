import type { Clock } from '../../contracts/life-cycle.js'
import { NO_WORK, type Ticket } from '../../contracts/ticket.js'
import type { RunningClock } from '../../contracts/work.js'
import { plain, same, type Changes } from './changes.js'

/** A run of a clock that began, or was moved: clock, unit, when it started, when it is due. */
export type Run = readonly [clock: Clock, unitId: string | null, startedAt: number, dueAt: number]
/** One that ended: clock, unit, when it started, when it ended, whether what it waited for was done. */
type End = readonly [clock: Clock, unitId: string | null, startedAt: number, endedAt: number, met: boolean]
/** A row of `ticket_clock`; the last two are null while it runs. */
export type ClockLine = readonly [...Run, endedAt: number | null, met: boolean | null]

/**
 * What else an act made of a ticket that its units are judged by. It stands beside the row's changes and in the row's hash, but is no reader's news and nobody's conflict:
 * field → what it is from then on. A ticket's first row says its number, when it was opened and answered, µs, who answered, its provisional number, and, as hashes, whose number called and what he keyed.
 */
export interface Marks { readonly runs?: readonly Run[]; readonly ended?: readonly End[]; /** Photos that the act names, each with the SHA-256 of its file. */ readonly photos?: readonly (readonly [id: string, sha256: string])[]; readonly [field: string]: unknown }

/** What a ticket's own row says of what only marks tell. */
export function markedOf({ dispatchedAt, closedAt, work: { signedAt, arrivedAt, urged, returns, disputes } }: Pick<Ticket, 'dispatchedAt' | 'closedAt' | 'work'>): Readonly<Record<string, unknown>> {
  return { dispatchedAt, closedAt, signedAt, arrivedAt, urged, returns, disputes }
}

/** What a caller's mark is the SHA-256 of: the history names no number. `CALLER_MARK` in SQL is the same. */
export const callerText = (ticketId: string, number: string, verified: boolean): string => `${ticketId} ${number} ${verified}`

/** The same of what he keyed; `tags`: jsonb as PostgreSQL prints it. `TAGS_MARK` in SQL. */
export const tagsText = (ticketId: string, tags: string): string => `${ticketId} ${tags}`

/** A clock that runs, as marks have it. */
export const runOf = ({ clock, unitId, startedAt, at }: RunningClock): Run => [clock, unitId, startedAt, at.urge]

/** A run is the same whenever it is due. */
const keyOf = ([clock, unitId, startedAt]: Run | End): string => JSON.stringify([clock, unitId, startedAt])

/** @param met clocks that ended because what they waited for was done. @param endsAt when those ended that end */
export function marksOf(before: Ticket, after: Ticket, met: readonly Clock[], endsAt: number): Marks {
  const [was, is] = [markedOf(before), markedOf(after)]
  const [ran, run] = [before.work.clocks.map(runOf), after.work.clocks.map(runOf)]
  const runs = run.filter((one) => !ran.some((other) => same(one, other)))
  const ended = ran.filter((one) => !run.some((other) => keyOf(one) === keyOf(other))).map(([clock, unitId, startedAt]): End => [clock, unitId, startedAt, endsAt, met.includes(clock)])
  return { ...Object.fromEntries(Object.entries(is).filter(([field, value]) => !same(was[field], value))), ...(runs.length > 0 && { runs }), ...(ended.length > 0 && { ended }) }
}

/** What is held against the marks. `facts`: what the ticket's own row says, `running`: the clocks that run by it, `lines`: its rows of `ticket_clock`, `photos`: the SHA-256 of each of its photos. */
export interface MarkedHead { readonly photos: Readonly<Record<string, string>>; readonly facts: Readonly<Record<string, unknown>>; readonly running: readonly Run[]; readonly lines: readonly ClockLine[] }

const UNTOUCHED = markedOf({ dispatchedAt: null, closedAt: null, work: NO_WORK })

/** The photos that an act names, of what it changes. */
export function photosOf({ photos, report }: Changes): readonly string[] {
  return [photos?.[1], (report?.[1] as { readonly photos?: unknown } | null | undefined)?.photos].flatMap((ids) => (Array.isArray(ids) ? (ids as string[]) : []))
}

/** Which field of a ticket, or `clocks`, or `photos`, is not what its marks made of it; null: none. @param rows the marks of each row of its history; null: by a program that wrote none */
export function unmarked(rows: readonly (Marks | null)[], { facts, running, lines, photos: there }: MarkedHead): string | null {
  // Of what a program without marks did nothing is known, nor of what was before it.
  const told = rows.slice(rows.lastIndexOf(null) + 1).filter((marks) => marks !== null)
  const whole = told.length === rows.length && told[0]?.['openedAt'] !== undefined
  const expected: Record<string, unknown> = whole ? { ...UNTOUCHED } : {}
  const runs = new Map<string, Run>()
  const over: (readonly (number | string | boolean | null | undefined)[])[] = []
  for (const { runs: begun = [], ended = [], photos = [], ...fields } of told) {
    Object.assign(expected, fields)
    if (photos.some(([id, sha256]) => there[id] !== sha256)) return 'photos'
    for (const end of ended) {
      const [clock, unitId, startedAt, endedAt, met] = end
      over.push([clock, unitId, startedAt, runs.get(keyOf(end))?.[3], endedAt, met])
      runs.delete(keyOf(end))
    }
    for (const run of begun) runs.set(keyOf(run), run)
  }
  if (whole) expected['dueAt'] = [...runs.values()].reduce<number | null>((first, [, , , due]) => (first === null || due < first ? due : first), null)
  const field = Object.keys(expected).find((name) => plain(expected[name]) !== plain(facts[name]))
  if (field !== undefined) return field
  const left = [...lines]
  for (const line of [...over, ...[...runs.values()].map((run) => [...run, null, null])]) {
    // One that began before there were marks may have been due at any time.
    const found = left.findIndex((one) => one.every((value, n) => line[n] === undefined || line[n] === value))
    if (found < 0) return 'clocks'
    left.splice(found, 1)
  }
  const sorted = (all: readonly Run[]): string => JSON.stringify(all.map((run) => JSON.stringify(run)).sort())
  return whole && (left.length > 0 || sorted(running) !== sorted([...runs.values()])) ? 'clocks' : null
}
