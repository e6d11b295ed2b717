import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { placeOf, resumeFlow, startFlow, step } from '../../src/flow/engine.js'
import { commandText, exampleFlow, exampleText } from '../../src/flow/examples.js'
import { loadCity, lengthIn } from '../../src/cli/flow/city.js'
import { loadFlows } from '../../src/flow/library.js'
import { checkProof } from '../../src/flow/proof/check.js'
import { prove } from '../../src/flow/proof/prove.js'
import { NODE_TYPES } from '../../src/flow/nodes/index.js'
import { rehearse } from '../../src/flow/rehearsal.js'
import { quietSurroundings } from '../../src/flow/surroundings.js'
import type { Flow, FlowEvent, FlowState, FlowSurroundings } from '../../src/flow/types.js'
import { CATEGORIES, flowOf, load, MONDAY_NOON, PROMPTS, surroundings } from './helpers.js'

const words = (commands: readonly Parameters<typeof commandText>[0][]): string => commands.map(commandText).join(', ')

function run(flow: Flow, events: readonly FlowEvent[], around: FlowSurroundings = surroundings()): string[] {
  let at = startFlow(flow, around)
  const said = [words(at.commands)]
  for (const event of events) {
    at = step(flow, at.state, event, around)
    said.push(words(at.commands))
  }
  return said
}

const END = '  e: { type: end }\n'
const keys = (digits: string, terminator?: string): FlowEvent => ({ type: 'digits', digits, ...(terminator !== undefined && { terminator }) })
const silence: FlowEvent = { type: 'timeout', digits: '' }
const fault: FlowEvent = { type: 'failed', reason: 'x' }
const played: FlowEvent = { type: 'played' }

t.test('every node type has an example that loads and runs', async (t) => {
  for (const type of NODE_TYPES.values()) {
    t.match(type.example, `type: ${type.type}`)
    const first = startFlow(exampleFlow(type), surroundings())
    t.ok(first.commands.length > 0, `${type.type}: ${exampleText(type)}`)
  }
})

t.test('every example keeps its promises with the tapes of the city: what an admin copies passes the check', async (t) => {
  const city = await loadCity('ivr-flows')
  const inCity = lengthIn(city)
  for (const type of NODE_TYPES.values()) {
    // Prompts that the city has no use for last as long as its others do.
    const proof = prove(exampleFlow(type), (language, name) => inCity(language, name) || 4_000)
    t.same(checkProof(proof, { path: 'example.yaml', text: exampleText(type), version: 'example' }).map(({ problem }) => problem.en), [], type.type)
  }
})

