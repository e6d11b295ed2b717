import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t from 'tap'
import Value from 'typebox/value'
import { configCommand } from '../src/cli/config.js'
import { runCommand } from '../src/cli/run.js'
import { ConfigError, environmentName, loadConfig, SETTINGS, type Config, type SettingKey } from '../src/config.js'
import { temporaryDirectory } from './helpers/directory.js'

const KEYS = Object.keys(SETTINGS) as SettingKey[]
const directory = temporaryDirectory()
t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })

function file(name: string, text: string): Record<string, string> {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, name), text)
  return { LIANDONG_CONFIG: join(directory, name) }
}

function problemsOf(environment: NodeJS.ProcessEnv, options: Partial<Config> = {}): readonly string[] {
  try {
    loadConfig(environment, options)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

/** For each setting: another value than the default, as text of the environment. */
const OTHER: Readonly<Record<SettingKey, readonly [string, unknown]>> = {
  'home': ['./var/elsewhere', resolve('./var/elsewhere')], 'node.name': ['node-2', 'node-2'], 'node.kind': ['county', 'county'], 'county.every': ['500', 500], 'city.timeZone': ['Europe/Berlin', 'Europe/Berlin'], 'log.level': ['debug', 'debug'],
  'database.url': ['postgres://a:secret@db/x', 'postgres://a:secret@db/x'], 'database.ownerUrl': ['postgres://owner:secret@db/x', 'postgres://owner:secret@db/x'], 'http.host': ['0.0.0.0', '0.0.0.0'], 'http.port': ['8443', 8443],
  'http.origins': ['https://a.example, https://b.example', ['https://a.example', 'https://b.example']], 'http.secureCookie': ['true', true], 'http.trustProxy': ['10.0.0.1', '10.0.0.1'],
  'pbx.kind': ['freeswitch', 'freeswitch'], 'pbx.host': ['10.0.0.2', '10.0.0.2'], 'pbx.port': ['8022', 8022], 'pbx.password': ['hush-hush-hush', 'hush-hush-hush'], 'pbx.listenHost': ['10.0.0.3', '10.0.0.3'],
  'pbx.listenPort': ['8085', 8085], 'pbx.peers': ['10.0.0.2', ['10.0.0.2']], 'pbx.operatorDial': ['user/{extension}', 'user/{extension}'], 'edge.token': ['0123456789abcdef-token', '0123456789abcdef-token'], 'pbx.trunkDial': ['sofia/gateway/carrier/{number}', 'sofia/gateway/carrier/{number}'], 'pbx.hallsDial': ['sofia/citizens/{number}@10.0.0.5:5060', 'sofia/citizens/{number}@10.0.0.5:5060'], 'pbx.fallbackExtension': ['native', 'native'],
  'pbx.fallbackContext': ['public', 'public'], 'pbx.nativeQueue': ['support@default', 'support@default'], 'pbx.cdrDirectory': ['/var/cdr', '/var/cdr'], 'pbx.promptRoot': ['/srv/prompts', '/srv/prompts'], 'pbx.holdMusic': ['local_stream://moh', 'local_stream://moh'],
  'pbx.browserPhones': ['wss://110.example:7443', 'wss://110.example:7443'], 'pbx.phones': ['/srv/phones.xml', '/srv/phones.xml'], 'pbx.recordings': ['/srv/recordings', '/srv/recordings'], 'recording.keepStandard': ['90', 90], 'recording.keepEmergency': ['730', 730], 'recording.minFree': ['10', 10],
  'pbx.messages': ['/srv/messages', '/srv/messages'], 'pbx.speech': ['unimrcp builtin:speech/transcribe', 'unimrcp builtin:speech/transcribe'], 'pbx.speechOpening': ['2500', 2_500],
  'flows.lookUps': ['outages=https://outage.example/api', ['outages=https://outage.example/api']], 'flows.lookUpPrivate': ['10.0.0.5', ['10.0.0.5']], 'flows.directory': ['./var/flows', resolve('./var/flows')], 'flows.entry': ['night', 'night'], 'flows.publish': ['command', 'command'], 'flows.approval': ['true', true], 'flows.keepKeys': ['30', 30], 'flows.autoReturn': ['false', false], 'flows.autoReturnCalls': ['200', 200], 'intake.whenUnstaffed': ['refuse', 'refuse'], 'intake.offerTimeout': ['9000', 9_000],
  'intake.wrapUp': ['0', 0], 'intake.skillOverflow': ['1', 1], 'intake.reservedOperators': ['2', 2], 'intake.contextTimeout': ['50', 50], 'desk.grace': ['1000', 1_000], 'session.hours': ['24', 24], 'practice.citizens': ['0', 0], 'practice.units': ['false', false], 'practice.seed': ['7', 7],
  'delivery.smtpHost': ['mail.example', 'mail.example'], 'delivery.smtpPort': ['465', 465], 'delivery.smtpSecurity': ['tls', 'tls'], 'delivery.smtpUser': ['liandong', 'liandong'], 'delivery.smtpPassword': ['hush', 'hush'],
  'map.tiles': ['https://tiles.example/{z}/{y}/{x}.png', 'https://tiles.example/{z}/{y}/{x}.png'],
  'delivery.mailFrom': ['110@city.example', '110@city.example'], 'delivery.smsFile': ['/srv/sms.ndjson', '/srv/sms.ndjson'], 'open311.keys': ['0123456789abcdef', ['0123456789abcdef']], 'delivery.privateAddresses': ['10.1.0.0/16,127.0.0.1', ['10.1.0.0/16', '127.0.0.1']],
}
/** Where one setting needs another to make sense. */
const along = (key: SettingKey): Record<string, string> => (key === 'pbx.kind' ? { LIANDONG_PBX_PASSWORD: 'hush-hush-hush' } : key === 'database.ownerUrl' ? { DATABASE_URL: 'postgres://a' } : key === 'pbx.browserPhones' ? { LIANDONG_PBX_PHONES: '/srv/phones.xml' } : {})

t.test('every setting has a default, help in both languages and a place in the environment', async (t) => {
  const { config, origins } = loadConfig({})
  const names = new Set<string>()
  for (const key of KEYS) {
    const { schema, help } = SETTINGS[key]
    t.ok(Value.Check(schema, (schema as { default?: unknown }).default), `${key}: the default fits its own schema`)
    t.equal(origins[key], 'default')
    t.match([help.zh, help.en], [/[\u4e00-\u9fff]/, /[a-z]/], `${key}: help`)
    names.add(environmentName(key))
  }
  t.equal(names.size, KEYS.length, 'no two settings share a variable')
  t.equal(environmentName('http.secureCookie'), 'LIANDONG_HTTP_SECURE_COOKIE')
  t.match(config, { 'pbx.kind': 'practice', 'http.host': '127.0.0.1', 'pbx.listenHost': '127.0.0.1' }, 'nothing is open to the network unless somebody says so')
  t.match(config['node.name'], /^[a-z0-9-]{1,32}$/, 'the host’s name')
})

t.test('each setting by environment, by file (nested and flat) and by option', async (t) => {
  for (const key of KEYS) {
    const [text, value] = OTHER[key]
    const name = environmentName(key)
    const byEnvironment = loadConfig({ [name]: text, ...along(key) })
    t.same([byEnvironment.config[key], byEnvironment.origins[key]], [value, `environment ${name}`], key)
    t.not(JSON.stringify(value), JSON.stringify(loadConfig({}).config[key]), `${key}: not the default`)

    const raw = typeof value === 'string' ? JSON.stringify(text) : JSON.stringify(value)
    const nested = key.split('.').map((part, depth) => `${'  '.repeat(depth)}${part}:`).join('\n')
    for (const [form, line] of [[`# first\n${nested} ${raw}\n`, key.split('.').length + 1], [`${key}: ${raw}\n`, 1]] as const) {
      const environment = file('one.yaml', form)
      const byFile = loadConfig({ ...environment, ...along(key) })
      t.same([byFile.config[key], byFile.origins[key]], [value, `file ${environment['LIANDONG_CONFIG'] ?? ''}:${line}`], form)
    }
  }
})

t.test('who says it last: default, file, environment, option', async (t) => {
  const environment = file('order.yaml', 'http:\n  port: 1\nsession:\n  hours: 2\n')
  t.match(loadConfig(environment), { config: { 'http.port': 1, 'session.hours': 2, 'pbx.port': 8021 } })
  t.match(loadConfig({ ...environment, LIANDONG_HTTP_PORT: '2' }), { config: { 'http.port': 2, 'session.hours': 2 }, origins: { 'http.port': 'environment LIANDONG_HTTP_PORT' } })
  t.match(loadConfig({ ...environment, LIANDONG_HTTP_PORT: '2' }, { 'http.port': 3 }), { config: { 'http.port': 3 }, origins: { 'http.port': 'option' } })
  t.match(loadConfig({ DATABASE_URL: 'postgres://a' }), { config: { 'database.url': 'postgres://a' }, origins: { 'database.url': 'environment DATABASE_URL' } })
  t.match(loadConfig({ DATABASE_URL: 'postgres://a', LIANDONG_DATABASE_URL: 'postgres://b' }).config, { 'database.url': 'postgres://b' }, 'ours goes before the general one')
  t.match(loadConfig(file('empty.yaml', '# nothing\n')).config, { 'http.port': 8110 })
})

t.test('bad values: all of them at once, each with its place and what it is for', async (t) => {
  const environment = file('bad.yaml', 'http:\n  port: 70000\n  origins: [https://a.example/path]\nsession: { hours: half }\n')
  const problems = problemsOf({ ...environment, LIANDONG_PBX_PORT: 'eight', LIANDONG_LOG_LEVEL: 'loud', LIANDONG_INTAKE_OFFER_TIMEOUT: '10', LIANDONG_HTTP_SECURE_COOKIE: 'perhaps', LIANDONG_CITY_TIME_ZONE: 'Mars/Olympus' }, { 'practice.seed': -1 })
  const expected: readonly (readonly [SettingKey, RegExp])[] = [
    ['http.port', /bad\.yaml:2.*70000/], ['http.origins', /bad\.yaml:3/], ['session.hours', /bad\.yaml:4.*half/], ['pbx.port', /environment LIANDONG_PBX_PORT.*eight/], ['log.level', /LIANDONG_LOG_LEVEL.*loud/],
    ['intake.offerTimeout', /LIANDONG_INTAKE_OFFER_TIMEOUT.*10/], ['http.secureCookie', /perhaps/], ['practice.seed', /option.*-1/], ['city.timeZone', /LIANDONG_CITY_TIME_ZONE.*Mars\/Olympus/],
  ]
  t.equal(problems.length, expected.length, problems.join('\n'))
  for (const [key, text] of expected) {
    const problem = problems.find((one) => one.startsWith(key)) ?? ''
    t.match(problem, text, key)
    t.ok(problem.includes(SETTINGS[key].help.zh) && problem.includes(SETTINGS[key].help.en), `${key}: says what the setting is`)
  }
  for (const key of KEYS.filter((one) => typeof OTHER[one][1] === 'number' || typeof OTHER[one][1] === 'boolean')) {
    for (const text of ['', ' ', '1e999', '0x10', 'NaN', '1,5', '十']) t.match(problemsOf({ [environmentName(key)]: text }).join(), environmentName(key), `${key} does not take ${JSON.stringify(text)}`)
  }
  t.match(problemsOf({ LIANDONG_PBX_KIND: 'freeswitch' }), [/pbx\.password.*event_socket\.conf\.xml/], 'a real PBX needs its password')
  t.match(problemsOf({ LIANDONG_PBX_KIND: 'freeswitch', LIANDONG_PBX_PASSWORD: 'ClueCon' }), [/pbx\.password.*at least 12/], 'and not the one that everybody knows')
  t.match(problemsOf({ LIANDONG_DATABASE_OWNER_URL: 'postgres://owner:secret@db/x' }), [/database\.ownerUrl.*needs database\.url/], 'an owner of no named database')
  t.match(problemsOf({ LIANDONG_PBX_BROWSER_PHONES: 'wss://110.example' }), [/pbx\.browserPhones.*needs pbx\.phones/], 'FreeSWITCH has to learn what they register with')
  for (const [url, fine] of [['wss://110.example/phone', true], ['wss://[fd00::1]:7443', true], ['ws://127.0.0.1:5066', true], ['ws://110.example:5066', false], ['wss://110.example; script-src *', false], ['https://110.example', false]] as const) {
    t.equal(problemsOf({ LIANDONG_PBX_BROWSER_PHONES: url, LIANDONG_PBX_PHONES: '/srv/phones.xml' }).length, fine ? 0 : 1, url)
  }
  for (const [path, fine] of [['/srv/lian dong/联动', true], ['/srv/a@b,c+d=e(1)', true], ["/srv/city's", false], ['/srv/now!', false], ['/srv/a@@b', false], ['/srv/${x}', false], ['/srv/a\\b', false]] as const) {
    for (const key of ['home', 'flows.directory', 'pbx.promptRoot'] as const) t.match(problemsOf({ [environmentName(key)]: path }), fine ? [] : [new RegExp(`^${key.replace('.', '[.]')}.*FreeSWITCH reads more than a path`)], `${key} ${path}`)
  }
  t.match(problemsOf({ LIANDONG_HTTP_PROT: '1' }), [/LIANDONG_HTTP_PROT.*did you mean http\.port/], 'a variable nobody reads')
  t.same(problemsOf({ LIANDONG_FS_PHONE_SECRET: 'x', LIANDONG_LOAD_CALLS: '3' }), [], 'but FreeSWITCH’s and the tests’ own')
  t.match(problemsOf({ LIANDONG_LOG_LEVEL: 'loud' }), [/trace、debug、.* \/ must be one of trace, debug/], 'what may stand there is told')
  t.match(problemsOf({ LIANDONG_CONFIG: join(directory, 'nowhere.yaml') }), [/LIANDONG_CONFIG.*nowhere\.yaml/], 'a file that was named must be there')
})

t.test('a key nobody knows is refused, with the one that was probably meant', async (t) => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['http:\n  prot: 1\n', /unknown\.yaml:2: .*http\.prot.*did you mean http\.port\?/],
    ['pbx:\n  passwrod: hush-hush\n', /:2: .*did you mean pbx\.password\?/],
    ['http.secure_cookie: true\n', /:1: .*did you mean http\.secureCookie\?/],
    ['intake:\n  wrapup: 1\n', /did you mean intake\.wrapUp\?/],
    ['weather: fine\n', /:1: .*weather.*liandong config/],
    ['toString: 1\n', /:1: .*there is no setting toString/],
    ['__proto__: 1\n', /there is no setting __proto__/],
    ['http: 1\n', /:1: .*http is a group of settings, such as http\.host/],
    ['htpp: {}\n', /there is no setting htpp/],
    ['- a\n- b\n', /:1: .*must be a map/],
    ['http:\n  port: [1\n', /unknown\.yaml:\d+: /],
  ]
  for (const [text, problem] of table) {
    const problems = problemsOf(file('unknown.yaml', text))
    t.match(problems[0], problem, text)
    t.notMatch(problems.join(), 'hush-hush')
  }
})

