import { channelFields, variableFields, type Channel } from './channel.js'
import { HOST } from './events.js'
import type { Pbx } from './pbx.js'
import { startRecording, stopRecording } from './recording.js'
import { separated } from './wire.js'

/** APIs that our `interface-allowlist` leaves out: FreeSWITCH does not know them, and whoever reaches them was let through by us. */
const FORBIDDEN = new Set(['system', 'bg_system', 'bgsystem', 'eval', 'expand', 'lua', 'curl', 'load', 'unload', 'fsctl'])
const VERSION = 'FreeSWITCH Version 1.11.2-practice (Liandong practice exchange)\n'
const NO_ROWS = '{"row_count":0}\n'
const MISSING = '-ERR No such channel!\n'
/** What mod_commands.c says of the same thing in other commands. */
const NO_SESSION = '-ERR Cannot locate session!\n'

interface Call { readonly argument: string; readonly words: readonly string[]; readonly uuid: string }
type Api = (call: Call) => string | Promise<string>
/** On an existing channel, named by the first word. */
type ChannelApi = (channel: Channel, call: Call) => string

/** The APIs of mod_commands that we use, in its own words. */
export function makeApi(pbx: Pbx): Pbx['api'] {
  const { channels, life, scheduled } = pbx

  const on = (missing: string, act: ChannelApi): Api => (call) => {
    const channel = channels.get(call.uuid)
    return channel === undefined ? missing : act(channel, call)
  }

  const table: Readonly<Record<string, Api>> = {
    uptime: () => String(Math.floor((Date.now() - pbx.startedAt) / 1000)),
    version: () => VERSION,
    status: () => `UP 0 years, 0 days\nFreeSWITCH (practice) is ready\n${channels.size} session(s)\n`,
    global_getvar: ({ argument }) => (argument === 'core_uuid' ? pbx.coreUuid : argument === 'hostname' ? HOST : argument === 'hold_music' ? pbx.sounds.hold : argument === 'liandong_sounds' ? /^(.*)\/recorded\.wav$/.exec(pbx.sounds.recorded)?.[1] ?? '' : ''),
    global_setvar({ argument }) {
      if (!/^liandong_able=\d{1,16}$/.test(argument)) pbx.insecure(`global_setvar ${argument}`)
      return '+OK'
    },
    module_exists: () => 'true',
    log: () => '+OK\n',
    show: ({ words }) => (words[0] === 'channels' ? showChannels() : words[0] === 'registrations' ? showRegistrations() : NO_ROWS),
    uuid_dump: on(MISSING, (channel) => JSON.stringify({ ...pbx.events.head('CHANNEL_DATA'), ...channelFields(channel), ...variableFields(channel) })),
    uuid_setvar: on(MISSING, (channel, { words: [, name = '', ...value] }) => {
      if (value.join(' ') === '') channel.variables.delete(name)
      else channel.variables.set(name, value.join(' '))
      return '+OK\n'
    }),
    uuid_getvar: on(MISSING, ({ variables }, { words }) => variables.get(words[1] ?? '') ?? '_undef_'),
    uuid_kill: on(MISSING, (channel, { words }) => { life.hangUp(channel, words[1] ?? 'NORMAL_CLEARING'); return '+OK\n' }),
    hupall({ words: [cause = 'MANAGER_REQUEST', name = '', value = ''] }) {
      for (const channel of [...channels.values()]) if (name === '' || value === '' || channel.variables.get(name) === value) life.hangUp(channel, cause)
      return name === '' || value === '' ? `+OK hangup all channels with cause ${cause}\n` : `+OK hangup all channels matching [${name}]=[${value}] with cause: ${cause}\n`
    },
    uuid_break: on(MISSING, (channel) => { channel.cut?.('break'); return '+OK\n' }),
    uuid_audio: on(MISSING, (channel, { words }) => { channel.muted = words[1] === 'start'; return '+OK\n' }),
    uuid_displace: on(NO_SESSION, displace),
    uuid_record: on(NO_SESSION, (channel, { words }) => {
      if (words[1] === 'start') return startRecording(pbx.applications, channel, words.slice(2))
      return stopRecording(channel, words[2] ?? '')
    }),
    uuid_transfer: on(MISSING, (channel, { words }) => {
      if (words[2] === 'inline') { channel.transferTo = words[1] ?? ''; channel.cut?.('transfer') } else life.transfer(channel, words[1] ?? '', words[3] ?? channel.context)
      return '+OK\n'
    }),
    sched_api({ words: [after = '', group = '', name = '', ...rest] }) {
      scheduled.at(group, seconds(after) * 1000, () => { void api(name, rest.join(' ')) })
      return '+OK Added: 1\n'
    },
    sched_del: ({ uuid }) => `+OK Deleted: ${life.unschedule(uuid)}\n`,
    sched_transfer({ words: [after = '', uuid = '', extension = '', , context] }) {
      const channel = channels.get(uuid)
      if (channel === undefined) return MISSING
      life.schedule(channel, seconds(after), extension, context ?? channel.context)
      return '+OK Added: 1\n'
    },
    callcenter_config: ({ argument }) => pbx.agents.config(separated(argument)),
    originate: ({ argument }) => pbx.legs.originate(argument),
  }

  const seconds = (after: string): number => Number(after.replace('+', ''))

  function displace(channel: Channel, { words }: Call): string {
    const start = words[1] === 'start'
    if (channel.displaced === start) return start ? '-ERR Cannot displace session!\n' : '-ERR Cannot stop displace session!\n'
    channel.displaced = start
    if (start) pbx.report(channel, 'hears', words[2] ?? '')
    return '+OK Success\n'
  }

  function showChannels(): string {
    if (channels.size === 0) return NO_ROWS
    const rows = [...channels.values()].map((one) => ({
      uuid: one.uuid, direction: one.direction, created_epoch: String(Math.floor(one.created / 1e6)), name: one.name, state: one.state, cid_name: one.callerName, cid_num: one.callerNumber,
      dest: one.destination, application: one.variables.get('current_application') ?? '', dialplan: 'XML', context: one.context, callstate: one.callState, call_uuid: one.partner?.uuid ?? '',
    }))
    return JSON.stringify({ row_count: rows.length, rows })
  }

  function showRegistrations(): string {
    const rows = pbx.phones.registered().map((extension) => ({
      reg_user: extension, realm: 'liandong', token: `${extension}@practice`, url: `sofia/operators/sip:${extension}@127.0.0.1:5090`, expires: '0', network_ip: '127.0.0.1', network_port: '5090', network_proto: 'udp', hostname: HOST, metadata: '',
    }))
    return rows.length === 0 ? NO_ROWS : JSON.stringify({ row_count: rows.length, rows })
  }

  async function api(command: string, argument: string): Promise<string> {
    if (argument.includes('${')) pbx.insecure(`${command} ${argument}`)
    const answer = pbx.options.answers?.(command, argument)
    if (answer !== undefined) return answer
    if (FORBIDDEN.has(command)) pbx.insecure(`${command} ${argument}`)
    const known = Object.hasOwn(table, command) ? table[command] : undefined
    const words = argument.split(' ')
    return known === undefined ? `-ERR ${command} Command not found!\n` : known({ argument, words, uuid: words[0] ?? '' })
  }
  return api
}
