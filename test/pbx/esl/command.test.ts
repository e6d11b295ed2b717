import t from 'tap'
import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { CommandRefused, encodeCommand, type ApiCall, type Application, type Command } from '../../../src/pbx/esl/command.js'
import { startOutbound, type OutboundSession } from '../../../src/pbx/esl/outbound.js'
import { startExchange } from '../../../src/pbx/exchange/exchange.js'
import { makePacketReader } from '../../../src/pbx/exchange/packets.js'
import { until } from '../../helpers/database.js'
import { brackets, expandArgument, readPackets, separate, type Packet } from '../../helpers/freeswitch-parser.js'

const ID = '0f0e0d0c-1111-4222-8333-444455556666'
const OTHER = '00000000-aaaa-4bbb-8ccc-dddddddddddd'
const MESSAGE = `/var/lib/liandong/messages/${OTHER}.wav`
const nul = String.fromCharCode(0)

// ── Strings as nobody would wish them ────────────────────────────────────────────────────────────────────────────

const HOSTILE = [
  '\n', '\r', '\r\n', '\n\n', nul, '\t', '\u0085', '\u2028', '\u2029', '\u007f', '${', '$${', '}', '${system(id)}', '%[a=b]', '%,[', '$', '%0A', '%0a%0A', '\\', '\\n', "\\'", '\\\\', "'", '"', '`', ',', '|', ':_:', '[', ']',
  '{', '(', ')', '<', '>', '^^', '^^;', ';', '=', ' ', '  ', '&', '\ud800', '\udc00', '\u{1f600}', '张三', 'é', '\u202e', '\ufeff', 'CUSTOM', 'undef', 'content-length: 5', 'api system id', '\n\nbgapi system id\n\n',
  'execute-app-name: system', 'a', '1', '-', '_', '.', ':', '/', '@', '*', '#', '+', ID, 'inline', '../', 'shell_stream://',
]
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...HOSTILE), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 12 }).map((units) => String.fromCharCode(...units)), // lone surrogates too
  fc.stringMatching(/^[A-Za-z0-9_.:-]{0,20}$/),
  fc.stringMatching(/^[A-Za-z0-9_.:+*#@ -]{0,20}$/),
)
/** A value of the right shape with something added, and the right shape itself. */
const around = (...shapes: readonly string[]): fc.Arbitrary<string> =>
  fc.oneof(hostile, fc.constantFrom(...shapes), fc.tuple(fc.constantFrom(...shapes), hostile, fc.nat()).map(([shape, extra, at]) => shape.slice(0, at % (shape.length + 1)) + extra + shape.slice(at % (shape.length + 1))))

// ── Every place where text goes into a command, and where FreeSWITCH finds it again ──────────────────────────────

interface Place { readonly make: (text: string) => Command; readonly find: (packet: Packet) => string | undefined; readonly text: fc.Arbitrary<string>; readonly accepts: readonly string[] }

const verb = (packet: Packet): [string, string] => {
  const blank = packet.command.indexOf(' ')
  return blank < 0 ? [packet.command, ''] : [packet.command.slice(0, blank), packet.command.slice(blank + 1)]
}
/** `api` or `bgapi`: the API's name and its argument. */
function apiOf(packet: Packet): [string, string] {
  const [name, rest] = verb(packet)
  if (name !== 'api' && name !== 'bgapi') throw new Error(`another command: ${packet.command}`)
  const blank = rest.indexOf(' ')
  return blank < 0 ? [rest, ''] : [rest.slice(0, blank), rest.slice(blank + 1)]
}
const word = (api: string, place: number, count: number) => (packet: Packet): string | undefined => {
  const [name, argument] = apiOf(packet)
  const words = separate(argument, ' ')
  if (name !== api || words.length !== count) throw new Error(`another call: ${name} ${argument}`)
  return words[place]
}
const api = (call: ApiCall): Command => ({ verb: 'api', call })
const execute = (fields: Partial<Extract<Command, { verb: 'execute' }>>): Command => ({ verb: 'execute', callId: ID, application: 'playback', arg: 'silence_stream://10', eventId: OTHER, ...fields })
const originate = (fields: Partial<Extract<ApiCall, { api: 'originate'; intercept: string }>>): Command =>
  ({ verb: 'bgapi', jobId: OTHER, call: { api: 'originate', variables: { origination_uuid: OTHER }, dial: 'user/1001@operators', intercept: ID, ...fields } })
const leg = (packet: Packet): { readonly variables: ReadonlyMap<string, string>; readonly rest: string; readonly target: string | undefined } => {
  const [name, argument] = apiOf(packet)
  const [dial = '', extension = '', ...more] = separate(argument, ' ')
  if (name !== 'originate' || more.length > 0) throw new Error(`another call: ${argument}`)
  const { variables, rest } = brackets(dial)
  if (/[,|]|:_:/.test(rest)) throw new Error(`several destinations: ${rest}`)
  return { variables, rest, target: /^&intercept\((.*)\)$/.exec(extension)?.[1] }
}
/** `'app:argument,app:argument' inline` */
const inline = (packet: Packet): ReadonlyMap<string, string> => {
  const [, list = '', dialplan, ...more] = separate(apiOf(packet)[1], ' ')
  if (dialplan !== 'inline' || more.length > 0) throw new Error('another call')
  return new Map(list.split(',').map((step) => [step.slice(0, step.indexOf(':')), step.slice(step.indexOf(':') + 1)] as const))
}
const onward = (packet: Packet): { readonly variables: ReadonlyMap<string, string>; readonly rest: string } => {
  const [, extension = '', ...more] = separate(apiOf(packet)[1], ' ')
  const argument = /^&bridge\((.*)\)$/.exec(extension)?.[1]
  if (argument === undefined || more.length > 0) throw new Error('another call')
  const found = brackets(argument)
  if (/[,|]|:_:/.test(found.rest)) throw new Error(`several destinations: ${found.rest}`)
  return found
}
const sendmsg = (packet: Packet): ReadonlyMap<string, string> => {
  if (verb(packet)[0] !== 'sendmsg' || packet.headers.get('call-command') !== 'execute' || packet.headers.get('event-lock') !== 'true') throw new Error('another message')
  return packet.headers
}
const sendevent = (packet: Packet): ReadonlyMap<string, string> => {
  if (packet.command !== 'sendevent GENERAL' || packet.headers.size !== 2 || packet.body !== '') throw new Error('another event')
  return packet.headers
}
/** To nobody's session. */
const nodeWord = (packet: Packet): ReadonlyMap<string, string> => {
  if (packet.command !== 'sendevent CUSTOM' || packet.headers.get('event-subclass') !== 'liandong::node' || packet.headers.has('unique-id') || packet.headers.has('content-length') || packet.body !== '') throw new Error('another event')
  return packet.headers
}
const subscription = (packet: Packet): { readonly names: string[]; readonly subclasses: string[] } => {
  const [name, rest] = verb(packet)
  const [format, ...tokens] = separate(rest, ' ')
  if (name !== 'event' || format !== 'json') throw new Error('another command')
  const custom = tokens.indexOf('CUSTOM')
  return custom < 0 ? { names: tokens, subclasses: [] } : { names: tokens.slice(0, custom), subclasses: tokens.slice(custom + 1) }
}

const uuids = around(ID, OTHER)
const words = around('default', 'liandong_call', '1001', 'mod_sofia')
const PLACES = {
  'auth: password': { make: (password) => ({ verb: 'auth', password }), find: (packet) => (packet.command.startsWith('auth ') ? packet.command.slice(5) : undefined), text: around('ClueCon', ' a b '), accepts: ['ClueCon', ' 密 码 '] },
  'event: name': { make: (name) => ({ verb: 'event', names: ['HEARTBEAT', name], custom: ['a::b'] }), find: (packet) => subscription(packet).names[1], text: around('CHANNEL_ANSWER', 'CUSTOM'), accepts: ['CHANNEL_ANSWER'] },
  'event: subclass': { make: (name) => ({ verb: 'event', names: ['HEARTBEAT'], custom: [name] }), find: (packet) => subscription(packet).subclasses[0], text: around('callcenter::info'), accepts: ['callcenter::info'] },
  'bgapi: job': { make: (jobId) => ({ verb: 'bgapi', jobId, call: { api: 'status' } }), find: (packet) => packet.headers.get('job-uuid'), text: uuids, accepts: [ID] },
  'execute: argument': { make: (arg) => execute({ arg }), find: (packet) => (sendmsg(packet).has('execute-app-arg') ? undefined : expandArgument(packet.body)), text: around('/sounds/zh-CN/welcome.wav', 'liandong_note=张三 a,b|c;d {e} [f]', '%5B', '$1', '%[a=b]x', '%,[a=b]x'), accepts: ['', 'a b', '张三，😀 "x" \'y\' a,b|c {d} 100% $5 %5B[', ' blanks kept '] },
  'execute: channel': { make: (callId) => execute({ callId }), find: (packet) => verb(packet)[1], text: uuids, accepts: [ID] },
  'execute: event id': { make: (eventId) => execute({ eventId }), find: (packet) => sendmsg(packet).get('event-uuid'), text: uuids, accepts: [ID] },
  'execute: application': { make: (application) => execute({ application: application as Application }), find: (packet) => sendmsg(packet).get('execute-app-name'), text: around('playback', 'set', 'system', 'bgsystem', 'transfer'), accepts: ['playback', 'set'] },
  'uuid_dump: uuid': { make: (uuid) => api({ api: 'uuid_dump', uuid }), find: word('uuid_dump', 0, 2), text: uuids, accepts: [ID] },
  'sched_del: uuid': { make: (uuid) => api({ api: 'sched_del', uuid }), find: word('sched_del', 0, 1), text: uuids, accepts: [ID] },
  'uuid_break: uuid': { make: (uuid) => api({ api: 'uuid_break', uuid }), find: word('uuid_break', 0, 1), text: uuids, accepts: [ID] },
  'uuid_kill: uuid': { make: (uuid) => api({ api: 'uuid_kill', uuid, cause: 'NORMAL_CLEARING' }), find: word('uuid_kill', 0, 2), text: uuids, accepts: [ID] },
  'uuid_kill: cause': { make: (cause) => api({ api: 'uuid_kill', uuid: ID, cause }), find: word('uuid_kill', 1, 2), text: around('NORMAL_CLEARING'), accepts: ['NO_ANSWER'] },
  'uuid_setvar: uuid': { make: (uuid) => api({ api: 'uuid_setvar', uuid, name: 'a', value: 'b' }), find: word('uuid_setvar', 0, 3), text: uuids, accepts: [ID] },
  'uuid_setvar: name': { make: (name) => api({ api: 'uuid_setvar', uuid: ID, name, value: 'b' }), find: word('uuid_setvar', 1, 3), text: words, accepts: ['liandong_class'] },
  'uuid_setvar: value': {
    // Two words are FreeSWITCH's way of saying "unset": that is the empty value.
    make: (value) => api({ api: 'uuid_setvar', uuid: ID, name: 'a', value }), find: (packet) => { const [, name, value = '', ...more] = separate(apiOf(packet)[1], ' ', 3); return name === 'a' && more.length === 0 ? value : undefined },
    text: around('true', '1795427065046761', 'a b'), accepts: ['', 'road.water:1', '+86#*'],
  },
  'sched_transfer: uuid': { make: (uuid) => api({ api: 'sched_transfer', afterSeconds: 4, uuid, extension: 'fallback', context: 'citizens' }), find: word('sched_transfer', 1, 5), text: uuids, accepts: [ID] },
  'sched_transfer: extension': { make: (extension) => api({ api: 'sched_transfer', afterSeconds: 4, uuid: ID, extension, context: 'citizens' }), find: word('sched_transfer', 2, 5), text: words, accepts: ['fallback'] },
  'sched_transfer: context': { make: (context) => api({ api: 'sched_transfer', afterSeconds: 4, uuid: ID, extension: 'fallback', context }), find: word('sched_transfer', 4, 5), text: words, accepts: ['citizens'] },
  'originate: dial string': { make: (dial) => originate({ dial }), find: (packet) => leg(packet).rest, text: around('user/1001@operators', 'sofia/operators/1001%example.org', 'a:_:b'), accepts: ['user/1001@operators', 'sofia/operators/1001%10.0.0.1:5060'] },
  'originate: whom to intercept': { make: (intercept) => originate({ intercept }), find: (packet) => leg(packet).target, text: uuids, accepts: [ID] },
  'originate: name of a variable': {
    make: (name) => originate({ variables: { first: '1', [name]: 'x', last: '2' } }),
    find: (packet) => { const { variables } = leg(packet); return variables.get('first') === '1' && variables.get('last') === '2' ? [...variables.keys()].find((name) => variables.get(name) === 'x') : undefined },
    text: around('liandong_call'), accepts: ['liandong_call'],
  },
  'originate: value of a variable': {
    make: (value) => originate({ variables: { first: '1', name: value, last: '2' } }),
    find: (packet) => { const { variables } = leg(packet); return variables.get('first') === '1' && variables.get('last') === '2' && variables.size === 3 ? variables.get('name') : undefined },
    text: around('13900000001', `uuid_setvar ${ID} socket_resume false`, ' a', 'b ', ' ', ''), accepts: ['+8613900000001', `uuid_setvar ${ID} socket_resume false`, 'a  b'],
  },
  'originate: whom to hear': { make: (eavesdrop) => ({ verb: 'bgapi', jobId: OTHER, call: { api: 'originate', variables: { origination_uuid: OTHER }, dial: 'user/1001', eavesdrop } }), find: (packet) => /^&eavesdrop\((.*)\)$/.exec(separate(apiOf(packet)[1], ' ')[1] ?? '')?.[1], text: uuids, accepts: [ID] },
  'originate: whom to hear first': { make: (eavesdrop) => ({ verb: 'bgapi', jobId: OTHER, call: { api: 'originate', variables: { origination_uuid: OTHER }, dial: 'user/1001', eavesdrop, rejoin: OTHER } }), find: (packet) => inline(packet).get('eavesdrop'), text: uuids, accepts: [ID] },
  'originate: whom to take afterwards': { make: (rejoin) => ({ verb: 'bgapi', jobId: OTHER, call: { api: 'originate', variables: { origination_uuid: OTHER }, dial: 'user/1001', eavesdrop: OTHER, rejoin } }), find: (packet) => inline(packet).get('intercept'), text: uuids, accepts: [ID] },
  'originate: whom to dial on': { make: (dial) => ({ verb: 'bgapi', jobId: OTHER, call: { api: 'originate', variables: { origination_uuid: OTHER }, dial: 'user/1001', bridge: { dial, variables: { origination_uuid: ID } } } }), find: (packet) => onward(packet).rest, text: around('sofia/gateway/carrier/13900000001', 'a:_:b'), accepts: ['sofia/gateway/carrier/13900000001'] },
  'originate: variable of the leg dialled on': { make: (value) => ({ verb: 'bgapi', jobId: OTHER, call: { api: 'originate', variables: { origination_uuid: OTHER }, dial: 'user/1001', bridge: { dial: 'user/1', variables: { first: '1', name: value, last: '2' } } } }), find: (packet) => { const { variables } = onward(packet); return variables.get('first') === '1' && variables.get('last') === '2' && variables.size === 3 ? variables.get('name') : undefined }, text: around('13900000001', ''), accepts: ['13900000001'] },
  'uuid_transfer: uuid': { make: (uuid) => api({ api: 'uuid_transfer', uuid, extension: '110', context: 'citizens' }), find: word('uuid_transfer', 0, 4), text: uuids, accepts: [ID] },
  'uuid_transfer: extension': { make: (extension) => api({ api: 'uuid_transfer', uuid: ID, extension, context: 'citizens' }), find: word('uuid_transfer', 1, 4), text: words, accepts: ['110'] },
  'uuid_transfer: context': { make: (context) => api({ api: 'uuid_transfer', uuid: ID, extension: '110', context }), find: word('uuid_transfer', 3, 4), text: words, accepts: ['citizens'] },
  'uuid_take: leg': { make: (uuid) => api({ api: 'uuid_take', uuid, call: OTHER }), find: word('uuid_transfer', 0, 3), text: uuids, accepts: [ID] },
  'uuid_take: call': { make: (call) => api({ api: 'uuid_take', uuid: OTHER, call }), find: (packet) => { const taken = word('uuid_transfer', 1, 3)(packet); return taken?.startsWith('intercept:') === true ? taken.slice(10) : undefined }, text: uuids, accepts: [ID] },
  'uuid_displace: uuid': { make: (uuid) => api({ api: 'uuid_displace', uuid, on: true, sound: '/sounds/hold.wav' }), find: word('uuid_displace', 0, 5), text: uuids, accepts: [ID] },
  'uuid_displace: sound': { make: (sound) => api({ api: 'uuid_displace', uuid: ID, on: false, sound }), find: word('uuid_displace', 2, 3), text: around('/usr/share/hold.wav', 'local_stream://hold', 'shell_stream://id'), accepts: ['/usr/share/hold.wav', 'local_stream://hold'] },
  'uuid_mute: uuid': { make: (uuid) => api({ api: 'uuid_mute', uuid, on: true }), find: word('uuid_audio', 0, 5), text: uuids, accepts: [ID] },
  'eavesdrop: leg': { make: (legId) => ({ verb: 'eavesdrop', legId, key: '2' }), find: (packet) => sendevent(packet).get('unique-id'), text: uuids, accepts: [ID] },
  'eavesdrop: key': { make: (key) => ({ verb: 'eavesdrop', legId: ID, key: key as '0' }), find: (packet) => sendevent(packet).get('eavesdrop-command'), text: around('0', '2', '3', '*'), accepts: ['0', '3'] },
  'word: node': { make: (from) => ({ verb: 'word', from, able: 3, free: 1 }), find: (packet) => nodeWord(packet).get('liandong-node'), text: uuids, accepts: [ID] },
  'word: whose desk came': { make: (seated) => ({ verb: 'word', from: ID, seated }), find: (packet) => nodeWord(packet).get('liandong-seated'), text: uuids, accepts: [ID] },
  'word: whose desk went': { make: (left) => ({ verb: 'word', from: ID, left, ready: true }), find: (packet) => nodeWord(packet).get('liandong-left'), text: uuids, accepts: [ID] },
  'uuid_record: uuid': { make: (uuid) => api({ api: 'uuid_record', uuid, action: 'start', path: MESSAGE, maxSeconds: 60, silence: 4_000 }), find: word('uuid_record', 0, 5), text: uuids, accepts: [ID] },
  'uuid_record: path': { make: (path) => api({ api: 'uuid_record', uuid: ID, action: 'start', path, maxSeconds: 60, silence: 4_000 }), find: word('uuid_record', 2, 5), text: around(MESSAGE, '/etc/passwd', `/var/../etc/${OTHER}.wav`), accepts: [MESSAGE] },
  'uuid_record: path to stop': { make: (path) => api({ api: 'uuid_record', uuid: ID, action: 'stop', path }), find: word('uuid_record', 2, 3), text: around(MESSAGE, 'all'), accepts: [MESSAGE] },
  'uuid_record: uuid of a talk': { make: (uuid) => api({ api: 'uuid_record', uuid, action: 'talk', path: MESSAGE }), find: word('uuid_record', 0, 5), text: uuids, accepts: [ID] },
  'uuid_record: path of a talk': { make: (path) => api({ api: 'uuid_record', uuid: ID, action: 'talk', path }), find: word('uuid_record', 2, 5), text: around(MESSAGE, '/etc/passwd', `/var/../etc/${OTHER}.wav`), accepts: [MESSAGE] },
  'still: uuid': { make: (uuid) => api({ api: 'still', uuid }), find: word('hupall', 2, 3), text: uuids, accepts: [ID] },
  'module_exists: module': { make: (module) => api({ api: 'module_exists', module }), find: word('module_exists', 0, 1), text: words, accepts: ['mod_sofia'] },
  'global_getvar: name': { make: (name) => api({ api: 'global_getvar', name }), find: word('global_getvar', 0, 1), text: words, accepts: ['core_uuid'] },
  'callcenter_agents: queue': { make: (queue) => api({ api: 'callcenter_agents', queue }), find: word('callcenter_config', 3, 4), text: around('native', 'native@default'), accepts: ['native@default'] },
  'callcenter_tiers: queue': { make: (queue) => api({ api: 'callcenter_tiers', queue }), find: word('callcenter_config', 3, 4), text: around('native', 'native@default'), accepts: ['native@default'] },
  'callcenter_status: agent': { make: (agent) => api({ api: 'callcenter_status', agent, status: 'On Break' }), find: word('callcenter_config', 3, 5), text: around('1001', "1001 'x"), accepts: ['1001'] },
  'callcenter_status: status': { make: (status) => api({ api: 'callcenter_status', agent: '1001', status: status as 'Available' }), find: word('callcenter_config', 4, 5), text: around('On Break', "On Break' x", 'Available (On Demand)'), accepts: ['Available', 'On Break', 'Logged Out'] },
  'callcenter_add: agent': { make: (agent) => api({ api: 'callcenter_add', agent }), find: word('callcenter_config', 2, 4), text: around('1013', "1013 'x"), accepts: ['1013'] },
  'callcenter_contact: agent': { make: (agent) => api({ api: 'callcenter_contact', agent, dial: 'sofia/operators/1013%liandong' }), find: word('callcenter_config', 3, 5), text: around('1013'), accepts: ['1013'] },
  'callcenter_contact: dial': {
    make: (dial) => api({ api: 'callcenter_contact', agent: '1013', dial }), find: (packet) => /^\[leg_timeout=10,media_timeout=20000\](.*)$/.exec(word('callcenter_config', 4, 5)(packet) ?? '')?.[1],
    text: around('sofia/operators/1013%liandong', "x' y"), accepts: ['sofia/operators/1013%liandong'],
  },
  'callcenter_delay: agent': { make: (agent) => api({ api: 'callcenter_delay', agent, of: 'busy', seconds: 3 }), find: word('callcenter_config', 3, 5), text: around('1013'), accepts: ['1013'] },
  'callcenter_join: queue': { make: (queue) => api({ api: 'callcenter_join', queue, agent: '1013' }), find: word('callcenter_config', 2, 6), text: around('native', 'native@default'), accepts: ['native@default'] },
  'callcenter_join: agent': { make: (agent) => api({ api: 'callcenter_join', queue: 'native', agent }), find: word('callcenter_config', 3, 6), text: around('1013'), accepts: ['1013'] },
  'callcenter_level: queue': { make: (queue) => api({ api: 'callcenter_level', queue, agent: '1001', level: 2 }), find: word('callcenter_config', 3, 6), text: around('native', 'native@default'), accepts: ['native@default'] },
  'callcenter_level: agent': { make: (agent) => api({ api: 'callcenter_level', queue: 'native', agent, level: 2 }), find: word('callcenter_config', 4, 6), text: around('1001'), accepts: ['1001'] },
  // mod_commands.c `file_exists_function` takes the rest of the line as it is.
  'file_exists: path': { make: (path) => api({ api: 'file_exists', path }), find: (packet) => { const [name, argument] = apiOf(packet); return name === 'file_exists' ? argument : undefined }, text: around('/usr/share/提示 音/welcome.wav', '/'), accepts: ['/usr/share/提示 音/welcome.wav'] },
  'xml_locate: tag': { make: (tag) => api({ api: 'xml_locate', section: 'dialplan', tag, key: 'k', value: 'v' }), find: word('xml_locate', 1, 4), text: words, accepts: ['context'] },
  'xml_locate: key': { make: (key) => api({ api: 'xml_locate', section: 'dialplan', tag: 't', key, value: 'v' }), find: word('xml_locate', 2, 4), text: words, accepts: ['name'] },
  'xml_locate: value': { make: (value) => api({ api: 'xml_locate', section: 'dialplan', tag: 't', key: 'k', value }), find: word('xml_locate', 3, 4), text: words, accepts: ['citizens'] },
} satisfies Readonly<Record<string, Place>>

type Free<Value> = Value extends string ? (string extends Value ? true : never) : Value extends number | boolean ? never : true
type WithText<One> = One extends unknown ? (true extends { [Key in keyof One]: Free<One[Key]> }[keyof One] ? One : never) : never
type NameOf<Key> = Key extends `${infer Name}: ${string}` ? Name : never
/** A command that carries text and has no place above does not compile: its name stands in the error. */
type WithoutPlace = Exclude<WithText<ApiCall>['api'] | Exclude<WithText<Command>['verb'], 'api'>, NameOf<keyof typeof PLACES>>
const covered: [WithoutPlace] extends [never] ? true : WithoutPlace = true

/** The practice exchange's own reading of the same bytes, in pieces; null: it waits for more or ends the connection. */
function readByExchange(bytes: Buffer, size = bytes.length): Packet[] | null {
  const packets: Packet[] = []
  const refusals: true[] = []
  const reader = makePacketReader(({ line, ...rest }) => packets.push({ command: line, ...rest }), () => refusals.push(true))
  for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size))
  return refusals.length > 0 || reader.waits !== 'nothing' ? null : packets
}
function readByC(bytes: Buffer): Packet[] | null {
  try {
    return readPackets(bytes)
  } catch {
    return null
  }
}
const plain = (packets: Packet[] | null): unknown => packets?.map(({ command, headers, body }) => [command, [...headers], body]) ?? null

