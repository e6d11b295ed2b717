import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { EslEvent } from '../../../src/pbx/esl/codec.js'
import type { ApiCall, Application } from '../../../src/pbx/esl/command.js'
import type { OutboundSession } from '../../../src/pbx/esl/outbound.js'
import { until } from '../../helpers/database.js'

interface Stage {
  /** A prompt of `length` ms. */
  readonly sound: string
  readonly length: number
  api(call: ApiCall): Promise<string>
  arrive(number: string, more?: { readonly keys?: string }): Promise<{ readonly session: OutboundSession; readonly callId: string; readonly said: readonly EslEvent[] }>
  perform(session: OutboundSession, callId: string, application: Application, arg: string, open?: boolean): Promise<EslEvent>
  /** Keys of this call that the PBX has told of. */
  pressed(callId: string): string
  gone(callId: string): Promise<EslEvent>
}

/** An application is over so soon after it should be, ms: frames of 20 ms, and a machine that has other work. */
const LATE = 700
/** `play_and_get_digits` waits no shorter for a first key, ms (mod_dptools.c). */
const LEAST = 1_000

/** How long an application waits, what ends it, and what it says then. */
export async function waits(t: Test, { sound, length, api, arrive, perform, pressed, gone }: Stage): Promise<void> {
  const gather = (min: number, max: number, timeout: number, terminators: string, between: number, prompt = 'silence_stream://10'): string =>
    `${min} ${max} 1 ${timeout} ${terminators} ${prompt} silence_stream://10 liandong_digits [0-9*#]* ${between}`
  const cut = (session: OutboundSession, callId: string): Promise<unknown> => session.connection.request({ verb: 'api', call: { api: 'uuid_break', uuid: callId } })
  const end = async (callId: string): Promise<void> => { await api({ api: 'uuid_kill', uuid: callId, cause: 'NORMAL_CLEARING' }); await gone(callId) }
  async function timed(work: Promise<EslEvent>): Promise<{ readonly event: EslEvent; readonly ms: number }> {
    const since = performance.now()
    return { event: await work, ms: Math.round(performance.now() - since) }
  }
  const lasts = (t: Test, ms: number, expected: number, what: string): void => { t.ok(ms > expected - 100 && ms < expected + LATE, `${what}: ${ms} ms for ${expected}`) }
  const begun = (said: readonly EslEvent[], application: string, nth = 1): Promise<boolean> =>
    until(`${application} to begin`, () => said.filter((event) => event.name === 'CHANNEL_EXECUTE' && event.get('Application') === application).length >= nth)
  const pause = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

  await t.test('a break ends a prompt, and not the wait for keys after it', async (t) => {
    const { session, callId, said } = await arrive('13900000141')
    const inPrompt = timed(perform(session, callId, 'play_and_get_digits', gather(1, 1, 2_000, 'none', 2_000, sound)))
    await begun(said, 'play_and_get_digits')
    await pause(500)
    await cut(session, callId)
    lasts(t, (await inPrompt).ms, 500 + 2_000, 'in the prompt')
    const inWait = timed(perform(session, callId, 'play_and_get_digits', gather(1, 1, 2_000, 'none', 2_000)))
    await begun(said, 'play_and_get_digits', 2)
    await pause(500)
    await cut(session, callId)
    lasts(t, (await inWait).ms, 2_000, 'in the wait')
    const after = await timed(perform(session, callId, 'playback', sound))
    lasts(t, after.ms, length, 'nor what is played next')
    await cut(session, callId)
    lasts(t, (await timed(perform(session, callId, 'playback', sound))).ms, length, 'one that comes before anything plays ends nothing')
    await end(callId)
  })

  await t.test('a break as an order is given takes the order away never: it is done, and said to be', async (t) => {
    const { session, callId, said } = await arrive('13900000140')
    const ids = Array.from({ length: 12 }, () => randomUUID())
    for (const eventId of ids) {
      const order = session.connection.request({ verb: 'execute', callId, application: 'playback', arg: 'silence_stream://200', eventId })
      await Promise.all([order, cut(session, callId)])
      await until('its end', () => said.some((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application-UUID') === eventId), 3_000)
    }
    t.equal(said.filter((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application') === 'playback').length, ids.length, 'once each')
    await end(callId)
  })

  await t.test('a wait for the first key is no shorter than a second, the one between keys is', async (t) => {
    const { session, callId } = await arrive('13900000142')
    lasts(t, (await timed(perform(session, callId, 'play_and_get_digits', gather(1, 1, 10, 'none', 10)))).ms, LEAST, 'the first')
    await end(callId)
    const other = await arrive('13900000143', { keys: '4' })
    const { event, ms } = await timed(perform(other.session, other.callId, 'play_and_get_digits', gather(1, 2, 8_000, 'none', 300)))
    t.equal(event.get('variable_liandong_digits'), '4')
    t.ok(ms < 4_000, `between: ${ms} ms`)
    await end(other.callId)
  })

  await t.test('too few keys are told, and a terminator alone is nothing', async (t) => {
    for (const [number, keys, told] of [['13900000144', '12', '12'], ['13900000145', '12#', '12'], ['13900000146', '#', undefined]] as const) {
      const { session, callId } = await arrive(number, { keys })
      const event = await perform(session, callId, 'play_and_get_digits', gather(5, 8, 5_000, '#', 3_000))
      await until('each key to be told, which comes by another connection', () => pressed(callId) === keys)
      t.equal(event.get('variable_liandong_digits'), told, keys)
      await end(callId)
    }
  })

  await t.test('a key that ends a prompt: which it was is told, and the next one is still on the line', async (t) => {
    const { session, callId } = await arrive('13900000147', { keys: '57' })
    await api({ api: 'uuid_setvar', uuid: callId, name: 'playback_terminators', value: 'any' })
    const ended = await timed(perform(session, callId, 'playback', 'tone_stream://%(8000,0,400)'))
    t.equal(ended.event.get('Application-Response'), 'FILE PLAYED')
    t.equal(ended.event.get('variable_playback_terminator_used'), '5')
    t.ok(ended.ms < 5_000, `${ended.ms} ms`)
    const answer = await perform(session, callId, 'play_and_get_digits', gather(1, 1, 3_000, 'none', 3_000))
    t.equal(answer.get('variable_liandong_digits'), '7')
    const next = await perform(session, callId, 'playback', sound)
    t.equal(next.get('variable_playback_terminator_used'), undefined, 'none ended this one')
    await end(callId)
  })

  await t.test('only the keys that are named end a prompt, the others are lost', async (t) => {
    const { session, callId } = await arrive('13900000148', { keys: '1*#' })
    await api({ api: 'uuid_setvar', uuid: callId, name: 'playback_terminators', value: '#' })
    const ended = await timed(perform(session, callId, 'playback', 'silence_stream://8000'))
    t.equal(ended.event.get('variable_playback_terminator_used'), '#')
    t.ok(ended.ms < 7_000, `${ended.ms} ms`)
    await until('each key to be told', () => pressed(callId) === '1*#')
    const answer = await perform(session, callId, 'play_and_get_digits', gather(1, 1, 1_000, 'none', 1_000))
    t.equal(answer.get('variable_liandong_digits'), undefined)
    await end(callId)
  })

  await t.test('what is open does orders inside it, and a break ends it all the same', async (t) => {
    const { session, callId, said } = await arrive('13900000149')
    const silence = timed(perform(session, callId, 'playback', 'silence_stream://8000', true))
    await begun(said, 'playback')
    await session.connection.request({ verb: 'execute', callId, application: 'detect_speech', arg: 'nothing-like-it any any', eventId: randomUUID() })
    await until('the order to be done', () => said.some((event) => event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application') === 'detect_speech'))
    await cut(session, callId)
    const { event, ms } = await silence
    t.equal(event.get('Application-Response'), 'FILE PLAYED')
    t.ok(ms < 5_000, `${ms} ms`)
    await end(callId)
  })
}
