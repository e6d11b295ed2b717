import { NOTED, NOTED_FOR } from '../../contracts/call.js'
import type { ArrivingCall, CallRecord } from '../ports.js'
import type { Draft } from './draft.js'
import { cancelOffer, offerCameToNothing, remember, showHolder } from './offers.js'
import { endTalkOf, forgetFailures, offerFailed, seatAt, showSeat, startWrapUp } from './operators.js'
import { dismissAll, guestOf, note, sitsHere, takenOver } from './parties.js'
import { isPresumed, isTalkOf, isWaiting, unknownContext, type Answer, type Call, type Env } from './room.js'
import { sit, takeSeat } from './seats.js'

/**
 * A call we see for the first time, from FreeSWITCH and, after a restart, from what the database and the mirror remember.
 * `joinedAt`: FreeSWITCH's time when he joined the queue, unless one of these knows better; absent: now.
 */
export function newCall(call: ArrivingCall, env: Env, joinedAt?: number): Call {
  const record = env.remembered(call.callId)
  // Without FreeSWITCH's word its clock is taken for ours. What was remembered by another clock, or by one that was put back, may lie ahead: he has not waited then.
  const at = call.toldAt ?? env.now
  const known = Math.min(record?.queuedAt ?? Infinity, call.mirror.queuedAt ?? Infinity)
  const queuedAt = Math.min(at, Number.isFinite(known) ? known : joinedAt ?? at)
  const category = record?.category ?? call.mirror.category ?? null
  return {
    callId: call.callId,
    arriving: call,
    state: 'connected',
    class: record?.class ?? call.mirror.class ?? (category === null ? 'standard' : env.classOf(category)),
    category,
    language: record?.language ?? call.mirror.language ?? 'zh-CN',
    tags: record?.tags ?? [],
    path: record?.path ?? [],
    former: [],
    flow: record?.flow ?? null,
    skill: call.mirror.skill ?? null,
    priority: call.mirror.priority ?? 0,
    away: false,
    queuedAt,
    queuedSince: env.mono - (at - queuedAt),
    seenAt: env.mono,
    strangeSince: null,
    held: false,
    ours: false,
    releasedAt: null,
    offer: null,
    futile: 0,
    notBefore: -Infinity,
    answer: record?.answeredAt === undefined ? null : { legId: '', operatorId: record.operatorId ?? null, at: record.answeredAt },
    credited: null,
    bridged: false,
    ended: null,
    endedLegs: [],
    lostLeg: null,
    context: unknownContext,
    ticket: null,
    onHold: false,
    muted: false,
    parties: [],
    keys: [],
    returning: false,
  }
}

/** What another node wrote down of him, or we before a restart, read when he was here already: his way so far and his tags come before those of now, and fill what is not known. */
export function recalled(draft: Draft, call: Call, record: CallRecord): void {
  const began = record.path.every((node, n) => call.path[n] === node)
  /** What is known here is what was written down earlier; the other node went on from there. */
  const older = !began && call.path.every((node, n) => record.path[n] === node)
  const own = older ? call.tags.filter(({ key }) => !record.tags.some((one) => one.key === key)) : call.tags
  const tags = [...record.tags.filter(({ key }) => !own.some((one) => one.key === key)), ...own]
  if (began && tags.length === call.tags.length && (call.category !== null || record.category === undefined)) return
  const next = draft.patchCall(call, {
    tags, ...(began ? {} : { former: record.path, path: older ? record.path : [...record.path, ...call.path] }), flow: call.flow ?? record.flow ?? null,
    ...(call.category === null && record.category !== undefined ? { category: record.category, class: call.class === 'standard' ? record.class : call.class } : {}),
  })
  // Tickets of the same category nearby.
  if (next.category !== call.category) draft.emit({ type: 'look-up', callId: next.callId })
  showHolder(draft, next)
  draft.emit({ type: 'save', callId: next.callId })
}

/** A citizen whom only a snapshot shows did not join our queue: he waits since he came. */
export const joinedBefore = ({ createdAt }: ArrivingCall): number | undefined => (createdAt > 0 ? createdAt : undefined)

