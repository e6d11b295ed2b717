import Value from 'typebox/value'
import type { TSchema } from 'typebox'
import { LineBody } from '../../contracts/county.js'

/** What a schema says of how long, how large or how many, and of which characters. */
const BOUNDS: ReadonlySet<string> = new Set(['minLength', 'maxLength', 'pattern', 'format', 'minimum', 'maximum', 'minItems', 'maxItems', 'uniqueItems'])

/** The same schema without its bounds: its names, types and words alone. */
const shapeOf = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(shapeOf)
  if (schema === null || typeof schema !== 'object') return schema
  return Object.fromEntries(Object.entries(schema).flatMap(([key, value]) => (BOUNDS.has(key) && typeof value !== 'object' ? [] : [[key, shapeOf(value)]])))
}
const SHAPE = shapeOf(LineBody) as TSchema

/** Whether this version knows what a message says: one of a kind, with a part or with a word that only a later version has, does not fit. */
export const isKnown = (body: unknown): body is LineBody => Value.Check(SHAPE, body)

/** What of a known message is beyond its bounds, as `/ticket/fields/description`; null: nothing. */
export function boundFault(body: LineBody): string | null {
  const fits: boolean = Value.Check(LineBody, body)
  if (fits) return null
  const own = LineBody.anyOf.find(({ properties: { kind } }) => kind.const === body.kind) ?? LineBody
  const [fault] = Value.Errors(own, body)
  return fault === undefined ? body.kind : `${fault.instancePath} ${fault.message}`
}
