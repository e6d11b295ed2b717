import { channelFields, variableFields } from './channel.js'
import type { Listener } from './listener.js'
import type { Events, Pbx } from './pbx.js'
import type { Fields } from './wire.js'

/** These carry no variables (switch_channel_event_set_extended_data has the list of those that do). */
const BARE = new Set(['DTMF', 'CHANNEL_OUTGOING', 'DETECTED_SPEECH'])

/** The machine that the exchange says it is. */
export const HOST = 'practice'

/** Events as FreeSWITCH builds and delivers them: its own head, the channel's fields, its variables, what the event itself adds. */
export function makeEvents(pbx: Pbx): Events {
  const { listeners } = pbx
  const head: Events['head'] = (name) => {
    const now = new Date()
    pbx.sequence += 1
    return {
      'Event-Name': name, 'Core-UUID': pbx.coreUuid, 'FreeSWITCH-Hostname': HOST, 'FreeSWITCH-Switchname': HOST, 'FreeSWITCH-IPv4': '127.0.0.1', 'FreeSWITCH-IPv6': '::1',
      'Event-Date-Local': now.toISOString().slice(0, 19).replace('T', ' '), 'Event-Date-GMT': now.toUTCString(), 'Event-Date-Timestamp': String(pbx.micros()),
      'Event-Calling-File': 'exchange.ts', 'Event-Calling-Function': 'fire', 'Event-Calling-Line-Number': '1', 'Event-Sequence': String(pbx.sequence),
    }
  }
  const sendTo = (some: Iterable<Listener>, event: Fields): void => {
    for (const listener of some) if (listener.wants(event)) pbx.eventFaults.pass(event, (one) => { listener.push(one) })
  }
  const send: Events['send'] = (event) => { sendTo(listeners, event) }
  return {
    head, send,
    fire(channel, name, more = {}) {
      const some: Listener[] = []
      for (const listener of listeners) if (listener.couldWant(name, channel.uuid)) some.push(listener)
      if (some.length === 0) { pbx.sequence += 1; return }
      sendTo(some, { ...head(name), ...(name.endsWith('BRIDGE') ? more : {}), ...channelFields(channel), ...(BARE.has(name) ? {} : variableFields(channel)), ...more })
    },
  }
}
