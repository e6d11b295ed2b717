import { existsSync } from 'node:fs'
import { readdir, readFile, unlink } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { loadConfig } from '../config.js'
import { LANGUAGES, type FlowProblem } from '../contracts/flow.js'
import type { Bilingual, Language } from '../contracts/primitives.js'
import { replaceFile } from '../disk/whole-file.js'
import { writeTapes } from '../flow/prompt-tapes.js'
import { speechText } from '../flow/prompt-texts.js'
import { promptNameIn, type TapeReport } from '../flow/sound/lint.js'
import { PIECE_FOLDER } from '../flow/say/read-out.js'
import { faultsOf, measureTape, TAPE_LIMITS } from '../flow/sound/tape.js'
import { readTape, writeWav } from '../flow/wav.js'
import { hashOf, lintPrompts, readListing, readPrompts, SHELVES, type Shelf } from '../intake/prompt-files.js'
import { AT_HAND } from '../intake/edition.js'
import { soundHash } from '../intake/flow-gate.js'
import { withDatabase } from '../store/beside.js'
import { makeEditionStore } from '../store/flow-editions.js'
import type { Command, CommandIo } from './command.js'
import { databaseOf } from './database.js'
import { choiceOf, EXIT, parseOptions, plural, UsageError, verbOf } from './options.js'
import { aboutDirectory, citySettings, dirOption, shownPath } from './flow/city.js'
import { printProblems } from './problem-printer.js'
import { clippedIn, decode, levelled, MissingProgram, NoRecording, speak } from './prompt-voice.js'

const USAGE = `用法 / Usage:
  liandong prompts check [--json]              格式、长度、削波、响度（EBU R 128）、两端静音、文字与录音是否一致
                                               format, length, clipping, loudness, silence at the ends, text against tape
  liandong prompts make [名称 name …] [--all]   用 espeak-ng 合成缺少的或文字已改的；真人录音不动，--all 才连同录音全部重做（写了名称则只做它们）
                                               speaks what is missing or has another text by now, and leaves recorded voices alone; --all: everything, recordings too (of the names, where some are given)
  liandong prompts import <名称 name> <文件 file>  导入真人录音：转换格式、修剪两端、调到标准响度、记下文字
                                               a recorded voice: converted, trimmed, levelled, its text noted
  liandong prompts prune                       删去不再使用的录音，最近各版流程用到的除外 / removes tapes that are no longer used, but for those of the last editions
      --dir ./ivr-flows          流程目录，默认按设置 flows.directory / directory of flows; default: the setting flows.directory
      --unpublished              prune：没有数据库可问时，确认这个目录没有发布过 / prune, without a database to ask: nothing of this directory was ever published
      --language zh-CN|en        只做一种语言（import 默认 zh-CN）/ one language only (import: zh-CN by default)

  退出码 / exit code: 0 没有问题 fine, 1 有问题 problems, 2 用法 usage
`
const OPTIONS = { dir: { type: 'string' }, language: { type: 'string' }, json: { type: 'boolean' }, all: { type: 'boolean' }, unpublished: { type: 'boolean' } } as const

/** `liandong prompts …`: 0 fine, 1 problems found, 2 wrong usage. */
export const promptsCommand: Command = {
  name: 'prompts',
  summary: { zh: '检查、合成和导入提示音', en: 'check, speak and import prompts' } satisfies Bilingual,
  usage: USAGE,
  async run(args, io) {
    const [first, ...rest] = args
    const verb = verbOf('prompts', first, ['check', 'make', 'import', 'prune'])
    const { values, positionals } = parseOptions(rest, OPTIONS, { check: 0, make: Infinity, import: 2, prune: 0 }[verb])
    if (verb === 'import' && positionals.length < 2) throw new UsageError('请写明提示音名称和录音文件：prompts import greeting recording.wav', 'name the prompt and the recording: prompts import greeting recording.wav')
    const languages = values.language === undefined ? LANGUAGES : [choiceOf('--language', values.language, LANGUAGES)]
    const run = { directory: values.dir ?? citySettings().directory, languages, names: positionals, all: values.all === true, json: values.json === true, unpublished: values.unpublished === true, io }
    try {
      return await { check, make, import: importTape, prune }[verb](run)
    } catch (error) {
      if (!(error instanceof MissingProgram)) throw error
      io.stderr.write(`${error.message}\n`)
      return EXIT.problems
    }
  },
}

interface Run {
  readonly directory: string
  readonly languages: readonly Language[]
  readonly names: readonly string[]
  readonly all: boolean
  readonly json: boolean
  readonly unpublished: boolean
  readonly io: CommandIo
}

