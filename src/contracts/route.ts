import { Type, type Static, type TSchema } from 'typebox'
import { ROLES, type Role } from './people.js'
import type { Bilingual } from './primitives.js'

/**
 * One HTTP route: path, who may call it, what goes in and out. The server registers from it, OpenAPI is made from it,
 * the desk's client is typed by it. A route without roles or response cannot be written.
 */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** `public`: nobody needs to be signed in. */
  readonly roles: readonly Role[] | 'public'
  readonly summary: Bilingual
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  readonly response: TSchema
  /** Of the request, bytes; else the server's own limit. */
  readonly bodyLimit?: number
}

/** Every refusal has this shape; `code` is from `contracts/errors.ts`, `text` in the language of the request. */
export const Failure = Type.Object({
  code: Type.String(),
  text: Type.String(),
  details: Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])),
}, { additionalProperties: false })
export type Failure = Static<typeof Failure>

/** An object with these properties and no others. */
export const strict = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, { additionalProperties: false })
export const Nothing = strict({})
/** What a list is asked for a page at a time. */
export const Page = { limit: Type.Integer({ minimum: 1, maximum: 200, default: 50 }), offset: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }) }
export const EVERYONE = ROLES
export const INTAKE = ['operator', 'supervisor', 'admin'] as const satisfies readonly Role[]
