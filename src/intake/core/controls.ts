import type { ErrorCode } from '../../contracts/errors.js'
import type { Draft } from './draft.js'
import { rest, setPresence } from './operators.js'
import { endGuests, endParty, guestOf, note, partyOf, ring, setHold, setMode, setMute, showAll } from './parties.js'
import type { LiveRedial } from '../ports.js'
import type { RoomEvent } from './event.js'
import type { Call, Env, Operator, Room } from './room.js'

/** What operators and supervisors do with a talk. */
export type Control = Extract<RoomEvent, { type: 'operator.hold' | 'operator.mute' | 'operator.transfer' | 'operator.consult' | 'operator.conference' | 'operator.complete' | 'operator.drop' | 'operator.redial' | 'supervisor.listen' | 'supervisor.take' }>

const RESTING = new Set<Operator['presence']>(['ready', 'break', 'missed', 'paused'])
/** He can be rung for somebody else's call. */
export const isReachable = (operator: Operator): boolean => operator.attached && operator.callId === null && RESTING.has(operator.presence)

/** Why a control cannot be done now; null when it can. The desk asks this first, so that its person hears the reason. */
export function refusal(room: Pick<Room, 'calls' | 'operators' | 'redials'>, control: Control): { readonly code: ErrorCode; readonly details?: Readonly<Record<string, string>> } | null {
  const operator = room.operators.get(control.operatorId)
  if (control.type === 'operator.redial') return operator === undefined || !isReachable(operator) || [...room.redials.values()].some(({ operatorId }) => operatorId === control.operatorId) ? { code: 'call.busy' } : null
  const call = room.calls.get(control.callId)
  if (call === undefined || call.ended !== null) return { code: 'call.gone' }
  if (call.answer === null || !call.bridged) return { code: 'call.not-talking' }
  if (control.type === 'supervisor.listen' || control.type === 'supervisor.take') {
    if (call.answer.operatorId === control.operatorId) return { code: 'call.busy' }
    return partyOf(call, control.operatorId) === undefined && (operator === undefined || !isReachable(operator)) ? { code: 'call.busy' } : null
  }
  if (call.answer.operatorId !== control.operatorId) return { code: 'call.not-yours' }
  const guest = guestOf(call)
  switch (control.type) {
    case 'operator.hold': return null
    case 'operator.mute': return control.on && call.parties.some(({ mode }) => mode === 'all') ? { code: 'call.mute-refused' } : null
    case 'operator.drop': return guest === undefined ? { code: 'call.no-guest' } : null
    case 'operator.conference': case 'operator.complete': return guest?.joinedAt == null || guest.role !== 'guest' ? { code: 'call.no-guest' } : null
    case 'operator.transfer': case 'operator.consult': {
      if (guest !== undefined) return { code: 'call.guest-busy' }
      if (control.to === null || !('operatorId' in control.to)) return null
      const callee = room.operators.get(control.to.operatorId)
      return callee === undefined || !isReachable(callee) ? { code: 'call.target-busy', details: { name: callee?.profile.displayName ?? '—' } } : null
    }
  }
}

/** Does a control, or nothing when it cannot be done (any more): events may have overtaken it. */
export function control(draft: Draft, event: Control, env: Env): void {
  if (refusal(draft.tables(), event) !== null) return
  if (event.type === 'operator.redial') return redial(draft, event, env)
  const call = draft.call(event.callId)
  if (call !== undefined) perform(draft, call, event, env)
}

function perform(draft: Draft, call: Call, event: Exclude<Control, { type: 'operator.redial' }>, env: Env): void {
  const { operatorId } = event
  switch (event.type) {
    case 'operator.hold': return showAll(draft, setHold(draft, call, event.on, operatorId, env))
    case 'operator.mute': return setMute(draft, call, event.on, operatorId, env)
    case 'operator.consult': {
      const held = setHold(draft, call, true, operatorId, env)
      return ring(draft, unmuted(draft, held, operatorId, env), event.to, { role: 'guest', mode: 'whisper' }, env)
    }
    case 'operator.transfer': {
      if (event.to !== null) return ring(draft, call, event.to, { role: 'transfer', mode: 'all' }, env)
      const free = setHold(draft, call, false, operatorId, env)
      draft.emit({ type: 'requeue', callId: call.callId })
      note(draft, call, 'queued', env.now, { operatorId })
      return showAll(draft, draft.patchCall(free, { returning: true }))
    }
    case 'operator.conference': {
      const guest = guestOf(call)
      if (guest === undefined) return
      return showAll(draft, setHold(draft, setMode(draft, call, guest, 'all', env), false, operatorId, env))
    }
    case 'operator.complete': {
      const guest = guestOf(call)
      if (guest === undefined) return
      const free = setHold(draft, call, false, operatorId, env)
      draft.emit({ type: 'take', legId: guest.legId, callId: call.callId })
      return showAll(draft, free)
    }
    case 'operator.drop': {
      const party = call.parties.find(({ legId, role }) => legId === event.legId && role !== 'supervisor')
      if (party !== undefined) endParty(draft, party)
      return
    }
    case 'supervisor.listen': {
      const party = partyOf(call, operatorId)
      if (party === undefined) return ring(draft, call, { operatorId }, { role: 'supervisor', mode: event.mode }, env)
      return showAll(draft, setMode(draft, call, party, event.mode, env))
    }
    case 'supervisor.take': {
      const party = partyOf(call, operatorId)
      if (party?.joinedAt == null) {
        if (party === undefined) ring(draft, call, { operatorId }, { role: 'transfer', mode: 'all' }, env)
        return
      }
      // A guest is in the talk by the operator's leg, which this ends, and would have the citizen next; whoever is rung likewise.
      endGuests(draft, call)
      const free = setHold(draft, call, false, operatorId, env)
      draft.emit({ type: 'take', legId: party.legId, callId: call.callId })
      showAll(draft, free)
    }
  }
}

