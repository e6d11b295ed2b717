import type { QueueClass } from '../../contracts/call.js'
import { newerTicket } from '../../contracts/newer-ticket.js'
import { answered, arrived, bridged, callEnded, fellBack, introduced, legEnded, newCall, recalled, refused, released, talkedUntil } from './calls.js'
import { control, redialEnded, redialReached } from './controls.js'
import { openDraft, type Draft } from './draft.js'
import { match } from './match.js'
import { cancelOffer, DOUBT, offerRings, showHolder, startOffer, withdrawOffer } from './offers.js'
import { attach, leaveWrapUp, rest, setPresence, setReady } from './operators.js'
import { keyPressed, partyAnswered, partyEnded, partyOf, showTicket } from './parties.js'
import { resynced } from './resync.js'
import type { Command } from './command.js'
import type { RoomEvent } from './event.js'
import { isTalkOf, isWaiting, switchTime, type Call, type Env, type Room } from './room.js'
import { tickCalls, tickOperators } from './upkeep.js'

/** The behaviour of the room. Pure; tolerant of lost, doubled, late and reordered events. */
export function step(room: Room, event: RoomEvent, env: Env): { readonly room: Room; readonly commands: readonly Command[] } {
  const draft = openDraft(room)
  apply(draft, event, env)
  // Time alone (skill overflow) and a link that came up can make a match; any other event that changed nothing cannot.
  if (draft.commands.length > 0 || event.type === 'tick' || event.type === 'resync') offerWaiting(draft, env)
  return { room: draft.result(), commands: draft.commands }
}

