import { recordOf } from './card.js'
import type { IntakeDeps } from './deps.js'
import type { Background, Loop } from './loop.js'
import type { CallRecord, LiveCall, SwitchEvent } from './ports.js'

/** What happened while nobody looked: snapshots, past calls, rows of before a restart. */
export interface Reconciliation {
  /** Everything that FreeSWITCH reports comes in here. */
  take(event: SwitchEvent): void
  /** What the database knew of a call when we started; null: nothing. */
  remembered(callId: string): CallRecord | null
  /** Reads what was in hand before. Never rejects. */
  readRows(): Promise<void>
  forget(callId: string): void
}

/** Feeds FreeSWITCH's reports to the room, and settles what the room cannot know by itself. */
export function makeReconciliation(loop: Loop, background: Background, { records, directory, clock, monotonic, logger }: Pick<IntakeDeps, 'records' | 'directory' | 'clock' | 'monotonic' | 'logger'>): Reconciliation {
  const rows = new Map<string, CallRecord>()
  /** When the rows of before were read, monotonic; null: not yet, or they were compared with what lives. */
  let rowsOf: number | null = null

  /** Who sits at the telephone that the native queue rang. */
  async function named(live: LiveCall): Promise<LiveCall> {
    const { leg } = live
    if (leg === undefined || leg.operatorId !== undefined || leg.extension === undefined) return live
    const operatorId = await directory.byExtension(leg.extension).catch(() => null)
    return operatorId === null ? live : { ...live, leg: { ...leg, operatorId } }
  }

  /** Rows of before us whose call FreeSWITCH does not have: their end was missed. A CDR file that tells the true one comes later and counts. */
  function endLost(at: number): void {
    if (rowsOf === null || at < rowsOf) return
    rowsOf = null
    for (const [callId, record] of rows) {
      if (loop.room().calls.has(callId)) continue
      loop.background(callId, 'lost call not ended', records.saveCall({ ...record, state: record.answeredAt === undefined ? 'abandoned' : 'ended', endedAt: clock(), hangupCause: 'LOST' }))
    }
  }

  /** Feeds a past call and resolves when all its facts are durable. What the room had recorded to the end is not written again. */
  async function settle(event: Extract<SwitchEvent, { type: 'past' }>): Promise<void> {
    const { callId } = event.call.call
    const before = loop.room().calls.get(callId)
    await background.during(() => { loop.feed(event) })
    const call = loop.room().calls.get(callId)
    if (call === undefined || (before?.ended != null && before.answer?.legId === call.answer?.legId && (call.answer === null || call.ticket !== null))) return
    if (call.answer !== null) await records.openTicket({ record: recordOf(call), operatorId: call.answer.operatorId ?? '', answeredAt: call.answer.at, callBack: false, place: '', callerName: '' })
    await records.saveCall(recordOf(call))
  }

  async function past(event: Extract<SwitchEvent, { type: 'past' }>): Promise<void> {
    try {
      await settle({ ...event, call: await named(event.call) })
      event.settled(true)
    } catch (error) {
      event.settled(false)
      throw error
    }
  }

  return {
    take(event) {
      if (event.type === 'past') return loop.background(event.call.call.callId, 'past call not recorded', past(event))
      if (event.type === 'resync' && event.calls.some(({ leg }) => leg !== undefined && leg.operatorId === undefined)) {
        return loop.background('', 'resync lost', Promise.all(event.calls.map(named)).then((calls) => { loop.feed({ ...event, calls }); endLost(event.at) }))
      }
      if (event.type === 'link.down') logger.warn({}, 'link to FreeSWITCH is down')
      loop.feed(event)
      if (event.type === 'resync') endLost(event.at)
    },
    remembered: (callId) => rows.get(callId) ?? null,
    async readRows() {
      const found = await records.unfinishedCalls().catch((error: unknown) => { logger.warn({ err: error }, 'what was in hand before is unknown'); return [] })
      for (const record of found) rows.set(record.callId, record)
      rowsOf = monotonic()
    },
    forget(callId) { rows.delete(callId) },
  }
}
