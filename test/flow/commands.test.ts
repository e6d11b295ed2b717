import { isUtf8 } from 'node:buffer'
import { mkdtempSync, readFileSync, rmSync, writeFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { delaysOf, loadConfig } from '../../src/config.js'
import { flowCommand } from '../../src/cli/flow.js'
import { runCommand } from '../../src/cli/run.js'
import { FlowCheckReport } from '../../src/contracts/flow.js'
import { fits } from '../../src/flow/load/shape.js'
import { hashOfEdition } from '../../src/intake/edition.js'
import { editionOf } from '../../src/intake/flow-gate.js'
import { temporaryDirectory } from '../helpers/directory.js'

const CITY = new URL('../../ivr-flows/', import.meta.url).pathname

const flow = (...args: readonly string[]): Promise<{ code: number; out: string; err: string }> => fed([], ...args)

async function fed(pieces: readonly Buffer[], ...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdout, stderr] = [new PassThrough({ highWaterMark: 1e7 }), new PassThrough()]
  const code = await runCommand(flowCommand, args, { stdout, stderr, stdin: Readable.from(pieces) })
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

function copy(t: Test): string {
  const directory = mkdtempSync(join(temporaryDirectory(), 'city-'))
  t.teardown(() => rmSync(join(directory, '..'), { recursive: true }))
  cpSync(CITY, directory, { recursive: true })
  return directory
}

t.test('check: by default nobody waits for a skill', async (t) => {
  t.same(delaysOf(loadConfig({}).config), { skill: 0, speech: 0 })
  t.same(delaysOf(loadConfig({ LIANDONG_PBX_SPEECH: 'unimrcp any' }).config), { skill: 0, speech: 1_000 })
  t.match(await flow('check', CITY, '--delays', '20000,0'), { code: 1, out: /✗ 110[^]*unbreakable +20 s > 3 s[^]*intake\.skillOverflow/ })
  t.equal((await flow('check', CITY, '--delays', 'soon')).code, 2)
})

t.test('check: what is proven is told, and written as its schema says', async (t) => {
  t.match((await flow('check', CITY)).out, /✓ 110[^]*unbreakable +0 s ≤ 3 s[^]*over after at most +≤ \d[\d.]* s {2}caller → /)
  const { out } = await flow('check', CITY, '--json')
  t.ok(fits(FlowCheckReport, JSON.parse(out)))
  t.match(JSON.parse((await flow('check', '--schema')).out), { type: 'object', required: ['flows', 'beside', 'problems'] })
})

t.test('check: all problems at once, whatever else is wrong with a file', async (t) => {
  const head = (more: string): string => `flow: x\n${more}title: { zh: 测, en: T }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n`
  const table: readonly (readonly [name: string, text: string, problems: readonly string[]])[] = [
    ['a tape that is missing', `${head('')}  a: { type: play, prompts: [not-recorded], next: t }\n  t: { type: transfer, line: water-company, ringSeconds: 20, onFault: l }\n  l: { type: look-up, service: nowhere, save: { ticket: x }, next: g, onFault: e }\n  g: { type: play, prompts: [closed], next: m }\n  m: { type: menu, prompts: [noted], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n`,
      ['prompt.missing 6', 'service.unknown 8', 'proof.queued 7', 'proof.unbreakable 7', 'proof.no-barge-in 8']],
    ['a key that is misspelt', `${head('')}  a: { type: play, prompts: [noted], skipp: true, next: b }\n  b: { type: branch, cases: [{ when: { var: { tikcet: 1 } }, goto: c }], otherwise: l }\n  c: { type: sub-flow, flow: nopart, next: e }\n  l: { type: look-up, service: nowhere, save: { number: x }, next: e, onFault: e }\n  e: { type: end }\n`,
      ['shape.unknown-key 6', 'part.unknown 8', 'service.unknown 9']],
    ['… and no part', `${head('')}  a: { type: play, prompts: [noted], skipp: true, next: b }\n  b: { type: branch, cases: [{ when: { var: { tikcet: 1 } }, goto: c }], otherwise: c }\n  c: { type: collekt, saveAs: meter, next: d }\n  d: { type: branch, cases: [{ when: { var: { meter: 1 } }, goto: e }], otherwise: e }\n  e: { type: end }\n`,
      ['shape.unknown-key 6', 'variable.unset 7', 'shape.missing-key 8', 'shape.missing-key 8', 'node.no-exit 8', 'node.type-unknown 8']],
    ['a way that leads nowhere', `${head('')}  a: { type: play, prompts: [noted], next: m, onFault: nobody }\n  m: { type: queue, announce: { prompts: [noted] }, keys: { "1": { goto: nowhere } }, next: g }\n  g: { type: play, prompts: [closed, closed], next: n }\n  n: { type: menu, prompts: [noted], keys: { "1": { goto: e } }, onSilence: e }\n  e: { type: end }\n`,
      ['node.dangling 6', 'node.dangling 7', 'proof.no-barge-in 8']],
    ['a bound that is none', `${head('bound: { queuedSeconds: soon, unbreakableSeconds: 3 }\n')}  a: { type: transfer, line: water-company, ringSeconds: 20, onFault: e }\n  e: { type: end }\n`,
      ['shape.wrong-type 2', 'proof.queued 7', 'proof.unbreakable 7']],
    ['hangs up, goes round', `${head('')}  a: { type: branch, cases: [{ when: { mode: x }, goto: bye }], otherwise: t }\n  bye: { type: hang-up }\n  t: { type: transfer, line: nobody, ringSeconds: 20, onFault: a }\n`,
      ['node.loop 6', 'hang-up.entry 7', 'line.unknown 8', 'proof.queued 8', 'proof.unbreakable 8']],
    ['hangs up', `${head('')}  a: { type: branch, cases: [{ when: { mode: x }, goto: bye }], otherwise: t }\n  bye: { type: hang-up }\n  t: { type: transfer, line: water-company, ringSeconds: 20, onFault: e }\n  e: { type: end }\n`,
      ['hang-up.entry 7', 'proof.queued 8', 'proof.unbreakable 8']],
  ]
  const directory = copy(t)
  for (const [name, text, problems] of table) {
    writeFileSync(join(directory, 'x.yaml'), text)
    const { out } = await flow('check', directory, '--json')
    t.same((JSON.parse(out) as { problems: { code: string; line: number; file: string }[] }).problems.filter(({ file }) => file.endsWith('x.yaml')).map(({ code, line }) => `${code} ${line}`), problems, name)
  }
})

t.test('check: a rule that is new is told, and that an edition which runs goes on; simulate and try tell it, too', async (t) => {
  const directory = copy(t)
  const path = join(directory, '110.yaml')
  const edit = (from: string, to: string): void => writeFileSync(path, readFileSync(path, 'utf8').replace(from, to))
  edit('        goto: umbrella\n', '$&      - when: { mode: disaster }\n        goto: topics\n')
  t.match(await flow('check', directory), { code: 1, out: /branch\.repeated[^]*\n1 个问题[^]*An edition with these files that runs goes on/ })
  t.match(await flow('simulate', '110', '--dir', directory, '--calls', '5'), { code: 0, err: /branch\.repeated/ })
  t.match(await flow('try', '110', '--dir', directory), { code: 0, err: /branch\.repeated/ })
  t.match(await flow('test', '110', '--dir', directory), { code: 1, out: /branch\.repeated/ })
  edit('\nstart:', '\nstrat: caller\nstart:')
  t.match(await flow('check', directory), { code: 1, out: /With 1 of them this program cannot run these files/ })
})

t.test('test: a call that differs is told at its line; coverage can be asked for', async (t) => {
  const directory = copy(t)
  const file = join(directory, '110.test.yaml')
  t.match(await flow('test', '--dir', directory, '--cover', '100'), { code: 0, out: /ways out 46\/46/ })
  writeFileSync(file, 'flow: "110"\ntests:\n  one:\n    steps: [{ press: "1" }]\n    expect: { tags: { category: noise } }\n')
  const { code, out } = await flow('test', '110', '--dir', directory, '--cover', '100')
  t.equal(code, 1)
  t.match(out, /110\.test\.yaml:5:33: test\.tag[^]*\^{5}\n[^]*less than 100 %[^]*0 of 1 test passed/)
  t.match(JSON.parse((await flow('test', '110', '--dir', directory, '--json')).out), { flows: [{ flow: '110', tests: [{ name: 'one', passed: false }] }], problems: [{ code: 'test.tag' }] })
  await flow('test', '110', '--dir', directory, '--draw', join(directory, 'covered'))
  const drawn = readFileSync(join(directory, 'covered', '110.coverage.svg'), 'utf8')
  t.match(drawn, /class="edge caller missed"[^]*>✗ 0 2 5</, 'ways that no test takes')
  t.match(drawn, /class="asks never" data-node="more-topics"/)
  t.match(drawn, /class="asks" data-node="topics"[^]*>1</)
  writeFileSync(file, 'flow: "111"\ntests:\n  one: { expect: { ends: waits } }\n')
  t.match(await flow('test', '--dir', directory), { code: 1, out: /110\.test\.yaml:1:7: test\.flow/ })
  writeFileSync(file, 'flow: "110"\ntests:\n  one: { expects: {} }\n')
  const broken = await flow('test', '110', '--dir', directory)
  t.match(broken, { code: 1, out: /shape\.unknown-key[^]*not run, the file of tests or the flow has problems: 110\n/ })
  t.notMatch(broken.out, 'no tests')
  rmSync(file)
  t.match(await flow('test', '110', '--dir', directory), { out: /no tests: 110\n/ })
  t.match(await flow('walk', '110', '--dir', directory, '--write'), { code: 0, err: /new tests for 46 of 46 ways out/ })
  t.match(await flow('test', '110', '--dir', directory, '--cover', '100'), { code: 0 })
  t.match(readFileSync(file, 'utf8'), /^# yaml-language-server/)
  for (const written of ['flow: "110"\ntests: { one: { expect: { ends: waits } } }\n', 'tests:\n    one: { expect: { ends: waits } }\nflow: "110"\n']) {
    writeFileSync(file, written)
    t.match(await flow('walk', '110', '--dir', directory, '--write'), { code: 1, out: /^ {2}\S.*:\n {4}/, err: /110\.test\.yaml is not written as walk writes: nothing was added/ })
    t.equal(readFileSync(file, 'utf8'), written, 'it is left as it was')
  }
})

t.test('simulate and compare: old and new side by side', async (t) => {
  const directory = copy(t)
  const old = join(directory, 'old.txt')
  writeFileSync(old, readFileSync(join(directory, '110.yaml'), 'utf8').replaceAll('silenceSeconds: 6', 'silenceSeconds: 2'))
  const { code, out } = await flow('compare', old, '110', '--dir', directory, '--calls', '200')
  t.equal(code, 0)
  t.match(out, /presses nothing: correct {2,}什么都不按/, 'labels and what follows them are apart')
  t.match(out, /old [0-9a-f]{8} +new [0-9a-f]{8}[^]*correctly tagged[^]*elderly, slow: correct/)
  t.match(JSON.parse((await flow('simulate', '--dir', directory, '--calls', '50', '--json')).out), { seed: 110, new: { calls: 50 }, old: null })
  const keys = join(directory, 'keys.ndjson')
  writeFileSync(keys, '{"keys":[{"at":3200,"key":"1"}],"category":"manhole-cover"}\n')
  t.match(JSON.parse((await flow('simulate', '--dir', directory, '--replay', keys, '--json')).out), { new: { calls: 1, correct: 1, timeToTag: { p50: 3_200 } } })
  writeFileSync(keys, '{"keys":[{"at":3200,"key":"1"},{"at":9000,"key":"2"}],"answeredAt":4000,"startAt":1767571200000,"category":"noise"}\n{"keys":[],"leftAt":2000}\n')
  t.match(JSON.parse((await flow('simulate', '--dir', directory, '--replay', keys, '--json')).out), { new: { calls: 2, known: 1, wrong: 1, hungUp: 0.5, heard: { p99: 4_000 }, keys: { p99: 1 } } }, 'cut by an answer, or hung up')
  writeFileSync(keys, '{"keys":[]}\n{"keys":[{"at":-1,"key":"1"}]}\n')
  t.match(await flow('simulate', '--dir', directory, '--replay', keys), { code: 1, err: /keys\.ndjson:2: / })
  t.match(await flow('compare', join(directory, 'nowhere'), '--dir', directory), { code: 1, err: /no file or directory/ })
})

t.test('simulate: editions that come in pieces are those that were sent', async (t) => {
  const { content } = await editionOf(CITY, 'ivr-flows')
  const wish = Buffer.from(JSON.stringify({ flow: '110', old: content, new: content, calls: 20, seed: 1, startAt: 0 }))
  const pieces = Array.from({ length: Math.ceil(wish.length / 1_000) }, (_, at) => wish.subarray(at * 1_000, (at + 1) * 1_000))
  t.ok(pieces.some((piece) => !isUtf8(piece)), 'some end within a character')
  const { code, out } = await fed(pieces, 'simulate', '--beside')
  t.equal(code, 0)
  const hash = hashOfEdition(content)
  t.match(JSON.parse(out), { old: { version: hash }, new: { version: hash } })
})

t.test('compare: a flow with itself is said to be one', async (t) => {
  const directory = copy(t)
  const path = join(directory, '110.yaml')
  const itself = /Both sides have the same flow \([0-9a-f]{12}\)/
  t.match(await flow('simulate', '110', '--dir', directory, '--against', CITY, '--calls', '20'), { code: 0, out: itself })
  writeFileSync(path, `${readFileSync(path, 'utf8')}# changed\n`)
  t.notMatch((await flow('simulate', '110', '--dir', directory, '--against', CITY, '--calls', '20')).out, itself)
})

t.test('draw: SVG, Mermaid, JSON; an overlay that is none is told', async (t) => {
  t.match(await flow('draw', '110', '--dir', CITY), { code: 0, out: /^<svg / })
  t.match(await flow('draw', '110', '--dir', CITY, '--format', 'mermaid'), { code: 0, out: /^flowchart TD/ })
  t.match(JSON.parse((await flow('draw', '110', '--dir', CITY, '--format', 'json')).out), { flow: '110' })
  t.match(await flow('draw', '110', '--dir', CITY, '--language', 'zh', '--trace', 'situation,umbrella,disaster/notice,disaster/back,topics'), { code: 0, out: /class="edge caller walked"|class="edge always walked"/ })
  t.match(await flow('draw', '110', '--dir', CITY, '--overlay', join(CITY, '110.yaml')), { code: 1, err: /counts/ })
})

t.test('a directory that is none, or none of flows, is told once and by its name; remedies name what was checked', async (t) => {
  const empty = mkdtempSync(join(temporaryDirectory(), 'empty-'))
  t.teardown(() => rmSync(join(empty, '..'), { recursive: true }))
  const { out } = await flow('check', empty)
  t.match(out, /categories\.yaml:1:1: file\.code-book[^]*There is no categories\.yaml/)
  t.notMatch(out, 'ENOENT')
  const before = process.env['LIANDONG_FLOWS_DIRECTORY']
  t.teardown(() => { if (before === undefined) delete process.env['LIANDONG_FLOWS_DIRECTORY']; else process.env['LIANDONG_FLOWS_DIRECTORY'] = before })
  process.env['LIANDONG_FLOWS_DIRECTORY'] = join(empty, 'nowhere')
  const missing = await flow('check')
  t.match(missing, { code: 2, err: /nowhere, which the setting flows\.directory \(LIANDONG_FLOWS_DIRECTORY\) names/ })
  t.equal(missing.out, '')
  delete process.env['LIANDONG_FLOWS_DIRECTORY']
  const directory = copy(t)
  writeFileSync(join(directory, 'prompts/en/tapes.yaml'), readFileSync(join(directory, 'prompts/en/tapes.yaml'), 'utf8').replace(/^noted: .*$/m, 'noted: noted.00000000.wav'))
  t.match((await flow('check', directory)).out, /npx liandong prompts make --dir \S+ noted --language en\./)
})

t.test('wrong usage is told, with exit code 2; an unknown flow with 1', async (t) => {
  for (const args of [['test', '--cover', 'much'], ['simulate', '--calls', '0'], ['simulate', '--model', 'dog'], ['simulate', '--at', 'soon'], ['draw', '--format', 'gif'], ['draw', '--out', '110.png'], ['draw', '--language', 'fr'], ['walk', '--nonsense'], ['compare']]) {
    t.equal((await flow(...args)).code, 2, args.join(' '))
  }
  for (const verb of ['test', 'walk', 'simulate', 'draw']) t.match(await flow(verb, 'nothing', '--dir', CITY), { code: 1, err: /no usable flow nothing/ }, verb)
})