function apply(draft: Draft, event: RoomEvent, env: Env): void {
  switch (event.type) {
    case 'call.arrived':
      return arrived(draft, event.call, env)
    case 'call.released':
      return released(draft, event.callId, env)
    case 'call.passed':
      return withCall(draft, event.callId, (call) => {
        // Not saved: the other node writes what becomes of him.
        if (call.held && !call.away && isWaiting(call) && call.offer === null) draft.patchCall(call, { state: 'fallback', held: false, ours: false, releasedAt: null })
      })
    case 'call.tagged':
      return withCall(draft, event.callId, (call) => {
        const category = event.tag.key === 'category' ? event.tag.value : call.category
        // A key says it again of whom the flow had it down for: only now is it his own word.
        const said = event.tag.key === 'category' && (category !== call.category || event.keyed === true)
        const queueClass = said ? classGiven(call, env.classOf(event.tag.value), event.keyed === true) : call.class
        const next = draft.patchCall(call, { tags: [...call.tags.filter((tag) => tag.key !== event.tag.key), event.tag], category, class: queueClass })
        if (category !== null && (category !== call.category || queueClass !== call.class)) {
          draft.emit({ type: 'mirror', callId: call.callId, facts: { category, ...(queueClass === call.class ? {} : { class: queueClass }) } })
        }
        if (category !== call.category) draft.emit({ type: 'look-up', callId: call.callId })
        draft.emit({ type: 'save', callId: call.callId })
        showHolder(draft, next)
      })
    case 'call.queue':
      return withCall(draft, event.callId, (call) => {
        // It says how urgent he is, not what he calls about: that alone ends a demotion.
        const queueClass = classGiven(call, event.class ?? call.class, event.keyed === true && call.class !== 'demoted')
        const { skill = call.skill, priority = call.priority } = event
        const next = draft.patchCall(call, { class: queueClass, skill, priority })
        const facts = { ...(queueClass === call.class ? {} : { class: queueClass }), ...(skill === call.skill || skill === null ? {} : { skill }), ...(priority === call.priority ? {} : { priority }) }
        if (Object.keys(facts).length > 0) draft.emit({ type: 'mirror', callId: call.callId, facts })
        draft.emit({ type: 'save', callId: call.callId })
        draft.emit({ type: 'queue-changed' })
        showHolder(draft, next)
      })
    case 'call.away':
      return withCall(draft, event.callId, (call) => {
        draft.patchCall(call, { away: event.away })
        draft.emit({ type: 'queue-changed' })
      })
    case 'call.settled':
      return withCall(draft, event.callId, (call) => {
        if (call.ended !== null || call.answer !== null) return
        draft.patchCall(call, { state: 'ended', held: false, away: false, ended: { at: switchTime(call, env.mono), cause: event.how, seenAt: env.mono } })
        if (call.offer !== null) cancelOffer(draft, draft.call(call.callId) ?? call, 'cancelled', env)
        draft.emit({ type: event.how === 'SETTLED' ? 'end-call' : 'clear-switch', callId: call.callId })
        draft.emit({ type: 'save', callId: call.callId })
        draft.emit({ type: 'queue-changed' })
      })
    case 'call.flow':
      return withCall(draft, event.callId, (call) => {
        // A flow that knew his way of before goes on with it.
        const path = call.former.every((node, n) => event.path[n] === node) ? event.path : [...call.former, ...event.path]
        const next = draft.patchCall(call, { flow: event.flow, path, language: event.language })
        draft.emit({ type: 'mirror', callId: call.callId, facts: { ...(call.flow !== null && call.language === event.language ? {} : { language: event.language }), flow: `${event.flow.name}:${event.flow.version}:${event.node ?? ''}` } })
        showHolder(draft, next)
      })
    case 'call.remembered':
      return withCall(draft, event.record.callId, (call) => { recalled(draft, call, event.record) })
    case 'call.context':
      return withCall(draft, event.callId, (call) => {
        // Asked anew while PostgreSQL was slow or away: what was known of him is not unknown for that.
        if (call.context.complete && !event.context.complete) return
        showHolder(draft, draft.patchCall(call, { context: event.context }))
      })
    case 'call.ticket':
      return withCall(draft, event.ticket.id, (call) => {
        if (newerTicket(call.ticket, event.ticket) !== event.ticket) return
        const next = draft.patchCall(call, { ticket: event.ticket })
        if (call.ticket?.number !== event.ticket.number) showHolder(draft, next)
        showTicket(draft, next, [call.answer?.operatorId, ...call.parties.map(({ operatorId }) => operatorId)])
      })
    case 'leg.ringing':
      return withCall(draft, event.callId, (call) => { offerRings(draft, call, event.legId) })
    case 'leg.answered': {
      // A call we know nothing of (another node's, its events were lost, we restarted): FreeSWITCH is asked who it is; then the ticket opens.
      const known = draft.call(event.callId)
      if (known === undefined) draft.emit({ type: 'reconcile' })
      const call = known ?? draft.patchCall(newCall(stranger(event.callId, event.at), env), { strangeSince: env.mono })
      return answered(draft, call, { legId: event.legId, operatorId: event.operatorId, at: event.at }, env, 'told')
    }
    case 'leg.ended':
      return withCall(draft, event.callId, (call) => legEnded(draft, call, event, env))
    case 'call.bridged':
      return withCall(draft, event.callId, (call) => bridged(draft, call, event, env))
    case 'call.ended':
      return withCall(draft, event.callId, (call) => callEnded(draft, event.talk === undefined ? call : talkedUntil(draft, call, event.talk, env), event.cause, event.at, env))
    case 'call.fallback':
      return withCall(draft, event.callId, (call) => fellBack(draft, call, event.at, env))
    case 'past':
      return past(draft, event, env)
    case 'resync':
      draft.setLinkUp(true)
      if (event.at >= (draft.doubt() ?? Infinity)) draft.setDoubt(null)
      return resynced(draft, event, env)
    case 'stalled':
      // Whoever waited may be in the native queue by now, and whoever was free in a talk: it is asked before anybody is rung.
      draft.setDoubt(env.mono)
      draft.emit({ type: 'reconcile' })
      return
    case 'link.down':
      draft.obeyed()
      return draft.setLinkUp(false)
    case 'phone.registered':
    case 'phone.unregistered':
      return phone(draft, event.extension, event.type === 'phone.registered', env)
    case 'operator.attached':
      return attach(draft, event.profile, event.memory ?? {}, env)
    case 'operator.detached':
      return detach(draft, event.operatorId, env)
    case 'operator.ready':
      return ready(draft, event.operatorId, event.ready, env)
    case 'operator.wrap-up-end': {
      const operator = draft.operator(event.operatorId)
      if (operator?.presence === 'wrap-up') leaveWrapUp(draft, operator, env)
      return
    }
    case 'operator.reject':
      return withCall(draft, event.callId, (call) => {
        if (call.offer?.operatorId === event.operatorId) return void cancelOffer(draft, call, 'rejected', env)
        const party = partyOf(call, event.operatorId)
        if (party?.joinedAt === null) draft.emit({ type: 'end-leg', legId: party.legId, cause: 'ORIGINATOR_CANCEL' })
      })
    case 'operator.hang-up':
      return withCall(draft, event.callId, (call) => {
        if (call.ended !== null) return
        const party = partyOf(call, event.operatorId)
        if (party !== undefined) return draft.emit({ type: 'end-leg', legId: party.legId, cause: 'NORMAL_CLEARING' })
        if (isTalkOf(call, event.operatorId) && !call.returning) return draft.emit({ type: 'end-call', callId: call.callId })
        // His line was dead, or given back, before he put it down: the citizen waits. What rings here for him is declined.
        if (call.offer?.operatorId === event.operatorId) cancelOffer(draft, call, 'rejected', env)
      })
    case 'operator.phone-lost':
      return withCall(draft, event.callId, (call) => { phoneLost(draft, call, event.operatorId, env) })
    case 'call.key':
      return withCall(draft, event.callId, (call) => { keyPressed(draft, call, event.key, event.at) })
    case 'party.answered':
      return withCall(draft, event.callId, (call) => { partyAnswered(draft, call, event.legId, event.at, env) })
    case 'party.ended':
      return withCall(draft, event.callId, (call) => { partyEnded(draft, call, event.legId, event.cause, event.at, env) })
    case 'redial.reached':
      return redialReached(draft, event.farLegId, event.at)
    case 'redial.ended':
      return redialEnded(draft, event.legId, event.cause, event.at, env)
    case 'operator.hold': case 'operator.mute': case 'operator.transfer': case 'operator.consult': case 'operator.conference': case 'operator.complete':
    case 'operator.drop': case 'operator.redial': case 'supervisor.listen': case 'supervisor.take':
      return control(draft, event, env)
    case 'tick':
      if (env.mono - (draft.doubt() ?? Infinity) > DOUBT) draft.setDoubt(null)
      tickCalls(draft, env)
      tickOperators(draft, env)
  }
}

