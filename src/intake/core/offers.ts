import type { Draft } from './draft.js'
import { forgetFailures, offerFailed, setPresence } from './operators.js'
import type { Call, Env, LegEnd, Offer, Operator } from './room.js'

const CANCELLED = new Set(['ORIGINATOR_CANCEL', 'LOSE_RACE', 'PICKED_OFF', 'NORMAL_CLEARING', 'LOST'])
const NOT_ANSWERED = new Set(['NO_ANSWER', 'NO_USER_RESPONSE', 'ALLOTTED_TIMEOUT', 'PROGRESS_TIMEOUT', 'MEDIA_TIMEOUT'])

/** FreeSWITCH knows of no telephone of his: without a REGISTER, or a hand, no offer can reach him. */
const GONE = new Set(['USER_NOT_REGISTERED', 'SUBSCRIBER_ABSENT'])

/** FreeSWITCH's word on how things stand, or on a leg that may have been lifted, is waited for so long, ms: callers must not wait for it. */
export const DOUBT = 3_000

/** After an offer that rang nowhere like the one before it, the next follows no sooner than this after it began, ms: what fails at once must not burn through all operators. */
const HASTE = 500

/** What is known of a caller is asked anew as he is offered, unless he came less than this ago, ms. */
const STALE = 2_000

/**
 * What a hang-up cause (switch_types.h, Q.850) of an unanswered operator's leg says about him. `rang`: his telephone did; who is busy then has
 * declined by hand (most telephones say 486 for it), otherwise somebody else rings there, the native queue for one. All other causes
 * (SWITCH_CONGESTION, RECOVERY_ON_TIMER_EXPIRE, NORMAL_TEMPORARY_FAILURE …) may befall any leg at that moment and say nothing of him.
 */
export function legEndOf(cause: string, rang: boolean): LegEnd {
  if (CANCELLED.has(cause)) return 'cancelled'
  if (cause === 'CALL_REJECTED' || (cause === 'USER_BUSY' && rang)) return 'rejected'
  if (GONE.has(cause)) return 'unreachable'
  return NOT_ANSWERED.has(cause) ? 'not-answered' : 'failed'
}

/** FreeSWITCH tried to ring him: his telephone, or the way to it, did not answer, was busy, or is not there. Whatever else fails before it rings is FreeSWITCH's own refusal. */
const TRIED = new Set(['USER_BUSY', 'RECOVERY_ON_TIMER_EXPIRE', 'CALL_REJECTED', ...CANCELLED, ...NOT_ANSWERED, ...GONE])

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
  // The database may have been away when he came; and while he waited, neighbours and he himself may have become tickets.
  if (!call.context.complete || env.mono - call.queuedSince > STALE) draft.emit({ type: 'look-up', callId: call.callId })
}

/** FreeSWITCH can make his telephone ring: whatever failed before is over. */
export function offerRings(draft: Draft, call: Call, legId: string): void {
  // The order to ring no more met no channel yet: FreeSWITCH makes it on another thread. It ends nothing that was lifted since.
  const ended = call.offer?.legId === legId ? call.offer.cancelling !== null && call.offer.cancelling.sent !== null : call.ended !== null && call.answer?.legId !== legId
  if (ended) draft.emit({ type: 'end-leg', legId, cause: 'ORIGINATOR_CANCEL' })
  if (call.offer?.legId !== legId || call.offer.ringing) return
  draft.obeyed()
  draft.patchCall(call, { offer: { ...call.offer, ringing: true }, futile: 0 })
  const operator = draft.operator(call.offer.operatorId)
  if (operator !== undefined) forgetFailures(draft, operator)
}

/** He left our socket while a telephone rang for him, and nothing has said why: an answer, for all we know. */
const mayTalk = (call: Call): boolean => !call.held && call.releasedAt !== null && call.ended === null && call.state === 'offered'

/**
 * Asks FreeSWITCH to end a ringing leg. The call is offered on only after `leg.ended`: two legs must never race for one caller. A leg that rang when we
 * last heard of it may have been lifted since (our loop stood still, his socket is closed): then FreeSWITCH is asked first, for no talk is torn (V7).
 */
export function cancelOffer(draft: Draft, call: Call, mark: LegEnd, env: Env): Call {
  return end(draft, call, mark, env, draft.doubt() !== null || mayTalk(call))
}

/** The same where nobody has declined: his desk is gone, and he may be lifting it right now. */
export function withdrawOffer(draft: Draft, call: Call, mark: LegEnd, env: Env): Call {
  return end(draft, call, mark, env, true)
}

function end(draft: Draft, call: Call, mark: LegEnd, env: Env, unsure: boolean): Call {
  const { offer } = call
  if (offer === null || (offer.cancelling !== null && (unsure || offer.cancelling.sent !== null))) return call
  draft.emit(unsure ? { type: 'reconcile' } : { type: 'end-leg', legId: offer.legId, cause: 'ORIGINATOR_CANCEL' })
  return draft.patchCall(call, { offer: { ...offer, cancelling: { since: offer.cancelling?.since ?? env.mono, sent: unsure ? null : env.mono, mark: offer.cancelling?.mark ?? mark } } })
}

/** Ends what was to end at `until` or before, and what nobody has lifted by FreeSWITCH's word: its snapshot began then, or it had time enough to say so. */
export function endUnlifted(draft: Draft, until: number, env: Env): void {
  draft.live().each((call) => {
    const { offer } = call
    if (offer === null || offer.cancelling === null || offer.cancelling.sent !== null || offer.cancelling.since > until) return
    draft.emit({ type: 'end-leg', legId: offer.legId, cause: 'ORIGINATOR_CANCEL' })
    draft.patchCall(call, { offer: { ...offer, cancelling: { ...offer.cancelling, sent: env.mono } } })
  })
}

/** The offered leg is over without an answer, by this hang-up cause. */
export function offerCameToNothing(draft: Draft, call: Call, offer: Offer, cause: string, env: Env): void {
  if (offer.ringing) draft.obeyed()
  else if (!TRIED.has(cause)) draft.balked(offer.operatorId, env.mono)
  offerEnded(draft, call, legEndOf(cause, offer.ringing), env)
}

/** The offered leg is over without an answer: mark the operator, put the caller back to his place. */
export function offerEnded(draft: Draft, call: Call, end: LegEnd, env: Env): void {
  const { offer } = call
  if (offer === null) return
  const mark = offer.cancelling?.mark ?? end
  const futile = offer.ringing || offer.cancelling !== null ? 0 : call.futile + 1
  draft.patchCall(call, {
    offer: null, futile, notBefore: futile > 1 ? offer.since + HASTE : call.notBefore,
    state: call.ended === null && call.state === 'offered' ? 'queued' : call.state, endedLegs: remember(call, offer.legId),
  })
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
