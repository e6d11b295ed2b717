import { randomUUID } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'
import { readCall } from '../../../src/pbx/caller.js'
import type { EslEvent, Headers } from '../../../src/pbx/esl/codec.js'
import type { ApiCall, Application } from '../../../src/pbx/esl/command.js'
import { openLink, type EslLink } from '../../../src/pbx/esl/link.js'
import { nodeWordOf } from '../../../src/pbx/node-word.js'
import { makeSwitchboard } from '../../../src/pbx/switchboard.js'
import { startOutbound, type OutboundSession } from '../../../src/pbx/esl/outbound.js'
import { offerVariables } from '../../../src/pbx/leg-variables.js'
import { until } from '../../helpers/database.js'
import { agents } from './agents.js'
import { leg } from './leg.js'
import { manners, raw, saysNothing } from './manners.js'
import { waits } from './waits.js'
import { ways } from './ways.js'

/** A PBX as the suite needs it: the practice exchange, or FreeSWITCH with SIPp around it. */
export interface ConformingPbx {
  readonly eslPort: number
  readonly password: string
  /** Where its dialplan's `socket a|b` connects. */
  readonly outboundPort: number
  readonly secondPort: number
  /** 1001 answers after 0.3 s and talks until the other side hangs up; 1002 is busy; 1003 rings in vain; 1004 is not registered; 1005 makes a sound of its own (183), and says that it is busy. */
  readonly dial: (extension: string) => string
  /** A recogniser hears these words of this citizen; absent: there is none. */
  readonly say?: (callId: string, words: string) => void
  /** 110 and 12345 are served. `asserted`: the carrier vouches for the number. */
  citizen(spec: { readonly number: string; readonly called?: string; readonly asserted?: boolean; readonly keys?: string; readonly hangUpAfter?: number }): Promise<void>
}