t.test('what each new node does', async (t) => {
  const message = '  a: { type: message, prompts: [hello], maxSeconds: 30, next: k, onSilence: e, onFault: f }\n  k: { type: hang-up }\n  f: { type: tag, set: { fault: "1" }, next: e }\n' + END
  const offer = '  a: { type: call-back, prompts: [hello], again: [again], wrong: [sorry], key: "1", otherKey: "2", askNumber: [again], next: k, onSilence: e }\n  k: { type: hang-up }\n' + END
  const plainOffer = '  a: { type: call-back, prompts: [hello], key: "1", next: k, onSilence: e }\n  k: { type: hang-up }\n' + END
  const queue = '  a: { type: queue, skill: water, priority: 2, class: emergency, announce: { prompts: [hello, { number: { fact: position } }], everySeconds: 20, times: 2 }, keys: { "1": { goto: k, tag: { asked: "yes" } } }, next: e, onFault: k }\n  k: { type: tag, set: { k: "1" }, next: e }\n' + END
  const transfer = '  a: { type: transfer, line: water-company, ringSeconds: 12, onFault: k }\n  k: { type: tag, set: { k: "1" }, next: e }\n' + END
  const lookUp = '  a: { type: look-up, service: outages, query: { n: { fact: caller-number }, x: { tag: nothing } }, save: { until: o.until, area: area }, next: b, onFault: e }\n  b: { type: play, prompts: [hello, { time: { var: until } }], next: e, onFault: k }\n  k: { type: tag, set: { k: "1" }, next: e }\n' + END
  const listen = '  a: { type: listen, prompts: [hello], again: [again], wrong: [sorry], keys: { "1": { words: { zh-CN: [井盖], en: [manhole, cover] }, tag: { category: noise }, goto: e }, "2": { words: { zh-CN: [水] }, goto: k } }, onSilence: e }\n  k: { type: tag, set: { k: "1" }, next: e }\n' + END
  const skippable = '  a: { type: play, prompts: [hello], skip: true, next: e }\n' + END
  const withheld = surroundings({ caller: { number: '' } })
  const table: readonly (readonly [nodes: string, events: readonly FlowEvent[], expected: readonly string[], around?: FlowSurroundings])[] = [
    [message, [{ type: 'recorded', duration: 8_200 }], ['record hello (≤ 30000 ms)', 'tag message=8, hang-up']],
    [message, [{ type: 'recorded', duration: 900 }], ['record hello (≤ 30000 ms)', 'end']],
    [message, [fault], ['record hello (≤ 30000 ms)', 'tag fault=1, end']],
    [offer, [keys('1')], ['gather hello (1–1, 5000 ms)', 'call-back, tag call-back=wanted, hang-up']],
    [offer, [keys('1'), keys('37964321', '#')], ['gather hello (1–1, 5000 ms)', 'gather again (5–15, 5000 ms)', 'call-back 37964321, tag call-back=wanted, hang-up'], withheld],
    [offer, [keys('2'), keys('12'), silence], ['gather hello (1–1, 5000 ms)', 'gather again (5–15, 5000 ms)', 'gather sorry again (5–15, 5000 ms)', 'end']],
    [offer, [keys('7'), silence], ['gather hello (1–1, 5000 ms)', 'gather sorry again (1–1, 5000 ms)', 'end']],
    [offer, [fault], ['gather hello (1–1, 5000 ms)', 'end']],
    [plainOffer, [keys('1')], ['gather hello (1–1, 5000 ms)', 'end'], withheld],
    [queue, [played, played, played, played], ['queue emergency water 2, hold 20000 ms', 'play hello say/n3 (any key)', 'hold 20000 ms', 'play hello say/n3 (any key)', 'end'], surroundings({ queue: { position: 3 } })],
    [queue, [keys('9'), keys('1')], ['queue emergency water 2, hold 20000 ms', 'play hello say/liang (any key)', 'tag asked=yes, tag k=1, end'], surroundings({ queue: { position: 2 } })],
    [queue, [fault], ['queue emergency water 2, hold 20000 ms', 'tag k=1, end']],
    ['  a: { type: queue, priority: 0, next: e }\n' + END, [], ['queue 0, end']],
    [transfer, [{ type: 'transferred' }], ['transfer water-company', 'tag transfer=water-company, end']],
    [transfer, [fault], ['transfer water-company', 'tag k=1, end']],
    [lookUp, [{ type: 'looked-up', values: { 'o.until': '18:30', area: ['x'] } }, played], ['look-up outages n=13900001234', 'play hello say/evening say/n6 say/oclock say/n3 say/ten say/past', 'end']],
    [lookUp, [{ type: 'looked-up', values: { 'o.until': 'no ${time} | x' } }], ['look-up outages n=13900001234', 'tag k=1, end']],
    [lookUp, [{ type: 'looked-up', values: {} }], ['look-up outages n=13900001234', 'tag k=1, end']],
    [lookUp, [fault], ['look-up outages n=13900001234', 'end']],
    [listen, [{ type: 'heard', text: 'A Manhole ＣＯＶＥＲ is gone' }], ['listen hello (5000 ms)', 'tag category=noise, end']],
    [listen, [{ type: 'heard', text: '井盖上有水' }, keys('2')], ['listen hello (5000 ms)', 'listen sorry again (5000 ms)', 'tag k=1, end']],
    [listen, [{ type: 'heard', text: 'x'.repeat(10_000) + '水' }, silence], ['listen hello (5000 ms)', 'listen sorry again (5000 ms)', 'end']],
    [listen, [keys('1')], ['listen hello (5000 ms)', 'tag category=noise, end']],
    [listen, [fault], ['listen hello (5000 ms)', 'end']],
    [skippable, [keys('5')], ['play hello (any key)', 'end']],
    [skippable, [played], ['play hello (any key)', 'end']],
    ['  a: { type: language, to: en, next: b }\n  b: { type: play, prompts: [{ ordinal: 22 }], next: e }\n' + END, [], ['tag language=en, language en, play say/n20 say/ord-2']],
  ]
  for (const [nodes, events, expected, around] of table) t.same(run(flowOf(nodes), events, around), expected, `${nodes.slice(5, 24)} ${JSON.stringify(events)}`)
  const spoken = startFlow(flowOf('  a: { type: language, to: en, next: b }\n  b: { type: play, prompts: [hello, { digits: "12" }], next: e }\n' + END), surroundings()).commands.at(-1)
  t.same(spoken?.type === 'play' && spoken.prompts.map(({ language }) => language), ['en', 'en', 'en'])
})