function withCall(draft: Draft, callId: string, use: (call: Call) => void): void {
  const call = draft.call(callId)
  if (call !== undefined) use(call)
}

/**
 * The class that a flow gives him. Without a key of his it is no word of his own: it ends no demotion, and lifts nobody who dialled another number over those
 * against whom operators are reserved for the emergency number's callers (`isHeldBack`).
 */
function classGiven({ class: own, arriving }: Call, given: QueueClass, keyed: boolean): QueueClass {
  if (keyed) return given
  return own === 'demoted' || (arriving.yields === true && given === 'emergency') ? own : given
}

const stranger = (callId: string, at: number): Call['arriving'] => ({
  callId, caller: { number: '', name: '', verified: false }, calledNumber: '', createdAt: at, toldAt: at, recovered: false, mirror: {},
})

/** A call that is over, whatever was known of it: ticket, row and record. Nobody is taken from what he does, and no screen shows it. */
function past(draft: Draft, event: Extract<RoomEvent, { type: 'past' }>, env: Env): void {
  const { call: arriving, leg } = event.call
  const known = draft.call(arriving.callId)
  const call = known === undefined ? draft.patchCall({ ...newCall(arriving, env, arriving.createdAt), state: 'fallback' }, {}) : introduced(draft, known, arriving, env)
  // First when it ended: the ticket asks whether they had time to speak.
  if (call.ended !== null) callEnded(draft, { ...call, bridged: call.bridged || event.bridged }, event.cause, event.endedAt, env)
  const now = draft.call(call.callId) ?? call
  if (leg?.answeredAt !== undefined) answered(draft, now, { legId: leg.legId, operatorId: leg.operatorId ?? null, at: leg.answeredAt, spoke: event.bridged }, env, 'past')
  // Whoever of us opened the ticket at a first answer that came to nothing may be another node.
  const { operatorId } = leg ?? {}
  if (operatorId !== undefined) for (const insteadOf of event.vain ?? []) if (insteadOf !== operatorId) draft.emit({ type: 'credit-ticket', callId: arriving.callId, operatorId, insteadOf })
  withCall(draft, arriving.callId, (now) => {
    // Not abandoned: nobody has to call him back for it. Where he was taken after all is another call, of another channel.
    if (event.refused === true && now.answer === null) return refused(draft, now, event.cause, event.endedAt, env)
    callEnded(draft, { ...now, bridged: now.bridged || event.bridged }, event.cause, event.endedAt, env)
  })
}

