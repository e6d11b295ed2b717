import type { FlowTag } from '../contracts/call.js'
import type { FlowCommand, FlowEvent, FlowState, FlowStep, FlowSurroundings } from '../flow/types.js'
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
  readonly surroundings: () => FlowSurroundings
  readonly onTag: (tag: FlowTag) => void
  /** After each step: where the caller stands. */
  readonly onState: (state: FlowState) => void
}

/** A step that plays nothing for this many steps in a row is a flow that spins; the caller gets music instead. */
const MAX_SILENT_STEPS = 1_000

/**
 * Runs a flow beside the queue on one citizen's leg, until the flow ends, the leg is bridged away or `stop` is called.
 * The only loop between the pure engine and the telephone. Never rejects: whatever fails, the caller goes on waiting with music.
 */
export async function runFlow(leg: CitizenLeg, from: FlowState | null, deps: FlowRunnerDeps, stopped: () => boolean): Promise<void> {
  let at = from === null ? deps.flow.start(deps.surroundings()) : deps.flow.resume(from, deps.surroundings())
  for (let silent = 0; silent < MAX_SILENT_STEPS;) {
    deps.onState(at.state)
    const sound = announce(at.commands, deps)
    if (at.state.node === null) break
    if (sound !== null) silent = 0
    else silent += 1
    const result: LegResult = sound === null ? { type: 'played' } : await leg.perform(sound)
    if (stopped() || result.type === 'gone') return
    at = deps.flow.step(at.state, result, deps.surroundings())
  }
  if (!stopped()) leg.holdMusic()
}

/** Reports tags at once and returns the one command that makes a sound, if there is one. */
function announce(commands: readonly FlowCommand[], deps: FlowRunnerDeps): Extract<FlowCommand, { type: 'play' | 'gather' }> | null {
  let sound: Extract<FlowCommand, { type: 'play' | 'gather' }> | null = null
  for (const command of commands) {
    if (command.type === 'tag') deps.onTag(command.tag)
    else if (command.type === 'play' || command.type === 'gather') sound = command
  }
  return sound
}
