import type { CallerIdentity, QueueClass } from '../../contracts/call.js'
import type { CategoryCode, Language, Point } from '../../contracts/primitives.js'
import type { WaitCommand } from '../../flow/types.js'

/**
 * Facts mirrored to channel variables of the citizen's leg, so that a second node or a restart goes on where this one stopped.
 * Values are our own constants and numbers only: `pbx` refuses anything else.
 */
export interface Mirror {
  /** ms since epoch when the caller first joined the queue: his seniority. */
  readonly queuedAt?: number
  readonly class?: QueueClass
  readonly category?: CategoryCode
  /** Category whose skill the flow asked for, instead of the call's own. */
  readonly skill?: CategoryCode
  /** Within its class, 0–9; the higher goes first. */
  readonly priority?: number
  readonly language?: Language
  /** `name:version:node` */
  readonly flow?: string
}

/** By which edge a call came, and the mark of its INVITE there: µs since 1970 by that edge's clock, no two alike. */
export interface EdgeMark { readonly name: string; readonly mark: number }

/** A citizen's call as it arrives at the outbound socket. */
export interface ArrivingCall {
  readonly callId: string
  readonly caller: CallerIdentity
  readonly calledNumber: string
  readonly location?: Point
  readonly locationText?: string
  /** Host name of the FreeSWITCH that has it, as far as it was said. */
  readonly host?: string
  /** The edge that brought it; absent: it came past them. */
  readonly edge?: EdgeMark
  /** FreeSWITCH's time of the channel's creation, ms. */
  readonly createdAt: number
  /** FreeSWITCH's time when it told us, ms: at the socket's connect, or of the dump. Absent where it did not say. */
  readonly toldAt?: number
  /** The UUID came back (`sofia recover`, another node, our restart): resume, never greet again. */
  readonly recovered: boolean
  /** The dialplan asked the nodes in the other order for him. */
  readonly turned?: boolean
  /** He dialled a number of the city whose callers come after those of an emergency number. */
  readonly yields?: boolean
  /** Another FreeSWITCH brought him, where nobody took calls: he is brought to no third one. */
  readonly carried?: boolean
  readonly mirror: Mirror
}

/** How one telephone command on the citizen's leg ended. Never rejects. */
export type LegResult =
  | { readonly type: 'played' }
  | { readonly type: 'digits'; readonly digits: string; readonly terminator?: string }
  | { readonly type: 'timeout'; readonly digits: string }
  /** ms of sound that were kept. */
  | { readonly type: 'recorded'; readonly duration: number }
  | { readonly type: 'heard'; readonly text: string }
  | { readonly type: 'failed'; readonly reason: string }
  /** The leg is gone, bridged away, or control was lost: nothing more can be done by this handle. `recorded`: ms of a message that hanging up ended. */
  | { readonly type: 'gone'; readonly recorded?: number }

/** What the flow asks of the telephone; the rest is the intake's own business. */
export type LegCommand = Exclude<WaitCommand, { type: 'look-up' | 'transfer' }>

/** The citizen's leg under our control (one outbound socket). */
export interface CitizenLeg {
  readonly call: ArrivingCall
  /** Makes the sound that the flow asked for, with a deadline. `messageId`: names the file of a recording. */
  perform(command: LegCommand, messageId?: string): Promise<LegResult>
  /** Plays music while something else is done for the caller; its outcome, or that he is gone. */
  meanwhile<T>(work: Promise<T>): Promise<T | { readonly type: 'gone' }>
  /** Answers the channel if need be and plays music until something else is performed. */
  holdMusic(): void
  mirror(facts: Mirror): void
  /** Called once: socket closed, or the channel taken away from it. The call itself may live on (bridged, in the native queue) or not. */
  onClose(listener: () => void): void
  /** Lets the socket go without touching the call. */
  release(): void
}
