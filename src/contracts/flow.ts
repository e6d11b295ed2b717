import { Type, type Static } from 'typebox'
import { Bilingual, CategoryCode, type Language } from './primitives.js'

/** Languages that a flow can speak. The first one is what a caller hears until he chooses another. */
export const LANGUAGES = ['zh-CN', 'en'] as const satisfies readonly Language[]

/** One row of the code book `ivr-flows/categories.yaml`. */
export const Category = Type.Object({
  code: CategoryCode,
  zh: Type.String(),
  en: Type.String(),
  /** Callers tagged with an `emergency` category are offered before all others. */
  class: Type.Enum(['emergency', 'standard']),
  /** Units that usually handle it, by id: a hint for dispatch, most likely first. */
  units: Type.Array(Type.String()),
}, { additionalProperties: false })
export type Category = Static<typeof Category>

/** Something wrong in a flow file, the code book or the prompts. Positions count from 1; columns are UTF-16 units, as editors count. */
export const FlowProblem = Type.Object({
  file: Type.String(),
  line: Type.Integer({ minimum: 1 }),
  col: Type.Integer({ minimum: 1 }),
  /** Columns to underline, at least 1, never past the end of the line. */
  length: Type.Integer({ minimum: 1 }),
  code: Type.String(),
  problem: Bilingual,
  /** What it would do to a caller. */
  why: Bilingual,
  remedy: Bilingual,
  /** The source line, control characters removed, at most 200 characters. */
  excerpt: Type.String(),
  /** Column at which the excerpt begins, where it is cut from a long line; absent: 1. */
  excerptFrom: Type.Optional(Type.Integer()),
}, { additionalProperties: false })
export type FlowProblem = Static<typeof FlowProblem>

const ProofLeg = Type.Object({
  place: Type.String(),
  node: Type.String(),
  language: Type.Enum(LANGUAGES),
  /** What leads on: a key, silence, a fault, or nothing that is waited for. */
  by: Type.Union([Type.Enum(['caller', 'silence', 'fault', 'always']), Type.Null()]),
  label: Type.Union([Type.String(), Type.Null()]),
  ms: Type.Number({ minimum: 0 }),
  /** A value is read out there: so long its longest reading lasts. */
  bounded: Type.Boolean(),
}, { additionalProperties: false })
const ProofWorst = Type.Object({ ms: Type.Number({ minimum: 0 }), path: Type.Array(ProofLeg) }, { additionalProperties: false })

/** What a flow can do to a caller in the worst case, over all paths; times in ms. */
export const FlowProof = Type.Object({
  flow: Type.String(),
  version: Type.String(),
  bound: Type.Object({ queued: Type.Number(), unbreakable: Type.Number() }, { additionalProperties: false }),
  situations: Type.Integer(),
  finite: Type.Boolean(),
  exact: Type.Boolean(),
  queued: ProofWorst,
  unbreakable: ProofWorst,
  over: ProofWorst,
  circles: Type.Array(ProofWorst),
  endless: Type.Array(Type.Array(ProofLeg)),
  chain: Type.Union([Type.Array(ProofLeg), Type.Null()]),
  deep: Type.Union([ProofLeg, Type.Null()]),
  withoutFaultExit: Type.Array(ProofLeg),
  hangUps: Type.Array(Type.Array(ProofLeg)),
  uncut: Type.Array(ProofWorst),
}, { additionalProperties: false })

/** Something of a flow that was not examined, so that more may be wrong with it than is told. */
const FlowGap = Type.Object({
  /** The node; null: what `what` says. */
  node: Type.Union([Type.String(), Type.Null()]),
  what: Bilingual,
  because: Bilingual,
}, { additionalProperties: false })

/** What `liandong flow check --json` writes. */
export const FlowCheckReport = Type.Object({
  /** Every file of a flow, whatever is wrong with it. */
  flows: Type.Array(Type.Object({
    file: Type.String(), name: Type.String(), version: Type.String(),
    /** Nodes as far as they can be read. */
    nodes: Type.Integer(),
    /** It can be run, whatever else is wrong with it. */
    runs: Type.Boolean(),
    /** Null: nothing could be proven. Where something was not examined, of the rest: its seconds may be more. */
    proof: Type.Union([FlowProof, Type.Null()]),
    notExamined: Type.Array(FlowGap),
  }, { additionalProperties: false })),
  /** Files beside them (lists, tests) of which something was not examined. */
  beside: Type.Array(Type.Object({ file: Type.String(), notExamined: Type.Array(FlowGap) }, { additionalProperties: false })),
  problems: Type.Array(FlowProblem),
}, { additionalProperties: false })
export type FlowCheckReport = Static<typeof FlowCheckReport>
