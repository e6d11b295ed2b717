import type { Report, Span } from './report.js'
import { readYaml, type YamlSource } from './yaml-source.js'

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

/** So many places of a file that are no YAML are told at once. */
const ROUNDS = 60
/** Nothing of such a file can be relied on. */
const HOPELESS: ReadonlySet<string> = new Set(['yaml.too-large', 'yaml.too-deep', 'yaml.too-many-aliases', 'yaml.empty'])

/**
 * Reads a flow file, over places that are no YAML: the node, or the key at the top, in which the reading stumbled is left out, so that one slip does not hide
 * what is wrong with everything behind it. All slips are reported. Null when nothing can be made of the text.
 */
export function readFlowSource(original: string, report: Report): FlowSource | null {
  const unread: Unread[] = []
  let text = original
  for (let round = 0; round < ROUNDS; round += 1) {
    const told: { readonly code: string; readonly span: Span }[] = []
    const source = readYaml(text, (code, span, details) => {
      told.push({ code, span })
      // In what was left out nothing is told a second time.
      if (!unread.some((one) => inside(one.span, span.start))) report(code, span, details)
    })
    if (source !== null) return { ...source, unread }
    const signs = told.filter(({ code }) => code === 'yaml.full-width')
    const fatal = signs.length > 0 ? signs : told.slice(-1)
    if (fatal.length === 0 || fatal.some(({ code }) => HOPELESS.has(code))) return null
    let left = text
    for (const { code, span } of fatal) {
      if (code === 'yaml.documents') {
        unread.push({ name: null, node: false, span: { start: span.start, end: text.length }, words: wordsIn(original.slice(span.start)) })
        left = left.slice(0, span.start)
        continue
      }
      const block = blockAt(original, span.start)
      if (block === null) return null
      const known = unread.some((one) => one.span.start === block.start)
      if (!known) unread.push({ name: block.name, node: block.node, span: { start: block.start, end: block.end }, words: wordsIn(original.slice(block.start, block.end)) })
      // Its key stays where that can be read, so that others may name it.
      const from = known || block.body === null ? block.start : block.body
      left = left.slice(0, from) + left.slice(from, block.end).replace(/[^\n]/g, ' ') + left.slice(block.end)
    }
    if (left === text) return null
    text = left
  }
  return null
}

const wordsIn = (text: string): string[] => text.match(/[A-Za-z][\w-]*/g) ?? []
const inside = ({ start, end }: Span, at: number): boolean => at >= start && at < end

interface Block extends Span { readonly name: string | null; readonly node: boolean; /** What stands behind its key; null: its key cannot be read either. */ readonly body: number | null }

/** The node that holds `at`, else the key at the top of the file with all that belongs to it. */
function blockAt(text: string, at: number): Block | null {
  const top = blocksIn(text, 0, text.length, 0, false)
  const own = top.find((block) => inside(block, at))
  if (own?.name !== 'nodes' || own.body === null) return own ?? null
  const [, indent = ''] = /\n( +)[^\s#]/.exec(text.slice(own.body, own.end)) ?? []
  if (indent === '') return own
  const first = text.indexOf('\n', own.body) + 1
  return blocksIn(text, first, own.end, indent.length, true).find((block) => inside(block, at)) ?? own
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
    return { start, end: starts[index + 1] ?? to, name: name ?? guess, node, body: whole === undefined ? null : start + whole.length }
  })
}