/** Who is gone in the instant of the answer is called back: they never spoke. `endedAt`, `answeredAt`: ms since epoch. */
const goneAtOnce = (endedAt: number, answeredAt: number, spoke: boolean, env: Env): boolean => !spoke && endedAt - answeredAt <= env.settings.goneWindow

/** What another node handed over with him, on his channel: his place, and what he said there. Where it is silent, what was known stays. */
function handedOver(seen: Call, arriving: ArrivingCall, env: Env): Call {
  const { mirror } = arriving
  const { queuedAt, queuedSince } = newCall(arriving, env)
  return {
    ...seen, queuedAt, queuedSince, category: mirror.category ?? seen.category, language: mirror.language ?? seen.language,
    skill: mirror.skill ?? seen.skill, priority: mirror.priority ?? seen.priority,
    class: mirror.class ?? (mirror.category == null ? seen.class : env.classOf(mirror.category)),
  }
}

/** The caller is in the queue from the first second; the flow starts beside it. */
export function arrived(draft: Draft, arriving: ArrivingCall, env: Env): void {
  const known = draft.call(arriving.callId)
  if (known?.held === true && isWaiting(known)) return // the same connect twice
  const seen = known === undefined ? newCall(arriving, env) : introduced(draft, known, arriving, env)
  // Of a caller whom only snapshots showed, perhaps before he joined another node's queue, his channel now tells more.
  const base = seen.ours || arriving.mirror.queuedAt === undefined ? seen : handedOver(seen, arriving, env)
  const resume = known?.flow != null || env.remembered(arriving.callId) !== null || arriving.recovered || arriving.mirror.queuedAt !== undefined
  // A caller whose operator's leg died comes back here: same ticket, same seniority, next operator.
  const call = draft.patchCall(base, { arriving, held: true, ours: true, releasedAt: null, seenAt: env.mono, state: base.offer === null ? 'queued' : 'offered', ended: null, away: false, bridged: false, returning: false, onHold: false, muted: false })
  endTalkOf(draft, call.answer?.operatorId, call, env)
  // His talk is over, and its end will be heard; or his socket waited longer than FreeSWITCH, and he talks on.
  if (known?.answer != null && !isWaiting(known) && !known.endedLegs.includes(known.answer.legId)) draft.emit({ type: 'reconcile' })
  draft.emit({ type: 'mirror', callId: call.callId, facts: { queuedAt: call.queuedAt, class: call.class } })
  // Before the flow, which may ask who he is.
  draft.emit({ type: 'look-up', callId: call.callId })
  draft.emit({ type: 'run-flow', callId: call.callId, resume })
  draft.emit({ type: 'save', callId: call.callId })
  draft.emit({ type: 'queue-changed' })
}

/** Our socket closed before an answer: the call hung up, went to the native queue, or was just answered; events will tell. */
export function released(draft: Draft, callId: string, env: Env): void {
  const call = draft.call(callId)
  if (call?.held === true) draft.patchCall(call, { held: false, releasedAt: env.mono })
}

/** How we know of an answer. `told`: the leg was answered. `heard`: FreeSWITCH says that it has the caller. `over`: it had him, and is gone. `past`: the whole call is over. */
export type News = 'told' | 'heard' | 'over' | 'past'

/**
 * The moment of answering. The first answer of a call opens its ticket; repeats, replays and late arrivals change nothing more.
 * A second operator (the first one's phone died, the caller came back) works on the same ticket. What is `past` is written down: it seats nobody,
 * and is shown to nobody who does not have this call at his seat. `spoke`: its record says that they heard each other.
 */
