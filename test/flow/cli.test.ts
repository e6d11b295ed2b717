import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { temporaryDirectory } from '../helpers/directory.js'
import { flowCommand } from '../../src/cli/flow.js'
import { runCommand } from '../../src/cli/run.js'
import type { FlowProblem } from '../../src/contracts/flow.js'

const CITY = new URL('../../ivr-flows/', import.meta.url).pathname

async function liandong(args: readonly string[], typed = ''): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const code = await runCommand(flowCommand, args, { stdout, stderr, stdin: Readable.from([typed]) })
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

/** The city's directory with one more flow in it. */
function directoryWith(t: Test, flow: string): string {
  const directory = temporaryDirectory()
  t.teardown(() => rmSync(directory, { recursive: true }))
  cpSync(CITY, directory, { recursive: true })
  writeFileSync(join(directory, 'broken.yaml'), flow)
  return directory
}

const BROKEN = 'flow: broken\ntitle: { zh: 坏, en: Broken }\nlanguages: [zh-CN]\nstart: 开始\nnodes:\n  a:\n    type: menu\n    prompts: [greeting]\n    keys:\n      *: { goto: b }\n    onSilence: b\n  b: { type: end }\n'

t.test('check: the city’s flows are fine', async (t) => {
  const { code, out, err } = await liandong(['check', CITY])
  t.equal(code, 0)
  t.match(out, /✓ 110 {2}[0-9a-f]{12}/)
  t.match(out, 'No problems: 6 flows, 15 categories.')
  t.equal(err, '')
})

t.test('check: problems are printed like a compiler’s, underlined, with a remedy', async (t) => {
  const { code, out } = await liandong(['check', '--dir', directoryWith(t, BROKEN)])
  t.equal(code, 1)
  t.match(out, /broken\.yaml:10:7: yaml\.star\n {2}\* 没有加引号：YAML 把它当作别名。\n {2}Unquoted \*: YAML takes it for an alias\.\n {2}10 \| {7}\*: \{ goto: b \}\n {5}\| {7}\^\n(?: {5}! .+\n){2} {5}= 请写成 "\*"。\n {5}= Write "\*"\./)
  t.match(out, /broken\.yaml:4:8: shape\.bad-value[^]*4 \| start: 开始\n {4}\| {8}\^\^\^\^\n/, 'Chinese characters are two columns wide')
  t.match(out, '2 problems in 7 flow files.')
})

t.test('check: a look-up of a service that no setting lists, and of an address', async (t) => {
  const asks = (service: string) => `flow: broken\ntitle: { zh: 查, en: Ask }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a:\n    type: look-up\n    service: ${service}\n    save: { area: area }\n    next: b\n    onFault: b\n  b: { type: end }\n`
  const directory = directoryWith(t, asks('outages'))
  const { code, out } = await liandong(['check', directory])
  t.equal(code, 1)
  t.match(out, /broken\.yaml:8:14: service\.unknown\n.*flows\.lookUps[^]*= 可用：tickets。.*flows\.lookUps[^]*= Known: tickets\. A new one belongs into the setting flows\.lookUps: outages=https:\/\/host\/path\./)
  const { problems } = JSON.parse((await liandong(['check', directory, '--edition'])).out) as { problems: FlowProblem[] }
  t.same(problems.map((problem) => problem.code), ['service.unknown'], 'nor is it published')
  process.env['LIANDONG_FLOWS_LOOK_UPS'] = 'outages=https://outages.example/api'
  t.teardown(() => { delete process.env['LIANDONG_FLOWS_LOOK_UPS'] })
  t.match(await liandong(['check', directory]), { code: 0 })
  t.match((await liandong(['check', directoryWith(t, asks('outage'))])).out, /Did you mean outages\?/)
  t.match((await liandong(['check', directoryWith(t, asks('"http://outages.example"'))])).out, /broken\.yaml:8:14: shape\.bad-value[^]*tickets.*flows\.lookUps.*name=https:\/\/host\/path/)
})

