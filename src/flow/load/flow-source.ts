import { nearest } from './problems.js'
import type { Report, Span } from './report.js'
import { remembered } from './remembered.js'
import { readYaml, readYamlAnew, type YamlSource } from './yaml-source.js'

/** A part of a file that is no YAML, while the rest was read. */
export interface Unread {
  /** The entry (a node, a line, a test), or the key at the top of the file; null: what follows a second `---`. */
  readonly name: string | null
  /** The key at the top under which the entry stands; null: it is none. */
  readonly under: string | null
  readonly span: Span
  /** Every word in it. */
  readonly words: readonly string[]
}

/** A file as far as it can be read. */
export interface FlowSource extends YamlSource { readonly unread: readonly Unread[] }

/** Keys at the top under which each entry is a part of its own, with a key that such an entry has (empty: it has none). */
export type Lists = Readonly<Record<string, string>>

/** A text with slips is read over and over until so many characters were read; then each of its parts by itself, so that reading takes a few times what a right text takes, however many slips. */
const READ_OVER = 100_000
/** Readings of the whole text after that. */
const MORE = 3
/** Nothing of such a file can be relied on. */
const HOPELESS: ReadonlySet<string> = new Set(['yaml.too-large', 'yaml.too-many-aliases', 'yaml.empty'])

/**
 * A reading over places that are no YAML: the entry, or the key at the top, in which the reading stumbled is left out, so that one slip does not hide
 * what is wrong with everything behind it. All slips are reported. It gives null when nothing can be made of a text. The same text is read once.
 */
export const readingOf = (lists: Lists): (text: string, report: Report) => FlowSource | null => remembered((text, report) => readOverSlips(text, report, lists))

/** Reads a flow file. */
export const readFlowSource = readingOf({ nodes: 'type' })

function readOverSlips(original: string, report: Report, lists: Lists): FlowSource | null {
  const whole = attempt(original, readYaml)
  if (whole.source !== null) {
    for (const problem of whole.told) report(...problem)
    return { ...whole.source, unread: [] }
  }
  const unread: Unread[] = []
  const parts = partsOf(original, lists)
  // What stands too far to the right is moved: so nothing of it is lost, nor what follows.
  let text = aligned(original, parts, whole.told)
  if (text !== original) for (const { start, shift } of parts) if (shift > 0) report('yaml.indent', { start, end: start + 1 })
  let characters = 0
  let more = MORE
  let alone = false
  for (;;) {
    // In what was left out nothing is told a second time.
    const before = unread.map(({ span }) => span)
    const { source, told } = text === original ? whole : attempt(text, readYamlAnew)
    if (told.at(-1)?.[0] === 'yaml.too-deep' && !alone) {
      // Brackets that were left open before may be counted among those: by itself each part tells its own.
      alone = true
      const slips = slipsIn(text, parts, unread)
      const shorter = slips.some(({ code }) => code !== 'yaml.too-deep') ? withoutSlips(original, text, slips, parts, unread) : null
      if (shorter !== null && shorter !== text) {
        for (const { problems } of slips) for (const problem of problems) report(...problem)
        text = shorter
        continue
      }
    }
    for (const problem of told) if (!before.some((one) => inside(one, problem[1].start))) report(...problem)
    if (source !== null) return { ...source, unread }
    const slips = told.map(([code, span]) => ({ code, span }))
    const signs = slips.filter(({ code }) => code === 'yaml.full-width')
    const fatal = signs.length > 0 ? signs : slips.slice(-1)
    if (fatal.length === 0 || fatal.some(({ code }) => HOPELESS.has(code))) return null
    const shorter = withoutSlips(original, text, fatal, parts, unread)
    if (shorter === null || shorter === text) return null
    // Nothing but brackets, say: of what it lacks nothing need be said.
    if (fatal.at(-1)?.code === 'yaml.too-deep' && parts.every(({ start, under }) => under !== null || unread.some(({ span }) => span.start === start))) return null
    text = shorter
    characters += text.length
    if (characters < READ_OVER) continue
    if (more === MORE) {
      const found = slipsIn(text, parts, unread)
      for (const { problems } of found) for (const problem of problems) report(...problem)
      text = withoutSlips(original, text, found, parts, unread) ?? text
    }
    if (more === 0) return null
    more -= 1
  }
}

