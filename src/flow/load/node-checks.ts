import type { Category } from '../../contracts/flow.js'
import type { Bilingual, Language } from '../../contracts/primitives.js'
import type { BoundNode, NodePath, NodeType, Use } from '../node-type.js'
import { NODE_TYPES } from '../nodes/index.js'
import { isReadable, READ_OUTS, type ReadOutKind } from '../say/read-out.js'
import { arrowsOf, type Arrow } from './graph.js'
import type { TagBook } from './load.js'
import type { FlowSource } from './flow-source.js'
import { nodeGap, NOT_YAML, secondNodeGap, strayGap, type Gap } from './gaps.js'
import { nearest, suggest } from './problems.js'
import { NO_NODE, repair } from './repair.js'
import type { Report } from './report.js'
import { fits, reportShape } from './shape.js'
import { isMap } from './yaml-source.js'

/** Prompts that exist: language → names. */
export type PromptListing = ReadonlyMap<Language, ReadonlySet<string> | ReadonlyMap<string, unknown>>

/** Pieces of a read-out that are named when many are missing. */
const MISSING_SHOWN = 3

/** What a missing key of a node is when it is a way out. */
const EXIT_KEYS = new Set(['next', 'to', 'goto', 'otherwise', 'onSilence', 'keys', 'cases'])

/** One flow file under check, and what it may name. */
export interface Check {
  readonly source: FlowSource
  readonly report: Report
  /** As it was meant. */
  readonly content: Readonly<Record<string, unknown>>
  /** How its list of nodes is spelt. */
  readonly nodesKey: string
  readonly prompts: PromptListing
  readonly categories: readonly Category[] | null
  readonly tags: TagBook | null
  readonly lines: readonly string[] | null
  readonly languages: readonly Language[]
}

/** A node as far as it could be understood. */
export interface CheckedNode {
  /** Null when its own shape is wrong, so that what it does cannot be told by what is written. Where only keys stand in it that there are none of, it is what is left. */
  readonly node: BoundNode | null
  readonly arrows: readonly Arrow[]
  /** Every text and key in what is not understood of a node: what it may set, call and lead to. */
  readonly mentions: readonly string[]
  /** A way out is missing that may be meant to lead anywhere, or nothing at all is known of it. */
  readonly open: boolean
  /** What of it was not examined, and why. */
  readonly gaps: readonly Gap[]
}

/** Why a node was not examined. */
const UNEXAMINED = {
  type: { zh: '它的类型不明', en: 'its type is not known' },
  shape: { zh: '它的写法有误', en: 'what is written in it is wrong' },
} as const satisfies Record<string, Bilingual>

/** Each node by itself: its type, its shape, and that what it names exists. One with mistakes is put right as it was probably meant, so that what else is wrong with it is told at once. */
export function checkNodes(check: Check): Map<string, CheckedNode> {
  const { source, content } = check
  const written = isMap(content['nodes']) ? content['nodes'] : {}
  const unread = new Map(source.unread.flatMap((one) => (one.under === 'nodes' && one.name !== null ? [[one.name, one.words] as const] : [])))
  const names = new Set([...Object.keys(written), ...unread.keys()])
  const leads = (mentions: readonly string[]): Arrow[] => mentions.filter((text) => names.has(text)).map((to) => ({ to, caller: true }))
  const checked = new Map<string, CheckedNode>()
  for (const name of names) {
    const words = unread.get(name)
    if (words === undefined) checked.set(name, checkNode(check, name, written[name], names, leads))
    else {
      // A node that is not understood may lead anywhere it mentions, so that one mistake does not make others of its neighbours.
      const mentions = words.filter((word) => word !== name)
      checked.set(name, { node: null, arrows: leads(mentions), mentions, open: leads(mentions).length === 0, gaps: [nodeGap(name, NOT_YAML)] })
    }
  }
  for (const { path: [list = '', name = '', ...deeper], as, value } of source.again) {
    const first = checked.get(name)
    if (list !== check.nodesKey || deeper.length > 0 || first === undefined) continue
    // It may be the one that is meant: it leads somewhere, and sets something, too.
    const second = checkNode(check, name, value, names, leads, as)
    checked.set(name, { ...first, arrows: [...first.arrows, ...second.arrows.map(({ to }) => ({ to, caller: true }))], mentions: [...first.mentions, ...textsIn(value)], open: first.open || second.open, gaps: [...first.gaps, secondNodeGap(name)] })
  }
  return checked
}

