import type { Pool } from 'pg'
import type { TicketAct } from '../contracts/acts.js'
import type { Stage } from '../contracts/life-cycle.js'
import type { Ticket } from '../contracts/ticket.js'
import type { RunningClock } from '../contracts/work.js'
import { difference } from '../dispatch/core/changes.js'
import { handOf, type Gathering } from '../dispatch/core/cluster.js'
import { dueStages } from '../dispatch/core/clocks.js'
import { fire, join } from '../dispatch/core/escalation.js'
import { takeIn } from '../dispatch/core/merge.js'
import type { Rules } from '../dispatch/core/rules.js'
import type { NoticeDraft } from '../dispatch/core/notices.js'
import { idFrom } from '../dispatch/ids.js'
import { NO_AFTERMATH, type Aftermath } from './aftermath.js'
import { blame, isDeadlock } from './blame.js'
import { ticketOf, type TicketRow } from './rows.js'
import { PROPOSED } from './sql/cluster.js'
import * as sql from './sql/dispatch.js'
import * as sqlLine from './sql/line.js'
import { mayStandAlone, type Doer, type Pen } from './ticket-pen.js'
import { withoutLocks, withPen } from './with-pen.js'

export interface TicketActs {
  /** @param kept the act was acknowledged already (journal): a field that others changed meanwhile takes the kept value, both stand in the history. */
  act(ticketId: string, act: TicketAct, who: Doer, at: number, kept: boolean): Promise<{ readonly ticket: Ticket; readonly also: readonly Ticket[] }>
  /** A unit has a ticket: its clocks run. Once; later receipts change nothing. */
  delivered(ticketId: string, unitId: string, receipt: string): Promise<Ticket | null>
  /** Tickets that nobody works on yet follow a main ticket; what moved on meanwhile stays where it is. What other units work on is put before the dispatcher, each once. */
  gather(gathering: Gathering): Promise<readonly Ticket[]>
  /** Takes every stage that has come by the database's time. → tickets that changed, why others could not, and ms until the next one (null: none runs). */
  fireDue(): Promise<{ readonly fired: readonly Ticket[]; readonly late: readonly number[]; readonly failed: readonly unknown[]; readonly next: number | null }>
}

/** A ticket whose stage could not be written is left alone for so long, ms: it is said once in a while, and the others come in time. */
const ASIDE = 30_000
/** So many batches at a time when more has come than one holds. */
const LANES = 2
/** A county's messages that are under way are here by then, or it is looked at again, ms. */
const TOLD_SOON = 1_000
/** A city that was not heard for so long is cut off, ms: it answers each second. */
const SILENT = 15_000
/** And still so long afterwards, by a clock that nobody sets: one that leaps cuts no line. */
const STILL = 2_000
const NOBODY: ReadonlySet<string> = new Set()

/**
 * Acts on tickets, each one transaction: the ticket, its history, its clocks and what must go out.
 * @param aftermath what is acknowledged and not written yet; none: nothing is waited for
 * @throws LiandongError when the life cycle or the rules refuse.
 */
