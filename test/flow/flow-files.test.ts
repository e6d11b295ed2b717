import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryDirectory } from '../helpers/directory.js'
import type { FlowProblem } from '../../src/contracts/flow.js'
import { fileProblem } from '../../src/flow/library.js'
import { readTape, samplesOf, writeWav } from '../../src/flow/wav.js'
import { editionOf, judgeEdition, type Gated } from '../../src/intake/flow-gate.js'
import type { EditionStore } from '../../src/intake/flow-ports.js'
import type { Publishing } from '../../src/intake/flow-publishing.js'
import { openLiveFlows, type LiveFlows } from '../../src/intake/live-flows.js'
import { until } from '../helpers/database.js'
import { AROUND } from '../helpers/flows.js'
import { surroundings } from './helpers.js'

const CITY = new URL('../../ivr-flows/', import.meta.url).pathname
const flowText = (name: string, zh = '测试') => `flow: ${name}\ntitle: { zh: ${zh}, en: Test }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: play, prompts: [noted], next: b }\n  b: { type: end }\n`

interface Opened {
  readonly flows: LiveFlows
  readonly directory: string
  readonly switches: string[]
}

/** PostgreSQL is away for good: callers enter the files of the directory. */
const AWAY = new Proxy({}, { get: () => () => Promise.reject(new Error('away')) })

/** The gate without its listening to tapes, which takes seconds. */
const gateOf = (directory: string) => async (): Promise<Gated> => {
  const { content, problems } = await editionOf(directory, basename(directory))
  return { content, problems: [...problems, ...judgeEdition(content, basename(directory), AROUND)] }
}

async function open(t: Test, directory: string, gate = gateOf(directory)): Promise<Opened> {
  const switches: string[] = []
  const publishing = { ...AWAY, gate } as Publishing
  const flows = await openLiveFlows({
    directory, home: join(directory, 'home'), node: 'test', store: AWAY as EditionStore, publishing, pollEvery: 50, rules: { watch: true, approval: false, around: AROUND, autoReturn: true, autoReturnCalls: 100 }, promptRoot: '', clock: Date.now,
    logger: { info(fields, text) { if (text === 'flow switched') switches.push((fields as { flow: string }).flow) }, warn: () => undefined, error: () => undefined },
  })
  t.teardown(() => flows.close())
  return { flows, directory, switches }
}

async function openCopy(t: Test, prepare: (directory: string) => void = () => undefined): Promise<Opened> {
  const directory = temporaryDirectory()
  cpSync(CITY, directory, { recursive: true })
  prepare(directory)
  t.teardown(() => { rmSync(directory, { recursive: true }) })
  return open(t, directory)
}

/** The tape of the English `noted`, named by its content. */
const NOTED = readdirSync(join(CITY, 'prompts/en')).find((file) => file.startsWith('noted.')) ?? ''

const FLOWS = ['110', 'after-hours', 'ask', 'disaster', 'known-outage', 'return-visit']
const codes = (problems: readonly FlowProblem[]) => problems.map(({ code, file }) => `${code} ${file.split('/').slice(1).join('/')}`)

t.test('opens the city’s directory', async (t) => {
  const { flows, switches, directory } = await openCopy(t)
  t.match(flows.status(), { source: 'disk', version: 'disk', problems: [], current: null, differs: false })
  t.same([switches, flows.enter('110', '110', null).start(surroundings()).commands], [[], [{ type: 'end' }]], 'callers wait with music until check, proof and tests have passed')
  await until('the flows', () => switches.length === FLOWS.length)
  t.same(switches.sort(), FLOWS)
  t.equal(flows.categories().length, 15)
  const path = flows.promptPath({ name: 'noted', language: 'en' })
  t.equal(path, join(directory, `prompts/en/${NOTED}`), 'the tape that tapes.yaml names')
  t.equal(flows.promptText(path ?? ''), 'Noted. Please stay on the line.')
  t.match(flows.promptText(flows.promptPath({ name: 'greeting', language: 'zh-CN' }) ?? ''), /^幺幺零.* For English/)
})

t.test('a prompt is a name in a table, never a path', async (t) => {
  const { flows } = await openCopy(t)
  for (const name of ['../en/noted', '/etc/passwd', 'noted.wav', 'noted\u0000', '__proto__', 'constructor', '', 'shell_stream://id', 'NOTED']) {
    t.equal(flows.promptPath({ name, language: 'zh-CN' }), undefined, name)
  }
  t.equal(flows.promptPath({ name: 'noted', language: '../en' as 'en' }), undefined)
  t.equal(flows.promptText('/etc/passwd'), undefined)
})