t.test('variables: set, counted, kept short and harmless, never more than there is room for', async (t) => {
  const flow = flowOf('  a: { type: set, set: { rounds: { add: 1 }, from: { fact: caller-number }, gone: { tag: nothing }, copy: { var: rounds } }, next: b }\n  b: { type: menu, prompts: [hello], keys: { "1": { goto: a } }, onSilence: e }\n' + END)
  const around = surroundings()
  let at = startFlow(flow, around)
  t.same(at.state.vars, { rounds: '1', from: '13900001234' })
  at = step(flow, at.state, keys('1'), around)
  t.same(at.state.vars, { rounds: '2', from: '13900001234', copy: '1' }, 'what is read is what was before')
  const given = startFlow(flow, around, Object.fromEntries([['ticket', '110-5'], ['bad', 'two words'], ...Array.from({ length: 100 }, (_, index) => [`v${index}`, 'x'] as const)]))
  t.equal(Object.keys(given.state.vars).length <= 33, true)
  t.equal(given.state.vars['ticket'], '110-5')
  t.equal(given.state.vars['bad'], undefined)
})

t.test('conditions: the day, a switch, tags, variables, the queue', async (t) => {
  const when = (text: string) => `  a: { type: collect, prompts: [hello], max: 4, saveAs: n, next: b, onSilence: b }\n  b: { type: branch, cases: [{ when: ${text}, goto: y }], otherwise: no }\n  y: { type: tag, set: { answer: "yes" }, next: e }\n  no: { type: tag, set: { answer: "no" }, next: e }\n${END}`
  const day = (date: string) => surroundings({ now: Date.parse(`${date}T10:00:00+08:00`), calendar: { holidays: { '2026-10-01': true }, workdays: ['2026-10-10'] } })
  const table: readonly (readonly [when: string, digits: string, around: FlowSurroundings, yes: boolean])[] = [
    ['{ calendar: { day: workday } }', '', day('2026-09-30'), true], ['{ calendar: { day: workday } }', '', day('2026-10-01'), false], ['{ calendar: { day: holiday } }', '', day('2026-10-01'), true],
    ['{ calendar: { day: restday } }', '', day('2026-10-01'), true], ['{ calendar: { day: restday } }', '', day('2026-10-03'), true], ['{ calendar: { day: holiday } }', '', day('2026-10-03'), false],
    ['{ calendar: { day: workday } }', '', day('2026-10-10'), true], ['{ calendar: { day: restday } }', '', day('2026-10-10'), false],
    ['{ calendar: { from: "2026-10-01", to: "2026-10-07" } }', '', day('2026-10-07'), true], ['{ calendar: { from: "2026-10-01", to: "2026-10-07" } }', '', day('2026-10-08'), false], ['{ calendar: { from: "2026-10-01" } }', '', day('2026-09-30'), false],
    ['{ mode: disaster }', '', surroundings({ modes: { disaster: {} } }), true], ['{ mode: disaster }', '', surroundings(), false],
    ['{ mode: disaster }', '', surroundings({ modes: { disaster: { until: MONDAY_NOON } } }), false], ['{ mode: disaster }', '', surroundings({ modes: { disaster: { until: MONDAY_NOON + 1 } } }), true],
    ['{ mode: constructor }', '', surroundings(), false],
    ['{ var: { n: "12" } }', '12', surroundings(), true], ['{ var: { n: 12 } }', '12', surroundings(), true], ['{ var: { n: "12" } }', '13', surroundings(), false], ['{ var: { n: "12" } }', '', surroundings(), false],
    ['{ var: { n: { in: ["1", "2"] } } }', '2', surroundings(), true], ['{ var: { n: { in: ["1", "2"] } } }', '3', surroundings(), false],
    ['{ var: { n: { startsWith: "13" } } }', '139', surroundings(), true], ['{ var: { n: { atLeast: 10, atMost: 20 } } }', '15', surroundings(), true], ['{ var: { n: { atLeast: 10, atMost: 20 } } }', '21', surroundings(), false],
    ['{ var: { n: { atLeast: 0 } } }', '*', surroundings(), false], ['{ var: { n: { present: true } } }', '1', surroundings(), true], ['{ var: { n: { present: false } } }', '', surroundings(), true], ['{ var: { n: { atLeast: 0 } } }', '', surroundings(), false],
    ['{ tag: { n: "12" } }', '12', surroundings(), true], ['{ tag: { category: noise } }', '12', surroundings(), false],
    ['{ load: { presentAtMost: 0 } }', '', surroundings({ load: { present: 0 } }), true], ['{ load: { presentAtMost: 0 } }', '', surroundings({ load: { present: 1 } }), false],
    ['{ load: { positionAtLeast: 3, expectedWaitSecondsAtLeast: 60 } }', '', surroundings({ queue: { position: 3, expectedWaitSeconds: 60 } }), true], ['{ load: { positionAtLeast: 3 } }', '', surroundings({ queue: { position: 2 } }), false],
  ]
  for (const [condition, digits, around, yes] of table) {
    const flow = flowOf(when(condition))
    let at = startFlow(flow, around)
    while (at.state.node !== null) at = step(flow, at.state, digits === '' ? silence : keys(digits), around)
    t.equal(at.state.tags.find(({ key }) => key === 'answer')?.value, yes ? 'yes' : 'no', `${condition} ${digits}`)
  }
})