/** Of what could not be read nothing else is said. */
export const quietIn = ({ unread }: FlowSource, report: Report): Report => (code, span, details) => {
  const missing = code === 'shape.missing-key'
  if (!unread.some(({ span: { start, end }, name, under }) => (missing ? under === null && details?.['key'] === name : span.start >= start && span.start <= end))) report(code, span, details)
}

interface Attempt { readonly source: YamlSource | null; readonly told: readonly Parameters<Report>[] }

function attempt(text: string, read: typeof readYaml): Attempt {
  const told: Parameters<Report>[] = []
  return { source: read(text, (...problem) => { told.push(problem) }), told }
}

/** The text with the spaces in front of what stands too far to the right moved behind its key, if that is where the reading stumbled: as long as before. */
function aligned(text: string, parts: readonly Block[], told: Attempt['told']): string {
  const last = told.at(-1)
  const odd = parts.filter(({ shift }) => shift > 0)
  if (last === undefined || !STUMBLES.has(last[0]) || !odd.some(({ start, end }) => last[1].start >= start && last[1].start <= text.indexOf('\n', end) )) return text
  let moved = text
  for (const { start, shift, body } of odd) if (body !== null) moved = moved.slice(0, start) + moved.slice(start + shift, body) + ' '.repeat(shift) + moved.slice(body)
  return moved
}

/** What the reading says where a line stands too far to the right. */
const STUMBLES: ReadonlySet<string> = new Set(['yaml.indent', 'yaml.syntax', 'yaml.quote-open'])

interface Told { readonly code: string; readonly span: Span }

/** Slips that are found where each part is read by itself. */
function slipsIn(text: string, parts: readonly Block[], unread: readonly Unread[]): (Told & { readonly problems: Attempt['told'] })[] {
  const known = new Set(unread.map(({ span }) => span.start))
  return parts.flatMap(({ start, end, inner }) => {
    if (inner || known.has(start)) return []
    const { source, told } = attempt(text.slice(start, end), readYamlAnew)
    if (source !== null || told.at(-1)?.[0] === 'yaml.empty') return []
    const problems = told.map(([code, span, details]): Attempt['told'][number] => [code, { start: span.start + start, end: span.end + start }, details])
    return problems.slice(-1).map(([code, span]) => ({ code, span, problems }))
  })
}

/** The text without the parts that hold `slips`, which are noted in `unread`; as long as before. Null where one is in no part. */
function withoutSlips(original: string, text: string, slips: readonly Told[], parts: readonly Block[], unread: Unread[]): string | null {
  let end = text.length
  const blank = new Map<number, number>()
  for (const { code, span } of slips) {
    if (code === 'yaml.documents') {
      if (span.start < end) unread.push({ name: null, under: null, span: { start: span.start, end: original.length }, words: wordsIn(original.slice(span.start)) })
      end = Math.min(end, span.start)
      continue
    }
    const block = parts.find((one) => !one.inner && inside(one, span.start)) ?? parts.find((one) => inside(one, span.start))
    if (block === undefined) return null
    const known = unread.some((one) => one.span.start === block.start)
    if (!known) unread.push({ name: block.name, under: block.under, span: { start: block.start, end: block.end }, words: wordsIn(original.slice(block.start, block.end)) })
    // Its key stays where that can be read, so that others may name it.
    const from = (known && !blank.has(block.start)) || block.body === null ? block.start : block.body
    blank.set(block.start, Math.min(blank.get(block.start) ?? from, from))
  }
  const pieces: string[] = []
  let at = 0
  for (const { start, end: to } of parts) {
    const from = blank.get(start)
    if (from === undefined || from < at) continue
    pieces.push(text.slice(at, from), text.slice(from, to).replace(/[^\n]/g, ' '))
    at = to
  }
  return (pieces.join('') + text.slice(at)).slice(0, end)
}

