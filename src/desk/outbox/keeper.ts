import type { ActResult, Ticket, TicketAct, TicketFields } from '../../contracts/ticket.js'
import * as boxes from './outbox.js'
import type { Outbox } from './outbox.js'

/** Sealed and typed changes as they lie in the browser's storage until they are acknowledged. */
export type StoredOutbox = Pick<Outbox, 'ticketId' | 'typed' | 'typedBase' | 'typedAt' | 'acts'> & {
  /** Where `typed` was typed; absent: by a desk of before. */
  readonly window?: string
}

export interface OutboxStorage {
  /** Everything left behind by this tab before a reload, and by tabs that are gone. */
  load(): readonly StoredOutbox[]
  /** `null` forgets. */
  save(ticketId: string, box: StoredOutbox | null): void
}

/** How sending an act failed. `passing`: try again by itself. */
export interface SendFailure { readonly passing: boolean; readonly code: string; readonly text: string; readonly details: Readonly<Record<string, string | number>> }

export interface KeeperDeps {
  /** Rejects with a SendFailure. */
  readonly send: (ticketId: string, act: TicketAct) => Promise<ActResult>
  readonly fresh: (ticketId: string) => Promise<Ticket>
  readonly storage: OutboxStorage
  readonly newId: () => string
  /** A number of this window's own, the same after a reload: what is done in another one is not seen here until the server tells of it. */
  readonly window: string
  readonly clock: () => number
  /** Runs a function after so many ms; returns its cancel. */
  readonly after: (delay: number, run: () => void) => () => void
  readonly onTicket: (ticket: Ticket) => void
}

/** Text rests this long after the last key before it is sent, ms. */
export const QUIET = 600
/** Somebody who never stops typing is saved this often, ms. */
export const LONGEST = 2_500
const RETRY_FIRST = 1_000
const RETRY_LONGEST = 8_000