function phone(draft: Draft, extension: string, registered: boolean, env: Env): void {
  draft.setGone(extension, !registered)
  for (const operator of draft.operators().values()) {
    if (operator.profile.extension !== extension) continue
    if (registered && operator.presence === 'unreachable') rest(draft, operator, env, operator.idleSince)
    if (registered) continue
    if (operator.presence === 'ready' || operator.presence === 'paused') setPresence(draft, operator, 'unreachable', env)
    // It cannot ring any more: the caller does not wait for its time to run out.
    if (operator.presence === 'ringing') withCall(draft, operator.callId ?? '', (call) => { if (call.offer?.operatorId === operator.operatorId) cancelOffer(draft, call, 'unreachable', env) })
  }
}

/**
 * The talk was on a telephone that is no more. Its leg ends as FreeSWITCH would end it by itself once nothing had been heard of it for long enough:
 * that is no hanging up, and brings the citizen back to the queue, at his place and on his ticket. The operator is ready again when his telephone is.
 */
function phoneLost(draft: Draft, call: Call, operatorId: string, env: Env): void {
  const operator = draft.operator(operatorId)
  if (call.ended !== null || operator?.callId !== call.callId || operator.presence !== 'talking') return
  const legId = partyOf(call, operatorId)?.legId ?? (call.answer?.operatorId === operatorId ? call.answer.legId : '')
  if (legId === '') return // known after a restart by the database alone: FreeSWITCH ends it in its own time
  draft.emit({ type: 'end-leg', legId, cause: 'MEDIA_TIMEOUT' })
  setPresence(draft, operator, 'unreachable', env, { callId: null, idleSince: env.mono })
  draft.emit({ type: 'show-gone', operatorId, callId: call.callId, reason: 'unreachable' })
}

function detach(draft: Draft, operatorId: string, env: Env): void {
  const operator = draft.operator(operatorId)
  if (operator === undefined) return
  const gone = draft.patchOperator(operator, { attached: false, wantsReady: false })
  switch (gone.presence) {
    case 'talking':
      return // the phone keeps the call; rest() makes him offline afterwards
    case 'ringing':
      return withCall(draft, gone.callId ?? '', (call) => { withdrawOffer(draft, call, 'cancelled', env) })
    case 'wrap-up':
      return leaveWrapUp(draft, gone, env)
    case 'break': case 'ready': case 'missed': case 'paused': case 'unreachable': case 'offline':
      setPresence(draft, gone, 'offline', env, { callId: null })
  }
}

function ready(draft: Draft, operatorId: string, wish: boolean, env: Env): void {
  const operator = draft.operator(operatorId)
  if (operator === undefined || !operator.attached) return
  if (operator.presence === 'ringing' && !wish) withCall(draft, operator.callId ?? '', (call) => { cancelOffer(draft, call, 'rejected', env) })
  setReady(draft, draft.operator(operatorId) ?? operator, wish, env)
}

/** Offers every waiting caller that an able and ready operator can take. */
function offerWaiting(draft: Draft, env: Env): void {
  if (!draft.canMatch()) return
  for (const pair of match(draft.floor(), env.mono, env.settings)) {
    const call = draft.call(pair.callId)
    const operator = draft.operator(pair.operatorId)
    if (call !== undefined && operator !== undefined) startOffer(draft, call, operator, env)
  }
}
