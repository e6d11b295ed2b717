import type { Draft } from './draft.js'
import { offerFailed, setPresence } from './operators.js'
import type { Call, Env, LegEnd, Operator } from './room.js'

const CANCELLED = new Set(['ORIGINATOR_CANCEL', 'LOSE_RACE', 'PICKED_OFF', 'NORMAL_CLEARING', 'LOST'])
const REJECTED = new Set(['CALL_REJECTED', 'USER_BUSY'])
const NOT_ANSWERED = new Set(['NO_ANSWER', 'NO_USER_RESPONSE', 'ALLOTTED_TIMEOUT', 'PROGRESS_TIMEOUT', 'MEDIA_TIMEOUT'])

/** What a hang-up cause (switch_types.h, Q.850) of an unanswered operator's leg says about him. */
export function legEndOf(cause: string): LegEnd {
  if (CANCELLED.has(cause)) return 'cancelled'
  if (REJECTED.has(cause)) return 'rejected'
  return NOT_ANSWERED.has(cause) ? 'not-answered' : 'unreachable'
}

/** Rings an operator's phone for a call. */
export function startOffer(draft: Draft, call: Call, operator: Operator, env: Env): void {
  const legId = env.newId()
  draft.patchCall(call, { state: 'offered', offer: { legId, operatorId: operator.operatorId, since: env.mono, ringing: false, asked: false, cancelling: null } })
  setPresence(draft, operator, 'ringing', env, { callId: call.callId })
  draft.emit({
    type: 'offer',
    request: { callId: call.callId, operatorId: operator.operatorId, legId, extension: operator.profile.extension, timeout: env.settings.offerTimeout, callerNumber: call.arriving.caller.number },
  })
  draft.emit({ type: 'show-call', operatorId: operator.operatorId, callId: call.callId })
}

/** Asks FreeSWITCH to end a ringing leg. The call is offered on only after `leg.ended`: two legs must never race for one caller. */
export function cancelOffer(draft: Draft, call: Call, mark: LegEnd, env: Env): Call {
  if (call.offer === null || call.offer.cancelling !== null) return call
  draft.emit({ type: 'end-leg', legId: call.offer.legId, cause: 'ORIGINATOR_CANCEL' })
  return draft.patchCall(call, { offer: { ...call.offer, cancelling: { at: env.mono, mark } } })
}

/** The offered leg is over without an answer: mark the operator, put the caller back to his place. */
export function offerEnded(draft: Draft, call: Call, end: LegEnd, env: Env): void {
  const { offer } = call
  if (offer === null) return
  const mark = offer.cancelling?.mark ?? end
  draft.patchCall(call, { offer: null, state: call.ended === null && call.state === 'offered' ? 'queued' : call.state, endedLegs: remember(call, offer.legId) })
  const operator = draft.operator(offer.operatorId)
  if (operator?.callId === call.callId && operator.presence === 'ringing') {
    offerFailed(draft, operator, mark, env)
    draft.emit({ type: 'show-gone', operatorId: operator.operatorId, callId: call.callId, reason: mark === 'cancelled' ? (call.ended === null ? 'not-answered' : 'caller-hung-up') : mark })
  }
  draft.emit({ type: 'queue-changed' })
}

/** The call's ended legs with this one: the last eight. */
export const remember = (call: Call, legId: string): readonly string[] => (call.endedLegs.includes(legId) ? call.endedLegs : [...call.endedLegs, legId].slice(-8))

/** Tells the operator who has this call on his screen that its card changed. */
export function showHolder(draft: Draft, call: Call): void {
  const operatorId = call.offer?.operatorId ?? call.answer?.operatorId
  const operator = draft.operator(operatorId)
  if (operator?.callId === call.callId) draft.emit({ type: 'show-call', operatorId: operator.operatorId, callId: call.callId })
}