t.test('a changed file is switched to; callers inside keep the flow they entered', async (t) => {
  const { flows, directory, switches } = await openCopy(t)
  await until('the flows', () => switches.length === FLOWS.length)
  const before = flows.current('110')
  const inside = flows.enter('110', '110', null)
  switches.length = 0
  // The way editors save: a new file moved over the old one.
  const text = await readFile(join(directory, '110.yaml'), 'utf8')
  writeFileSync(join(directory, '.110.yaml.tmp'), text.replace('waitingAtLeast: 20', 'waitingAtLeast: 10'))
  renameSync(join(directory, '.110.yaml.tmp'), join(directory, '110.yaml'))
  await until('the changed flow', () => flows.current('110').version !== before.version)
  t.equal(inside.start(surroundings()).state.version, before.version, 'the old one still runs for whoever holds it')
  t.equal(flows.enter('110', '110', null).start(surroundings()).state.version, flows.current('110').version)
  writeFileSync(join(directory, 'second.yaml'), flowText('second'))
  await until('the second flow', () => flows.current('second').version !== 'none')
  t.same(switches, ['110', 'second'])
})

t.test('a broken file is reported and changes nothing; mended, all is well again', async (t) => {
  const { flows, directory, switches } = await openCopy(t)
  await until('the flows', () => switches.length === FLOWS.length)
  const { version } = flows.current('110')
  const text = await readFile(join(directory, '110.yaml'), 'utf8')
  switches.length = 0
  const told = (...wanted: string[]): Promise<unknown> => until(wanted.join() || 'no problem', () => { const found = codes(flows.status().problems); return wanted.length === 0 ? found.length === 0 : wanted.every((one) => found.includes(one)) })

  writeFileSync(join(directory, '110.yaml'), text.replace('"*": { goto: english }', '*: { goto: english }'))
  await told('yaml.star 110.yaml')
  t.equal(flows.current('110').version, version)
  writeFileSync(join(directory, '110.yaml'), text)
  await told()

  writeFileSync(join(directory, 'categories.yaml'), 'categories: {')
  await told('yaml.quote-open categories.yaml')
  t.equal(flows.categories().length, 15, 'the code book of before stays')
  cpSync(join(CITY, 'categories.yaml'), join(directory, 'categories.yaml'))
  await told()

  const lines = flows.lines()
  writeFileSync(join(directory, 'lines.yaml'), '[broken')
  await until('lines.yaml to be told', () => flows.status().problems.some((problem) => problem.file.endsWith('lines.yaml')))
  t.same(flows.lines(), lines, 'the lines of before stay')
  cpSync(join(CITY, 'lines.yaml'), join(directory, 'lines.yaml'))
  await told()

  writeFileSync(join(directory, 'calendar.yaml'), 'holidays: {}\nworkdays: []\n')
  await told('calendar.moved calendar.yaml')
  unlinkSync(join(directory, 'calendar.yaml'))
  await told()

  writeFileSync(join(directory, 'new flow.yaml'), 'flow: new\n')
  await told('file.name new flow.yaml')
  unlinkSync(join(directory, 'new flow.yaml'))
  await told()

  unlinkSync(join(directory, `prompts/en/${NOTED}`))
  await told('prompt.gone prompts/en/tapes.yaml', 'prompt.missing 110.yaml')
  t.equal(flows.promptPath({ name: 'noted', language: 'en' }), undefined, 'a prompt that is taken away')
  cpSync(join(CITY, `prompts/en/${NOTED}`), join(directory, `prompts/en/${NOTED}`))
  await told()

  unlinkSync(join(directory, '110.yaml'))
  await told('flow.gone 110.yaml', 'entry.missing 110.yaml', 'test.flow 110.test.yaml')
  t.equal(flows.current('110').version, version)
  t.same(switches, [], 'through all this callers entered the same flow')
})

t.test('nothing published: tapes and lines go to callers once they have passed with the flows that run, as the files of flows do', async (t) => {
  const directory = temporaryDirectory()
  cpSync(CITY, directory, { recursive: true })
  t.teardown(() => { rmSync(directory, { recursive: true }) })
  const gate: { held: Promise<void>; asked: number; badTape: boolean } = { held: Promise.resolve(), asked: 0, badTape: false }
  const { flows } = await open(t, directory, async () => {
    gate.asked += 1
    await gate.held
    const gated = await gateOf(directory)()
    return gate.badTape ? { ...gated, problems: [...gated.problems, ...fileProblem(`${basename(directory)}/prompts/zh-CN/texts.yaml`, 'file.kind', {})] } : gated
  })
  const greeting = (): string | undefined => flows.promptPath({ name: 'greeting', language: 'zh-CN' })
  const told = (end: string): boolean => flows.status().problems.some(({ file }) => file.endsWith(end))
  await until('the flows', () => FLOWS.every((name) => flows.current(name).version !== 'none'))
  const [before, lines, { version }] = [greeting(), flows.lines(), flows.current('110')]
  const where = join(directory, 'prompts/zh-CN')
  const listed = readFileSync(join(where, 'tapes.yaml'), 'utf8')
  /** A greeting as `prompts import` leaves it. */
  function record(file: string, samples: Int16Array): string {
    writeFileSync(join(where, file), writeWav(samples))
    writeFileSync(join(where, 'tapes.yaml'), listed.replace(/^greeting: .*$/m, `greeting: ${file}`))
    return join(where, file)
  }

  const release: { now: () => void } = { now: () => undefined }
  gate.held = new Promise((resolve) => { release.now = resolve })
  const { asked } = gate
  writeFileSync(join(directory, 'lines.yaml'), readFileSync(join(directory, 'lines.yaml'), 'utf8').replace('number: "119"', 'number: "99999"'))
  await until('the gate to be asked', () => gate.asked > asked)
  t.same(flows.lines(), lines, 'no number is dialled before the gate has answered')
  release.now()
  await until('the line', () => flows.lines().some(({ number }) => number === '99999'))

  const then = gate.asked
  record('greeting.11111111.wav', new Int16Array(8_000 * 40).fill(1_000))
  await until('a greeting of which the tests say less', () => gate.asked > then && told('110.test.yaml'))
  t.same([greeting(), flows.current('110').version], [before, version], '110 goes on as it was proven, with the tapes of then')

  gate.badTape = true
  const right = samplesOf(readTape(readFileSync(before ?? '')) ?? { data: new Uint8Array() })
  const fresh = record('greeting.22222222.wav', right.map((sample) => Math.round(sample * 0.9)))
  await until('a tape with which something is wrong', () => told('prompts/zh-CN/texts.yaml') && !told('110.test.yaml'))
  t.equal(greeting(), before, 'nobody hears it')
  gate.badTape = false
  writeFileSync(join(where, 'tapes.yaml'), `# mended\n${readFileSync(join(where, 'tapes.yaml'), 'utf8')}`)
  await until('a right one', () => greeting() === fresh)
})

