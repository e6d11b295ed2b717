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
  remedy: Bilingual,
  /** The source line, control characters removed, at most 200 characters. */
  excerpt: Type.String(),
}, { additionalProperties: false })
export type FlowProblem = Static<typeof FlowProblem>