export function answered(draft: Draft, call: Call, { spoke = false, ...leg }: NonNullable<Call['answer']> & { readonly spoke?: boolean }, env: Env, news: News): void {
  const before = call.answer
  const heard = news === 'heard' || news === 'over'
  const talked = heard || spoke
  if (before?.legId === leg.legId) {
    if (before.operatorId === null && leg.operatorId !== null) call = named(draft, call, before, leg.operatorId)
    if (talked) call = credit(draft, call)
    if (news === 'heard') sit(draft, call, env)
    return
  }
  // Who lifts a telephone that rang on while the caller came to talk with another has nobody (`intercept_unbridged_only`).
  if (!heard && before !== null && call.bridged && !call.endedLegs.includes(before.legId)) return
  const over = call.endedLegs.includes(leg.legId)
  // An older leg's answer, reported after a newer one's, which FreeSWITCH gave him. An answer read back from the database has no leg yet.
  if (before !== null && before.legId !== '' && (over || leg.at <= before.at) && !(talked && isVain(call, before.legId))) {
    if (talked) creditNobodys(draft, call, leg)
    return
  }
  const rival = call.offer !== null && call.offer.legId !== leg.legId ? call.offer : null
  // He had joined the queue before he was answered, whatever a clock says that was put back meanwhile.
  const early = Math.max(0, call.queuedAt - leg.at)
  let next = draft.patchCall(call, {
    queuedAt: call.queuedAt - early,
    queuedSince: call.queuedSince - early,
    answer: leg,
    credited: call.credited ?? { legId: leg.legId, operatorId: leg.operatorId, vain: false, heir: null },
    offer: rival,
    seenAt: env.mono,
    bridged: false,
    muted: false,
    state: call.ended === null ? 'answered' : 'ended',
  })
  if (rival !== null) next = cancelOffer(draft, next, 'cancelled', env)
  const known = draft.operator(leg.operatorId)
  const operator = known === undefined || news === 'past' ? known : forgetFailures(draft, known)
  // Who has begun his paper work by his desk's word goes on with it.
  const papers = news === 'past' && operator?.presence === 'wrap-up'
  if (operator !== undefined && !papers && ((operator.callId === null && news !== 'past') || operator.callId === call.callId)) {
    if (over || call.ended !== null) startWrapUp(draft, draft.patchOperator(operator, { callId: call.callId }), env)
    else seatAt(draft, operator, next, env)
  } else if (operator !== undefined && news === 'heard' && isTalkOf(next, operator.operatorId)) takeSeat(draft, operator, next, env)
  if (before !== null && before.operatorId !== leg.operatorId) endTalkOf(draft, before.operatorId, call, env)
  note(draft, next, 'answered', leg.at, { legId: leg.legId, operatorId: leg.operatorId })
  if (news !== 'past') draft.emit({ type: 'clear-switch', callId: next.callId })
  // Opening is idempotent by the call's id: a second operator, or we after a restart, get the ticket that is there.
  if (next.strangeSince === null) {
    if (next.ticket === null) draft.emit({ type: 'open-ticket', callId: next.callId, callBack: call.ended !== null && goneAtOnce(call.ended.at, leg.at, heard || spoke, env) })
    draft.emit({ type: 'save', callId: next.callId })
  }
  if (talked) next = credit(draft, next)
  showSeat(draft, next, leg.operatorId)
  draft.emit({ type: 'queue-changed' })
}

/** Citizen and operator hear each other. */
export function bridged(draft: Draft, call: Call, leg: { readonly legId: string; readonly operatorId?: string; readonly at: number; readonly answeredAt?: number }, env: Env): void {
  const operatorId = call.offer?.legId === leg.legId ? call.offer.operatorId : leg.operatorId
  if (operatorId !== undefined && !call.parties.some(({ legId }) => legId === leg.legId)) {
    answered(draft, call, { legId: leg.legId, operatorId, at: leg.answeredAt ?? leg.at }, env, 'heard')
    call = draft.call(call.callId) ?? call
  }
  // A guest, a supervisor or whoever was rung for a transfer has the citizen now.
  if (call.parties.some(({ legId }) => legId === leg.legId)) return takenOver(draft, call, leg.legId, leg.at, env)
  // FreeSWITCH may have what we gave up; only a snapshot says so for certain.
  if (isPresumed(call) || call.lostLeg?.legId === leg.legId) draft.emit({ type: 'reconcile' })
  if (call.answer?.legId !== leg.legId || call.bridged) return
  call = credit(draft, call)
  // News of a talk that is over: he came back to us meanwhile, and waits.
  if (isWaiting(call)) return
  const next = draft.patchCall(call, { bridged: true, held: false, state: call.ended === null ? 'talking' : call.state })
  if (!sit(draft, next, env)) showHolder(draft, next)
}

