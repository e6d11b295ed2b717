import type { Report, Span } from './report.js'
import { remembered } from './remembered.js'
import { readYaml, readYamlAnew, type YamlSource } from './yaml-source.js'

/** A part of a flow file that is no YAML, while the rest was read. */
export interface Unread {
  /** The node, or the key at the top of the file; null: what follows a second `---`. */
  readonly name: string | null
  readonly node: boolean
  readonly span: Span
  /** Every word in it. */
  readonly words: readonly string[]
}

/** A flow file as far as it can be read. */
export interface FlowSource extends YamlSource { readonly unread: readonly Unread[] }

/** A text with slips is read over and over until so many characters were read; then each of its nodes by itself, so that reading takes a few times what a right text takes, however many slips. */
const READ_OVER = 100_000
/** Readings of the whole text after that. */
const MORE = 3
/** Nothing of such a file can be relied on. */
const HOPELESS: ReadonlySet<string> = new Set(['yaml.too-large', 'yaml.too-deep', 'yaml.too-many-aliases', 'yaml.empty'])

/**
 * Reads a flow file, over places that are no YAML: the node, or the key at the top, in which the reading stumbled is left out, so that one slip does not hide
 * what is wrong with everything behind it. All slips are reported. Null when nothing can be made of the text. The same text is read once.
 */
export const readFlowSource = remembered(readOverSlips)

function readOverSlips(original: string, report: Report): FlowSource | null {
  const unread: Unread[] = []
  const parts = partsOf(original)
  let text = original
  let characters = 0
  let more = MORE
  for (;;) {
    // In what was left out nothing is told a second time.
    const before = unread.map(({ span }) => span)
    const told: Told[] = []
    const source = (text === original ? readYaml : readYamlAnew)(text, (code, span, details) => {
      told.push({ code, span })
      if (!before.some((one) => inside(one, span.start))) report(code, span, details)
    })
    if (source !== null) return { ...source, unread }
    const signs = told.filter(({ code }) => code === 'yaml.full-width')
    const fatal = signs.length > 0 ? signs : told.slice(-1)
    if (fatal.length === 0 || fatal.some(({ code }) => HOPELESS.has(code))) return null
    const shorter = withoutSlips(original, text, fatal, parts, unread)
    if (shorter === null || shorter === text) return null
    text = shorter
    characters += text.length
    if (characters < READ_OVER) continue
    if (more === MORE) text = withoutSlips(original, text, slipsIn(text, parts, unread, report), parts, unread) ?? text
    if (more === 0) return null
    more -= 1
  }
}

interface Told { readonly code: string; readonly span: Span }

/** Slips that are found where each part is read by itself. */
function slipsIn(text: string, parts: readonly Block[], unread: readonly Unread[], report: Report): Told[] {
  const known = new Set(unread.map(({ span }) => span.start))
  return parts.flatMap(({ start, end, inner }) => {
    if (inner || known.has(start)) return []
    const told: Told[] = []
    const problems: Parameters<Report>[] = []
    const source = readYamlAnew(text.slice(start, end), (code, span, details) => {
      const place = { start: span.start + start, end: span.end + start }
      told.push({ code, span: place })
      problems.push([code, place, details])
    })
    if (source !== null || told.at(-1)?.code === 'yaml.empty') return []
    for (const problem of problems) report(...problem)
    return told.slice(-1)
  })
}

/** The text without the parts that hold `slips`, which are noted in `unread`; as long as before. Null where one is in no part. */
function withoutSlips(original: string, text: string, slips: readonly Told[], parts: readonly Block[], unread: Unread[]): string | null {
  let end = text.length
  const blank = new Map<number, number>()
  for (const { code, span } of slips) {
    if (code === 'yaml.documents') {
      if (span.start < end) unread.push({ name: null, node: false, span: { start: span.start, end: original.length }, words: wordsIn(original.slice(span.start)) })
      end = Math.min(end, span.start)
      continue
    }
    const block = parts.find((one) => !one.inner && inside(one, span.start)) ?? parts.find((one) => inside(one, span.start))
    if (block === undefined) return null
    const known = unread.some((one) => one.span.start === block.start)
    if (!known) unread.push({ name: block.name, node: block.node, span: { start: block.start, end: block.end }, words: wordsIn(original.slice(block.start, block.end)) })
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
  readonly node: boolean
  /** What stands behind its key; null: its key cannot be read either. */
  readonly body: number | null
  /** Its nodes are parts of their own. */
  readonly inner: boolean
}

/** Each key at the top of the file with all that belongs to it, and each node. */
function partsOf(text: string): Block[] {
  return blocksIn(text, 0, text.length, 0, false).flatMap((own) => {
    if (own.name !== 'nodes' || own.body === null) return [own]
    const [, indent = ''] = /\n( +)[^\s#]/.exec(text.slice(own.body, own.end)) ?? []
    if (indent === '') return [own]
    return [{ ...own, inner: true }, ...blocksIn(text, text.indexOf('\n', own.body) + 1, own.end, indent.length, true)]
  })
}

/** Keys indented by `indent` between two places, each with all lines that follow it up to the next. */
function blocksIn(text: string, from: number, to: number, indent: number, node: boolean): Block[] {
  const starts: number[] = []
  for (let at = from; at < to; at = (text.indexOf('\n', at) + 1) || to) {
    const before = text.slice(at, at + indent)
    if (before.trim() === '' && before.length === indent && !before.includes('\n') && /^[^\s#\-\]})]/.test(text.charAt(at + indent))) starts.push(at)
  }
  return starts.map((start, index) => {
    const [whole, , name] = /^ *(["']?)([\w-]+)\1:(?=\s)/.exec(text.slice(start, start + 200)) ?? []
    const guess = /[\w-]+/.exec(text.slice(start, start + 200))?.[0] ?? null
    return { start, end: starts[index + 1] ?? to, name: name ?? guess, node, inner: false, body: whole === undefined ? null : start + whole.length }
  })
}
