import { Type, type Static } from 'typebox'
import { CategoryCode, Extension, Language, Uuid, type Bilingual } from './primitives.js'

export const ROLES = ['operator', 'supervisor', 'unit', 'admin'] as const
export const Role = Type.Enum(ROLES)
export type Role = (typeof ROLES)[number]
export const ROLE_NAMES: Readonly<Record<Role, Bilingual>> = {
  operator: { zh: '接警员', en: 'operator' }, supervisor: { zh: '值班长', en: 'supervisor' }, unit: { zh: '联动单位', en: 'linked unit' }, admin: { zh: '管理员', en: 'administrator' },
}

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
