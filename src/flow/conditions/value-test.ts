import { Type, type Static } from 'typebox'
import { closed, says } from '../fields.js'
import { VALUE_PATTERN } from '../say/value.js'

const Text = (zh: string, en: string) => Type.String({ pattern: VALUE_PATTERN, ...says(zh, en) })
const Bound = (zh: string, en: string) => Type.Optional(Type.Number(says(zh, en)))

/** What is asked of a variable or a tag; all that is mentioned must hold. */
export const ValueTest = Type.Union([
  Text('等于', 'It is this'),
  Type.Number(says('等于', 'It is this')),
  closed({
    in: Type.Optional(Type.Array(Text('一个值', 'One value'), { minItems: 1, maxItems: 64, ...says('等于其中之一', 'It is one of these') })),
    startsWith: Type.Optional(Text('以此开头', 'It begins with this')),
    atLeast: Bound('数值至少', 'A number of at least'),
    atMost: Bound('数值至多', 'A number of at most'),
    present: Type.Optional(Type.Boolean(says('有没有值', 'Whether there is a value'))),
  }, { minProperties: 1, ...says('条件：in 之一、startsWith 开头、atLeast 至少、atMost 至多、present 有无', 'A test: in, startsWith, atLeast, atMost, present') }),
], says('值，或 { in | startsWith | atLeast | atMost | present: … }', 'A value, or { in | startsWith | atLeast | atMost | present: … }'))

/** Bounds that leave no number between them. */
export const emptyRange = (test: Static<typeof ValueTest>): { atLeast: number; atMost: number } | null =>
  typeof test === 'object' && test.atLeast !== undefined && test.atMost !== undefined && test.atLeast > test.atMost ? { atLeast: test.atLeast, atMost: test.atMost } : null

/** Every value that a test asks for by name, and where it stands. */
export const valuesIn = (test: Static<typeof ValueTest>): readonly { readonly value: string; readonly path: readonly (string | number)[] }[] =>
  (typeof test === 'object' ? (test.in ?? []).map((value, index) => ({ value, path: ['in', index] })) : [{ value: String(test), path: [] }])

/** Whether `text` (undefined: there is none) passes. What is no number is neither at least nor at most anything. */
export function passes(test: Static<typeof ValueTest>, text: string | undefined): boolean {
  if (typeof test !== 'object') return text === String(test)
  const { in: list, startsWith, atLeast, atMost, present } = test
  if (present !== undefined && present !== (text !== undefined)) return false
  if (text === undefined) return present === false && list === undefined && startsWith === undefined && atLeast === undefined && atMost === undefined
  const number = /^-?[0-9]{1,15}(?:\.[0-9]{1,6})?$/.test(text) ? Number(text) : NaN
  return (list === undefined || list.includes(text)) && (startsWith === undefined || text.startsWith(startsWith)) && (atLeast === undefined || number >= atLeast) && (atMost === undefined || number <= atMost)
}
