import { isApplication, run as runApplication } from './applications.js'
import type { Break, Channel } from './channel.js'
import { isAlive, type Pbx, type Plan } from './pbx.js'
import type { Action } from './types.js'

/** The dialplan, and how one application after another is executed on a channel. */
export function makePlan(pbx: Pbx): Plan {
  const { sounds, options } = pbx
  const { recordings } = options
  const recorded = (): Action[] => (recordings === undefined ? [] : [['set', 'RECORD_STEREO=true'], ['set', 'RECORD_BRIDGE_REQ=true'], ['set', 'RECORD_APPEND=true']])
  /** Recorded, and told so once. */
  const told = ({ uuid, variables }: Channel): Action[] => (recordings === undefined ? [] : [
    ['record_session', `${recordings}/${uuid}.wav`], ...(variables.has('liandong_told') ? [] : [['answer', ''], ['set', 'liandong_told=true'], ['displace_session', `${sounds.recorded} m`]] as const),
  ])
  /** The native queue's order is by the class of the number first, then by the caller's own. */
  const score = ({ variables }: Channel): Action => {
    const [own, yields] = [variables.get('liandong_class'), variables.get('liandong_yields') === 'true']
    return ['set', `cc_base_score=${own === 'demoted' ? 0 : (own === 'emergency' ? 200_000 : 100_000) + (yields ? 0 : 200_000)}`]
  }
  /** Two nodes in the other order. */
  const turned = (nodes: string): string => nodes.replace(/^([^|]+)\|([^|]+)$/, '$2|$1')
  /** The dialplan that we ship (`sip/freeswitch/dialplan/citizens.xml`), as a table. */
  const SHIPPED: Readonly<Record<string, (channel: Channel) => readonly Action[]>> = {
    '110': ({ variables }) => [...recorded(), ['answer', ''], ['set', 'socket_resume=true'], ['sched_transfer', `+${options.switchSeconds ?? 3} fallback XML citizens`], ['socket', `${variables.get('liandong_turned') === 'true' ? turned(pbx.outbound) : pbx.outbound} async full`], ['transfer', 'fallback XML citizens']],
    'fallback': (channel) => [...recorded(), ...told(channel), score(channel), ['sched_cancel', ''], ['set', 'socket_resume=false'], ['set', 'liandong_state=fallback'], ['detect_speech', 'stop'], ['unset', 'bridge_pre_execute_app'], ['set', 'transfer_after_bridge=after-talk:XML:citizens'], ['answer', ''], ['callcenter', 'native'], ['playback', sounds.busy], ['transfer', 'fallback XML citizens']],
    'after-talk': ({ variables }) => (variables.get('last_bridge_hangup_cause') === 'NORMAL_CLEARING' ? [['hangup', 'NORMAL_CLEARING']] : [['transfer', '110 XML citizens']]),
    'unknown': () => [['respond', '404']],
    'rejoin': () => [['set', 'transfer_after_bridge=after-talk:XML:citizens'], ['stop_displace_session', sounds.hold], ['loop_playback', `+5 ${sounds.hold}`], ['transfer', '110 XML citizens']],
  }

  /** switch_core_session_exec: two events around it; the response is the channel's, so that what ran inside it shows on the outside too. */
  const execute: Plan['execute'] = async (channel, { application, argument, eventId }) => {
    if (application !== 'socket' && application !== 'callcenter' && application !== 'callcenter_track' && !isApplication(application)) {
      pbx.life.hangUp(channel, 'DESTINATION_OUT_OF_ORDER') // F15
      return 'hangup'
    }
    const about = { Application: application, ...(argument === '' ? {} : { 'Application-Data': argument }) }
    const uuid = { 'Application-UUID': eventId }
    channel.variables.set('current_application', application)
    channel.response = null
    channel.variables.delete('current_application_response')
    pbx.events.fire(channel, 'CHANNEL_EXECUTE', { ...about, ...uuid })
    let cut: Break | null
    if (application === 'socket') cut = await pbx.sockets.run(channel, argument)
    else if (application === 'callcenter') cut = await pbx.nativeQueue(channel)
    else if (application === 'callcenter_track') {
      channel.onEnd = pbx.agents.track(argument)
      cut = null
    }
    else {
      const outcome = await runApplication(pbx.applications, channel, application, argument)
      channel.response = outcome.response
      if (outcome.response !== '_none_') channel.variables.set('current_application_response', outcome.response)
      cut = outcome.cut
    }
    pbx.events.fire(channel, 'CHANNEL_EXECUTE_COMPLETE', { ...about, 'Application-Response': channel.response ?? '_none_', ...uuid })
    return cut
  }

  return {
    execute,
    async run(channel, extension) {
      for (let next: string | null = extension; next !== null && isAlive(channel);) {
        const actions = options.dialplan?.[next] ?? SHIPPED[next]?.(channel) ?? []
        next = null
        channel.state = 'CS_EXECUTE'
        for (const [application, argument] of actions) {
          const cut = await execute(channel, { application, argument, eventId: pbx.newId(), locked: false, command: 'execute' })
          if (!isAlive(channel) || cut === 'intercept') return // whoever took it looks after it
          if (channel.transferTo !== null) {
            const [extension = ''] = channel.transferTo.split(' ')
            next = channel.destination = extension
            channel.transferTo = null
            break
          }
        }
        if (next === null && channel.partner === null) pbx.life.hangUp(channel, 'NORMAL_CLEARING')
      }
    },
  }
}
