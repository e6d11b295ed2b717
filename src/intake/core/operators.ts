import type { Presence } from '../../contracts/ws.js'
import type { DeskMemory, OperatorProfile } from '../ports.js'
import type { Draft } from './draft.js'
import { isTalkOf, type Call, type Env, type LegEnd, type Operator } from './room.js'

/** After an offer that failed he gets no other for so long, ms; twice as long after each further one, until his telephone rings again … */
const FIRST_PAUSE = 2_000
/** … but no longer than this: when FreeSWITCH is well again, callers must not wait for us. */
const LONGEST_PAUSE = 16_000

/** Changes an operator's presence and shows it to him. */
export function setPresence(draft: Draft, operator: Operator, presence: Presence, env: Env, changes: Partial<Operator> = {}): Operator {
  const next = draft.patchOperator(operator, { wrapUp: null, pause: null, ...changes, presence, since: env.now })
  draft.emit({ type: 'show-me', operatorId: operator.operatorId })
  draft.emit({ type: 'queue-changed' })
  return next
}

/** Call and ticket, to whoever has just come to sit at it; nothing to anybody else. */
export function showSeat(draft: Draft, { callId, context, ticket, ours, path }: Call, operatorId: string | null): void {
  const operator = draft.operator(operatorId)
  if (operator?.callId !== callId) return
  // A call that came another way than by our socket was not looked up yet, or the database was away.
  if (!context.complete && operator.attached) draft.emit({ type: 'look-up', callId })
  // He came by a snapshot, perhaps before he had said a word to the node that had him.
  if (!ours && path.length === 0 && operator.attached) draft.emit({ type: 'recall', callId })
  draft.emit({ type: 'show-call', operatorId: operator.operatorId, callId })
  // Open since an earlier answer: he goes on with it.
  if (ticket !== null) draft.emit({ type: 'show-ticket', operatorId: operator.operatorId, ticket })
}

/** He talks with this caller. */
export const seatAt = (draft: Draft, operator: Operator, { callId }: Call, env: Env): Operator =>
  setPresence(draft, operator, 'talking', env, { callId, also: operator.also === callId ? null : operator.also })

/** His seat is free: if he has another caller still, he sits there now. */
function goOn(draft: Draft, operator: Operator, env: Env): Operator | null {
  const other = draft.call(operator.also ?? '')
  if (other === undefined || !isTalkOf(other, operator.operatorId)) return null
  const seated = seatAt(draft, operator, other, env)
  showSeat(draft, other, operator.operatorId)
  return seated
}

/** Where an operator goes who has no call: what he asked for, if a desk of his is there and his telephone too. */
export function rest(draft: Draft, operator: Operator, env: Env, idleSince: number): Operator {
  const seated = goOn(draft, operator, env)
  if (seated !== null) return seated
  const presence = !operator.attached ? 'offline' : !operator.wantsReady ? 'break' : draft.isGone(operator.profile.extension) ? 'unreachable' : 'ready'
  return setPresence(draft, operator, presence, env, { callId: null, also: null, idleSince })
}

/** His telephone can be rung: the next pause is a short one again. */
export const forgetFailures = (draft: Draft, operator: Operator): Operator => (operator.failures === 0 ? operator : draft.patchOperator(operator, { failures: 0 }))

/** An offered leg came to nothing: he is marked, so that the same caller does not ring in vain again. */
export function offerFailed(draft: Draft, operator: Operator, end: LegEnd, env: Env): Operator {
  switch (end) {
    case 'cancelled':
      return rest(draft, operator, env, operator.idleSince)
    case 'not-answered':
    case 'rejected':
      return setPresence(draft, operator, operator.attached ? 'missed' : 'offline', env, { callId: null, wantsReady: false })
    case 'failed': {
      // wantsReady stays: the tick ends the pause.
      const length = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** operator.failures)
      return setPresence(draft, operator, operator.attached ? 'paused' : 'offline', env, { callId: null, failures: operator.failures + 1, pause: { until: env.now + length, ends: env.mono + length } })
    }
    case 'unreachable':
      // wantsReady stays: he becomes ready by himself when his phone registers again.
      return setPresence(draft, operator, operator.attached ? 'unreachable' : 'offline', env, { callId: null })
  }
}

/** The talk is over: paper work, with the call still on his screen. */
export function startWrapUp(draft: Draft, operator: Operator, env: Env): Operator {
  const { wrapUp } = env.settings
  const seated = goOn(draft, operator, env)
  if (seated !== null) return seated
  if (!operator.attached || wrapUp === 0) return rest(draft, operator, env, env.mono)
  return setPresence(draft, operator, 'wrap-up', env, { wrapUp: { until: env.now + wrapUp, ends: env.mono + wrapUp }, idleSince: env.mono })
}

/** Whoever it was does not talk with this call any more. */
export function endTalkOf(draft: Draft, operatorId: string | null | undefined, { callId }: Call, env: Env): void {
  const operator = draft.operator(operatorId)
  if (operator?.callId === callId && operator.presence === 'talking') startWrapUp(draft, operator, env)
}

