import type { Bilingual } from '../contracts/primitives.js'
import type { FlowActed, FlowOutcome, FlowsView } from '../contracts/routes/flows.js'
import type { Delays } from '../flow/proof/prove.js'
import type { EditionContent } from './edition.js'
import type { KeyPress, TraceStore } from './flow-trace.js'
import type { Tally } from './core/flow-watch.js'

/** Who does something with the flows: a person who signed in, or (`id` null) an account of the machine or a node. */
export interface Who { readonly id: string | null; readonly name: string }

/** What the settings of a node say that flows must fit: the flows that callers enter, the services that flows may ask, and what the intake adds to a caller's wait. */
export interface Surroundings { readonly entries: readonly string[]; readonly services: readonly string[]; readonly delays: Delays }

export type SwitchReason = 'start' | 'published' | 'approved' | 'back' | 'automatic'

/** The edition that callers enter, and how it came to be. */
export interface Published {
  /** Grows with each switch, on whichever node. */
  readonly switch: number
  readonly at: number
  readonly by: string
  readonly reason: SwitchReason
  readonly details: Readonly<Record<string, unknown>>
  readonly number: number
  readonly hash: string
}

export interface StoredEdition {
  readonly number: number
  readonly hash: string
  readonly author: Who
  /** Who published it as it was last published: where it was published anew, maybe somebody else. */
  readonly wishers: readonly Who[]
  readonly note: string
  readonly at: number
  readonly content: EditionContent
  /** Published since the last switch, and not what that switched to: with approval on, it waits for that. */
  readonly waits: boolean
  /** `counts`: of the difference as it was last published, not of one before. */
  readonly approvals: readonly { readonly by: string; readonly id: string; readonly at: number; readonly counts: boolean }[]
  readonly switches: readonly { readonly by: string; readonly at: number; readonly reason: SwitchReason; readonly details: Readonly<Record<string, unknown>> }[]
}

export interface SwitchWish {
  readonly number: number
  readonly by: Who
  readonly reason: SwitchReason
  readonly details?: Readonly<Record<string, unknown>>
  /** Only while this switch is the last: somebody who decided on what he saw. */
  readonly after?: number
}

export interface CallTrace {
  readonly callId: string
  readonly at: number
  readonly version: string
  readonly steps: readonly { readonly node: string; readonly ms: number }[]
  readonly wrong: number
  readonly over: boolean
  readonly category?: string
  readonly state?: string
}

/** A call as it can be played again; times in ms since it entered the flow, `startAt` since epoch. */
export interface RecordedCall {
  readonly startAt: number
  readonly keys: readonly KeyPress[]
  /** An operator answered, and the flow was cut. */
  readonly answeredAt?: number
  /** He gave up. */
  readonly leftAt?: number
  readonly category?: string
}

/** What people publish and approve at the desk while it is being checked, the same on every node. */
export interface ActStore {
  /** Begins one, unless another is being checked at a node that lives: then who has it checked, and since when. */
  beginAct(act: { readonly what: FlowActed['what']; readonly edition: number | null; readonly by: { readonly id: string; readonly name: string }; readonly node: string; readonly since: number }): Promise<{ readonly id: number } | { readonly id: null; readonly by: string; readonly since: number }>
  /** Its node still checks it. */
  beatAct(id: number): Promise<void>
  /** Whoever asked was told at once. */
  forgetAct(id: number): Promise<void>
  endAct(id: number, outcome: FlowOutcome | null, error: Bilingual | null): Promise<void>
  /** What is being checked; and the last that is over, `outcome` and `error` null where its node died. */
  acts(): Promise<{ readonly acting: FlowsView['acting']; readonly acted: { readonly id: number; readonly what: FlowActed['what']; readonly byId: string; readonly node: string; readonly outcome: FlowOutcome | null; readonly error: Bilingual | null } | null }>
}

/** Published flows as they are kept. Everything may reject while PostgreSQL is away. */
export interface EditionStore extends TraceStore, ActStore {
  current(): Promise<Published | null>
  /** @throws LiandongError `flow.no-edition` */
  content(number: number): Promise<EditionContent>
  byHash(hash: string): Promise<{ readonly number: number; readonly content: EditionContent } | null>
  /** A tape's file, by its SHA-256. */
  tape(hash: string): Promise<Uint8Array | null>
  /** SHA-256 of the tapes of so many editions that callers entered last, and of those that wait to be entered. */
  tapesInUse(editions: number): Promise<ReadonlySet<string>>
  /** Keeps an edition with its tapes; → its number. The same content is one edition. `sound`: the file of a tape that is not there yet. */
  keep(edition: { readonly hash: string; readonly content: EditionContent; readonly author: Who; readonly note: string }, sound: (hash: string) => Promise<Uint8Array>): Promise<number>
  /** @throws LiandongError `flow.own-approval`: he published it himself */
  approve(number: number, person: { readonly id: string; readonly name: string }): Promise<void>
  /** How many of those who did not publish it themselves agreed, how many have to, whether callers ever entered it, and the last switch before it was last published (null: not known). */
  needed(number: number): Promise<{ readonly approvals: number; readonly wanted: number; readonly ran: boolean; readonly after: number | null }>
  /** One switch after the other over all nodes. False: it is current already, or `after` is not the last any more. @throws LiandongError `flow.waits`: something new, by the rules of a node still to be approved */
  switchTo(wish: SwitchWish): Promise<boolean>
  /** Editions that ran before the current one and were not left by going back, the last first. */
  earlier(limit: number): Promise<readonly { readonly number: number; readonly hash: string }[]>
  /** Whether callers were taken out of the edition with this hash by going back, and nobody has entered it since. */
  goneBackFrom(hash: string): Promise<boolean>
  /** The newest edition that was published since the last switch and is not what that switched to: with approval on, it waits for that. */
  waiting(): Promise<{ readonly number: number; readonly hash: string } | null>
  history(limit: number): Promise<readonly StoredEdition[]>
  /** What the nodes of the site run by: those that live, or that lived last. */
  rules(): Promise<readonly { readonly node: string; /** A second person has to approve. */ readonly approval: boolean }[]>
  /** What those of them say that flows must fit. */
  arounds(): Promise<readonly Surroundings[]>
  /** What this node runs by; to be said again while it lives. */
  keepRule(node: string, rule: { readonly approval: boolean; readonly around: Surroundings }): Promise<void>
  seenOnDisk(node: string): Promise<string | null>
  seeOnDisk(node: string, hash: string): Promise<void>
  /** Whether so many calls came through it since. */
  reached(version: string, since: number, calls: number): Promise<boolean>
  /** What its last calls did, by flow and number, of so many at most of each flow. */
  tally(version: string, since: number, most: number): Promise<readonly Tally[]>
  /** @param returning nodes of a part at which it returns: what is heard in another part after them is none of its own */
  nodeCounts(flow: string, version: string | null, since: number, returning?: readonly string[]): Promise<Readonly<Record<string, { readonly came: number; readonly left: number; readonly ms: number }>>>
  lastTraces(flow: string, version: string | null, since: number, limit: number): Promise<readonly CallTrace[]>
  /** Keys of the last calls that entered a flow, with their times, to be played through another file. */
  recordedKeys(flow: string, limit: number): Promise<readonly RecordedCall[]>
}
