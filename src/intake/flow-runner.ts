import type { FlowTag } from '../contracts/call.js'
import type { FlowCommand, FlowEvent, FlowState, FlowStep, FlowSurroundings, NoteCommand, WaitCommand } from '../flow/types.js'
import type { CitizenLeg, LegResult } from './ports.js'

/** A published flow, ready to run: the pure engine bound to one version of one file. */
export interface RunnableFlow {
  start(surroundings: FlowSurroundings): FlowStep
  /** Goes on at the node where the caller was; from the beginning when this version has no such node. */
  resume(state: FlowState, surroundings: FlowSurroundings): FlowStep
  step(state: FlowState, event: FlowEvent, surroundings: FlowSurroundings): FlowStep
}

export interface FlowRunnerDeps {
  readonly flow: RunnableFlow
  /** `onEarly` is told of anything that a step asks for before it is known, with a promise that never rejects of when it is. */
  readonly surroundings: (onEarly: (known: Promise<void>) => void) => FlowSurroundings
  /** `keyed`: a right key of his led there at once; silence, a word, or what the flow says by itself did not. So it is with `onNote`. */
  readonly onTag: (tag: FlowTag, keyed: boolean) => void
  /** How he waits from now on, or that he wants to be called back. */
  readonly onNote: (note: Exclude<NoteCommand, { type: 'tag' | 'language' }>, keyed: boolean) => void
  /** After each step: where the caller stands. */
  readonly onState: (state: FlowState) => void
  /** He answered a question; `fits`: with something that it asked for. */
  readonly onAnswer?: (fits: boolean) => void
  /** What he was to hear, or what was to be recorded of him, could not be done. */
  readonly onFault?: () => void
  /** A message begins: names its file. It is on record before a word is spoken, so that none is lost with us. */
  readonly beginMessage: () => string
  readonly keepMessage: (messageId: string, duration: number) => void
  /** Never rejects, and ends within the command's time. */
  readonly lookUp: (command: Extract<WaitCommand, { type: 'look-up' }>) => Promise<FlowEvent>
  /** Never rejects: `transferred`, `failed`, or `gone` when the caller is. */
  readonly transfer: (command: Extract<WaitCommand, { type: 'transfer' }>) => Promise<Extract<FlowEvent, { type: 'transferred' | 'failed' }> | { readonly type: 'gone' }>
  /** The flow ends the call. */
  readonly hangUp: () => void
}

/** A step that plays nothing for this many steps in a row is a flow that spins; the caller gets music instead. */
const MAX_SILENT_STEPS = 1_000

/**
 * Runs a flow beside the queue on one citizen's leg, until the flow ends, the leg is bridged away or `stop` is called.
 * The only loop between the pure engine and the telephone. Never rejects: whatever fails, the caller goes on waiting with music.
 */
export async function runFlow(leg: CitizenLeg, from: FlowState | null, deps: FlowRunnerDeps, stopped: () => boolean): Promise<void> {
  let at = await stepOf(deps, (surroundings) => (from === null ? deps.flow.start(surroundings) : deps.flow.resume(from, surroundings)))
  let keyed = false
  if (stopped()) return
  for (let silent = 0; silent < MAX_SILENT_STEPS;) {
    deps.onState(at.state)
    const last = announce(at.commands, keyed, deps)
    if (last?.type === 'hang-up') return deps.hangUp()
    if (at.state.node === null) break
    if (last !== null) silent = 0
    else silent += 1
    const result: FlowEvent | { readonly type: 'gone' } = last === null ? { type: 'played' } : await perform(last, leg, deps)
    const here = at.state
    if (result.type === 'transferred') return void announce((await stepOf(deps, (surroundings) => deps.flow.step(here, result, surroundings))).commands, false, deps)
    if (stopped() || result.type === 'gone') return
    // That a service or another line gave no answer says nothing of the flow.
    if (result.type === 'failed' && last?.type !== 'look-up' && last?.type !== 'transfer') deps.onFault?.()
    at = await stepOf(deps, (surroundings) => deps.flow.step(here, result, surroundings))
    keyed = (result.type === 'digits' || result.type === 'timeout') && at.ways?.[0]?.by === 'caller' && at.wrong !== true
    if (stopped()) return
    if (result.type === 'digits' || result.type === 'heard' || at.wrong === true) deps.onAnswer?.(at.wrong !== true)
  }
  if (!stopped()) leg.holdMusic()
}

/** One step of the engine, which is pure: a step that asked for something too early is taken once more when that is known. */
async function stepOf(deps: FlowRunnerDeps, take: (surroundings: FlowSurroundings) => FlowStep): Promise<FlowStep> {
  const early: Promise<void>[] = []
  const step = take(deps.surroundings((known) => early.push(known)))
  if (early.length === 0) return step
  await Promise.all(early)
  return take(deps.surroundings(() => undefined))
}

async function perform(command: WaitCommand, leg: CitizenLeg, deps: FlowRunnerDeps): Promise<FlowEvent | Extract<LegResult, { type: 'gone' }>> {
  switch (command.type) {
    case 'look-up': return leg.meanwhile(deps.lookUp(command))
    case 'transfer': {
      const work = deps.transfer(command)
      const result = await leg.meanwhile(work)
      // The line that takes him takes him away from us.
      return result.type === 'gone' ? work : result
    }
    case 'record': {
      const messageId = deps.beginMessage()
      const result = await leg.perform(command, messageId)
      const duration = result.type === 'recorded' ? result.duration : result.type === 'gone' ? result.recorded : undefined
      if (duration !== undefined) deps.keepMessage(messageId, duration)
      return result
    }
    default: return leg.perform(command)
  }
}

/** Reports what is done at once, and returns the command that waits or hangs up, if there is one. */
function announce(commands: readonly FlowCommand[], keyed: boolean, deps: FlowRunnerDeps): WaitCommand | Extract<FlowCommand, { type: 'hang-up' }> | null {
  let last: WaitCommand | Extract<FlowCommand, { type: 'hang-up' }> | null = null
  for (const command of commands) {
    switch (command.type) {
      case 'tag': deps.onTag(command.tag, keyed); break
      case 'queue': case 'call-back': deps.onNote(command, keyed); break
      case 'language': case 'end': break
      default: last = command
    }
  }
  return last
}
