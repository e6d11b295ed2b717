import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { temporaryDirectory } from '../helpers/directory.js'
import type { FlowProblem } from '../../src/contracts/flow.js'
import { startFlow } from '../../src/flow/engine.js'
import { writeWav } from '../../src/flow/wav.js'
import { openFlowFiles, type FlowFiles } from '../../src/intake/flow-files.js'
import { surroundings } from './helpers.js'

const CITY = new URL('../../ivr-flows/', import.meta.url).pathname
const flowText = (name: string, zh = '测试') => `flow: ${name}\ntitle: { zh: ${zh}, en: Test }\nlanguages: [zh-CN]\nstart: a\nnodes:\n  a: { type: play, prompts: [noted], next: b }\n  b: { type: end }\n`

interface Opened {
  readonly files: FlowFiles
  readonly directory: string
  readonly reports: (readonly FlowProblem[])[]
  readonly switches: string[]
  /** Resolves as soon as `seen` is true after a report or a switch. */
  until(seen: () => boolean): Promise<void>
}

async function openCopy(t: Test, prepare: (directory: string) => void = () => undefined): Promise<Opened> {
  const directory = temporaryDirectory()
  cpSync(CITY, directory, { recursive: true })
  prepare(directory)
  const reports: (readonly FlowProblem[])[] = []
  const switches: string[] = []
  let wake: () => void = () => undefined
  const files = await openFlowFiles(directory, {
    onProblems(problems) { reports.push(problems); wake() },
    onSwitched({ name, from, to }) { switches.push(`${name} ${from === null ? 'new' : 'changed'} ${to.length}`); wake() },
    logger: { info: () => undefined, warn: () => undefined },
  })
  t.teardown(() => {
    files.close()
    rmSync(directory, { recursive: true })
  })
  return {
    files, directory, reports, switches,
    async until(seen) {
      // The watcher holds no process open; this does, and gives up in the end.
      const deadline = setTimeout(() => { wake() }, 25_000)
      const until = Date.now() + 25_000
      while (!seen()) {
        if (Date.now() >= until) throw new Error('nothing came within 25 s')
        await new Promise<void>((resolve) => { wake = resolve })
      }
      clearTimeout(deadline)
    },
  }
}

/** The tape of the English `noted`, named by its content. */
const NOTED = readdirSync(join(CITY, 'prompts/en')).find((file) => file.startsWith('noted.')) ?? ''

const FLOWS = ['110', 'after-hours', 'disaster', 'known-outage', 'return-visit']
const NEW = FLOWS.map((name) => `${name} new 12`)

const codes = (problems: readonly FlowProblem[]) => problems.map(({ code, file }) => `${code} ${file.split('/').slice(1).join('/')}`)

t.test('opens the city’s directory', async (t) => {
  const { files, reports, switches, directory } = await openCopy(t)
  t.same([reports, switches.slice().sort(), files.names().slice().sort()], [[], NEW, FLOWS])
  t.equal(files.categories().length, 14)
  const path = files.promptPath({ name: 'noted', language: 'en' })
  t.equal(path, join(directory, `prompts/en/${NOTED}`), 'the tape that tapes.yaml names')
  t.equal(files.promptText(path ?? ''), 'Noted. Please stay on the line.')
  t.ok(files.promptDuration({ name: 'noted', language: 'en' }) > 1_000)
  t.match(files.promptText(files.promptPath({ name: 'greeting', language: 'zh-CN' }) ?? ''), /^幺幺零.* For English/)
})

t.test('a prompt is a name in a table, never a path', async (t) => {
  const { files } = await openCopy(t)
  for (const name of ['../en/noted', '/etc/passwd', 'noted.wav', 'noted\u0000', '__proto__', 'constructor', '', 'shell_stream://id', 'NOTED']) {
    t.equal(files.promptPath({ name, language: 'zh-CN' }), undefined, name)
  }
  t.equal(files.promptPath({ name: 'noted', language: '../en' as 'en' }), undefined)
  t.equal(files.promptText('/etc/passwd'), undefined)
})