/**
 * He had a call, by his desk's memory. If it is over, his paper work comes first, as if we had heard the end of the talk. If we do not know it, he
 * may be talking still: FreeSWITCH is asked, and until its next snapshot he is taken to be.
 */
function afterwards(draft: Draft, operator: Operator, callId: string | undefined, env: Env): void {
  const had = draft.call(callId ?? '')
  if (callId === undefined || (had !== undefined && (had.ended === null || had.answer?.operatorId !== operator.operatorId))) return void rest(draft, operator, env, env.mono)
  if (had === undefined) {
    setPresence(draft, operator, 'talking', env, { callId, idleSince: env.mono })
    return draft.emit({ type: 'reconcile' })
  }
  startWrapUp(draft, draft.patchOperator(operator, { callId }), env)
  showSeat(draft, had, operator.operatorId)
}

/** Talks that only a desk remembers are over if FreeSWITCH does not have them, or has their citizen waiting, or with another. `at`: when its snapshot began, monotonic; `seen`: whom it has, or is not sure of; `sure`: there was nothing that it could not read, for that may be his leg. */
export function endRemembered(draft: Draft, seen: ReadonlySet<string>, sure: boolean, at: number, env: Env): void {
  for (const operator of draft.operators().values()) {
    const { operatorId, callId, presence, idleSince } = operator
    if (callId === null || presence !== 'talking' || idleSince >= at) continue
    const call = draft.call(callId)
    if (call === undefined ? !seen.has(callId) : sure && !isTalkOf(call, operatorId) && !call.parties.some((party) => party.operatorId === operatorId)) startWrapUp(draft, operator, env)
  }
}

/** The native queue has put him through, and the directory, which knows whose telephone it was, was away. */
const isNobodys = ({ ended, answer, bridged }: Call): boolean => ended === null && bridged && answer !== null && answer.operatorId === null

/**
 * His desk came up. After a restart of ours, or a gap longer than the grace, his wish is what his desk remembers: he need not ask again.
 * He may be in the middle of a talk, or of calling a citizen back: FreeSWITCH's channels say so.
 */
export function attach(draft: Draft, profile: OperatorProfile, memory: DeskMemory, env: Env): void {
  const { operatorId } = profile
  const known: Operator = draft.operator(operatorId)
    ?? { operatorId, profile, attached: true, presence: 'offline', since: env.now, wantsReady: false, idleSince: env.mono, wrapUp: null, pause: null, failures: 0, callId: null, also: null }
  const away = known.presence === 'offline' || !known.attached
  const next = draft.patchOperator(known, { profile, attached: true, wantsReady: away ? memory.ready ?? known.wantsReady : known.wantsReady })
  if (next.presence !== 'offline') return
  const found: { talk: Call | null; guestIn: Call | null } = { talk: null, guestIn: null }
  draft.live().some((call) => {
    if (isTalkOf(call, operatorId)) found.talk = call
    else if (call.parties.some((party) => party.operatorId === operatorId)) found.guestIn = call
    return found.talk !== null
  })
  const { talk: own, guestIn } = found
  if (own === null && guestIn !== null) return seatGuest(draft, next, guestIn, env)
  if (own === null && draft.tables().redials.some((redial) => redial.operatorId === operatorId)) return void setPresence(draft, next, 'talking', env)
  // A talk of which nobody could say whose it is may be his.
  if (own === null && draft.live().some(isNobodys)) draft.emit({ type: 'reconcile' })
  if (own === null) return afterwards(draft, next, memory.callId, env)
  seatAt(draft, next, own, env)
  if (!own.context.complete) draft.emit({ type: 'look-up', callId: own.callId })
}

/** Beside the talk of another: asked into it, or listening. @param call one of whose parties is his */
export function seatGuest(draft: Draft, operator: Operator, call: Call, env: Env): void {
  const joined = call.parties.some((party) => party.operatorId === operator.operatorId && party.joinedAt !== null)
  setPresence(draft, operator, joined ? 'talking' : 'ringing', env, { callId: call.callId })
  showSeat(draft, call, operator.operatorId)
}

/** Ready, or break. While a call is at his seat, paper work included, only the wish is kept, except that break declines a ringing call. */
export function setReady(draft: Draft, operator: Operator, ready: boolean, env: Env): void {
  const wishing = draft.patchOperator(operator, { wantsReady: ready })
  switch (operator.presence) {
    case 'ringing':
    case 'talking':
    case 'wrap-up':
    case 'offline':
      draft.emit({ type: 'show-me', operatorId: operator.operatorId })
      return
    case 'ready':
      if (!ready) rest(draft, wishing, env, operator.idleSince)
      return
    case 'break':
    case 'missed':
    case 'paused':
    case 'unreachable':
      rest(draft, wishing, env, env.mono)
  }
}

/** Clears the screen for the next call. Idle time counts from the end of the talk, not of the paper work. */
export function leaveWrapUp(draft: Draft, operator: Operator, env: Env): void {
  const { callId } = operator
  rest(draft, operator, env, operator.idleSince)
  if (callId !== null) draft.emit({ type: 'show-gone', operatorId: operator.operatorId, callId, reason: 'ended' })
}