t.test('check: a file of tests that cannot be read, and a file that is not UTF-8', async (t) => {
  const directory = directoryWith(t, BROKEN)
  rmSync(join(directory, 'broken.yaml'))
  const tests = join(directory, '110.test.yaml')
  writeFileSync(tests, 'flow: "110"\ntests:\n  one: { expects: { ends: waits } }\n')
  t.match(await liandong(['check', directory]), { code: 1, out: /110\.test\.yaml:3:10: shape\.unknown-key[^]*1 problem in 6 flow files\./ })
  writeFileSync(tests, 'flow: "111"\ntests:\n  one: { expect: { ends: waits } }\n')
  t.match(await liandong(['check', directory]), { code: 1, out: /110\.test\.yaml:1:7: test\.flow/ })
  writeFileSync(tests, Buffer.concat([Buffer.from('flow: "110"\ntests:\n  '), Buffer.from([0xC1, 0xF4, 0xD1, 0xD4]), Buffer.from(': { expect: { ends: waits } }\n')]))
  const { code, out } = await liandong(['check', directory])
  t.equal(code, 1)
  t.match(out, /110\.test\.yaml:3:3: file\.encoding\n.*不是 UTF-8[^]*iconv -f GB18030 -t UTF-8/)
  t.notMatch(out, 'ERR_')
  t.match(await liandong(['walk', '110', '--write', '--dir', directory]), { code: 1, err: /file\.encoding/ }, 'nor is it written over')
})

t.test('check --json: for other programs', async (t) => {
  const { code, out } = await liandong(['check', '--json', directoryWith(t, BROKEN)])
  t.equal(code, 1)
  const { flows, problems } = JSON.parse(out) as { flows: { name: string; runs: boolean; proof: object | null; notExamined: object[] }[]; problems: FlowProblem[] }
  t.same(flows.map(({ name }) => name).sort(), ['110', 'after-hours', 'ask', 'broken', 'disaster', 'known-outage', 'return-visit'])
  t.match(flows.find(({ name }) => name === 'broken'), { runs: false, proof: { finite: true }, notExamined: [{ node: null, what: { en: /leads to a, b/ }, because: { en: 'start names no node' } }] }, 'a broken one is listed, with what could not be examined')
  t.same(problems.map((problem) => [problem.code, problem.line, problem.col]), [['shape.bad-value', 4, 8], ['yaml.star', 10, 7]])
})

t.test('check: a broken file is listed, with what was not examined and why', async (t) => {
  const directory = directoryWith(t, 'flow: broken\ntitle: { zh: 坏, en: Broken }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: conference, next: t }\n  t: { type: transfer, line: water-company, ringSeconds: 20, onFault: b }\n  b: { type: end }\n')
  writeFileSync(join(directory, 'list.yaml'), '- a\n- b\n')
  const { out } = await liandong(['check', directory])
  t.match(out, /\n✗ broken {2}[0-9a-f]{12} {2}3 个节点[^]*unbreakable +≥ 25 s > 3 s[^]*\n {4}没有检查：节点“a”，因为它的类型不明。\/ Node "a" was not examined because its type is not known\.\n/)
  t.match(out, /broken\.yaml:6:14: node\.type-unknown[^]*broken\.yaml:7:3: proof\.unbreakable/, 'what is wrong beside it is told at once')
  t.match(out, /\n✗ list {2}[0-9a-f]{12} {2}\S*list\.yaml\n {4}没有检查：整个流程，因为文件读不出来。\/ The whole flow was not examined because the file cannot be read\.\n/)
})

t.test('check: a directory without flows is not fine, and is named', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => rmSync(directory, { recursive: true }))
  for (const name of ['categories.yaml', 'prompts']) cpSync(join(CITY, name), join(directory, name), { recursive: true })
  const { code, out } = await liandong(['check', directory])
  t.equal(code, 1)
  t.match(out, `There is no flow file in ${directory}.`)
})

t.test('check: the flow that citizens enter is there, and is one for citizens', async (t) => {
  t.match(await liandong(['check', CITY, '--entry', '119']), { code: 1, out: /119\.yaml:1:1: entry\.missing/ })
  t.match(await liandong(['check', CITY, '--entry', 'return-visit']), { code: 1, out: /return-visit\.yaml:\d+:7: entry\.kind[^]*1 problem in 6 flow files\./ })
})

t.test('check: without an argument, the directory of the settings', async (t) => {
  process.env['LIANDONG_FLOWS_DIRECTORY'] = directoryWith(t, BROKEN)
  t.teardown(() => { delete process.env['LIANDONG_FLOWS_DIRECTORY'] })
  const { code, out } = await liandong(['check'])
  t.equal(code, 1)
  t.match(out, 'broken.yaml:10:7')
})

