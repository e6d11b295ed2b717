import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { FlowCheckReport } from '../../src/contracts/flow.js'
import { gate } from '../../src/intake/flow-gate.js'
import { loadDirectory, readFlowDirectory } from '../../src/intake/flow-files.js'
import { loadEntries, loadLines } from '../../src/flow/side-files.js'
import { loadCodeBook } from '../../src/flow/library.js'
import { checkTested, loadScenarios } from '../../src/flow/scenario/file.js'
import { flowCommand } from '../../src/cli/flow.js'
import { runCommand } from '../../src/cli/run.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { AROUND } from '../helpers/flows.js'
import { flowOf } from './helpers.js'

const codes = (problems: readonly { readonly code: string; readonly line: number; readonly col: number }[]): string[] => problems.map(({ code, line, col }) => `${code} ${line}:${col}`)
const gapTexts = (gaps: readonly { readonly what: { readonly en: string }; readonly because: { readonly en: string } }[]): string[] => gaps.map(({ what, because }) => `${what.en}: ${because.en}`)

t.test('one slip in a file beside the flows hides nothing beside it', async (t) => {
  const flows = new Map([['110', { kind: 'entry' }], ['part', { kind: 'part' }]])
  const entries = loadEntries('entries.yaml', 'entries:\n  "1234a": nowhere\n  "12345": 110\n  "96": nobody\n  "97": part\n  "98: x\n  "99": nowhere\n', flows, ['110', 'part'])
  t.same([codes(entries.problems), entries.value], [['shape.bad-key 2:3', 'part.unknown 2:12', 'shape.quote 3:12', 'part.unknown 4:9', 'entry.kind 5:9', 'yaml.quote-open 6:3', 'part.unknown 7:9'], null])
  t.same(gapTexts(entries.gaps), ['"98": it is not valid YAML'])

  const book = loadCodeBook('categories.yaml', 'categories:\n  noise: { zh: 噪声, en: Noise, class: standart }\n  fire { zh: 火警, en: Fire, class: emergency }\n  water: { zh: 水, en: Water, class: standrad }\n  power: { zh: 电, en: Power, class: standard }\ntags:\n  period: { zh: 时段, en: Period, valuse: [night] }\n  Asked: { zh: 问, en: Asked }\n')
  t.same(codes(book.problems), ['shape.bad-choice 2:38', 'yaml.syntax 3:14', 'shape.bad-choice 4:37', 'shape.unknown-key 7:33', 'shape.bad-key 8:3'])
  t.same([book.categories, book.known.categories?.map(({ code }) => code).sort(), [...book.known.tags ?? []].filter(([key]) => key === 'period')], [null, ['fire', 'fire', 'noise', 'power', 'water'], [['period', ['night']]]], 'flows are held against what is right of it, and what is meant')
  const many = loadCodeBook('categories.yaml', `categories:\n${Array.from({ length: 40 }, (_, index) => `  c${index}: { zh: 类, en: Class, class: urgent }\n`).join('')}`)
  t.equal(many.problems.length, 40, 'all of them, however many')

  const lines = loadLines('lines.yaml', 'lines:\n  Medical: { zh: 急救, en: Medical, number: "120" }\n  fire: { zh: 消防, en: Fire, number: 119 }\n  water: { zh: 水, en: Water, number: "12345" }\n')
  t.same([codes(lines.problems), lines.value], [['shape.bad-key 2:3', 'shape.quote 3:37'], null])
  t.ok(['medical', 'fire', 'water'].every((code) => lines.known?.includes(code)), 'of a flow that names them nothing is told')
})

t.test('one slip in a file of tests hides nothing beside it: the others are run, and what was not is said', async (t) => {
  const flow = flowOf('  a: { type: end }\n')
  const scenarios = loadScenarios({ path: 'test.test.yaml', text: 'flow: test\ntests:\n  good: { expect: { ends: waits } }\n  bad key: { expects: { ends: waits }, at: 2026-13-11T10:00, modes: { nothing: on } }\n  bad day: { holidays: ["2026-02-30"], expect: { ends: waits } }\n  open: { expect: { ends: waits }\n  last: { expect: { hearsNot: [nobody] } }\n' })
  checkTested(scenarios, new Map([['test', flow]]), ['test'])
  t.same(codes(scenarios.problems()), ['shape.unknown-key 4:14', 'test.time 4:44', 'test.name 4:71', 'test.time 5:25', 'yaml.quote-open 6:9', 'test.name 7:32'])
  t.same(scenarios.scenarios.map(({ name }) => name), ['good', 'last'])
  t.same(gapTexts(scenarios.gaps), ['"open": it is not valid YAML', 'Whether the test "bad key" passes: what is written in it is wrong'])
})

