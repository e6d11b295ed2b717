import type { CallerContext, FlowEnd, FlowTag, PartyMode, QueueClass } from '../../contracts/call.js'
import type { CategoryCode, Language } from '../../contracts/primitives.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { ArrivingCall, CallRecord, DeskMemory, OperatorProfile, SwitchEvent } from '../ports.js'

/** What the room hears. */
export type RoomEvent =
  | SwitchEvent
  /** FreeSWITCH connected the citizen's socket. */
  | { readonly type: 'call.arrived'; readonly call: ArrivingCall }
  | { readonly type: 'call.released'; readonly callId: string }
  /** We sent him to another node that has operators. */
  | { readonly type: 'call.passed'; readonly callId: string }
  /** `keyed`: a key of the caller's led there, and the class is of his own saying; so it is with `call.queue`. */
  | { readonly type: 'call.tagged'; readonly callId: string; readonly tag: FlowTag; readonly keyed?: boolean }
  /** The flow says how he waits; only what is mentioned changes. */
  | { readonly type: 'call.queue'; readonly callId: string; readonly class?: QueueClass; readonly skill?: CategoryCode; readonly priority?: number; readonly keyed?: boolean }
  /** Another line is rung for him (`away`), or did not take him. */
  | { readonly type: 'call.away'; readonly callId: string; readonly away: boolean }
  /** For the intake the call is over without an operator: another line took it, or the flow hangs up after a message or a promise. */
  | { readonly type: 'call.settled'; readonly callId: string; readonly how: FlowEnd }
  | { readonly type: 'call.flow'; readonly callId: string; readonly flow: { readonly name: string; readonly version: string }; readonly path: readonly string[]; readonly language: Language; readonly node: string | null }
  /** What is written down of a call that came to us from another node, or before we could read it. */
  | { readonly type: 'call.remembered'; readonly record: CallRecord }
  | { readonly type: 'call.context'; readonly callId: string; readonly context: CallerContext }
  | { readonly type: 'call.ticket'; readonly ticket: Ticket }
  /** `memory`: his desk's. We may have restarted, or taken him for gone. */
  | { readonly type: 'operator.attached'; readonly profile: OperatorProfile; readonly memory?: DeskMemory }
  | { readonly type: 'operator.detached'; readonly operatorId: string }
  | { readonly type: 'operator.ready'; readonly operatorId: string; readonly ready: boolean }
  | { readonly type: 'operator.wrap-up-end'; readonly operatorId: string }
  | { readonly type: 'operator.reject'; readonly operatorId: string; readonly callId: string }
  | { readonly type: 'operator.hang-up'; readonly operatorId: string; readonly callId: string }
  /** His telephone in the browser died in mid-talk: its page was closed or loaded anew. */
  | { readonly type: 'operator.phone-lost'; readonly operatorId: string; readonly callId: string }
  | { readonly type: 'operator.hold'; readonly operatorId: string; readonly callId: string; readonly on: boolean }
  | { readonly type: 'operator.mute'; readonly operatorId: string; readonly callId: string; readonly on: boolean }
  /** `to`: null is the queue. */
  | { readonly type: 'operator.transfer'; readonly operatorId: string; readonly callId: string; readonly to: Callee | null }
  | { readonly type: 'operator.consult'; readonly operatorId: string; readonly callId: string; readonly to: Callee }
  | { readonly type: 'operator.conference'; readonly operatorId: string; readonly callId: string }
  | { readonly type: 'operator.complete'; readonly operatorId: string; readonly callId: string }
  | { readonly type: 'operator.drop'; readonly operatorId: string; readonly callId: string; readonly legId: string }
  | { readonly type: 'operator.redial'; readonly operatorId: string; readonly ticketId: string; readonly number: string }
  | { readonly type: 'supervisor.listen'; readonly operatorId: string; readonly callId: string; readonly mode: PartyMode }
  | { readonly type: 'supervisor.take'; readonly operatorId: string; readonly callId: string }
  | { readonly type: 'tick' }
  /** Our loop stood still for so long that FreeSWITCH may have gone on without us; what it said meanwhile is still to be heard. */
  | { readonly type: 'stalled' }

/** Whom a call is passed to: an operator, or a line of the short list. */
export type Callee =
  | { readonly operatorId: string }
  | { readonly line: string; readonly number: string }