/** Silence at both ends, ms: a jitter buffer eats none of the voice, and pieces of one number do not fall apart. */
const marginOf = ({ prefix }: Shelf): number => (prefix === '' ? 120 : TAPE_LIMITS.silence.least)

async function check({ directory, languages, json, io: { stdout } }: Run): Promise<number> {
  const shown = shownPath(directory)
  const { problems: found, tapes } = await lintPrompts(directory, shown)
  const { problems: read } = await readPrompts(directory, shown)
  const places = languages.map((language) => join(shown, 'prompts', language))
  const problems = aboutDirectory([...read, ...found].filter(({ file }) => places.some((place) => file.startsWith(place))), directory)
  const shownTapes = tapes.filter(({ language }) => languages.includes(language))
  if (json) stdout.write(`${JSON.stringify({ tapes: shownTapes.map(asJson), problems }, null, 2)}\n`)
  else {
    for (const tape of shownTapes) stdout.write(`${tapeLine(tape)}\n`)
    printProblems(problems, stdout)
    stdout.write(problems.length === 0 ? `没有问题：${tapes.length} 条录音。/ No problems: ${plural(tapes.length, 'tape')}.\n` : `\n${problems.length} 个问题。/ ${plural(problems.length, 'problem')}.\n`)
  }
  return problems.length === 0 ? EXIT.fine : EXIT.problems
}

/** JSON knows no −Infinity. */
const finite = (value: number): number | null => (Number.isFinite(value) ? Number(value.toFixed(2)) : null)
const asJson = ({ name, language, file, text, measured: { duration, loudness, peak, clipped, silence } }: TapeReport) =>
  ({ name, language, file, text, durationMs: duration, loudnessLufs: finite(loudness), truePeakDbtp: finite(peak), clipped, silenceMs: silence })

function tapeLine({ name, language, measured: { duration, loudness, peak, silence } }: TapeReport): string {
  return `${`${language}/${name}`.padEnd(28)} ${(duration / 1000).toFixed(1).padStart(5)} s ${loudness.toFixed(1).padStart(6)} LUFS ${peak.toFixed(1).padStart(6)} dBTP  ${String(silence.start).padStart(3)}–${silence.end} ms`
}

/** What `make` and `import` mend themselves is not in their way. */
const seriousOf = (problems: readonly FlowProblem[]): FlowProblem[] => problems.filter(({ code }) => code !== 'prompt.gone' && code !== 'prompt.beside')

async function make({ directory, languages, names, all, io: { stdout, stderr } }: Run): Promise<number> {
  const known = new Set<string>()
  const shown = join(shownPath(directory), 'prompts')
  let broken = false
  let spoken = 0
  let left = 0
  for (const shelf of SHELVES.filter(({ language }) => languages.includes(language))) {
    const { language, prefix, folder } = shelf
    const where = join(directory, 'prompts', folder)
    const { files, texts, problems, whole } = await readListing(where, join(shown, folder), shelf)
    const serious = seriousOf(problems)
    printProblems(serious, stderr)
    broken ||= serious.length > 0
    if (!whole) continue
    for (const [name, parts] of texts) {
      known.add(`${prefix}${name}`)
      if (names.length > 0 && !names.includes(`${prefix}${name}`)) continue
      const text = speechText(parts)
      const state = all ? 'due' : await stateOf(where, files.get(name), text)
      if (state === 'recorded' && names.length > 0 || state === 'recorded-otherwise') {
        left += 1
        stdout.write(leftAlone(`${language}/${prefix}${files.get(name) ?? name}`, `${prefix}${name}`, shelf, directory))
      }
      if (state !== 'due') continue
      const kept = await keep(where, shelf, name, speak(parts, marginOf(shelf)), { text, maker: 'liandong prompts make, espeak-ng' }, all ? undefined : files.get(name) ?? null)
      if (kept === null) {
        broken = true
        stderr.write(`${language}/${prefix}${name}：tapes.yaml 刚被改动，未写入；请再运行一次。/ tapes.yaml has just been changed; nothing written: run it once more.\n`)
        continue
      }
      const { file, seconds } = kept
      spoken += 1
      stdout.write(`${language}/${prefix}${file} ${seconds} s\n`)
    }
  }
  // What a file that cannot be read holds nobody knows.
  const unknown = broken ? [] : names.filter((name) => !known.has(name))
  if (spoken === 0 && left === 0 && unknown.length === 0 && !broken) {
    const count = names.length > 0 ? names.length : known.size
    stdout.write(`没有要合成的：${count} 条提示音，都有录音。/ Nothing to speak: ${plural(count, 'prompt')}, each with its tape.\n`)
  }
  for (const name of unknown) stderr.write(withoutText(name, languages, shown))
  return broken || unknown.length > 0 ? EXIT.problems : EXIT.fine
}

