import fc from 'fast-check'
import t from 'tap'
import { startFlow, step } from '../../../src/flow/engine.js'
import { loadFlows } from '../../../src/flow/library.js'
import { checkProof } from '../../../src/flow/proof/check.js'
import { prove } from '../../../src/flow/proof/prove.js'
import type { Flow, FlowCommand, FlowEvent } from '../../../src/flow/types.js'
import { load, PROMPTS, surroundings } from '../helpers.js'
import { drawArb, drawnText, DRAWN_PART } from './drawn.js'

t.setTimeout(400_000)

const END = '  end: { type: end }\n'
const codesOf = (nodes: string): string[] => load(`flow: test\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n${nodes}${END}`).problems.map(({ code, line }) => `${code} ${line}`)

t.test('what sound alone can take is no key: a television does not go round for ever', async (t) => {
  const listen = (keys: string, more: string): string => `  a: { type: listen, prompts: [hello], keys: { ${keys} }, onSilence: end${more} }\n  b: { type: play, prompts: [again], next: a }\n`
  t.same(codesOf('  a: { type: message, prompts: [hello], maxSeconds: 5, next: b, onSilence: end }\n  b: { type: play, prompts: [again], next: a }\n'), ['node.loop 6'], 'any noise is a message')
  t.same(codesOf(listen('"1": { goto: end }', ', onWrong: b')), ['node.loop 6'], 'any noise is a wrong word')
  t.same(codesOf(listen('"1": { words: { en: [yes] }, goto: b }', '')), ['node.loop 6'], 'so is the right one')
  t.same(codesOf(listen('"1": { goto: b }', '')), [], 'a key that has no words is a key')
})

/** Everything that may come of a command without the caller's keys. */
function eventsAt(command: FlowCommand | undefined): FlowEvent[] {
  const failed: FlowEvent = { type: 'failed', reason: 'x' }
  switch (command?.type) {
    case 'gather': return [{ type: 'timeout', digits: '' }, failed]
    case 'listen': return [{ type: 'timeout', digits: '' }, { type: 'heard', text: 'yes' }, { type: 'heard', text: 'the news' }, failed]
    case 'record': return [{ type: 'recorded', duration: 0 }, { type: 'recorded', duration: 5_000 }, failed]
    case 'look-up': return [{ type: 'looked-up', values: { area: 'east' } }, failed]
    case 'transfer': return [failed]
    default: return [{ type: 'played' }, failed]
  }
}

t.test('whoever presses no key comes to an end, whatever is heard on the line', async (t) => {
  let accepted = 0
  let refused = 0
  const linked = (text: string): Flow | null => {
    const { flows } = loadFlows([{ path: 'test.yaml', text, version: 'v1' }, { path: 'ask.yaml', text: DRAWN_PART, version: 'v1' }], PROMPTS, null)
    return flows.get('test') ?? null
  }
  fc.assert(fc.property(fc.array(drawArb, { minLength: 1, maxLength: 6 }), fc.array(fc.array(fc.nat(59), { minLength: 1, maxLength: 40 }), { minLength: 12, maxLength: 12 }), fc.boolean(), (draws, calls, verified) => {
    const text = drawnText(draws, 'anywhere')
    const flow = linked(text)
    const proof = flow === null ? null : prove(flow, () => 1_000)
    if (flow === null || proof === null || checkProof(proof, { path: 'test.yaml', text, version: 'v1' }).some(({ code }) => code === 'proof.endless')) { refused += 1; return }
    accepted += 1
    for (const chances of calls) {
      const around = surroundings({ caller: { verified } })
      let at = startFlow(flow, around)
      // Without a key each situation is come to once, and what asks or announces does so twice at most.
      for (let acts = 0; at.state.node !== null; acts += 1) {
        if (acts > proof.situations * 4) throw new Error(`still at ${at.state.node} after ${acts} events: ${at.state.path.join(' ')}\n${text}`)
        const events = eventsAt(at.commands.at(-1))
        at = step(flow, at.state, events[(chances[acts % chances.length] ?? 0) % events.length] ?? { type: 'played' }, around)
      }
    }
  }), { numRuns: 1_500, seed: 110 })
  t.ok(accepted > 300 && refused > 300, `${accepted} flows without a circle that needs no key, ${refused} refused`)
})
