import type { CallAct, PartyMode, PartyRole } from '../../contracts/call.js'
import type { LiveParty } from '../ports.js'
import type { Draft } from './draft.js'
import { cancelOffer, showHolder } from './offers.js'
import { endTalkOf, rest, seatGuest, setPresence } from './operators.js'
import type { Callee } from './event.js'
import { switchTime, type Call, type Env, type Operator, type PartyLeg } from './room.js'
import { takeSeat } from './seats.js'

/** How long somebody outside our desks is rung, ms; then the operator has the citizen as before. */
const RING = 30_000

/** A line in the record of who was in the call and when. */
export function note(draft: Draft, call: { readonly callId: string }, act: CallAct, at: number, about: { readonly legId?: string; readonly operatorId?: string | null; readonly line?: string | null; readonly detail?: string } = {}): void {
  const { legId, operatorId, line, detail = '' } = about
  draft.emit({
    type: 'note',
    event: { callId: call.callId, at, act, detail: detail.slice(0, 64), ...(legId === undefined ? {} : { legId }), ...(operatorId == null ? {} : { operatorId }), ...(line == null ? {} : { line }) },
  })
}

/** Somebody who is asked in, or to whom the call goes; there is one at a time. */
export const guestOf = (call: Call): PartyLeg | undefined => call.parties.find(({ role }) => role !== 'supervisor')

/** The desk of the operator who has, or had, this citizen is at this node. */
export const sitsHere = (draft: Draft, call: Call): boolean => draft.operator(call.answer?.operatorId)?.attached === true

/** This operator's third telephone in the call, if he has one there. */
export const partyOf = (call: Call, operatorId: string): PartyLeg | undefined => call.parties.find((party) => party.operatorId === operatorId)

/** Ends a third telephone, or its ringing. */
export const endParty = (draft: Draft, { legId, joinedAt }: PartyLeg): void => { draft.emit({ type: 'end-leg', legId, cause: joinedAt === null ? 'ORIGINATOR_CANCEL' : 'NORMAL_CLEARING' }) }

/** Nobody who was asked in stays: the operator who asked him loses the call. */
export function endGuests(draft: Draft, call: Call): void {
  for (const party of call.parties) if (party.role !== 'supervisor') endParty(draft, party)
}

/** Whoever has this call on his screen sees it again. */
export function showAll(draft: Draft, call: Call): void {
  showHolder(draft, call)
  for (const { operatorId } of call.parties) {
    const operator = draft.operator(operatorId)
    if (operator?.callId === call.callId) draft.emit({ type: 'show-call', operatorId: operator.operatorId, callId: call.callId })
  }
}

/** The call's ticket, once there is one, to those of these people who have the call on their screen. */
export function showTicket(draft: Draft, { callId, ticket }: Call, people: readonly (string | null | undefined)[]): void {
  if (ticket === null) return
  for (const operatorId of people) {
    const operator = draft.operator(operatorId)
    if (operator?.callId === callId) draft.emit({ type: 'show-ticket', operatorId: operator.operatorId, ticket })
  }
}

/**
 * What a talk needs done is for the node at which its operator's desk is, or which had the citizen's socket: all of them hear of it, and what they
 * believe of the music is as old as their last snapshot.
 */
const isOurs = (draft: Draft, call: Call): boolean => call.ours || sitsHere(draft, call)

/** Nobody hears music any more, since `at`, FreeSWITCH's time. */
function endHold(draft: Draft, call: Call, at: number): Call {
  if (!call.onHold) return call
  if (isOurs(draft, call)) {
    draft.emit({ type: 'hold', callId: call.callId, on: false })
    note(draft, call, 'resume', at)
  }
  return draft.patchCall(call, { onHold: false })
}

/** Music for the citizen, or not; noted when it changes. */
export function setHold(draft: Draft, call: Call, on: boolean, by: string, env: Env): Call {
  if (call.onHold === on) return call
  draft.emit({ type: 'hold', callId: call.callId, on })
  note(draft, call, on ? 'hold' : 'resume', env.now, { operatorId: by })
  return draft.patchCall(call, { onHold: on })
}

/** Whether the operator is heard; noted when it changes. */
export function setMute(draft: Draft, call: Call, on: boolean, by: string, env: Env): void {
  if (call.answer === null || call.muted === on) return
  draft.emit({ type: 'mute', legId: call.answer.legId, on })
  note(draft, call, on ? 'mute' : 'unmute', env.now, { operatorId: by })
  showAll(draft, draft.patchCall(call, { muted: on }))
}