t.test('two readings of read_packet agree, whatever the bytes and however they arrive', async (t) => {
  const piece = fc.constantFrom('\r', '\n', '\n\n', '\r\n', '\r\n\r\n', nul, ':', ': ', ' ', 'api', 'sendmsg x', 'content-length: 2', 'Content-Length: 0', 'content-length:  3', 'content-length: -1', 'content-length: 99999999', 'a', 'A: 1', 'a: 2', 'execute-app-name: system', '\xff')
  let whole = 0
  fc.assert(fc.property(fc.array(piece, { maxLength: 24 }), fc.boolean(), fc.integer({ min: 1, max: 9 }), (pieces, ended, size) => {
    const bytes = Buffer.from(`${pieces.join('')}${ended ? '\n\n' : ''}`, 'latin1')
    const [one, other] = [plain(readByC(bytes)), plain(readByExchange(bytes, size))]
    if (one !== null) whole += 1
    return JSON.stringify(one) === JSON.stringify(other)
  }), { numRuns: 20_000, seed: 110 })
  t.ok(whole > 5_000, `${whole} were read to the end`)
})

/** null when refused. Anything but CommandRefused is a failure of the test. */
function encode(command: Command): Buffer | null {
  try {
    return encodeCommand(command)
  } catch (error) {
    if (error instanceof CommandRefused) return null
    throw error
  }
}

