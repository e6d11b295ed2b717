import type { LiveCall, SwitchEvent } from '../ports.js'
import { answered, bridged, callEnded, fellBack, introduced, joinedBefore, legEnded, newCall } from './calls.js'
import { resyncRedials } from './controls.js'
import type { Draft } from './draft.js'
import { cancelOffer, endUnlifted } from './offers.js'
import { endRemembered } from './operators.js'
import { resyncParties, sitsHere, takenOver } from './parties.js'
import { isPresumed, isWaiting, switchTime, type Call, type Env } from './room.js'

/**
 * A telephone that rings for a caller who is ours, or who talks by this very snapshot (`talks`), and whom nobody offers there: we died, or gave the
 * leg up, before its end. One who waits with another node is that node's to offer, whatever talk of his we saw before.
 */
function endStale(draft: Draft, call: Call, ringing: readonly string[], talks: boolean): void {
  if (!call.held && !talks) return
  for (const legId of ringing) {
    if (legId !== call.offer?.legId && legId !== call.answer?.legId) draft.emit({ type: 'end-leg', legId, cause: 'ORIGINATOR_CANCEL' })
  }
}

/**
 * An operator's answer took him from our socket, and the leg was over before it had him: FreeSWITCH has him still, nobody else does, and no event
 * will say so. Another node's caller is that node's to look after, and whoever is in the native queue is rung for there.
 */
const isAdrift = (call: Call): boolean =>
  call.ours && !call.held && call.ended === null && call.state !== 'fallback' && !call.bridged && !call.returning && call.offer === null && call.parties.length === 0 && call.answer !== null && call.endedLegs.includes(call.answer.legId)

/**
 * FreeSWITCH has what we had given up since: it died and has recovered it under its name, or the end of it that we asked for, or took for certain,
 * never came there. He goes on where he is, and his operator with him; whom the flow was done with, only if he has an operator. `at`: when its
 * snapshot began, monotonic: an older one says nothing against what we gave up, or who came to us, later.
 */
function revived(draft: Draft, call: Call, leg: LiveCall['leg'], at: number, env: Env): Call {
  const back = call.ended !== null && isPresumed(call) && call.ended.seenAt < at && (call.ended.cause === 'LOST' || leg?.answeredAt !== undefined)
  const own = leg?.answeredAt !== undefined && (leg.legId === call.answer?.legId || leg.legId === call.lostLeg?.legId) ? leg.legId : null
  const again = own !== null && call.lostLeg?.legId === own && call.lostLeg.at <= at && call.ended === null && (!call.held || call.seenAt < at)
  if (!back && !again) return call
  // Its leg may follow in a moment: nobody is brought back to the queue, and no leg given up, by this snapshot.
  return draft.patchCall(call, {
    ended: back ? null : call.ended, seenAt: env.mono, bridged: false, state: call.answer !== null ? 'answered' : back ? 'fallback' : call.state,
    endedLegs: call.endedLegs.filter((legId) => legId !== own), lostLeg: own === null ? call.lostLeg : null,
  })
}

/**
 * A socket that FreeSWITCH had given up already was served late, and he seemed to have come back: he talks on. @returns whether that is still to be
 * confirmed: if the leg is about to end, he is ours again with that.
 */
function talksOn(draft: Draft, call: Call, legId: string, at: number, env: Env): boolean {
  if (!isWaiting(call) || call.answer?.legId !== legId || call.endedLegs.includes(legId) || call.seenAt >= at) return false
  const next = draft.patchCall(call, { state: 'answered' })
  if (next.offer !== null) cancelOffer(draft, next, 'cancelled', env)
  return next.held
}

/** Of a talk that a FreeSWITCH has recovered it knows neither the music that lay over it, nor who was muted, nor who hears a third telephone since a key was pressed there for it. */
function asBefore(draft: Draft, call: Call | undefined, legId: string): void {
  if (call?.answer?.legId !== legId) return
  if (call.onHold) draft.emit({ type: 'hold', callId: call.callId, on: true })
  if (call.muted) draft.emit({ type: 'mute', legId, on: true })
  for (const party of call.parties) if (party.joinedAt !== null && party.role !== 'transfer') draft.emit({ type: 'mode', legId: party.legId, mode: party.mode })
}

/**
 * Whether he hears music is FreeSWITCH's word, after a restart of ours and where the operator's desk is at another node; where it is here, it is ours,
 * which is younger. A FreeSWITCH that has just recovered him (`restarted`) does not know it.
 */
function hold(draft: Draft, call: Call, onHold: boolean | undefined, restarted: boolean): void {
  const unknown = (call.answer?.legId ?? '') === ''
  if (onHold === undefined || onHold === call.onHold || (unknown ? !onHold : restarted || sitsHere(draft, call))) return
  draft.patchCall(call, { onHold })
}

