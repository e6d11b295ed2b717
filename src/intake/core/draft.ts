import type { Command } from './command.js'
import { isLive, isQueued, isReady, isWaiting, type Call, type Operator, type Redial, type Room } from './room.js'
import type { Table } from './table.js'

/** One step's working copy: the room as it will be, and what must be done. An event that changes nothing gives the same room back. */
export interface Draft {
  readonly commands: Command[]
  call(callId: string): Call | undefined
  operator(operatorId: string | null | undefined): Operator | undefined
  /** Calls that go on. */
  live(): readonly Call[]
  /** All that are remembered: for a sweep, never for an event. */
  calls(): readonly Call[]
  operators(): readonly Operator[]
  /** Calls that nobody is being offered. */
  queued(): readonly Call[]
  /** True when somebody waits and somebody else could be offered him: most steps of a busy room end there, and list nobody. */
  canMatch(): boolean
  callMap(): Table<Call>
  operatorMap(): Table<Operator>
  redialMap(): Table<Redial>
  setRedial(redial: Redial): void
  dropRedial(legId: string): void
  linkUp(): boolean
  setLinkUp(up: boolean): void
  readonly sweptAt: number
  setSweptAt(at: number): void
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
export function openDraft(room: Room): Draft {
  let { calls, live, waiting, queued, operators, ready, redials, linkUp, sweptAt } = room
  const commands: Command[] = []
  return {
    commands,
    call: (callId) => calls.get(callId),
    operator: (operatorId) => (operatorId == null ? undefined : operators.get(operatorId)),
    live: () => live.values(),
    calls: () => calls.values(),
    operators: () => operators.values(),
    queued: () => queued.values(),
    canMatch: () => linkUp && queued.size > 0 && ready.size > 0,
    callMap: () => calls,
    operatorMap: () => operators,
    redialMap: () => redials,
    setRedial(redial) { redials = redials.with(redial.legId, redial) },
    dropRedial(legId) { redials = redials.without(legId) },
    linkUp: () => linkUp,
    setLinkUp(up) { linkUp = up },
    get sweptAt() { return sweptAt },
    setSweptAt(at) { sweptAt = at },
    patchCall(call, changes) {
      const next = { ...call, ...changes }
      calls = calls.with(next.callId, next)
      live = kept(live, next.callId, next, isLive)
      waiting = kept(waiting, next.callId, next, isWaiting)
      queued = kept(queued, next.callId, next, isQueued)
      return next
    },
    patchOperator(operator, changes) {
      const next = { ...operator, ...changes }
      operators = operators.with(next.operatorId, next)
      ready = kept(ready, next.operatorId, next, isReady)
      return next
    },
    forget(callId) {
      const call = calls.get(callId)
      calls = calls.without(callId)
      live = live.without(callId)
      waiting = waiting.without(callId)
      queued = queued.without(callId)
      commands.push({ type: 'forget', callId, abandoned: call?.ours === true && call.state === 'abandoned' })
    },
    emit(command) { commands.push(command) },
    result() {
      const same = calls === room.calls && operators === room.operators && redials === room.redials && linkUp === room.linkUp && sweptAt === room.sweptAt
      return same ? room : { calls, live, waiting, queued, operators, ready, redials, linkUp, sweptAt }
    },
  }
}