t.ok(covered)
for (const [name, { make, find, text, accepts }] of Object.entries<Place>(PLACES)) {
  t.test(`${name}: for any string exactly one frame that says it, or a refusal`, async (t) => {
    for (const good of accepts) t.ok(encode(make(good)), `takes ${JSON.stringify(good)}`)
    let sent = 0
    let refused = 0
    const property = fc.property(text, (value) => {
      const bytes = encode(make(value))
      if (bytes === null) { refused += 1; return true }
      sent += 1
      const packets = readPackets(bytes)
      if (JSON.stringify(plain(readByExchange(bytes))) !== JSON.stringify(plain(packets))) return false
      return packets.length === 1 && packets[0] !== undefined && Buffer.from(find(packets[0]) ?? nul, 'latin1').toString() === value
    })
    const outcome = fc.check(property, { numRuns: 2_000, seed: 110 })
    t.notOk(outcome.failed, outcome.failed ? `${JSON.stringify(outcome.counterexample)} ${String(outcome.errorInstance)}` : 'holds')
    t.ok(sent > 20 && refused > 20, `${sent} sent, ${refused} refused`)
  })
}

t.test('numbers: whole, within bounds, or refused', async () => {
  const property = fc.property(fc.oneof(fc.double(), fc.integer(), fc.integer({ min: -2, max: 4_000 })), (seconds) => {
    const linger = encode({ verb: 'linger', seconds })
    const transfer = encode(api({ api: 'sched_transfer', afterSeconds: seconds, uuid: ID, extension: 'fallback', context: 'citizens' }))
    const whole = Number.isInteger(seconds) && seconds >= 0
    if ((linger !== null) !== (whole && seconds <= 600) || (transfer !== null) !== (whole && seconds <= 3_600)) return false
    return (linger === null || verb(readPackets(linger)[0]!)[1] === String(Math.abs(seconds))) && (transfer === null || separate(apiOf(readPackets(transfer)[0]!)[1], ' ')[0] === `+${Math.abs(seconds)}`)
  })
  fc.assert(property, { numRuns: 3_000, seed: 110 })
})

