/** What `docs/flows.md` and `docs/flows.zh-CN.md` say of the language of the flows, from the node types themselves. */
import type { TSchema } from 'typebox'
import { CONDITIONS } from '../src/flow/conditions/index.js'
import { exampleRun } from '../src/flow/examples.js'
import type { NodeType } from '../src/flow/node-type.js'
import { NODE_TYPES } from '../src/flow/nodes/index.js'
import { READ_OUTS, type ReadOutKind } from '../src/flow/say/read-out.js'
import { FACTS } from '../src/flow/say/value.js'

type Language = 'zh' | 'en'
type Described = TSchema & { readonly description?: string; readonly default?: unknown; readonly properties?: Readonly<Record<string, Described>>; readonly required?: readonly string[] }

/** Descriptions hold Chinese in the first line and English in the second. */
const says = (schema: Described | undefined, language: Language): string => (schema?.description ?? '').split('\n')[language === 'zh' ? 0 : 1] ?? ''
const cell = (text: string): string => text.replaceAll('|', '\\|')

const row = (name: string, schema: Described, needed: boolean, language: Language): string => `| \`${name}\` | ${needed ? { zh: '是', en: 'yes' }[language] : ''} | ${cell(says(schema, language))} |`

function keys(schema: Described, language: Language): string[] {
  // What every node may have is said once, above them.
  const rows = Object.entries(schema.properties ?? {}).filter(([name]) => name !== 'type' && name !== 'title').map(([name, one]) => row(name, one, schema.required?.includes(name) === true, language))
  if (rows.length === 0) return []
  return [{ zh: '| 键 | 必填 | 含义 |', en: '| Key | Needed | Meaning |' }[language], '| --- | --- | --- |', ...rows, '']
}

function node(type: NodeType, language: Language): string {
  const heading = says(type.schema.properties['type'], language)
  const run = exampleRun(type).map(({ event, commands }) => `${event === '' ? { zh: '进入', en: 'enters' }[language] : event} → ${commands.join(', ')}`)
  return [`### ${type.type}`, '', `${heading}。`.replace(/([^。])。$/, language === 'zh' ? '$1。' : '$1.'), '', ...keys(type.schema, language), '```yaml', ...(type.exampleHead === null ? [] : [type.exampleHead, 'nodes:']), type.exampleHead === null ? type.example : type.example.replaceAll(/^/gm, '  '), '```', '', '```text', ...run, '```', ''].join('\n')
}

/** Every node type: what may be written, an example, and what that example does. */
export const nodeDocs = (language: Language): string => [...NODE_TYPES.values()].map((type) => node(type, language)).join('\n').trimEnd()

/** Every condition of `when`. */
export function conditionDocs(language: Language): string {
  return CONDITIONS.map(({ name, schema }) => {
    const described = schema as Described
    return [`### ${name}`, '', says(described, language), '', ...keys(described, language)].join('\n').trimEnd()
  }).join('\n\n')
}

/** Everything that can be read out. */
export function readOutDocs(language: Language): string {
  const head = { zh: ['| 写法 | 念出 |', '值取自：'], en: ['| Written | Read out |', 'A value may be taken from '] }[language]
  const kinds = (Object.keys(READ_OUTS) as ReadOutKind[]).map((kind) => `| \`{ ${kind}: … }\` | ${cell(READ_OUTS[kind][language])} |`)
  const facts = FACTS.map((fact) => `\`{ fact: ${fact} }\``).join(language === 'zh' ? '、' : ', ')
  const rest = { zh: '`{ var: 变量 }`、`{ tag: 标签 }`、`{ until: 开关 }`', en: '`{ var: variable }`, `{ tag: tag }`, `{ until: switch }`' }[language]
  return [head[0] ?? '', '| --- | --- |', ...kinds, '', `${head[1] ?? ''}${rest}${language === 'zh' ? '、' : ', '}${facts}${language === 'zh' ? '。' : '.'}`].join('\n')
}