/** Rings a third telephone. */
export function ring(draft: Draft, call: Call, to: Callee, how: { readonly role: PartyRole; readonly mode: PartyMode }, env: Env): void {
  if (call.answer === null || call.ended !== null) return
  const operator = 'operatorId' in to ? draft.operator(to.operatorId) : undefined
  if ('operatorId' in to && operator === undefined) return
  const number = 'number' in to ? to.number : operator?.profile.extension ?? ''
  const party: PartyLeg = {
    legId: env.newId(), ...how, operatorId: operator?.operatorId ?? null, line: 'line' in to ? to.line : null,
    label: operator === undefined ? number : `${operator.profile.displayName} ${number}`, since: env.now, seenAt: env.mono, joinedAt: null,
  }
  const next = draft.patchCall(call, { parties: [...call.parties, party] })
  if (operator !== undefined) setPresence(draft, operator, 'ringing', env, { callId: call.callId })
  draft.emit({
    type: 'join',
    request: {
      callId: call.callId, legId: party.legId, tapLegId: call.answer.legId, ...how, operatorId: party.operatorId, line: party.line, number,
      timeout: operator === undefined ? RING : env.settings.offerTimeout, callerNumber: call.arriving.caller.number,
    },
  })
  note(draft, call, 'rung', env.now, { ...party, detail: how.role })
  showAll(draft, next)
}

/** A third telephone was answered; `at`: FreeSWITCH's time, ms. */
export function partyAnswered(draft: Draft, call: Call, legId: string, at: number, env: Env): void {
  const party = call.parties.find((one) => one.legId === legId)
  if (party === undefined || party.joinedAt !== null) return
  const next = draft.patchCall(call, { parties: call.parties.map((one) => (one === party ? { ...one, joinedAt: at } : one)) })
  const operator = seated(draft, call, party)
  if (operator !== undefined) setPresence(draft, operator, 'talking', env, { callId: call.callId })
  note(draft, call, 'joined', at, { ...party, detail: party.role === 'transfer' ? 'transfer' : party.mode })
  showAll(draft, next)
  showTicket(draft, next, [party.operatorId])
}

/** A third telephone is gone, or was never reached; `cause`: FreeSWITCH's. */
export function partyEnded(draft: Draft, call: Call, legId: string, cause: string, at: number, env: Env): void {
  const party = call.parties.find((one) => one.legId === legId)
  if (party === undefined) return
  let next = draft.patchCall(call, { parties: call.parties.filter((one) => one !== party) })
  note(draft, call, party.joinedAt === null ? 'not-reached' : 'left', at, { ...party, detail: cause })
  dismiss(draft, call, party, env)
  if (party.role !== 'supervisor' && call.ended === null) {
    const deserted = call.answer === null || call.endedLegs.includes(call.answer.legId)
    if (deserted && (call.answer?.operatorId == null ? call.ours : sitsHere(draft, call))) {
      // The operator had put his receiver down already, and the one who was to take the citizen is gone: back to the queue, by the node that has
      // his desk. Where none has it (any more), the dialplan does it (`rejoin`).
      draft.emit({ type: 'requeue', callId: call.callId })
      note(draft, call, 'queued', at)
      next = draft.patchCall(next, { returning: true, onHold: false })
    } else if (!deserted) next = endHold(draft, next, at)
  }
  showAll(draft, next)
}

/** Who hears a third telephone; noted when it changes. */
export function setMode(draft: Draft, call: Call, party: PartyLeg, mode: PartyMode, env: Env): Call {
  if (party.mode === mode) return call
  draft.emit({ type: 'mode', legId: party.legId, mode })
  note(draft, call, 'mode', env.now, { ...party, detail: mode })
  return draft.patchCall(call, { parties: call.parties.map((one) => (one.legId === party.legId ? { ...one, mode } : one)) })
}