/** What the end of his channel says of the talk that it ends: an answer of which nothing was told, neither it nor the bridge nor the leg's end, has its ticket all the same. */
export function talkedUntil(draft: Draft, call: Call, { legId, at, extension }: { readonly legId: string; readonly at: number; readonly extension?: string }, env: Env): Call {
  const { answer, offer } = call
  // Whoever took him over later is none whom he was answered by.
  if ((answer !== null && (answer.legId !== legId || call.bridged)) || call.parties.some((party) => party.legId === legId)) return call
  const sits = extension === undefined ? undefined : draft.operators().values().find(({ profile }) => profile.extension === extension)
  const operatorId = answer?.operatorId ?? (offer?.legId === legId ? offer.operatorId : sits?.operatorId ?? null)
  answered(draft, call, { legId, operatorId, at: answer?.at ?? at }, env, 'over')
  const next = draft.call(call.callId) ?? call
  return next.answer?.legId === legId ? draft.patchCall(next, { bridged: true }) : next
}

/** Who lifted it never had him, by FreeSWITCH's word. */
const isVain = ({ credited }: Call, legId: string): boolean => credited?.vain === true && credited.legId === legId

/** Who answers him came to light later: the native queue had found him, and the directory that knows his telephone was away. His ticket was nobody's. */
function named(draft: Draft, call: Call, answer: Answer, operatorId: string): Call {
  const { credited } = call
  const next = draft.patchCall(call, { answer: { ...answer, operatorId }, credited: credited?.legId === answer.legId ? { ...credited, operatorId } : credited })
  draft.emit({ type: 'credit-ticket', callId: call.callId, operatorId, insteadOf: null })
  draft.emit({ type: 'save', callId: call.callId })
  return next
}

/** Who answers him has talked with him, by FreeSWITCH's word. What becomes of that is known once the end of the leg before it is, which may be told later. */
function credit(draft: Draft, call: Call): Call {
  const { credited, answer } = call
  if (credited === null || answer?.operatorId == null || answer.legId === credited.legId || credited.heir !== null) return call
  return inherit(draft, draft.patchCall(call, { credited: { ...credited, heir: { legId: answer.legId, operatorId: answer.operatorId } } }))
}

/** Whoever had him last could not be named, and his ticket is nobody's: it is of who had him before, which came to light later. */
function creditNobodys(draft: Draft, call: Call, { legId, operatorId }: Answer): void {
  const { credited } = call
  if (operatorId === null || credited === null || credited.operatorId !== null || credited.heir !== null) return
  draft.emit({ type: 'credit-ticket', callId: call.callId, operatorId, insteadOf: null })
  draft.patchCall(call, { credited: { legId, operatorId, vain: false, heir: null } })
}

/**
 * The ticket of a call is his who talked with the citizen, and not his who lifted a telephone that never had him: it died, or the native queue was
 * faster; nor nobody's, because the native queue had found him somebody whom nobody could name.
 */
function inherit(draft: Draft, call: Call): Call {
  const { credited } = call
  if (credited?.heir == null || (!credited.vain && credited.operatorId !== null)) return call
  const { legId, operatorId } = credited.heir
  if (operatorId !== null && credited.operatorId !== operatorId) draft.emit({ type: 'credit-ticket', callId: call.callId, operatorId, insteadOf: credited.operatorId })
  return draft.patchCall(call, { credited: { legId, operatorId, vain: false, heir: null } })
}

