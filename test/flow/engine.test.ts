import fc from 'fast-check'
import t from 'tap'
import { LANGUAGES } from '../../src/contracts/flow.js'
import { fitsPattern, lengthsOf } from '../../src/flow/dial-pattern.js'
import { resumeFlow, startFlow, step } from '../../src/flow/engine.js'
import type { Flow, FlowEvent, FlowState, FlowStep, FlowSurroundings } from '../../src/flow/types.js'
import { fixtures, flowOf, HOUR, load, MONDAY_NOON, surroundings } from './helpers.js'

/** What a caller hears and what is noted of him, as short words: `hello`, `hello?` for a question, `#key=value`, `end`. */
function words({ commands }: FlowStep): string {
  return commands.map((command) => {
    switch (command.type) {
      case 'tag': return `#${command.tag.key}=${command.tag.value}`
      case 'language': return `@${command.language}`
      case 'play': return command.prompts.map(({ name }) => name).join('+')
      case 'gather': return `${command.prompts.map(({ name }) => name).join('+')}?`
      case 'listen': return `${command.gather.prompts.map(({ name }) => name).join('+')}??`
      case 'record': return `${command.prompts.map(({ name }) => name).join('+')}*${command.maxDuration}`
      case 'hold': return `~${command.duration}${command.keys ? '?' : ''}`
      case 'look-up': return `${command.service}(${new URLSearchParams(command.query).toString()})`
      case 'transfer': return `>${command.line}`
      case 'queue': return `queue(${[command.class, command.skill, command.priority].join(',')})`
      case 'call-back': return `call-back(${command.number ?? ''})`
      case 'hang-up': return 'hang-up'
      case 'end': return 'end'
    }
  }).join(' ')
}

/** Short words for events: digits, `-` silence, `.` played, `!` failed, `12-` digits then silence, `12#` digits and terminator `#` when written `12>#`. */
function eventOf(word: string): FlowEvent {
  if (word === '.') return { type: 'played' }
  if (word === '!') return { type: 'failed', reason: 'FILE NOT FOUND' }
  if (word.endsWith('-')) return { type: 'timeout', digits: word.slice(0, -1) }
  const [digits = '', terminator] = word.split('>')
  return { type: 'digits', digits, ...(terminator !== undefined && { terminator }) }
}

function run(flow: Flow, events: string, around: FlowSurroundings = surroundings()): string[] {
  let at = startFlow(flow, around)
  const heard = [words(at)]
  for (const word of events.split(' ').filter(Boolean)) {
    at = step(flow, at.state, eventOf(word), around)
    heard.push(words(at))
  }
  return heard
}

const MENU = '  a: { type: menu, prompts: [hello, again], again: [again], wrong: [sorry], tries: 3, keys: { "1": { tag: { category: noise }, goto: b }, "*": { goto: a }, "#": { tag: { language: en }, goto: a } }, onSilence: s, onWrong: w, onFault: f }\n  b: { type: play, prompts: [hello], next: e, onFault: f }\n  s: { type: tag, set: { silent: "1" }, next: e }\n  w: { type: tag, set: { wrong: "1" }, next: e }\n  f: { type: tag, set: { fault: "1" }, next: e }\n  e: { type: end }\n'
const COLLECT = '  a: { type: collect, prompts: [hello], again: [again], wrong: [sorry], tries: 2, min: 2, max: 4, patterns: [1X, "2X."], saveAs: meter, next: e, onSilence: s }\n  s: { type: tag, set: { silent: "1" }, next: e }\n  e: { type: end }\n'