/** @param as what the source finds it by */
function checkNode(check: Check, name: string, value: unknown, names: ReadonlySet<string>, leads: (mentions: readonly string[]) => Arrow[], as = name): CheckedNode {
  const { source, report } = check
  const base = ['nodes', as]
  const { type, sure } = typeOf(check, name, value, base)
  if (type !== null && sure && fits(type.schema, value)) {
    const node = type.bind(value)
    type.check(value, (code, path, details) => report(code, source.at([...base, ...path]), details))
    checkNamed(check, node, base, names)
    return { node, arrows: arrowsOf(node), mentions: [], open: false, gaps: [] }
  }
  const meant = sure || type === null || !isMap(value) ? value : { ...value, type: type.type }
  const told = new Set<number>()
  if (type !== null) {
    reportShape(type.schema, meant, {
      source, base,
      report(code, span, details) { told.add(span.start); report(code, span, details) },
      where: { zh: `${type.type} 节点`, en: `Node type ${type.type}` },
      onMissing(key, path, expected) {
        if (!EXIT_KEYS.has(key)) return false
        report('node.no-exit', source.keyAt(path), { node: name, key, expected })
        return true
      },
    })
  }
  const repaired = type === null ? null : repair(type, meant, (path) => source.textAt([...base, ...path]))
  const mentions = textsIn(value)
  if (repaired === null || type === null) return { node: null, arrows: leads(mentions), mentions, open: leads(mentions).length === 0, gaps: [nodeGap(name, type === null ? UNEXAMINED.type : UNEXAMINED.shape)] }
  for (const { path, meant: key } of repaired.respelt) source.alsoAs([...base, ...path], key)
  const node = type.bind(repaired.value)
  if (!repaired.torn) type.check(repaired.value, (code, path, details) => report(code, source.at([...base, ...path]), details))
  // Of one place one mistake is told.
  checkNamed({ ...check, report(code, span, details) { if (!told.has(span.start)) report(code, span, details) } }, node, base, names)
  if (!repaired.torn) {
    // A key that nobody knows may have been meant to lead anywhere it mentions, and to give the caller something certain.
    const astray = repaired.strays.flatMap((one) => textsIn(one.value))
    const exits = leads(astray).map(({ to }) => ({ to, by: 'caller' as const, path: [], settles: true as const }))
    const kept = exits.length === 0 ? node : { ...node, exits: [...node.exits, ...exits] }
    return { node: kept, arrows: arrowsOf(kept), mentions: astray, open: false, gaps: repaired.strays.map(({ path }) => strayGap(name, path.join('.'))) }
  }
  // What was left out may have said where else it leads, and what it does there.
  return { node: null, arrows: [...arrowsOf(node).filter(({ to }) => to !== NO_NODE), ...leads(mentions)], mentions, open: repaired.open, gaps: [nodeGap(name, UNEXAMINED.shape)] }
}

/** That what a node names exists. */
function checkNamed(check: Check, node: BoundNode, base: NodePath, names: ReadonlySet<string>): void {
  for (const { to, path } of node.exits) if (to !== NO_NODE) checkTarget(check, to, [...base, ...path], names)
  checkPrompts(check, node, base)
  checkTags(check, node, base)
  checkUses(check, node, base)
}

/** A node's type first, then that type's schema: so the message is about what the admin meant to write. Where it is misspelt (not `sure`), the type that was meant. */
function typeOf({ source, report }: Check, name: string, value: unknown, base: NodePath): { readonly type: NodeType | null; readonly sure: boolean } {
  const unknown = { type: null, sure: false }
  const choices = [...NODE_TYPES.keys()]
  if (!isMap(value)) {
    report('shape.wrong-type', source.at(base), { type: { zh: '节点（若干“键: 值”）', en: 'a node (keys and values)' }, expected: { zh: `{ type: ${choices.join(' | ')}, … }`, en: `{ type: ${choices.join(' | ')}, … }` } })
    return unknown
  }
  const type = value['type']
  if (type === undefined || type === null) {
    report('node.type-missing', source.keyAt(base), { node: name, choices: choices.join(', ') })
    return unknown
  }
  const known = typeof type === 'string' ? NODE_TYPES.get(type) : undefined
  if (known === undefined) {
    const text = source.textAt([...base, 'type'])
    report('node.type-unknown', source.at([...base, 'type']), { type: text, suggestion: suggest(text, choices) })
    return { type: NODE_TYPES.get(nearest(text, choices) ?? '') ?? null, sure: false }
  }
  return { type: known, sure: true }
}

function checkTarget({ source, report }: Check, to: string, path: NodePath, names: ReadonlySet<string>): void {
  // The node may be there, in what cannot be read.
  if (!names.has(to) && !source.unread.some(({ words }) => words.includes(to))) report('node.dangling', source.at(path), { to, suggestion: suggest(to, [...names]) })
}

