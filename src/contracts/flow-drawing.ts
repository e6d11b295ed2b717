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