const PROMPTS = fileURLToPath(new URL('../../../ivr-flows/prompts/en/', import.meta.url))
/** A tape is named by its content. */
const prompt = (name: string): string => join(PROMPTS, readdirSync(PROMPTS).find((file) => file.startsWith(`${name}.`) && file.endsWith('.wav')) ?? `${name}.wav`)
const EVENTS = ['DTMF', 'CHANNEL_PROGRESS', 'CHANNEL_PROGRESS_MEDIA', 'CHANNEL_ANSWER', 'CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'BACKGROUND_JOB', 'HEARTBEAT']
const CUSTOM = ['sofia::register', 'sofia::unregister', 'sofia::expire', 'callcenter::info', 'liandong::node']
/** Lengths of the prompts `busy` and `noted`, ms. */
const BUSY = 3_120
const NOTED = 2_090
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/
const MICROS = /^1\d{15}$/

interface Watch {
  readonly link: EslLink
  readonly events: EslEvent[]
  api(call: ApiCall): Promise<string>
  /** The first such event since the mark; waits for it. */
  event(name: string, where: Readonly<Record<string, string | RegExp>>): Promise<EslEvent>
}

const fits = (event: EslEvent, where: Readonly<Record<string, string | RegExp>>): boolean =>
  Object.entries(where).every(([header, wanted]) => { const value = event.get(header); return value !== undefined && (typeof wanted === 'string' ? value === wanted : wanted.test(value)) })

const has = (t: Test, event: { get(name: string): string | undefined } | null, expected: Readonly<Record<string, string | RegExp>>, what: string): void => {
  for (const [header, wanted] of Object.entries(expected)) t.match(event?.get(header) ?? '(absent)', wanted, `${what}: ${header}`)
}

type Stage = Awaited<ReturnType<typeof openStage>>

/** A PBX, and the two sides from which we reach it: our link, and the sockets of callers. */
async function openStage(t: Test, open: (t: Test) => Promise<ConformingPbx>) {
  const pbx = await open(t)
  const sessions: OutboundSession[] = []
  const heard = new Map<OutboundSession, EslEvent[]>()
  let serving = true
  const outbound = await startOutbound({ host: '127.0.0.1', port: pbx.outboundPort, peers: ['127.0.0.1'] }, {
    canServe: () => serving, onRefused: () => undefined,
    onCall(session) {
      heard.set(session, [])
      session.onEvent((event) => heard.get(session)?.push(event))
      // Left out for whom nothing hangs on it; here it says when an application began.
      session.connection.post([{ verb: 'event', names: ['CHANNEL_EXECUTE'], custom: [] }])
      sessions.push(session)
    },
  })
  t.teardown(() => outbound.close())

  const events: EslEvent[] = []
  const link = openLink({ host: '127.0.0.1', port: pbx.eslPort, password: pbx.password, events: EVENTS, custom: CUSTOM }, { onUp: () => undefined, onDown: () => undefined, onEvent: (event) => events.push(event) })
  t.teardown(() => { link.close() })
  await until('the link', () => link.up)
  const watch: Watch = {
    link, events,
    api: async (call) => (await link.api(call)).text,
    event: (name, where) => until(`${name} ${Object.keys(where).map((key) => `${key}=${String(where[key])}`).join(' ')}`, () => events.find((event) => event.name === name && fits(event, where))),
  }

  /** With the dead-man's switch far away, unless the test is about it. */
  async function arrive(number: string, more: { called?: string; asserted?: true; keys?: string; hangUpAfter?: number; armed?: true } = {}): Promise<{ session: OutboundSession; callId: string; said: EslEvent[] }> {
    const before = sessions.length
    await pbx.citizen({ number, ...more })
    const session = await until('the socket of the citizen’s call', () => sessions[before])
    const callId = session.channel.headers?.get('Unique-ID') ?? ''
    if (more.armed !== true) {
      await watch.api({ api: 'sched_del', uuid: callId })
      await watch.api({ api: 'sched_transfer', afterSeconds: 60, uuid: callId, extension: 'fallback', context: 'citizens' })
    }
    return { session, callId, said: heard.get(session) ?? [] }
  }

  async function perform(session: OutboundSession, callId: string, application: Application, arg: string, open = false): Promise<EslEvent> {
    const eventId = randomUUID()
    const reply = await session.connection.request({ verb: 'execute', callId, application, arg, eventId, open })
    if (!reply.ok) throw new Error(reply.text)
    return until(`the end of ${application}`, () => (heard.get(session) ?? []).find((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application-UUID') === eventId))
  }

  /** A transfer of another citizen, due in so many seconds, has fired: so has every one that was due before. It leads nowhere, which ends his call. */
  async function laterTransfer(number: string, seconds: number, meanwhile: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    const { callId } = await arrive(number)
    await watch.api({ api: 'sched_del', uuid: callId })
    await watch.api({ api: 'sched_transfer', afterSeconds: seconds, uuid: callId, extension: 'nowhere', context: 'citizens' })
    await until('the later transfer', async () => {
      await meanwhile()
      return events.find((event) => event.name === 'CHANNEL_HANGUP_COMPLETE' && event.get('Unique-ID') === callId)
    })
  }

  const gone = (callId: string): Promise<EslEvent> => watch.event('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': callId })
  const alive = async (callId: string): Promise<boolean> => (await watch.api({ api: 'uuid_dump', uuid: callId })).startsWith('{')
  const kill = (uuid: string, cause = 'NORMAL_CLEARING'): Promise<string> => watch.api({ api: 'uuid_kill', uuid, cause })

  function offer(extension: string, callId: string): { legId: string; jobId: string } {
    const legId = randomUUID()
    const jobId = randomUUID()
    link.post([{ verb: 'bgapi', jobId, call: {
      api: 'originate', dial: pbx.dial(extension), intercept: callId,
      variables: offerVariables({ callId, legId, operatorId: callId, extension, timeout: 5_000, callerNumber: '110' }, { context: 'citizens', speech: true }),
    } }])
    return { legId, jobId }
  }

  /** Whether the first node takes callers; waits until FreeSWITCH finds it so. */
  async function serve(whether: boolean): Promise<void> {
    serving = whether
    await until(`the first ${whether ? 'to' : 'not to'} listen`, () => outbound.listening === whether)
  }

  return { pbx, link, sessions, events, watch, outbound, arrive, perform, laterTransfer, gone, alive, kill, offer, serve, first: (name: string, where: Readonly<Record<string, string | RegExp>>) => events.find((event) => event.name === name && fits(event, where)) }
}

/** A caller, from his first event to his last. */
async function calls(t: Test, { pbx, link, sessions, events, watch, arrive, perform, laterTransfer, gone, alive, kill, offer }: Stage): Promise<void> {
  const silent = saysNothing(pbx)
  await t.test('greeting, password, unknown words, two commands where a newline was', async (t) => {
    t.equal((await raw(pbx, 'auth wrong\n\n', (text) => text.includes('Disconnected'))).split('\n\n').slice(0, 2).join('|'), 'Content-Type: auth/request|Content-Type: command/reply\nReply-Text: -ERR invalid')
    t.match(await raw(pbx, `auth ${pbx.password}\n\nnonsense\n\n`, (text) => text.includes('nonsense') || text.includes('not found')), /Reply-Text: \+OK accepted\n\nContent-Type: command\/reply\nReply-Text: -ERR command not found\n\n/)
    const split = await raw(pbx, `auth ${pbx.password}\n\napi uptime\n\napi global_getvar core_uuid\n\n`, (text) => (text.match(/api\/response/g) ?? []).length === 2)
    t.match(split, /api\/response\nContent-Length: \d+\n\n\d+\n?Content-Type: api\/response\nContent-Length: 36\n\n[0-9a-f-]{36}$/, 'what a newline from a caller would do')
    t.match(await raw(pbx, `auth ${pbx.password}\n\napi uuid_dump ${randomUUID()}\n\n`, (text) => text.includes('-ERR')), /-ERR No such channel!\n/)
  })

  await t.test('small commands', async (t) => {
    t.match(await watch.api({ api: 'uptime' }), /^\d+\n?$/)
    t.match((await watch.api({ api: 'global_getvar', name: 'core_uuid' })).trim(), UUID)
    t.same(JSON.parse(await watch.api({ api: 'show', what: 'channels' })), { row_count: 0 })
    const nobody = randomUUID()
    t.match(await watch.api({ api: 'uuid_dump', uuid: nobody }), /^-ERR No such channel!/)
    t.match(await watch.api({ api: 'uuid_kill', uuid: nobody, cause: 'NORMAL_CLEARING' }), /^-ERR No such channel!/)
    t.match(await watch.api({ api: 'uuid_setvar', uuid: nobody, name: 'x', value: '1' }), /^-ERR No such channel!/)
    t.match(await watch.api({ api: 'sched_transfer', afterSeconds: 3, uuid: nobody, extension: 'fallback', context: 'citizens' }), /^-ERR No such channel!/)
    t.match(await watch.api({ api: 'sched_del', uuid: nobody }), /^(\+OK|-ERR)/)
  })

  await t.test('what one node tells the others', async (t) => {
    const [from, operatorId] = [randomUUID(), randomUUID()]
    const words = [{ from, able: 3, free: 1 }, { from, seated: operatorId }, { from, left: operatorId, ready: true }, { from, left: operatorId, ready: false }]
    link.post(words.map((word) => ({ verb: 'word', ...word })))
    const heard = (): unknown[] => events.flatMap((event) => nodeWordOf(event) ?? []).filter((word) => word.from === from)
    await until('all of it', () => heard().length === words.length)
    t.strictSame(heard(), words, 'to all who listen, the one who said it included')
  })

  await t.test('a citizen’s call: what connect says, playing, variables, hanging up', async (t) => {
    const { session, callId, said } = await arrive('13900000101', { asserted: true })
    has(t, session.channel.headers, {
      'Event-Name': 'CHANNEL_DATA', 'Unique-ID': UUID, 'Call-Direction': 'inbound', 'Caller-Caller-ID-Number': '13900000101', 'Caller-Destination-Number': '110', 'Answer-State': 'answered',
      'Channel-State': 'CS_EXECUTE', 'Caller-Channel-Created-Time': MICROS, variable_liandong_verified: 'true', variable_socket_resume: 'true', 'Caller-Context': 'citizens', 'Core-UUID': UUID,
    }, 'connect')
    const played = await perform(session, callId, 'playback', prompt('noted'))
    has(t, played, { Application: 'playback', 'Application-Response': 'FILE PLAYED', 'Unique-ID': callId, 'Answer-State': 'answered', 'Event-Date-Timestamp': MICROS }, 'playback')
    t.ok(said.some((event) => event.name === 'CHANNEL_EXECUTE' && event.get('Application') === 'playback'))
    has(t, await perform(session, callId, 'playback', '/nowhere/missing.wav'), { 'Application-Response': 'FILE NOT FOUND' }, 'a file that is not there')
    t.match(await watch.api({ api: 'uuid_setvar', uuid: callId, name: 'liandong_category', value: 'noise' }), /^\+OK/)
    const dump = JSON.parse(await watch.api({ api: 'uuid_dump', uuid: callId })) as Record<string, string>
    t.match(dump, { 'Unique-ID': callId, 'Call-Direction': 'inbound', 'Caller-Caller-ID-Number': '13900000101', 'Caller-Channel-Created-Time': MICROS, variable_liandong_category: 'noise', variable_liandong_verified: 'true' })
    await until('the channel in the list', async () => {
      const { rows = [] } = JSON.parse(await watch.api({ api: 'show', what: 'channels' })) as { rows?: { uuid: string; direction: string }[] }
      return rows.some((row) => row.uuid === callId && row.direction === 'inbound')
    })
    t.ok(await alive(callId))
    t.match(await kill(callId), /^\+OK/)
    has(t, await gone(callId), { 'Hangup-Cause': 'NORMAL_CLEARING', 'Call-Direction': 'inbound', 'Channel-State': 'CS_REPORTING', 'Caller-Channel-Answered-Time': MICROS, 'Caller-Orig-Caller-ID-Number': /^(\(absent\)|13900000101)$/ }, 'hang-up')
    await until('the end on the socket', () => said.some((event) => event.name === 'CHANNEL_HANGUP_COMPLETE'))
    session.connection.destroy('done')
  })

  await t.test('each served number is answered, and stays what was dialled wherever he comes back; another is refused', async (t) => {
    const { session, callId } = await arrive('13900000116', { called: '12345' })
    const heardAs = (channel: Headers | null): string | undefined => (channel === null ? undefined : readCall(channel)?.calledNumber)
    const dumped = async (): Promise<string | undefined> => {
      const dump = JSON.parse(await watch.api({ api: 'uuid_dump', uuid: callId })) as Record<string, string>
      return heardAs({ get: (name) => dump[name] })
    }
    has(t, session.channel.headers, { 'Caller-Destination-Number': '12345', 'Answer-State': 'answered' }, 'connect')
    t.equal(session.channel.headers?.get('variable_liandong_verified'), undefined, 'nobody vouches for what From says')
    t.equal(heardAs(session.channel.headers), '12345')
    const before = sessions.length
    await watch.api({ api: 'uuid_transfer', uuid: callId, extension: '110', context: 'citizens' })
    const again = await until('his socket', () => sessions[before])
    has(t, again.channel.headers, { 'Unique-ID': callId, 'Caller-Destination-Number': '110' }, 'he came back')
    t.equal(heardAs(again.channel.headers), '12345')
    t.equal(await dumped(), '12345', 'in a snapshot, too')
    t.same([session, again].map(({ channel: { headers } }) => headers === null ? null : readCall(headers)?.yields), [true, true], 'its callers come after those of 110')
    await kill(callId)
    await gone(callId)
    const known = sessions.length
    await pbx.citizen({ number: '13900000117', called: '12319' })
    has(t, await watch.event('CHANNEL_HANGUP_COMPLETE', { 'Caller-Caller-ID-Number': '13900000117' }), { 'Hangup-Cause': 'UNALLOCATED_NUMBER', 'Caller-Destination-Number': '12319' }, 'refused')
    t.equal(sessions.length, known)
  })

  await t.test('a caller’s socket says which FreeSWITCH has him', async (t) => {
    const { callId, session } = await arrive('13900000118')
    has(t, session.channel.headers, { 'Core-UUID': (await watch.api({ api: 'global_getvar', name: 'core_uuid' })).trim() }, 'connect')
    await kill(callId)
    await gone(callId)
  })

  await t.test('keys', async (t) => {
    const { session, callId, said } = await arrive('13900000102', { keys: '5' })
    const gathered = await perform(session, callId, 'play_and_get_digits', `1 1 1 5000 none ${prompt('topics')} silence_stream://10 liandong_digits [0-9*#]* 2000`)
    has(t, gathered, { Application: 'play_and_get_digits', variable_liandong_digits: '5', 'Answer-State': 'answered' }, 'a key')
    const silent = await perform(session, callId, 'play_and_get_digits', `1 1 1 300 none ${prompt('noted')} silence_stream://10 liandong_digits [0-9*#]* 300`)
    t.equal(silent.get('variable_liandong_digits') ?? '', '', 'no key: the variable of the last time is gone')
    t.notOk(said.some(({ name }) => name === 'DTMF'), 'what was nixed does not come on the call’s own socket')
    await kill(callId)
    await gone(callId)
  })

  await t.test('what a flow needs besides prompts and keys: pieces of numbers, music that is cut, a message', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'liandong-message-'))
    t.teardown(() => { rmSync(directory, { recursive: true }) })
    const { session, callId, said } = await arrive('13900000110')
    const pieces = ['n1', 'n2', 'n3'].map((name) => join(PROMPTS, 'say', readdirSync(join(PROMPTS, 'say')).find((file) => file.startsWith(`${name}.`)) ?? ''))
    has(t, await perform(session, callId, 'playback', `file_string://${pieces.join('!')}`), { 'Application-Response': 'FILE PLAYED' }, 'several files as one')
    has(t, await perform(session, callId, 'playback', 'tone_stream://%(400,0,800)'), { 'Application-Response': 'FILE PLAYED' }, 'the tone before a message')

    const music = perform(session, callId, 'playback', prompt('topics'))
    await until('the music', () => said.filter((event) => event.name === 'CHANNEL_EXECUTE' && event.get('Application') === 'playback').length === 3)
    await session.connection.request({ verb: 'api', call: { api: 'uuid_break', uuid: callId } })
    has(t, await music, { 'Application': 'playback', 'Application-Response': 'FILE PLAYED' }, 'music is cut by uuid_break, and what comes next is not')
    has(t, await perform(session, callId, 'playback', prompt('noted')), { 'Application-Response': 'FILE PLAYED' }, 'after the cut')

    t.ok((await session.connection.request({ verb: 'event', names: ['RECORD_STOP'], custom: [] })).ok, 'an event that myevents does not bring')
    const path = join(directory, `${randomUUID()}.wav`)
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'start', path, maxSeconds: 20, silence: 1_500 }), /^\+OK/)
    // Silence ends it where the caller's telephone sends any; one that sends nothing at all is stopped.
    await perform(session, callId, 'play_and_get_digits', '1 1 1 2500 none silence_stream://10 silence_stream://10 liandong_digits [0-9*#]* 2500')
    if (!said.some((event) => event.name === 'RECORD_STOP')) await watch.api({ api: 'uuid_record', uuid: callId, action: 'stop', path })
    const stopped = await until('the end of the recording', () => said.find((event) => event.name === 'RECORD_STOP'))
    has(t, stopped, { 'Record-File-Path': path, variable_record_ms: /^\d+$/, 'Unique-ID': callId }, 'nobody spoke')
    t.equal(readFileSync(path).toString('latin1', 0, 4), 'RIFF')

    const second = join(directory, `${randomUUID()}.wav`)
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'start', path: second, maxSeconds: 20, silence: 60_000 }), /^\+OK/)
    has(t, await perform(session, callId, 'play_and_get_digits', '1 1 1 500 none silence_stream://10 silence_stream://10 liandong_digits [0-9*#]* 500'), { Application: 'play_and_get_digits' }, 'keys beside a recording')
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'stop', path: second }), /^\+OK/)
    const ended = await until('its end', () => said.find((event) => event.name === 'RECORD_STOP' && event.get('Record-File-Path') === second))
    t.ok(Number(ended.get('variable_record_ms')) >= 400, `${ended.get('variable_record_ms') ?? ''} ms`)
    t.equal(ended.get('Record-Completion-Cause'), 'success-maxtime', 'stopped counts as its limit')
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'stop', path: second }), /^-ERR/)
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'start', path: `${second}/${randomUUID()}.wav`, maxSeconds: 20, silence: 60_000 }), /^-ERR/, 'a file that cannot be written costs nobody his call')
    t.ok(await alive(callId))
    has(t, await perform(session, callId, 'detect_speech', 'nothing-like-it any any'), { Application: 'detect_speech' }, 'an engine that is not there costs nobody his call')
    t.ok(await alive(callId))
    await kill(callId)
    await gone(callId)
  })

  await t.test('a message that is ended by hanging up: its length is told after the hang-up and before the call’s end, at the citizen’s own socket', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'liandong-message-'))
    t.teardown(() => { rmSync(directory, { recursive: true }) })
    const { session, callId, said } = await arrive('13900000113', { hangUpAfter: 6_000 })
    t.ok((await session.connection.request({ verb: 'event', names: ['RECORD_STOP'], custom: [] })).ok)
    const path = join(directory, `${randomUUID()}.wav`)
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'start', path, maxSeconds: 60, silence: 60_000 }), /^\+OK/)
    await session.connection.request({ verb: 'execute', callId, application: 'play_and_get_digits', arg: '1 1 1 60000 none silence_stream://10 silence_stream://10 liandong_digits [0-9*#]* 60000', eventId: randomUUID() })
    await until('the end of the call', () => said.find((event) => event.name === 'CHANNEL_HANGUP_COMPLETE'))
    const order = said.map((event) => event.name).filter((name) => ['CHANNEL_HANGUP', 'RECORD_STOP', 'CHANNEL_HANGUP_COMPLETE'].includes(name))
    t.same(order, ['CHANNEL_HANGUP', 'RECORD_STOP', 'CHANNEL_HANGUP_COMPLETE'])
    const stopped = said.find((event) => event.name === 'RECORD_STOP') ?? null
    has(t, stopped, { 'Record-File-Path': path, 'Unique-ID': callId, 'Answer-State': 'hangup', 'variable_record_ms': /^[1-9]\d{2,}$/, 'Record-Completion-Cause': /^(success-silence|no-input-timeout)$/ }, 'what it says')
  })

  await t.test('an operator’s answer ends a message', async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'liandong-message-'))
    t.teardown(() => { rmSync(directory, { recursive: true }) })
    const { session, callId } = await arrive('13900000111')
    const path = join(directory, `${randomUUID()}.wav`)
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'start', path, maxSeconds: 60, silence: 60_000 }), /^\+OK/)
    await session.connection.request({ verb: 'execute', callId, application: 'endless_playback', arg: prompt('topics'), eventId: randomUUID() })
    const { legId } = offer('1001', callId)
    await watch.event('CHANNEL_BRIDGE', { variable_liandong_call: callId })
    t.match(await watch.api({ api: 'uuid_record', uuid: callId, action: 'stop', path }), /^-ERR/, 'the leg itself ended it')
    await kill(legId)
    await gone(legId)
    await kill(callId)
    await gone(callId)
  })

  await t.test('endless music outlives uuid_break', async (t) => {
    const { session, callId, said } = await arrive('13900000112')
    await session.connection.request({ verb: 'execute', callId, application: 'endless_playback', arg: prompt('topics'), eventId: randomUUID() })
    await until('the music', () => said.some((event) => event.name === 'CHANNEL_EXECUTE' && event.get('Application') === 'endless_playback'))
    await session.connection.request({ verb: 'api', call: { api: 'uuid_break', uuid: callId } })
    await session.connection.request({ verb: 'api', call: { api: 'uuid_dump', uuid: callId } })
    await kill(callId)
    await gone(callId)
    t.notOk(said.some((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application') === 'endless_playback' && event.get('Answer-State') === 'answered'))
  })

  await t.test('keys in a prompt: taken from the line, and none of them ends it where that is said; otherwise * does', async (t) => {
    const asked = '1 1 1 500 none silence_stream://10 silence_stream://10 liandong_digits [0-9*#]* 500'
    for (const [number, keys, none, cut] of [['13900000121', '1', true, false], ['13900000122', '*', true, false], ['13900000123', '1', false, false], ['13900000124', '*', false, true]] as const) {
      const { session, callId, said } = await arrive(number, { keys })
      if (none) t.match(await watch.api({ api: 'uuid_setvar', uuid: callId, name: 'playback_terminators', value: 'none' }), /^\+OK/)
      const what = `${keys} ${none ? 'none' : 'unset'}`
      const since = performance.now()
      has(t, await perform(session, callId, 'playback', prompt('busy')), { 'Application-Response': 'FILE PLAYED' }, what)
      t.equal(performance.now() - since < BUSY - 300, cut, `${what}: ${cut ? 'cut' : 'heard to its end'}`)
      await until(`${what}: the key`, () => events.some((event) => event.name === 'DTMF' && event.get('Unique-ID') === callId))
      const answer = await perform(session, callId, 'play_and_get_digits', asked)
      t.equal(answer.get('variable_liandong_digits'), undefined, `${what}: it answers no question`)
      t.notOk(said.some((event) => event.name === 'CHANNEL_HANGUP'), what)
      await kill(callId)
      await gone(callId)
    }
  })

  await t.test('the caller hangs up in a prompt', async (t) => {
    const { session, callId, said } = await arrive('13900000103', { hangUpAfter: 1_000 })
    void session.connection.request({ verb: 'execute', callId, application: 'playback', arg: prompt('topics'), eventId: randomUUID() }).catch(() => undefined)
    has(t, await gone(callId), { 'Hangup-Cause': 'NORMAL_CLEARING' }, 'hang-up')
    await until('the end on the socket', () => said.some((event) => event.name === 'CHANNEL_HANGUP_COMPLETE'))
  })

  await t.test('offers that come to nothing: busy, unattended, cancelled, nobody there', async (t) => {
    const { session, callId } = await arrive('13900000104')
    await session.connection.request({ verb: 'execute', callId, application: 'endless_playback', arg: prompt('topics'), eventId: randomUUID() })
    const busy = offer('1002', callId)
    has(t, await watch.event('BACKGROUND_JOB', { 'Job-UUID': busy.jobId }), { 'Job-Command': 'originate', _body: /^-ERR USER_BUSY/ }, 'busy')
    has(t, await gone(busy.legId), { 'Hangup-Cause': 'USER_BUSY', 'Call-Direction': 'outbound', variable_liandong_call: callId, variable_liandong_operator: callId }, 'busy leg')
    const cancelled = offer('1003', callId)
    has(t, await watch.event('CHANNEL_PROGRESS', { 'Unique-ID': cancelled.legId }), { variable_liandong_call: callId, 'Call-Direction': 'outbound', 'Answer-State': 'ringing' }, 'ringing')
    await kill(cancelled.legId, 'ORIGINATOR_CANCEL')
    has(t, await gone(cancelled.legId), { 'Hangup-Cause': 'ORIGINATOR_CANCEL' }, 'cancelled leg')
    has(t, await watch.event('BACKGROUND_JOB', { 'Job-UUID': cancelled.jobId }), { _body: /^-ERR ORIGINATOR_CANCEL/ }, 'cancelled')
    const early = offer('1005', callId)
    has(t, await watch.event('CHANNEL_PROGRESS_MEDIA', { 'Unique-ID': early.legId }), { variable_liandong_call: callId, variable_liandong_operator: callId, 'Call-Direction': 'outbound', 'Answer-State': 'early' }, 'ringing with a sound of its own')
    has(t, await gone(early.legId), { 'Hangup-Cause': 'USER_BUSY' }, 'declined')
    t.notOk(events.some((event) => event.name === 'CHANNEL_PROGRESS' && event.get('Unique-ID') === early.legId), 'no other word of its ringing comes')
    const nobody = offer('1004', callId)
    has(t, await watch.event('BACKGROUND_JOB', { 'Job-UUID': nobody.jobId }), { _body: /^-ERR USER_NOT_REGISTERED/ }, 'not registered')
    const vain = offer('1003', callId)
    has(t, await gone(vain.legId), { 'Hangup-Cause': /^(NO_ANSWER|ALLOTTED_TIMEOUT|ORIGINATOR_CANCEL)$/ }, 'rang in vain')
    await kill(callId)
    await gone(callId)
  })

  await t.test('the moment of answering: prompt cut, bridged, switch and resume cleared by the leg itself; the operator ends it', async (t) => {
    const { session, callId, said } = await arrive('13900000105', { armed: true })
    await session.connection.request({ verb: 'execute', callId, application: 'playback', arg: prompt('topics'), eventId: randomUUID() })
    const { legId, jobId } = offer('1001', callId)
    has(t, await watch.event('CHANNEL_ANSWER', { 'Unique-ID': legId }), { variable_liandong_call: callId, 'Call-Direction': 'outbound', 'Event-Date-Timestamp': MICROS }, 'answer')
    const bridge = await watch.event('CHANNEL_BRIDGE', { variable_liandong_call: callId })
    t.same([bridge.get('Bridge-A-Unique-ID'), bridge.get('Bridge-B-Unique-ID')].sort(), [callId, legId].sort())
    t.match(bridge.get('Caller-Channel-Answered-Time'), MICROS)
    has(t, await watch.event('BACKGROUND_JOB', { 'Job-UUID': jobId }), { _body: `+OK ${legId}\n` }, 'job')
    await until('the word that it was taken out of our hands', () => said.some((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application') === 'socket') || said.some((event) => event.name === 'CHANNEL_UNPARK'))
    const citizen = JSON.parse(await watch.api({ api: 'uuid_dump', uuid: callId })) as Record<string, string>
    t.match(citizen, { variable_socket_resume: 'false', 'Caller-Orig-Caller-ID-Number': '13900000105' }, 'cleared at the answer; the caller’s own number stays to be found')
    const leg = JSON.parse(await watch.api({ api: 'uuid_dump', uuid: legId })) as Record<string, string>
    t.match(leg, { 'Call-Direction': 'outbound', variable_liandong_call: callId, 'Caller-Channel-Answered-Time': MICROS })
    t.ok([leg['Other-Leg-Unique-ID'], leg['variable_signal_bond'], leg['variable_bridge_uuid']].includes(callId), 'whom it talks to')
    // A renewal that was on its way at the answer, of an app that died right after it. It, and the dialplan's own switch (3 s), would have fired
    // by the time that another citizen's transfer fires, which is due after them.
    await watch.api({ api: 'sched_del', uuid: callId })
    t.match(await watch.api({ api: 'sched_transfer', afterSeconds: 4, uuid: callId, extension: 'fallback', context: 'citizens' }), /^\+OK/)
    await laterTransfer('13900000113', 6)
    t.ok(await alive(callId))
    t.notOk(events.some((event) => event.name === 'CUSTOM' && event.get('CC-Member-Session-UUID') === callId), 'the switch never fired')
    await kill(legId)
    has(t, await gone(legId), { 'Hangup-Cause': 'NORMAL_CLEARING', variable_liandong_call: callId, 'Caller-Channel-Answered-Time': MICROS }, 'operator’s leg')
    has(t, await gone(callId), { 'Hangup-Cause': 'NORMAL_CLEARING', 'Call-Direction': 'inbound' }, 'the citizen’s with it')
  })

  await t.test('the operator’s telephone dies in the talk: the citizen comes back to us under his own name', async (t) => {
    const { callId } = await arrive('13900000110')
    const { legId } = offer('1001', callId)
    await watch.event('CHANNEL_BRIDGE', { variable_liandong_call: callId })
    const before = sessions.length
    await kill(legId, 'MEDIA_TIMEOUT')
    has(t, await gone(legId), { 'Hangup-Cause': 'MEDIA_TIMEOUT' }, 'operator’s leg')
    const again = await until('his socket', () => sessions[before])
    has(t, again.channel.headers, { 'Unique-ID': callId, 'Answer-State': 'answered', 'Caller-Destination-Number': '110', variable_socket_resume: 'true', variable_last_bridge_hangup_cause: 'MEDIA_TIMEOUT' }, 'connect')
    const next = offer('1001', callId)
    await watch.event('CHANNEL_BRIDGE', { 'Unique-ID': next.legId })
    await kill(next.legId)
    has(t, await gone(callId), { 'Hangup-Cause': 'NORMAL_CLEARING' }, 'and ends when an operator puts the receiver down')
  })

  await t.test('nobody renews the switch: the citizen goes to the native queue', async (t) => {
    const { session, callId } = await arrive('13900000106', { armed: true })
    await session.connection.request({ verb: 'execute', callId, application: 'endless_playback', arg: prompt('topics'), eventId: randomUUID() })
    const queued = await watch.event('CUSTOM', { 'Event-Subclass': 'callcenter::info', 'CC-Action': 'member-queue-start', 'CC-Member-Session-UUID': callId })
    t.equal(queued.get('CC-Queue'), 'native')
    await until('the list to say so', async () => {
      const { rows = [] } = JSON.parse(await watch.api({ api: 'show', what: 'channels' })) as { rows?: { uuid: string; application: string }[] }
      return rows.some((row) => row.uuid === callId && row.application === 'callcenter')
    })
    has(t, await watch.event('CUSTOM', { 'CC-Action': 'bridge-agent-start', 'CC-Member-Session-UUID': callId }), { 'CC-Agent': '1001', 'CC-Agent-UUID': UUID, 'CC-Queue': 'native' }, 'the native queue’s answer')
    const before = sessions.length
    const answer = await watch.event('CUSTOM', { 'CC-Action': 'bridge-agent-start', 'CC-Member-Session-UUID': callId })
    await kill(answer.get('CC-Agent-UUID') ?? '', 'MEDIA_TIMEOUT')
    has(t, (await until('his socket', () => sessions[before])).channel.headers, { 'Unique-ID': callId }, 'that telephone dies: connect')
    await kill(callId)
    await gone(callId)
  })

  await t.test('our socket dies while he waits: the dialplan goes on at once', async (t) => {
    const { session, callId } = await arrive('13900000107')
    await session.connection.request({ verb: 'execute', callId, application: 'endless_playback', arg: prompt('topics'), eventId: randomUUID() })
    const at = Date.now()
    session.connection.destroy('killed')
    const queued = await watch.event('CUSTOM', { 'CC-Action': 'member-queue-start', 'CC-Member-Session-UUID': callId })
    t.ok(Number(queued.get('Event-Date-Timestamp')) / 1000 - at < 2_000, 'before the switch would have')
    await kill(callId)
    await gone(callId)
  })

  await t.test('the renewed switch does not fire', async (t) => {
    const { session, callId } = await arrive('13900000108', { armed: true })
    await session.connection.request({ verb: 'execute', callId, application: 'endless_playback', arg: prompt('topics'), eventId: randomUUID() })
    let renewals = 0
    const renew = async (): Promise<void> => {
      t.match(await watch.api({ api: 'sched_del', uuid: callId }), /^\+OK/)
      t.match(await watch.api({ api: 'sched_transfer', afterSeconds: 4, uuid: callId, extension: 'fallback', context: 'citizens' }), /^\+OK/)
      renewals += 1
    }
    await renew()
    await laterTransfer('13900000114', 6, renew)
    t.ok(renewals > 3, `${renewals} renewals`)
    t.notOk(events.some((event) => event.name === 'CUSTOM' && event.get('CC-Member-Session-UUID') === callId))
    await kill(callId)
    await gone(callId)
  })

  await t.test('a connection that says nothing is closed after 25 s', async (t) => {
    t.equal(await silent, 'Content-Type: auth/request\n\nContent-Type: text/disconnect-notice\nContent-Length: 67\n\nDisconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n')
  })
}

/** Who takes a caller: the first of two nodes, or the other. */
async function nodes(t: Test, { pbx, sessions, events, arrive, gone, kill, serve }: Stage): Promise<void> {
  await t.test('the first node cannot serve: the second gets the call', async (t) => {
    const taken: string[] = []
    const second = await startOutbound({ host: '127.0.0.1', port: pbx.secondPort, peers: ['127.0.0.1'] }, {
      canServe: () => true, onRefused: () => undefined, onCall: ({ channel }) => taken.push(channel.headers?.get('Caller-Caller-ID-Number') ?? ''),
    })
    await serve(false)
    const before = sessions.length
    await pbx.citizen({ number: '13900000109', hangUpAfter: 1_500 })
    await until('the call at the second', () => taken.length === 1)
    t.same([taken, sessions.length], [['13900000109'], before])
    await until('his end', () => events.some((event) => event.name === 'CHANNEL_HANGUP_COMPLETE' && event.get('Call-Direction') === 'inbound' && event.get('Caller-Caller-ID-Number') === '13900000109'))
    await second.close()
    await serve(true)
  })

  await t.test('both nodes serve: who is turned comes to the second, and turned back to the first', async (t) => {
    const taken: OutboundSession[] = []
    const second = await startOutbound({ host: '127.0.0.1', port: pbx.secondPort, peers: ['127.0.0.1'] }, { canServe: () => true, onRefused: () => undefined, onCall: (session) => taken.push(session) })
    const { callId, session } = await arrive('13900000110')
    t.equal(readCall(session.channel.headers ?? { get: () => undefined })?.turned, undefined)
    const there = makeSwitchboard({ link: { host: '127.0.0.1', port: pbx.eslPort, password: pbx.password }, operatorDial: '', trunkDial: '', intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4 },
      { onRefused: () => undefined, onLag: () => undefined, onLink: () => undefined, clock: Date.now, monotonic: () => performance.now() })
    await until('its link', () => there.up)
    there.turn([{ callId, turned: false }])
    const turned = await until('him at the second', () => taken[0])
    t.match(readCall(turned.channel.headers ?? { get: () => undefined }), { callId, turned: true })
    const before = sessions.length
    there.turn([{ callId, turned: true }])
    const back = await until('him at the first', () => sessions[before])
    t.match(readCall(back.channel.headers ?? { get: () => undefined }), { callId })
    t.equal(readCall(back.channel.headers ?? { get: () => undefined })?.turned, undefined)
    t.equal(taken.length, 1)
    await kill(callId)
    await gone(callId)
    there.close()
    await second.close()
  })
}

/** What is looked at by itself: each can be at a PBX of its own. */
export const PARTS = {
  'a call': calls,
  'the native queue, waits, corners, ways': async (t, { pbx, events, watch, sessions, arrive, perform, gone, kill, offer, first, serve }) => {
    const { api, event } = watch
    await agents(t, { api, event, arrive, offer, kill, gone, heard: first })
    await waits(t, {
      sound: prompt('noted'), length: NOTED, api, arrive, perform, gone,
      pressed: (callId) => events.flatMap((one) => (one.name === 'DTMF' && one.get('Unique-ID') === callId ? [one.get('DTMF-Digit') ?? ''] : [])).join(''),
    })
    await manners(t, { pbx, arrive, heard: first })
    await ways(t, {
      pbx, sound: prompt('topics'), api, event, arrive, offer, kill, gone, sessions: () => sessions.length, heard: first,
      async without(work) {
        await serve(false)
        await work()
        await serve(true)
      },
    })
  },
  'our leg': async (t, { pbx, watch, arrive, kill, gone, offer }) => {
    await leg(t, { tape: prompt, api: watch.api, arrive, end: async (callId) => { await kill(callId); await gone(callId) }, talk: async (callId) => { const { legId } = offer('1001', callId); await watch.event('CHANNEL_BRIDGE', { 'Bridge-A-Unique-ID': legId }) }, say: pbx.say })
  },
  'the nodes': nodes,
} as const satisfies Readonly<Record<string, (t: Test, stage: Stage) => Promise<void>>>

/** What we rely on of a PBX's event socket, event for event and header for header. It passes against both, so that they cannot drift apart. */
export async function conformance(t: Test, open: (t: Test) => Promise<ConformingPbx>, parts: readonly (keyof typeof PARTS)[] = Object.keys(PARTS) as (keyof typeof PARTS)[]): Promise<void> {
  const stage = await openStage(t, open)
  for (const part of parts) await PARTS[part](t, stage)
  const { sessions, watch, outbound } = stage
  await t.test('nothing is left', async () => {
    for (const { connection } of sessions) connection.destroy('done')
    await until('no channel', async () => /"row_count": ?0/.test(await watch.api({ api: 'show', what: 'channels' })))
    await until('no socket', () => outbound.connections === 0)
  })
}
