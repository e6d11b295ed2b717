import type { Call, Command, Operator, Room } from './room.js'

/** One step's working copy: maps are copied at the first write, so an event that changes nothing costs nothing. */
export interface Draft {
  readonly commands: Command[]
  call(callId: string): Call | undefined
  operator(operatorId: string | null | undefined): Operator | undefined
  calls(): Iterable<Call>
  operators(): Iterable<Operator>
  linkUp(): boolean
  setLinkUp(up: boolean): void
  /** Writes changed fields of a known call; returns the new value. */
  patchCall(call: Call, changes: Partial<Call>): Call
  patchOperator(operator: Operator, changes: Partial<Operator>): Operator
  forget(callId: string): void
  emit(command: Command): void
  result(): Room
}

export function openDraft(room: Room): Draft {
  let calls: Map<string, Call> | null = null
  let operators: Map<string, Operator> | null = null
  let linkUp = room.linkUp
  const commands: Command[] = []
  const ownCalls = (): Map<string, Call> => (calls ??= new Map(room.calls))
  const ownOperators = (): Map<string, Operator> => (operators ??= new Map(room.operators))
  return {
    commands,
    call: (callId) => (calls ?? room.calls).get(callId),
    operator: (operatorId) => (operatorId == null ? undefined : (operators ?? room.operators).get(operatorId)),
    calls: () => (calls ?? room.calls).values(),
    operators: () => (operators ?? room.operators).values(),
    linkUp: () => linkUp,
    setLinkUp(up) { linkUp = up },
    patchCall(call, changes) {
      const next = { ...call, ...changes }
      ownCalls().set(next.callId, next)
      return next
    },
    patchOperator(operator, changes) {
      const next = { ...operator, ...changes }
      ownOperators().set(next.operatorId, next)
      return next
    },
    forget(callId) {
      ownCalls().delete(callId)
      commands.push({ type: 'forget', callId })
    },
    emit(command) { commands.push(command) },
    result: () => (calls === null && operators === null && linkUp === room.linkUp ? room : { calls: calls ?? room.calls, operators: operators ?? room.operators, linkUp }),
  }
}
