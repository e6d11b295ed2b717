import t, { type Test } from 'tap'
import { until } from '../../helpers/database.js'
import { openLink } from '../../../src/pbx/esl/link.js'
import type { DeskBot } from '../../helpers/desk-bot.js'
import { openCity, type City } from '../harness/city.js'
import { findRealThings } from '../harness/freeswitch.js'

t.setTimeout(600_000)
const things = findRealThings()
const skip = 'skip' in things ? things.skip : false

async function cityOf(t: Test, operators: number, environment: Record<string, string> = {}, freeswitch: Record<string, string> = {}): Promise<City> {
  if ('skip' in things) throw new Error(things.skip)
  const city = await openCity(things, { operators, environment, freeswitch })
  t.teardown(async () => {
    if (!t.passing()) t.comment(`${city.sipp.errors()}\n${city.node().output().slice(-5_000)}`)
    await city.stop()
  })
  await city.startNode()
  return city
}

const cardOf = (desk: DeskBot | undefined, number: string) => (desk?.call?.caller.number === number ? desk.call : null)

t.test('calls through a real FreeSWITCH', { skip, timeout: 240_000 }, async (t) => {
  const city = await cityOf(t, 3, { LIANDONG_DESK_GRACE: '500' }, { LIANDONG_FS_TRUSTED_TRUNKS: '127\\.0\\.0\\.1' })
  const [first, second] = await city.desks(2)
  await city.sipp.phones(['1001'], { ring: 2_500, talk: 2_000 })

  async function passesOn(t: Test, number: string, reason: string, presence: string): Promise<void> {
    const before = (await city.tickets()).length
    await city.sipp.call({ number })
    const { callId } = await until('the ticket at the other desk', () => { const card = cardOf(first, number); return card?.answeredAt !== undefined && first?.ticket?.id === card.callId ? card : null })
    t.ok(second?.messages.some((message) => message.type === 'call.gone' && message.callId === callId && message.reason === reason), 'the second hears why')
    t.ok(second?.messages.some((message) => message.type === 'me' && message.me.presence === presence), 'and is marked')
    t.equal(first?.call?.caller.verified, false, 'what From says is nobody’s word but his own, also on a trusted trunk')
    t.ok((first?.popped.get(callId) ?? Infinity) - (second?.popped.get(callId) ?? 0) < 1_000, 'within a second')
    t.equal((await city.tickets()).length, before + 1)
  }

  await t.test('the first rings with context and keys; answering opens the ticket', async (t) => {
    await city.sipp.call({ number: '13900000001', displayName: 'Zhang San', keys: '1', keysAfter: 300, headers: ['P-Asserted-Identity: <sip:13900000001@carrier.example>'] })
    const card = await until('the pop', () => cardOf(first, '13900000001'))
    t.match(card, { caller: { number: '13900000001', name: 'Zhang San', verified: true }, calledNumber: '110' })
    await until('the caller’s key', () => cardOf(first, '13900000001')?.category === 'manhole-cover')
    t.equal(first?.call?.answeredAt, undefined, 'while it rings')
    await until('the answer', () => first?.call?.answeredAt !== undefined && first.ticket !== null)
    t.match(first?.ticket, { id: card.callId, state: 'open', fields: { category: 'manhole-cover' } })
    await until('the next call to be possible', () => first?.me?.presence === 'ready')
    t.match(await city.tickets(), [{ id: card.callId, caller_number: '13900000001' }])
  })

  await t.test('a phone that is busy: the next operator within a second; the first is asked again by himself', async (t) => {
    const phone = await city.sipp.phones(['1002'], 'busy') // longest idle, so asked first
    await passesOn(t, '13900000002', 'failed', 'paused')
    await phone.stop()
    await until('both to be ready', () => [first, second].every((desk) => desk?.me?.presence === 'ready'))
  })

  await t.test('a phone that is declined: the next operator within a second, and the first is marked', async (t) => {
    await city.sipp.phones(['1002'], 'declined')
    await passesOn(t, '13900000005', 'rejected', 'missed')
  })

  await t.test('a caller who hangs up while it rings cancels the ringing; no ticket', async (t) => {
    for (const desk of [first, second]) await desk?.close()
    const [third] = await city.desksOf(['1003'])
    await until('the others to be away', () => third?.messages.findLast((message) => message.type === 'queue')?.queue.ready === 1)
    await city.sipp.phones(['1003'], 'unattended')
    await city.sipp.call({ number: '13900000003', patience: 1_500 })
    await until('the pop', () => cardOf(third, '13900000003'))
    await until('the news', () => third?.messages.find((message) => message.type === 'call.gone'))
    t.match(third?.messages.find((message) => message.type === 'call.gone'), { reason: 'caller-hung-up' })
    await until('no channel to be left', async () => /"row_count": ?0/.test((await city.witness.link.api({ api: 'show', what: 'channels' })).text)).catch(async (error: unknown) => {
      t.comment((await city.witness.link.api({ api: 'show', what: 'channels' })).text)
      throw error
    })
    t.equal((await city.tickets()).length, 3)
    t.equal(third?.me?.presence === 'ready' || third?.me?.presence === 'break', true, 'it was not his fault')
  })
})

