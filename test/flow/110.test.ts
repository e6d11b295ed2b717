import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { LANGUAGES } from '../../src/contracts/flow.js'
import { resumeFlow, startFlow, step } from '../../src/flow/engine.js'
import { editorSchemas } from '../../src/flow/file.js'
import { loadFlows } from '../../src/flow/library.js'
import { rehearse, type Rehearsal } from '../../src/flow/rehearsal.js'
import type { FlowState } from '../../src/flow/types.js'
import { readFlowDirectory } from '../../src/intake/flow-files.js'
import { lintPrompts } from '../../src/intake/prompt-files.js'
import { MONDAY_NOON, surroundings } from './helpers.js'

const DIRECTORY = new URL('../../ivr-flows/', import.meta.url)
const read = await readFlowDirectory(DIRECTORY.pathname)
const { flows, problems } = loadFlows(read.files, read.prompts, read.categories)
const flow = flows.get('110')
if (flow === undefined) throw new Error(`110.yaml is broken: ${JSON.stringify([...read.problems, ...problems], null, 1)}`)

const NIGHT = Date.parse('2026-01-05T23:30:00+08:00')

function call(changes: Parameters<typeof surroundings>[0] = {}, from?: FlowState): Rehearsal {
  const { now, ...around } = surroundings(changes)
  return rehearse({
    flow: flow as NonNullable<typeof flow>,
    duration: ({ language, name }) => read.prompts.get(language)?.get(name)?.duration ?? 0,
    surroundings: around,
    startAt: now,
    ...(from && { from }),
  })
}

const tagsOf = (one: Rehearsal) => Object.fromEntries(one.state().tags.map(({ key, value }) => [key, value]))
const heardBy = (one: Rehearsal) => one.notes.flatMap((note) => (note.type === 'heard' ? [`${note.prompt.language}/${note.prompt.name}`] : []))
const ended = (one: Rehearsal) => one.notes.at(-1)?.type === 'ended' && one.waitingFor() === 'nothing'

t.test('the city’s files have no problems', async (t) => {
  t.same([...read.problems, ...problems], [])
  t.same(read.categories?.map(({ code, class: queueClass }) => `${code} ${queueClass}`), [
    'police emergency', 'fire emergency', 'medical emergency',
    ...['manhole-cover', 'ride-dispute', 'noise', 'power-repair', 'wage-claim', 'street-light', 'road', 'water', 'gas', 'live-wire', 'environment', 'other'].map((code) => `${code} standard`),
  ])
})

t.test('each category by its keys, in both languages, with the prompts cut or heard', async (t) => {
  const table: readonly (readonly [keys: string, category: string])[] = [
    ['1', 'manhole-cover'], ['2', 'ride-dispute'], ['3', 'noise'], ['4', 'power-repair'], ['5', 'wage-claim'], ['0', 'other'],
    ['61', 'street-light'], ['62', 'road'], ['63', 'water'], ['64', 'gas'], ['65', 'environment'], ['66', 'live-wire'], ['601', 'manhole-cover'], ['60604', 'power-repair'],
  ]
  for (const [keys, category] of table) {
    for (const lead of ['', '9', '*', '69', '6*', '99']) {
      for (const patience of [0, 1_000, Infinity]) {
        const one = call()
        for (const key of lead + keys) {
          one.wait(Math.min(patience, one.promptsLeft()))
          one.press(key)
        }
        const label = `${lead}${keys} after ${patience} ms`
        t.same(tagsOf(one), { ...(lead !== '' && { language: 'en' }), category }, label)
        t.equal(one.waitingFor(), 'prompt', `${label}: it is acknowledged`)
        one.wait(10_000)
        t.ok(ended(one), `${label}: and he goes on waiting`)
        t.equal(heardBy(one).at(-1), `${lead === '' ? 'zh-CN' : 'en'}/noted`, label)
      }
    }
  }
})

t.test('silence: the menu is said twice, then he simply waits; nobody is hung up on', async (t) => {
  const one = call()
  one.wait(120_000)
  t.same(heardBy(one), ['zh-CN/greeting', 'zh-CN/recorded', 'zh-CN/topics', 'zh-CN/recorded', 'zh-CN/topics'])
  t.ok(ended(one))
  t.same(tagsOf(one), {})

  const wrong = call()
  for (const key of '78') wrong.press(key)
  wrong.wait(120_000)
  t.ok(ended(wrong), 'wrong keys end in waiting as well')
  t.same(tagsOf(wrong), {})

  const more = call()
  more.press('6')
  more.wait(120_000)
  t.same(heardBy(more).slice(-2), ['zh-CN/more-topics', 'zh-CN/more-topics'])
  t.ok(ended(more))
  const types = new Set([...(flow).nodes.values()].map(({ type }) => type))
  t.notOk(types.has('hang-up'))
})

