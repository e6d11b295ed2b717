import type { Pool } from 'pg'
import { LiandongError } from '../contracts/errors.js'
import type { Ticket } from '../contracts/ticket.js'
import { idFrom } from '../dispatch/ids.js'
import { blame, cannotBeMade, inTime, isRefusal } from './blame.js'
import type { Journal } from './journal.js'
import type { Recovery } from './recovery.js'
import type { JournalRecord, RecordsDeps } from './records.js'
import * as callSql from './sql/call.js'
import { callEventValues, NOTE_CALL } from './sql/call-event.js'
import * as flowSql from './sql/flow.js'
import { END_SESSION } from './sql/people.js'
import type { TicketActs } from './ticket-acts.js'
import type { TicketWrites } from './ticket-writes.js'

export interface DrainDeps {
  readonly pool: Pool
  readonly journal: Journal<JournalRecord>
  readonly writes: TicketWrites & Pick<TicketActs, 'act'>
  readonly deadline: number
  readonly logger: RecordsDeps['logger']
  /** @param why what PostgreSQL, or the silence of it, said when it is not up */
  readonly setUp: (up: boolean, why?: unknown) => void
  readonly status: () => void
  readonly needed: () => boolean
  readonly recovery: Recovery | undefined
  /** This machine's, ms, by which records were dated. */
  readonly clock: () => number
  /** PostgreSQL was asked, whether it answered or not; what waits for a turn may try again. */
  readonly onReached: () => void
  /** A record of this key is out of the journal. `ticket`: what it made of a ticket; `also`: those that moved with it. */
  readonly onDrained: (key: string, ticket: Ticket | null, also: readonly Ticket[]) => void
}

/** What a record made of tickets. */
interface Drained { readonly ticket: Ticket | null; readonly also: readonly Ticket[] }
const NOTHING: Drained = { ticket: null, also: [] }

/** A record that fails by a defect of ours is set aside after so many turns, so that the others are drained. */
const TURNS = 5

/** Brings the journal into PostgreSQL, one record after the other. One drain at a time; it never rejects. */
export function makeDrain(deps: DrainDeps): (usable?: boolean) => Promise<void> {
  const { journal, writes, logger } = deps
  let running: Promise<void> | null = null
  /** The database's clock less this machine's, ms: so long ago something was done as this machine says, by whatever clock it counts. */
  let ahead = 0
  let stuck: { readonly record: JournalRecord; readonly turns: number } | null = null

  const of = (ticket: Ticket | null): Drained => ({ ticket, also: [] })

  async function apply(record: JournalRecord): Promise<Drained> {
    switch (record.type) {
      case 'call': await deps.pool.query(callSql.SAVE_CALL, callSql.callValues(record.record)); return NOTHING
      case 'ticket': return of(await writes.open(record.opening, record.number ?? '', ahead))
      case 'event': await deps.pool.query(NOTE_CALL, callEventValues(record.event, idFrom)); return NOTHING
      case 'call-back': return of(await writes.markCallBack(record.key, record.at))
      case 'message': await deps.pool.query(flowSql.SAVE_MESSAGE, flowSql.messageValues(record.message)); return NOTHING
      case 'wish': await deps.pool.query(flowSql.WISH_CALL_BACK, flowSql.wishValues(record.wish)); return NOTHING
      case 'sign-out': await deps.pool.query(END_SESSION, [record.tokenHash]); return NOTHING
      case 'act': return act(record)
    }
  }

  /** The act was acknowledged: where it cannot be done any more it stands in the history, and a person is told. */
  async function act(record: Extract<JournalRecord, { type: 'act' }>): Promise<Drained> {
    const at = record.at + ahead
    try {
      return await writes.act(record.key, record.act, record.who, at, true)
    } catch (error) {
      if (blame(error) !== 'facts' && !cannotBeMade(error)) throw error
      // A ticket that went to another unit meanwhile is none of its own any more; only one that is not there at all has no history. @throws LiandongError `ticket.not-found`
      if (error instanceof LiandongError && error.code === 'ticket.not-found') await writes.read(record.key)
      const withText = isRefusal(error)
      logger.warn({ err: error, callId: record.key }, 'an acknowledged act cannot be done any more; it is noted in the ticket’s history')
      const ticket = await writes.addLate(record.key, record.act, record.who, at, withText)
      if (!withText) setAside(record, error)
      return of(ticket)
    }
  }

  function setAside(record: JournalRecord, error: unknown): void {
    logger.error({ err: error, callId: record.key }, 'the database refuses a journal record for good; it is kept in the journal’s .rejected')
    journal.reject(record, (error as Error).message)
  }

  async function once(usable: boolean): Promise<void> {
    if (!deps.needed()) return
    try {
      if (!usable) return deps.onReached()
      const asked = deps.clock()
      const { rows: [database] } = await inTime(deps.pool.query<{ now: Date }>('select clock_timestamp() as now'), deps.deadline)
      const [answered, now] = [deps.clock(), database?.now.getTime() ?? asked]
      // Between question and answer they agree, as far as anybody can tell.
      ahead = now < asked ? now - asked : Math.max(0, now - answered)
      await deps.recovery?.mend()
      deps.setUp(true)
    } catch (error) {
      deps.setUp(false, error)
      return deps.onReached()
    }
    deps.onReached()
    while (journal.records.length > 0) {
      const [record] = journal.records
      if (record === undefined) break
      let drained = NOTHING
      try {
        drained = await inTime(apply(record), deps.deadline * 5)
      } catch (error) {
        const fault = blame(error)
        if (fault === 'server') return deps.setUp(false, error)
        if (fault === 'us') {
          stuck = { record, turns: stuck?.record === record ? stuck.turns + 1 : 1 }
          if (stuck.turns < TURNS) return
        }
        // What was shown of its ticket meanwhile it never became.
        if (record.type === 'act') drained = of(await writes.read(record.key).catch((failed: unknown) => { if (blame(failed) === 'facts') return null; throw failed }))
        setAside(record, error)
      }
      journal.forget(1)
      deps.onDrained(record.key, drained.ticket, drained.also)
    }
    deps.setUp(true)
    deps.status()
  }

  return (usable = true) => (running ??= once(usable)
    // The disk would not take what had to be set aside: it stays where it is.
    .catch((error: unknown) => { logger.error({ err: error }, 'draining the journal') })
    .finally(() => { running = null }))
}
