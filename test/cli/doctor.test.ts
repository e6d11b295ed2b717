import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import Value from 'typebox/value'
import { doctorCommand } from '../../src/cli/doctor.js'
import { runCommand } from '../../src/cli/run.js'
import { Check } from '../../src/contracts/doctor.js'
import { checkPbx, type PbxUnderCare } from '../../src/pbx/doctor/doctor.js'
import { checkClock, checkVersion, runningProfiles } from '../../src/pbx/doctor/readings.js'
import { params, parseXml } from '../../src/pbx/doctor/xml.js'
import { startExchange } from '../../src/pbx/exchange/exchange.js'
import { makePeople } from '../../src/people/people.js'
import { checkDatabase } from '../../src/store/doctor.js'
import { AROUND } from '../helpers/flows.js'
import { asOwner, migrations, openTestStore, temporaryHome, until } from '../helpers/database.js'

const NODE = '127.0.0.1:8084'
/** The dialplan that we ship, as FreeSWITCH has it: its variables of the machine in place. */
const DIALPLAN = readFileSync(fileURLToPath(new URL('../../sip/freeswitch/dialplan/citizens.xml', import.meta.url)), 'utf8').replace(/^<include>|<\/include>\s*$/g, '')
  .replaceAll('$${intake_nodes}', NODE).replaceAll('$${liandong_sounds}', '/opt/liandong/sip/freeswitch/sounds').replaceAll(/\$\$\{\w+\}/g, 'x')
/** What a real FreeSWITCH 1.11 with the shipped configuration answered; paths and ports replaced. */
const REPLIES = { 'xml_locate dialplan context name citizens': DIALPLAN, ...JSON.parse(readFileSync(fileURLToPath(new URL('../fixtures/doctor/freeswitch-1.11.json', import.meta.url)), 'utf8')) as Record<string, string> } as Readonly<Record<string, string>>
const PASSWORD = 'a-password-of-this-test'

const care = (port: number, more: Partial<PbxUnderCare> = {}): PbxUnderCare => ({
  host: '127.0.0.1', port, password: PASSWORD, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: 'sofia/citizens/{number}@10.9.9.9', hallsDial: '', nodes: [], fallbackExtension: 'fallback', fallbackContext: 'citizens', nativeQueue: 'native', node: NODE,
  ports: [8084, 8110], holdMusic: 'hold.wav', cdrDirectory: '/opt/liandong/cdr', phones: '', browserPhones: '', recordings: '', prompts: ['/opt/liandong/ivr-flows/prompts/zh-CN/greeting.wav'], extensions: ['1001', '1002'], ...more,
})

/** A practice exchange that answers about its configuration as that FreeSWITCH did, save for what `changes` says. */
async function pbx(t: Test, changes: Readonly<Record<string, (reply: string) => string>> = {}) {
  const exchange = await startExchange({ password: PASSWORD, answers: (command, argument) => {
    const line = argument === '' ? command : `${command} ${argument}`
    const reply = command === 'module_exists' || command === 'file_exists' ? 'true' : REPLIES[line]
    const change = changes[line] ?? changes[command]
    return change === undefined ? reply : change(reply ?? '')
  } })
  t.teardown(() => exchange.close())
  return exchange
}

const [CORE, HALLS] = ['0c0de000-0000-4000-8000-000000000001', 'sofia/citizens/{number}@10.0.0.5:5060']
const node = (name: string, core: string, halls: boolean | null = true): PbxUnderCare['nodes'][number] => ({ node: name, host: `host-${name}`, core, halls })
const without = (text: string) => (reply: string): string => { if (!reply.includes(text)) throw new Error(`nothing to take out: ${text}`); return reply.replaceAll(text, '') }
const instead = (before: string | RegExp, after: string) => (reply: string): string => {
  const changed = reply.replace(before, after)
  if (changed === reply) throw new Error(`nothing to change: ${String(before)}`)
  return changed
}
/** A row as mod_sofia.c prints it. */
const gateway = (state: string): ((reply: string) => string) => instead(/^(\s*citizens\tprofile)/m, `            citizens::city\tgateway\t                      sip:city@10.9.9.9\t${state}\n$1`)
const verdicts = (checks: readonly Check[]): string[] => checks.filter(({ verdict }) => verdict !== 'ok').map(({ id, verdict }) => `${verdict} ${id}`)

