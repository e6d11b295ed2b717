import { Type, type Static } from 'typebox'
import { Bilingual } from './primitives.js'

/** A flow laid out for drawing: what is where, in the units of an SVG. Server and terminal make it, the desk only paints it. */
export const FlowDrawing = Type.Object({
  flow: Type.String(),
  version: Type.String(),
  title: Bilingual,
  width: Type.Number(),
  height: Type.Number(),
  nodes: Type.Array(Type.Object({
    name: Type.String(),
    type: Type.String(),
    /** For people; null where the file gives none. */
    title: Type.Union([Bilingual, Type.Null()]),
    /** What becomes of a caller here: waits, hangs-up, returns, transferred. */
    ending: Type.Union([Type.String(), Type.Null()]),
    start: Type.Boolean(),
    x: Type.Number(), y: Type.Number(), width: Type.Number(), height: Type.Number(),
  }, { additionalProperties: false })),
  edges: Type.Array(Type.Object({
    from: Type.String(),
    to: Type.String(),
    /** The strongest of the ways it stands for. */
    by: Type.Enum(['caller', 'always', 'silence', 'fault']),
    /** Keys and signs, e.g. `1 2 —`. */
    label: Type.String(),
    points: Type.Array(Type.Tuple([Type.Number(), Type.Number()])),
    labelAt: Type.Tuple([Type.Number(), Type.Number()]),
  }, { additionalProperties: false })),
}, { additionalProperties: false })
export type FlowDrawing = Static<typeof FlowDrawing>

/** What calls did, laid over a drawing. */
export const FlowOverlay = Type.Object({
  /** By node: callers who came by, of them those who left (hung up) here, and their mean time here in ms. */
  counts: Type.Optional(Type.Record(Type.String(), Type.Object({
    came: Type.Integer({ minimum: 0 }), left: Type.Optional(Type.Integer({ minimum: 0 })), ms: Type.Optional(Type.Number({ minimum: 0 })),
  }, { additionalProperties: false }))),
  /** Ways that no test takes, by `from>to`: their signs, e.g. `5 !`. */
  missed: Type.Optional(Type.Record(Type.String(), Type.String())),
  /** One call's nodes, in order. */
  trace: Type.Optional(Type.Array(Type.String())),
}, { additionalProperties: false })
export type FlowOverlay = Static<typeof FlowOverlay>

/** What a node's type is called under its name. */
export const NODE_NAMES: Readonly<Record<string, Bilingual>> = {
  play: { zh: '播放', en: 'play' }, menu: { zh: '菜单', en: 'menu' }, collect: { zh: '收键', en: 'collect' }, listen: { zh: '听写', en: 'listen' }, tag: { zh: '标签', en: 'tag' }, set: { zh: '变量', en: 'set' }, branch: { zh: '分支', en: 'branch' }, goto: { zh: '转到', en: 'go to' },
  language: { zh: '语言', en: 'language' }, queue: { zh: '排队', en: 'queue' }, message: { zh: '留言', en: 'message' }, 'call-back': { zh: '回拨', en: 'call back' }, transfer: { zh: '转接', en: 'transfer' }, 'look-up': { zh: '查询', en: 'look-up' },
  'sub-flow': { zh: '子流程', en: 'sub-flow' }, return: { zh: '返回', en: 'return' }, end: { zh: '继续排队', en: 'waits on' }, 'hang-up': { zh: '挂机', en: 'hangs up' },
}

/** What the conditions of a branch are called on its ways. */
const CONDITION_NAMES: Readonly<Record<string, Bilingual>> = {
  hours: { zh: '时段', en: 'hours' }, calendar: { zh: '日期', en: 'calendar' }, mode: { zh: '开关', en: 'switch' }, caller: { zh: '来电者', en: 'caller' }, load: { zh: '话务量', en: 'load' }, tag: { zh: '标签', en: 'tag' }, var: { zh: '变量', en: 'variable' },
}

type Face = 'zh' | 'en'

const inFace = (text: Bilingual, language: Face | null): string => (language === null ? `${text.zh} ${text.en}` : text[language])

/** What stands at a way: keys and signs as they are, conditions in a language. `language` null: both. */
export const labelText = (label: string, language: Face | null): string =>
  label.split(' ').map((word) => { const name = Object.hasOwn(CONDITION_NAMES, word) ? CONDITION_NAMES[word] : undefined; return name === undefined ? word : inFace(name, language) }).join(' ')

/** A node as a drawing calls it, and what stands below: its type, and its own name where a title stands for it. `language` null: both. */
export function nodeTexts({ name, type, title }: Pick<FlowDrawing['nodes'][number], 'name' | 'type' | 'title'>, language: Face | null): { readonly head: string; readonly below: string } {
  const typeName = inFace(NODE_NAMES[type] ?? { zh: type, en: type }, language)
  return title === null ? { head: name, below: typeName } : { head: inFace(title, language), below: `${name} · ${typeName}` }
}

interface Places { readonly flow: string; readonly nodes: readonly Pick<FlowDrawing['nodes'][number], 'name' | 'ending'>[] }

/**
 * Where in a drawing each step of a call was; null: outside of it. What happens in a part (`part/node`) belongs to the node that called it; in the
 * part's own drawing only what happens in it, and in the parts that it calls, from when it is entered until it returns.
 */
function placesIn({ flow, nodes }: Places, path: readonly string[]): readonly ({ readonly node: string; readonly entered: boolean } | null)[] {
  const prefix = `${flow}/`
  const part = path.some((node) => node.startsWith(prefix))
  const returning = new Set(nodes.flatMap(({ name, ending }) => (ending === 'returns' ? [name] : [])))
  let at: string | null = null
  return path.map((node) => {
    const own = part ? node.startsWith(prefix) : !node.includes('/')
    if (own) at = part ? node.slice(prefix.length) : node
    else if (!node.includes('/') || (at !== null && returning.has(at))) at = null
    return at === null ? null : { node: at, entered: own }
  })
}

/** A call's steps as the drawing of a flow knows them, each with all the time until the next. */
export function stepsIn(drawing: Places, steps: readonly { readonly node: string; readonly ms: number }[]): { readonly node: string; readonly ms: number }[] {
  const own: { node: string; ms: number }[] = []
  for (const [index, place] of placesIn(drawing, steps.map(({ node }) => node)).entries()) {
    const [last, ms] = [own.at(-1), steps[index]?.ms ?? 0]
    if (place?.entered === true) own.push({ node: place.node, ms })
    else if (place !== null && last !== undefined) last.ms += ms
  }
  return own
}

/** Where in a drawing a caller stands who came this way; undefined: outside of it. */
export const placeIn = (drawing: Places, path: readonly string[]): string | undefined => placesIn(drawing, path).at(-1)?.node
