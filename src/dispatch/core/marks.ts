import { STAGES, type Clock, type Stage } from '../../contracts/life-cycle.js'
import { NO_WORK, type Ticket } from '../../contracts/ticket.js'
import type { RunningClock } from '../../contracts/work.js'
import { plain, same, type Changes } from './changes.js'

/** A run of a clock that began, was moved, or came to a stage: clock, unit, when it started, when it is due; when its other stages come, and which is the next. There were programs that wrote the first four alone. */
export type Run = readonly [clock: Clock, unitId: string | null, startedAt: number, dueAt: number, ...ladder: readonly [warnAt?: number, superviseAt?: number, noticeAt?: number, next?: Stage | null]]
/** One that ended: clock, unit, when it started, when it ended, whether what it waited for was done. */
type End = readonly [clock: Clock, unitId: string | null, startedAt: number, endedAt: number, met: boolean]
/** A row of `ticket_clock`; when it ended and whether it was met are null while it runs, the stage that comes, and when, when it does not. */
export type ClockLine = readonly [clock: Clock, unitId: string | null, startedAt: number, dueAt: number, endedAt: number | null, met: boolean | null, stage: Stage | null, stageAt: number | null]

/**
 * What else an act made of a ticket that its units are judged by. It stands beside the row's changes and in the row's hash, but is no reader's news and nobody's conflict:
 * field → what it is from then on. A ticket's first row says its number, when it was opened and answered, µs, who answered, its provisional number, and, as hashes, whose number called and what he keyed.
 */
export interface Marks { readonly runs?: readonly Run[]; readonly ended?: readonly End[]; /** Photos that the act names, each with the SHA-256 of its file. */ readonly photos?: readonly (readonly [id: string, sha256: string])[]; readonly [field: string]: unknown }

/** What a ticket's own row says of what only marks tell. */
export function markedOf({ dispatchedAt, closedAt, work: { hazardBy, signedAt, arrivedAt, repairedAt, urged, urgedAt, returns, disputes } }: Pick<Ticket, 'dispatchedAt' | 'closedAt' | 'work'>): Readonly<Record<string, unknown>> {
  return { hazardBy: hazardBy ?? null, dispatchedAt, closedAt, signedAt, arrivedAt, repairedAt: repairedAt ?? null, urged, urgedAt: urgedAt ?? null, returns, disputes }
}

/** What a caller's mark is the SHA-256 of: the history names no number. `CALLER_MARK` in SQL is the same. */
export const callerText = (ticketId: string, number: string, verified: boolean): string => `${ticketId} ${number} ${verified}`

/** The same of what he keyed; `tags`: jsonb as PostgreSQL prints it. `TAGS_MARK` in SQL. */
export const tagsText = (ticketId: string, tags: string): string => `${ticketId} ${tags}`

/** A clock that runs, as marks have it. */
export const runOf = ({ clock, unitId, startedAt, at, next }: RunningClock): Run => [clock, unitId, startedAt, at.urge, at.warn, at.supervise, at.notice, next]

/** When the stage comes that is next, of a run that says it. */
function nextAt([, , , due, warn, supervise, notice, next]: Run): number | null | undefined {
  return next == null ? next : { warn, urge: due, supervise, notice }[next]
}

/** One that came to its next stage, as who wrote no ladder did not say. */
function advanced(run: Run): Run {
  const [clock, unitId, startedAt, due, warn, supervise, notice, next] = run
  return next == null || warn === undefined || supervise === undefined || notice === undefined ? run : [clock, unitId, startedAt, due, warn, supervise, notice, STAGES[STAGES.indexOf(next) + 1] ?? null]
}

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

/** What a row of a history says of clocks: its marks (null: by a program that wrote none), and which clock came to a stage by it. */
export interface MarkedRow { readonly marks: Marks | null; readonly stageOf?: Clock | undefined }

/** All that is said here is so there. */
const asTold = (told: readonly unknown[], there: readonly unknown[]): boolean => there.every((value, n) => told[n] === undefined || told[n] === value)

/** Which field of a ticket, or `clocks`, or `stages` of them, or `photos`, is not what its marks made of it; null: none. */
export function unmarked(rows: readonly MarkedRow[], { facts, running, lines, photos: there }: MarkedHead): string | null {
  // Of what a program without marks did nothing is known, nor of what was before it.
  const told = rows.slice(rows.findLastIndex(({ marks }) => marks === null) + 1).flatMap(({ marks, stageOf }) => (marks === null ? [] : [{ marks, stageOf }]))
  const whole = told.length === rows.length && told[0]?.marks['openedAt'] !== undefined
  const expected: Record<string, unknown> = whole ? { ...UNTOUCHED } : {}
  const runs = new Map<string, Run>()
  const over: (readonly (number | string | boolean | null | undefined)[])[] = []
  for (const { marks: { runs: begun = [], ended = [], photos = [], ...fields }, stageOf } of told) {
    Object.assign(expected, fields)
    if (photos.some(([id, sha256]) => there[id] !== sha256)) return 'photos'
    for (const end of ended) {
      const [clock, unitId, startedAt, endedAt, met] = end
      over.push([clock, unitId, startedAt, runs.get(keyOf(end))?.[3], endedAt, met])
      runs.delete(keyOf(end))
    }
    // A program that wrote no ladders said of a stage that it came, and no more.
    const come = stageOf === undefined || begun.length > 0 ? [] : [...runs].filter(([, [clock]]) => clock === stageOf)
    for (const [key, run] of come) runs.set(key, come.length === 1 ? advanced(run) : [run[0], run[1], run[2], run[3]])
    for (const run of begun) runs.set(keyOf(run), run)
  }
  if (whole) expected['dueAt'] = [...runs.values()].reduce<number | null>((first, [, , , due]) => (first === null || due < first ? due : first), null)
  const field = Object.keys(expected).find((name) => plain(expected[name]) !== plain(facts[name]))
  if (field !== undefined) return field
  const left = [...lines]
  for (const line of [...over, ...[...runs.values()].map((run) => [...run.slice(0, 4), null, null, run[7], nextAt(run)])]) {
    // One that began before there were marks may have been due at any time.
    const found = left.findIndex((one) => asTold(line, one))
    if (found < 0) return left.some((one) => asTold(line, one.slice(0, 6))) ? 'stages' : 'clocks'
    left.splice(found, 1)
  }
  if (!whole) return null
  if (left.length > 0 || running.length !== runs.size || running.some((run) => !asTold(runs.get(keyOf(run)) ?? [null], run.slice(0, 4)))) return 'clocks'
  return running.some((run) => !asTold(runs.get(keyOf(run)) ?? [], run)) ? 'stages' : null
}
