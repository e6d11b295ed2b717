import { deepStrictEqual } from 'node:assert'
import { startFlow, step } from '../../src/flow/engine.js'
import { loadFlows, type FlowText, type PromptListing } from '../../src/flow/library.js'
import { checkProof } from '../../src/flow/proof/check.js'
import { prove } from '../../src/flow/proof/prove.js'
import { makeChance, type Chance } from '../../src/flow/simulate/random.js'
import { playOut } from '../../src/flow/scenario/play-out.js'
import { quietSurroundings } from '../../src/flow/surroundings.js'
import type { Flow, FlowState } from '../../src/flow/types.js'
import { readFlowDirectory } from '../../src/intake/flow-files.js'
import type { Bench } from './figure.js'
import { collect, interleave, median, timed } from './measure.js'

const PROMPTS: PromptListing = new Map((['zh-CN', 'en'] as const).map((language) => [language, new Set(['hello', 'again'])]))
const AROUND = { ...quietSurroundings('Asia/Shanghai'), now: Date.UTC(2026, 0, 5, 4) }
const STEPS = 200_000

/** Menus in a row, each with three keys onward and one back to the beginning; or, by `chance`, with keys that lead anywhere, as in no flow that somebody would write. */
function fileOf(name: string, nodes: number, chance?: Chance): FlowText {
  const on = (index: number) => `n${Math.min(nodes - 1, index)}`
  const key = (index: number) => (chance === undefined ? on(index) : on(Math.floor(chance.next() * nodes)))
  const body = Array.from({ length: nodes - 1 }, (_, index) => `  n${index}: { type: menu, prompts: [hello], again: [again], silenceSeconds: 5, keys: { "1": { goto: ${key(index + 1)} }, "2": { tag: { category: noise }, goto: ${key(index + 2)} }, "3": { goto: ${key(index + 9)} }, "0": { goto: n0 } }, onSilence: ${on(index + 1)} }\n`).join('')
  return { path: `${name}.yaml`, version: name, text: `flow: ${name}\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: n0\nnodes:\n${body}  n${nodes - 1}: { type: end }\n` }
}

function flowIn(file: FlowText): Flow {
  const { flows, problems } = loadFlows([file], PROMPTS, null)
  const flow = flows.values().next().value
  if (flow === undefined) throw new Error(problems.map(({ problem }) => problem.en).join('; '))
  return flow
}

interface HandState { readonly node: number; readonly tries: number; readonly language: 'zh-CN' | 'en'; readonly tags: readonly { readonly key: string; readonly value: string; readonly node: string; readonly at: number }[]; readonly path: readonly string[] }
interface HandStep { readonly state: HandState; readonly commands: readonly object[] }
const NAMES = ['a', 'b', 'c', 'e'] as const
const OVER = 3

/**
 * What somebody would write by hand for just these three menus, with the same to show for it: a state that can be stored, the caller's
 * language, tags with their place and time, the path of the last hundred nodes, tries, time-outs, prompts by language.
 */
function byHand(state: HandState, event: { readonly type: 'digits' | 'timeout'; readonly digits: string }, now: number): HandStep {
  const ask = (next: HandState, name: string): HandStep => ({ state: next, commands: [{ type: 'gather', prompts: [{ name, language: next.language }], min: 1, max: 1, timeout: 5_000, interDigitTimeout: 5_000, terminators: '' }] })
  const enter = (node: number, tags = state.tags): HandStep => {
    const place = NAMES[node] ?? 'e'
    const again = state.path.includes(place)
    const next: HandState = { node, tries: 1, language: state.language, tags, path: [...state.path, place].slice(-100) }
    return node === OVER ? { state: next, commands: [{ type: 'end' }] } : ask(next, again ? 'again' : 'hello')
  }
  const { node } = state
  switch (event.digits) {
    case '1': {
      const tag = { key: 'category', value: 'noise', node: NAMES[node] ?? 'e', at: now }
      const { state: next, commands } = enter((node + 1) % 3, [...state.tags.filter(({ key }) => key !== 'category'), tag])
      return { state: next, commands: [{ type: 'tag', tag }, ...commands] }
    }
    case '2': return enter((node + 2) % 3)
    case '0': return enter(0)
    case '#': return enter(OVER)
    default: return state.tries >= 2 ? enter(OVER) : ask({ ...state, tries: state.tries + 1 }, 'again')
  }
}

const KEYS = ['1', '2', '7', '1', '0', '2', '9', '1'] as const

/** That it does the same is not said but shown: the same commands, tags and path, at each of many turns. */
function holdTogether(flow: Flow): void {
  let state: FlowState = startFlow(flow, AROUND).state
  let hand: HandState = { node: 0, tries: 1, language: 'zh-CN', tags: [], path: ['a'] }
  for (const events of [KEYS, KEYS, ['', '1', '', '9', '2', '0', '9', '9'], ['#']] as const) {
    for (const digits of events) {
      const event = { type: digits === '' ? 'timeout' as const : 'digits' as const, digits }
      const [ours, theirs] = [step(flow, state, event, AROUND), byHand(hand, event, AROUND.now)]
      deepStrictEqual([theirs.commands, theirs.state.tags, theirs.state.path], [ours.commands, ours.state.tags, ours.state.path])
      state = ours.state
      hand = theirs.state
      if (state.node === null) {
        state = startFlow(flow, AROUND).state
        hand = { node: 0, tries: 1, language: 'zh-CN', tags: [], path: ['a'] }
      }
    }
  }
}

