import { recordOf } from './card.js'
import type { IntakeDeps } from './deps.js'
import type { Answer } from './core/room.js'
import type { Background, Loop } from './loop.js'
import type { CallRecord, LiveCall, SwitchEvent } from './ports.js'
import { within } from '../time/within.js'

/** A flow waits so long for what its caller said at another node, ms. He is in the queue meanwhile. */
const RECALL = 1_000

/** What happened while nobody looked: snapshots, past calls, rows of before a restart. */
export interface Reconciliation {
  /** Everything that FreeSWITCH reports comes in here. */
  take(event: SwitchEvent): void
  /** What the database knew of a call when we started; null: nothing. */
  remembered(callId: string): CallRecord | null
  /** Reads what was in hand before. Never rejects. */
  readRows(): Promise<void>
  /** He was in another node's queue before: what is written down of him is read, fed to the room, and remembered. */
  recall(callId: string): void
  /** Until that is read, or takes too long; null: it is not being read. Never rejects. */
  recalling(callId: string): Promise<unknown> | null
  forget(callId: string): void
}

/** Feeds FreeSWITCH's reports to the room, and settles what the room cannot know by itself. */
export function makeReconciliation(loop: Loop, background: Background, { records, directory, clock, monotonic, logger }: Pick<IntakeDeps, 'records' | 'directory' | 'clock' | 'monotonic' | 'logger'>): Reconciliation {
  const rows = new Map<string, CallRecord>()
  let reading: 'unread' | 'reading' | 'read' = 'unread'
  /** Rows that are being read. */
  const recalls = new Map<string, Promise<unknown>>()
  /** Rows of before that no snapshot has spoken of yet. */
  const unchecked = new Set<string>()
  /** When they were read, monotonic: an older snapshot says nothing of them. */
  let rowsOf = Infinity

  /** PostgreSQL that is away is asked again at the next snapshot. */
  async function readRows(): Promise<void> {
    reading = 'reading'
    try {
      for (const record of await records.unfinishedCalls()) {
        rows.set(record.callId, record)
        unchecked.add(record.callId)
        // A snapshot was faster.
        loop.feed({ type: 'call.remembered', record })
      }
      reading = 'read'
      rowsOf = monotonic()
    } catch (error) {
      reading = 'unread'
      logger.warn({ err: error }, 'what was in hand before is unknown')
    }
  }

  /** This leg has answered him, as far as the room knows; null: another one, or none. */
  function answerOf({ call, leg }: LiveCall): Answer | null {
    const answer = loop.room().calls.get(call.callId)?.answer ?? null
    return answer?.legId === leg?.legId ? answer : null
  }

  /** Who sits at the telephone that the native queue rang, as far as the room says it; null: the directory must be asked, again if it was away. */
  function seated(live: LiveCall): LiveCall | null {
    const { leg } = live
    if (leg === undefined || leg.operatorId !== undefined || leg.extension === undefined || (answerOf(live)?.operatorId ?? null) !== null) return live
    const operator = loop.room().operators.values().find(({ profile }) => profile.extension === leg.extension)
    return operator === undefined ? null : { ...live, leg: { ...leg, operatorId: operator.operatorId } }
  }

  /** @throws when the directory is away. */
  async function named(live: LiveCall): Promise<LiveCall> {
    const known = seated(live)
    if (known !== null || live.leg?.extension === undefined) return known ?? live
    const operatorId = await directory.byExtension(live.leg.extension)
    return operatorId === null ? live : { ...live, leg: { ...live.leg, operatorId } }
  }

  /** Everything that waits for a snapshot goes on at once; a talk whose operator only the directory knows follows when it has answered. */
  function resync(event: Extract<SwitchEvent, { type: 'resync' }>): void {
    const unnamed: LiveCall[] = []
    const calls = event.calls.map((live) => {
      const known = seated(live)
      if (known !== null) return known
      unnamed.push(live)
      const { leg, ...waiting } = live
      return leg === undefined || answerOf(live) !== null ? live : waiting
    })
    loop.feed({ ...event, calls })
    endLost(event)
    if (reading === 'unread') loop.background('', 'rows not read', readRows())
    if (unnamed.length > 0) loop.background('', 'resync lost', Promise.all(unnamed.map((live) => named(live).catch(() => live))).then((talks) => { introduce(talks, event.at) }))
  }

  /** Of the others this says nothing. A link that fell meanwhile tells everything anew. */
  function introduce(talks: readonly LiveCall[], at: number): void {
    const { calls, live, linkUp } = loop.room()
    if (linkUp) loop.feed({ type: 'resync', calls: talks.filter(({ call }) => calls.has(call.callId)), unsure: live.values().map(({ callId }) => callId), at, restarted: false })
  }

  /**
   * Rows of before us whose call our FreeSWITCH does not have: their end was missed. A CDR file that tells the true one comes later and counts.
   * What another FreeSWITCH has is not ours to end; what was not understood, or is who knows whose, waits for a snapshot that says more.
   */
  function endLost({ at, host, unsure = [] }: Extract<SwitchEvent, { type: 'resync' }>): void {
    if (at < rowsOf || unchecked.size === 0) return
    const { calls } = loop.room()
    const lost: string[] = []
    for (const callId of unchecked) {
      const there = rows.get(callId)?.host
      if (!calls.has(callId) && (unsure.includes(callId) || (there !== undefined && host === undefined))) continue
      unchecked.delete(callId)
      if (!calls.has(callId) && (there === undefined || there === host)) lost.push(callId)
    }
    if (lost.length === 0) return
    // Not as records of the calls: an end that the journal still holds, or another node has written meanwhile, is the true one.
    loop.background('', 'lost calls not ended', records.endMissed(lost, clock()).catch((error: unknown) => {
      for (const callId of lost) unchecked.add(callId)
      logger.warn({ err: error, calls: lost.length }, 'calls whose end was missed are not ended yet')
    }))
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
      // Whose telephone the native queue rang is asked again as long as the directory is away; his ticket does not wait for it.
      const call = await named(event.call).catch(() => null)
      await settle({ ...event, call: call ?? event.call })
      event.settled(call !== null)
    } catch (error) {
      event.settled(false)
      throw error
    }
  }

  return {
    take(event) {
      if (event.type === 'past') return loop.background(event.call.call.callId, 'past call not recorded', past(event))
      if (event.type === 'resync') return resync(event)
      if (event.type === 'link.down') logger.warn({}, 'the link to the PBX is down')
      loop.feed(event)
    },
    remembered: (callId) => rows.get(callId) ?? null,
    readRows,
    recall(callId) {
      if (recalls.has(callId)) return
      const work = records.callRecord(callId).then((record) => {
        // He may be gone by now, and forgotten.
        if (record === null || !loop.room().calls.has(callId)) return
        rows.set(callId, record)
        loop.feed({ type: 'call.remembered', record })
      })
      const known = within(work, RECALL, () => undefined).catch(() => undefined).finally(() => { recalls.delete(callId) })
      recalls.set(callId, known)
      loop.background(callId, 'row not read', work)
    },
    recalling: (callId) => recalls.get(callId) ?? null,
    forget(callId) { rows.delete(callId); unchecked.delete(callId) },
  }
}
