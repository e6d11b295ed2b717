import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { loadFlow } from '../../../src/flow/library.js'
import { resumeFlow, startFlow, step } from '../../../src/flow/engine.js'
import { prove } from '../../../src/flow/proof/prove.js'
import type { Flow, FlowState, GatherCommand, PromptRef } from '../../../src/flow/types.js'
import { readTape } from '../../../src/flow/wav.js'
import { runFlow } from '../../../src/intake/flow-runner.js'
import type { CitizenLeg, LegCommand, LegResult } from '../../../src/intake/ports.js'
import { makeCitizenLeg } from '../../../src/pbx/citizen-leg.js'
import type { ApiCall } from '../../../src/pbx/esl/command.js'
import type { OutboundSession } from '../../../src/pbx/esl/outbound.js'
import type { SpeechEngine } from '../../../src/pbx/speech.js'
import { until } from '../../helpers/database.js'
import { CATEGORIES, surroundings } from '../../flow/helpers.js'

interface Stage {
  /** The file of a prompt. */
  readonly tape: (name: string) => string
  api(call: ApiCall): Promise<string>
  arrive(number: string, more?: { readonly keys?: string }): Promise<{ readonly session: OutboundSession; readonly callId: string }>
  end(callId: string): Promise<void>
  /** 1001 lifts for him, and they talk. */
  talk(callId: string): Promise<void>
  /** A recogniser hears these words, where the PBX has one. */
  readonly say: ((callId: string, words: string) => void) | undefined
}

/**
 * What a command may take beyond the time that it asks for, ms. The proof counts sounds and waits alone; an application begins and ends at a
 * frame of 20 ms, its order and its end go over a socket that is looked at every 20 ms, and a message is opened and closed on a disk: 20 to 150 ms
 * were measured. The rest is for a machine that runs other tests beside.
 */
const LATE = 700
const EARLY = 100