t.test('commands without text, and `linger` never without a number', async (t) => {
  const commands: Record<string, Command> = {
    'connect': { verb: 'connect' }, 'myevents json': { verb: 'myevents' }, 'linger 5': { verb: 'linger', seconds: 5 }, 'api global_setvar liandong_able=1764000000000': { verb: 'api', call: { api: 'able', mark: 1_764_000_000_000 } },
    'nixevent CHANNEL_ANSWER CHANNEL_APPLICATION CHANNEL_CREATE CHANNEL_DATA CHANNEL_DESTROY CHANNEL_EXECUTE CHANNEL_ORIGINATE CHANNEL_OUTGOING CHANNEL_PARK CHANNEL_PROGRESS CHANNEL_PROGRESS_MEDIA CHANNEL_STATE CHANNEL_UNBRIDGE CHANNEL_UUID DTMF NOTALK TALK': { verb: 'nixevent' },
    'event json HEARTBEAT CUSTOM a::b c::d': { verb: 'event', names: ['HEARTBEAT'], custom: ['a::b', 'c::d'] },
    'api uptime': api({ api: 'uptime' }), 'api version': api({ api: 'version' }), 'api status': api({ api: 'status' }), 'api sofia status': api({ api: 'sofia_status' }), 'api sofia recover': api({ api: 'sofia_recover' }),
    'api show channels as json': api({ api: 'show', what: 'channels' }), [`api uuid_dump ${ID} json`]: api({ api: 'uuid_dump', uuid: ID }), [`api uuid_break ${ID}`]: api({ api: 'uuid_break', uuid: ID }),
  }
  for (const [line, command] of Object.entries(commands)) t.same(readPackets(encodeCommand(command)), [{ command: line, headers: new Map(), body: '' }], line)
})