export const bench: Bench = async (tell) => {
  // Every round reads other texts: one that was read lately is remembered.
  const edited = (file: FlowText, round: number): FlowText => ({ ...file, text: `${file.text}# ${round}\n` })
  // First of all: nothing is compiled yet, as when the server starts.
  const files = Array.from({ length: 200 }, (_, index) => fileOf(`f${index}`, 20))
  const [loads, reloads]: [number[], number[]] = [[], []]
  let cold = 0
  for (let round = -1; round < 5; round += 1) {
    collect()
    const anew = files.map((file) => edited(file, round))
    const took = timed(() => { if (loadFlows(anew, PROMPTS, null).flows.size !== 200) throw new Error('not all were loaded') })
    if (round >= 0) loads.push(took)
    else cold = took
    const one = anew.map((file, index) => (index === 7 ? edited(file, round) : file))
    const again = timed(() => { if (loadFlows(one, PROMPTS, null).flows.size !== 200) throw new Error('not all were loaded') })
    if (round >= 0) reloads.push(again)
  }
  tell(`200 flows: first ${cold.toFixed(0)}, then ${loads.map((one) => one.toFixed(0)).join(' ')} ms`)

  const provenIn = (file: FlowText): number[] => {
    const took: number[] = []
    for (let round = -1; round < 5; round += 1) {
      collect()
      const large = edited(file, round)
      const one = timed(() => {
        const flow = flowIn(large)
        const proof = prove(flow, () => 4_000)
        if (!proof.finite || checkProof(proof, large).length > 0) throw new Error('the large flow is not proven')
      })
      if (round >= 0) took.push(one)
    }
    tell(`1,000 nodes: ${took.map((one) => one.toFixed(0)).join(' ')} ms`)
    return took
  }
  const proven = provenIn(fileOf('large', 1_000))
  const wild = provenIn(fileOf('wild', 1_000, makeChance(110)))

  const directory = new URL('../../ivr-flows/', import.meta.url).pathname
  const read = await readFlowDirectory(directory)
  const city = loadFlows(read.files, read.prompts, read.categories).flows.get('110')
  if (city === undefined) throw new Error('no 110')
  const duration = ({ language, name }: { language: 'zh-CN' | 'en'; name: string }) => read.prompts.get(language)?.get(name)?.duration ?? 0
  const CALLS = 2_000
  const rates: number[] = []
  for (let round = -1; round < 5; round += 1) {
    collect()
    const took = timed(() => {
      for (let call = 0; call < CALLS; call += 1) {
        const { tags } = playOut(city, { steps: [{ press: '8', after: 2 }, { press: '6', after: 1 }, { press: '2' }] }, duration)
        if (tags['category'] !== 'road') throw new Error('the call went astray')
      }
    })
    if (round >= 0) rates.push(CALLS / (took / 1000))
  }
  tell(`scenarios: ${rates.map((one) => one.toFixed(0)).join(' ')} /s`)

  const small = flowIn({ path: 'small.yaml', version: 'small', text: `flow: small\ntitle: { zh: 测试, en: Test }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n${['a', 'b', 'c'].map((name, at, all) => `  ${name}: { type: menu, prompts: [hello], again: [again], keys: { "1": { tag: { category: noise }, goto: ${all[(at + 1) % 3] ?? ''} }, "2": { goto: ${all[(at + 2) % 3] ?? ''} }, "0": { goto: a }, "#": { goto: e } }, onSilence: e, onWrong: e }\n`).join('')}  e: { type: end }\n` })
  holdTogether(small)
  let heard = 0
  const rate = await interleave(() => STEPS / (timed(() => {
    let state: FlowState = startFlow(small, AROUND).state
    for (let turn = 0; turn < STEPS; turn += 1) {
      const next = step(small, state, { type: 'digits', digits: KEYS[turn % KEYS.length] ?? '1' }, AROUND)
      state = next.state
      heard += next.commands.length
    }
  }) / 1000), () => STEPS / (timed(() => {
    let state: HandState = { node: 0, tries: 1, language: 'zh-CN', tags: [], path: ['a'] }
    for (let turn = 0; turn < STEPS; turn += 1) {
      const next = byHand(state, { type: 'digits', digits: KEYS[turn % KEYS.length] ?? '1' }, AROUND.now)
      state = next.state
      heard += next.commands.length
    }
  }) / 1000), { rounds: 9 })
  if (heard === 0) throw new Error('nothing was heard')
  return { figures: [
    { name: { zh: '1000 个节点的流程：读取、检查并证明', en: 'a flow of 1,000 nodes: read, checked and proven' }, unit: 'ms', ours: median(proven) },
    { name: { zh: '同上，按键随意跳转', en: 'the same with keys that lead anywhere' }, unit: 'ms', ours: median(wild) },
    { name: { zh: '200 个流程（各 20 个节点）载入，进程刚启动', en: '200 flows of 20 nodes loaded, by a process that has just started' }, unit: 'ms', ours: cold },
    { name: { zh: '200 个流程（各 20 个节点）载入', en: '200 flows of 20 nodes loaded' }, unit: 'ms', ours: median(loads) },
    { name: { zh: '其中一个改动后重新载入 200 个', en: '200 loaded again after one was changed' }, unit: 'ms', ours: median(reloads) },
    { name: { zh: '场景测试（110，三个按键）', en: 'scenario tests (110, three keys)' }, unit: 'calls/s', ours: median(rates), goal: { least: 300, of: 'ours' } },
    { name: { zh: '走一步，与手写状态机相比', en: 'one step, against a state machine written by hand' }, unit: 'steps/s', ours: rate.ours, baseline: { name: 'three menus in a switch, with tags, language, path, tries and time-outs', value: rate.baseline }, ratio: rate.ratio, note: `${(1e6 / rate.ours).toFixed(2)} µs a step` },
  ] }
}