const PARTS = [
  'flow: main\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: set, set: { digits: "9" }, next: b }\n  b: { type: sub-flow, flow: meter, with: { digits: 4 }, results: { known: k }, next: e, onFault: f }\n  k: { type: play, prompts: [hello, { digits: { var: digits } }], next: e, onFault: f }\n  f: { type: tag, set: { fault: "1" }, next: e }\n  e: { type: end }\n',
  'flow: meter\nkind: part\nparameters: [digits]\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: collect, prompts: [again, { digits: { var: digits } }], max: 4, saveAs: meter, next: d, onSilence: r }\n  d: { type: sub-flow, flow: thanks, results: { done: k }, next: k }\n  k: { type: return, result: known }\n  r: { type: return, result: unknown }\n',
  'flow: thanks\nkind: part\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: play, prompts: [sorry], next: b }\n  b: { type: return }\n',
].map((text) => ({ path: `${/flow: (\S+)/.exec(text)?.[1] ?? ''}.yaml`, text, version: 'v1' }))

t.test('parts: parameters, results, a way back, breaks', async (t) => {
  const { flows, problems } = loadFlows(PARTS, PROMPTS, CATEGORIES)
  t.same(problems, [])
  const flow = flows.get('main') as Flow
  const around = surroundings()
  let at = startFlow(flow, around)
  t.equal(words(at.commands), 'gather again say/n4 (1–4, 5000 ms)')
  t.match(at.state, { node: 'a', stack: [{ flow: 'meter', from: 'b', hidden: { digits: '9' } }], path: ['a', 'b', 'meter/a'] })
  t.equal(placeOf(at.state), 'b')
  const asked = at.state
  at = step(flow, at.state, keys('1234'), around)
  t.equal(words(at.commands), 'tag meter=1234, play sorry')
  t.same(at.state.stack.map((frame) => frame.flow), ['meter', 'thanks'])
  t.equal(at.state.tags[0]?.node, 'meter/a')
  const stored = JSON.parse(JSON.stringify(at.state)) as FlowState
  t.equal(words(resumeFlow(flow, stored, around).commands), 'play sorry', 'a break in a part of a part')
  at = step(flow, stored, played, around)
  t.equal(words(at.commands), 'play hello say/n9', 'the parameter is what it was before')
  t.match(at.state, { node: 'k', stack: [], vars: { digits: '9', meter: '1234' } })
  t.equal(words(step(flow, asked, silence, around).commands), 'gather again say/n4 (1–4, 5000 ms)')
  t.equal(words(step(flow, step(flow, asked, silence, around).state, silence, around).commands), 'end', 'a result without a way of its own goes on')

  const without = { ...flow, parts: new Map() }
  t.equal(words(startFlow(without, around).commands), 'tag fault=1, end', 'a part that cannot be run is a fault of the node')
  t.equal(words(resumeFlow(without, asked, around).commands), 'tag fault=1, end', 'also after a break')
  t.equal(words(resumeFlow(flow, { ...asked, stack: [{ flow: 'gone', from: 'b', hidden: { digits: '9' } }] }, around).commands), 'gather again say/n4 (1–4, 5000 ms)', 'a part that is gone is called again')
  t.equal(words(step(flow, { ...asked, node: 'k', stack: [{ flow: 'meter', from: 'nowhere', hidden: {} }] }, played, around).commands), 'end')
})

