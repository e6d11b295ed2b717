import type { FlowTag, QueueClass } from '../contracts/call.js'
import type { CategoryCode, Language } from '../contracts/primitives.js'
import type { BoundNode, Way } from './node-type.js'

/**
 * The seam between the IVR language and whoever runs it. The engine is
 * `step(flow, state, event, surroundings) → {state, commands}`: no clock, socket or promise inside.
 * The same step serves live calls, checks, the terminal simulation and tests.
 */

/** Who runs through a flow: citizens who called in; citizens whom we called; only other flows. */
export const FLOW_KINDS = ['entry', 'visit', 'part'] as const
export type FlowKind = (typeof FLOW_KINDS)[number]

/** What the file promises its callers, ms; `liandong flow check` proves it. */
export interface FlowBound {
  /** Until the caller is in a queue. */
  readonly queued: number
  /** Longest stretch in which a ready operator could not speak to him. */
  readonly unbreakable: number
}

/** A checked flow file, ready to run. Immutable: a changed file is another Flow with another version. */
export interface Flow {
  readonly name: string
  /** Short hash of the file's content. */
  readonly version: string
  readonly title: { readonly zh: string; readonly en: string }
  readonly kind: FlowKind
  readonly bound: FlowBound
  /** Languages in which every prompt exists; the caller begins in the first. */
  readonly languages: readonly [Language, ...Language[]]
  /** Variables that whoever calls a `part` must give it, or that a visit begins with. */
  readonly parameters: readonly string[]
  readonly start: string
  /** In the order of the file. */
  readonly nodes: ReadonlyMap<string, BoundNode>
  /** The flows that its sub-flow nodes call, by name, directly or through one another: a caller stays on one version of all of them. */
  readonly parts: ReadonlyMap<string, Flow>
}

/** Variables of one call: short, harmless texts (`VALUE_PATTERN`), at most `MAX_VARIABLES`. */
export type FlowVariables = Readonly<Record<string, string>>

/** A sub-flow that the caller is in. The last frame is the innermost; `FlowState.node` is a node of it. */
export interface FlowFrame {
  /** The part he is in. */
  readonly flow: string
  /** The node that called it, in the flow around it. */
  readonly from: string
  /** What its parameters hid; put back when it returns. */
  readonly hidden: FlowVariables
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
  readonly vars: FlowVariables
  /** Sub-flows he is in, outermost first; empty in the flow itself. */
  readonly stack: readonly FlowFrame[]
  /** Nodes entered, in order, the last 100; a node of a part is written `part/node`. */
  readonly path: readonly string[]
}

export type FlowMemory = Readonly<Record<string, string | number | boolean>>

/** What happened to the caller since the last step. */
export type FlowEvent =
  | { readonly type: 'started' }
  /** The sound of the last step is over: all prompts played, the time with music passed. */
  | { readonly type: 'played' }
  /** The gather (or the hold) ended with keys. `terminator` is the key that ended it, if any. */
  | { readonly type: 'digits'; readonly digits: string; readonly terminator?: string }
  /** The gather ended without a (complete) answer. `digits` as far as pressed. */
  | { readonly type: 'timeout'; readonly digits: string }
  /** A message was left; ms of sound. Below a second it is none. */
  | { readonly type: 'recorded'; readonly duration: number }
  /** The speech engine understood something: hostile text, compared with the words of the file and never kept. */
  | { readonly type: 'heard'; readonly text: string }
  /** The look-up answered: values of the fields asked for, as they came, hostile. */
  | { readonly type: 'looked-up'; readonly values: Readonly<Record<string, unknown>> }
  /** The other line took the call; nothing follows on a real telephone. */
  | { readonly type: 'transferred' }
  /** It could not be done (missing file, codec, no answer of the other line, look-up failed, …). */
  | { readonly type: 'failed'; readonly reason: string }

/** Days that are not what their weekday says: public holidays, and weekends worked in exchange. Dates `YYYY-MM-DD` in the city. */
export interface Calendar {
  readonly holidays: Readonly<Record<string, true>>
  readonly workdays: readonly string[]
}

