import { setTimeout as sleep } from 'node:timers/promises'
import type { Channel } from './channel.js'
import type { Pbx, Talks } from './pbx.js'

/** How long FreeSWITCH takes from `intercept` to the bridge (measured in the captures), ms. */
const INTERCEPT = 45

/** Two channels become a talk. */
export function makeTalks(pbx: Pbx): Talks {
  const { life } = pbx

  /** From here on each shows the other (switch_ivr_uuid_bridge). */
  function bond(leg: Channel, other: Channel): void {
    for (const [one, two] of [[leg, other], [other, leg]] as const) {
      one.shown = two
      one.variables.set('bridge_uuid', two.uuid).set('signal_bond', two.uuid)
    }
  }

  function bridge(leg: Channel, other: Channel): void {
    if (other.hungUp > 0) return life.hangUp(leg, 'NORMAL_CLEARING')
    if (leg.hungUp > 0) return life.hangUp(other, 'NORMAL_CLEARING')
    bond(leg, other)
    leg.partner = other
    other.partner = leg
    leg.leads = true
    leg.state = other.state = 'CS_SOFT_EXECUTE'
    for (const one of [leg, other]) pbx.events.fire(one, 'CHANNEL_EXECUTE', { 'Application': 'uuid_bridge', 'Application-Data': one.shown?.uuid ?? '' })
    leg.bridged = other.bridged = pbx.micros()
    for (const one of [leg, other]) if (one.bridgedFirst === 0) one.bridgedFirst = one.bridged
    pbx.events.fire(leg, 'CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': leg.uuid, 'Bridge-B-Unique-ID': other.uuid })
    other.state = 'CS_EXCHANGE_MEDIA'
    for (const one of [leg, other]) {
      const application = one.variables.get('bridge_pre_execute_app')
      if (application !== undefined) void pbx.plan.execute(one, { application, argument: one.variables.get('bridge_pre_execute_data') ?? '', eventId: pbx.newId(), locked: true, command: 'execute' })
    }
    const call = pbx.placed.get(other.uuid)
    if (call !== undefined) call.bridgedTo = leg.destination
    pbx.report(other, 'operator', leg.destination)
  }

  return {
    bridge,
    /** switch_ivr_intercept_session: whatever the caller listens to is cut, and he talks with this leg. */
    async intercept(leg, uuid) {
      if (leg.hungUp > 0) return
      leg.state = 'CS_EXECUTE'
      leg.variables.set('current_application', 'intercept')
      const about = { 'Application': 'intercept', 'Application-Data': uuid }
      const id = { 'Application-UUID': pbx.newId() }
      pbx.events.fire(leg, 'CHANNEL_EXECUTE', { ...about, ...id })
      const caller = pbx.channels.get(uuid)
      const refused = caller !== undefined && caller.partner !== null && leg.variables.get('intercept_unbridged_only') === 'true'
      if (caller !== undefined && !refused) bond(leg, caller)
      pbx.events.fire(leg, 'CHANNEL_EXECUTE_COMPLETE', { ...about, 'Application-Response': '_none_', ...id })
      await Promise.resolve()
      if (caller === undefined || refused || caller.hungUp > 0) return life.hangUp(leg, 'NORMAL_CLEARING')
      const rival = caller.partner
      if (rival !== null) {
        rival.partner = caller.partner = null
        life.hangUp(rival, 'PICKED_OFF')
      }
      caller.cut?.('intercept')
      await sleep(INTERCEPT)
      bridge(leg, caller)
    },
  }
}