function sound(t: Test, checks: readonly Check[]): void {
  for (const check of checks) {
    t.ok(Value.Check(Check, check), `${check.id} fits its schema`)
    t.equal(check.remedy !== undefined, check.verdict !== 'ok', `${check.id}: what is not well says what to do`)
  }
  t.notMatch(JSON.stringify(checks), PASSWORD, 'no secret is told')
}

t.test('a FreeSWITCH as it should be', async (t) => {
  const exchange = await pbx(t)
  const checks = await checkPbx(care(exchange.port))
  sound(t, checks)
  t.same(verdicts(checks), [])
  for (const id of ['reach', 'version', 'modules', 'sofia.citizens', 'sofia.operators', 'trunk', 'dialplan.socket', 'dialplan.switch', 'dialplan.resume', 'dialplan.fallback', 'dialplan.after-talk', 'queue', 'queue.follows', 'prompts', 'sounds', 'expansion', 'exposure', 'password', 'rtp', 'cdr', 'clock']) {
    t.ok(checks.some((check) => check.id === `pbx.${id}`), id)
  }
  t.same(exchange.insecurities, [])
  t.ok(exchange.transcript.every((line) => !/uuid_|originate|sched_|setvar|reload|load /.test(line)), 'it only looks')
  await until('its connection to end', () => exchange.live().listeners === 0)
})