export function makeTicketActs(pool: Pool, rules: () => Rules, aftermath: Aftermath = NO_AFTERMATH): TicketActs {
  /** Tickets whose stage could not be written → when they are tried again, by `performance.now()`. */
  const aside = new Map<string, number>()
  let silentSince: number | null = null
  /** A county: whether its line to the city is cut. */
  async function isCut(line: string): Promise<boolean> {
    const { rows: [row] } = await pool.query<{ cut: boolean }>(sqlLine.IS_CUT, [line, SILENT])
    silentSince = row?.cut === true ? silentSince ?? performance.now() : null
    return silentSince !== null && performance.now() - silentSince >= STILL
  }
  const unitsBehind = async (): Promise<ReadonlySet<string>> => new Set((await pool.query<{ units: string[] }>(sqlLine.BEHIND)).rows.flatMap(({ units }) => units))
  const inTransaction = <T>(work: (pen: Pen) => Promise<T>): Promise<T> => withPen(pool, rules, work)
  return {
    async act(ticketId, one, who, at, kept) {
      const work = (pen: Pen): ReturnType<Pen['act']> => pen.act(ticketId, one, who, at, kept)
      const current = rules()
      return (!kept && mayStandAlone(one, current) ? await withoutLocks(pool, current, work) : null) ?? inTransaction(work)
    },
    async delivered(ticketId, unitId, receipt) {
      const work = async (pen: Pen): Promise<{ readonly ticket: Ticket | null }> => ({ ticket: await pen.delivered(ticketId, unitId, receipt) })
      const current = rules()
      return ((current.home === undefined ? await withoutLocks(pool, current, work) : null) ?? await inTransaction(work)).ticket
    },

    gather: ({ main: mainId, members: memberIds, beside, raised }) => inTransaction(async (pen) => {
      const proposed = new Set(beside.length === 0 ? [] : (await pen.client.query<{ id: string }>(PROPOSED, [mainId])).rows.map(({ id }) => id))
      const fresh = beside.filter((id) => !proposed.has(id))
      if (memberIds.length + fresh.length === 0) return []
      const { rows } = await pen.client.query<TicketRow & { now: Date }>('select *, clock_timestamp() as now from ticket where id = any($1) order by id for update', [[mainId, ...memberIds, ...fresh]])
      const main = rows.find(({ id }) => id === mainId)
      if (main === undefined || ['merged', 'closed', 'void'].includes(main.state)) return []
      const at = main.now.getTime()
      const joined: Ticket[] = []
      const notices: NoticeDraft[] = []
      let after = ticketOf(main)
      for (const row of rows) {
        if (!memberIds.includes(row.id) || row.state !== 'open' || row.members > 0) continue
        const before = ticketOf(row)
        // A danger that the main ticket cannot take over stays by itself.
        const taken = takeIn(after, before, pen.rules, at)
        if (taken === null) continue
        after = taken.ticket
        notices.push(...taken.notices)
        const member = join(before, mainId)
        joined.push(await pen.write({ before, after: member, actId: idFrom(`gather ${mainId} ${before.id} ${before.version}`), act: 'merge', at, by: null, changes: difference(before, member), note: main.number, met: [], notices: [] }))
      }
      let led = ticketOf(main)
      if (joined.length > 0) {
        after = { ...after, version: led.version + 1 }
        const note = joined.length === 1 ? joined[0]?.number ?? '' : `${joined.length}`
        led = await pen.write({ before: led, after, actId: idFrom(`absorb ${mainId} ${led.version}`), act: 'absorb', at, by: null, changes: difference(led, after), note, met: [], notices: [...notices, ...raised ? [{ kind: 'incident', to: 'hall' } as const] : []] })
      }
      const others = rows.filter(({ id, state, members }) => fresh.includes(id) && members === 0 && handOf(state) !== 'done')
      if (others.length > 0) {
        const beside = { ...led, version: led.version + 1 }
        const told = raised && joined.length > 0
        led = await pen.write({ before: led, after: beside, actId: idFrom(`propose ${mainId} ${led.version}`), act: 'propose', at, by: null, changes: { beside: [null, others.map(({ number }) => number).join(' ')] }, note: '', met: [], notices: told ? [] : [{ kind: 'incident', to: 'hall' }] })
      }
      return led.version === main.version ? [] : [...joined, led]
    }),

    fireDue: () => fireDue().catch((error: unknown) => {
      if (blame(error) === 'server') aftermath.lost()
      throw error
    }),
  }

  async function fireDue(): ReturnType<TicketActs['fireDue']> {
    const { home } = rules()
    if (home !== undefined && !await isCut(home.line)) return { fired: [], late: [], failed: [], next: null }
    const behind = home === undefined && (rules().counties?.size ?? 0) > 0 ? await unitsBehind() : NOBODY
    const kept = await aftermath.waiting()
    /** A county is telling what its people did meanwhile, or another node: perhaps it was done in time. A unit's danger and what nobody has on his screen wait for nobody's word; the hall's waits for another node's: that may have opened the ticket meanwhile, as of the answer, and say next that it was none, or whose it is. */
    const waits = ({ clock, unitId }: RunningClock): boolean => clock !== 'delivery' && ((kept.others && (clock !== 'safe' || unitId === null)) || (clock !== 'safe' && unitId !== null && behind.has(unitId)))
    const fired: Ticket[] = []
    const late: number[] = []
    const failed: unknown[] = []
    for (const [id, until] of aside) if (until <= performance.now()) aside.delete(id)
    /** So many of what has come, in one transaction. `careful`: each ticket by itself, so that one that cannot be written takes nobody with it; it costs two more questions a ticket. */
    const batch = (careful: boolean): Promise<{ readonly found: number; readonly done: readonly Fired[] }> => inTransaction(async (pen) => {
      const { rows } = await pen.client.query<TicketRow & { now: Date }>({ name: 'due-tickets', text: sql.DUE_TICKETS, values: [[...aside.keys()]] })
      const done: Fired[] = []
      for (const row of rows) {
        const now = row.now.getTime()
        // What was done to this one we know, and write it in this moment.
        const held = kept.tickets.has(row.id) ? () => true : waits
        const one = async (): Promise<Fired> => {
          const fired = await fireStages(pen, ticketOf(row), now, held, careful)
          // What waits is put aside, and nothing else of the ticket: it is looked at again when the next stage comes that does not.
          if (dueStages(fired.ticket.work, now).length > 0) aside.set(row.id, performance.now() + Math.min(TOLD_SOON, ...fired.ticket.work.clocks.flatMap((run) => (run.next === null || held(run) ? [] : [run.at[run.next] - now]))))
          return fired
        }
        if (!careful) {
          done.push(await one())
          continue
        }
        try {
          done.push(await pen.attempt(one))
        } catch (error) {
          if (blame(error) === 'server' || isDeadlock(error)) throw error
          aside.set(row.id, performance.now() + ASIDE)
          failed.push(error)
        }
      }
      return { found: rows.length, done }
    })
    /** → whether there may be more */
    async function take(): Promise<boolean> {
      const { found, done } = await batch(false).catch((error: unknown) => {
        if (blame(error) === 'server') throw error
        return batch(true)
      })
      for (const one of done) {
        if (one.late.length > 0) fired.push(one.ticket)
        late.push(...one.late)
      }
      return found === sql.DUE_AT_ONCE
    }
    const drain = async (): Promise<void> => { while (await take()); }
    // Many at once: while PostgreSQL writes for one lane, the other works out what is to be written.
    if (await take()) await Promise.all(Array.from({ length: LANES }, drain))
    const { rows: [row] } = await pool.query<{ ms: string | null }>({ name: 'next-clock', text: sql.NEXT_CLOCK, values: [[...aside.keys()]] })
    const waiting = [...aside.values()].map((until) => Math.max(0, until - performance.now()))
    const next = row?.ms == null ? waiting : [Number(row.ms), ...waiting]
    return { fired, late, failed, next: next.length === 0 ? null : Math.min(...next) }
  }
}

