import { Composer, isAlias, isMap as isMapping, isScalar, isSeq, Lexer, Parser, type Alias, type CST, type Document, type Node, type Pair, type YAMLMap } from 'yaml'
import type { NodePath } from '../node-type.js'
import type { ProblemCode } from './problems.js'
import { remembered } from './remembered.js'
import type { Report, Span } from './report.js'
import { CONTROL, codeOf, MAX_DEPTH, scanYaml, withoutStandIns } from './yaml-scan.js'

const MAX_ALIASES = 100
/** Aliases of aliases grow without bound; no flow comes near. */
const MAX_NODES = 200_000

/** A file's content as plain values, and where each of them stands. */
export interface YamlSource {
  readonly value: unknown
  /** Span of the value at `path`, or of its nearest existing parent's key. */
  at(path: NodePath): Span
  /** Span of the key at `path`, or of its nearest existing parent's key. */
  keyAt(path: NodePath): Span
  /** A scalar as it was typed. */
  textAt(path: NodePath): string
  /** Keys that were written a second time, with what stands there: only the first is in `value`. */
  readonly again: readonly Again[]
  /** Lets the value at `path` be found under the name that was meant as well: `meant` in place of its last part. */
  alsoAs(path: NodePath, meant: string): void
}

/** A key that is there already. `as`: in place of the last part of `path`, what `at` and `keyAt` find it by. */
export interface Again { readonly path: readonly string[]; readonly as: string; readonly value: unknown }

/** The keys that lead to a place, the last first. */
interface Trail { readonly key: string; readonly up: Trail | null }
const pathOf = (trail: Trail | null): string[] => (trail === null ? [] : [...pathOf(trail.up), trail.key])

interface Position {
  readonly value: Span
  readonly key: Span
  children: ReadonlyMap<string, Position>
}

/** Nearly all values are scalars, which need no table of their own. */
const NO_CHILDREN: ReadonlyMap<string, Position> = new Map()

const SYNTAX: Readonly<Record<string, ProblemCode>> = {
  TAB_AS_INDENT: 'yaml.tab',
  BAD_INDENT: 'yaml.indent',
}
/** What the parser says of the common mistakes, in Chinese; the English is its own. */
const CHINESE: Readonly<Record<string, string>> = {
  MULTILINE_IMPLICIT_KEY: '键和冒号须写在同一行',
  BLOCK_AS_IMPLICIT_KEY: '一行里有两处“名称: 内容”',
  BLOCK_IN_FLOW: '括号里不能另起缩进的块',
  MISSING_CHAR: '缺少逗号、冒号或其后的空格',
  UNEXPECTED_TOKEN: '这里多出了内容',
  KEY_OVER_1024_CHARS: '键太长',
  BAD_SCALAR_START: '文字不能以这个符号开头，须加引号',
  BAD_DQ_ESCAPE: '双引号里的 \\ 后面不是可用的转义',
}
/** In no text that is read. */
const AGAIN = '\u0000'
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/** Reads YAML 1.2. Everything wrong is reported; null when nothing can be made of the text. The same text is read once. */
export const readYaml = remembered(readYamlAnew)

/** Numbers that say what is written: no zeros in front, which a number does not keep, and no more digits than it holds. */
const AS_WRITTEN = /^-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,6})?$/

