import type { Fields } from './wire.js'

export type Format = 'plain' | 'json'

/** What `myevents` subscribes to (mod_event_socket.c, parse_command); everything else is asked for by name. */
const MY_EVENTS = new Set([
  'CHANNEL_ANSWER', 'CHANNEL_APPLICATION', 'CHANNEL_BRIDGE', 'CHANNEL_CREATE', 'CHANNEL_DATA', 'CHANNEL_DESTROY', 'CHANNEL_EXECUTE', 'CHANNEL_EXECUTE_COMPLETE', 'CHANNEL_HANGUP', 'CHANNEL_HANGUP_COMPLETE',
  'CHANNEL_ORIGINATE', 'CHANNEL_UUID', 'CHANNEL_OUTGOING', 'CHANNEL_PARK', 'CHANNEL_PROGRESS', 'CHANNEL_PROGRESS_MEDIA', 'CHANNEL_STATE', 'CHANNEL_UNBRIDGE', 'CHANNEL_UNPARK', 'DETECTED_SPEECH', 'DTMF', 'NOTALK', 'TALK',
])

/** switch_event.c, EVENT_NAMES */
const EVENT_NAMES = new Set((
  'CUSTOM CLONE CHANNEL_CREATE CHANNEL_DESTROY CHANNEL_STATE CHANNEL_CALLSTATE CHANNEL_ANSWER CHANNEL_HANGUP CHANNEL_HANGUP_COMPLETE CHANNEL_EXECUTE CHANNEL_EXECUTE_COMPLETE ' +
  'CHANNEL_HOLD CHANNEL_UNHOLD CHANNEL_BRIDGE CHANNEL_UNBRIDGE CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_UNPARK CHANNEL_APPLICATION ' +
  'CHANNEL_ORIGINATE CHANNEL_UUID API LOG INBOUND_CHAN OUTBOUND_CHAN STARTUP SHUTDOWN PUBLISH UNPUBLISH TALK NOTALK SESSION_CRASH MODULE_LOAD MODULE_UNLOAD DTMF MESSAGE PRESENCE_IN ' +
  'NOTIFY_IN PRESENCE_OUT PRESENCE_PROBE MESSAGE_WAITING MESSAGE_QUERY ROSTER CODEC BACKGROUND_JOB DETECTED_SPEECH DETECTED_TONE PRIVATE_COMMAND HEARTBEAT TRAP ADD_SCHEDULE ' +
  'DEL_SCHEDULE EXE_SCHEDULE RE_SCHEDULE RELOADXML NOTIFY PHONE_FEATURE PHONE_FEATURE_SUBSCRIBE SEND_MESSAGE RECV_MESSAGE REQUEST_PARAMS CHANNEL_DATA GENERAL COMMAND SESSION_HEARTBEAT ' +
  'CLIENT_DISCONNECTED SERVER_DISCONNECTED SEND_INFO RECV_INFO RECV_RTCP_MESSAGE SEND_RTCP_MESSAGE CALL_SECURE NAT RECORD_START RECORD_STOP PLAYBACK_START PLAYBACK_STOP CALL_UPDATE ' +
  'FAILURE SOCKET_DATA MEDIA_BUG_START MEDIA_BUG_STOP CONFERENCE_DATA_QUERY CONFERENCE_DATA CALL_SETUP_REQ CALL_SETUP_RESULT CALL_DETAIL DEVICE_STATE TEXT SHUTDOWN_REQUESTED ' +
  'CERT_RELOAD ALL'
).split(' '))

/** FreeSWITCH knows an event by its name, in whatever case, and passes over what it does not know (F7). */
const eventName = (token: string): string | null => (EVENT_NAMES.has(token.toUpperCase()) ? token.toUpperCase() : null)

export interface Subscription {
  readonly format: Format
  /** `event …`, `nixevent …`, `noevents`, `myevents …`, `filter …`: each returns the text of its reply. */
  add(tokens: string): string
  remove(tokens: string): string
  clear(): string
  mine(argument: string, owner: string | null): string
  filter(argument: string): string
  wants(event: Fields): boolean
  couldWant(name: string, uuid: string): boolean
}

