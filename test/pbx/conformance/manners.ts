import { randomUUID } from 'node:crypto'
import { connect } from 'node:net'
import type { Test } from 'tap'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import type { OutboundSession } from '../../../src/pbx/esl/outbound.js'
import { until } from '../../helpers/database.js'
import { makeFrameCutter, type Frame } from '../exchange/capture.js'
import type { ConformingPbx } from './suite.js'

type Where = Pick<ConformingPbx, 'eslPort' | 'password'>

/** Bytes as they are, and everything that comes back until it is enough. */
export function raw(pbx: Where, bytes: string, enough: (text: string) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(pbx.eslPort, '127.0.0.1')
    const limit = setTimeout(() => { socket.destroy(); reject(new Error(`only this came: ${JSON.stringify(text)}`)) }, 5_000)
    const done = (): void => { clearTimeout(limit); socket.destroy(); resolve(text) }
    socket.on('error', reject)
    socket.on('data', (data) => {
      const first = text === ''
      text += data.toString('latin1')
      if (first) socket.write(bytes)
      if (enough(text)) done()
    })
    socket.on('close', done)
  })
}

/** Connects and never says a word: what it hears until it is closed. */
export function saysNothing({ eslPort }: Where): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(eslPort, '127.0.0.1')
    socket.on('data', (data) => { text += data.toString('latin1') })
    socket.on('error', () => undefined)
    socket.on('close', () => { resolve(text) })
  })
}

/** A connection on which the test writes by hand, and knows each answer by its turn. */
interface Hand { readonly frames: readonly Frame[]; ask(command: string): Promise<Frame> }

export async function takeHand(t: Test, pbx: Where): Promise<Hand> {
  const socket = connect(pbx.eslPort, '127.0.0.1')
  t.teardown(() => { socket.destroy() })
  const cut = makeFrameCutter()
  const frames: Frame[] = []
  socket.setNoDelay(true)
  socket.on('error', () => undefined)
  socket.on('data', (chunk: Buffer) => { frames.push(...cut(chunk)) })
  const answers = (): Frame[] => frames.filter(({ event, type }) => event === null && type !== 'auth/request')
  const hand: Hand = {
    frames,
    async ask(command) {
      const turn = answers().length
      socket.write(`${command}\n\n`)
      return until(`the answer to ${command.slice(0, 60)}`, () => answers()[turn])
    },
  }
  await until('the greeting', () => frames.length > 0)
  await hand.ask(`auth ${pbx.password}`)
  return hand
}

interface Stage {
  readonly pbx: Where
  readonly arrive: (number: string) => Promise<{ readonly session: OutboundSession; readonly callId: string; readonly said: readonly EslEvent[] }>
  readonly heard: (name: string, where: Readonly<Record<string, string>>) => EslEvent | undefined
}

const isClosed = ({ connection }: OutboundSession): boolean => connection.socket?.destroyed !== false
const text = ({ head }: Frame): string => /^Reply-Text: (.*)$/m.exec(head)?.[1] ?? ''
const execute = (callId: string, application: string, argument: string, id: string, lock = false): string =>
  `sendmsg ${callId}\ncall-command: execute\nexecute-app-name: ${application}\nexecute-app-arg: ${argument}\nEvent-UUID: ${id}${lock ? '\nevent-lock: true' : ''}`

