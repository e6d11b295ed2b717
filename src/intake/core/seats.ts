import type { Draft } from './draft.js'
import { cancelOffer } from './offers.js'
import { seatAt, showSeat } from './operators.js'
import { isTalkOf, type Call, type Env, type Operator } from './room.js'

/**
 * FreeSWITCH has put this operator through with this caller: he sits there, whatever we had him down for. His paper work is over, and what rings
 * for him is offered on. Only a talk that goes on keeps its seat: he comes to this one when that is over.
 */
export function takeSeat(draft: Draft, operator: Operator, call: Call, env: Env): void {
  const { operatorId, callId, presence } = operator
  if (callId !== null && callId !== call.callId) {
    const other = draft.call(callId)
    if (other !== undefined && presence === 'talking' && sitsAt(other, operatorId)) return void draft.patchOperator(operator, { also: call.callId })
    if (other !== undefined && presence === 'ringing') stopRinging(draft, other, operatorId, env)
  }
  seatAt(draft, draft.operator(operatorId) ?? operator, call, env)
  if (callId !== null && callId !== call.callId) draft.emit({ type: 'show-gone', operatorId, callId, reason: presence === 'ringing' ? 'not-answered' : 'ended' })
}

const sitsAt = (call: Call, operatorId: string): boolean =>
  isTalkOf(call, operatorId) || (call.ended === null && call.parties.some((party) => party.operatorId === operatorId && party.joinedAt !== null))

/** He was offered this caller, or was asked in: the caller goes to the next one, whoever asked is told that he did not come. */
function stopRinging(draft: Draft, call: Call, operatorId: string, env: Env): void {
  if (call.offer?.operatorId === operatorId) cancelOffer(draft, call, 'cancelled', env)
  for (const party of call.parties) if (party.operatorId === operatorId && party.joinedAt === null) draft.emit({ type: 'end-leg', legId: party.legId, cause: 'ORIGINATOR_CANCEL' })
}

/**
 * They talk, by FreeSWITCH's word: whoever answered while he was somewhere else sits there now. @returns whether he had to move.
 * Who is not reachable has left this talk by himself: his telephone died, and its leg is about to end.
 */
export function sit(draft: Draft, call: Call, env: Env): boolean {
  const operator = draft.operator(call.answer?.operatorId)
  if (operator === undefined || operator.presence === 'unreachable' || !isTalkOf(call, operator.operatorId)) return false
  if (operator.callId === call.callId && operator.presence === 'talking') return false
  takeSeat(draft, operator, call, env)
  showSeat(draft, call, operator.operatorId)
  return true
}