/** What one connection listens to, by the rules of `event_handler` and `parse_command`. */
export function makeSubscription(): Subscription {
  const names = new Set<string>()
  const subclasses = new Set<string>()
  let filters: { readonly name: string; readonly value: string }[] = []
  let format: Format = 'plain'
  /** Only events of this channel. */
  let only: string | null = null
  let mine = false
  let listening = false

  const takeFormat = (token: string): boolean => {
    if (token !== 'plain' && token !== 'json') return false
    format = token
    return true
  }

  function eachToken(text: string, onName: (name: string) => void, onSubclass: (name: string) => void): number {
    let custom = false
    let keys = 0
    for (const [at, token] of text.split(' ').entries()) {
      if (at === 0 && takeFormat(token.toLowerCase())) continue
      if (custom) { onSubclass(token); continue } // after CUSTOM every later token is a subclass
      const name = eventName(token)
      if (name === null) continue
      keys += 1
      custom = name === 'CUSTOM'
      onName(name)
    }
    return keys
  }

  const named = (name: string): boolean => names.has('ALL') || names.has(name)
  /** A header that is not there neither lets through nor keeps out; once one has let it through, only `-` keeps it out. */
  function passes(event: Fields): boolean {
    if (filters.length === 0) return true
    let send = false
    for (const { name, value } of filters) {
      const found = Object.entries(event).find(([header]) => header.toLowerCase() === name)?.[1]
      if (found === undefined) continue
      const [, signs = '', wanted = ''] = /^([+\- ]*)(.*)$/s.exec(value) ?? []
      const positive = !/-[^+]*$/.test(signs)
      if (send && positive) continue
      const regex = value.startsWith('/') ? /^\/(.*)\/[a-z]*$/s.exec(wanted)?.[1] : undefined
      if (regex === undefined ? found.toLowerCase() !== wanted.toLowerCase() : !new RegExp(regex).test(found)) continue
      if (!positive) return false
      send = true
    }
    return send
  }

  return {
    get format() { return format },
    add(tokens) {
      if (eachToken(tokens, (name) => names.add(name), (name) => subclasses.add(name)) === 0) return '-ERR no keywords supplied'
      listening = true
      return `+OK event listener enabled ${format}`
    },
    remove(tokens) {
      const keys = eachToken(tokens, (name) => { if (name === 'ALL') names.clear(); else if (name !== 'CUSTOM') names.delete(name) }, (name) => subclasses.delete(name))
      return keys === 0 ? '-ERR no keywords supplied' : '+OK events nixed'
    },
    clear() {
      if (!listening) return '-ERR not listening for events'
      listening = false
      names.clear()
      subclasses.clear()
      return '+OK no longer listening for events'
    },
    mine(argument, owner) {
      if (mine) return '-ERR aready enabled.'
      const [first = '', second = ''] = argument.split(' ')
      only = owner ?? first
      takeFormat((owner === null ? second : first).toLowerCase())
      mine = listening = true
      for (const name of MY_EVENTS) names.add(name)
      return '+OK Events Enabled'
    },
    filter(argument) {
      const [first = '', ...rest] = argument.trimStart().split(' ')
      const word = first.toLowerCase()
      if (rest.length === 0) return '-ERR invalid syntax'
      const [name = '', ...values] = word === 'delete' || word === 'add' ? rest : [first, ...rest]
      const value = values.join(' ')
      if (word === 'delete') {
        const all = name.toLowerCase() === 'all'
        filters = filters.filter((one) => !all && (one.name !== name.toLowerCase() || (values.length > 0 && one.value !== value)))
        return `+OK filter deleted. [${name}][${value}]`
      }
      filters.push({ name: name.toLowerCase(), value })
      return `+OK filter added. [${name}]=[${value}]`
    },
    // Most of hundreds of listeners are about one channel each: another's event is told by that.
    couldWant: (name, uuid) => (!mine || only === uuid) && listening && named(name),
    wants(event) {
      if (mine && event['Unique-ID'] !== only && event['Job-Owner-UUID'] !== only) return false
      const name = event['Event-Name'] ?? ''
      if (!listening || !named(name) || (name === 'CUSTOM' && !names.has('ALL') && !subclasses.has(event['Event-Subclass'] ?? ''))) return false
      return passes(event)
    },
  }
}