/** One problem for each place, however many pieces of a read-out are missing. */
function checkPrompts({ source, report, prompts, languages }: Check, node: BoundNode, base: NodePath): void {
  const missing = new Map<string, { path: NodePath; names: Set<string>; languages: Set<Language> }>()
  for (const { name, path, language: only } of node.prompts) {
    for (const language of languages) {
      if ((only !== undefined && only !== language) || prompts.get(language)?.has(name) === true) continue
      const place = missing.get(path.join()) ?? { path, names: new Set(), languages: new Set() }
      missing.set(path.join(), place)
      place.names.add(name)
      place.languages.add(language)
    }
  }
  for (const { path, names, languages: mute } of missing.values()) {
    const shown = [...names].slice(0, MISSING_SHOWN)
    const more = names.size > shown.length ? ', …' : ''
    const near = nearest(shown[0] ?? '', [...new Set([...mute].flatMap((language) => [...prompts.get(language)?.keys() ?? []]))])
    report('prompt.missing', source.at([...base, ...path]), {
      suggestion: near === undefined ? { zh: '', en: '' } : { zh: `是否想写 ${near}？`, en: `Did you mean ${near}? ` },
      name: shown.join(', ') + more, languages: [...mute].join(', '), paths: [...mute].flatMap((language) => shown.map((name) => `prompts/${language}/${name}.wav`)).join(', ') + more,
    })
  }
}

/** Tags that only the node of that name sets: they say what was done. */
const DONE_TAGS: ReadonlySet<string> = new Set(['message', 'call-back', 'transfer'])
/** Tags that need no entry in the code book. */
const OWN_TAGS: ReadonlySet<string> = new Set(['category', 'language', ...DONE_TAGS])

function checkTags({ source, report, categories, tags, languages }: Check, node: BoundNode, base: NodePath): void {
  for (const { key, value, keyed, path } of node.tags) {
    if (DONE_TAGS.has(key) && node.type !== key) {
      report('tag.own', value === undefined ? source.at([...base, ...path]) : source.keyAt([...base, ...path]), { key })
      continue
    }
    const values = OWN_TAGS.has(key) ? null : tags?.get(key)
    if (tags !== null && values === undefined) report('tag.unknown', value === undefined ? source.at([...base, ...path]) : source.keyAt([...base, ...path]), { key, suggestion: suggest(key, ['category', 'language', ...tags.keys()]) })
    if (value !== undefined && values?.includes(value) === false) report('tag.value', source.at([...base, ...path]), { key, value, suggestion: suggest(value, values) })
    if (value === undefined) {
      if (values != null && keyed?.every((one) => values.includes(one)) !== true) report('tag.keyed', source.at([...base, ...path]), { key, values: values.join(', ') })
      continue
    }
    const span = source.at([...base, ...path])
    if (key === 'category' && categories !== null && !categories.some(({ code }) => code === value)) report('tag.category', span, { value, suggestion: suggest(value, categories.map(({ code }) => code)) })
    if (key === 'language' && !languages.some((language) => language === value)) report('tag.language', span, { value, choices: languages.join(', ') })
  }
}

/** A tag that is asked for is one that can be set: a slip of the pen would never be met. */
function checkTagUse({ source, report, categories, tags, languages }: Check, { name: key, value, keyed, path }: Extract<Use, { kind: 'tag' }>, base: NodePath): void {
  const at = [...base, ...path]
  const values = OWN_TAGS.has(key) ? null : tags?.get(key)
  if (value === undefined) {
    if (tags !== null && values === undefined) report('tag.unknown', keyed ? source.keyAt(at) : source.at(at), { key, suggestion: suggest(key, [...OWN_TAGS, ...tags.keys()]) })
    return
  }
  if (values?.includes(value) === false) report('tag.value', source.at(at), { key, value, suggestion: suggest(value, values) })
  if (key === 'category' && categories !== null && !categories.some(({ code }) => code === value)) report('tag.category', source.at(at), { value, suggestion: suggest(value, categories.map(({ code }) => code)) })
  if (key === 'language' && !languages.some((language) => language === value)) report('tag.language', source.at(at), { value, choices: languages.join(', ') })
}

function checkUses(check: Check, node: BoundNode, base: NodePath): void {
  const { source, report, categories, lines } = check
  for (const use of node.uses) {
    if (use.kind === 'tag') checkTagUse(check, use, base)
    if (use.kind === 'literal' && !isReadable(use.as as ReadOutKind, use.name)) report('say.unreadable', source.at([...base, ...use.path]), { text: use.name, as: { zh: READ_OUTS[use.as as ReadOutKind].zh, en: READ_OUTS[use.as as ReadOutKind].en } })
    const { kind, name, path } = use
    const span = source.at([...base, ...path])
    if (kind === 'category' && categories !== null && !categories.some(({ code }) => code === name)) report('tag.category', span, { value: name, suggestion: suggest(name, categories.map(({ code }) => code)) })
    if (kind === 'line' && lines !== null && !lines.includes(name)) report('line.unknown', span, { name, suggestion: suggest(name, lines) })
  }
}

/** Every text and every key in a value. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isMap(value) ? Object.entries(value).flatMap(([key, one]) => [key, ...textsIn(one)]) : []
}
