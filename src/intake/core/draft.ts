import type { Command } from './command.js'
import type { Floor } from './match.js'
import { BALKS, isLive, isQueued, isReady, isWaiting, takesCalls, type Call, type Operator, type Redial, type Room } from './room.js'
import type { Table } from './table.js'

/** One step's working copy: the room as it will be, and what must be done. An event that changes nothing gives the same room back. */
export interface Draft {
  readonly commands: Command[]
  call(callId: string): Call | undefined
  operator(operatorId: string | null | undefined): Operator | undefined
  /** Calls that go on. */
  live(): Table<Call>
  /** All that are remembered: for a sweep, never for an event. */
  calls(): Table<Call>
  operators(): Table<Operator>
  /** Whom a match can be made of. */
  floor(): Floor
  /** True when somebody waits and somebody else could be offered him: most steps of a busy room end there, and list nobody. */
  canMatch(): boolean
  /** The tables as they stand. */
  tables(): Pick<Room, 'calls' | 'operators' | 'redials'>
  /** Whether this telephone was said to be gone. */
  isGone(extension: string): boolean
  setGone(extension: string, gone: boolean): void
  setRedial(redial: Redial): void
  dropRedial(legId: string): void
  linkUp(): boolean
  setLinkUp(up: boolean): void
  /** @param since monotonic; null: FreeSWITCH has said how things stand */
  setDoubt(since: number | null): void
  doubt(): number | null
  /** When ended calls were last swept out, monotonic. */
  sweptAt: number
  /** FreeSWITCH itself refused an offer for this operator. @param at monotonic */
  balked(operatorId: string, at: number): void
  /** It does ring for us. */
  obeyed(): void
  /** Writes changed fields of a known call; returns the new value. */
  patchCall(call: Call, changes: Partial<Call>): Call
  patchOperator(operator: Operator, changes: Partial<Operator>): Operator
  forget(callId: string): void
  emit(command: Command): void
  result(): Room
}

/** The part of a table that has only those who belong to it, after one of them changed. */
const kept = <V>(part: Table<V>, key: string, value: V, belongs: (value: V) => boolean): Table<V> => (belongs(value) ? part.with(key, value) : part.without(key))

/** A room that can be changed for one step, and the commands of that step; the room it came from stays as it is. */
export const openDraft = (room: Room): Draft => new WorkingCopy(room)

/** A class, since every event makes one: an object of closures took longer than most steps (test/bench/calls.ts). */
class WorkingCopy implements Draft {
  readonly commands: Command[] = []
  readonly #before: Room
  #calls: Table<Call>
  #live: Table<Call>
  #waiting: Table<Call>
  #queued: Table<Call>
  #operators: Table<Operator>
  #ready: Table<Operator>
  #able: number
  #gone: ReadonlySet<string>
  #redials: Table<Redial>
  #linkUp: boolean
  #doubt: number | null
  sweptAt: number
  #balks: readonly string[]
  #balkedAt: number

  constructor(room: Room) {
    this.#before = room
    this.#calls = room.calls
    this.#live = room.live
    this.#waiting = room.waiting
    this.#queued = room.queued
    this.#operators = room.operators
    this.#ready = room.ready
    this.#able = room.able
    this.#gone = room.gone
    this.#redials = room.redials
    this.#linkUp = room.linkUp
    this.#doubt = room.doubt
    this.sweptAt = room.sweptAt
    this.#balks = room.balks
    this.#balkedAt = room.balkedAt
  }

  call(callId: string): Call | undefined { return this.#calls.get(callId) }
  operator(operatorId: string | null | undefined): Operator | undefined { return operatorId == null ? undefined : this.#operators.get(operatorId) }
  live(): Table<Call> { return this.#live }
  calls(): Table<Call> { return this.#calls }
  operators(): Table<Operator> { return this.#operators }
  floor(): Floor { return { queued: this.#queued, ready: this.#ready, live: this.#live, operators: this.#operators } }
  canMatch(): boolean { return this.#linkUp && this.#doubt === null && this.#queued.size > 0 && this.#ready.size > 0 }
  tables(): Pick<Room, 'calls' | 'operators' | 'redials'> { return { calls: this.#calls, operators: this.#operators, redials: this.#redials } }
  isGone(extension: string): boolean { return this.#gone.has(extension) }

  setGone(extension: string, gone: boolean): void {
    if (this.#gone.has(extension) === gone) return
    const next = new Set(this.#gone)
    if (gone) next.add(extension)
    else next.delete(extension)
    this.#gone = next
  }

  setRedial(redial: Redial): void { this.#redials = this.#redials.with(redial.legId, redial) }
  dropRedial(legId: string): void { this.#redials = this.#redials.without(legId) }
  linkUp(): boolean { return this.#linkUp }
  setLinkUp(up: boolean): void { this.#linkUp = up }
  doubt(): number | null { return this.#doubt }
  setDoubt(since: number | null): void { this.#doubt = since }

  balked(operatorId: string, at: number): void {
    this.#balks = [...this.#balks, operatorId].slice(-BALKS)
    this.#balkedAt = at
  }

  obeyed(): void {
    if (this.#balks.length > 0) this.#balks = []
  }

  patchCall(call: Call, changes: Partial<Call>): Call {
    const next = { ...call, ...changes }
    this.#calls = this.#calls.with(next.callId, next)
    this.#live = kept(this.#live, next.callId, next, isLive)
    this.#waiting = kept(this.#waiting, next.callId, next, isWaiting)
    this.#queued = kept(this.#queued, next.callId, next, isQueued)
    return next
  }

  patchOperator(operator: Operator, changes: Partial<Operator>): Operator {
    const next = { ...operator, ...changes }
    const before = this.#operators.get(next.operatorId)
    this.#able += Number(takesCalls(next)) - Number(before !== undefined && takesCalls(before))
    this.#operators = this.#operators.with(next.operatorId, next)
    this.#ready = kept(this.#ready, next.operatorId, next, isReady)
    return next
  }

  forget(callId: string): void {
    const call = this.#calls.get(callId)
    this.#calls = this.#calls.without(callId)
    this.#live = this.#live.without(callId)
    this.#waiting = this.#waiting.without(callId)
    this.#queued = this.#queued.without(callId)
    this.commands.push({ type: 'forget', callId, abandoned: call?.ours === true && call.state === 'abandoned' })
  }

  emit(command: Command): void { this.commands.push(command) }

  result(): Room {
    const before = this.#before
    const same = this.#calls === before.calls && this.#operators === before.operators && this.#gone === before.gone && this.#redials === before.redials && this.#linkUp === before.linkUp && this.#doubt === before.doubt && this.sweptAt === before.sweptAt && this.#balks === before.balks
    return same ? before : {
      calls: this.#calls, live: this.#live, waiting: this.#waiting, queued: this.#queued, operators: this.#operators, ready: this.#ready, able: this.#able,
      gone: this.#gone, redials: this.#redials, linkUp: this.#linkUp, doubt: this.#doubt, sweptAt: this.sweptAt, balks: this.#balks, balkedAt: this.#balkedAt,
    }
  }
}
