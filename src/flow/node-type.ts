import { Type, type Static, type TObject } from 'typebox'
import type { Bilingual, Language } from '../contracts/primitives.js'
import { closed, NodeTitle } from './fields.js'
import type { ProblemCode, ProblemDetails } from './load/problems.js'
import type { FlowEvent, FlowMemory, FlowSurroundings, FlowVariables, NoteCommand, WaitCommand } from './types.js'

/** Place inside a node's YAML, e.g. `['keys', '1', 'goto']`. */
export type NodePath = readonly (string | number)[]

/** Prompt lengths in one language, ms. `of` is asked for prompts and for pieces of read-outs (`say/…`). */
export interface PromptLengths { readonly language: Language; of(name: string): number }

/** Shortest and longest time, ms. */
export type Span = readonly [least: number, most: number]

/**
 * A way out of a node. `by` says what takes it: `caller` = a key he pressed (right or wrong) or a word he said, `silence` = he did nothing,
 * `fault` = it could not be done, `always` = nothing is waited for or it simply went on.
 */
export interface Exit {
  readonly to: string
  readonly by: 'caller' | 'silence' | 'fault' | 'always'
  readonly path: NodePath
  /** What a drawing writes on the arrow, e.g. the key. */
  readonly label?: string
  /** How long one visit of the node that leaves here can take. Absent: no time at all. */
  readonly time?: (lengths: PromptLengths) => Span
  /** So much of that time no key does anything, though it takes keys afterwards, ms. */
  readonly deaf?: (lengths: PromptLengths) => number
  /** The caller got something certain by it: his message is kept, his call-back promised. After it a flow may hang up. */
  readonly settles?: true
  /** Sound on the line takes it as well, a word or a television: no key of the caller's is needed. */
  readonly sound?: true
}

/** Which of the ways out of a node is taken. */
export interface Way { readonly by: Exit['by']; readonly label: string | undefined }

/** Only a key that the caller pressed leads there. */
export const needsKey = ({ by, sound }: { readonly by: Exit['by']; readonly sound?: true | undefined }): boolean => by === 'caller' && sound !== true

/** `language`: needed in that language only (a piece of a read-out). `maybe`: it depends on the value, so that of the time only a bound is known. */
export interface PromptUse { readonly name: string; readonly path: NodePath; readonly language?: Language; readonly maybe?: true }
/** `value` is absent when it comes from the caller's keys; `keyed`: it can be nothing but one of these then. */
export interface TagUse { readonly key: string; readonly value?: string; readonly keyed?: readonly string[]; readonly path: NodePath }
/** Everything else that a node names and a check must find. */
export type Use =
  /** A flow of kind `part`, with the parameters it is given: its nodes run before the node's own exits are taken. */
  | { readonly kind: 'flow'; readonly name: string; readonly with: readonly string[]; readonly path: NodePath }
  | { readonly kind: 'line' | 'service' | 'category' | 'mode'; readonly name: string; readonly path: NodePath }
  /** A tag that is asked for or read out. `path`: of its name, or of its value where one is asked for; `keyed`: its name is a key there. */
  | { readonly kind: 'tag'; readonly name: string; readonly value?: string; readonly keyed: boolean; readonly path: NodePath }
  /** Something written out that is to be read out as `as`. */
  | { readonly kind: 'literal'; readonly name: string; readonly as: string; readonly path: NodePath }
  | { readonly kind: 'variable'; readonly name: string; readonly how: 'read' | 'write'; readonly path: NodePath }

/** What a node finds when it is asked. */
export interface NodeContext {
  readonly language: Language
  readonly memory: FlowMemory
  readonly vars: FlowVariables
  /** Latest value of each tag. */
  readonly tags: Readonly<Record<string, string>>
  /** The caller has been at this node before (within the last 100 nodes). */
  readonly visited: boolean
  readonly surroundings: FlowSurroundings
}

/** What a node decides. `notes` are done at once, before anything is heard; `wrong`: the caller's answer did not fit; `by` and `label`: those of the exit that is taken, `always` where none are named. */
export type NodeOutcome =
  /** Make a sound, or wait for something, and stay until it is over. */
  | { readonly kind: 'stay'; readonly command: WaitCommand; readonly memory: FlowMemory; readonly notes?: readonly NoteCommand[]; readonly wrong?: true }
  | { readonly kind: 'goto'; readonly to: string; readonly by?: Exit['by']; readonly label?: string; readonly tags?: Readonly<Record<string, string>>; readonly vars?: FlowVariables; readonly notes?: readonly NoteCommand[]; readonly wrong?: true }
  /** Run a part; when it returns, `returned` is asked. */
  | { readonly kind: 'call'; readonly flow: string; readonly with: FlowVariables }
  | { readonly kind: 'return'; readonly result: string }
  | { readonly kind: 'end'; readonly tags?: Readonly<Record<string, string>> }
  | { readonly kind: 'hang-up' }

