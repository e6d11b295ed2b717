import { Type, type Static } from 'typebox'
import { CategoryCode, Extension, Language, Uuid } from './primitives.js'

export const ROLES = ['operator', 'supervisor', 'unit', 'admin'] as const
export const Role = Type.Enum(ROLES)
export type Role = (typeof ROLES)[number]

/** The signed-in person as the desk sees himself. */
export const Self = Type.Object({
  id: Uuid,
  loginName: Type.String(),
  displayName: Type.String(),
  role: Role,
  language: Language,
  /** Operators and supervisors have a phone. */
  extension: Type.Optional(Extension),
  /** Unit users belong to a unit. */
  unitId: Type.Optional(Type.String()),
  /** Categories an operator may take; empty = all. */
  skills: Type.Array(CategoryCode),
}, { additionalProperties: false })
export type Self = Static<typeof Self>