/** An operator's leg is over, answered or not. */
export function legEnded(draft: Draft, call: Call, event: { readonly legId: string; readonly operatorId: string; readonly cause: string; readonly at: number; readonly answeredAt?: number; readonly bridgedAt?: number }, env: Env): void {
  if (call.endedLegs.includes(event.legId)) return
  if (event.answeredAt !== undefined) {
    answered(draft, call, { legId: event.legId, operatorId: event.operatorId, at: event.answeredAt }, env, event.bridgedAt === undefined ? 'told' : 'over')
    call = draft.call(call.callId) ?? call
    if (event.bridgedAt !== undefined && call.answer?.legId === event.legId) {
      bridged(draft, call, { legId: event.legId, at: event.bridgedAt }, env)
      call = draft.call(call.callId) ?? call
    }
  }
  if (event.answeredAt !== undefined && event.bridgedAt === undefined && event.cause !== 'LOST' && call.credited?.legId === event.legId && !(call.bridged && call.answer?.legId === event.legId)) {
    call = inherit(draft, draft.patchCall(call, { credited: { ...call.credited, vain: true } }))
  }
  if (call.offer?.legId === event.legId) return offerCameToNothing(draft, call, call.offer, event.cause, env)
  const next = draft.patchCall(call, { endedLegs: remember(call, event.legId), lostLeg: event.cause === 'LOST' ? { legId: event.legId, at: env.mono } : call.lostLeg })
  if (call.answer?.legId !== event.legId) return
  const here = sitsHere(draft, call)
  endTalkOf(draft, call.answer.operatorId, call, env)
  if (next.ended === null) {
    // They never heard each other, and his socket is still ours: he waits on, with his ticket and his place, for the next operator.
    if (!next.bridged && next.held && !isWaiting(next)) return takenBack(draft, next)
    // He put the receiver down: that ends the citizen's call (V7: by the operator), unless somebody else is there to have him, or he goes
    // back to the queue. That is known where the operator's desk is; another node only hears of the leg. Any other cause is a broken phone:
    // the dialplan (`after-talk`) brings the citizen back to us, and he keeps his ticket and his place.
    if (!next.bridged) draft.emit({ type: 'reconcile' })
    else if (here && event.cause === 'NORMAL_CLEARING' && !next.returning && guestOf(next) === undefined) draft.emit({ type: 'end-call', callId: call.callId })
  }
  showHolder(draft, next)
}

function takenBack(draft: Draft, call: Call): void {
  draft.patchCall(call, { state: 'queued' })
  draft.emit({ type: 'take-back', callId: call.callId })
  draft.emit({ type: 'run-flow', callId: call.callId, resume: true })
  draft.emit({ type: 'save', callId: call.callId })
  draft.emit({ type: 'queue-changed' })
}

/** A stranger's call gets its caller: from FreeSWITCH (`arriving`), or nobody could say. */
export function introduced(draft: Draft, call: Call, arriving: ArrivingCall | null, env: Env): Call {
  if (call.strangeSince === null) return call
  const named = arriving === null ? {} : newCall(arriving, env, joinedBefore(arriving))
  const { state, answer, credited, bridged, held, seenAt, ended, endedLegs, lostLeg, offer } = call
  const next = draft.patchCall({ ...call, ...named, state, answer, credited, bridged, held, seenAt, ended, endedLegs, lostLeg, offer }, { strangeSince: null })
  if (answer === null) return next
  draft.emit({ type: 'open-ticket', callId: call.callId, callBack: ended !== null && goneAtOnce(ended.at, answer.at, bridged, env) })
  draft.emit({ type: 'save', callId: call.callId })
  if (sitsHere(draft, next)) draft.emit({ type: 'look-up', callId: call.callId })
  showHolder(draft, next)
  return next
}

/** He had an operator, and waits again: with us, or, since he fell, in the native queue. */
const isLeftWaiting = (call: Call): boolean => isWaiting(call) || (call.ours && call.state === 'fallback')

/** The flow noted why he called and let him go, and he went: what he said after that, he waits for. */
const wentNoted = ({ tags }: Call, at: number): boolean => {
  const noted = tags.find(({ key, value }) => key === NOTED.key && value === NOTED.value)
  return noted !== undefined && at - noted.at <= NOTED_FOR && tags.every((tag) => tag.at <= noted.at)
}