t.test('each thing that can be wrong is found, and nothing else', async (t) => {
  const dialplan = 'xml_locate dialplan context name citizens'
  const configuration = (name: string): string => `xml_locate configuration configuration name ${name}`
  const table: readonly (readonly [string, Readonly<Record<string, (reply: string) => string>>, Partial<PbxUnderCare>, readonly string[]])[] = [
    ['an old FreeSWITCH', { version: () => 'FreeSWITCH Version 1.8.7+git~20190605 (git 6047ebd 64bit)\n' }, {}, ['bad pbx.version']],
    ['a version nobody knows', { version: () => '-ERR no reply\n' }, {}, ['warn pbx.version']],
    ['no native queue module', { module_exists: (reply) => reply, 'module_exists mod_callcenter': () => 'false' }, {}, ['bad pbx.modules']],
    ['no call records', { 'module_exists mod_json_cdr': () => 'false' }, {}, ['warn pbx.modules']],
    ['citizens’ port is taken', { 'sofia status': instead(/^\s*citizens.*\n/m, '') }, {}, ['bad pbx.sofia.citizens', 'bad pbx.trunk']],
    ['numbers outside by a profile that is not there', {}, { trunkDial: 'sofia/external/{number}@10.9.9.9' }, ['bad pbx.trunk']],
    ['numbers outside by a gateway that is not there', {}, { trunkDial: 'sofia/gateway/city/{number}' }, ['bad pbx.trunk']],
    ['numbers outside by a gateway', { 'sofia status': gateway('NOREG') }, { trunkDial: 'sofia/gateway/city/{number}' }, []],
    ['numbers outside by a gateway of that profile', { 'sofia status': gateway('REGED') }, { trunkDial: 'sofia/gateway/citizens::city/{number}' }, []],
    ['numbers outside by a gateway that the carrier refused', { 'sofia status': gateway('FAIL_WAIT (retry: 12s)') }, { trunkDial: 'sofia/gateway/city/{number}' }, ['warn pbx.trunk']],
    ['numbers outside by another way', {}, { trunkDial: 'loopback/{number}' }, []],
    ['phones’ profile is down', { 'sofia status': instead(/(operators\t.*)RUNNING/, '$1DOWN') }, {}, ['bad pbx.sofia.operators']],
    ['phones are dialled by another way', {}, { operatorDial: 'user/{extension}' }, []],
    ['no such context', { [dialplan]: () => "can't find anything\n" }, {}, ['bad pbx.dialplan.context']],
    ['no socket', { [dialplan]: instead(/<action application="socket".*/, '') }, {}, ['bad pbx.dialplan.socket']],
    ['a socket that waits', { [dialplan]: without(' async full') }, {}, ['bad pbx.dialplan.socket']],
    ['nodes that are asked in one order only', { [dialplan]: instead('${liandong_nodes} async', '127.0.0.1:8084|127.0.0.1:8085 async') }, {}, ['warn pbx.dialplan.order']],
    ['another node', {}, { node: '127.0.0.1:9999' }, ['bad pbx.dialplan.socket']],
    ['no dead-man’s switch', { [dialplan]: instead(/<action application="sched_transfer".*/, '') }, {}, ['bad pbx.dialplan.switch']],
    ['a switch behind the socket', { [dialplan]: instead(/(<action application="sched_transfer".*)([\s\S]*?)(<action application="socket".*)/, '$3$2$1') }, {}, ['bad pbx.dialplan.switch']],
    ['a slow switch', { [dialplan]: instead('+3 fallback', '+25 fallback') }, {}, ['warn pbx.dialplan.switch']],
    ['a switch to nowhere', { [dialplan]: instead('+3 fallback', '+3 fallbak') }, {}, ['bad pbx.dialplan.switch']],
    ['the settings name another extension', {}, { fallbackExtension: 'native' }, ['bad pbx.dialplan.switch', 'bad pbx.dialplan.fallback']],
    ['no socket_resume', { [dialplan]: instead('socket_resume=true', 'socket_resume=false') }, {}, ['bad pbx.dialplan.resume']],
    ['nothing behind the socket', { [dialplan]: instead(/(<action application="socket".*)\s*<action application="transfer".*/, '$1') }, {}, ['bad pbx.dialplan.fallback']],
    ['a fallback that only plays', { [dialplan]: instead(/<action application="callcenter".*/, '') }, {}, ['bad pbx.dialplan.fallback']],
    ['a fallback that fires again', { [dialplan]: instead(/<action application="sched_cancel".*/, '') }, {}, ['warn pbx.dialplan.fallback']],
    ['nothing for a telephone that dies', { [dialplan]: instead('^after-talk$', '^after-tea$') }, {}, ['bad pbx.dialplan.after-talk']],
    ['citizens can dial out', { [dialplan]: instead('<action application="respond"', '<action application="bridge"') }, {}, ['warn pbx.dialplan.exits']],
    ['the queue is not loaded', { 'callcenter_config queue list': instead(/^native.*\n/m, '') }, {}, ['bad pbx.queue']],
    ['all agents on break', { 'callcenter_config queue list agents native': (reply) => reply.replaceAll('Available', 'On Break') }, {}, ['bad pbx.queue']],
    ['telephones in a talk are rung', { 'callcenter_config queue list': instead('|true|On Break', '|false|On Break') }, {}, ['bad pbx.queue.follows']],
    ['an allow-list of before', { 'show api as json': without('"name":"hupall"') }, {}, ['warn pbx.apis']],
    ['one of a little later', { 'show api as json': without('"name":"global_setvar"') }, {}, ['warn pbx.apis']],
    ['telephones may transfer by their own key', { 'xml_locate configuration configuration name sofia.conf': (reply) => reply.slice(0, reply.indexOf('operators">')) + without('<param name="disable-transfer" value="true"></param>')(reply.slice(reply.indexOf('operators">'))) }, {}, ['bad pbx.sofia.transfer']],
    ['nobody counts who is in a talk', { 'show application as json': without('callcenter_track') }, {}, ['bad pbx.queue.follows']],
    ['another queue is kept', {}, { nativeQueue: 'support' }, ['warn pbx.queue.follows']],
    ['none is kept', {}, { nativeQueue: '' }, ['warn pbx.queue.follows']],
    ['no telephone of the queue is registered', { 'show registrations as json': () => '{"row_count":0}\n' }, {}, ['warn pbx.queue']],
    ['an operator who is no agent', {}, { extensions: ['1001', '7777'] }, ['warn pbx.queue.agents']],
    ['prompts that the PBX does not see', { file_exists: () => 'false' }, {}, ['bad pbx.prompts', 'bad pbx.sounds']],
    ['no hold music', { 'file_exists /opt/liandong/sip/freeswitch/sounds/other.wav': () => 'false' }, { holdMusic: 'other.wav' }, ['bad pbx.sounds']],
    ['hold music that is a stream', { 'file_exists /opt/liandong/sip/freeswitch/sounds/hold.wav': () => 'false' }, { holdMusic: 'local_stream://moh' }, []],
    ['callers’ text is expanded', { 'fsctl api_expansion': () => '+OK api_expansion is on \n' }, {}, ['bad pbx.expansion']],
    ['an event socket for everybody', { [configuration('event_socket.conf')]: (reply) => instead('127.0.0.1', '0.0.0.0')(instead('loopback.auto', 'any_v4.auto')(reply)) }, {}, ['warn pbx.exposure']],
    ['an event socket for everybody, kept to loopback by its list', { [configuration('event_socket.conf')]: instead('127.0.0.1', '::') }, {}, []],
    ['our port among the RTP ports', {}, { ports: [31_000] }, ['warn pbx.rtp']],
    ['few RTP ports', { [configuration('switch.conf')]: instead(/(rtp-end-port" value=")\d+/, '$130100') }, {}, ['warn pbx.rtp']],
    ['RTP ports in reverse', { [configuration('switch.conf')]: instead(/(rtp-end-port" value=")\d+/, '$11000') }, {}, ['bad pbx.rtp']],
    ['call records elsewhere', {}, { cdrDirectory: '/var/spool/cdr' }, ['warn pbx.cdr']],
    ['telephones in browsers', { [configuration('sofia.conf')]: instead(/(<profile name="operators">\s*<settings>)/, '$1<param name="wss-binding" value="10.1.2.3:7443"></param>') }, { browserPhones: 'wss://110.example:7443' }, []],
    ['telephones in browsers behind a proxy', { [configuration('sofia.conf')]: instead(/(<profile name="operators">\s*<settings>)/, '$1<param name="ws-binding" value="127.0.0.1:5066"></param>') }, { browserPhones: 'wss://110.example/phone' }, []],
    ['telephones in browsers that the PBX does not know of', { [configuration('sofia.conf')]: instead(/(<profile name="operators">\s*<settings>)/, '$1<param name="wss-binding" value=""></param><param name="ws-binding" value="127.0.0.1:"></param>') }, { browserPhones: 'wss://110.example:7443' }, ['bad pbx.browser-phones']],
    ['telephones out of our file', { 'global_getvar liandong_phones': () => '/srv/phones.xml' }, { phones: '/srv/phones.xml' }, []],
    ['telephones out of another file', { 'global_getvar liandong_phones': () => '/etc/phones/none.xml' }, { phones: '/srv/phones.xml' }, ['bad pbx.phones']],
    ['telephones out of our file, which nobody reads', { 'global_getvar liandong_phones': () => '/srv/phones.xml', 'module_exists mod_xml_curl': () => 'false' }, { phones: '/srv/phones.xml' }, ['bad pbx.phones']],
    ['talks are recorded where they are taken in', { 'global_getvar liandong_recordings': () => '/srv/recordings\n' }, { recordings: '/srv/recordings' }, []],
    ['talks are recorded elsewhere', { 'global_getvar liandong_recordings': () => '/tmp/recordings' }, { recordings: '/srv/recordings' }, ['bad pbx.recordings']],
    ['talks are to be recorded, and the PBX does not know', {}, { recordings: '/srv/recordings' }, ['bad pbx.recordings']],
    ['talks are recorded that nobody takes in', { 'global_getvar liandong_recordings': () => '/srv/recordings' }, {}, ['warn pbx.recordings']],
    ['one FreeSWITCH of two, as it should be', { 'global_getvar core_uuid': () => CORE }, { hallsDial: HALLS, nodes: [node('a', CORE), node('b', 'other')] }, []],
    ['a dialplan that was not read again', { [dialplan]: instead('liandong_carried=true', 'liandong_carries=true') }, { hallsDial: HALLS }, ['bad pbx.halls']],
    ['one that brings its own callers back', { [dialplan]: instead(/<extension name="carried-home">[\s\S]*?<\/extension>/, '') }, { hallsDial: HALLS }, ['bad pbx.halls']],
    ['one to which others may bring theirs', { [dialplan]: instead('liandong_carried=true', 'liandong_carries=true') }, { nodes: [node('b', 'other')] }, ['warn pbx.halls']],
    ['and nobody may', { [dialplan]: instead('liandong_carried=true', 'liandong_carries=true') }, {}, []],
    ['another FreeSWITCH has not read its dialplan again', { 'global_getvar core_uuid': () => CORE }, { hallsDial: HALLS, nodes: [node('a', CORE, false), node('b', 'other', false), node('c', 'third')] }, ['bad pbx.halls']],
    ['another node is of before', {}, { hallsDial: HALLS, nodes: [node('b', 'other', null)] }, ['warn pbx.halls']],
    ['callers are brought by a profile that is not there', {}, { hallsDial: 'sofia/halls/{number}@10.0.0.5:5060' }, ['bad pbx.halls.dial']],
    ['no configuration can be read', { xml_locate: () => '-ERR no reply\n' }, {}, ['bad pbx.sofia.citizens', 'bad pbx.dialplan.context', 'warn pbx.cdr']],
  ]
  for (const [what, changes, more, expected] of table) {
    const exchange = await pbx(t, changes)
    const checks = await checkPbx(care(exchange.port, more))
    t.same(verdicts(checks), expected, what)
    sound(t, checks)
    await exchange.close()
  }
})

