import type { FlowTag } from '../contracts/call.js'
import { LANGUAGES } from '../contracts/flow.js'
import type { BoundNode, NodeContext, NodeOutcome } from './node-type.js'
import type { Flow, FlowCommand, FlowEvent, FlowMemory, FlowState, FlowStep, FlowSurroundings } from './types.js'

const PATH_LENGTH = 100
/** The check refuses loops without a key, so no file gets near; whoever does goes on waiting with music. */
const MAX_NODES_A_STEP = 1_000
const NO_MEMORY: FlowMemory = {}

/** A caller enters the flow. */
export function startFlow(flow: Flow, surroundings: FlowSurroundings): FlowStep {
  return go({ flow: flow.name, version: flow.version, node: null, language: flow.languages[0], memory: NO_MEMORY, tags: [], path: [] }, flow, { kind: 'goto', to: flow.start }, surroundings)
}

/**
 * A caller comes back after a break (restart, second node): repeats his node, the short way where there is one.
 * A version without that node begins at its start, with the tags and the language he had. Over is over.
 */
export function resumeFlow(flow: Flow, state: FlowState, surroundings: FlowSurroundings): FlowStep {
  if (state.node === null) return { state, commands: [{ type: 'end' }] }
  const known = flow.languages.includes(state.language)
  const here: FlowState = { ...state, flow: flow.name, version: flow.version, language: known ? state.language : flow.languages[0] }
  const node = flow.nodes.get(state.node)
  if (node === undefined) return go(here, flow, { kind: 'goto', to: flow.start }, surroundings)
  return go(here, flow, node.resume(context(here, surroundings, state.memory, true)), surroundings)
}

/** Something happened to the caller. Total: an event that does not fit, or a state of another flow, ends in waiting, never in an error. */
export function step(flow: Flow, state: FlowState, event: FlowEvent, surroundings: FlowSurroundings): FlowStep {
  const node = state.node === null ? undefined : flow.nodes.get(state.node)
  if (node === undefined) return go(state, flow, { kind: 'end' }, surroundings)
  if (event.type === 'started') return resumeFlow(flow, state, surroundings)
  return go(state, flow, node.on(event, context(state, surroundings, state.memory, true)), surroundings)
}

/** The flow as the intake runs it: the engine bound to one version. */
export function bindFlow(flow: Flow) {
  return {
    start: (surroundings: FlowSurroundings): FlowStep => startFlow(flow, surroundings),
    resume: (state: FlowState, surroundings: FlowSurroundings): FlowStep => resumeFlow(flow, state, surroundings),
    step: (state: FlowState, event: FlowEvent, surroundings: FlowSurroundings): FlowStep => step(flow, state, event, surroundings),
  }
}

/** Follows decisions from node to node until one makes a sound or the flow ends. */
function go(from: FlowState, flow: Flow, first: NodeOutcome, surroundings: FlowSurroundings): FlowStep {
  const commands: FlowCommand[] = []
  let { node, language, tags } = from
  let path: string[] | null = null
  let outcome = first
  for (let nodes = 0; outcome.kind === 'goto' && nodes < MAX_NODES_A_STEP; nodes += 1) {
    if (outcome.tags !== undefined) {
      const set = setTags(outcome.tags, { flow, node, language, tags, now: surroundings.now })
      commands.push(...set.commands)
      ;({ language, tags } = set)
    }
    const next: BoundNode | undefined = flow.nodes.get(outcome.to)
    if (next === undefined) break
    node = outcome.to
    path ??= [...from.path]
    const visited = path.includes(node)
    path.push(node)
    outcome = next.enter({ language, memory: NO_MEMORY, visited, surroundings })
  }
  const stays = outcome.kind === 'stay'
  commands.push(outcome.kind === 'stay' ? outcome.command : { type: 'end' })
  return {
    state: {
      flow: from.flow,
      version: from.version,
      node: stays ? node : null,
      language,
      memory: outcome.kind === 'stay' ? outcome.memory : NO_MEMORY,
      tags,
      path: path === null ? from.path : path.slice(-PATH_LENGTH),
    },
    commands,
  }
}

interface Tagging {
  readonly flow: Flow
  readonly node: string | null
  readonly language: FlowState['language']
  readonly tags: readonly FlowTag[]
  readonly now: number
}

/** A key that is set again replaces its earlier value; `language` also changes the language, if the flow speaks it. */
function setTags(wanted: Readonly<Record<string, string>>, { flow, node, language, tags, now }: Tagging) {
  const commands: FlowCommand[] = []
  for (const [key, value] of Object.entries(wanted)) {
    const tag: FlowTag = { key, value, node: node ?? flow.start, at: now }
    tags = [...tags.filter((other) => other.key !== key), tag]
    commands.push({ type: 'tag', tag })
    if (key !== 'language') continue
    const spoken = LANGUAGES.find((one) => one === value && flow.languages.includes(one))
    if (spoken === undefined) continue
    language = spoken
    commands.push({ type: 'language', language })
  }
  return { commands, language, tags }
}

function context({ language }: FlowState, surroundings: FlowSurroundings, memory: FlowMemory, visited: boolean): NodeContext {
  return { language, memory, visited, surroundings }
}
