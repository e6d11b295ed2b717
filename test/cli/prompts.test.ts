import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import t, { type Test } from 'tap'
import { promptsCommand } from '../../src/cli/prompts.js'
import { runCommand } from '../../src/cli/run.js'
import { readTape, samplesOf, writeWav } from '../../src/flow/wav.js'
import { readFlowDirectory } from '../../src/intake/flow-files.js'
import { temporaryDirectory } from '../helpers/directory.js'

const CITY = new URL('../../ivr-flows/', import.meta.url).pathname
const has = (program: string) => spawnSync(program, ['--version']).error === undefined
const skip = has('espeak-ng') && has('sox') ? false : 'no espeak-ng or sox'

async function prompts(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const stdout = new PassThrough()
  const stderr = new PassThrough()
  const code = await runCommand(promptsCommand, args, { stdout, stderr, stdin: Readable.from([]) })
  return { code, out: String(stdout.read() ?? ''), err: String(stderr.read() ?? '') }
}

function copy(t: Test): string {
  const directory = temporaryDirectory()
  t.teardown(() => rmSync(directory, { recursive: true }))
  cpSync(CITY, directory, { recursive: true })
  return directory
}

const tapeIn = (directory: string, language: string, name: string) => {
  const file = readdirSync(join(directory, 'prompts', language)).filter((one) => one.startsWith(`${name}.`) && one.endsWith('.wav'))
  return { files: file, tape: readTape(readFileSync(join(directory, 'prompts', language, file.at(-1) ?? ''))) }
}
const usedBy = async (directory: string, name: string) => (await readFlowDirectory(directory)).prompts.get('zh-CN')?.get(name)

t.test('the city’s tapes are fine', async (t) => {
  const { code, out } = await prompts('check', '--dir', CITY)
  t.equal(code, 0, out)
  t.match(out, /zh-CN\/greeting +\d+\.\d s +-2[23]\.\d LUFS/)
  const { tapes, problems } = JSON.parse((await prompts('check', '--dir', CITY, '--json', '--language', 'en')).out) as { tapes: { language: string; loudnessLufs: number }[]; problems: unknown[] }
  t.ok(tapes.length > 0 && tapes.every(({ language, loudnessLufs }) => language === 'en' && Math.abs(loudnessLufs + 23) <= 1))
  t.same(problems, [])
})

