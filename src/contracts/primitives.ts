import { Type, type Static } from 'typebox'

/** A channel or record id as FreeSWITCH and PostgreSQL print it: lower-case UUID. */
export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' })
export type Uuid = Static<typeof Uuid>

/** An act's id, made by who does it. Those of version 8 are ours, worked out of what they are about (`dispatch/ids.ts`): who could take one would have done before the clock does it. */
export const ActId = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[1-7][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$' })

/** Milliseconds since the Unix epoch, up to the end of 9999: what a `Date`, PostgreSQL and a page can tell the day of. Call facts carry FreeSWITCH's time, deadlines PostgreSQL's. */
export const EpochMs = Type.Integer({ minimum: 0, maximum: 253_402_300_799_999 })
export type EpochMs = Static<typeof EpochMs>

/** Operator's or unit's telephone extension: digits only, so that it is safe inside a dial string. */
export const Extension = Type.String({ pattern: '^[0-9]{2,8}$' })

/** Key into `ivr-flows/categories.yaml`, e.g. `manhole-cover`. */
export const CategoryCode = Type.String({ pattern: '^[a-z][a-z0-9-]{1,31}$' })
export type CategoryCode = Static<typeof CategoryCode>

/** WGS-84 degrees; `uncertaintyMetres` as the carrier gave it. */
export const Point = Type.Object({
  lat: Type.Number({ minimum: -90, maximum: 90 }),
  lon: Type.Number({ minimum: -180, maximum: 180 }),
  uncertaintyMetres: Type.Optional(Type.Number({ minimum: 0 })),
}, { additionalProperties: false })
export type Point = Static<typeof Point>

export const Language = Type.Union([Type.Literal('zh-CN'), Type.Literal('en')])
export type Language = Static<typeof Language>

/** A text in both languages of the desk. */
export const Bilingual = Type.Object({ zh: Type.String(), en: Type.String() }, { additionalProperties: false })
export type Bilingual = Static<typeof Bilingual>
