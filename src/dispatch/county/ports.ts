import type { Conflict, ConflictSide, Exchange, LineMessage, LineState, LineView } from '../../contracts/county.js'
import type { Self } from '../../contracts/people.js'
import type { Signer } from './seal.js'

/** One line, as its keeper set it up. */
export interface Line {
  readonly name: string
  readonly peer: 'city' | 'county'
  readonly url: string
  readonly units: readonly string[]
  /** Key id → public key. */
  readonly keys: Readonly<Record<string, string>>
}

/** A message with the signature under which it came. */
export interface Received { readonly message: LineMessage; readonly text: string; readonly key: string; readonly signature: string }

/** What lines need of the database. */
export interface LineStore {
  /** Null: there is none, or it is switched off. */
  line(name: string): Promise<Line | null>
  /** A county's line to its city; null: this is no county. */
  city(): Promise<Line | null>
  /** Makes a key at first use. */
  signer(): Promise<Signer>
  /** At a county: this node dials, unless another one does and lives. `turn`: the number of the next exchange, never one that was; `acked`: what the city is known to have. */
  dial(name: string): Promise<{ readonly turn: number; readonly acked: number } | null>
  /** Whether this county has dialled again since this turn: a node of an earlier program does not ask whose turn it is. */
  dialledSince(name: string, turn: number): Promise<boolean>
  /** How this node, which dials, found the line; cut: another may dial. False: another does. */
  stands(name: string, up: boolean): Promise<boolean>
  /** How the node that dials found it. `since`: ms since epoch */
  standing(name: string): Promise<{ readonly up: boolean; readonly since: number }>
  /** False: this exchange, or a later one, has been. */
  takeTurn(name: string, turn: number): Promise<boolean>
  /** What we have of the other side's, and our clock. */
  state(name: string): Promise<Pick<LineState, 'now' | 'have' | 'held' | 'tip' | 'wants' | 'last'>>
  /** `last`: the number of its last message, as it says. */
  heard(name: string, skew: number, last: number): Promise<void>
  /** The other side has ours up to `have`, where its number `have` is called `tip`. Where it is called otherwise here, one of us was restored from a backup: what it may lack gets new numbers. */
  acknowledge(name: string, have: number, tip: string | null): Promise<void>
  /** Ours that it lacks, in order: at most so many. */
  outgoing(name: string, have: number, held: readonly number[]): Promise<readonly Omit<LineMessage, 'line' | 'from'>[]>
  /** Kept before anything is made of it. */
  receive(name: string, messages: readonly Received[]): Promise<void>
  /** A piece of a photo that we told it of, from this byte on; empty: there is no more of it here, or it is not the other side's to have. */
  piece(name: string, id: string, from: number): Promise<Uint8Array>
  /** Keeps a piece, if it is the next one of a photo that we want. An empty one ends the wait for it. */
  takePiece(name: string, id: string, at: number, data: Uint8Array): Promise<void>
  /** Makes photos of those that are whole: checked by content, as if they were added here. What the disk will not have is tried again later. */
  develop(name: string): Promise<void>
  /** Makes of the messages that stand without a gap what they say. */
  apply(name: string): Promise<void>
  /** At the city: queues what this line should have been told of and was not (a new line, a writer beside the acts). */
  catchUp(name: string): Promise<void>
  /** `silent`: how long nothing was heard, ms, by the database's clock; null: never anything. */
  views(): Promise<readonly (Omit<LineView, 'up' | 'skewed'> & { readonly silent: number | null })[]>
  conflicts(query: { readonly all: boolean; readonly limit: number; readonly offset: number }): Promise<readonly Conflict[]>
  decide(conflictId: string, who: Self, side: ConflictSide, note: string): Promise<void>
}

/** Brings an exchange to the other side and its answer back. Rejects when the line is cut, and with `line.turn` when the other side had a later one; has its own deadline. */
export type Post = (url: string, exchange: Exchange) => Promise<unknown>

/** Lines and conflicts, as `http` uses them. */
export interface Counties {
  /** At the city: a county speaks, and is answered. @throws LiandongError `line.*` */
  answer(name: string, exchange: Exchange): Promise<Exchange>
  lines(who: Self): Promise<readonly LineView[]>
  /** Another text whenever lines or conflicts look otherwise. */
  mark(): Promise<string>
  conflicts(query: { readonly all: boolean; readonly limit: number; readonly offset: number }): Promise<readonly Conflict[]>
  decide(who: Self, conflictId: string, side: ConflictSide, note: string): Promise<void>
}