t.test('make: speaks what is missing or says something else; never a recorded voice', { skip }, async (t) => {
  const directory = copy(t)
  const where = join(directory, 'prompts/zh-CN')
  t.match(await prompts('make', '--dir', directory), { code: 0, out: /^没有要合成的：\d+ 条提示音，都有录音。\/ Nothing to speak: \d+ prompts, each with its tape\.\n$/ }, 'nothing is due')
  writeFileSync(join(where, 'texts.yaml'), `${readFileSync(join(where, 'texts.yaml'), 'utf8').replace(/^noted: .*$/m, 'noted: 好的，请稍候。')}fresh: [全新的话。, { en: Brand new. }]\n`)
  t.match((await prompts('check', '--dir', directory)).out, /texts\.yaml:\d+:8: prompt\.text[^]*noted\.[0-9a-f]{8}\.wav says "已记下[^]*\^{14}\n/)
  const before = tapeIn(directory, 'zh-CN', 'noted').files
  const made = await prompts('make', '--dir', directory)
  t.match(made, { code: 0, out: /^zh-CN\/noted\.[0-9a-f]{8}\.wav \d\.\d s\nzh-CN\/fresh\.[0-9a-f]{8}\.wav \d\.\d s\n$/ })
  t.equal(tapeIn(directory, 'zh-CN', 'fresh').tape?.info.text, '全新的话。 Brand new.')
  t.equal((await prompts('check', '--dir', directory)).code, 0)
  t.ok(existsSync(join(where, before[0] ?? '')), 'the old tape stays for calls that are hearing it')
  t.match((await usedBy(directory, 'noted'))?.text, '好的')
  t.match(await prompts('prune', '--dir', directory, '--unpublished'), { code: 0, out: /− zh-CN\/noted\.[^]*Removed 1 tape / })
  t.notOk(existsSync(join(where, before[0] ?? '')))
  t.ok(existsSync((await usedBy(directory, 'noted'))?.path ?? ''))
  t.match(await prompts('make', 'nothing', '--dir', directory), { code: 1, err: /zh-CN\/texts\.yaml[^]*nothing: not in texts\.yaml \(.*en\/texts\.yaml\)[^]*nothing: Please/ })

  const recorded = join(directory, 'voice.wav')
  writeFileSync(recorded, writeWav(samplesOf(tapeIn(directory, 'zh-CN', 'noted').tape ?? { data: new Uint8Array() })))
  await prompts('import', 'busy', recorded, '--dir', directory)
  writeFileSync(join(where, 'texts.yaml'), readFileSync(join(where, 'texts.yaml'), 'utf8').replace(/^busy: .*$/m, 'busy: 请稍候。'))
  t.match(await prompts('make', '--dir', directory), { code: 0, out: /^zh-CN\/busy\.[^]*left alone[^]*prompts import busy[^]*prompts make busy --all --language zh-CN --dir / }, 'a voice is not overwritten unasked')
  t.match((await prompts('check', '--dir', directory)).out, 'prompt.text')
  const listed = () => ['zh-CN', 'en'].map((language) => readFileSync(join(directory, 'prompts', language, 'tapes.yaml'), 'utf8'))
  const untouched = listed()
  const named = await prompts('make', 'busy', '--dir', directory)
  t.match(named, { code: 0, out: /left alone/ }, 'nor when it is named')
  t.notMatch(named.out, /en\/busy/, 'a language whose text is the same is not spoken again')
  t.same(listed(), untouched)
  t.match(await prompts('make', 'busy', '--all', '--language', 'zh-CN', '--dir', directory), { code: 0, out: /^zh-CN\/busy\.[0-9a-f]{8}\.wav \d\.\d s\n$/ }, 'unless it is said')
})

t.test('import: a recording becomes a prompt; what cannot be mended is refused', { skip }, async (t) => {
  const directory = copy(t)
  const where = join(directory, 'prompts/zh-CN')
  const { tape } = tapeIn(directory, 'zh-CN', 'busy')
  const recording = join(directory, 'studio take.wav')
  // As a studio delivers it: 44.1 kHz stereo 24 bit, quiet, with a long lead.
  spawnSync('sox', ['-t', 'wav', '-', '-r', '44100', '-c', '2', '-b', '24', recording, 'gain', '-12', 'pad', '1.5', '1'], { input: writeWav(samplesOf(tape ?? { data: new Uint8Array() })) })
  t.match(await prompts('import', 'noted', recording, '--dir', directory), { code: 0, out: /zh-CN\/noted\.[0-9a-f]{8}\.wav [^]*已记下/ })
  const { out, code } = await prompts('check', '--dir', directory)
  t.equal(code, 0, out)
  t.ok(Math.abs(((await usedBy(directory, 'noted'))?.duration ?? 0) - (tape?.duration ?? 0)) < 400, 'the lead is gone')

  writeFileSync(join(where, 'noted.wav'), writeWav(samplesOf(tape ?? { data: new Uint8Array() })))
  t.match((await prompts('check', '--dir', directory)).out, /noted\.wav:1:1: prompt\.beside[^]*not used: tapes\.yaml names noted\./)
  t.equal((await prompts('import', 'noted', 'noted.wav', '--dir', directory)).code, 0)
  t.notOk(existsSync(join(where, 'noted.wav')), 'what lay beside is taken over')
  t.equal((await prompts('check', '--dir', directory)).code, 0)

  const loud = samplesOf(tape ?? { data: new Uint8Array() }).map((sample) => Math.max(-32_768, Math.min(32_767, sample * 40)))
  writeFileSync(recording, writeWav(loud))
  t.match(await prompts('import', 'noted', recording, '--dir', directory), { code: 1, err: /clipped in \d+ place/ })
  writeFileSync(recording, writeWav(new Int16Array(8_000)))
  t.match(await prompts('import', 'noted', recording, '--dir', directory), { code: 1, err: /Nothing is to be heard/ })
  writeFileSync(recording, 'not a recording')
  const photo = join(directory, 'photo.png')
  writeFileSync(photo, Buffer.from('89504E470D0A1A0A', 'hex'))
  for (const path of [recording, photo]) {
    const { code: refused, err } = await prompts('import', 'noted', path, '--dir', directory)
    t.equal(refused, 1)
    t.match(err, /^读不懂 .*请给 WAV、FLAC.*\n.* cannot be read: it is no recording.* Give WAV, FLAC.*\n$/)
    t.notMatch(err, 'FAIL')
  }
  t.match(await prompts('import', 'noted', 'nowhere.wav', '--dir', directory), { code: 1, err: /there is no file nowhere\.wav/ })
  t.match(await prompts('import', 'nothing', recording, '--dir', directory), { code: 1, err: /not in texts\.yaml/ })
})

t.test('make and import write nothing over a list that they cannot read', { skip }, async (t) => {
  const directory = copy(t)
  const where = join(directory, 'prompts/zh-CN')
  const recording = join(directory, 'voice.wav')
  writeFileSync(recording, readFileSync(join(where, tapeIn(directory, 'zh-CN', 'busy').files[0] ?? '')))
  await prompts('import', 'busy', recording, '--dir', directory)
  for (const [file, line, place] of [['tapes.yaml', 'Bad Name: x.wav', /zh-CN\/tapes\.yaml:\d+:1: shape\./], ['tapes.yaml', '<<<<<<< HEAD', /zh-CN\/tapes\.yaml:\d+:\d+: yaml\./], ['texts.yaml', '<<<<<<< HEAD', /zh-CN\/texts\.yaml:\d+:\d+: yaml\./]] as const) {
    const path = join(where, file)
    const good = readFileSync(path, 'utf8')
    const broken = `${good}${line}\n`
    writeFileSync(path, broken)
    const tapes = () => [readdirSync(where).sort(), readFileSync(path, 'utf8')]
    const before = tapes()
    for (const args of [['import', 'busy', recording], ['make', 'noted'], ['make']]) {
      const { code, err, out } = await prompts(...args, '--dir', directory)
      t.equal(code, 1, `${file} ${line} ${args[0] ?? ''}`)
      t.match(err, place)
      t.notMatch(out + err, /zh-CN\/\S+\.wav|not in texts\.yaml/)
    }
    t.same(tapes(), before, `${file} ${line}: nothing was written`)
    writeFileSync(path, good)
  }
  t.match(await prompts('make', '--dir', directory), { code: 0, out: /Nothing to speak/ })
})

t.test('the commands of remedies work as they are printed, for English and for pieces too', { skip }, async (t) => {
  const directory = copy(t)
  const where = join(directory, 'prompts')
  for (const [folder, name] of [['en', 'greeting'], ['en/say', 'n5'], ['zh-CN/say', 'n5']] as const) {
    const tape = readTape(readFileSync(join(where, folder, tapeIn(directory, folder, name).files[0] ?? '')))
    // As it comes from a studio: nobody noted what it says.
    writeFileSync(join(where, folder, `${name}.wav`), writeWav(samplesOf(tape ?? { data: new Uint8Array() })))
    const [, beside = ''] = /To use it: npx liandong prompts (import .*)\. Else/.exec((await prompts('check', '--dir', directory)).out) ?? []
    t.equal((await prompts(...beside.split(' '))).code, 0, beside)
    t.equal((await prompts('check', '--dir', directory)).code, 0)
    const tapes = join(where, folder, 'tapes.yaml')
    writeFileSync(tapes, readFileSync(tapes, 'utf8').replace(new RegExp(`^${name}: .*$`, 'm'), `${name}: ${name}.00000000.wav`))
    const [, gone = ''] = /or run npx liandong prompts (make .*)\.$/m.exec((await prompts('check', '--dir', directory)).out) ?? []
    t.equal((await prompts(...gone.split(' '))).code, 0, gone)
    t.equal((await prompts('check', '--dir', directory)).code, 0)
  }
})

t.test('a list of tapes that names a lost or strange file', async (t) => {
  const directory = copy(t)
  const file = join(directory, 'prompts/en/tapes.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace(/^noted: .*$/m, 'noted: noted.00000000.wav'))
  t.match(await prompts('check', '--dir', directory), { code: 1, out: /prompt\.gone[^]*noted\.00000000\.wav, which does not exist/ })
  writeFileSync(file, 'noted: ../../../etc/passwd\n')
  t.match((await prompts('check', '--dir', directory)).out, /tapes\.yaml:1:8: shape\.bad-value/)
})

t.test('wrong usage is told, with exit code 2', async (t) => {
  for (const args of [[], ['sing'], ['check', '--nonsense'], ['check', 'extra'], ['import', 'noted'], ['make', '--language', 'fr']]) {
    const { code, err } = await prompts(...args)
    t.equal(code, 2, args.join(' '))
    t.match(err, /usage: npx liandong prompts --help/)
  }
  t.equal((await prompts('--help')).code, 0)
})
