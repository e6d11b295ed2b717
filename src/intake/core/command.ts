import type { CallEvent, PartyMode } from '../../contracts/call.js'
import type { Ticket } from '../../contracts/ticket.js'
import type { JoinRequest, Mirror, OfferRequest, RedialRequest } from '../ports.js'

/** What the loop must do. Order matters. */
export type Command =
  | { readonly type: 'offer'; readonly request: OfferRequest }
  | { readonly type: 'end-leg'; readonly legId: string; readonly cause: 'ORIGINATOR_CANCEL' | 'NORMAL_CLEARING' | 'MEDIA_TIMEOUT' }
  | { readonly type: 'end-call'; readonly callId: string }
  | { readonly type: 'mirror'; readonly callId: string; readonly facts: Mirror }
  | { readonly type: 'run-flow'; readonly callId: string; readonly resume: boolean }
  | { readonly type: 'look-up'; readonly callId: string }
  /** What is written down of him is read: another node had him. */
  | { readonly type: 'recall'; readonly callId: string }
  | { readonly type: 'save'; readonly callId: string }
  | { readonly type: 'open-ticket'; readonly callId: string; readonly callBack: boolean }
  /** The ticket is this operator's, if it is `insteadOf`'s now, who lifted and never had the caller; null: if it is nobody's. */
  | { readonly type: 'credit-ticket'; readonly callId: string; readonly operatorId: string; readonly insteadOf: string | null }
  | { readonly type: 'mark-call-back'; readonly callId: string; readonly at: number }
  | { readonly type: 'hold'; readonly callId: string; readonly on: boolean }
  | { readonly type: 'mute'; readonly legId: string; readonly on: boolean }
  | { readonly type: 'join'; readonly request: JoinRequest }
  | { readonly type: 'mode'; readonly legId: string; readonly mode: PartyMode }
  /** The leg takes the citizen over. */
  | { readonly type: 'take'; readonly legId: string; readonly callId: string }
  /** Back into the queue, on his own ticket and at his own place. */
  | { readonly type: 'requeue'; readonly callId: string }
  | { readonly type: 'redial'; readonly request: RedialRequest }
  /** Into the record of who was in the call and when. */
  | { readonly type: 'note'; readonly event: CallEvent }
  | { readonly type: 'reconcile' }
  /** His operator's leg died before they were put through, and he is still ours: as if he had not been answered, for FreeSWITCH too. */
  | { readonly type: 'take-back'; readonly callId: string }
  /** A renewal of ours may have overtaken the operator leg's own clearing of the dead-man's switch. */
  | { readonly type: 'clear-switch'; readonly callId: string }
  | { readonly type: 'show-me'; readonly operatorId: string }
  | { readonly type: 'show-call'; readonly operatorId: string; readonly callId: string }
  | { readonly type: 'show-gone'; readonly operatorId: string; readonly callId: string; readonly reason: 'caller-hung-up' | 'not-answered' | 'rejected' | 'unreachable' | 'failed' | 'ended' }
  | { readonly type: 'show-ticket'; readonly operatorId: string; readonly ticket: Ticket }
  | { readonly type: 'queue-changed' }
  /** The room forgot the call: the loop drops what it holds for it. `abandoned`: he was ours, and no answer of him came to light while he was remembered. */
  | { readonly type: 'forget'; readonly callId: string; readonly abandoned: boolean }
