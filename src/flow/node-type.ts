import type { Static, TObject } from 'typebox'
import type { Language } from '../contracts/primitives.js'
import type { FlowEvent, FlowMemory, FlowSurroundings, PromptRef, SoundCommand } from './types.js'

/** Place inside a node's YAML, e.g. `['keys', '1', 'goto']`. */
export type NodePath = readonly (string | number)[]

/**
 * A way out of a node. `by` says what takes it: `caller` = a key he pressed (right or wrong), `silence` = he pressed none,
 * `fault` = the telephone could not do it, `always` = nothing is waited for.
 */
export interface Exit {
  readonly to: string
  readonly by: 'caller' | 'silence' | 'fault' | 'always'
  readonly path: NodePath
  /** What a drawing writes on the arrow, e.g. the key. */
  readonly label?: string
}

export interface PromptUse { readonly name: string; readonly path: NodePath }
/** `value` is absent when it comes from the caller's keys. */
export interface TagUse { readonly key: string; readonly value?: string; readonly path: NodePath }

/** What a node finds when it is asked. */
export interface NodeContext {
  readonly language: Language
  readonly memory: FlowMemory
  /** The caller has been at this node before (within the last 100 nodes). */
  readonly visited: boolean
  readonly surroundings: FlowSurroundings
}

/** What a node decides: make a sound and stay until it is over, go on, or end the flow. */
export type NodeOutcome =
  | { readonly kind: 'stay'; readonly command: SoundCommand; readonly memory: FlowMemory }
  | { readonly kind: 'goto'; readonly to: string; readonly tags?: Readonly<Record<string, string>> }
  | { readonly kind: 'end' }

/** Something wrong with a node that a schema cannot say; codes from `load/problems.ts`. */
export type Complain = (code: 'hours.empty' | 'collect.range' | 'collect.pattern', path: NodePath, details: Readonly<Record<string, string | number>>) => void

/**
 * One kind of node: what may be written in the file, how it can be left, what it plays and tags, and what it does.
 * Pure: everything a decision needs is in its arguments. `T` is the node as written, already valid against `schema`.
 */
interface NodeDefinition<S extends TObject> {
  readonly type: string
  readonly schema: S
  /** A file to learn from; a test loads and runs it. */
  readonly example: string
  exits(node: Static<S>): readonly Exit[]
  prompts?(node: Static<S>): readonly PromptUse[]
  tags?(node: Static<S>): readonly TagUse[]
  check?(node: Static<S>, complain: Complain): void
  /** The caller arrives. */
  enter(node: Static<S>, context: NodeContext): NodeOutcome
  /** The sound that the node asked for is over. Absent for nodes that never make one. */
  on?(node: Static<S>, event: FlowEvent, context: NodeContext): NodeOutcome
  /** The caller comes back after a break (restart, second node). Default: `enter`. */
  resume?(node: Static<S>, context: NodeContext): NodeOutcome
}

/** A node type as the registry holds it. */
export interface NodeType {
  readonly type: string
  readonly schema: TObject
  readonly example: string
  /** `node` must be valid against `schema`. */
  bind(node: unknown): BoundNode
  check(node: unknown, complain: Complain): void
}

/** One node of one flow. */
export interface BoundNode {
  readonly type: string
  readonly exits: readonly Exit[]
  readonly prompts: readonly PromptUse[]
  readonly tags: readonly TagUse[]
  enter(context: NodeContext): NodeOutcome
  on(event: FlowEvent, context: NodeContext): NodeOutcome
  resume(context: NodeContext): NodeOutcome
}

const END: NodeOutcome = { kind: 'end' }

/** Makes a node type for the registry. The schema's static type is known only in here; the loader validates before it binds. */
export function defineNode<S extends TObject>(definition: NodeDefinition<S>): NodeType {
  return {
    type: definition.type,
    schema: definition.schema,
    example: definition.example,
    check: (node, complain) => definition.check?.(node as Static<S>, complain),
    bind(unchecked) {
      const node = unchecked as Static<S>
      return {
        type: definition.type,
        exits: definition.exits(node),
        prompts: definition.prompts?.(node) ?? [],
        tags: definition.tags?.(node) ?? [],
        enter: (context) => definition.enter(node, context),
        on: (event, context) => definition.on?.(node, event, context) ?? END,
        resume: (context) => (definition.resume ?? definition.enter)(node, context),
      }
    },
  }
}

/** Prompt names in the caller's language. */
export function promptRefs(names: readonly string[], language: Language): PromptRef[] {
  return names.map((name) => ({ name, language }))
}

/** The uses of a list of prompts under one key of the node. */
export function promptUses(key: string, names: readonly string[] | undefined): PromptUse[] {
  return (names ?? []).map((name, index) => ({ name, path: [key, index] }))
}