t.test('what surrounds the caller', async (t) => {
  const foreign = call({ caller: { hints: ['foreign-language'] } })
  foreign.wait(1_000)
  foreign.press('1')
  t.same(tagsOf(foreign), { language: 'en', category: 'manhole-cover' }, 'a foreign-speaking caller hears English at once')
  t.equal(heardBy(foreign)[0], 'en/greeting')

  const night = call({ now: NIGHT })
  night.press('3')
  t.same(tagsOf(night), { category: 'noise', period: 'night' })
  t.same(tagsOf(pressed(call({ now: NIGHT }), '1')), { category: 'manhole-cover' }, 'the hour matters for noise only')
  t.same(tagsOf(pressed(call({ now: MONDAY_NOON }), '3')), { category: 'noise' })

  const busy = pressed(call({ load: { waiting: 20 } }), '2')
  busy.wait(30_000)
  t.equal(heardBy(busy).at(-1), 'zh-CN/busy')
  t.ok(ended(busy))
})

t.test('after a break at any moment he goes on where he was and is not greeted again', async (t) => {
  for (const keys of ['', '6', '9', '96', '1']) {
    const before = pressed(call(), keys)
    const after = call({}, JSON.parse(JSON.stringify(before.state())) as FlowState)
    t.equal(after.state().node, before.state().node)
    t.same(after.state().tags, before.state().tags)
    after.wait(120_000)
    t.notOk(heardBy(after).some((prompt) => prompt.endsWith('/greeting')), `after “${keys}”`)
    t.ok(ended(after))
  }
})

t.test('prompts are short, well recorded, in every language, and say what is written', async (t) => {
  const { problems: found, tapes } = await lintPrompts(DIRECTORY.pathname, 'ivr-flows')
  t.same(found, [])
  for (const { language, name, measured: { duration } } of tapes) t.ok(duration > (name.startsWith('say/') ? 150 : 500) && duration < 12_000, `${language}/${name} lasts ${duration} ms`)
  const [zh, en] = LANGUAGES.map((language) => [...read.prompts.get(language)?.keys() ?? []].filter((name) => !name.startsWith('say/')))
  t.same(zh, en, 'the same prompts in each language')
})

t.test('editors complete and check by the schema that the loader uses', async (t) => {
  for (const [file, schema] of Object.entries(editorSchemas())) {
    t.same(JSON.parse(readFileSync(new URL(file, DIRECTORY), 'utf8')), JSON.parse(JSON.stringify(schema)), `${file} is up to date; else run: npx tsx scripts/flow-schema.ts`)
  }
  for (const { path, text } of [...read.files, { path: 'ivr-flows/categories.yaml', text: readFileSync(new URL('categories.yaml', DIRECTORY), 'utf8') }, { path: 'ivr-flows/lines.yaml', text: readFileSync(new URL('lines.yaml', DIRECTORY), 'utf8') }]) {
    const schema = /^# yaml-language-server: \$schema=\.\/(\S+)\n/.exec(text)?.[1]
    t.ok(schema !== undefined && existsSync(new URL(schema, DIRECTORY)), `${path} names its schema in the first line`)
  }
  const texts = JSON.stringify(editorSchemas()).match(/"description":"(?:[^"\\]|\\.)*"/g) ?? []
  t.ok(texts.length > 50)
  for (const text of texts) t.match(text, /[\u4E00-\u9FFF].*\\n.*[a-z]/, 'in Chinese and English')
})

t.test('all keys at all nodes: no path leaves the known nodes or ends otherwise than in waiting', async (t) => {
  const known = flow
  const around = surroundings()
  const seen = new Map<string, FlowState>()
  const ahead = [startFlow(known, around).state]
  for (let state = ahead.pop(); state !== undefined; state = ahead.pop()) {
    const key = JSON.stringify([state.node, state.language, state.memory, state.tags.map((tag) => [tag.key, tag.value])])
    if (seen.has(key) || state.node === null) continue
    seen.set(key, state)
    for (const digits of '0123456789*#') ahead.push(step(known, state, { type: 'digits', digits }, around).state)
    ahead.push(step(known, state, { type: 'timeout', digits: '' }, around).state, step(known, state, { type: 'failed', reason: '' }, around).state, step(known, state, { type: 'played' }, around).state)
    t.equal(resumeFlow(known, state, around).state.node, state.node)
  }
  t.ok(seen.size >= 30, `${seen.size} situations`)
  t.same([...new Set([...seen.values()].map(({ node }) => node))].sort(), ['more-topics', 'noted', 'topics'])
})

function pressed(one: Rehearsal, keys: string): Rehearsal {
  for (const key of keys) one.press(key)
  return one
}