/** A server that does to each connection what `serve` says. */
async function listen(t: Test, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined) // a reset is as good as an end
    serve(socket)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as AddressInfo
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  })
  return port
}

t.test('what is not let in, or not there', async (t) => {
  const only = async (what: string, port: number, expected: string, text: RegExp, more: Partial<PbxUnderCare> = {}): Promise<void> => {
    const checks = await checkPbx(care(port, more))
    sound(t, checks)
    t.same(verdicts(checks), [expected], what)
    t.match(checks.at(-1)?.found.en, text, what)
  }
  const exchange = await pbx(t)
  await only('a wrong password', exchange.port, 'bad pbx.auth', /password is wrong/, { password: 'another-password' })
  await only('a password that is two commands', exchange.port, 'bad pbx.auth', /not let in/, { password: 'x\n\napi shutdown' })
  t.ok(exchange.transcript.every((line) => !line.includes('shutdown')))
  const closed = await startExchange({ password: PASSWORD })
  const { port } = closed
  await closed.close()
  await only('nobody listens', port, 'bad pbx.reach', /cannot reach.*ECONNREFUSED/)
  await only('it says nothing', await listen(t, () => undefined), 'bad pbx.reach', /says nothing/)
  await only('the access list', await listen(t, (socket) => { socket.end('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n') }), 'bad pbx.reach', /access list/)
  await only('it is something else', await listen(t, (socket) => { socket.end('HTTP/1.1 400 Bad Request\r\n\r\n') }), 'bad pbx.reach', /cannot reach/)
  await only('it ends at once', await listen(t, (socket) => { socket.destroy() }), 'bad pbx.reach', /cannot reach/)
  const hanging = await pbx(t, { 'sofia status': (reply) => { hanging.faults.blackHole = true; return reply } })
  await only('it hangs in the middle', hanging.port, 'bad pbx.answers', /cut short/)
})