/** As `readYaml`, of a text that nobody will read again. */
export function readYamlAnew(original: string, report: Report): YamlSource | null {
  const scanned = scanYaml(original, report)
  if (scanned === null) return null
  const { text, tokens } = scanned
  const documents = [...new Composer({ uniqueKeys: false, prettyErrors: false }).compose(parseTokens(tokens), true, text.length)]
  const [document, second] = documents
  if (document === undefined) return null
  if (second !== undefined) {
    report('yaml.documents', { start: second.range[0], end: second.range[0] + 3 })
    return null
  }
  const errors = document.errors.filter(({ code }) => code !== 'BAD_ALIAS')
  // A parser that stumbled stumbles on: what it says after its first complaint is seldom another mistake.
  const first = errors.reduce<(typeof errors)[number] | undefined>((least, error) => (least === undefined || error.pos[0] < least.pos[0] ? error : least), undefined)
  if (first !== undefined) {
    const { code, message, pos: [start, end] } = first
    const open = openBracket(text)
    if (open !== null && open <= start) report('yaml.quote-open', { start: open, end: open + 1 })
    else if (code === 'MULTILINE_IMPLICIT_KEY' && /["']/.test(text.charAt(start))) report('yaml.quote-open', { start, end: start + 1 })
    else report(syntaxCode(code, message), { start, end }, { message, chinese: CHINESE[code] ?? '写法有误' })
    return null
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) {
    report('yaml.empty', { start: 0, end: 1 })
    return null
  }
  return materialise(document, document.contents, original, report)
}

/** What `Parser.parse` does, with the tokens at hand. */
function* parseTokens(tokens: readonly string[]): Generator<CST.Token, void> {
  const parser = new Parser()
  for (const token of tokens) yield* parser.next(token)
  yield* parser.end()
}

function materialise(document: Document.Parsed, root: Node, text: string, report: Report): YamlSource | null {
  let aliases = 0
  let nodes = 0
  let endless = false
  const again: Again[] = []
  const isEndless = (): boolean => endless // set inside `visit`, which the compiler does not follow

  function visit(node: unknown, key: Span, depth: number, trail: Trail | null): { value: unknown; position: Position } {
    nodes += 1
    const span = spanOf(node) ?? key
    const position: Position = { value: span, key, children: NO_CHILDREN }
    const nothing = { value: null, position }
    if (endless) return nothing
    if (depth > MAX_DEPTH) {
      endless = true
      report('yaml.too-deep', span, { limit: MAX_DEPTH })
      return nothing
    }
    if (isAlias(node)) return visitAlias(node, key, span, depth, trail) ?? nothing
    if (hasTag(node)) report('yaml.tag', span)
    const control = isScalar(node) && typeof node.value === 'string' ? CONTROL.exec(node.value) : null
    if (control !== null) report('yaml.control', span, { code: codeOf(control[0]) })
    if (isScalar(node) && typeof node.value === 'number' && !AS_WRITTEN.test(node.source ?? '')) report('yaml.number', span, { value: node.source ?? '', read: node.value })
    if (isScalar(node)) return { value: typeof node.value === 'string' ? withoutStandIns(node.value) : node.value, position }
    if (isSeq(node)) {
      const children = new Map<string, Position>()
      position.children = children
      const value = node.items.map((item, index) => {
        const child = visit(item, spanOf(item) ?? span, depth + 1, { key: String(index), up: trail })
        children.set(String(index), child.position)
        return child.value
      })
      return { value, position }
    }
    if (isMapping(node)) return { value: visitMap(node, position, depth, trail), position }
    return nothing
  }

  function visitMap(map: YAMLMap, position: Position, depth: number, trail: Trail | null): Record<string, unknown> {
    const value: Record<string, unknown> = {}
    const children = new Map<string, Position>()
    position.children = children
    for (const pair of map.items) {
      const keySpan = spanOf(pair.key) ?? position.value
      const key = keyOf(pair)
      if (key === null) report('yaml.key', keySpan)
      else if (FORBIDDEN.has(key)) report('yaml.forbidden-key', keySpan, { key })
      else if (Object.hasOwn(value, key)) {
        report('yaml.duplicate-key', keySpan, { key })
        const { value: second, position: its } = visit(pair.value, keySpan, depth + 1, { key, up: trail })
        // Two lists of one name at the top are one that was written in two places.
        const [first, own] = [children.get(key), value[key]]
        if (trail === null && first !== undefined && isMap(own) && isMap(second)) {
          const joined = new Map(first.children)
          for (const [name, one] of Object.entries(second)) {
            const twice = Object.hasOwn(own, name)
            if (twice) again.push({ path: [key, name], as: `${name}${AGAIN}${again.length}`, value: one })
            else own[name] = one
            const place = its.children.get(name)
            if (place !== undefined) joined.set(twice ? again.at(-1)?.as ?? name : name, place)
          }
          first.children = joined
          continue
        }
        again.push({ path: [...pathOf(trail), key], as: `${key}${AGAIN}${again.length}`, value: second })
        children.set(again.at(-1)?.as ?? key, its)
      } else {
        const child = visit(pair.value, keySpan, depth + 1, { key, up: trail })
        value[key] = child.value
        children.set(key, child.position)
      }
    }
    return value
  }

  /** What an alias stands for; problems inside it point to where it is written out. */
  function visitAlias(alias: Alias, key: Span, span: Span, depth: number, trail: Trail | null): { value: unknown; position: Position } | null {
    aliases += 1
    if (aliases > MAX_ALIASES || nodes > MAX_NODES) {
      endless = true
      report('yaml.too-many-aliases', span, { limit: MAX_ALIASES })
      return null
    }
    const target = alias.resolve(document)
    if (target === undefined) {
      report('yaml.alias', span, { name: alias.source })
      return null
    }
    const { value, position } = visit(target, key, depth + 1, trail)
    return { value, position: { value: span, key, children: position.children } }
  }

  const { value, position: top } = visit(root, { start: 0, end: 1 }, 0, null)
  // Not even half of it was read: what it seems to lack may be there.
  if (isEndless()) return null
  const find = (path: NodePath) => {
    let position = top
    for (const [index, part] of path.entries()) {
      const child = position.children.get(String(part))
      if (child === undefined) return { position, whole: false, index }
      position = child
    }
    return { position, whole: true, index: path.length }
  }
  return {
    value, again,
    at(path) {
      const { position, whole } = find(path)
      return whole ? position.value : position.key
    },
    keyAt: (path) => find(path).position.key,
    textAt(path) {
      const { start, end } = find(path).position.value
      return text.slice(start, end).trim()
    },
    alsoAs(path, meant) {
      const [around, own] = [find(path.slice(0, -1)), find(path)]
      if (!around.whole || !own.whole) return
      around.position.children = new Map(around.position.children).set(meant, own.position)
    },
  }
}

/** Keys and values, as YAML has them. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function syntaxCode(code: string, message: string): ProblemCode {
  if (message.startsWith('Missing closing') || message.includes('must be sufficiently indented and end with')) return 'yaml.quote-open'
  return SYNTAX[code] ?? 'yaml.syntax'
}

/** Where the first bracket opens that is never closed, or closed by one of the other kind. */
function openBracket(text: string): number | null {
  const open: number[] = []
  let at = 0
  for (const token of new Lexer().lex(text)) {
    // Flow error: the lexer gives the bracket up. The other marks are not part of the text either.
    if (token === '\u0018' && open[0] !== undefined) return open[0]
    if (token === '\u0002' || token === '\u001F' || token === '\u0018') continue
    if (token === '[' || token === '{') open.push(at)
    else if (token === ']' || token === '}') {
      const last = open.pop()
      if (last !== undefined && (text.charAt(last) === '[') !== (token === ']')) return last
    }
    at += token.length
  }
  return open[0] ?? null
}

/** A key as text: numbers are taken as typed, so that `1` and `"1"` are the same key. */
function keyOf({ key }: Pair): string | null {
  if (!isScalar(key) || key.value === null) return null
  return withoutStandIns(typeof key.value === 'string' ? key.value : key.source ?? '')
}

function spanOf(node: unknown): Span | null {
  const range = (node as { range?: [number, number, number] | null } | null)?.range
  return range ? { start: range[0], end: Math.max(range[1], range[0] + 1) } : null
}

function hasTag(node: unknown): boolean {
  return (node as { tag?: string } | null)?.tag !== undefined
}