const WHOLE = load(readFileSync(new URL('fixtures/good/whole-language.yaml', import.meta.url), 'utf8'), 'whole-language').flow as Flow
const anyEvent: fc.Arbitrary<FlowEvent> = fc.oneof(
  fc.constantFrom<FlowEvent>(played, silence, fault, { type: 'transferred' }, { type: 'started' }),
  fc.record({ type: fc.constant('digits' as const), digits: fc.oneof(fc.constantFrom('1', '2', '3', '4', '37964321', ''), fc.string()) }),
  fc.record({ type: fc.constant('recorded' as const), duration: fc.integer({ min: -5, max: 300_000 }) }),
  fc.record({ type: fc.constant('heard' as const), text: fc.oneof(fc.constantFrom('井盖', 'water please'), fc.string()) }),
  fc.record({ type: fc.constant('looked-up' as const), values: fc.dictionary(fc.constantFrom('outage.until', 'area', '__proto__'), fc.oneof(fc.constantFrom('18:30', '2026-01-05T18:30'), fc.anything())) }),
)

t.test('whatever happens: one command that waits or an end, and a state that survives the database', async (t) => {
  fc.assert(fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.boolean(), fc.nat(3), (events, disaster, present) => {
    const around = surroundings({ modes: disaster ? { disaster: {} } : {}, load: { present } })
    let at = startFlow(WHOLE, around)
    for (const event of [...events, played]) {
      const last = at.commands.at(-1)
      const waits = at.commands.filter(({ type }) => !['tag', 'language', 'queue', 'call-back'].includes(type))
      if (waits.length !== 1 || waits[0] !== last || last === undefined) return false
      if ((at.state.node === null) !== (last.type === 'end' || last.type === 'hang-up')) return false
      if (Object.values(at.state.vars).some((value) => !/^[A-Za-z0-9*#._:+-]{1,64}$/.test(value))) return false
      const next = step(WHOLE, at.state, event, around)
      if (JSON.stringify(step(WHOLE, JSON.parse(JSON.stringify(at.state)) as FlowState, event, around)) !== JSON.stringify(next)) return false
      at = next
    }
    return true
  }), { numRuns: 1_500 })
  t.pass()
})

t.test('every fault leads on: a caller for whom nothing works waits for an operator', async (t) => {
  fc.assert(fc.property(fc.array(anyEvent, { maxLength: 20 }), (events) => {
    const around = surroundings()
    let at = startFlow(WHOLE, around)
    for (const event of events) at = step(WHOLE, at.state, event, around)
    for (let count = 0; at.state.node !== null; count += 1) {
      if (count > 100) return false
      at = step(WHOLE, at.state, fault, around)
    }
    return true
  }), { numRuns: 300 })
  t.pass()
})

t.test('every node that waits has a way out for a fault, and times that hold for what really happens', async (t) => {
  for (const [name, node] of WHOLE.nodes) {
    const waits = node.exits.some(({ time }) => time !== undefined)
    t.equal(node.exits.some(({ by }) => by === 'fault'), waits, name)
    t.equal(node.unbreakable, name === 'water-line' ? 15_000 + 5_000 : 0, name)
  }
  const lengths = { language: 'zh-CN' as const, of: (name: string) => (name.startsWith('say/') ? 300 + name.length * 10 : name === 'hello' ? 2_000 : 1_500) }
  fc.assert(fc.property(fc.array(fc.record({ wait: fc.nat(40_000), key: fc.constantFrom('1', '2', '3', '4', '7', '#', '') }), { maxLength: 25 }), fc.integer({ min: 1, max: 99_999 }), (acts, position) => {
    const { now, ...around } = surroundings({ queue: { position } })
    const call = rehearse({ flow: WHOLE, duration: (prompt) => lengths.of(prompt.name), surroundings: around, startAt: now, outcome: (command) => (command.type === 'look-up' ? { after: 900, event: { type: 'looked-up', values: { 'outage.until': '18:30' } } } : { after: command.timeout, event: fault }) })
    for (const { wait, key } of acts) { call.wait(wait); if (key !== '') call.press(key) }
    call.wait(10_000_000)
    const visits = call.notes.flatMap((note) => (note.type === 'node' ? [note] : []))
    return visits.every((visit, index) => {
      const next = visits[index + 1]
      if (next === undefined) return true
      const took = next.at - visit.at
      const exits = WHOLE.nodes.get(visit.node)?.exits.filter(({ to }) => to === next.node) ?? []
      return exits.some(({ time }) => { const [least, most] = time?.(lengths) ?? [0, 0]; return took >= least && took <= most })
    })
  }), { numRuns: 400 })
  t.pass()
})

t.test('a key pressed in a play that cannot be skipped is lost, as on FreeSWITCH: the question that follows waits for its own', (t) => {
  const asked = flowOf('  a: { type: play, prompts: [hello], next: b }\n  b: { type: menu, prompts: [again], silenceSeconds: 5, keys: { "1": { goto: c } }, onSilence: e }\n  c: { type: tag, set: { pressed: "1" }, next: e }\n  e: { type: end }\n')
  const call = rehearse({ flow: asked, duration: () => 1_000, surroundings: quietSurroundings('Asia/Shanghai'), startAt: MONDAY_NOON })
  call.press('1')
  t.equal(call.untilNext(), 1_000, 'it cuts nothing')
  call.wait(1_000)
  t.equal(call.state().node, 'b')
  call.press('1')
  t.match(call.state().tags, [{ key: 'pressed' }])
  t.end()
})

t.test('a terminator after too few keys answers nothing, as on FreeSWITCH: alone it is silence, after keys a wrong input', (t) => {
  const asked = flowOf('  a: { type: collect, prompts: [hello], min: 3, max: 8, tries: 1, saveAs: meter, next: e, onSilence: s, onWrong: w }\n  s: { type: tag, set: { asked: "yes" }, next: e }\n  w: { type: tag, set: { flag: wrong }, next: e }\n  e: { type: end }\n')
  for (const [keys, tags] of [['#', [['asked', 'yes']]], ['12#', [['flag', 'wrong']]], ['123#', [['meter', '123']]]] as const) {
    const call = rehearse({ flow: asked, duration: () => 1_000, surroundings: quietSurroundings('Asia/Shanghai'), startAt: MONDAY_NOON })
    for (const key of keys) call.press(key)
    t.same(call.state().tags.map(({ key, value }) => [key, value]), tags, keys)
  }
  t.end()
})
