import { Type, type TSchema, type TSchemaOptions } from 'typebox'
import type { Bilingual } from '../contracts/primitives.js'

/**
 * Building blocks of the node schemas. A description holds Chinese on its first line and English on its second:
 * editors show both on hover, and problem messages take the one they need.
 */
export function says(zh: string, en: string): { description: string } {
  return { description: `${zh}\n${en}` }
}

/** Names of nodes, prompts and tag keys: safe in file names, channel variables and drawings. */
export const NAME_PATTERN = '^[a-z][a-z0-9-]{0,47}$'

const strict = { additionalProperties: false } as const

/** A node, or any other part of a flow file: unknown keys are errors. */
export const closed = <P extends Record<string, TSchema>>(properties: P, options: TSchemaOptions = {}) => Type.Object(properties, { ...strict, ...options })

/** What `NAME_PATTERN` allows. */
export const NAME_RULE: Bilingual = { zh: '小写字母开头，可含数字和连字符', en: 'begins with a lower-case letter; digits and hyphens' }

/** Schema of a reference to a node; `zh`, `en`: when it is gone to. */
export const NodeName = (zh: string, en: string) => Type.String({ pattern: NAME_PATTERN, ...says(`${zh}；填节点名（${NAME_RULE.zh}）`, `${en}: a node name (${NAME_RULE.en})`) })

/** Name of a node for people. */
export const NodeTitle = closed({
  zh: Type.String({ minLength: 1, maxLength: 20, ...says('中文名称，最多 20 字', 'Name in Chinese, at most 20 characters') }),
  en: Type.String({ minLength: 1, maxLength: 40, ...says('英文名称，最多 40 个字符', 'Name in English, at most 40 characters') }),
}, says('给人看的名称：流程图等处显示它，不写则显示节点名', 'Name for people, shown in drawings and the like; default: the node\'s own name'))

export const Tags = Type.Record(
  Type.String({ pattern: NAME_PATTERN }),
  Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,63}$', ...says('标签值：字母、数字、连字符', 'A tag value: letters, digits, hyphens') }),
  {
    ...strict, minProperties: 1, maxProperties: 8,
    ...says('给来电加的标签；category 须在类别表中，language 切换语言', 'Tags for the call; category must be in the code book, language switches the language'),
  },
)

/** Schema of a time in seconds within bounds; `standard`: where the flow does not say. */
export const Seconds = (minimum: number, maximum: number, standard: number, zh: string, en: string) => Type.Number({
  minimum, maximum, default: standard,
  ...says(`${zh}，秒，${minimum}–${maximum}，默认 ${standard}`, `${en}, seconds, ${minimum}–${maximum}, default ${standard}`),
})

export const Tries = Type.Integer({ minimum: 1, maximum: 5, default: 2, ...says('最多播放几遍，1–5，默认 2', 'How often it is asked at most, 1–5, default 2') })
