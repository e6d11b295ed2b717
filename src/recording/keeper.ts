import { randomUUID } from 'node:crypto'
import type { CallEvent } from '../contracts/call.js'
import { startLoop } from '../dispatch/loop.js'
import type { RecordingFiles } from './files.js'
import type { RecordingEvent, RecordingStore, RecordingTrouble, RetentionDays } from './ports.js'

export interface KeeperDeps {
  readonly files: RecordingFiles
  readonly store: RecordingStore
  readonly node: string
  readonly days: RetentionDays
  /** Less free than this is full, bytes. */
  readonly minFree: number
  readonly note: (event: CallEvent) => Promise<void>
  /** ms since epoch. */
  readonly clock: () => number
  /** Monotonic, ms. */
  readonly monotonic: () => number
  /** Something began or ceased to keep talks from being recorded. */
  readonly onTrouble: (trouble: RecordingTrouble | null) => void
  readonly onNotRecorded: () => void
  /** A look failed: what waits is taken in at the next. */
  readonly onError: (error: unknown) => void
  readonly logger: { warn(fields: object, text: string): void }
  readonly every?: number
  /** A file of which nobody has told the end is complete when nothing was written to it for so long, and its call is over, ms. */
  readonly quiet?: number
  /** The same of a file whose call nobody knows, ms. */
  readonly orphan?: number
}

export interface Keeper {
  take(event: RecordingEvent): void
  readonly trouble: RecordingTrouble | null
  /** Looks now. */
  nudge(): void
  close(): Promise<void>
}

/** A file that is being written, as far as was told: whose, since when, whether two talk, whether the disk refused some of it. */
interface Writing { readonly callId: string; readonly at: number; talk: boolean; failed: boolean }

const EVERY = 2_000
const PROBE_EVERY = 5_000
const UNFINISHED_EVERY = 60_000
const RETENTION_EVERY = 10 * 60_000
/** From the bridge of a talk to the word that it is recorded, ms. */
const GRACE = 3_000
/** Taken in at one look. */
const BATCH = 100
/** Of what other nodes took in and is due, so many are looked for at a time. */
const ELSEWHERE = 500
const FIRST = '00000000-0000-0000-0000-000000000000'

/**
 * Takes in what FreeSWITCH recorded, as the CDR sweep takes in its records: the files are the truth, events only say what may be looked at now.
 * It watches whether recording works at all, and lets go of what has been kept for its time. No call waits for any of it.
 */