t.test('readings', async (t) => {
  t.equal(checkVersion('FreeSWITCH Version 1.10.12-release~64bit\n').verdict, 'ok')
  t.equal(checkVersion('FreeSWITCH Version 1.9.0\n').verdict, 'bad')
  t.equal(checkVersion('FreeSWITCH Version 2.0.0\n').verdict, 'ok')
  for (const [skew, uncertainty, verdict] of [[0, 1, 'ok'], [-990, 0, 'ok'], [1_500, 10, 'warn'], [-6_000, 10, 'bad'], [6_000, 5_500, 'ok']] as const) t.equal(checkClock('pbx.clock', ['交换机', 'the PBX'], skew, uncertainty).verdict, verdict, `${skew} ± ${uncertainty}`)
  t.same([...runningProfiles(REPLIES['sofia status'] ?? '')].sort(), ['citizens', 'operators'])
  const element = parseXml('<?xml version="1.0"?><!-- <a/> --><a x="&lt;1&amp;2&#x27;&gt;"><param name="p" value="1"/><b><param name="p" value="2"></param><param name=\'q\' value=\'3\'/></b></a>')
  t.equal(element?.attributes.get('x'), "<1&2'>")
  t.same([...params(element)], [['p', '1'], ['q', '3']])
  for (const text of ['', "can't find anything", '<', '<a', '</a></a>', '<a><b></a></b>', '&#99999999;<a x="&#99999999;"/>']) t.doesNotThrow(() => parseXml(text), text)
})