t.test('no secret is ever told', async (t) => {
  const secret = 'hush-hush-9-hush'
  const texts = [
    problemsOf({ ...file('secret.yaml', `pbx:\n  password: [${secret}]\n`) }),
    problemsOf({ ...file('broken.yaml', `pbx:\n  password: "${secret}\n`) }),
    problemsOf({ ...file('twice.yaml', `pbx:\n  password: ${secret}\n  password: ${secret}\n`) }),
  ]
  for (const problems of texts) {
    t.ok(problems.length > 0)
    t.notMatch(problems.join('\n'), secret)
  }

  const before = { ...process.env }
  t.teardown(() => { process.env = before })
  async function shown(environment: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
    process.env = { ...before, ...environment }
    // All of it is read at the end: it must go in without being read.
    const [stdout, stderr] = [new PassThrough({ highWaterMark: 1 << 20 }), new PassThrough({ highWaterMark: 1 << 20 })]
    const code = await runCommand(configCommand, [], { stdout, stderr, stdin: Readable.from([]) })
    return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
  }
  const fine = await shown({ LIANDONG_PBX_KIND: 'freeswitch', LIANDONG_PBX_PASSWORD: secret, DATABASE_URL: `postgres://a:${secret}@db/x`, LIANDONG_HTTP_PORT: '1234' })
  t.equal(fine.code, 0)
  t.notMatch(fine.out + fine.err, secret)
  t.match(fine.out, /pbx\.password +\*\*\* +environment LIANDONG_PBX_PASSWORD/)
  t.match(fine.out, /database\.url +\*\*\* +environment DATABASE_URL/)
  t.match(fine.out, /http\.port +1234 +environment LIANDONG_HTTP_PORT/)
  for (const key of KEYS) t.ok(fine.out.includes(key) && fine.out.includes(environmentName(key)) && fine.out.includes(SETTINGS[key].help.zh) && fine.out.includes(SETTINGS[key].help.en), key)
  const bad = await shown({ LIANDONG_HTTP_PORT: 'x', LIANDONG_PBX_PORT: 'y' })
  t.match(bad, { code: 2, out: '', err: /设置有误 \/ bad settings[\s\S]*LIANDONG_HTTP_PORT[\s\S]*LIANDONG_PBX_PORT/ })
})
