import { randomUUID } from 'node:crypto'
import t from 'tap'
import Value from 'typebox/value'
import { FLOW_ROUTES, type FlowLive, type FlowOutcome, type FlowsView, type FlowTried } from '../../src/contracts/routes/flows.js'
import { until } from '../helpers/database.js'
import { startServer } from './server.js'

t.setTimeout(400_000)

t.test('the desk’s view of the flows, over HTTP', async (t) => {
  const server = await startServer(t)
  const [admin, sup] = [await server.cookie('admin1'), await server.cookie('sup1')]
  const ask = async (path: string, { cookie = sup, body }: { cookie?: string; body?: object } = {}) => {
    const response = await fetch(`${server.url}/api/flows${path}`, { method: body === undefined ? 'GET' : 'POST', headers: { cookie, 'content-type': 'application/json', 'accept-language': 'en' }, ...(body !== undefined && { body: JSON.stringify(body) }) })
    return { status: response.status, type: response.headers.get('content-type') ?? '', bytes: Buffer.from(await response.arrayBuffer()) }
  }
  const json = async <T>(path: string, more: { cookie?: string; body?: object } = {}): Promise<T> => JSON.parse((await ask(path, more)).bytes.toString()) as T

  const view = await until('published', async () => { const now = await json<FlowsView>(''); return now.source === 'published' && now.current !== null ? now : null })
  t.ok(Value.Check(FLOW_ROUTES.flows.response, view))
  t.match(view, { source: 'published', differs: false, problems: [], editions: [{ number: view.current, more: 0, mine: false, comparedWith: null }] })
  t.same(view.flows.map(({ name }) => name).sort(), ['110', 'after-hours', 'ask', 'disaster', 'known-outage', 'return-visit'])
  t.same(await json('/diff'), { files: [] })

  const callId = randomUUID()
  await server.store.editions.saveTraces([{ callId, at: Date.now(), flow: '110', version: view.version, steps: [{ node: 'topics', ms: 4_000 }, { node: 'noted', ms: 2_000 }], answers: 1, wrong: 0, faults: 0, switched: false, listened: 6_000, over: false, keys: [{ at: 3_000, key: '1' }] }])
  const live = await json<FlowLive>('/live/110?hours=1')
  t.match(live, { counts: { topics: { came: 1, left: 0, ms: 4_000 } }, traces: [{ callId, steps: [{ node: 'topics' }, { node: 'noted' }] }] })
  t.ok(live.drawing.nodes.some(({ name }) => name === 'topics'))
  t.equal((await ask('/live/nonsense')).status, 404)

  const wish = { flow: '110', startAt: Date.UTC(2026, 0, 5, 4), until: 0, moves: [], waiting: 0, ready: 0, present: 1, modes: [], number: '', hints: [] }
  const began = await json<FlowTried>('/try', { body: wish })
  t.ok(Value.Check(FLOW_ROUTES.tryFlow.response, began))
  t.match(began, { elapsed: 0, path: ['caller', 'situation', 'topics'], playing: [{ name: 'greeting' }, { name: 'recorded' }, { name: 'topics' }] })
  const pressed = await json<FlowTried>('/try', { body: { ...wish, until: 3_000, moves: [{ at: 2_500, key: '1' }] } })
  t.match(pressed.notes.find(({ type }) => type === 'tagged'), { at: 2_500, text: 'category = manhole-cover' })
  t.match((await json<FlowTried>('/try', { body: { ...wish, modes: ['disaster'] } })).path, ['caller', 'situation', 'umbrella'])
  t.match((await json<FlowTried>('/try', { body: { ...wish, hints: ['foreign-language'] } })).playing, [{ language: 'en' }])
  const closed = { ...wish, flow: 'after-hours', startAt: Date.UTC(2026, 0, 5, 15), present: 0, until: 60_000 }
  const spoke = await json<FlowTried>('/try', { body: { ...closed, moves: [{ at: 1_000, key: '1' }, { at: 10_000, words: '路灯不亮，请派人来看' }] } })
  t.same(spoke.notes.filter(({ type }) => type === 'said' || type === 'recorded').map(({ type, text }) => [type, text]).at(0), ['said', '路灯不亮，请派人来看'])
  t.match(spoke.notes.find(({ type }) => type === 'recorded')?.text, /^[1-9][\d.]* s$/, 'a message as long as it takes to say')
  t.match((await json<FlowTried>('/try', { body: { ...closed, moves: [{ at: 1_000, key: '1' }] } })).notes.find(({ type }) => type === 'recorded')?.text, '0.0 s')
  t.equal((await ask('/try', { body: { ...wish, moves: [{ at: 0, key: 'x' }] } })).status, 400)

  const hash = began.playing[0]?.hash ?? ''
  const sound = await ask(`/sound/${hash}`)
  t.match([sound.status, sound.type, sound.bytes.subarray(0, 4).toString()], [200, 'audio/wav', 'RIFF'])
  t.equal((await ask(`/sound/${'0'.repeat(64)}`)).status, 404)
  t.equal((await ask('/sound/..%2F..%2Fpackage.json')).status, 400)

  const both = await json<{ old: { calls: number; tagged: number }; new: { tagged: number } }>('/simulate', { body: { flow: '110', old: view.current, new: 'files', calls: 100, seed: 1 } })
  t.ok(Value.Check(FLOW_ROUTES.simulateFlow.response, both))
  t.same(both.old, both.new, 'the same files and the same callers')

  const recorded = { flow: '110', old: view.current, new: 'files', calls: 100, seed: 1, recorded: true }
  t.match(await json('/simulate', { body: recorded }), { old: { calls: 0 }, new: { calls: 0 } }, 'a call whose end is not known is none')
  await server.store.records.saveCall({
    callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: Date.now(), queuedAt: Date.now(), category: 'manhole-cover',
    answeredAt: Date.now() + 9_000, endedAt: Date.now() + 20_000, hangupCause: 'NORMAL_CLEARING', flow: { name: '110', version: view.version },
  })
  t.match(await json('/simulate', { body: recorded }), { old: { calls: 1, known: 0, tagged: 1, correct: 0, wrong: 0, hungUp: 0, timeToTag: { p50: 3_000 } }, new: { calls: 1, known: 0, keys: { p50: 1 } } }, 'recorded keys at their times, through both')

  t.equal((await ask('/publish', { body: { note: '' } })).status, 403, 'a supervisor reads only')
  const published = await json<FlowOutcome>('/publish', { cookie: admin, body: { note: '' } })
  // On a machine with other work it is told later.
  const outcome = published.type === 'judging' ? await until('checked', async () => (await json<FlowsView>('', { cookie: admin })).acted?.outcome) : published
  t.match(outcome, { type: 'running', number: view.current })
  t.equal((await json<FlowsView>('')).acting, null)
  t.match(await json('/back', { cookie: admin, body: {} }), { code: 'flow.no-earlier' })
  t.match(await json('/approve', { cookie: admin, body: { edition: 999, comparedWith: view.current } }), { code: 'flow.no-edition' })
})
