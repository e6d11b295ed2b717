import type { FlowTag } from '../contracts/call.js'
import { LANGUAGES } from '../contracts/flow.js'
import type { BoundNode, NodeContext, NodeOutcome, Way } from './node-type.js'
import { isHarmless, MAX_VARIABLES } from './say/value.js'
import type { Flow, FlowCommand, FlowEvent, FlowFrame, FlowMemory, FlowState, FlowStep, FlowSurroundings, FlowVariables } from './types.js'

const PATH_LENGTH = 100
/** The check refuses loops without a key, so no file gets near; whoever does goes on waiting with music. */
export const MAX_NODES_A_STEP = 1_000
/** Parts cannot call themselves; the check refuses longer chains of files. */
export const MAX_DEPTH = 8
const NO_MEMORY: FlowMemory = {}
const NO_VARIABLES: FlowVariables = {}

/** A caller enters the flow. `vars`: what a visit brings with it. */
export function startFlow(flow: Flow, surroundings: FlowSurroundings, vars: FlowVariables = NO_VARIABLES): FlowStep {
  const state: FlowState = { flow: flow.name, version: flow.version, node: null, language: flow.languages[0], memory: NO_MEMORY, tags: [], vars: kept(NO_VARIABLES, vars), stack: [], path: [] }
  return go(state, flow, { kind: 'goto', to: flow.start }, surroundings)
}

/**
 * A caller comes back after a break (restart, second node): repeats his node, the short way where there is one.
 * A version without that node begins at its start, with the tags and the language he had. Over is over.
 */
export function resumeFlow(flow: Flow, state: FlowState, surroundings: FlowSurroundings): FlowStep {
  if (state.node === null) return { state, commands: [{ type: 'end' }] }
  const known = flow.languages.includes(state.language)
  const here: FlowState = { ...state, flow: flow.name, version: flow.version, language: known ? state.language : flow.languages[0] }
  const node = innermost(flow, here.stack)?.nodes.get(state.node)
  if (node !== undefined) return go(here, flow, node.resume(context(here, surroundings)), surroundings)
  // The part is gone, or has another shape: the node that called it calls it again.
  const outer = here.stack[0]
  const caller = outer === undefined ? undefined : flow.nodes.get(outer.from)
  if (outer === undefined || caller === undefined) return go({ ...here, stack: [] }, flow, { kind: 'goto', to: flow.start }, surroundings)
  const back: FlowState = { ...here, node: outer.from, stack: [], memory: NO_MEMORY, vars: kept(here.vars, outer.hidden) }
  return go(back, flow, caller.resume(context(back, surroundings)), surroundings)
}

/** Something happened to the caller. Total: an event that does not fit, or a state of another flow, ends in waiting, never in an error. */
export function step(flow: Flow, state: FlowState, event: FlowEvent, surroundings: FlowSurroundings): FlowStep {
  const node = state.node === null ? undefined : innermost(flow, state.stack)?.nodes.get(state.node)
  if (node === undefined) return go(state, flow, { kind: 'end' }, surroundings)
  if (event.type === 'started') return resumeFlow(flow, state, surroundings)
  const outcome = node.on(event, context(state, surroundings))
  const next = go(state, flow, outcome, surroundings)
  return (outcome.kind === 'stay' || outcome.kind === 'goto') && outcome.wrong === true ? { ...next, wrong: true } : next
}

/** The flow as the intake runs it: the engine bound to one version. */
export function bindFlow(flow: Flow) {
  return {
    start: (surroundings: FlowSurroundings, vars?: FlowVariables): FlowStep => startFlow(flow, surroundings, vars),
    resume: (state: FlowState, surroundings: FlowSurroundings): FlowStep => resumeFlow(flow, state, surroundings),
    step: (state: FlowState, event: FlowEvent, surroundings: FlowSurroundings): FlowStep => step(flow, state, event, surroundings),
  }
}

/** Where a caller stands in the flow and its parts, as it can be told in one word: the node, or the node that called the part. */
export const placeOf = (state: FlowState): string | null => state.stack[0]?.from ?? state.node

function innermost(flow: Flow, stack: readonly FlowFrame[]): Flow | undefined {
  const frame = stack.at(-1)
  return frame === undefined ? flow : flow.parts.get(frame.flow)
}

/** A state that is still being worked on. */
type Draft = { -readonly [K in keyof Omit<FlowState, 'path'>]: FlowState[K] }