t.test('a refusal names the field and carries no text of the caller', async (t) => {
  const secret = '13900000001\n\napi system id'
  for (const [name, { make }] of Object.entries(PLACES)) {
    try {
      encodeCommand(make(secret))
      t.fail(`${name} was sent`)
    } catch (error) {
      t.type(error, CommandRefused, name)
      t.notMatch((error as Error).message, '1390000', name)
    }
  }
  t.equal(encode(execute({ arg: 'x'.repeat(65_537) })), null, 'nor is anything endless sent')
})

t.test('many commands in one write are as many frames, each with its own text', async () => {
  const some = fc.constantFrom(...Object.values(PLACES)).chain((place) => place.text.map((value) => ({ place, value })))
  fc.assert(fc.property(fc.array(some, { maxLength: 12 }), (list) => {
    const sent = list.flatMap(({ place, value }) => {
      const bytes = encode(place.make(value))
      return bytes === null ? [] : [{ bytes, place, value }]
    })
    const packets = readPackets(Buffer.concat(sent.map(({ bytes }) => bytes)))
    return packets.length === sent.length && packets.every((packet, at) => Buffer.from(sent[at]!.place.find(packet) ?? nul, 'latin1').toString() === sent[at]!.value)
  }), { numRuns: 2_000, seed: 110 })
})