t.test('caller text on a real FreeSWITCH: nothing executes, nothing crashes, all of it shows harmlessly', { skip, timeout: 240_000 }, async (t) => {
  const city = await cityOf(t, 1)
  const [desk] = await city.desks(1)
  await city.sipp.phones(['1001'], { ring: 100, talk: 700 })
  const cases: readonly (readonly [string, { readonly number: string; readonly displayName?: string; readonly headers?: readonly string[] }])[] = [
    ['newline and a command in the number', { number: '138%0A%0Aapi%20global_setvar%20injected%3Dyes%0A%0A' }],
    ['carriage return in the number', { number: '138%0D%0Aapi%20global_setvar%20injected%3Dyes%0D%0A%0D%0A' }],
    ['an API call as expansion', { number: '138', displayName: '${api(global_setvar injected=yes)}' }],
    ['a dial string’s separators', { number: '138%2C139%7C140', displayName: "{api_on_answer='global_setvar injected=yes'}user/1001,|&" }],
    ['quotes and HTML', { number: '13900000009', displayName: "<script>alert(1)</script>'" }],
    ['ARRAY::', { number: '13900000010', displayName: 'ARRAY::1|:2|:3' }],
    ['headers that look like ours', { number: '13900000011', headers: ['X-Liandong-Lat: ${api(global_setvar injected=yes)}', 'X-liandong_operator: 00000000-0000-4000-8000-000000000000', 'X-Liandong-Lon: 1,2|3'] }],
  ]
  for (const [what, call] of cases) {
    await t.test(what, async (t) => {
      const before = (await city.tickets()).length
      const run = await city.sipp.call(call)
      await until('its ticket', async () => (await city.tickets()).length === before + 1)
      t.equal(await run.ended, 0, 'the talk ended in the ordinary way')
      t.not((await city.witness.link.api({ api: 'global_getvar', name: 'injected' })).text.trim(), 'yes', 'nothing was executed')
       
      t.notMatch(JSON.stringify([...desk?.messages ?? []].filter((message) => message.type === 'call').map((message) => message.call.caller)), /\\n|\\r|\\u00/)
      await until('the operator to be ready', () => desk?.me?.presence === 'ready')
    })
  }
})

t.test('a telephone that loses its power says no goodbye: the citizen is offered on, with his ticket', { skip, timeout: 120_000 }, async (t) => {
  const city = await cityOf(t, 2)
  const [first] = await city.desks(1)
  const phone = await city.sipp.phones(['1001'], { ring: 100, talk: null })
  const call = await city.sipp.call({ number: '13900000031' })
  await until('the talk', () => first?.call?.state === 'talking')
  const [before] = await until('the ticket', async () => { const tickets = await city.tickets(); return tickets.length === 1 ? tickets : null })
  const [second] = await city.desksOf(['1002'])
  await city.sipp.phones(['1002'], { ring: 100, talk: 1_500 })
  await phone.stop() // SIGKILL: no BYE, no more RTP
  await until('the second operator to have him', () => cardOf(second, '13900000031')?.state === 'talking', 60_000)
  t.equal(await call.ended, 0, 'and he ended in the ordinary way')
  t.match(await city.tickets(), [{ id: before?.id, number: before?.number, call_back: false }], 'one ticket, the same')
  t.equal(city.witness.citizens().length, 1)
})