const CALLER = 'flow: "110"\ntitle: { zh: 甲, en: A }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: sub-flow, flow: bad, next: b }\n  b: { type: end }\n'

/** A directory with a flow that calls `bad`, and `bad` in it as `make` leaves it. */
function directoryWith(t: Test, make: (path: string) => void): string {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true }) })
  writeFileSync(join(directory, '110.yaml'), CALLER)
  writeFileSync(join(directory, 'entries.yaml'), 'entries:\n  "96": bad\n')
  writeFileSync(join(directory, 'categories.yaml'), 'categories:\n  noise: { zh: 噪声, en: Noise, class: standard }\n')
  make(join(directory, 'bad.yaml'))
  return directory
}

t.test('a file of a flow that cannot be read is one all the same: listed, counted, and what leads to it is told so', async (t) => {
  for (const [code, make] of [
    ['file.encoding', (path) => { writeFileSync(path, Buffer.from([0x66, 0xFF, 0xFE, 0x80])) }],
    ['file.unreadable', (path) => { symlinkSync('/nowhere/at/all', path) }],
    ['file.kind', (path) => { mkdirSync(path) }],
  ] as const satisfies readonly (readonly [string, (path: string) => void])[]) {
    const directory = directoryWith(t, make)
    const read = await readFlowDirectory(directory)
    const here = [...read.problems, ...loadDirectory(read, basename(directory)).problems]
    t.same(here.map((problem) => `${basename(problem.file)} ${problem.code}`).sort(), ['110.yaml part.broken', `bad.yaml ${code}`], code)
    const gated = await gate(directory, basename(directory), AROUND)
    t.same(gated.problems.map((problem) => `${basename(problem.file)} ${problem.code}`).sort(), ['110.yaml part.broken', `bad.yaml ${code}`], `${code}, and the gate says the same`)
    const said = await check(directory, '--json')
    const { flows } = JSON.parse(said) as FlowCheckReport
    t.match(flows.find(({ name }) => name === 'bad'), { runs: false, proof: null, nodes: 0, notExamined: [{ what: { en: 'The whole flow' } }] })
    const text = await check(directory)
    t.match(text, /\n✗ bad {2}[^]*The whole flow was not examined because the file cannot be read\.[^]* in 2 flow files\./)
  }
})

t.test('what was not examined of files beside the flows is said, in words and for other programs', async (t) => {
  const directory = directoryWith(t, (path) => { writeFileSync(path, CALLER.replace('"110"', 'bad').replace('flow: bad, next', 'flow: other, next')) })
  writeFileSync(join(directory, 'lines.yaml'), 'lines:\n  medical: { zh: 急救, en: "Medical, number: "120" }\n')
  writeFileSync(join(directory, '110.test.yaml'), 'flow: "110"\ntests:\n  one: { expects: { ends: waits } }\n')
  writeFileSync(join(directory, 'bad.test.yaml'), Buffer.from([0x66, 0xFF]))
  const { beside } = JSON.parse(await check(directory, '--json')) as FlowCheckReport
  t.same(beside.map(({ file, notExamined }) => `${basename(file)} ${notExamined.map(({ what }) => what.en).join()}`).sort(), ['110.test.yaml Whether the test "one" passes', 'bad.test.yaml The whole file', 'lines.yaml "medical"'])
  t.match(await check(directory), /✗ \S*lines\.yaml\n {4}没有检查：“medical”，因为它的写法不是合法的 YAML。\/ "medical" was not examined because it is not valid YAML\.\n/)
})

async function check(directory: string, ...options: readonly string[]): Promise<string> {
  const stdout = new PassThrough()
  await runCommand(flowCommand, ['check', directory, ...options], { stdout, stderr: new PassThrough(), stdin: Readable.from(['']) })
  return String(stdout.read() ?? '')
}