// ── On the wire: the practice exchange splits as FreeSWITCH does and remembers what it should never have been told ──

t.test('the practice exchange sees one command for one command, and nothing insecure', async (t) => {
  const exchange = await startExchange({ password: randomUUID() })
  let session: OutboundSession | null = null
  const outbound = await startOutbound({ host: '127.0.0.1', port: 0, peers: ['127.0.0.1'] }, { canServe: () => true, onCall: (one) => { session = one }, onRefused: () => undefined })
  t.teardown(async () => { await outbound.close(); await exchange.close() })
  exchange.setOutbound(`127.0.0.1:${outbound.port}`)
  const call = exchange.placeCall({ number: '13900000001' })
  const { connection } = await until('the call', () => session)
  const { callId } = call
  const values = [...new Set([...HOSTILE, ...HOSTILE.map((one) => `13900000001${one}x`), ...fc.sample(hostile, { numRuns: 400, seed: 110 })])]

  let sent = 0
  const before = exchange.transcript.length
  for (const value of values) {
    const arg = `liandong_note=${value}`
    const command: Command = { verb: 'execute', callId, application: 'set', arg, eventId: randomUUID() }
    if (encode(command) === null) continue
    sent += 1
    t.equal((await connection.request(command)).ok, true)
    const dump = await until('the variable', async () => {
      const fields = JSON.parse((await connection.request(api({ api: 'uuid_dump', uuid: callId }))).text) as Record<string, string | string[]>
      sent += 1
      return fields.variable_liandong_note === value ? fields : undefined
    })
    if (dump.variable_liandong_note !== value) t.fail(`arrived otherwise: ${JSON.stringify(value)}`)
  }
  t.ok(sent > 200, `${sent} commands`)
  t.equal(exchange.transcript.length - before, sent, 'as many lines as commands')
  t.same(exchange.insecurities, [])

  // The same text without the encoder: the exchange does see it.
  const raw = connection.socket ?? t.fail('no socket')
  if (raw !== true && raw !== false) raw.write(`sendmsg ${callId}\ncall-command: execute\nexecute-app-name: set\nexecute-app-arg: a=1\n\nbgapi system id\n\n`)
  await until('the injection is noticed', () => exchange.insecurities.length > 0)
  t.match(exchange.insecurities, ['system id'])
})