/** Follows decisions from node to node until one makes a sound or the flow ends. */
function go(from: FlowState, flow: Flow, first: NodeOutcome, surroundings: FlowSurroundings): FlowStep {
  const commands: FlowCommand[] = []
  const { path: walked, ...rest } = from
  const draft: Draft = rest
  let path: string[] | null = null
  const ways: Way[] = []
  let outcome = first
  for (let nodes = 0; nodes < MAX_NODES_A_STEP; nodes += 1) {
    if ((outcome.kind === 'stay' || outcome.kind === 'goto') && outcome.notes !== undefined) commands.push(...outcome.notes)
    if (outcome.kind === 'return') {
      const frame = draft.stack.at(-1)
      const around = innermost(flow, draft.stack.slice(0, -1))?.nodes.get(frame?.from ?? '')
      if (frame === undefined || around === undefined) { outcome = { kind: 'end' }; break }
      draft.stack = draft.stack.slice(0, -1)
      draft.node = frame.from
      draft.vars = kept(draft.vars, frame.hidden)
      outcome = around.returned(outcome.result, view(draft, surroundings, true))
      continue
    }
    if (outcome.kind === 'call') {
      const part = flow.parts.get(outcome.flow)
      const here: string = draft.node ?? flow.start
      if (part === undefined || draft.stack.length >= MAX_DEPTH) {
        const caller = innermost(flow, draft.stack)?.nodes.get(here)
        outcome = caller?.returned(null, view(draft, surroundings, true)) ?? { kind: 'end' }
        continue
      }
      const hidden = Object.fromEntries(Object.keys(outcome.with).map((name) => [name, draft.vars[name] ?? '']))
      draft.vars = kept(draft.vars, outcome.with)
      draft.stack = [...draft.stack, { flow: part.name, from: here, hidden }]
      outcome = { kind: 'goto', to: part.start }
      continue
    }
    if (outcome.kind !== 'goto') break
    if (outcome.vars !== undefined) draft.vars = kept(draft.vars, outcome.vars)
    if (outcome.tags !== undefined) commands.push(...setTags(draft, outcome.tags, flow, surroundings.now))
    const frame = draft.stack.at(-1)
    const next: BoundNode | undefined = innermost(flow, draft.stack)?.nodes.get(outcome.to)
    if (next === undefined) break
    draft.node = outcome.to
    draft.memory = NO_MEMORY
    path ??= [...walked]
    const place = frame === undefined ? outcome.to : `${frame.flow}/${outcome.to}`
    const visited = path.includes(place)
    path.push(place)
    ways.push({ by: outcome.by ?? 'always', label: outcome.label })
    outcome = next.enter(view(draft, surroundings, visited))
  }
  if (outcome.kind === 'end' && outcome.tags !== undefined) commands.push(...setTags(draft, outcome.tags, flow, surroundings.now))
  const stays = outcome.kind === 'stay'
  commands.push(outcome.kind === 'stay' ? outcome.command : { type: outcome.kind === 'hang-up' ? 'hang-up' : 'end' })
  return {
    state: {
      ...draft,
      node: stays ? draft.node : null,
      memory: outcome.kind === 'stay' ? outcome.memory : NO_MEMORY,
      stack: stays ? draft.stack : [],
      path: path === null ? walked : path.slice(-PATH_LENGTH),
    },
    commands,
    ...(path !== null && { ways }),
  }
}

/** A key that is set again replaces its earlier value; `language` also changes the language, if the flow speaks it. */
function setTags(draft: Draft, wanted: Readonly<Record<string, string>>, flow: Flow, now: number): FlowCommand[] {
  const commands: FlowCommand[] = []
  const part = draft.stack.at(-1)?.flow
  const node = draft.node ?? flow.start
  for (const [key, value] of Object.entries(wanted)) {
    const tag: FlowTag = { key, value, node: part === undefined ? node : `${part}/${node}`.slice(0, 64), at: now }
    draft.tags = [...draft.tags.filter((other) => other.key !== key), tag]
    commands.push({ type: 'tag', tag })
    if (key !== 'language') continue
    const spoken = LANGUAGES.find((one) => one === value && flow.languages.includes(one))
    if (spoken === undefined) continue
    draft.language = spoken
    commands.push({ type: 'language', language: spoken })
  }
  return commands
}

/** Variables with others set over them; an empty text takes one away. Only harmless texts get in, and only so many. */
function kept(vars: FlowVariables, wanted: FlowVariables): FlowVariables {
  const next = new Map(Object.entries(vars))
  for (const [name, value] of Object.entries(wanted)) {
    if (value === '') next.delete(name)
    else if (isHarmless(value) && (next.has(name) || next.size < MAX_VARIABLES)) next.set(name, value)
  }
  return Object.fromEntries(next)
}

const context = (state: FlowState, surroundings: FlowSurroundings): NodeContext => view(state, surroundings, true)

function view({ language, memory, vars, tags }: Draft, surroundings: FlowSurroundings, visited: boolean): NodeContext {
  return { language, memory, vars, tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])), visited, surroundings }
}