t.test('SIGTERM: new calls go to the native queue, a talk goes on, exit code 0', { skip, timeout: 120_000 }, async (t) => {
  const city = await cityOf(t, 1)
  const [desk] = await city.desks(1)
  await city.sipp.phones(['1001'], { ring: 100, talk: 4_000 })
  const talking = await city.sipp.call({ number: '13900000021' })
  await until('the talk', () => desk?.call?.state === 'talking')
  city.node().kill('SIGTERM')
  t.equal(await city.node().ended, 0)
  const later = await city.sipp.call({ number: '13900000022' })
  t.equal(await talking.ended, 0)
  t.equal(await later.ended, 0)
  const citizens = city.witness.citizens()
  await until('the witness to see both ends', () => citizens.every(({ endedAt }) => endedAt !== undefined))
  t.equal(citizens.length, 2)
  for (const { bridgedAt = 0, endedAt = 0, number } of citizens) t.ok(bridgedAt > 0 && endedAt - bridgedAt > 3_500, `${number} talked to the end (${endedAt - bridgedAt} ms)`)
  await city.startNode()
  await until('both tickets', async () => (await city.tickets()).length === 2)
})

t.test('the native queue: who waits hears again and again that all are busy, keeps his place, and not a word of it goes on into the talk', { skip, timeout: 120_000 }, async (t) => {
  const city = await cityOf(t, 1, { LIANDONG_INTAKE_WHEN_UNSTAFFED: 'refuse' }, { LIANDONG_FS_NATIVE_ANNOUNCE: '1' })
  const seen: { readonly what: string; readonly at: number }[] = []
  const { eslPort: port, password } = city.freeswitch
  const link = openLink({ host: '127.0.0.1', port, password, events: ['MEDIA_BUG_START', 'MEDIA_BUG_STOP', 'CHANNEL_BRIDGE'], custom: ['callcenter::info'], first: 100 }, {
    onUp: () => undefined, onDown: () => undefined,
    onEvent(event) {
      const bug = event.get('Media-Bug-Function')
      const what = event.name === 'CUSTOM' ? event.get('CC-Action') : bug === undefined ? event.name : bug === 'displace' ? event.name : undefined
      if (what !== undefined) seen.push({ what, at: Number(event.get('Event-Date-Timestamp') ?? 0) / 1000 })
    },
  })
  t.teardown(() => { link.close() })
  await until('the link', () => link.up)
  const count = (what: string): number => seen.filter((one) => one.what === what).length
  const at = (what: string): number => seen.findLast((one) => one.what === what)?.at ?? NaN
  const call = await city.sipp.call({ number: '13900000041' })
  await until('three announcements', () => count('MEDIA_BUG_START') >= 3, 30_000)
  t.equal(count('member-queue-start'), 1, 'he has not lost his place')
  await city.sipp.phones(['1001'], { ring: 300, talk: 3_000 })
  const [ticket] = await until('his ticket', async () => { const tickets = await city.tickets(); return tickets.length === 1 ? tickets : null })
  t.match(ticket, { caller_number: '13900000041' })
  t.ok((ticket?.opened_at.getTime() ?? NaN) - at('CHANNEL_BRIDGE') < 1_500, 'looked for at the bridge, not at the next round')
  await until('the announcement to end', () => count('MEDIA_BUG_STOP') === count('MEDIA_BUG_START'))
  t.ok(at('MEDIA_BUG_STOP') - at('CHANNEL_BRIDGE') < 500, `it lasts 13 s, and ended ${at('MEDIA_BUG_STOP') - at('CHANNEL_BRIDGE')} ms after the bridge`)
  t.equal(await call.ended, 0)
})