const wordsIn = (text: string): string[] => text.match(/[A-Za-z][\w-]*/g) ?? []
const inside = ({ start, end }: Span, at: number): boolean => at >= start && at < end

interface Block extends Span {
  readonly name: string | null
  /** The key at the top under which it stands, as it was meant. */
  readonly under: string | null
  /** What stands behind its key; null: its key cannot be read either. */
  readonly body: number | null
  /** Its entries are parts of their own. */
  readonly inner: boolean
  /** So much further to the right than the others, characters. */
  readonly shift: number
}

/** Each key at the top of the file with all that belongs to it, and each entry under those of `lists`. */
function partsOf(text: string, lists: Lists): Block[] {
  const tops = linesIn(text, 0, text.length).filter(({ indent }) => indent === 0)
  return blocksAt(text, tops, text.length, null, 0).flatMap((own) => {
    const list = own.name === null || own.body === null ? undefined : Object.keys(lists).find((one) => one === own.name) ?? nearest(own.name, Object.keys(lists))
    const below = text.indexOf('\n', own.body ?? own.start) + 1
    if (list === undefined || below === 0) return [own]
    const entries = entriesIn(text, linesIn(text, below, own.end), own.end, list, lists[list] ?? '')
    return entries.length === 0 ? [own] : [{ ...own, inner: true }, ...entries]
  })
}

interface Line { readonly at: number; readonly indent: number }

/** Lines that may begin with a key. */
function linesIn(text: string, from: number, to: number): Line[] {
  const lines: Line[] = []
  for (let at = from; at < to; at = (text.indexOf('\n', at) + 1) || to) {
    let first = at
    while (text.charAt(first) === ' ') first += 1
    if (first < to && /^[^\s#\-\]})]/.test(text.charAt(first))) lines.push({ at, indent: first - at })
  }
  return lines
}

/** Entries of a list: what stands as far to the left as most of them, or further; the first; and what looks like one though it stands further to the right. `mark`: a key that each has. */
function entriesIn(text: string, lines: readonly Line[], to: number, under: string, mark: string): Block[] {
  const indented = lines.filter(({ indent }) => indent > 0)
  const [first] = indented
  if (first === undefined) return []
  const startsAt = (level: number): Line[] => indented.filter((line) => line === first || line.indent <= level)
  const marked = new RegExp(`\\b${mark}\\s*[:：]`)
  /** How many entries look like one, less those that do not. */
  const score = (level: number): number => {
    const starts = startsAt(level)
    return starts.reduce((sum, { at }, index) => sum + (marked.test(text.slice(at, starts[index + 1]?.at ?? to)) ? 1 : -1), 0)
  }
  const levels = [...new Set(indented.flatMap(({ indent }) => (indent <= first.indent ? [indent] : [])))].sort((a, b) => a - b)
  const [level = first.indent] = levels.length < 2 ? levels : levels.map((one) => ({ one, of: score(one) })).sort((a, b) => b.of - a.of).map(({ one }) => one)
  const own = new Set(startsAt(level))
  const entry = mark === '' ? null : new RegExp(`^ *["']?[\\w-]+["']?:(?: *\\{ *${mark}:|[^\\S\\n]*\\r?\\n *${mark}:)`)
  return blocksAt(text, indented.filter((line) => own.has(line) || entry?.test(text.slice(line.at, line.at + 400)) === true), to, under, level)
}

/** Parts that begin with these lines, each up to the next. */
function blocksAt(text: string, starts: readonly Line[], to: number, under: string | null, level: number): Block[] {
  return starts.map(({ at: start, indent }, index) => {
    const line = text.slice(start, start + 300)
    const [whole, double, single, plain] = /^ *(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'&*!|>%@`?[\]{},#:][^\n#:{[]*)):(?=\s)/.exec(line) ?? []
    const name = double ?? single ?? plain?.trim() ?? /[^\s:："']+/.exec(line)?.[0] ?? null
    return { start, end: starts[index + 1]?.at ?? to, name, under, inner: false, shift: Math.max(0, indent - level), body: whole === undefined ? null : start + whole.length }
  })
}