t.test('check: what is no regular file is told and never opened', { timeout: 60_000 }, async (t) => {
  const directory = directoryWith(t, BROKEN)
  rmSync(join(directory, 'broken.yaml'))
  for (const name of ['pipe.yaml', 'pipe.test.yaml', 'prompts/en/pipe.wav']) execFileSync('mkfifo', [join(directory, name)])
  mkdirSync(join(directory, 'folder.yaml'))
  const { code, out } = await liandong(['check', directory, '--json'])
  const { problems, flows } = JSON.parse(out) as { problems: FlowProblem[]; flows: unknown[] }
  t.equal(code, 1)
  t.same(problems.map((one) => `${one.code} ${relative(directory, one.file)}`).sort(), ['folder.yaml', 'pipe.test.yaml', 'pipe.yaml', 'prompts/en/pipe.wav'].map((name) => `file.kind ${name}`))
  t.ok(flows.length > 5, 'the others are checked')
})

t.test('check: a directory that is not there', async (t) => {
  const { code, err } = await liandong(['check', join(CITY, 'nowhere')])
  t.equal(code, 2)
  t.match(err, /没有目录 .*nowhere.*flows\.directory\n.*there is no directory .*nowhere/)
})

t.test('draw: a file that the disk refuses is named, in both languages', async (t) => {
  const { code, err } = await liandong(['draw', '110', '--dir', CITY, '--out', join(CITY, 'nowhere', '110.svg')])
  t.equal(code, 1)
  t.match(err, /✗ .*110\.svg：没有这个文件.*\n.*110\.svg: there is no such file/)
})

t.test('try: what is heard, keys, tags, on a clock of its own', async (t) => {
  const { code, out } = await liandong(['try', '110', '--dir', CITY, '--at', '2026-01-05T23:00', '--waiting', '25'], '\n!9\n3\n')
  t.equal(code, 0)
  const lines = out.split('\n').map((line) => line.replace(/^\? /, '').slice(5).trim())
  const order = ['· topics', '♪ 幺幺零', '♪ 紧急', '♪ 紧急', '⌨ 9', '✂ recorded', '# language = en', '♪ Emergency', '⌨ 3', '# category = noise  (噪声 / Noise)', '# period = night', '♪ Noted', '♪ We have many calls', '♫']
  let from = 0
  for (const wanted of order) {
    const at = lines.findIndex((line, index) => index >= from && line.startsWith(wanted))
    t.ok(at >= from, `${wanted} comes in its turn`)
    from = at + 1
  }
  const hungUp = await liandong(['try', '--dir', CITY], 'q\n')
  t.match(hungUp.out, 'caller hangs up')
  t.equal((await liandong(['try', '--dir', CITY], '')).code, 0, 'the end of the input ends the call')
})