t.test('a changed file is switched to; callers inside keep the flow they entered', async (t) => {
  const { files, directory, switches, until } = await openCopy(t)
  const before = files.current('110')
  // The way editors save: a new file moved over the old one.
  const text = await readFile(join(directory, '110.yaml'), 'utf8')
  writeFileSync(join(directory, '.110.yaml.tmp'), text.replace('waitingAtLeast: 20', 'waitingAtLeast: 10'))
  renameSync(join(directory, '.110.yaml.tmp'), join(directory, '110.yaml'))
  await until(() => switches.length === FLOWS.length + 1)
  const after = files.current('110')
  t.not(after.version, before.version)
  t.equal(startFlow(before, surroundings()).state.version, before.version, 'the old one still runs for whoever holds it')
  writeFileSync(join(directory, 'second.yaml'), flowText('second'))
  await until(() => switches.length === FLOWS.length + 2)
  t.same(files.names().slice().sort(), [...FLOWS, 'second'])
})

t.test('a broken file is reported and changes nothing; mended, all is well again', async (t) => {
  const { files, directory, reports, switches, until } = await openCopy(t)
  const { version } = files.current('110')
  const text = await readFile(join(directory, '110.yaml'), 'utf8')
  const last = () => codes(reports.at(-1) ?? [])

  writeFileSync(join(directory, '110.yaml'), text.replace('"*": { goto: english }', '*: { goto: english }'))
  await until(() => reports.length === 1)
  t.same(last(), ['yaml.star 110.yaml'])
  t.equal(files.current('110').version, version)
  t.same(codes(files.problems()), last())

  writeFileSync(join(directory, '110.yaml'), text)
  await until(() => reports.length === 2)
  t.same(last(), [])

  writeFileSync(join(directory, 'categories.yaml'), 'categories: {')
  await until(() => reports.length === 3)
  t.same(last(), ['yaml.quote-open categories.yaml'])
  t.equal(files.categories().length, 14, 'the code book of before stays')

  cpSync(join(CITY, 'categories.yaml'), join(directory, 'categories.yaml'))
  await until(() => reports.length === 4)
  unlinkSync(join(directory, `prompts/en/${NOTED}`))
  await until(() => reports.length === 5)
  t.same(last(), ['prompt.gone prompts/en/tapes.yaml', 'prompt.missing 110.yaml'], 'a prompt that is taken away')
  t.equal(files.promptPath({ name: 'noted', language: 'en' }), undefined)

  cpSync(join(CITY, `prompts/en/${NOTED}`), join(directory, `prompts/en/${NOTED}`))
  await until(() => reports.length === 6)
  unlinkSync(join(directory, '110.yaml'))
  await until(() => reports.length === 7)
  t.same(last(), ['flow.gone 110.yaml'])
  t.equal(files.current('110').version, version)
  t.same(switches.slice().sort(), NEW, 'through all this callers entered the same flow')
})

t.test('broken from the start: callers wait, and it is said', async (t) => {
  const { files, reports } = await openCopy(t, (directory) => writeFileSync(join(directory, '110.yaml'), 'flow: "110"\n'))
  t.same(startFlow(files.current('110'), surroundings()).commands, [{ type: 'end' }])
  t.equal(files.current('110').version, 'none')
  t.ok(reports[0]?.every(({ file }) => file.endsWith('110.yaml')))

  const nowhere = await openFlowFiles(join(CITY, 'nowhere'), { onProblems: (problems) => t.ok(codes(problems).includes('file.unreadable ')), onSwitched: () => t.fail('nothing to switch to'), logger: { info: () => undefined, warn: () => undefined } })
  t.teardown(() => nowhere.close())
  t.equal(nowhere.current('110').version, 'none')
  t.same(nowhere.categories(), [])
})

t.test('files that are none', async (t) => {
  const { reports, files } = await openCopy(t, (directory) => {
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
  t.same(codes(reports[0] ?? []).sort(), [
    'file.unreadable binary.yaml', 'file.unreadable folder.yaml', 'file.unreadable huge.yaml',
    'prompt.format prompts/en/busy.wav', 'prompt.format prompts/en/noted.wav', 'shape.bad-value prompts/zh-CN/texts.yaml',
  ])
  t.match(reports[0]?.find(({ file }) => file.endsWith('busy.wav'))?.problem.en, '8000 Hz, 2 ch, 16 bit')
  t.same(files.names().slice().sort(), FLOWS, 'none of it stops the flow')
})