/** What really exists, by FreeSWITCH's word. `at`: when its snapshot began, monotonic; younger facts of ours are kept. */
export function resynced(draft: Draft, { calls: live, redials, unsure = [], at, restarted }: Extract<SwitchEvent, { type: 'resync' }>, env: Env): void {
  if (redials !== undefined) resyncRedials(draft, redials, new Set(unsure), env)
  const seen = new Set(unsure)
  for (const { call: arriving, leg, ringing = [], parties = [], onHold, fallback } of live) {
    seen.add(arriving.callId)
    const known = draft.call(arriving.callId)
    const call = known === undefined ? draft.patchCall({ ...newCall(arriving, env, joinedBefore(arriving)), state: 'fallback' }, {}) : revived(draft, introduced(draft, known, arriving, env), leg, at, env)
    if (leg?.answeredAt !== undefined && call.parties.some(({ legId }) => legId === leg.legId)) takenOver(draft, call, leg.legId, leg.answeredAt, env)
    else if (leg?.answeredAt !== undefined && leg.alone === true) answered(draft, call, { legId: leg.legId, operatorId: leg.operatorId ?? null, at: leg.answeredAt }, env, 'told')
    else if (leg?.answeredAt !== undefined) {
      hold(draft, call, onHold, restarted)
      const unconfirmed = talksOn(draft, draft.call(call.callId) ?? call, leg.legId, at, env)
      answered(draft, draft.call(call.callId) ?? call, { legId: leg.legId, operatorId: leg.operatorId ?? null, at: leg.answeredAt }, env, 'heard')
      if (!unconfirmed) bridged(draft, draft.call(call.callId) ?? call, { legId: leg.legId, at: leg.answeredAt }, env)
      if (restarted) asBefore(draft, draft.call(call.callId), leg.legId)
    } else if (call.offer !== null && leg?.legId !== call.offer.legId && !ringing.includes(call.offer.legId) && !seen.has(call.offer.legId) && at - call.offer.since > env.settings.offerGrace) {
      // The leg seems to be gone. End it all the same before anyone else is asked: two legs must never race for one caller.
      cancelOffer(draft, call, 'cancelled', env)
    } else if (call.offer !== null && at - call.offer.since >= env.settings.offerTimeout + env.settings.offerGrace) {
      // It rings beyond its time. Never by our clock alone: he may be talking, and only the news of it was lost (V7).
      cancelOffer(draft, call, 'not-answered', env)
    }
    const holder = draft.call(call.callId)
    // The end of the leg that had him was lost. A leg of which nothing could be read, or that is younger than the snapshot, may be there.
    if (holder?.answer != null && holder.answer.operatorId !== null && holder.answer.legId !== '' && leg?.answeredAt === undefined && holder.seenAt < at && !unsure.includes(holder.answer.legId)) {
      legEnded(draft, holder, { legId: holder.answer.legId, operatorId: holder.answer.operatorId, cause: 'LOST', at: switchTime(holder, env.mono) }, env)
    }
    const there = draft.call(call.callId)
    // The news of it was lost. Who has come to us since the snapshot began is ours.
    if (fallback === true && there !== undefined && isWaiting(there) && !there.held && there.seenAt < at) fellBack(draft, there, switchTime(there, env.mono), env)
    const now = draft.call(call.callId)
    // The flow ended the call, and the order was lost with the link: otherwise he waits in the native queue, with what is said to him there.
    if (now?.ended?.cause === 'SETTLED' && now.ended.seenAt < at && leg === undefined && ringing.length === 0) draft.emit({ type: 'end-call', callId: now.callId })
    if (now !== undefined) endStale(draft, now, ringing, leg?.answeredAt !== undefined)
    if (now !== undefined && isAdrift(now) && leg === undefined && ringing.length === 0 && at - now.seenAt > env.settings.offerGrace) {
      draft.patchCall(now, { seenAt: env.mono })
      draft.emit({ type: 'requeue', callId: now.callId })
    }
    if (now !== undefined && now.ended === null && (now.parties.length > 0 || parties.length > 0)) resyncParties(draft, now, parties, at, env)
  }
  for (const call of draft.live().values()) {
    if (call.ended === null && !seen.has(call.callId) && (restarted ? !call.held : call.seenAt < at)) callEnded(draft, call, 'LOST', switchTime(call, env.mono), env, restarted ? 'left' : 'ended')
  }
  endRemembered(draft, seen, unsure.length === 0, at, env)
  if (draft.doubt() === null) endUnlifted(draft, at, env)
}
