import { introduced } from './calls.js'
import type { Draft } from './draft.js'
import { DOUBT, endUnlifted, offerEnded } from './offers.js'
import { leaveWrapUp, rest } from './operators.js'
import { isLive, isWaiting, type Call, type Env } from './room.js'

/** How long FreeSWITCH may take to say whose call it was that an operator answered, ms; then the ticket opens with nothing but its key. */
const STRANGER = 2_000

/** Ended calls are swept out this often, ms: a tick must not look through all of them. */
const SWEEP = 1_000

/** Forgets calls that ended long enough ago and are on nobody's screen; ends waits that FreeSWITCH forgot to report. */
export function tickCalls(draft: Draft, env: Env): void {
  const { offerTimeout, offerGrace, keepEnded } = env.settings
  let doubts = 0
  endUnlifted(draft, env.mono - DOUBT, env)
  draft.live().each((call) => {
    if (call.strangeSince !== null && env.mono - call.strangeSince >= STRANGER) introduced(draft, call, null, env)
    else if (call.releasedAt !== null && isWaiting(call) && env.mono - call.releasedAt >= offerGrace) {
      // He left our socket, and nothing says for whom or what: the news of an answer may be lost.
      draft.patchCall(call, { releasedAt: env.mono })
      doubts += 1
    } else if (call.offer !== null) {
      const { cancelling, since, ringing, asked } = call.offer
      if (cancelling !== null && cancelling.sent !== null && env.mono - cancelling.sent >= offerGrace) {
        // By our clock alone: the order to end it may be lost with the link, and somebody may take it up yet.
        offerEnded(draft, draft.patchCall(call, { lostLeg: { legId: call.offer.legId, at: env.mono } }), cancelling.mark, env)
      }
      else if (cancelling === null && env.mono - since >= offerTimeout + offerGrace) doubts += 1
      else if (cancelling === null && !ringing && !asked && env.mono - since > offerGrace) {
        // Not a word of it: the order itself may be lost with the link.
        draft.patchCall(call, { offer: { ...call.offer, asked: true } })
        doubts += 1
      }
    }
  })
  if (doubts > 0) draft.emit({ type: 'reconcile' })
  if (env.mono - draft.sweptAt < SWEEP) return
  draft.sweptAt = env.mono
  draft.calls().each((call) => {
    if (call.ended !== null && !isLive(call) && env.mono - call.ended.seenAt >= keepEnded && !onScreen(draft, call)) draft.forget(call.callId)
  })
}

const onScreen = (draft: Draft, call: Call): boolean => draft.operator(call.answer?.operatorId)?.callId === call.callId

/** Ends paper work and pauses whose time is over. */
export function tickOperators(draft: Draft, env: Env): void {
  draft.operators().each((operator) => {
    if (operator.presence === 'wrap-up' && operator.wrapUp !== null && env.mono >= operator.wrapUp.ends) leaveWrapUp(draft, operator, env)
    // Whoever was ready all the while is asked before him.
    if (operator.presence === 'paused' && operator.pause !== null && env.mono >= operator.pause.ends) rest(draft, operator, env, env.mono)
  })
}