t.test('nodes do what they are told', async (t) => {
  const table: readonly (readonly [nodes: string, events: string, expected: readonly string[]])[] = [
    // menu
    [MENU, '1 .', ['hello+again?', '#category=noise hello', 'end']],
    [MENU, '- - -', ['hello+again?', 'again?', 'again?', '#silent=1 end']],
    [MENU, '7 8 9', ['hello+again?', 'sorry+again?', 'sorry+again?', '#wrong=1 end']],
    [MENU, '7 - 1', ['hello+again?', 'sorry+again?', 'again?', '#category=noise hello']],
    [MENU, '>* * 1', ['hello+again?', 'again?', 'again?', '#category=noise hello']],
    [MENU, '1-', ['hello+again?', '#category=noise hello']],
    [MENU, '# 1', ['hello+again?', '#language=en @en again?', '#category=noise hello']],
    [MENU, '!', ['hello+again?', '#fault=1 end']],
    [MENU, '1 !', ['hello+again?', '#category=noise hello', '#fault=1 end']],
    [MENU, '. .', ['hello+again?', 'again?', 'again?']],
    [MENU, '12', ['hello+again?', 'sorry+again?']],
    [MENU, '1 . 1 - !', ['hello+again?', '#category=noise hello', 'end', 'end', 'end', 'end']],
    // collect
    [COLLECT, '12>#', ['hello?', '#meter=12 end']],
    [COLLECT, '2345', ['hello?', '#meter=2345 end']],
    [COLLECT, '12-', ['hello?', '#meter=12 end']],
    [COLLECT, '1- 3333', ['hello?', 'sorry+again?', '#silent=1 end']],
    [COLLECT, '- -', ['hello?', 'again?', '#silent=1 end']],
    [COLLECT, '># 29', ['hello?', 'sorry+again?', '#meter=29 end']],
    [COLLECT, '!', ['hello?', '#silent=1 end']],
    [COLLECT, '12345 1a', ['hello?', 'sorry+again?', '#silent=1 end']],
    // tag, goto, end
    ['  a: { type: tag, set: { x: "1", category: water }, next: b }\n  b: { type: goto, to: c }\n  c: { type: tag, set: { x: "2" }, next: d }\n  d: { type: end }\n', '', ['#x=1 #category=water #x=2 end']],
    ['  a: { type: end }\n', '1', ['end', 'end']],
  ]
  for (const [nodes, events, expected] of table) t.same(run(flowOf(nodes), events), expected, `${nodes.slice(5, 20)} ${events}`)
})

t.test('a gather carries its limits in ms', async (t) => {
  const flow = flowOf('  a: { type: collect, prompts: [hello], min: 2, max: 8, terminators: "*#", silenceSeconds: 2.5, betweenKeysSeconds: 1, saveAs: n, next: b, onSilence: b }\n  b: { type: menu, prompts: [hello], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n')
  const first = startFlow(flow, surroundings())
  t.same(first.commands, [{ type: 'gather', prompts: [{ name: 'hello', language: 'zh-CN' }], min: 2, max: 8, timeout: 2_500, interDigitTimeout: 1_000, terminators: '*#' }])
  t.match(step(flow, first.state, eventOf('12'), surroundings()).commands.at(-1), { type: 'gather', min: 1, max: 1, timeout: 5_000, terminators: '' })
})

t.test('state: tags replace their key, the language changes, the path is kept', async (t) => {
  const flow = flowOf(MENU)
  const around = surroundings({ now: 1234 })
  let at = startFlow(flow, around)
  t.same(at.state, { flow: 'test', version: 'v1', node: 'a', language: 'zh-CN', memory: { tries: 1 }, tags: [], vars: {}, stack: [], path: ['a'] })
  at = step(flow, at.state, eventOf('#'), around)
  at = step(flow, at.state, eventOf('1'), around)
  t.same(at.state.tags, [{ key: 'language', value: 'en', node: 'a', at: 1234 }, { key: 'category', value: 'noise', node: 'a', at: 1234 }])
  t.same(at.commands.at(-1), { type: 'play', prompts: [{ name: 'hello', language: 'en' }] })
  t.same(at.state.path, ['a', 'a', 'b'])
  at = step(flow, at.state, eventOf('.'), around)
  t.same([at.state.node, at.state.path], [null, ['a', 'a', 'b', 'e']])

  let walker = startFlow(flow, around)
  for (let index = 0; index < 250; index += 1) walker = step(flow, walker.state, eventOf(index % 2 === 0 ? '*' : '#'), around)
  t.equal(walker.state.path.length, 100, 'only the last hundred nodes are kept')
  t.same(walker.state.tags.map(({ key, value }) => `${key}=${value}`), ['language=en'], 'a tag that is set again replaces the earlier one')
})

