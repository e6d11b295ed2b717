import { Type, type Static } from 'typebox'
import type { FlowProblem } from '../contracts/flow.js'
import type { Language } from '../contracts/primitives.js'
import { closed, NAME_PATTERN, says } from './fields.js'
import { openReport } from './load/report.js'
import { reportShape, fits } from './load/shape.js'
import { readYaml } from './load/yaml-source.js'

/** One stretch of speech in one language. */
export interface Speech { readonly language: Language; readonly text: string }

const ENGLISH = closed({ en: Type.String({ minLength: 1, maxLength: 1000, ...says('英文段', 'An English part') }) }, says('英文段 { en: … }', 'An English part { en: … }'))
const Text = Type.String({ minLength: 1, maxLength: 1000 })
const TextsFile = Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.Union([Text, Type.Array(Type.Union([Text, ENGLISH]), { minItems: 1 })], says('文本，或文本与 { en: … } 的列表', 'text, or a list of texts and { en: … }')), {
  additionalProperties: false,
  ...says('提示音名称 → 文字', 'Prompt name → text'),
})

/** Reads `prompts/<language>/texts.yaml`: what each prompt says, part by part; null when anything is wrong with it. */
export function loadPromptTexts(path: string, text: string, language: Language): { texts: ReadonlyMap<string, readonly Speech[]> | null; problems: readonly FlowProblem[] } {
  const { report, problems } = openReport(path, text)
  const source = readYaml(text, report)
  if (source !== null && !fits(TextsFile, source.value)) reportShape(TextsFile, source.value, { source, base: [], where: { zh: '提示音文字', en: 'The texts file' }, report })
  const found = problems()
  if (source === null || found.length > 0) return { texts: null, problems: found }
  const written = source.value as Static<typeof TextsFile>
  const texts = new Map(Object.entries(written).map(([name, parts]) => [name, (Array.isArray(parts) ? parts : [parts]).map((part): Speech =>
    (typeof part === 'string' ? { language, text: part } : { language: 'en', text: part.en }))]))
  return { texts, problems: found }
}

/** What a prompt says, as one line. */
export function speechText(parts: readonly Speech[]): string {
  return parts.map(({ text }) => text).join(' ')
}