/** A switch that people set while calls come in: `disaster`, a known outage, … Absent = off. */
export interface FlowMode {
  /** When it ends by itself, or when what it announces is expected to be over; ms since epoch. */
  readonly until?: number
}

/** Facts a flow may branch on or read out. Times come in; the engine has no clock. Plain JSON. */
export interface FlowSurroundings {
  /** ms since epoch. */
  readonly now: number
  /** IANA zone of the city, e.g. Asia/Shanghai. */
  readonly timeZone: string
  readonly caller: { readonly number: string; readonly verified: boolean; readonly earlierCalls: number; readonly hints: readonly string[] }
  readonly load: { readonly waiting: number; readonly ready: number; readonly longestWaitSeconds: number; /** Operators at their desks, ready or not. */ readonly present: number }
  /** His place among those who wait, from 1, and how long it will probably take. */
  readonly queue: { readonly position: number; readonly expectedWaitSeconds: number }
  readonly calendar: Calendar
  readonly modes: Readonly<Record<string, FlowMode>>
}

/** A prompt by name; the runner finds the file `prompts/<language>/<name>.wav`. Pieces of read-out numbers are named `say/<piece>`. */
export interface PromptRef { readonly name: string; readonly language: Language; /** The edition that it belongs to, where several run at once. */ readonly edition?: string }

/** What the runner must do. At most one `WaitCommand` per step, last in the list; then it reports an event. */
export type FlowCommand =
  | NoteCommand
  | WaitCommand
  /** The flow is over; the caller goes on waiting with music. Never a hang-up. */
  | { readonly type: 'end' }
  /** The flow is over and so is the call: the caller said what he had to say. */
  | { readonly type: 'hang-up' }

/** Done at once; no event follows. */
export type NoteCommand =
  | { readonly type: 'tag'; readonly tag: FlowTag }
  | { readonly type: 'language'; readonly language: Language }
  /** How he waits. Only what is mentioned changes. `skill` is a category whose skill is asked for; a higher `priority` (0–9) goes first within its class. */
  | { readonly type: 'queue'; readonly class?: QueueClass; readonly skill?: CategoryCode; readonly priority?: number }
  /** He wants to be called back, at the number he calls from (`number` absent) or at the one he keyed in. */
  | { readonly type: 'call-back'; readonly number?: string }

/** Commands that take time and end with an event. An operator's answer ends each of them at once, but for `transfer`. */
export type WaitCommand =
  /** Prompts to their end; then `played`, or `digits` with the one key that ended it when `keys` are asked for. */
  | { readonly type: 'play'; readonly prompts: readonly PromptRef[]; readonly keys?: boolean }
  | GatherCommand
  /** Music for `duration` ms; then `played`, or `digits` with the one key that ended it when `keys` are asked for. */
  | { readonly type: 'hold'; readonly duration: number; readonly keys: boolean }
  /** A tone, then the caller speaks; ends by `#`, by silence, or after `maxDuration`: `recorded`. */
  | { readonly type: 'record'; readonly prompts: readonly PromptRef[]; readonly maxDuration: number; readonly silence: number }
  /** A gather of one key beside which a speech engine listens, if there is one: `heard`, or what a gather reports. */
  | { readonly type: 'listen'; readonly gather: GatherCommand }
  /** Music while the intake asks a service of the settings' list: `looked-up` or `failed`, within `timeout` ms. */
  | { readonly type: 'look-up'; readonly service: string; readonly query: Readonly<Record<string, string>>; readonly fields: readonly string[]; readonly timeout: number }
  /** Rings a line of `lines.yaml` by its code for `timeout` ms; meanwhile no operator gets him: `transferred` or `failed`. */
  | { readonly type: 'transfer'; readonly line: string; readonly timeout: number }

export interface GatherCommand {
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


export interface FlowStep {
  readonly state: FlowState
  readonly commands: readonly FlowCommand[]
  /** How each node was come to that was entered, in order. */
  readonly ways?: readonly Way[]
  /** The answer that led here did not fit. */
  readonly wrong?: true
}
