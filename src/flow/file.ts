import { Type, type Static, type TSchema } from 'typebox'
import { LANGUAGES } from '../contracts/flow.js'
import { closed, NAME_PATTERN, NAME_RULE, NodeName, says } from './fields.js'
import { NODE_TYPES } from './nodes/index.js'
import { ScenarioFile } from './scenario/file.js'
import { EntriesFile, LinesFile } from './side-files.js'
import { FLOW_KINDS } from './types.js'

/** File names and flow names: `110`, `after-hours`. */
const FLOW_NAME_PATTERN = '^[a-z0-9][a-z0-9-]{0,31}$'
const ENTRIES_LIMIT = 5_000
export const QUEUED_SECONDS = 0
export const UNBREAKABLE_SECONDS = 3
const DRAFT = 'http://json-schema.org/draft-07/schema#'

const Title = closed({
  zh: Type.String({ minLength: 1, maxLength: 100, ...says('中文名称', 'Name in Chinese') }),
  en: Type.String({ minLength: 1, maxLength: 100, ...says('英文名称', 'Name in English') }),
}, says('给人看的名称', 'Name for people'))

const top = {
  flow: Type.String({ pattern: FLOW_NAME_PATTERN, ...says('流程名，与文件名相同（纯数字须加引号）', 'Name of the flow, the same as the file\'s (quote digits)') }),
  title: Title,
  languages: Type.Array(Type.Enum(LANGUAGES, says('语言：zh-CN、en', 'Language: zh-CN, en')), { minItems: 1, ...says('语言，第一个为默认；每种语言都须有全部提示音', 'Languages, the first is the default; every prompt must exist in each') }),
  start: NodeName('第一个节点', 'First node'),
  kind: Type.Optional(Type.Enum(FLOW_KINDS, { default: 'entry', ...says(
    'entry 市民来电进入（默认）；visit 我们打给市民（回访；目前还不自动外呼，只能检查、测试、试听）；part 供其他流程调用',
    'entry: citizens who call enter it (default); visit: citizens whom we call (nothing dials by itself yet: it is checked, tested and tried only); part: other flows call it',
  ) })),
  parameters: Type.Optional(Type.Array(Type.String({ pattern: NAME_PATTERN }), { maxItems: 8, uniqueItems: true, ...says('参数名：调用 part 时、或回访开始时给出的变量', 'Names of parameters: variables that are given when a part is called or a visit begins') })),
  bound: Type.Optional(closed({
    queuedSeconds: Type.Optional(Type.Number({ minimum: 0, maximum: 600, default: QUEUED_SECONDS, ...says('来电最迟多少秒进入排队，默认 0', 'A caller is in a queue after so many seconds at most, default 0') })),
    unbreakableSeconds: Type.Optional(Type.Number({ minimum: 0, maximum: 600, default: UNBREAKABLE_SECONDS, ...says('空闲座席最长多少秒接不到来电，默认 3', 'Longest time in which a ready operator could not speak to him, default 3') })),
  }, { minProperties: 1, ...says('对来电者的承诺，check 会证明', 'What is promised to callers; the check proves it') })),
}

/** A flow file with its nodes not yet looked at: each is checked against the schema of its own type. */
export const FlowFile = closed({
  ...top,
  nodes: Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.Unknown(), {
    additionalProperties: false, minProperties: 1, maxProperties: ENTRIES_LIMIT,
    ...says(`节点（名称：${NAME_RULE.zh}）`, `Nodes (a name ${NAME_RULE.en})`),
  }),
})
export type FlowFile = Static<typeof FlowFile>

/** `ivr-flows/categories.yaml`. */
export const CodeBookFile = closed({
  categories: Type.Record(Type.String({ pattern: '^[a-z][a-z0-9-]{1,31}$' }), closed({
    zh: Type.String({ minLength: 1, maxLength: 32, ...says('中文名称', 'Name in Chinese') }),
    en: Type.String({ minLength: 1, maxLength: 64, ...says('英文名称', 'Name in English') }),
    class: Type.Enum(['emergency', 'standard'], says('emergency 优先接听，standard 按先后', 'emergency is answered first, standard in turn')),
    units: Type.Optional(Type.Array(Type.String({ pattern: '^[a-z0-9-]{2,32}$', ...says('联动单位编号', 'Id of a linked unit') }), { maxItems: 16, ...says('通常由哪些单位办理', 'Units that usually handle it') })),
  }, says('一个类别', 'One category')), {
    additionalProperties: false, minProperties: 1,
    ...says(`类别代码（${NAME_RULE.zh}）`, `Category codes (${NAME_RULE.en})`),
  }),
  tags: Type.Optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), closed({
    zh: Type.String({ minLength: 1, maxLength: 32, ...says('中文名称', 'Name in Chinese') }),
    en: Type.String({ minLength: 1, maxLength: 64, ...says('英文名称', 'Name in English') }),
    values: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9-]{0,63}$', ...says('标签值：字母、数字、连字符', 'A tag value: letters, digits, hyphens') }), { minItems: 1, uniqueItems: true, ...says('只能是这些值；不写则任意', 'It can only be one of these; default: anything') })),
  }, says('一个标签', 'One tag')), {
    additionalProperties: false,
    ...says('流程除类别、语言外可加的标签；写了这一项，没有列出的标签就是错误', 'Tags that flows may set besides category and language; where this is written, any other tag is a mistake'),
  })),
})

/** JSON Schemas for editors by file name in `ivr-flows`, from the same source that the loader checks with. */
export function editorSchemas(): Readonly<Record<string, object>> {
  return {
    'flow.schema.json': flowFileSchema(),
    'categories.schema.json': { $schema: DRAFT, title: '联动类别表 / Liandong code book', ...CodeBookFile },
    'test.schema.json': { $schema: DRAFT, title: '联动流程测试 / Liandong flow tests', ...ScenarioFile },
    'entries.schema.json': { $schema: DRAFT, title: '联动来电号码表 / Liandong dialled numbers', ...EntriesFile },
    'lines.schema.json': { $schema: DRAFT, title: '联动线路表 / Liandong lines', ...LinesFile },
  }
}

function flowFileSchema(): object {
  const types = [...NODE_TYPES.values()]
  const node = {
    type: 'object',
    required: ['type'],
    properties: { type: { enum: types.map(({ type }) => type), ...says('节点类型', 'Node type') } },
    // One `then` per type gives an editor the keys of just that type, which a union would not.
    allOf: types.map(({ type, schema }) => ({
      if: { required: ['type'], properties: { type: { const: type } } },
      then: { ...schema, description: `${typeText(schema)}\n\n${NODE_TYPES.get(type)?.example ?? ''}` },
    })),
  }
  return {
    $schema: DRAFT,
    title: '联动语音流程 / Liandong flow file',
    ...FlowFile,
    properties: { ...FlowFile.properties, nodes: { ...FlowFile.properties.nodes, patternProperties: { [NAME_PATTERN]: node } } },
  }
}

const typeText = (schema: { properties: Record<string, TSchema> }) => (schema.properties['type'] as { description?: string } | undefined)?.description ?? ''