t.test('branches', async (t) => {
  const night = '  a: { type: branch, cases: [{ when: { hours: { from: "22:00", to: "06:00" } }, goto: n }], otherwise: d }\n'
  const friday = '  a: { type: branch, cases: [{ when: { hours: { days: [fri], from: "22:00", to: "06:00" } }, goto: n }], otherwise: d }\n'
  const office = '  a: { type: branch, cases: [{ when: { hours: { days: [mon, tue], from: "08:00", to: "18:00" } }, goto: n }], otherwise: d }\n'
  const caller = (when: string) => `  a: { type: branch, cases: [{ when: { caller: { ${when} } }, goto: n }], otherwise: d }\n`
  const busy = '  a: { type: branch, cases: [{ when: { load: { waitingAtLeast: 5, readyAtMost: 1 } }, goto: n }, { when: { load: { longestWaitSecondsAtLeast: 60 }, caller: { verified: true } }, goto: n }], otherwise: d }\n'
  const at = (text: string) => surroundings({ now: Date.parse(`${text}:00+08:00`) })
  const table: readonly (readonly [nodes: string, around: FlowSurroundings, yes: boolean])[] = [
    [night, at('2026-01-05T21:59'), false], [night, at('2026-01-05T22:00'), true], [night, at('2026-01-06T00:00'), true], [night, at('2026-01-06T05:59'), true], [night, at('2026-01-06T06:00'), false],
    [friday, at('2026-01-09T23:00'), true], [friday, at('2026-01-10T05:00'), true], [friday, at('2026-01-09T05:00'), false], [friday, at('2026-01-10T23:00'), false],
    [office, surroundings(), true], [office, at('2026-01-07T12:00'), false], [office, at('2026-01-05T18:00'), false], [office, at('2026-01-06T08:00'), true],
    [office, surroundings({ timeZone: 'America/New_York' }), false], [office, surroundings({ now: MONDAY_NOON + 10 * HOUR, timeZone: 'Europe/London' }), true],
    [office, surroundings({ timeZone: 'Mars/Olympus' }), false],
    [caller('verified: true'), surroundings({ caller: { verified: true } }), true], [caller('verified: true'), surroundings(), false],
    [caller('numberStartsWith: ["+8613", "139"]'), surroundings(), true], [caller('numberStartsWith: ["138"]'), surroundings(), false],
    [caller('withheld: true'), surroundings({ caller: { number: '' } }), true], [caller('withheld: true'), surroundings(), false],
    [caller('earlierCallsAtLeast: 3'), surroundings({ caller: { earlierCalls: 3 } }), true], [caller('earlierCallsAtLeast: 3'), surroundings({ caller: { earlierCalls: 2 } }), false],
    [caller('hint: deaf'), surroundings({ caller: { hints: ['note', 'deaf'] } }), true], [caller('hint: deaf'), surroundings(), false],
    [caller('hint: deaf, verified: true'), surroundings({ caller: { hints: ['deaf'] } }), false],
    [busy, surroundings({ load: { waiting: 5, ready: 1 } }), true], [busy, surroundings({ load: { waiting: 5, ready: 2 } }), false], [busy, surroundings({ load: { waiting: 4 } }), false],
    [busy, surroundings({ load: { longestWaitSeconds: 60 }, caller: { verified: true } }), true], [busy, surroundings({ load: { longestWaitSeconds: 60 } }), false],
  ]
  for (const [nodes, around, yes] of table) {
    const flow = flowOf(`${nodes}  n: { type: tag, set: { answer: "yes" }, next: e }\n  d: { type: tag, set: { answer: "no" }, next: e }\n  e: { type: end }\n`)
    t.equal(startFlow(flow, around).state.tags[0]?.value, yes ? 'yes' : 'no', `${nodes} ${JSON.stringify(around)}`)
  }
})

t.test('dial patterns', async (t) => {
  const table: readonly (readonly [pattern: string, keys: string, fits: boolean])[] = [
    ['1X', '10', true], ['1X', '1', false], ['1X', '100', false], ['Z', '0', false], ['Z', '9', true], ['N', '1', false], ['N', '2', true],
    ['[3-5]#', '4#', true], ['[3-5]#', '6#', false], ['1.', '1', true], ['1.', '1234567890', true], ['1.', '2', false], ['*X', '*1', true], ['[5-3]', '4', false],
  ]
  for (const [pattern, keys, fits] of table) t.equal(fitsPattern(pattern, keys), fits, `${pattern} ${keys}`)
  t.same([lengthsOf('1X[3-5]'), lengthsOf('1X.')], [[3, 3], [2, Infinity]])
})