t.test('broken from the start: callers wait, and it is said', async (t) => {
  const { flows } = await openCopy(t, (directory) => writeFileSync(join(directory, '110.yaml'), 'flow: "110"\n'))
  t.same(flows.enter('110', '110', null).start(surroundings()).commands, [{ type: 'end' }])
  t.equal(flows.current('110').version, 'none')
  t.ok(flows.status().problems.length > 0 && flows.status().problems.every(({ file }) => /110(\.test)?\.yaml$/.test(file)))

  const { flows: nowhere, switches } = await open(t, join(CITY, 'nowhere'))
  t.ok(codes(nowhere.status().problems).includes('file.unreadable '))
  t.equal(nowhere.current('110').version, 'none')
  t.same([nowhere.categories(), switches], [[], []])
})

t.test('files that are none', async (t) => {
  const { flows } = await openCopy(t, (directory) => {
    writeFileSync(join(directory, 'binary.yaml'), Buffer.from([0x66, 0xFF, 0xFE, 0x80]))
    writeFileSync(join(directory, 'huge.yaml'), Buffer.alloc(5_000_000, 'a'))
    mkdirSync(join(directory, 'folder.yaml'))
    writeFileSync(join(directory, 'Notes.txt'), 'not a flow')
    writeFileSync(join(directory, '110.test.yaml'), 'not a flow either')
    rmSync(join(directory, 'prompts/en/tapes.yaml'))
    writeFileSync(join(directory, 'prompts/en/noted.wav'), 'RIFF?')
    const texts = readFileSync(join(directory, 'prompts/en/texts.yaml'), 'utf8')
    for (const [, name = ''] of texts.matchAll(/^([a-z-]+):/gm)) if (name !== 'noted' && name !== 'busy') writeFileSync(join(directory, `prompts/en/${name}.wav`), writeWav(new Int16Array(8000)))
    writeFileSync(join(directory, 'prompts/en/Loud Noise.wav'), writeWav(new Int16Array(8000)))
    const stereo = Buffer.from(writeWav(new Int16Array(8000)))
    stereo.writeUInt16LE(2, 22)
    writeFileSync(join(directory, 'prompts/en/busy.wav'), stereo)
    writeFileSync(join(directory, 'prompts/zh-CN/texts.yaml'), 'greeting: 5\n')
  })
  // Before the gate has an answer; it says more.
  t.same(codes(flows.status().problems).sort(), [
    'file.encoding binary.yaml', 'file.kind folder.yaml', 'file.unreadable huge.yaml',
    'prompt.format prompts/en/busy.wav', 'prompt.format prompts/en/noted.wav', 'shape.bad-value prompts/zh-CN/texts.yaml',
  ])
  t.match(flows.status().problems.find(({ file }) => file.endsWith('busy.wav'))?.problem.en, '8000 Hz, 2 ch, 16 bit')
  await until('none of it stops the flows, but for the one whose tests cannot be read', () => FLOWS.every((name) => (flows.current(name).version !== 'none') === (name !== '110')))
})

t.test('the gate gives no answer for once: callers wait, and it is asked again though PostgreSQL is away', async (t) => {
  const directory = temporaryDirectory()
  cpSync(CITY, directory, { recursive: true })
  t.teardown(() => { rmSync(directory, { recursive: true }) })
  let asked = 0
  const gate = () => { asked += 1; return asked === 1 ? Promise.reject(new Error('no process')) : gateOf(directory)() }
  const { flows } = await open(t, directory, gate)
  t.equal(flows.current('110').version, 'none')
  await until('the flows', () => flows.current('110').version !== 'none')
  t.equal(asked, 2, 'and not once more while PostgreSQL is away')
})
