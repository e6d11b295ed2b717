import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { basename, join } from 'node:path'
import t from 'tap'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { setMode, clearMode } from '../../src/store/modes.js'
import { until } from '../helpers/database.js'
import { bridged, openWorld, pickUp } from './world.js'

/** Everything that a flow can ask of the telephone, in one menu. */
const FLOW = `flow: "110"
title: { zh: 全部, en: Everything }
languages: [zh-CN, en]
bound: { unbreakableSeconds: 20 }
start: situation
nodes:
  situation:
    type: branch
    cases:
      - { when: { mode: disaster }, goto: umbrella }
    otherwise: which
  umbrella: { type: play, prompts: [disaster-notice], skip: true, next: which }
  which:
    type: menu
    prompts: [topics]
    keys:
      "1": { goto: leave-word }
      "2": { goto: offer }
      "3": { goto: ask }
      "4": { goto: turn }
      "5": { goto: topic }
      "6": { goto: line }
    onSilence: waiting
  leave-word: { type: message, prompts: [leave-word], maxSeconds: 60, silenceSeconds: 5, next: kept, onSilence: waiting }
  kept: { type: play, prompts: [word-kept], next: goodbye }
  goodbye: { type: hang-up }
  offer: { type: call-back, prompts: [visit-question], key: "1", otherKey: "2", askNumber: [visit-reason], next: kept, onSilence: waiting }
  ask:
    type: look-up
    service: outages
    query: { number: { fact: caller-number } }
    save: { until: outage.until }
    next: known
    onFault: unknown
  known: { type: play, prompts: [outage-until, { time: { var: until } }], skip: true, next: waiting }
  unknown: { type: tag, set: { looked: "failed" }, next: waiting }
  turn:
    type: queue
    class: emergency
    priority: 5
    announce: { everySeconds: 10, times: 3, prompts: [noted, { number: { fact: position } }] }
    keys: { "1": { goto: unknown } }
    next: waiting
  topic:
    type: listen
    prompts: [topics]
    keys:
      "1": { words: { zh-CN: [井盖], en: [manhole] }, tag: { category: manhole-cover }, goto: waiting }
    onSilence: waiting
  line: { type: transfer, line: water-company, ringSeconds: 10, onFault: unknown }
  waiting: { type: end }
`

const heard = (call: PlacedCall): string[] => call.reports.flatMap(({ type, detail }) => (type === 'hears' ? [detail.replace('file_string://', '').split('!').map((path) => basename(path).replace(/\.[0-9a-f]{8}\.wav$/, '')).join('+')] : []))
const hears = (call: PlacedCall, what: string): Promise<unknown> => until(`${what} to be heard, after ${heard(call).join(' | ')}`, () => heard(call).includes(what))

function outages(answer: (number: string) => { readonly status: number; readonly body: string }): Promise<{ server: Server; port: number; asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x')
    asked.push(url.pathname + url.search)
    const { status, body } = answer(url.searchParams.get('number') ?? '')
    response.writeHead(status, { 'content-type': 'application/json', location: 'http://127.0.0.1:1/' }).end(body)
  })
  return new Promise((resolve) => { server.listen(0, '127.0.0.1', () => { const address = server.address(); resolve({ server, asked, port: typeof address === 'object' && address !== null ? address.port : 0 }) }) })
}

t.setTimeout(400_000)

