import { Type, type Static } from 'typebox'
import { Bilingual } from './primitives.js'

/** `warn`: works, but look at it. `bad`: calls would be lost or unprotected. */
export const VERDICTS = ['ok', 'warn', 'bad'] as const

/** One thing that `liandong doctor` looked at. */
export const Check = Type.Object({
  /** e.g. `pbx.dialplan.switch`; stays the same from version to version. */
  id: Type.String({ pattern: '^[a-z]+(\\.[a-z-]+)*$' }),
  verdict: Type.Enum(VERDICTS),
  found: Bilingual,
  /** What to do; always there when the verdict is not `ok`. */
  remedy: Type.Optional(Bilingual),
}, { additionalProperties: false })
export type Check = Static<typeof Check>

/** A check that passed: what was found. */
export const ok = (id: string, zh: string, en: string): Check => ({ id, verdict: 'ok', found: { zh, en } })
/** Works, but somebody should look: what was found and what to do. */
export const warn = (id: string, zh: string, en: string, remedyZh: string, remedyEn: string): Check => ({ id, verdict: 'warn', found: { zh, en }, remedy: { zh: remedyZh, en: remedyEn } })
/** Does not work: what was found and what to do. */
export const bad = (id: string, zh: string, en: string, remedyZh: string, remedyEn: string): Check => ({ id, verdict: 'bad', found: { zh, en }, remedy: { zh: remedyZh, en: remedyEn } })
