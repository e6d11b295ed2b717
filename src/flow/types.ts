import type { FlowTag } from '../contracts/call.js'
import type { Language } from '../contracts/primitives.js'
import type { BoundNode } from './node-type.js'

/**
 * The seam between the IVR language and whoever runs it. The engine is
 * `step(flow, state, event, surroundings) → {state, commands}`: no clock, socket or promise inside.
 * The same step serves live calls, checks, the terminal simulation and tests.
 */

/** A checked flow file, ready to run. Immutable: a changed file is another Flow with another version. */
export interface Flow {
  readonly name: string
  /** Short hash of the file's content. */
  readonly version: string
  readonly title: { readonly zh: string; readonly en: string }
  /** Languages in which every prompt exists; the caller begins in the first. */
  readonly languages: readonly [Language, ...Language[]]
  readonly start: string
  /** In the order of the file. */
  readonly nodes: ReadonlyMap<string, BoundNode>
}

/** Where a caller stands. Plain JSON, small: it is mirrored to a channel variable and to the database. */
export interface FlowState {
  readonly flow: string
  readonly version: string
  /** Current node id; null after the end. */
  readonly node: string | null
  readonly language: Language
  /** What the current node remembers (tries, …). */
  readonly memory: FlowMemory
  /** One for each key, in the order in which they were last set. */
  readonly tags: readonly FlowTag[]
  /** Nodes entered, in order, the last 100. */
  readonly path: readonly string[]
}

export type FlowMemory = Readonly<Record<string, string | number | boolean>>

/** What happened to the caller since the last step. */
export type FlowEvent =
  | { readonly type: 'started' }
  /** The commands of the last step finished: all prompts played. */
  | { readonly type: 'played' }
  /** The gather ended with keys. `terminator` is the key that ended it, if any. */
  | { readonly type: 'digits'; readonly digits: string; readonly terminator?: string }
  /** The gather ended without a (complete) answer. `digits` as far as pressed. */
  | { readonly type: 'timeout'; readonly digits: string }
  /** The telephone could not do it (missing file, codec, …). */
  | { readonly type: 'failed'; readonly reason: string }

/** Facts a flow may branch on. Times come in; the engine has no clock. */
export interface FlowSurroundings {
  /** ms since epoch. */
  readonly now: number
  /** IANA zone of the city, e.g. Asia/Shanghai. */
  readonly timeZone: string
  readonly caller: { readonly number: string; readonly verified: boolean; readonly earlierCalls: number; readonly hints: readonly string[] }
  readonly load: { readonly waiting: number; readonly ready: number; readonly longestWaitSeconds: number }
}

/** A prompt by name; the runner finds the file `prompts/<language>/<name>.wav`. */
export interface PromptRef { readonly name: string; readonly language: Language }

/** What the runner must do. At most one of `play` / `gather` per step, last in the list; then it reports an event. */
export type FlowCommand =
  | { readonly type: 'tag'; readonly tag: FlowTag }
  | { readonly type: 'language'; readonly language: Language }
  | SoundCommand
  /** The flow is over; the caller goes on waiting with music. Never a hang-up. */
  | { readonly type: 'end' }

/** Commands that take time and end with an event. */
export type SoundCommand =
  | { readonly type: 'play'; readonly prompts: readonly PromptRef[] }
  | {
      readonly type: 'gather'
      readonly prompts: readonly PromptRef[]
      readonly min: number
      readonly max: number
      /** Silence after the prompts, and between keys, in ms. */
      readonly timeout: number
      readonly interDigitTimeout: number
      /** Keys that end the input, subset of `*#`; empty = none. */
      readonly terminators: string
    }

export interface FlowStep { readonly state: FlowState; readonly commands: readonly FlowCommand[] }
