import { Type, type Static } from 'typebox'
import { Hint } from '../call.js'
import { EpochMs } from '../primitives.js'
import { INTAKE, strict, type Route } from '../route.js'

/** As FreeSWITCH gives it: withheld ones have none, and nothing is known of those. */
const CallerNumber = Type.String({ pattern: '^\\+?[0-9*#]{1,23}$' })

/** What operators wrote down of a number. Hints warn and never block. */
const facts = {
  name: Type.String({ maxLength: 64 }),
  address: Type.String({ maxLength: 200 }),
  hints: Type.Array(strict({ ...Hint.properties, text: Type.String({ maxLength: 200 }) }), { maxItems: 8 }),
}
export const CallerFacts = strict({
  number: CallerNumber,
  ...facts,
  /** Counts the changes; 0: nobody wrote anything down yet. */
  version: Type.Integer({ minimum: 0 }),
  updatedAt: Type.Optional(EpochMs),
  /** Name of whoever changed it last; absent: an import. */
  updatedBy: Type.Optional(Type.String()),
})
export type CallerFacts = Static<typeof CallerFacts>

export const CallerChange = strict({ number: CallerNumber, ...facts, /** The version that was corrected. */ baseVersion: Type.Integer({ minimum: 0 }) })
export type CallerChange = Static<typeof CallerChange>

/** Name, address, note and hints by a caller's number. */
export const CALLER_ROUTES = {
  caller: { method: 'GET', path: '/api/callers', roles: INTAKE, summary: { zh: '来电人登记（按号码）', en: 'What is written down of a caller, by number' }, query: strict({ number: CallerNumber }), response: CallerFacts },
  saveCaller: { method: 'POST', path: '/api/callers', roles: INTAKE, summary: { zh: '登记或更正来电人', en: 'Write down or correct what is known of a caller' }, body: CallerChange, response: CallerFacts },
} as const satisfies Record<string, Route>