export interface Keeper {
  get(ticketId: string): Outbox | undefined
  /** Stored at once in the browser, sent after `QUIET`. */
  type(ticketId: string, changes: Partial<TicketFields>, seenVersion: number): void
  /** What was typed last is only looked for, not meant: it is not sent for so long, ms, unless something else comes first. */
  hold(ticketId: string, rest: number): void
  /** An act that is not an edit. Resolves when acknowledged. @throws SendFailure when refused. */
  act(ticketId: string, act: DistributiveOmit<Exclude<TicketAct, { act: 'edit' }>, 'actId'>): Promise<ActResult>
  /** Sends now what was typed: leaving a field, Ctrl+S, the page is going away. */
  flush(ticketId?: string): void
  /** The connection or the session is back: do not wait for the next try. */
  nudge(): void
  /** The server’s database is there and its journal is empty. */
  drained(): void
  keepMine(ticketId: string): void
  takeTheirs(ticketId: string): void
  discard(ticketId: string): void
  /** Tickets whose text was found in the browser's storage at the start. */
  readonly restored: readonly string[]
  /** Resolves when nothing is owed any more, or after so many ms. */
  settled(timeout: number): Promise<void>
  subscribe(listener: () => void): () => void
  close(): void
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/**
 * Keeps every edit until the server has acknowledged it. Each ticket has one line: an act goes out when the one before it is settled,
 * so that older text never overtakes newer.
 */
export function makeKeeper(deps: KeeperDeps): Keeper {
  const all = new Map<string, Outbox>()
  const timers = new Map<string, () => void>()
  const waiting = new Map<string, { resolve: (result: ActResult) => void; reject: (failure: unknown) => void }>()
  const listeners = new Set<() => void>()
  let closed = false

  function set(box: Outbox): void {
    all.set(box.ticketId, box)
    const { ticketId, typed, typedBase, typedAt, acts } = box
    deps.storage.save(ticketId, boxes.owesNothing(box) ? null : { ticketId, typed, typedBase, typedAt, acts, window: deps.window })
    for (const listener of [...listeners]) listener()
  }
  const boxOf = (ticketId: string): Outbox => all.get(ticketId) ?? boxes.emptyOutbox(ticketId)

  function schedule(ticketId: string, delay: number, run: () => void): void {
    timers.get(ticketId)?.()
    timers.set(ticketId, deps.after(delay, () => { timers.delete(ticketId); run() }))
  }

  function pump(ticketId: string): void {
    const box = boxOf(ticketId)
    const act = boxes.nextAct(box)
    if (act === undefined || closed) return
    timers.get(ticketId)?.()
    timers.delete(ticketId)
    set({ ...box, sending: true })
    deps.send(ticketId, act).then(
      (result) => {
        set(boxes.acknowledged(boxOf(ticketId), act.actId, result.stored, deps.clock()))
        deps.onTicket(result.ticket)
        waiting.get(act.actId)?.resolve(result)
        waiting.delete(act.actId)
        goOn(ticketId)
      },
      (failure: unknown) => failed(ticketId, act, failure as SendFailure),
    )
  }

  /** After an acknowledgement: the next sealed act, or the rest time of what was typed meanwhile. */
  function goOn(ticketId: string): void {
    const box = boxOf(ticketId)
    if (box.acts.length > 0) pump(ticketId)
    else if (Object.keys(box.typed).length > 0 && !timers.has(ticketId)) schedule(ticketId, QUIET, () => flush(ticketId))
  }

  function failed(ticketId: string, act: TicketAct, failure: SendFailure): void {
    if (closed) return
    const box = boxOf(ticketId)
    if (failure.passing) {
      const next = boxes.unanswered(box)
      set(next)
      const tries = next.trouble?.type === 'retrying' ? next.trouble.tries : 1
      schedule(ticketId, Math.min(RETRY_LONGEST, RETRY_FIRST * 2 ** (tries - 1)) * (0.75 + Math.random() / 2), () => pump(ticketId))
      return
    }
    if (failure.code === 'ticket.conflict' && act.act === 'edit') {
      const named = String(failure.details['fields'] ?? '').split(/[,\s]+/).filter((field) => field in act.changes)
      const fields = (named.length > 0 ? named : Object.keys(act.changes)) as (keyof TicketFields)[]
      set(boxes.conflicted(box, fields, null))
      askTheirs(ticketId, fields)
      return
    }
    // What others did stands beside what he meant to do, whether or not the line has told of it yet.
    if (failure.code === 'ticket.conflict') deps.fresh(ticketId).then(deps.onTicket, () => undefined)
    set(boxes.refused(box, failure.code, failure.text))
    waiting.get(act.actId)?.reject(failure)
    waiting.delete(act.actId)
    goOn(ticketId)
  }

  function askTheirs(ticketId: string, fields: readonly (keyof TicketFields)[]): void {
    deps.fresh(ticketId).then(
      (theirs) => {
        if (boxOf(ticketId).trouble?.type === 'conflict') set(boxes.conflicted(boxOf(ticketId), fields, theirs))
        deps.onTicket(theirs)
      },
      () => schedule(ticketId, RETRY_FIRST, () => askTheirs(ticketId, fields)),
    )
  }

  function flush(ticketId?: string): void {
    for (const id of ticketId === undefined ? [...all.keys()] : [ticketId]) {
      const box = all.get(id)
      if (box === undefined) continue
      const sealed = boxes.seal(box, deps.newId(), deps.window)
      if (sealed !== box) set(sealed)
      pump(id)
    }
  }

  function nudge(): void {
    for (const [ticketId, box] of all) {
      if (box.trouble?.type === 'retrying' || (box.acts.length > 0 && !box.sending)) pump(ticketId)
    }
  }

  for (const stored of deps.storage.load()) {
    // What was typed but never sealed is sealed now, as of the window where it was; the acts keep the ids under which they may have been sent already.
    const { window = deps.window, ...left } = stored
    all.set(left.ticketId, boxes.seal({ ...boxes.emptyOutbox(left.ticketId), ...left }, deps.newId(), window))
  }
  const restored = [...all.keys()]
  for (const box of [...all.values()]) set(box)

  return {
    get: (ticketId) => all.get(ticketId),
    type(ticketId, changes, seenVersion) {
      const now = deps.clock()
      const box = boxes.typing(boxOf(ticketId), changes, seenVersion, now)
      set(box)
      // While an act is on the wire the timer only seals; `goOn` sends. A retry timer is not pushed back by typing.
      if (box.trouble?.type !== 'retrying') schedule(ticketId, Math.max(0, Math.min(QUIET, box.typedAt + LONGEST - now)), () => flush(ticketId))
    },
    hold(ticketId, rest) {
      const box = all.get(ticketId)
      // A timer that sends once more what had no answer is none of a search's business.
      if (box !== undefined && Object.keys(box.typed).length > 0 && box.trouble?.type !== 'retrying') schedule(ticketId, rest, () => flush(ticketId))
    },
    act(ticketId, act) {
      const actId = deps.newId()
      return new Promise((resolve, reject) => {
        waiting.set(actId, { resolve, reject })
        set(boxes.add(boxOf(ticketId), { ...act, actId, window: deps.window }, deps.newId(), deps.window))
        pump(ticketId)
      })
    },
    flush,
    nudge,
    drained() {
      for (const box of [...all.values()]) {
        const next = boxes.drained(box, deps.clock())
        if (next !== box) set(next)
      }
    },
    keepMine(ticketId) { set(boxes.keepMine(boxOf(ticketId), deps.newId())); pump(ticketId) },
    takeTheirs(ticketId) { set(boxes.takeTheirs(boxOf(ticketId), deps.newId())); pump(ticketId); goOn(ticketId) },
    discard(ticketId) { set(boxes.discard(boxOf(ticketId))); goOn(ticketId) },
    restored,
    settled(timeout) {
      return new Promise((resolve) => {
        const look = (): void => { if ([...all.values()].every(boxes.owesNothing)) end() }
        const end = (): void => {
          cancel()
          listeners.delete(look)
          resolve()
        }
        const cancel = deps.after(timeout, end)
        listeners.add(look)
        look()
      })
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    close() {
      closed = true
      for (const cancel of timers.values()) cancel()
      timers.clear()
    },
  }
}