/** A third telephone has the citizen now; the operator who had him does his paper work. */
export function takenOver(draft: Draft, call: Call, legId: string, at: number, env: Env): void {
  const party = call.parties.find((one) => one.legId === legId)
  if (party === undefined || call.ended !== null) return
  const before = draft.operator(call.answer?.operatorId)
  let next = call
  if (next.offer !== null) next = cancelOffer(draft, next, 'cancelled', env)
  next = endHold(draft, next, at)
  next = draft.patchCall(next, {
    answer: { legId, operatorId: party.operatorId, at: call.answer?.at ?? at }, parties: next.parties.filter((one) => one.legId !== legId),
    bridged: true, held: false, muted: false, returning: false, state: 'talking',
  })
  // Out of the talk, and not after it: who was in it by the operator's leg, or is rung still, would have him next.
  if (party.role !== 'guest' && isOurs(draft, call)) endGuests(draft, next)
  if (before?.operatorId !== party.operatorId) endTalkOf(draft, before?.operatorId, call, env)
  const operator = draft.operator(party.operatorId)
  if (operator !== undefined) takeSeat(draft, operator, next, env)
  if (party.joinedAt === null) note(draft, call, 'joined', at, { ...party, detail: party.role })
  note(draft, call, 'taken-over', at, party)
  draft.emit({ type: 'save', callId: call.callId })
  showAll(draft, next)
  showTicket(draft, next, [party.operatorId])
}

/** Who cannot speak answers by keys: they are shown and kept. Before the answer they are the flow's. */
export function keyPressed(draft: Draft, call: Call, key: string, at: number): void {
  if (call.ended !== null || call.answer === null || call.keys.some((one) => one.at === at && one.key === key)) return
  note(draft, call, 'key', at, { detail: key })
  showAll(draft, draft.patchCall(call, { keys: [...call.keys, { key, at }].slice(-10) }))
}

/** Nobody stays rung for, or at the screen of, a call that is over. */
export function dismissAll(draft: Draft, call: Call, at: number, env: Env): Call {
  for (const party of call.parties) {
    endParty(draft, party)
    note(draft, call, party.joinedAt === null ? 'not-reached' : 'left', at, { ...party, detail: 'call ended' })
    dismiss(draft, call, party, env)
  }
  return call.parties.length === 0 ? call : draft.patchCall(call, { parties: [] })
}

function dismiss(draft: Draft, call: Call, party: PartyLeg, env: Env): void {
  const operator = seated(draft, call, party)
  if (operator === undefined) return
  // Whose telephone died is no more at this call, and without a telephone he is not ready.
  if (operator.callId === call.callId) rest(draft, operator, env, operator.idleSince)
  draft.emit({ type: 'show-gone', operatorId: operator.operatorId, callId: call.callId, reason: call.ended === null ? 'ended' : 'caller-hung-up' })
}

const seated = (draft: Draft, call: Call, party: PartyLeg): Operator | undefined => {
  const operator = draft.operator(party.operatorId)
  return operator !== undefined && (operator.callId === null || operator.callId === call.callId) ? operator : undefined
}

/** Third telephones by FreeSWITCH's word: those we did not know (a restart of ours) come in, those that are gone go. */
export function resyncParties(draft: Draft, call: Call, live: readonly LiveParty[], at: number, env: Env): void {
  const known = new Set(call.parties.map(({ legId }) => legId))
  for (const { legId, role, mode, operatorId = null, line = null, number, createdAt, answeredAt } of live) {
    if (known.has(legId) || call.answer?.legId === legId) continue
    const operator = draft.operator(operatorId)
    const party: PartyLeg = { legId, role, mode, operatorId, line, label: operator === undefined ? number : `${operator.profile.displayName} ${number}`, since: createdAt, seenAt: env.mono, joinedAt: answeredAt ?? null }
    call = draft.patchCall(call, { parties: [...call.parties, party] })
  }
  // Whoever sits nowhere and has a leg in this call: he is here, whenever his desk came.
  for (const { operatorId } of call.parties) {
    const operator = draft.operator(operatorId)
    // … or whose desk says that he was in it.
    const free = operator?.callId === null ? operator.presence !== 'talking' && operator.presence !== 'offline' : operator?.callId === call.callId && operator.presence === 'talking'
    if (operator !== undefined && free) seatGuest(draft, operator, call, env)
  }
  for (const party of call.parties) {
    const there = live.find(({ legId }) => legId === party.legId)
    if (there?.answeredAt !== undefined) partyAnswered(draft, draft.call(call.callId) ?? call, party.legId, there.answeredAt, env)
    else if (there === undefined && at - party.seenAt > env.settings.offerGrace) partyEnded(draft, draft.call(call.callId) ?? call, party.legId, 'LOST', switchTime(call, env.mono), env)
  }
}