/** Something wrong with a node that a schema cannot say; codes from `load/problems.ts`. */
export type Complain = (code: ProblemCode, path: NodePath, details: ProblemDetails) => void

export interface Misfit { readonly keys: string; readonly ends: boolean }

/** What becomes of the caller where the flow ends at a node. */
export type Ending = 'waits' | 'hangs-up' | 'returns' | 'transferred'

/**
 * One kind of node: what may be written in the file, how it can be left, what it plays and tags, and what it does.
 * Pure: everything a decision needs is in its arguments. `T` is the node as written, already valid against `schema`.
 */
interface NodeDefinition<S extends TObject> {
  readonly type: string
  readonly schema: S
  /** A node to learn from; a test loads it, runs it and holds it against the proof. */
  readonly example: string
  /** What the head of its file has to say for that, where a node keeps a caller longer than a file allows by itself. */
  readonly exampleHead?: string
  exits(node: Static<S>): readonly Exit[]
  /** For nodes at which a flow can end. */
  readonly ending?: Ending
  prompts?(node: Static<S>): readonly PromptUse[]
  tags?(node: Static<S>): readonly TagUse[]
  uses?(node: Static<S>): readonly Use[]
  /** Longest time in which an operator's answer would not end it, ms. Absent: it ends it at once. */
  unbreakable?(node: Static<S>): number
  /** Keys of which each is a right answer, where it asks for several; with the one that ends them. */
  inputs?(node: Static<S>): readonly string[]
  /** Keys that are wrong, where not every one is; `ends`: nothing more has to come for that to be known. */
  misfit?(node: Static<S>): Misfit | null
  check?(node: Static<S>, complain: Complain): void
  /** The caller arrives. */
  enter(node: Static<S>, context: NodeContext): NodeOutcome
  /** What the node waited for happened. Absent for nodes that never wait. */
  on?(node: Static<S>, event: FlowEvent, context: NodeContext): NodeOutcome
  /** The part that it called came back with this result, or could not be run (null). */
  returned?(node: Static<S>, result: string | null, context: NodeContext): NodeOutcome
  /** The caller comes back after a break (restart, second node). Default: `enter`. */
  resume?(node: Static<S>, context: NodeContext): NodeOutcome
}

/** A node type as the registry holds it. */
export interface NodeType {
  readonly type: string
  readonly schema: TObject
  readonly example: string
  readonly exampleHead: string | null
  /** `node` must be valid against `schema`. */
  bind(node: unknown): BoundNode
  check(node: unknown, complain: Complain): void
}

/** One node of one flow. */
export interface BoundNode {
  readonly type: string
  /** For people; null where the file gives none. */
  readonly title: Bilingual | null
  readonly exits: readonly Exit[]
  readonly ending: Ending | null
  readonly prompts: readonly PromptUse[]
  readonly tags: readonly TagUse[]
  readonly uses: readonly Use[]
  /** Longest time in which an operator's answer would not end it, ms. */
  readonly unbreakable: number
  /** Keys of which each is a right answer, where it asks for several. */
  readonly inputs: readonly string[]
  /** Keys that are a wrong answer, where it asks for several; null: none is known. */
  readonly misfit: Misfit | null
  enter(context: NodeContext): NodeOutcome
  on(event: FlowEvent, context: NodeContext): NodeOutcome
  returned(result: string | null, context: NodeContext): NodeOutcome
  resume(context: NodeContext): NodeOutcome
}

const END: NodeOutcome = { kind: 'end' }

/** Makes a node type for the registry; each of its nodes may have a title. The schema's static type is known only in here; the loader validates before it binds. */
export function defineNode<S extends TObject>(definition: NodeDefinition<S>): NodeType {
  return {
    type: definition.type,
    schema: closed({ ...definition.schema.properties, title: Type.Optional(NodeTitle) }),
    example: definition.example,
    exampleHead: definition.exampleHead ?? null,
    check: (node, complain) => definition.check?.(node as Static<S>, complain),
    bind(unchecked) {
      const node = unchecked as Static<S>
      return {
        type: definition.type,
        title: (unchecked as { readonly title?: Bilingual }).title ?? null,
        exits: definition.exits(node),
        ending: definition.ending ?? null,
        prompts: definition.prompts?.(node) ?? [],
        tags: definition.tags?.(node) ?? [],
        uses: definition.uses?.(node) ?? [],
        unbreakable: definition.unbreakable?.(node) ?? 0,
        inputs: definition.inputs?.(node) ?? [],
        misfit: definition.misfit?.(node) ?? null,
        enter: (context) => definition.enter(node, context),
        on: (event, context) => definition.on?.(node, event, context) ?? END,
        returned: (result, context) => definition.returned?.(node, result, context) ?? END,
        resume: (context) => (definition.resume ?? definition.enter)(node, context),
      }
    },
  }
}