export function startKeeper(deps: KeeperDeps): Keeper {
  const { files, store, node, days, clock, monotonic, logger, every = EVERY, quiet = 60_000, orphan = 6 * 3_600_000 } = deps
  /** Being written. */
  const writing = new Map<string, Writing>()
  /** Complete, for their channels are gone. */
  const over = new Set<string>()
  /** Talks of which no recording was heard yet, and when that is one too many (monotonic). */
  const owed = new Map<string, { readonly at: number; readonly due: number }>()
  let disk: RecordingTrouble | null = null
  let pbx = false
  let told: RecordingTrouble | null = null
  const next = { probe: 0, unfinished: 0, retention: 0 }
  let elsewhere = FIRST

  const trouble = (): RecordingTrouble | null => disk ?? (pbx ? 'pbx' : null)
  function tell(): void {
    if (trouble() === told) return
    told = trouble()
    deps.onTrouble(told)
  }
  const background = (work: Promise<unknown>, what: string): void => { work.catch((error: unknown) => { logger.warn({ err: error }, what) }) }

  function talks(id: string, one: Writing): void {
    if (one.talk) return
    one.talk = true
    background(store.begun(id, one.callId, node, one.at), 'a recording that began is not in the index yet; its file will be')
    background(deps.note({ callId: one.callId, at: one.at, act: 'recording', detail: '' }), 'that a talk is recorded was not noted')
  }

  function take(event: RecordingEvent): void {
    switch (event.type) {
      case 'begun': {
        const before = writing.get(event.id)
        const one = before ?? { callId: event.callId, at: event.at, talk: false, failed: false }
        writing.set(event.id, one)
        over.delete(event.id)
        pbx = false
        tell()
        // A call back is recorded from its answer on; a citizen's channel may still wait for an operator.
        if (owed.delete(event.id) || event.callId !== event.id) talks(event.id, one)
        return
      }
      case 'talk': {
        const one = writing.get(event.callId)
        if (one === undefined) owed.set(event.callId, { at: event.at, due: monotonic() + GRACE })
        else talks(event.callId, one)
        return
      }
      case 'stopped':
        if (event.failed) {
          const one = writing.get(event.id)
          if (one !== undefined) one.failed = true
          pbx = true
          tell()
        }
        if (event.over) ended(event.id)
        return
      case 'over':
        owed.delete(event.id)
        ended(event.id)
    }
  }

  function ended(id: string): void {
    if (!writing.has(id)) return
    over.add(id)
    loop.nudge()
  }

  async function probe(): Promise<void> {
    try {
      disk = await files.free(node) < deps.minFree ? 'full' : null
    } catch (error) {
      disk = (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'full' : 'unwritable'
    }
    tell()
  }

  /** Talks that should have been recorded by now. */
  async function overdue(): Promise<void> {
    for (const [callId, { at, due }] of owed) {
      if (monotonic() < due) continue
      owed.delete(callId)
      // The word may be lost; the file is there or it is not.
      if (await files.fresh(callId) !== null) { take({ type: 'begun', id: callId, callId, at }); take({ type: 'talk', callId, at }); continue }
      pbx = true
      tell()
      deps.onNotRecorded()
      logger.warn({ callId }, 'a talk is not recorded')
      background(deps.note({ callId, at, act: 'not-recorded', detail: disk ?? 'pbx' }), 'that a talk is not recorded was not noted')
    }
  }

  /** Names of files that are complete, with the calls they belong to. */
  async function complete(): Promise<[string, string][]> {
    const names = await files.list()
    const ready: [string, string][] = []
    const asked: { readonly id: string; readonly age: number }[] = []
    for (const id of names) {
      const one = writing.get(id)
      if (over.has(id)) ready.push([id, one?.callId ?? id])
      else {
        const file = await files.fresh(id)
        if (file !== null && clock() - file.changedAt >= quiet) asked.push({ id, age: clock() - file.changedAt })
      }
    }
    if (asked.length === 0) return ready
    const known = await store.over(asked.map(({ id }) => id))
    for (const { id, age } of asked) {
      const callId = known.get(id)
      if (callId !== undefined || age >= orphan) ready.push([id, callId ?? writing.get(id)?.callId ?? id])
    }
    return ready
  }

  async function takeIn(id: string, callId: string): Promise<void> {
    const file = await files.fresh(id)
    if (file === null) return
    const inspection = await files.inspect(id)
    const one = writing.get(id)
    // Somebody waited for an operator and nobody came: there is nothing in it.
    if (inspection.durationMs === 0 && one?.talk !== true) await files.drop(id)
    else {
      // What the disk did not take is missing at its end, whole as the file looks.
      const kept = { ...inspection, ...(one?.failed === true ? { state: 'cut' as const } : {}), id, callId, beganAt: Math.round(one?.at ?? Math.min(file.bornAt, file.changedAt)), endedAt: Math.round(file.changedAt) }
      if (await store.keep(kept, node) === 'kept') await files.keep(id)
      else {
        // The call came back under its name after its recording had been taken in.
        const as = randomUUID()
        await store.keep({ ...kept, id: as }, node)
        await files.keep(id, as)
      }
    }
    writing.delete(id)
    over.delete(id)
  }

  async function unfinished(): Promise<void> {
    for (const id of await store.unfinished(node)) {
      if (await files.where(id) !== null) continue
      logger.warn({ id }, 'a recording is missing')
      await store.mark(id, 'missing')
      writing.delete(id)
      over.delete(id)
    }
  }

  const due = (what: keyof typeof next, interval: number): boolean => {
    const now = monotonic()
    if (now < next[what]) return false
    next[what] = now + interval
    return true
  }

  const loop = startLoop({
    every, afterFailure: every, onError: deps.onError,
    async look(closed) {
      if (due('probe', PROBE_EVERY)) await probe()
      await overdue()
      if (disk === 'unwritable') return undefined
      for (const [id, callId] of (await complete()).slice(0, BATCH)) {
        if (closed()) return undefined
        await takeIn(id, callId)
      }
      if (due('unfinished', UNFINISHED_EVERY)) await unfinished()
      if (due('retention', RETENTION_EVERY)) {
        await store.removeDue(node, days, BATCH, files.remove)
        // Where several nodes share the directory, any of them lets go of what one that is gone took in.
        elsewhere = await store.removeDueElsewhere(node, days, elsewhere, ELSEWHERE, async (id) => await files.where(id) !== null, files.remove) ?? FIRST
      }
      return undefined
    },
  })
  return { take, get trouble() { return trouble() }, nudge: () => { loop.nudge() }, close: () => loop.close() }
}