t.test('what a flow can do to a call, from the telephone to the books', async (t) => {
  const service = await outages((number) => (number === '13900020003' ? { status: 200, body: '{"outage":{"until":"2026-01-05T18:30"}}' } : { status: 302, body: '{}' }))
  t.teardown(() => { service.server.close() })
  const world = await openWorld(t, { config: { 'flows.lookUps': [`outages=http://127.0.0.1:${service.port}/api/outage`], 'flows.lookUpPrivate': ['127.0.0.1'], 'pbx.speech': 'practice any', 'pbx.trunkDial': 'sofia/trunk/{number}' } })
  try {
    writeFileSync(join(world.flowFiles, '110.yaml'), FLOW)
    appendFileSync(join(world.flowFiles, 'categories.yaml'), '  looked: { zh: 查询, en: Looked up }\n')
    const node = await world.startNode()

    await t.test('a message: recorded, on record with its length, marked for call-back, then the flow hangs up', async (t) => {
      const call = world.call({ number: '13900020001' })
      await hears(call, 'topics')
      call.press('1')
      await until('the recording', () => call.reports.some(({ detail }) => detail.startsWith('tone_stream')))
      const [begun] = await until('the row of the message', async () => { const rows = await world.rows<{ id: string }>('select id from voice_message where call_id = $1 and duration_ms is null', [call.callId]); return rows.length === 1 ? rows : null })
      await until('the file', () => existsSync(join(world.home, 'messages', `${begun?.id ?? ''}.wav`)))
      call.say('井盖不见了')
      await until('a second of it', () => world.exchange.recorded(call.callId) >= 1_000)
      call.press('#')
      await until('his end', () => call.ended)
      t.equal(call.reports.at(-1)?.detail, 'NORMAL_CLEARING')
      const [message] = await until('its length', async () => { const rows = await world.rows<{ id: string; duration_ms: number }>('select id, duration_ms from voice_message where call_id = $1 and duration_ms is not null', [call.callId]); return rows.length === 1 ? rows : null })
      t.ok((message?.duration_ms ?? 0) >= 1_000, `${message?.duration_ms ?? 0} ms of the caller's time`)
      t.equal(readFileSync(join(world.home, 'messages', `${message?.id ?? ''}.wav`)).toString('latin1', 0, 4), 'RIFF')
      t.match(await world.rows('select number, reason from call_back_task where call_id = $1', [call.callId]), [{ number: '13900020001', reason: 'message' }])
      const [row] = await until('the end of the call in the books', async () => { const rows = await world.rows<{ state: string; hangup_cause: string }>('select state, hangup_cause, tags from call where id = $1 and ended_at is not null', [call.callId]); return rows.length === 1 ? rows : null })
      t.match(row, { state: 'ended', hangup_cause: 'SETTLED' }, 'he was served: not abandoned')
      const [trace] = await until('his way, with the keys at their times', async () => { const rows = await world.rows<{ keys: { at: number; key: string }[] }>('select keys from flow_trace where call_id = $1', [call.callId]); return rows.length === 1 ? rows : null })
      t.same(trace?.keys.map(({ key }) => key), ['1', '#'])
      // When the first was heard is a matter of how busy this machine is.
      t.ok((trace?.keys[1]?.at ?? 0) - (trace?.keys[0]?.at ?? 0) >= 500, JSON.stringify(trace?.keys))
    })

    await t.test('a message that he ends by hanging up, as people do, is one: with its length, and a call-back that only a person ends', async (t) => {
      const call = world.call({ number: '13900020007' })
      await hears(call, 'topics')
      call.press('1')
      await until('the recording', () => call.reports.some(({ detail }) => detail.startsWith('tone_stream')))
      const [begun] = await until('the row of the message', async () => { const rows = await world.rows<{ id: string }>('select id from voice_message where call_id = $1', [call.callId]); return rows.length === 1 ? rows : null })
      await until('the file', () => existsSync(join(world.home, 'messages', `${begun?.id ?? ''}.wav`)))
      call.say('井盖不见了')
      await until('a second of it', () => world.exchange.recorded(call.callId) >= 1_000)
      call.hangUp()
      const [message] = await until('its length', async () => { const rows = await world.rows<{ duration_ms: number }>('select duration_ms from voice_message where call_id = $1 and duration_ms is not null', [call.callId]); return rows.length === 1 ? rows : null })
      t.ok((message?.duration_ms ?? 0) >= 1_000, `${message?.duration_ms ?? 0} ms of the caller's time`)
      await until('the wish', async () => (await world.rows('select call_id from call_back_task where call_id = $1 and reason = $2', [call.callId, 'message'])).length === 1)
    })

    await t.test('who says nothing leaves no message and goes on waiting', async (t) => {
      const call = world.call({ number: '13900020004' })
      await hears(call, 'topics')
      call.press('1')
      await until('music again', () => heard(call).at(-1) === 'hold')
      t.same(await world.rows('select call_id from call_back_task where call_id = $1', [call.callId]), [])
      t.notOk(call.ended)
      call.hangUp()
    })

    await t.test('a call-back to another number', async (t) => {
      const call = world.call({ number: '13900020002' })
      await hears(call, 'topics')
      call.press('2')
      await hears(call, 'visit-question')
      call.press('2')
      await hears(call, 'visit-reason')
      call.press('37964321#')
      await until('his end', () => call.ended)
      t.match(await until('the wish', async () => { const rows = await world.rows('select number, reason from call_back_task where call_id = $1', [call.callId]); return rows.length === 1 ? rows : null }), [{ number: '37964321', reason: 'asked' }])
    })

    await t.test('a look-up: what it answered is read out; a redirect is a fault, and the caller goes on', async (t) => {
      const known = world.call({ number: '13900020003' })
      await hears(known, 'topics')
      known.press('3')
      await hears(known, 'outage-until+evening+n6+oclock+n3+ten+past')
      const other = world.call({ number: '13900020005' })
      await hears(other, 'topics')
      other.press('3')
      await until('the fault', () => node.intake.room().calls.get(other.callId)?.tags.some(({ key }) => key === 'looked'))
      t.same(service.asked, ['/api/outage?number=13900020003', '/api/outage?number=13900020005'])
      known.hangUp()
      other.hangUp()
    })

    await t.test('music, announcements of the position, a key in between; class and priority in the queue', async (t) => {
      const before = world.call({ number: '13900020006' })
      await hears(before, 'topics')
      const call = world.call({ number: '13900020007' })
      await hears(call, 'topics')
      call.press('4')
      await hears(call, 'noted+n1')
      t.match(node.intake.room().calls.get(call.callId), { class: 'emergency', priority: 5 }, 'an emergency is first, whoever came before')
      await until('music again', () => heard(call).at(-1) === 'hold')
      call.press('1')
      await until('the key in the music', () => node.intake.room().calls.get(call.callId)?.tags.some(({ key }) => key === 'looked'))
      before.hangUp()
      call.hangUp()
    })

    await t.test('a word, or a key', async () => {
      const call = world.call({ number: '13900020008' })
      await hears(call, 'topics')
      call.press('5')
      await until('the question', () => heard(call).filter((one) => one === 'topics').length === 2)
      call.say('门口的井盖坏了')
      await until('what it means', () => node.intake.room().calls.get(call.callId)?.category === 'manhole-cover')
      call.hangUp()
    })

    await t.test('disaster mode: one switch, from the next call on; off again', async (t) => {
      await setMode(node.store.pool, 'disaster', null, 'test')
      await until('the switch', () => node.store.modes()['disaster'] !== undefined)
      const call = world.call({ number: '13900020009' })
      await hears(call, 'disaster-notice')
      call.press('7')
      await hears(call, 'topics')
      await clearMode(node.store.pool, 'disaster')
      await until('the switch off', () => node.store.modes()['disaster'] === undefined)
      const next = world.call({ number: '13900020010' })
      await hears(next, 'topics')
      t.notOk(heard(next).includes('disaster-notice'))
      call.hangUp()
      next.hangUp()
      const way = async (callId: string): Promise<unknown> => (await world.rows<{ switched: boolean }>('select switched from flow_trace where call_id = $1', [callId]))[0]?.switched
      await until('both ways', async () => await way(call.callId) !== undefined && await way(next.callId) !== undefined)
      t.same([await way(call.callId), await way(next.callId)], [true, false], 'what the watch over a new edition needs to know')
    })

    await t.test('a transfer: nobody answers, he is back in the queue; somebody does, and the intake is out of it', async (t) => {
      world.exchange.phones.set('96116', 'no-answer')
      const vain = world.call({ number: '13900020020' })
      await hears(vain, 'topics')
      vain.press('6')
      await until('the line to ring', () => node.intake.room().calls.get(vain.callId)?.away === true)
      await until('his return', () => node.intake.room().calls.get(vain.callId)?.away === false)
      await until('the fault’s way', () => node.intake.room().calls.get(vain.callId)?.tags.some(({ key }) => key === 'looked'))
      t.equal(node.intake.room().calls.get(vain.callId)?.state, 'queued')
      vain.hangUp()
      await until('his end', () => vain.ended)

      world.exchange.phones.set('96116', { answerAfter: 500 })
      const call = world.call({ number: '13900020021' })
      await hears(call, 'topics')
      call.press('6')
      t.equal(await bridged(call), '96116')
      const [row] = await until('the books', async () => { const rows = await world.rows<{ state: string; hangup_cause: string; tags: { key: string; value: string }[] }>('select state, hangup_cause, tags from call where id = $1 and ended_at is not null and tags <> $2', [call.callId, '[]']); return rows.length === 1 ? rows : null })
      t.match(row, { state: 'ended', hangup_cause: 'TRANSFERRED', tags: [{ key: 'transfer', value: 'water-company' }] })
      t.same(await world.rows('select id from ticket where id = $1', [call.callId]), [], 'no operator, no ticket')
      t.notOk(call.ended, 'they talk on')
      call.hangUp()
      await until('his end', () => call.ended)
    })

    await t.test('an operator’s answer cuts a message and an announcement at once', async (t) => {
      for (const [key, started] of [['1', (call: PlacedCall) => call.reports.some(({ detail }) => detail.startsWith('tone_stream'))], ['4', (call: PlacedCall) => heard(call).at(-1) === 'hold']] as const) {
        const call = world.call({ number: `1390002001${key}` })
        await hears(call, 'topics')
        call.press(key)
        await until('it to begin', () => started(call))
        const desk = await world.desk(1)
        await pickUp(world, 1)
        t.equal(await bridged(call), '1001')
        call.hangUp()
        await until('his end', () => call.ended)
        await desk.close()
        await until('the desk to be gone', () => node.intake.desk.queueView().ready === 0 && node.intake.desk.queueView().talking === 0, 15_000)
      }
    })
  } finally {
    await world.close()
  }
})