t.test('PostgreSQL', async (t) => {
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  const look = { databaseUrl: '', home: home.path, migrations }
  t.same(verdicts((await checkDatabase(look)).checks), ['warn database.reach'], 'the embedded one before its first start')
  t.same(verdicts((await checkDatabase({ ...look, databaseUrl: 'postgres://127.0.0.1:1/x' })).checks), ['bad database.reach'])
  const store = await openTestStore(home.path)
  await asOwner(t, store).query(`delete from calendar_year where year >= extract(year from now())`)
  const year = new Date().getFullYear()
  t.match((await checkDatabase(look, () => Date.UTC(year, 5, 1))).checks.find(({ id }) => id === 'database.calendar'), { verdict: 'warn', found: { en: new RegExp(`${year} is not loaded`) }, remedy: { en: /import calendar/ } })
  await asOwner(t, store).query(`insert into calendar_year (year, source) values ($1, 't')`, [year])
  t.match((await checkDatabase(look, () => Date.UTC(year, 11, 15))).checks.find(({ id }) => id === 'database.calendar'), { verdict: 'warn', found: { en: new RegExp(`${year + 1} is not loaded`) } }, 'of the next year from December on')
  await asOwner(t, store).query(`insert into calendar_year (year, source) values ($1, 't')`, [year + 1])
  const { checks } = await checkDatabase(look)
  sound(t, checks)
  t.same(verdicts(checks), ['warn database.people'], 'nobody can sign in yet')
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '甲', role: 'operator', extension: '1001' }, PASSWORD)
  await people.addPerson({ loginName: 'op2', displayName: '乙', role: 'operator', extension: '1002', practice: true }, PASSWORD)
  t.same(verdicts((await checkDatabase(look)).checks), ['warn database.named'], 'nobody rules by name')
  await people.addPerson({ loginName: 'chief', displayName: '裁定人', role: 'supervisor' }, PASSWORD)
  await store.pool.query(`insert into named_person (stage, name, person_id) select 'ruling', '裁定人', id from person where login_name = 'chief'`)
  t.match((await checkDatabase(look)).checks.find(({ id }) => id === 'database.named'), { verdict: 'warn', found: { en: /late/ } })
  await store.pool.query(`insert into named_person (stage, name, channel, address) values ('warn', '科长', 'sms', '13900000101'), ('supervise', '局长', 'sms', '13900000102')`)
  await store.pool.query(`insert into named_person (stage, unit_id, name, channel, address) values ('notice', 'drainage', '排水负责人', 'sms', '13900000103')`)
  await people.addPerson({ loginName: 'gone', displayName: '离任', role: 'supervisor' }, PASSWORD)
  await store.pool.query(`insert into named_person (stage, name, channel, address, person_id) select 'notice', '离任', 'sms', '13900000104', id from person where login_name = 'gone'`)
  await store.pool.query(`update person set disabled_at = now() where login_name = 'gone'`)
  t.match((await checkDatabase(look)).checks.find(({ id }) => id === 'database.named'), { verdict: 'warn', found: { en: /stage notice/ } }, 'one unit’s alone, and who left, are nobody for the others')
  await store.pool.query(`update person set disabled_at = null where login_name = 'gone'`)
  const well = await checkDatabase(look)
  t.same(verdicts(well.checks), [])
  t.same(well.extensions, ['1001'], 'practice people are nobody’s operators')
  t.ok(Math.abs(well.clock?.skew ?? Infinity) < 1_000)
  t.match((await checkDatabase(look, () => Date.now() - 3_600_000)).clock?.skew, Number)
  t.ok(((await checkDatabase(look, () => Date.now() - 3_600_000)).clock?.skew ?? 0) > 3_599_000, 'our clock is an hour late')
  await store.editions.keepRule('a', { approval: true, around: AROUND })
  t.same(verdicts((await checkDatabase(look)).checks), [], 'one node is its own rule')
  await store.editions.keepRule('b', { approval: false, around: AROUND })
  t.match((await checkDatabase(look)).checks.find(({ id }) => id === 'flows.rules'), { verdict: 'warn', found: { en: /a want a second person, b do not/ }, remedy: { en: /LIANDONG_FLOWS_APPROVAL/ } })
  await store.editions.keepRule('b', { approval: true, around: AROUND })
  t.same(verdicts((await checkDatabase(look)).checks), [])
  const owner = asOwner(t, store)
  t.same(verdicts((await checkDatabase({ ...look, databaseUrl: store.ownerUrl })).checks), ['warn database.history'], 'a server that could write history anew')
  await owner.query(`insert into migration (version, name, checksum) values (9999, 'later', '')`)
  t.same(verdicts((await checkDatabase(look)).checks), ['bad database.schema'], 'a newer schema')
  await owner.query(`delete from migration where version = 9999`)
  await owner.query(`update migration set checksum = 'x' where version = 1`)
  t.same(verdicts((await checkDatabase(look)).checks), ['bad database.schema'], 'an altered migration')
  await owner.query(`delete from migration where version = 1`)
  t.same(verdicts((await checkDatabase(look)).checks), ['warn database.schema'], 'a migration that is to come')
  await store.close()
})