/** `late`: by how much each stage came, ms. */
interface Fired { readonly ticket: Ticket; readonly late: readonly number[] }

/** All that has come of one ticket, but for the clocks that wait. @param careful see `fireStage` */
async function fireStages(pen: Pen, before: Ticket, now: number, waits: (run: RunningClock) => boolean, careful: boolean): Promise<Fired> {
  let ticket = before
  const late: number[] = []
  const come = (): ReturnType<typeof dueStages> => dueStages(ticket.work, now).filter(({ run }) => !waits(run))
  for (let stages = come(); stages.length > 0; stages = come()) {
    for (const { run, stage, at } of stages) {
      ticket = await fireStage(pen, ticket, run, stage, now, careful)
      late.push(now - at)
    }
  }
  return { ticket, late }
}

/** Its id comes from what it is about: by whatever way a stage is written twice, the second finds the first. */
export const stageActId = (ticketId: string, { clock, unitId, startedAt, at }: Pick<RunningClock, 'clock' | 'unitId' | 'startedAt' | 'at'>, stage: Stage): string => idFrom(`${stage} ${ticketId} ${clock} ${unitId ?? ''} ${startedAt} ${at[stage]}`)

/** @param careful something could not be written: where another act has the stage's id, it comes all the same, under another one */
async function fireStage(pen: Pen, before: Ticket, run: RunningClock, stage: Stage, now: number, careful: boolean): Promise<Ticket> {
  const { ticket, act, notices } = fire(before, run, stage)
  const { home } = pen.rules
  // A county tells its own people, and says that it is by what it knows; the city calls everybody else.
  const own = home === undefined ? notices : notices.filter(({ to }) => typeof to === 'object' && !('stage' in to) && home.units.includes(to.unitId))
  const id = stageActId(before.id, run, stage)
  const actId = careful && (await pen.status(id)).done ? idFrom(`${id} ${before.version}`) : id
  return pen.write({
    before, after: ticket, actId, act, at: now, by: null, changes: { clock: [null, run.clock], ...(home === undefined ? {} : { provisional: [null, true] }), ...difference(before, ticket) }, note: '', met: [], notices: own,
  })
}