/** Our citizen's leg on a PBX: what a caller waits for, and no more; and that this is what `liandong flow check` proves. */
export async function leg(t: Test, { tape, api, arrive, end, talk, say }: Stage): Promise<void> {
  const messages = mkdtempSync(join(tmpdir(), 'liandong-leg-'))
  t.teardown(() => { rmSync(messages, { recursive: true }) })
  const lengthOf = (name: string): number => readTape(readFileSync(tape(name)))?.duration ?? 0
  const prompts = (...names: string[]): PromptRef[] => names.map((name) => ({ name, language: 'en' }))
  const refused: string[] = []

  /** The next end of an application that FreeSWITCH tells is lost on the way. */
  function losing(session: OutboundSession): OutboundSession {
    let lost = false
    return {
      ...session,
      onEvent: (use) => {
        session.onEvent((event) => {
          if (!lost && event.name === 'CHANNEL_EXECUTE_COMPLETE' && event.get('Application')?.startsWith('play') === true) lost = true
          else use(event)
        })
      },
    }
  }

  async function ring(number: string, more: { readonly keys?: string; readonly speech?: SpeechEngine; readonly loses?: boolean } = {}): Promise<{ readonly on: CitizenLeg; readonly callId: string; timed(command: LegCommand): Promise<{ readonly result: LegResult; readonly ms: number }> }> {
    const { session, callId } = await arrive(number, more)
    const on = makeCitizenLeg(more.loses === true ? losing(session) : session, { callId } as never, { promptPath: ({ name }) => tape(name), holdMusic: tape('topics'), messages, speech: more.speech ?? null, onRefused: (why) => refused.push(why) })
    return {
      on, callId,
      async timed(command) {
        const since = performance.now()
        return { result: await on.perform(command, randomUUID()), ms: Math.round(performance.now() - since) }
      },
    }
  }
  const lasts = (t: Test, ms: number, expected: number, what: string): void => { t.ok(ms > expected - EARLY && ms < expected + LATE, `${what}: ${ms} ms for ${Math.round(expected)}`) }
  const oneKey = (timeout: number, ...names: string[]): GatherCommand => ({ type: 'gather', prompts: prompts(...names), min: 1, max: 1, timeout, interDigitTimeout: timeout, terminators: '' })

  await t.test('what a key may end goes on as soon as it is over', async (t) => {
    const { timed, callId } = await ring('13900000151')
    const skippable = await timed({ type: 'play', prompts: prompts('noted'), keys: true })
    t.same(skippable.result, { type: 'played' })
    lasts(t, skippable.ms, lengthOf('noted'), 'a prompt')
    for (const keys of [true, false]) {
      const music = await timed({ type: 'hold', duration: 3_000, keys })
      t.same(music.result, { type: 'played' })
      lasts(t, music.ms, 3_000, `music ${keys ? 'with' : 'without'} keys`)
    }
    await end(callId)
    for (const [number, command] of [['13900000152', { type: 'play', prompts: prompts('topics'), keys: true }], ['13900000153', { type: 'hold', duration: 10_000, keys: true }]] as const) {
      const pressing = await ring(number, { keys: '7' })
      const cut = await pressing.timed(command)
      t.same(cut.result, { type: 'digits', digits: '7' })
      t.ok(cut.ms < 6_000, `${command.type}: ${cut.ms} ms`)
      await end(pressing.callId)
    }
  })

  await t.test('the event that tells the end of an application is lost: what was heard or pressed counts all the same', async (t) => {
    const cases: readonly [number: string, more: { readonly keys?: string; readonly speech?: SpeechEngine }, command: LegCommand, result: LegResult][] = [
      ['13900000161', {}, { type: 'play', prompts: prompts('noted') }, { type: 'played' }],
      ['13900000162', { keys: '7' }, { type: 'play', prompts: prompts('noted'), keys: true }, { type: 'digits', digits: '7' }],
      ['13900000163', { keys: '7' }, oneKey(20_000, 'noted'), { type: 'digits', digits: '7' }],
      ['13900000164', {}, oneKey(1_000, 'noted'), { type: 'timeout', digits: '' }],
      ['13900000165', { keys: '7', speech: { order: 'nothing-like-it any any', ready: () => true, asked: () => undefined } }, { type: 'listen', gather: oneKey(20_000, 'noted') }, { type: 'digits', digits: '7' }],
    ]
    const rung: (() => Promise<void>)[] = []
    for (const [number, more, command, result] of cases) {
      const { timed, callId } = await ring(number, { ...more, loses: true })
      rung.push(() => goesOn(number, timed, callId, command, result))
    }
    await Promise.all(rung.map((one) => one()))
    async function goesOn(number: string, timed: (command: LegCommand) => Promise<{ readonly result: LegResult; readonly ms: number }>, callId: string, command: LegCommand, result: LegResult): Promise<void> {
      const told = await timed(command)
      t.same(told.result, result, number)
      t.ok(told.ms > 9_000 && told.ms < 13_000, `${number}: ${told.ms} ms`)
      const after = await timed({ type: 'play', prompts: prompts('noted') })
      t.same(after.result, { type: 'played' }, 'and it goes on')
      lasts(t, after.ms, lengthOf('noted'), 'with what is heard next')
      await end(callId)
    }
  })

  await t.test('asked about, a prompt that is longer plays on to its end', async (t) => {
    const { timed, callId } = await ring('13900000166')
    const length = 12 * lengthOf('noted')
    t.ok(length > 11_000, `${length} ms`)
    const long = await timed({ type: 'play', prompts: prompts(...Array.from({ length: 12 }, () => 'noted')) })
    t.same(long.result, { type: 'played' })
    t.ok(long.ms > length - EARLY && long.ms < length + 12 * LATE, `${long.ms} ms for ${length}`)
    await end(callId)
  })

  await t.test('a message ends with its silence, its limit or #, and whatever is next begins at once', async (t) => {
    const { timed, callId } = await ring('13900000154')
    const lead = lengthOf('noted') + 400
    const silent = await timed({ type: 'record', prompts: prompts('noted'), maxDuration: 20_000, silence: 2_000 })
    t.same(silent.result, { type: 'recorded', duration: 0 })
    lasts(t, silent.ms, lead + 2_000, 'silence')
    const limit = await timed({ type: 'record', prompts: [], maxDuration: 3_000, silence: 30_000 })
    t.equal(limit.result.type, 'recorded')
    // FreeSWITCH counts from the first frame of the caller's, and ends a little before.
    t.ok(limit.ms > 2_400 && limit.ms < 410 + 3_000 + LATE, `limit: ${limit.ms} ms`)
    const after = await timed({ type: 'play', prompts: prompts('noted') })
    t.same(after.result, { type: 'played' })
    lasts(t, after.ms, lengthOf('noted'), 'what is heard next')
    await end(callId)
    const done = await ring('13900000155', { keys: '1*#' })
    const kept = await done.timed({ type: 'record', prompts: [], maxDuration: 20_000, silence: 15_000 })
    t.equal(kept.result.type, 'recorded')
    t.ok(kept.ms < 10_000, `#: ${kept.ms} ms`)
    await end(done.callId)
  })

  if (say !== undefined) await t.test('a tape that its silence ends is a message where somebody spoke, not where he coughed', async (t) => {
    const rung = []
    for (const [number, words, least, most] of [['13900000167', '', 0, 0], ['13900000168', '井盖坏了', 1_600 + 2_000, 6_000]] as const) rung.push({ ...await ring(number), words, least, most })
    await Promise.all(rung.map(async ({ timed, callId, words, least, most }) => {
      setTimeout(() => { say(callId, words) }, 900)
      const { result } = await timed({ type: 'record', prompts: [], maxDuration: 20_000, silence: 2_000 })
      t.ok(result.type === 'recorded' && result.duration >= least && result.duration <= most, `“${words}”: ${JSON.stringify(result)}`)
      await end(callId)
    }))
  })

  await t.test('a question with an engine beside it: keys, silence, words', async (t) => {
    const speech: SpeechEngine = { order: 'nothing-like-it any any', ready: () => true, asked: () => undefined }
    const command: LegCommand = { type: 'listen', gather: oneKey(2_000, 'noted') }
    const silent = await ring('13900000156', { speech })
    const nothing = await silent.timed(command)
    t.same(nothing.result, { type: 'timeout', digits: '' })
    lasts(t, nothing.ms, lengthOf('noted') + 2_000, 'silence')
    if (say !== undefined) {
      for (const after of [500, lengthOf('noted') + 800]) {
        setTimeout(() => { say(silent.callId, '井盖') }, after)
        const words = await silent.timed(command)
        t.same(words.result, { type: 'heard', text: '井盖' })
        lasts(t, words.ms, after, 'words')
      }
      // What an engine reports by itself when nobody spoke for a while.
      for (const after of [200, 500, 1_300]) setTimeout(() => { say(silent.callId, after === 1_300 ? '井盖' : '') }, after)
      const late = await silent.timed(command)
      t.same(late.result, { type: 'heard', text: '井盖' }, 'he is heard after an engine reported silence')
      // MRCP's silence has a text of its own: it cuts no prompt and is nobody's wrong answer.
      const mrcp = await ring('13900000167', { speech: { ...speech, order: 'unimrcp builtin:speech/transcribe builtin:speech/transcribe' } })
      for (const after of [200, 900]) setTimeout(() => { say(mrcp.callId, '') }, after)
      const unheard = await mrcp.timed(command)
      t.same(unheard.result, { type: 'timeout', digits: '' })
      lasts(t, unheard.ms, lengthOf('noted') + 2_000, 'silence by MRCP')
      for (const after of [200, 1_300]) setTimeout(() => { say(mrcp.callId, after === 1_300 ? '井盖 <坏了>' : '') }, after)
      const spoken = await mrcp.timed(command)
      t.same(spoken.result, { type: 'heard', text: '井盖  坏了' }, 'he is heard by MRCP')
      await end(mrcp.callId)
    }
    await end(silent.callId)
    // Nobody but the two hears a talk: neither what listened to him before, nor what was asked for in that instant.
    const answered = await ring('13900000160', { speech: { ...speech, order: 'practice any any' } })
    const gone = answered.timed(command)
    await talk(answered.callId)
    t.same((await gone).result, { type: 'gone' })
    if (say !== undefined) await until('the engine to have been ended', async () => (await api({ api: 'uuid_dump', uuid: answered.callId })).includes('"variable_practice_listens":"false"'))
    t.match(await api({ api: 'uuid_dump', uuid: answered.callId }), /"variable_bridge_pre_execute_app":\s*"detect_speech"/)
    await end(answered.callId)
    const pressing = await ring('13900000157', { keys: '7', speech })
    const key = await pressing.timed({ type: 'listen', gather: oneKey(20_000, 'noted') })
    t.same(key.result, { type: 'digits', digits: '7' })
    t.ok(key.ms < 6_000, `a key: ${key.ms} ms`)
    await end(pressing.callId)
  })

  await t.test('prompts in a directory with a blank', async (t) => {
    const { session, callId } = await arrive('13900000158')
    const directory = join(messages, 'lian dong')
    mkdirSync(directory)
    copyFileSync(tape('noted'), join(directory, 'noted.wav'))
    const on = makeCitizenLeg(session, { callId } as never, { promptPath: () => join(directory, 'noted.wav'), holdMusic: tape('topics'), onRefused: (why) => refused.push(why) })
    t.same(await on.perform({ type: 'play', prompts: prompts('noted') }), { type: 'played' })
    for (const names of [['noted'], ['noted', 'noted']]) t.same(await on.perform(oneKey(1_000, ...names)), { type: 'timeout', digits: '' })
    await end(callId)
  })

  await t.test('a whole flow takes as long as was proven', async (t) => {
    const flow = flowIn(FLOW, new Set(['noted', 'topics']))
    const proof = prove(flow, (_, name) => lengthOf(name))
    t.ok(proof.finite)
    const { on, callId } = await ring('13900000159')
    const entered: { readonly node: string; readonly at: number }[] = []
    const here = (state: FlowState): void => { if (state.node !== null && entered.at(-1)?.node !== state.node) entered.push({ node: state.node, at: performance.now() }) }
    const runnable = { start: (around: Parameters<typeof startFlow>[1]) => startFlow(flow, around), resume: (state: FlowState, around: Parameters<typeof startFlow>[1]) => resumeFlow(flow, state, around), step: (state: FlowState, event: Parameters<typeof step>[2], around: Parameters<typeof startFlow>[1]) => step(flow, state, event, around) }
    const since = performance.now()
    await runFlow(on, null, {
      flow: runnable, surroundings: () => surroundings(), onTag: () => undefined, onNote: () => undefined, onState: here, beginMessage: randomUUID, keepMessage: () => undefined,
      lookUp: () => Promise.resolve({ type: 'failed', reason: 'none' }), transfer: () => Promise.resolve({ type: 'failed', reason: 'none' }), hangUp: () => undefined,
    }, () => false)
    const over = performance.now()
    t.same(entered.map(({ node }) => node), ['greeting', 'topic', 'number', 'turn', 'word'], 'he says and presses nothing')
    const lengths = { language: 'en' as const, of: lengthOf }
    let most = 0
    for (const [index, { node, at }] of entered.entries()) {
      const exit = flow.nodes.get(node)?.exits.find(({ by }) => by === 'silence' || by === 'always')
      const [least, longest] = exit?.time?.(lengths) ?? [0, 0]
      const took = Math.round((entered[index + 1]?.at ?? over) - at)
      // Each command of a visit has the tolerance; a queue has two for each turn, a question two tries.
      const commands = node === 'turn' ? 4 : node === 'topic' || node === 'number' ? 2 : 1
      t.ok(took <= longest + commands * LATE, `${node}: ${took} ms, proven ${Math.round(longest)}`)
      t.ok(took >= least - EARLY, `${node}: ${took} ms, at least ${Math.round(least)}`)
      most += longest
    }
    t.ok(most <= proof.over.ms, `his way, ${Math.round(most)} ms, is one of those proven, ${Math.round(proof.over.ms)} ms`)
    t.ok(over - since <= most + 11 * LATE, `all of it: ${Math.round(over - since)} ms, proven ${Math.round(most)}`)
    await api({ api: 'uuid_break', uuid: callId })
    await end(callId)
  })

  t.same(refused, [], 'nothing was refused')
}