t.test('liandong doctor', async (t) => {
  const home = temporaryHome()
  const before = { ...process.env }
  t.teardown(() => { process.env = before; home.remove() })
  async function doctor(environment: Record<string, string>, args: readonly string[] = []): Promise<{ code: number; out: string; err: string }> {
    process.env = { ...before, LIANDONG_HOME: home.path, LIANDONG_FLOWS_DIRECTORY: fileURLToPath(new URL('../../ivr-flows', import.meta.url)), ...environment }
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const code = await runCommand(doctorCommand, args, { stdout, stderr, stdin: Readable.from([]) })
    return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
  }
  const practice = await doctor({})
  t.equal(practice.code, 0, practice.out)
  t.match(practice.out, /✓ .* \/ callers enter the flow 110\n/)
  t.match(practice.out, /! 使用练习交换机.* \/ the practice exchange is used.*\n {4}→ .*LIANDONG_PBX_KIND=freeswitch\n/)

  const webs: readonly (readonly [Record<string, string>, string])[] = [
    [{}, '✓'], [{ LIANDONG_HTTP_HOST: '0.0.0.0' }, '✗'], [{ LIANDONG_HTTP_HOST: '0.0.0.0', LIANDONG_HTTP_ORIGINS: 'http://10.0.0.1:8110' }, '!'], [{ LIANDONG_HTTP_ORIGINS: 'https://110.example' }, '!'],
    [{ LIANDONG_HTTP_ORIGINS: 'https://110.example', LIANDONG_HTTP_SECURE_COOKIE: 'true' }, '!'],
    // A proxy, and nobody may come through it.
    [{ LIANDONG_HTTP_SECURE_COOKIE: 'true', LIANDONG_HTTP_TRUST_PROXY: '127.0.0.1' }, '✗'], [{ LIANDONG_HTTP_ORIGINS: 'http://10.0.0.1:8110', LIANDONG_HTTP_TRUST_PROXY: '10.0.0.2' }, '✗'],
    // A city's desks are not on the machine of its FreeSWITCH.
    [{ LIANDONG_PBX_KIND: 'freeswitch', LIANDONG_PBX_PASSWORD: PASSWORD, LIANDONG_PBX_PORT: '1' }, '!'],
    [{ LIANDONG_HTTP_ORIGINS: 'https://110.example', LIANDONG_HTTP_SECURE_COOKIE: 'true', LIANDONG_HTTP_TRUST_PROXY: '127.0.0.1' }, '✓'], [{ LIANDONG_HTTP_HOST: '10.0.0.1', LIANDONG_HTTP_ORIGINS: 'https://110.example', LIANDONG_HTTP_SECURE_COOKIE: 'true', LIANDONG_HTTP_TRUST_PROXY: '10.0.0.2' }, '✓'],
  ]
  for (const [environment, sign] of webs) {
    const { out } = await doctor(environment, ['--json'])
    const web = (JSON.parse(out) as { checks: Check[] }).checks.find(({ id }) => id === 'http')
    t.equal({ ok: '✓', warn: '!', bad: '✗' }[web?.verdict ?? 'ok'], sign, JSON.stringify(environment))
  }

  const cdr = join(home.path, 'cdr')
  mkdirSync(cdr)
  const exchange = await pbx(t, { 'xml_locate configuration configuration name json_cdr.conf': instead('/opt/liandong/cdr', cdr) })
  const real = { LIANDONG_PBX_KIND: 'freeswitch', LIANDONG_PBX_PORT: String(exchange.port), LIANDONG_PBX_PASSWORD: PASSWORD, LIANDONG_PBX_LISTEN_PORT: NODE.split(':')[1] ?? '', LIANDONG_PBX_CDR_DIRECTORY: `${cdr}/`, LIANDONG_HTTP_ORIGINS: 'http://127.0.0.1:8110', LIANDONG_PBX_TRUNK_DIAL: 'sofia/citizens/{number}@10.9.9.9' }
  const well = await doctor(real, ['--json'])
  t.equal(well.code, 0, well.out)
  const { checks } = JSON.parse(well.out) as { checks: Check[] }
  sound(t, checks)
  t.same(verdicts(checks), ['warn database.reach'])

  const mute = await doctor({ ...real, LIANDONG_PBX_TRUNK_DIAL: '' })
  t.equal(mute.code, 0)
  t.match(mute.out, /! 没有设置 pbx\.trunkDial.* \/ pbx\.trunkDial is not set: nobody can be called back, and none of the \d+ lines of lines\.yaml be reached\n {4}→ .*LIANDONG_PBX_TRUNK_DIAL=sofia\/citizens/)

  const ill = await doctor({ ...real, LIANDONG_PBX_PASSWORD: 'not-the-password' })
  t.equal(ill.code, 1)
  t.match(ill.out, /✗ 密码不对 \/ the password is wrong\n {4}→ .*LIANDONG_PBX_PASSWORD.*\n {4}→ .*event_socket\.conf\.xml/)
  t.match(ill.out, /\n✓ \d+ {2}! 1 {2}✗ 1\n$/)
  const file = join(home.path, 'a-file')
  writeFileSync(file, '')
  for (const directory of [file, join(home.path, 'nowhere')]) {
    const unswept = await doctor({ ...real, LIANDONG_PBX_CDR_DIRECTORY: directory })
    t.equal(unswept.code, 1, directory)
    t.match(unswept.out, /✗ 话单目录 .* \/ the directory of call records .* cannot be read and written: .*\n {4}→ .*\n {4}→ .*pbx\.cdrDirectory/)
  }
  const lost = await doctor({ LIANDONG_FLOWS_DIRECTORY: join(home.path, 'nowhere'), LIANDONG_HOME: join(file, 'home') })
  t.equal(lost.code, 1)
  t.match(lost.out, /✗ 数据目录/)
  t.match(lost.out, /✗ 没有流程“110”/)
  t.match(await doctor({}, ['--also']), { code: 2, out: '' })
  t.match(await doctor({ LIANDONG_HTTP_PORT: 'x' }), { code: 2, out: '', err: /LIANDONG_HTTP_PORT/ })
  t.match(await doctor({}, ['--help']), { code: 0, out: /用法 \/ Usage/ })
})