t.test('try: a switch that is on, words where the flow listens; nodes are called by their titles', async (t) => {
  const skipped = (await liandong(['try', '110', '--dir', CITY, '--mode', 'disaster'], '7\nq\n')).out
  t.match(skipped, /⌨ 7\n00:00 {2}✂ disaster-notice \(0\.3 s\)\n[^]*· topics/, 'a key where any key skips does so at once')
  t.notMatch(skipped, /# category/, 'and answers nothing')
  t.equal((await liandong(['try', '110', '--dir', CITY, '--mode', 'disaster'], '\nq\n')).out.split('[zh-CN/disaster-notice').length, 2, 'what is heard to its end is written once')
  t.match((await liandong(['try', '110', '--dir', CITY, '--mode', 'disaster'], 'q\n')).out, /· umbrella {2}应急公告 \/ Disaster notice\n[^]*· disaster\/notice {2}公告/)
  const power = await liandong(['try', '110', '--dir', CITY, '--at', '2026-01-05T12:00', '--mode', 'outage-power=2026-01-05T18:30'], '4\nq\n')
  t.match(power.out, /· known-outage\/power [^]*预计恢复时间/)
  const bare = await liandong(['try', 'return-visit', '--dir', CITY], '1\n')
  t.match([bare.code, bare.err], [2, /ticket is missing: add --var ticket=value/])
  t.match(await liandong(['simulate', 'return-visit', '--dir', CITY, '--calls', '50']), { code: 2, err: /--var ticket=值/ })
  t.match((await liandong(['try', 'return-visit', '--dir', CITY, '--var', 'ticket=20260105'], '1\n')).out, /· greeting[^\n]*\n00:00 {2}♪ /)
  t.match((await liandong(['simulate', 'return-visit', '--dir', CITY, '--calls', '50', '--var', 'ticket=20260105', '--json'])).out, /"keys":/)
  t.match(await liandong(['try', '110', '--dir', CITY, '--var', 'ticket=1'], ''), { code: 2, err: /110 has no parameters/ })
  t.match(await liandong(['try', 'return-visit', '--dir', CITY, '--var', 'ticket=a b'], ''), { code: 2, err: /ticket=value, of 1–64/ })
  t.equal((await liandong(['try', '--dir', CITY, '--mode', 'disaster=soon'])).code, 2)
  t.match(await liandong(['try', '110', '--dir', CITY, '--mode', 'disastre'], 'q\n'), { code: 2, out: '', err: /--mode “disastre”：流程 110 [^]*Did you mean disaster\?/ }, 'a switch that it does not ask for is no quiet call')
  t.match(await liandong(['try', '110', '--dir', CITY, '--mode', 'disaster', '--mode', 'flood=2026-01-05T18:30'], 'q\n'), { code: 2, err: /--mode “flood”[^]*Known: disaster, outage-power/ })
  t.match(await liandong(['try', '110', '--dir', CITY, '--hint', 'def'], 'q\n'), { code: 2, out: '', err: /--hint “def”[^]*must be one of deaf, foreign-language/ })
  const listens = 'flow: broken\ntitle: { zh: 听, en: Listen }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a:\n    type: listen\n    prompts: [greeting]\n    keys:\n      "1": { words: { zh-CN: [井盖] }, tag: { category: manhole-cover }, goto: b }\n    onSilence: b\n  b: { type: end }\n'
  t.match((await liandong(['try', 'broken', '--dir', directoryWith(t, listens)], '井盖坏了\n')).out, /☺ 井盖坏了\n[^]*# category = manhole-cover/)
})

t.test('try: what kind of day it is, by the city’s calendar as this machine keeps it, or as it is said', async (t) => {
  const home = temporaryDirectory()
  const before = process.env['LIANDONG_HOME']
  process.env['LIANDONG_HOME'] = home
  t.teardown(() => {
    rmSync(home, { recursive: true })
    if (before === undefined) delete process.env['LIANDONG_HOME']
    else process.env['LIANDONG_HOME'] = before
  })
  const directory = directoryWith(t, 'flow: broken\ntitle: { zh: 日, en: Day }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: branch, cases: [{ when: { calendar: { day: workday } }, goto: worked }], otherwise: free }\n  worked: { type: end }\n  free: { type: end }\n')
  const on = async (...more: string[]) => (await liandong(['try', 'broken', '--dir', directory, '--at', '2026-01-10T10:00', ...more])).out
  t.match(await on(), /keeps no calendar[^]*· free/, 'a Saturday')
  t.match(await on('--day', 'workday'), /^(?![^]*keeps no calendar)[^]*· worked/, 'a worked one')
  writeFileSync(join(home, 'calendar.json'), JSON.stringify({ days: [['2026-01-10', 'workday'], ['2026-01-09', 'holiday']], years: [2026] }))
  t.match(await on(), /^(?![^]*keeps no calendar)[^]*· worked/, 'as the city’s calendar says')
  t.match(await on('--day', 'holiday'), /· free/)
  t.match(await on('--at', '2026-01-09T10:00'), /· free/, 'a Friday that is a holiday')
  t.match(await on('--at', '2026-01-09T10:00', '--day', 'workday'), /· worked/)
  t.match(await liandong(['try', 'broken', '--dir', directory, '--day', 'sunday']), { code: 2, err: /--day “sunday” must be workday or holiday/ })
})

t.test('wrong usage is told, with exit code 2', async (t) => {
  for (const args of [[], ['fly'], ['check', '--nonsense'], ['try', '--at', 'soon', '--dir', CITY]]) {
    const { code, err } = await liandong(args)
    t.equal(code, 2, args.join(' '))
    t.match(err, /usage: npx liandong flow --help/)
  }
  const missing = await liandong(['try', 'nothing', '--dir', CITY])
  t.equal(missing.code, 1)
  t.match(missing.err, /There is no usable flow nothing\. \(.*110/)
  t.equal((await liandong(['--help'])).code, 0)
})