t.test('a caller who comes back hears his node again, the short way, and keeps what he said', async (t) => {
  const flow = flowOf(MENU)
  const around = surroundings()
  const asked = step(flow, startFlow(flow, around).state, eventOf('-'), around).state
  const stored = JSON.parse(JSON.stringify(asked)) as FlowState
  const back = resumeFlow(flow, stored, around)
  t.equal(words(back), 'again?')
  t.same(back.state, asked, 'and stands where he stood: a break is not a try')
  t.equal(words(step(flow, asked, { type: 'started' }, around)), 'again?')

  const playing = step(flow, asked, eventOf('1'), around).state
  t.equal(words(resumeFlow(flow, playing, around)), 'hello')

  const over = step(flow, playing, eventOf('.'), around).state
  t.same(resumeFlow(flow, over, around), { state: over, commands: [{ type: 'end' }] })

  const newer = flowOf('  a: { type: menu, prompts: [hello], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n', 'v2')
  const moved = resumeFlow(newer, playing, around)
  t.equal(words(moved), 'hello?', 'a version without the node begins at its start')
  t.same([moved.state.version, moved.state.tags], ['v2', playing.tags])

  for (const memory of [{}, { tries: 'x' }, { tries: -1 }, { tries: 1.5 }, { tries: 1e9 }]) {
    const odd = resumeFlow(flow, { ...asked, memory, language: 'xx' as 'en' }, around)
    t.equal(words(odd), 'again?', `strange memory ${JSON.stringify(memory)} does no harm`)
    t.equal(odd.state.language, 'zh-CN')
  }
})

const FLOWS = fixtures('good').map(({ file, text }) => load(text, file.replace('.yaml', '')).flow).filter((flow) => flow !== null)
const anyEvent: fc.Arbitrary<FlowEvent> = fc.oneof(
  fc.constant<FlowEvent>({ type: 'played' }),
  fc.record({ type: fc.constant('timeout' as const), digits: fc.stringMatching(/^[0-9*#]{0,9}$/) }),
  fc.record({ type: fc.constant('digits' as const), digits: fc.oneof(fc.constantFrom('0', '1', '*', '#', ''), fc.stringMatching(/^[0-9*#]{0,9}$/), fc.string()) }),
  fc.record({ type: fc.constant('digits' as const), digits: fc.string(), terminator: fc.constantFrom('#', '*') }),
  fc.record({ type: fc.constant('failed' as const), reason: fc.string() }),
  fc.constant<FlowEvent>({ type: 'started' }),
)

t.test('whatever happens to a caller, he stays at a sound or at the end', async (t) => {
  fc.assert(fc.property(fc.constantFrom(...FLOWS), fc.array(anyEvent, { maxLength: 60 }), fc.integer({ min: 0, max: 4e12 }), fc.nat(100), (flow, events, now, waiting) => {
    const around = surroundings({ now, load: { waiting } })
    let at = startFlow(flow, around)
    for (const event of [...events, { type: 'played' } as const]) {
      const sounds = at.commands.filter(({ type }) => !['tag', 'language', 'queue', 'call-back'].includes(type))
      if (sounds.length !== 1 || at.commands.at(-1) !== sounds[0]) return false
      if ((at.state.node === null) !== (sounds[0]?.type === 'end' || sounds[0]?.type === 'hang-up')) return false
      if (at.state.path.length > 100 || !LANGUAGES.includes(at.state.language)) return false
      if (new Set(at.state.tags.map(({ key }) => key)).size !== at.state.tags.length) return false
      if (at.state.tags.some(({ value }) => !/^[A-Za-z0-9*#-]{1,64}$/.test(value))) return false
      // The state survives channel variable and database, and nothing else is remembered.
      const stored = JSON.parse(JSON.stringify(at.state)) as FlowState
      const next = step(flow, at.state, event, around)
      if (JSON.stringify(step(flow, stored, event, around)) !== JSON.stringify(next)) return false
      at = next
    }
    return true
  }), { numRuns: 800 })
  t.pass()
})

t.test('a caller who does nothing comes to the end, from wherever he is', async (t) => {
  fc.assert(fc.property(fc.constantFrom(...FLOWS), fc.array(anyEvent, { maxLength: 20 }), fc.constantFrom('silence', 'fault'), (flow, events, how) => {
    const around = surroundings()
    let at = startFlow(flow, around)
    for (const event of events) at = step(flow, at.state, event, around)
    for (let count = 0; at.state.node !== null; count += 1) {
      if (count > flow.nodes.size * 5) return false
      const gather = at.commands.at(-1)?.type === 'gather'
      at = step(flow, at.state, how === 'fault' ? { type: 'failed', reason: 'x' } : gather ? { type: 'timeout', digits: '' } : { type: 'played' }, around)
    }
    return true
  }), { numRuns: 300 })
  t.pass()
})