const FLOW = `flow: test
title: { zh: 测试, en: Test }
languages: [en]
start: greeting
nodes:
  greeting: { type: play, prompts: [noted], skip: true, next: topic }
  topic:
    type: menu
    prompts: [noted]
    silenceSeconds: 1
    keys: { "1": { goto: waiting } }
    onSilence: number
  number: { type: collect, prompts: [noted], min: 2, max: 4, silenceSeconds: 1, betweenKeysSeconds: 1, tries: 2, saveAs: meter, next: waiting, onSilence: turn }
  turn:
    type: queue
    announce: { everySeconds: 10, times: 1, prompts: [noted] }
    keys: { "1": { goto: waiting } }
    next: word
  word: { type: message, prompts: [noted], maxSeconds: 20, silenceSeconds: 2, next: waiting, onSilence: waiting }
  waiting: { type: end }
`

function flowIn(text: string, known: ReadonlySet<string>): Flow {
  const { flow, problems } = loadFlow({ path: 'test.yaml', text, version: 'v1' }, new Map([['en', known]]), CATEGORIES, { lines: [], tags: new Map([['meter', null], ['message', null]]) })
  if (flow === null) throw new Error(problems.map(({ line, col, problem }) => `${line}:${col} ${problem.en}`).join('\n'))
  return flow
}
