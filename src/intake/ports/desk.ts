import type { CallCard, PartyMode, Target } from '../../contracts/call.js'
import type { CategoryCode } from '../../contracts/primitives.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { Line } from '../../flow/side-files.js'
import type { HealthView, OperatorView, QueueView, ServerMessage } from '../../contracts/ws.js'

/** Who sits at an extension: for calls that the native queue offered. */
export interface OperatorDirectory {
  byExtension(extension: string): Promise<string | null>
  /** Of all operators who may sign in. */
  extensions(): Promise<readonly string[]>
}

export interface OperatorProfile {
  readonly operatorId: string
  readonly displayName: string
  readonly extension: string
  /** Empty = all. */
  readonly skills: readonly CategoryCode[]
}

/** Server → desk. The hub numbers and keeps messages; sending never blocks. */
export interface DeskPort {
  send(operatorId: string, message: DeskMessage): void
  broadcast(message: Extract<ServerMessage, { type: 'queue' | 'health' | 'ticket.changed' | 'photo.added' }>): void
}

/** Messages of one operator, before the hub gives them their `seq`. */
export type DeskMessage =
  | { readonly type: 'me'; readonly me: OperatorView }
  | { readonly type: 'call'; readonly call: CallCard }
  | { readonly type: 'call.gone'; readonly callId: string; readonly reason: 'caller-hung-up' | 'not-answered' | 'rejected' | 'unreachable' | 'failed' | 'ended' }
  | { readonly type: 'ticket'; readonly ticket: Ticket }

/** What a desk remembers of its operator: `ready`: what he last asked for; `callId`: the call whose talk or paper work was his. */
export interface DeskMemory {
  readonly ready?: boolean
  readonly callId?: string
}

/** Desk → intake: what the hub calls. Throws LiandongError. */
export interface IntakeDesk {
  /** The operator's active desk came up. Returns what it must show. */
  attach(profile: OperatorProfile, memory: DeskMemory): DeskSnapshot
  /** No desk of this operator is connected any more (after the hub's grace period). */
  detach(operatorId: string): void
  snapshot(operatorId: string): DeskSnapshot
  setReady(operatorId: string, ready: boolean): void
  endWrapUp(operatorId: string): void
  answerPhone(operatorId: string, callId: string): void
  rejectPhone(operatorId: string, callId: string): void
  hangUp(operatorId: string, callId: string): void
  /** The telephone in his browser is not there: he takes no calls until FreeSWITCH says that it is registered. */
  phoneGone(operatorId: string): void
  /** The telephone in his browser died in this talk. */
  phoneLost(operatorId: string, callId: string): void
  hold(operatorId: string, callId: string, on: boolean): void
  mute(operatorId: string, callId: string, on: boolean): void
  transfer(operatorId: string, callId: string, target: Target): void
  consult(operatorId: string, callId: string, target: Target): void
  conference(operatorId: string, callId: string): void
  complete(operatorId: string, callId: string): void
  drop(operatorId: string, callId: string, legId: string): void
  /** The caller of this makes sure that he is a supervisor. */
  listen(operatorId: string, callId: string, mode: PartyMode): void
  take(operatorId: string, callId: string): void
  /** Calls the citizen of this ticket; the number is looked up here, never given by the desk. */
  redial(operatorId: string, ticketId: string): Promise<void>
  /** Who can be reached: operators with their presence, lines of the short list. */
  phoneBook(): PhoneBook
  /** Talks in progress, for supervisors. */
  talks(): readonly CallCard[]
  /** A ticket was changed elsewhere (HTTP): keep the copy in snapshots fresh. */
  ticketChanged(ticket: Ticket): void
  /** Something was written down about this number: calls that are in hand show it. */
  callerChanged(number: string): void
  queueView(): QueueView
  healthView(): HealthView
}

/** 119, 120, 12345 …: of `lines.yaml` beside the flows, reviewed; nothing else outside can be dialled. */
export type { Line }

export interface PhoneBook {
  readonly operators: readonly { readonly operatorId: string; readonly displayName: string; readonly extension: string; readonly presence: OperatorView['presence']; readonly reachable: boolean }[]
  readonly lines: readonly Line[]
}

export interface DeskSnapshot { readonly me: OperatorView; readonly call: CallCard | null; readonly ticket: Ticket | null }

/** Operators who are signed in, by extension: `ready` for the next call, `able` in a moment without a hand, or `away`. */
export type Standings = Readonly<Record<string, 'ready' | 'able' | 'away'>>

/** What the nodes of one site tell one another. */
export interface NodePresence {
  /**
   * Says how many operators here can take calls, how many of them have nobody to be offered (`free`), how each stands, and which FreeSWITCH rings them
   * (`core`; null: not known now) and whether that knows of callers who are brought there (`halls`). → whether another node of this FreeSWITCH has any that can, how many are free there, and how its operators stand;
   * `apart`: another FreeSWITCH has somebody, by what was said within two beats; `closed`: one that has does not know of callers who are brought there. Not on the call path.
   */
  beat(able: number, seats: Standings, free?: number, core?: string | null, halls?: boolean | null): Promise<{ readonly elsewhere: boolean; readonly free: number; readonly seats: Standings; readonly apart?: boolean; readonly closed?: boolean }>
}