/** What FreeSWITCH's event socket does in its corners (mod_event_socket.c of August 2026, lines beside each). */
export async function manners(t: Test, { pbx, arrive, heard }: Stage): Promise<void> {
  await t.test('answers: cut, refused, misspelt', async (t) => {
    const hand = await takeHand(t, pbx)
    const long = await hand.ask(`sendmsg ${'x'.repeat(700)}`)
    t.equal(text(long), `-ERR invalid session id [${'x'.repeat(600)}`.slice(0, 511), 'char reply[512], listener_run 2641')
    for (const [command, answer] of Object.entries({
      'linger 5': '-ERR not controlling a session', // 2447
      'nolinger': '-ERR not controlling a session', // 2455
      'noevents': '-ERR not listening for events', // 2609
      'event json': '-ERR no keywords supplied', // 2538
      'event json NO_SUCH_EVENT': '-ERR no keywords supplied', // 2495: unknown names are passed over
      'event json NO_SUCH_EVENT HEARTBEAT CUSTOM a::b HEARTBEAT': '+OK event listener enabled json',
      'nixevent HEARTBEAT': '+OK events nixed', // 2595
      'filter': '-ERR command not found',
      'filter Unique-ID': '-ERR invalid syntax', // 2002
      'filter Unique-ID nobody': '+OK filter added. [Unique-ID]=[nobody]', // 2000
      'filter delete Unique-ID nobody': '+OK filter deleted. [Unique-ID][nobody]', // 1991
      'filter delete all': '+OK filter deleted. [all][]',
      'connect': '-ERR command not found', // 2012: only on a socket that FreeSWITCH opened
      'nonsense': '-ERR command not found', // 2620
    })) {
      const answered = await hand.ask(command)
      t.same([text(answered), answered.type], [answer, 'command/reply'], command)
    }
    // An API that the interface-allowlist leaves out is one that is not there: api_exec 1563.
    const { head, body } = await hand.ask('api system true')
    t.same([head, body], ['Content-Type: api/response\nContent-Length: 31', '-ERR system Command not found!\n'])
  })

  await t.test('a filter lets through what has its header, and hides everything else', async (t) => {
    const hand = await takeHand(t, pbx)
    const [wanted, hidden, last] = [randomUUID(), randomUUID(), randomUUID()]
    await hand.ask('event json BACKGROUND_JOB')
    await hand.ask(`filter Job-UUID ${wanted}`)
    const jobs = (): (string | undefined)[] => hand.frames.flatMap(({ event }) => (event === null ? [] : [event['Job-UUID']]))
    await hand.ask(`bgapi uptime\nJob-UUID: ${hidden}`)
    await hand.ask(`bgapi uptime\nJob-UUID: ${wanted}`)
    await until('the job', () => jobs().includes(wanted))
    await hand.ask('filter delete all')
    await hand.ask(`bgapi uptime\nJob-UUID: ${last}`)
    await until('the last job', () => jobs().includes(last))
    t.same(jobs(), [wanted, last])
  })

  await t.test('an order runs inside the one before it, unless that has event-lock', async (t) => {
    const { session, callId, said } = await arrive('13900000120')
    const hand = await takeHand(t, pbx)
    const ended = (id: string): number => said.findIndex((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application-UUID') === id)
    for (const lock of [false, true]) {
      const [outer, inner] = [randomUUID(), randomUUID()]
      t.equal(text(await hand.ask(execute(callId, 'playback', 'tone_stream://%(1500,0,400)', outer, lock))), '+OK')
      await until('it to begin', () => said.some((event) => event.name === 'CHANNEL_EXECUTE' && event.get('Application-UUID') === outer))
      t.equal(text(await hand.ask(execute(callId, 'set', 'liandong_note=1', inner, lock))), '+OK')
      await until('both to end', () => ended(outer) >= 0 && ended(inner) >= 0)
      t.equal(ended(inner) < ended(outer), !lock, lock ? 'one after the other' : 'nested')
    }
    await hand.ask(`api uuid_kill ${callId}`)
    await until('the end', () => isClosed(session))
  })

  await t.test('256 orders wait; the next ends the connection', async (t) => {
    const { session, callId, said } = await arrive('13900000121')
    const hand = await takeHand(t, pbx)
    await hand.ask(execute(callId, 'endless_playback', 'tone_stream://%(60000,0,400)', randomUUID(), true))
    await until('it to begin', () => said.some((event) => event.name === 'CHANNEL_EXECUTE' && event.get('Application') === 'endless_playback'))
    const answered: Frame[] = []
    while (answered.length < 257) answered.push(await hand.ask(execute(callId, 'set', 'liandong_note=1', randomUUID(), true)))
    t.equal(answered.filter((one) => text(one) === '+OK').length, 256, 'SWITCH_EVENT_QUEUE_LEN')
    // parse_command returns the queue's failure (2196), and listener_run leaves its loop (2755) before it has said `-ERR memory error`.
    t.match(answered[256], { type: 'text/disconnect-notice', body: 'Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n' })
    await (await takeHand(t, pbx)).ask(`api uuid_kill ${callId}`)
    await until('the end', () => isClosed(session))
  })

  await t.test('`linger 5`: the socket hears the very end, then FreeSWITCH closes it, and only then is the channel destroyed', async (t) => {
    const { session, callId, said } = await arrive('13900000122')
    const hand = await takeHand(t, pbx)
    await hand.ask('event json CHANNEL_DESTROY')
    const destroyed = (): boolean => hand.frames.some(({ event }) => event?.['Unique-ID'] === callId)
    await hand.ask(`api uuid_kill ${callId}`)
    await until('CHANNEL_HANGUP_COMPLETE on the socket', () => said.some((event) => event.name === 'CHANNEL_HANGUP_COMPLETE'))
    await until('CHANNEL_HANGUP_COMPLETE', () => heard('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': callId }))
    t.same([isClosed(session), destroyed()], [false, false], 'it lingers')
    await until('FreeSWITCH to close it', () => isClosed(session))
    await until('CHANNEL_DESTROY', destroyed)
  })
}