/** What a prompt that has no text in any of these languages needs: the files, and a line for them. */
function withoutText(name: string, languages: readonly Language[], shown: string): string {
  const shelves = SHELVES.filter(({ language, prefix }) => languages.includes(language) && prefix === (name.startsWith(PIECE_FOLDER) ? PIECE_FOLDER : ''))
  const files = shelves.map(({ folder }) => join(shown, folder, 'texts.yaml'))
  const key = name.startsWith(PIECE_FOLDER) ? name.slice(PIECE_FOLDER.length) : name
  return `${files.join('、')} 中没有 ${name}：请先写上它念什么，例如 ${key}: 请稍候。
${name}: not in texts.yaml (${files.join(', ')}): write first what it says, for example ${key}: Please hold the line.\n`
}

/** That a recorded voice was left as it is, and what replaces it. */
function leftAlone(file: string, name: string, { language }: Shelf, directory: string): string {
  const where = `--language ${language}${dirOption(directory)}`
  return `${file} 是真人录音，没有动它 / is a recording and was left alone
  换上新录音 / another recording: npx liandong prompts import ${name} <文件 file> ${where}
  改用合成语音 / a synthetic voice: npx liandong prompts make ${name} --all ${where}\n`
}

/**
 * Whether a prompt is to be spoken: it has no tape, or its synthetic tape says something else than the text. A recorded voice is never replaced unasked;
 * `recorded-otherwise`: it says another text.
 */
async function stateOf(where: string, file: string | undefined, text: string): Promise<'due' | 'fine' | 'recorded' | 'recorded-otherwise'> {
  if (file === undefined) return 'due'
  const info = readTape(await readFile(join(where, file)))?.info
  if (info?.maker?.includes('espeak-ng') === true) return info.text === text ? 'fine' : 'due'
  return info?.text === undefined || info.text === text ? 'recorded' : 'recorded-otherwise'
}

async function importTape({ directory, languages, names, io: { stdout, stderr } }: Run): Promise<number> {
  const [language] = languages
  const [asked = '', path = ''] = names
  const shelf = SHELVES.find((one) => one.language === language && (asked.startsWith(PIECE_FOLDER) ? one.prefix === PIECE_FOLDER : one.prefix === ''))
  if (language === undefined || shelf === undefined) return EXIT.usage
  const name = asked.slice(shelf.prefix.length)
  const where = join(directory, 'prompts', shelf.folder)
  const { texts, problems, whole } = await readListing(where, join(shownPath(directory), 'prompts', shelf.folder), shelf)
  if (!whole) {
    printProblems(seriousOf(problems), stderr)
    return EXIT.problems
  }
  const text = texts.get(name)
  if (text === undefined) {
    stderr.write(`${join(shownPath(directory), 'prompts', shelf.folder, 'texts.yaml')} 中没有 ${name}：请先写上它念什么。/ ${name} is not in texts.yaml: write first what it says.\n`)
    return EXIT.problems
  }
  const given = [path, join(where, path)].find((one) => existsSync(one))
  if (given === undefined) {
    stderr.write(`没有文件 ${path} / there is no file ${path}\n`)
    return EXIT.problems
  }
  let samples: Int16Array
  let clipped: number
  try {
    samples = decode(given)
    clipped = clippedIn(given)
  } catch (error) {
    if (error instanceof MissingProgram) throw error
    stderr.write(error instanceof NoRecording
      ? `读不懂 ${path}：它不是录音，或本机的 sox 不认识这种格式。请给 WAV、FLAC、OGG 或 MP3（Debian 上的 MP3：apt install libsox-fmt-mp3）。\n${path} cannot be read: it is no recording, or of a kind that the sox of this machine does not know. Give WAV, FLAC, OGG or MP3 (Debian, for MP3: apt install libsox-fmt-mp3).\n`
      : `读不懂 ${path} / cannot be read: ${path} (${(error as Error).message})\n`)
    return EXIT.problems
  }
  const source = measureSamples(samples)
  clipped = Math.max(clipped, source?.clipped ?? 0)
  const empty = source !== null && faultsOf(source).some(({ code }) => code === 'prompt.empty')
  if (empty || clipped > 0) {
    stderr.write(empty ? `${path} 里什么都听不到。/ Nothing is to be heard in ${path}.\n`
      : `${path} 录得太响而削波（${clipped} 处），调低也补不回来，请重新录制。/ ${path} is clipped in ${clipped} place(s): no level mends that, record it again.\n`)
    return EXIT.problems
  }
  const kept = await keep(where, shelf, name, levelled(samples, marginOf(shelf)), { text: speechText(text), maker: `liandong prompts import, ${basename(given)}` })
  if (kept === null) {
    stderr.write('tapes.yaml 刚被改坏，未写入。/ tapes.yaml has just been broken; nothing written.\n')
    return EXIT.problems
  }
  const { file, seconds } = kept
  stdout.write(`${language}/${shelf.prefix}${file} ${seconds} s  “${speechText(text)}”\n请听一遍，确认念的就是这段文字。/ Listen once: it must say just that.\n`)
  // What was laid beside the tapes by hand has been taken over.
  if (resolve(given) === resolve(where, `${name}.wav`)) await unlink(given)
  return EXIT.fine
}

