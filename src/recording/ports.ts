import type { HealthView } from '../contracts/ws.js'
import type { Recording, RecordingPlay } from '../contracts/routes/recordings.js'

/** What FreeSWITCH says of recordings: hints that may be lost, doubled or late; the files are the truth. `at` is its time, ms. */
export type RecordingEvent =
  /** `id` names the file: the citizen's channel. `callId`: whose ticket it belongs to. */
  | { readonly type: 'begun'; readonly id: string; readonly callId: string; readonly at: number }
  /** `failed`: it could not be written. `over`: the channel is gone, nothing is added any more. */
  | { readonly type: 'stopped'; readonly id: string; readonly failed: boolean; readonly over: boolean; readonly at: number }
  /** A citizen and an operator talk: from here on it should be recorded. */
  | { readonly type: 'talk'; readonly callId: string; readonly at: number }
  | { readonly type: 'over'; readonly id: string; readonly at: number }

/** A file that is complete, as it was found. */
export interface KeptFile {
  readonly id: string
  readonly callId: string
  readonly state: 'kept' | 'cut'
  readonly beganAt: number
  readonly endedAt: number
  readonly bytes: number
  /** Null: no sound that could be played. */
  readonly durationMs: number | null
  readonly sha256: Buffer
}

/** The index of recordings. */
export interface RecordingStore {
  /** It is being written. */
  begun(id: string, callId: string, node: string, at: number): Promise<void>
  /** Of these files, those whose call is over as far as the records know, with the call that they belong to. */
  over(ids: readonly string[]): Promise<ReadonlyMap<string, string>>
  /** `other`: there is one of this name already, with other content. */
  keep(file: KeptFile, node: string): Promise<'kept' | 'other'>
  /** Of those that this node was told of and whose call is over: their files should be there. */
  unfinished(node: string): Promise<readonly string[]>
  mark(id: string, state: 'missing' | 'cut'): Promise<void>
  ofTicket(ticketId: string, days: RetentionDays): Promise<readonly Recording[]>
  find(id: string): Promise<{ readonly callId: string; readonly node: string; readonly state: Recording['state']; readonly bytes: number | null; readonly durationMs: number | null; readonly sha256: string; readonly deletedAt: number | null } | null>
  /** He answered this call, was in it, or has its ticket. */
  tookPart(callId: string, personId: string): Promise<boolean>
  /** Written down, with the audit row, when it resolves. */
  notePlay(playId: string, id: string, personId: string, reason: string): Promise<void>
  /** This person may hear this recording by this play, asked for at most `within` ms ago. */
  isPlay(playId: string, id: string, personId: string, within: number): Promise<boolean>
  plays(id: string): Promise<readonly RecordingPlay[]>
  /** @returns false when it is deleted, or when it is so already. */
  hold(id: string, on: boolean, personId: string, reason: string): Promise<boolean>
  /** What is kept at this node, in the order of ids, after this one. */
  index(node: string, after: string, most: number): Promise<readonly { readonly id: string; readonly callId: string; readonly bytes: number; readonly sha256: string }[]>
  /** Under legal hold, the oldest first. */
  held(): Promise<readonly { readonly id: string; readonly callId: string; readonly at: number; readonly by: string; readonly reason: string }[]>
  /** Those of this node whose time is over and that nobody holds, one after another: `remove` first, then its row and the audit. @returns how many */
  removeDue(node: string, days: RetentionDays, most: number, remove: (id: string) => Promise<void>): Promise<number>
  /**
   * The same of what other nodes took in, which may be gone for ever, as far as the files are `there`: looks at so many, after this id. A node whose
   * files nobody else sees keeps them until it is back. @returns the last id looked at, or null: that was all
   */
  removeDueElsewhere(node: string, days: RetentionDays, after: string, most: number, there: (id: string) => Promise<boolean>, remove: (id: string) => Promise<void>): Promise<string | null>
}

/** How long recordings are kept, days. Emergency: the call was one, or its ticket is a matter of police, fire or medical. */
export interface RetentionDays { readonly standard: number; readonly emergency: number }

/** Why nothing is recorded now. */
export type RecordingTrouble = NonNullable<HealthView['recording']>
