import type { Bilingual } from './primitives.js'

type Say = (params: Readonly<Record<string, unknown>>) => Bilingual

const n = (value: unknown): string => String(value)
const TYPES: Readonly<Record<string, string>> = { integer: '整数', number: '数字', string: '文字', boolean: '是或否（true / false）', array: '列表', object: '对象', null: '空' }

/** What a JSON Schema validator found, by its keyword. Ajv and TypeBox give the same parameters (https://ajv.js.org/api.html#error-parameters). */
const SAYINGS: Readonly<Record<string, Say>> = {
  required: ({ missingProperty }) => ({ zh: `缺少 ${n(missingProperty)}`, en: `${n(missingProperty)} is missing` }),
  additionalProperties: ({ additionalProperty }) => ({ zh: `不认识的字段 ${n(additionalProperty)}`, en: `unknown field ${n(additionalProperty)}` }),
  type: ({ type }) => ({ zh: `应为${TYPES[n(type)] ?? ` ${n(type)}`}`, en: `must be ${n(type)}` }),
  enum: ({ allowedValues }) => ({ zh: `应为 ${(allowedValues as unknown[]).map(n).join('、')} 之一`, en: `must be one of ${(allowedValues as unknown[]).map(n).join(', ')}` }),
  const: ({ allowedValue }) => ({ zh: `应为 ${n(allowedValue)}`, en: `must be ${n(allowedValue)}` }),
  pattern: ({ pattern }) => ({ zh: `格式不符（${n(pattern)}）`, en: `has another form (${n(pattern)})` }),
  format: ({ format }) => ({ zh: `不是有效的 ${n(format)}`, en: `is not a valid ${n(format)}` }),
  minLength: ({ limit }) => ({ zh: `至少 ${n(limit)} 个字符`, en: `has at least ${n(limit)} characters` }),
  maxLength: ({ limit }) => ({ zh: `最多 ${n(limit)} 个字符`, en: `has at most ${n(limit)} characters` }),
  minimum: ({ limit }) => ({ zh: `不小于 ${n(limit)}`, en: `is at least ${n(limit)}` }),
  maximum: ({ limit }) => ({ zh: `不大于 ${n(limit)}`, en: `is at most ${n(limit)}` }),
  minItems: ({ limit }) => ({ zh: `至少 ${n(limit)} 项`, en: `has at least ${n(limit)} items` }),
  maxItems: ({ limit }) => ({ zh: `最多 ${n(limit)} 项`, en: `has at most ${n(limit)} items` }),
  minProperties: ({ limit }) => ({ zh: `至少 ${n(limit)} 个字段`, en: `has at least ${n(limit)} fields` }),
  anyOf: () => ({ zh: '不是允许的形式', en: 'has none of the allowed forms' }),
}

/** In both languages, or null for a keyword that our schemas do not use. */
export function sayProblem(keyword: string, params: object): Bilingual | null {
  return SAYINGS[keyword]?.(params as Record<string, unknown>) ?? null
}