const measureSamples = (samples: Int16Array) => {
  const tape = readTape(writeWav(samples))
  return tape === null ? null : measureTape(tape)
}

/**
 * Writes a tape under the name of its content and adds it to those that are listed by now; the one before stays for calls that are hearing it, until `prune`.
 * → null: the list cannot be read any more, or somebody listed another tape than `over` (null: none; absent: whichever it is) meanwhile, and nothing is changed.
 */
async function keep(where: string, shelf: Shelf, name: string, samples: Int16Array, info: { readonly text: string; readonly maker: string }, over?: string | null): Promise<{ file: string; seconds: string } | null> {
  const bytes = writeWav(samples, info)
  const tape = readTape(bytes)
  if (tape === null) throw new Error('a tape of ours is no WAV')
  const { tapes, files, whole } = await readListing(where, where, shelf)
  if (!whole || (over !== undefined && (files.get(name) ?? null) !== over)) return null
  const listed = new Map(tapes)
  const file = `${name}.${hashOf(tape)}.wav`
  await replaceFile(join(where, file), bytes)
  listed.set(name, file)
  await replaceFile(join(where, 'tapes.yaml'), writeTapes(listed))
  // Without this the plain file would be the same prompt a second time.
  if (info.maker.includes('espeak-ng') && existsSync(join(where, `${name}.wav`))) await unlink(join(where, `${name}.wav`))
  return { file, seconds: (tape.duration / 1000).toFixed(1) }
}

/**
 * Tapes of published editions, by SHA-256: callers may be hearing them, or hear them again after a step back. Whatever the directory: the shell that asks
 * may have other settings than the services. Null: there is no database to ask. That is no sign that nothing was published: a shell without the settings of the services
 * knows neither their database nor their directory. @throws LiandongError when PostgreSQL cannot be asked: then nothing is removed
 */
async function publishedTapes({ stderr }: CommandIo): Promise<ReadonlySet<string> | null> {
  const { config } = loadConfig(process.env)
  if (config['database.url'] === '' && !existsSync(join(config.home, 'postgres'))) return null
  return withDatabase(databaseOf(config, stderr), (pool) => makeEditionStore(pool).tapesInUse(AT_HAND))
}

async function prune({ directory, languages, unpublished, io }: Run): Promise<number> {
  const { stdout, stderr } = io
  const published = await publishedTapes(io) ?? (unpublished ? new Set<string>() : null)
  if (published === null) {
    stderr.write(`没有设置数据库，问不到各版流程还用哪些录音，所以什么也没有删。请带上服务的设置再试（DATABASE_URL；数据库由联动自带时为 LIANDONG_HOME）；这个目录从没有发布过的，请加 --unpublished。
No database is set, so nobody can be asked which tapes the editions use: nothing was removed. Try again with the settings of the services (DATABASE_URL; with Liandong’s own PostgreSQL LIANDONG_HOME); if nothing of this directory was ever published, say --unpublished.\n`)
    return EXIT.problems
  }
  let removed = 0
  let left = 0
  for (const shelf of SHELVES.filter(({ language }) => languages.includes(language))) {
    const { language, prefix, folder } = shelf
    const where = join(directory, 'prompts', folder)
    const { tapes } = await readListing(where, where, shelf)
    for (const file of await readdir(where).catch(() => [])) {
      const name = promptNameIn(file)
      const used = name === null ? undefined : tapes.get(name)
      if (name === null || used === undefined || used === file || !existsSync(join(where, used))) continue
      if (published.has(soundHash(await readFile(join(where, file))))) { left += 1; continue }
      await unlink(join(where, file))
      removed += 1
      stdout.write(`− ${language}/${prefix}${file}\n`)
    }
  }
  if (left > 0) stdout.write(`留下 ${left} 条录音：运行中的、等待批准的或最近运行过的 ${AT_HAND} 版流程还用到。/ Left ${plural(left, 'tape')} of the flows that run, wait for approval, or were among the last ${AT_HAND} editions.\n`)
  stdout.write(`删去 ${removed} 条不再使用的录音。/ Removed ${plural(removed, 'tape')} no longer used.\n`)
  return EXIT.fine
}