/** A guest's voice goes through the operator's leg: muted there, he would not be heard either. */
function unmuted(draft: Draft, call: Call, operatorId: string, env: Env): Call {
  setMute(draft, call, false, operatorId, env)
  return draft.call(call.callId) ?? call
}

// ── Calling a citizen back ───────────────────────────────────────────────────────────────────────────────────────

function redial(draft: Draft, { operatorId, ticketId, number }: Extract<Control, { type: 'operator.redial' }>, env: Env): void {
  const operator = draft.operator(operatorId)
  if (operator === undefined) return
  const [legId, farLegId] = [env.newId(), env.newId()]
  draft.setRedial({ ticketId, legId, farLegId, operatorId, reachedAt: null, seen: false })
  setPresence(draft, operator, 'talking', env)
  draft.emit({ type: 'redial', request: { ticketId, legId, farLegId, operatorId, extension: operator.profile.extension, number, timeout: 45_000 } })
  note(draft, { callId: ticketId }, 'dialled', env.now, { legId, operatorId })
}

/** The citizen who is called back has answered; `at`: FreeSWITCH's time, ms. */
export function redialReached(draft: Draft, farLegId: string, at: number): void {
  for (const one of draft.tables().redials.values()) {
    if (one.farLegId !== farLegId || one.reachedAt !== null) continue
    draft.setRedial({ ...one, reachedAt: at })
    note(draft, { callId: one.ticketId }, 'reached', at, { legId: one.farLegId, operatorId: one.operatorId })
    draft.emit({ type: 'show-me', operatorId: one.operatorId })
  }
}

/** One of the two legs is gone. The operator's end is the end; why the citizen's came to nothing is kept. */
export function redialEnded(draft: Draft, legId: string, cause: string, at: number, env: Env): void {
  for (const one of draft.tables().redials.values()) {
    if (one.legId !== legId && one.farLegId !== legId) continue
    note(draft, { callId: one.ticketId }, one.reachedAt === null ? 'not-reached' : 'ended', at, { legId, operatorId: one.operatorId, detail: cause })
    if (one.legId !== legId) return // the operator's leg follows
    draft.dropRedial(one.legId)
    const operator = draft.operator(one.operatorId)
    if (operator?.callId === null && operator.presence === 'talking') rest(draft, operator, env, env.mono)
    return
  }
}

/**
 * Calls back by FreeSWITCH's word: those we did not know (a restart of ours) come in, and their operators talk; those that are gone are over. Where
 * their operator has his desk the missed end is noted.
 */
export function resyncRedials(draft: Draft, live: readonly LiveRedial[], unsure: ReadonlySet<string>, env: Env): void {
  for (const { reachedAt, ...found } of live) {
    const known = draft.tables().redials.get(found.legId)
    if (known?.seen !== true) draft.setRedial({ ...found, reachedAt: known?.reachedAt ?? null, seen: true })
    if (reachedAt !== undefined) redialReached(draft, found.farLegId, reachedAt)
    const operator = draft.operator(found.operatorId)
    if (known === undefined && operator !== undefined && isReachable(operator)) setPresence(draft, operator, 'talking', env)
  }
  for (const { legId, operatorId, seen } of draft.tables().redials.values()) {
    if (!seen || unsure.has(legId) || live.some((one) => one.legId === legId)) continue
    if (draft.operator(operatorId)?.attached === true) redialEnded(draft, legId, 'LOST', env.now, env)
    else draft.dropRedial(legId)
  }
}
