import { randomUUID } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import type { ApiCall } from '../../../src/pbx/esl/command.js'
import type { OutboundSession } from '../../../src/pbx/esl/outbound.js'
import { until } from '../../helpers/database.js'
import { takeHand } from './manners.js'
import type { ConformingPbx } from './suite.js'

interface Stage {
  readonly pbx: ConformingPbx
  /** A sound that lasts. */
  readonly sound: string
  api(call: ApiCall): Promise<string>
  event(name: string, where: Readonly<Record<string, string | RegExp>>): Promise<EslEvent>
  heard(name: string, where: Readonly<Record<string, string | RegExp>>): EslEvent | undefined
  arrive(number: string): Promise<{ readonly callId: string; readonly session: OutboundSession }>
  offer(extension: string, callId: string): { readonly legId: string; readonly jobId: string }
  kill(uuid: string, cause?: string): Promise<string>
  gone(uuid: string): Promise<EslEvent>
  sessions(): number
  /** The first node takes nobody while `work` runs. */
  without(work: () => Promise<void>): Promise<void>
}

/** The ways on which a caller leaves one hand for another. */
export async function ways(t: Test, { pbx, sound, api, event, heard, arrive, offer, kill, gone, sessions, without }: Stage): Promise<void> {
  await t.test('the order to ring no more ends a telephone that rings, and none that was lifted, however late it comes', async (t) => {
    const { callId } = await arrive('13900000131')
    const rings = offer('1003', callId)
    await event('CHANNEL_PROGRESS', { 'Unique-ID': rings.legId })
    t.match(await api({ api: 'still', uuid: rings.legId }), /^\+OK/)
    t.equal((await gone(rings.legId)).get('Hangup-Cause'), 'ORIGINATOR_CANCEL')
    t.match(await api({ api: 'still', uuid: rings.legId }), /^\+OK/, 'nor is anybody else met')
    const lifted = offer('1001', callId)
    await event('CHANNEL_ANSWER', { 'Unique-ID': lifted.legId })
    // In the 60 ms between his answer and the bridge.
    await api({ api: 'still', uuid: lifted.legId })
    await event('CHANNEL_BRIDGE', { variable_liandong_call: callId, 'Unique-ID': lifted.legId })
    await api({ api: 'still', uuid: lifted.legId })
    t.match(await api({ api: 'uuid_dump', uuid: lifted.legId }), /^\{/, 'they talk')
    t.notOk(heard('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': lifted.legId }))
    await kill(lifted.legId)
    await gone(callId)
  })

  await t.test('an order that waits behind what plays disturbs no operator who lifts meanwhile', async (t) => {
    const { callId, session } = await arrive('13900000134')
    for (const [application, arg] of [['playback', sound], ['set', 'liandong_asked=1']] as const) await session.connection.request({ verb: 'execute', callId, application, arg, eventId: randomUUID() })
    const { legId } = offer('1001', callId)
    await event('CHANNEL_BRIDGE', { variable_liandong_call: callId, 'Unique-ID': legId })
    await new Promise((resolve) => { setTimeout(resolve, 1_500) })
    t.match(await api({ api: 'uuid_dump', uuid: legId }), /^\{/, 'they talk')
    t.notOk(heard('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': legId }))
    t.notOk(heard('CHANNEL_HANGUP_COMPLETE', { 'Unique-ID': callId }))
    await kill(legId)
    await gone(legId)
    await kill(callId)
    await gone(callId)
  })

  await t.test('a talk that is transferred begins the other extension once', async (t) => {
    const { callId } = await arrive('13900000132')
    const { legId } = offer('1001', callId)
    await event('CHANNEL_BRIDGE', { variable_liandong_call: callId, 'Unique-ID': legId })
    const hand = await takeHand(t, pbx)
    await hand.ask('event json CHANNEL_EXECUTE')
    const before = sessions()
    await api({ api: 'uuid_transfer', uuid: callId, extension: '110', context: 'citizens' })
    await until('his socket', () => sessions() > before)
    const executed = (): (string | undefined)[] => hand.frames.flatMap((frame) => (frame.event?.['Event-Name'] === 'CHANNEL_EXECUTE' && frame.event['Unique-ID'] === callId ? [frame.event['Application']] : []))
    await until('the socket to be told of', () => executed().includes('socket'))
    t.same(['answer', 'sched_transfer', 'socket'].map((name) => [name, executed().filter((one) => one === name).length]), [['answer', 1], ['sched_transfer', 1], ['socket', 1]])
    await gone(legId)
    await kill(callId)
    await gone(callId)
  })

  await t.test('`resume` is a word that no variable takes back: it must never be said', async (t) => {
    const sockets: Socket[] = []
    const hasty = createServer((socket) => { socket.on('error', () => undefined); socket.on('data', () => undefined); sockets.push(socket) })
    t.teardown(() => { for (const socket of sockets) socket.destroy(); hasty.close() })
    await new Promise<void>((resolve) => { hasty.listen(pbx.secondPort, '127.0.0.1', resolve) })
    await without(async () => {
      await pbx.citizen({ number: '13900000133' })
      const socket = await until('his socket', () => sockets[0])
      const said: string[] = []
      socket.on('data', (data: Buffer) => said.push(data.toString('latin1')))
      socket.write('connect\n\n')
      const callId = await until('whose it is', () => /^Unique-ID: (.{36})$/m.exec(said.join(''))?.[1])
      socket.write(`resume\n\nsendmsg\ncall-command: execute\nexecute-app-name: endless_playback\nexecute-app-arg: ${sound}\n\n`)
      await until('the music', () => said.join('').split('Reply-Text: +OK').length > 2)
      await api({ api: 'sched_del', uuid: callId })
      await api({ api: 'uuid_setvar', uuid: callId, name: 'socket_resume', value: 'false' })
      await until('the music to run', async () => (await api({ api: 'show', what: 'channels' })).includes('endless_playback'))
      socket.destroy()
      await event('CUSTOM', { 'CC-Action': 'member-queue-start', 'CC-Member-Session-UUID': callId })
      await kill(callId)
      await gone(callId)
    })
  })
}
