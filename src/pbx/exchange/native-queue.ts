import type { Agent } from './agents.js'
import { pause } from './applications.js'
import type { Break, Channel } from './channel.js'
import { channelFields, variableFields } from './channel.js'
import { isAlive, type Pbx } from './pbx.js'

/** ms between two announcements, as in sip/freeswitch. */
const ANNOUNCE = 40_000

/** An agent who did not take a call is left alone for so long, ms, as in sip/freeswitch. */
const DELAY = 3_000

/** Who waits in the queue. `trying`: an agent's telephone rings for him. */
interface Member { readonly channel: Channel; trying: boolean }

/** Stand-in for mod_callcenter: the longest idle of those whom it may ring, one after another, until somebody answers; the member of the highest score first. */
export function makeNativeQueue(pbx: Pbx): Pbx['nativeQueue'] {
  const { channels, agents, life, sounds } = pbx

  function tell(channel: Channel | null, action: string, more: Readonly<Record<string, string>>): void {
    pbx.events.send({ ...pbx.events.head('CUSTOM'), 'Event-Subclass': 'callcenter::info', 'CC-Queue': 'native', 'CC-Action': action, ...more, ...(channel === null ? {} : { ...channelFields(channel), ...variableFields(channel) }) })
  }

  const members = new Set<Member>()
  /** mod_callcenter.c: `cc_base_score` and, with `time-base-score` system, the seconds of the whole call. */
  const scoreOf = ({ channel: { variables, created } }: Member): number => Number(variables.get('cc_base_score') ?? 0) + (pbx.micros() - created) / 1e6
  const isFirst = (member: Member): boolean => ![...members].some((other) => !other.trying && scoreOf(other) > scoreOf(member))

  async function serve(member: Member): Promise<Break | null> {
    const { channel } = member
    while (isAlive(channel) && channel.transferTo === null) {
      const agent = isFirst(member) ? agents.next() : null
      if (agent === null) {
        const cut = await pause(pbx.applications, channel, 100)
        if (cut !== null) return cut
        continue
      }
      member.trying = true
      const done = await ring(channel, agent)
      member.trying = false
      if (done !== null) return done
    }
    return null
  }

  /** Null: he did not come. */
  async function ring(channel: Channel, agent: Agent): Promise<Break | null> {
    const { name, phone } = agent
    pbx.report(channel, 'hears', sounds.hold)
    const uuid = pbx.newId()
    const cuts: Break[] = []
    const cancel = (): void => { const ringing = channels.get(uuid); if (ringing !== undefined) life.hangUp(ringing, 'ORIGINATOR_CANCEL') }
    channel.cut = (why) => { cuts.push(why); cancel() }
    agent.state = 'Receiving'
    agent.cancel = cancel
    const outcome = await pbx.legs.call(phone, new Map([['origination_uuid', uuid], ['cc_agent', name]]), 10_000)
    channel.cut = agent.cancel = null
    agent.state = 'Waiting'
    const [cut] = cuts
    if (cut !== undefined) { if ('leg' in outcome) life.hangUp(outcome.leg, 'NORMAL_CLEARING'); return cut }
    if ('cause' in outcome) {
      if (outcome.cause !== 'ORIGINATOR_CANCEL') agent.readyAt = Date.now() + pbx.scaled(DELAY)
      return null
    }
    agent.state = 'In a queue call'
    outcome.leg.onEnd = () => { agent.state = 'Waiting'; agent.lastBridgeEnd = Math.floor(Date.now() / 1000) }
    channel.variables.set('cc_agent', name).set('cc_agent_uuid', uuid)
    tell(outcome.leg, 'bridge-agent-start', { 'CC-Agent': name, 'CC-Agent-UUID': outcome.leg.uuid, 'CC-Member-Session-UUID': channel.uuid })
    pbx.talks.bridge(outcome.leg, channel)
    return 'intercept'
  }

  return async (channel) => {
    pbx.report(channel, 'fallback')
    const member = { 'CC-Member-UUID': pbx.newId(), 'CC-Member-Session-UUID': channel.uuid, 'CC-Member-CID-Name': channel.callerName, 'CC-Member-CID-Number': channel.callerNumber }
    tell(channel, 'member-queue-start', member)
    tell(null, 'members-count', { 'CC-Count': '1', 'CC-Selection': 'Single-Queue' })
    pbx.events.fire(channel, 'PLAYBACK_START', { 'Playback-File-Path': sounds.hold })
    const announcing = setInterval(() => { pbx.report(channel, 'hears', sounds.busy) }, pbx.scaled(ANNOUNCE))
    const waiting: Member = { channel, trying: false }
    members.add(waiting)
    const cut = await serve(waiting).finally(() => { clearInterval(announcing); members.delete(waiting) })
    pbx.events.fire(channel, 'PLAYBACK_STOP', { 'Playback-File-Path': sounds.hold, 'Playback-Status': 'break' })
    if (cut !== 'intercept') {
      tell(channel, 'member-queue-end', { ...member, 'CC-Cause': 'Cancel' })
      tell(null, 'members-count', { 'CC-Count': '0', 'CC-Selection': 'Single-Queue' })
    }
    return cut
  }
}