/** The citizen's call is over. `legs: 'left'`: whatever FreeSWITCH has of it is what it has recovered, and not ours to end. */
export function callEnded(draft: Draft, call: Call, cause: string, at: number, env: Env, legs: 'ended' | 'left' = 'ended'): void {
  if (call.ended?.cause === 'LOST' && cause !== 'LOST') return truth(draft, call, cause, at, env)
  if (call.ended !== null) return
  let next = draft.patchCall(call, { ended: { at, cause, seenAt: env.mono }, held: false, state: call.answer === null && !wentNoted(call, at) ? 'abandoned' : 'ended' })
  if (next.offer !== null) {
    next = cancelOffer(draft, next, 'cancelled', env)
    // He must not see a caller who is gone: do not wait for FreeSWITCH's word on the leg.
    const operator = draft.operator(next.offer?.operatorId)
    if (operator?.callId === call.callId && operator.presence === 'ringing') {
      offerFailed(draft, operator, 'cancelled', env)
      draft.emit({ type: 'show-gone', operatorId: operator.operatorId, callId: call.callId, reason: 'caller-hung-up' })
    }
  }
  if (call.answer !== null) {
    if (call.strangeSince === null && (goneAtOnce(at, call.answer.at, call.bridged, env) || isLeftWaiting(call))) draft.emit({ type: 'mark-call-back', callId: call.callId, at })
    const operator = draft.operator(call.answer.operatorId)
    if (operator?.callId === call.callId && operator.presence === 'talking') {
      startWrapUp(draft, operator, env)
      if (legs === 'ended' && !call.endedLegs.includes(call.answer.legId) && call.answer.legId !== '') draft.emit({ type: 'end-leg', legId: call.answer.legId, cause: 'NORMAL_CLEARING' })
    }
  }
  next = dismissAll(draft, next, at, env)
  note(draft, call, 'hung-up', at, { detail: cause })
  if (next.strangeSince === null) draft.emit({ type: 'save', callId: call.callId })
  showHolder(draft, next)
  draft.emit({ type: 'queue-changed' })
}

/** He was taken for gone, at the time when that was noticed; now FreeSWITCH says when and why the call ended (V4). */
function truth(draft: Draft, call: Call, cause: string, at: number, env: Env): void {
  const next = draft.patchCall(call, { ended: { at, cause, seenAt: env.mono } })
  if (call.answer !== null && call.strangeSince === null && goneAtOnce(at, call.answer.at, call.bridged, env)) draft.emit({ type: 'mark-call-back', callId: call.callId, at })
  note(draft, call, 'hung-up', at, { detail: cause })
  draft.emit({ type: 'save', callId: call.callId })
  showHolder(draft, next)
}

/** FreeSWITCH sent him away before it took the call. `at`: its time, ms. */
export function refused(draft: Draft, call: Call, cause: string, at: number, env: Env): void {
  const next = draft.patchCall(call, { state: 'refused', held: false, ended: call.ended ?? { at, cause, seenAt: env.mono } })
  if (next.offer !== null) cancelOffer(draft, next, 'cancelled', env)
  draft.emit({ type: 'save', callId: call.callId })
}

/**
 * The caller is in the native queue: it will ring the phones; we keep watching. He may have had an operator before, whose telephone died.
 * `at`: FreeSWITCH's time, ms. News of before he came (back) to us is old.
 */
export function fellBack(draft: Draft, call: Call, at: number, env: Env): void {
  // The flow was done with him, and the order to end the call was lost.
  if (call.ended?.cause === 'SETTLED') return draft.emit({ type: 'end-call', callId: call.callId })
  if (call.ended !== null || (call.answer !== null && !isWaiting(call))) return
  if (call.held && at < (call.arriving.toldAt ?? -Infinity)) return
  const next = draft.patchCall(call, { state: 'fallback', held: false })
  if (next.offer !== null) cancelOffer(draft, next, 'cancelled', env)
  // A renewal that was on its way when the switch fired set it anew: it would take him out of the native queue, and his place with it.
  draft.emit({ type: 'clear-switch', callId: call.callId })
  draft.emit({ type: 'save', callId: call.callId })
  draft.emit({ type: 'queue-changed' })
}
