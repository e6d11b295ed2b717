import { pause } from './applications.js'
import type { Break, Channel } from './channel.js'
import { channelFields } from './channel.js'
import { DESKS } from './phones.js'
import { isAlive, type Pbx } from './pbx.js'

/** ms between two announcements, as in sip/freeswitch. */
const ANNOUNCE = 40_000

/** Stand-in for mod_callcenter: any phone that is free, one after another, until somebody answers. */
export function makeNativeQueue(pbx: Pbx): Pbx['nativeQueue'] {
  const { channels, phones, life, sounds } = pbx

  function tell(channel: Channel | null, action: string, more: Readonly<Record<string, string>>): void {
    pbx.events.send({ ...pbx.events.head('CUSTOM'), 'Event-Subclass': 'callcenter::info', 'CC-Queue': 'native', 'CC-Action': action, ...more, ...(channel === null ? {} : channelFields(channel)) })
  }

  async function serve(channel: Channel): Promise<Break | null> {
    for (let turn = 0; isAlive(channel) && channel.transferTo === null; turn = (turn + 1) % DESKS.length) {
      const phone = DESKS[turn] ?? ''
      const busy = [...channels.values()].some((other) => other.direction === 'outbound' && other.destination === phone)
      if (busy || ['unregistered', 'unreachable', 'no-answer', 'busy', 'reject'].includes(phones.behaviour(phone) as string)) {
        const cut = await pause(pbx.applications, channel, 100)
        if (cut !== null) return cut
        continue
      }
      pbx.report(channel, 'hears', sounds.hold)
      const uuid = pbx.newId()
      const cuts: Break[] = []
      channel.cut = (why) => {
        cuts.push(why)
        const ringing = channels.get(uuid)
        if (ringing !== undefined) life.hangUp(ringing, 'ORIGINATOR_CANCEL')
      }
      const outcome = await pbx.legs.call(phone, new Map([['origination_uuid', uuid], ['cc_agent', phone]]), 10_000)
      channel.cut = null
      const [cut] = cuts
      if (cut !== undefined) { if ('leg' in outcome) life.hangUp(outcome.leg, 'NORMAL_CLEARING'); return cut }
      if ('cause' in outcome) continue
      channel.variables.set('cc_agent', phone).set('cc_agent_uuid', uuid)
      tell(outcome.leg, 'bridge-agent-start', { 'CC-Agent': phone, 'CC-Agent-UUID': outcome.leg.uuid, 'CC-Member-Session-UUID': channel.uuid })
      pbx.talks.bridge(outcome.leg, channel)
      return 'intercept'
    }
    return null
  }

  return async (channel) => {
    pbx.report(channel, 'fallback')
    const member = { 'CC-Member-UUID': pbx.newId(), 'CC-Member-Session-UUID': channel.uuid, 'CC-Member-CID-Name': channel.callerName, 'CC-Member-CID-Number': channel.callerNumber }
    tell(channel, 'member-queue-start', member)
    tell(null, 'members-count', { 'CC-Count': '1', 'CC-Selection': 'Single-Queue' })
    pbx.events.fire(channel, 'PLAYBACK_START', { 'Playback-File-Path': sounds.hold })
    const announcing = setInterval(() => { pbx.report(channel, 'hears', sounds.busy) }, pbx.scaled(ANNOUNCE))
    const cut = await serve(channel).finally(() => { clearInterval(announcing) })
    pbx.events.fire(channel, 'PLAYBACK_STOP', { 'Playback-File-Path': sounds.hold, 'Playback-Status': 'break' })
    if (cut !== 'intercept') {
      tell(channel, 'member-queue-end', { ...member, 'CC-Cause': 'Cancel' })
      tell(null, 'members-count', { 'CC-Count': '0', 'CC-Selection': 'Single-Queue' })
    }
    return cut
  }
}
