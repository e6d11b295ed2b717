import { Type, type Static, type TSchema } from 'typebox'
import { HINT_KINDS } from '../../contracts/call.js'
import type { FlowProblem } from '../../contracts/flow.js'
import type { Bilingual } from '../../contracts/primitives.js'
import { closed, NAME_PATTERN, says } from '../fields.js'
import { nearest, suggest } from '../load/problems.js'
import { isDate } from '../local-time.js'
import { listFile } from '../load/list-file.js'
import type { Gap } from '../load/gaps.js'
import type { Report, Span } from '../load/report.js'
import { fits } from '../load/shape.js'
import { isMap, type YamlSource } from '../load/yaml-source.js'
import type { NodePath, Use } from '../node-type.js'
import { askedModes } from '../surroundings.js'
import type { Flow } from '../types.js'

const Text = (zh: string, en: string) => Type.String({ minLength: 1, maxLength: 200, ...says(zh, en) })
const Seconds = (zh: string, en: string) => Type.Number({ minimum: 0, maximum: 3_600, ...says(`${zh}，秒`, `${en}, seconds`) })
const Count = (zh: string, en: string) => Type.Optional(Type.Integer({ minimum: 0, maximum: 100_000, ...says(zh, en) }))
const optional = Type.Optional
const flag = (zh: string, en: string) => Type.Literal(true, says(zh, en))

/** City time. */
const TIME = '\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}'

/** Several at once are done in this order. */
const Step = closed({
  press: optional(Type.String({ pattern: '^[0-9*#]{1,32}$', ...says('依次按这些键，须加引号', 'Presses these keys, quoted') })),
  after: optional(Seconds('上一步之后多久才按；不写：等提示音播完', 'How long after the step before he presses; absent: once the prompts have been heard')),
  between: optional(Seconds('两键之间', 'Between keys')),
  say: optional(Text('对语音识别说的话', 'Speaks to the speech engine')),
  speaks: optional(Seconds('在留言录音里说话', 'Speaks on the tape of a message')),
  silence: optional(flag('什么也不按，直到这一问超时', 'Presses nothing until the question has run out')),
  wait: optional(Seconds('等候', 'Waits')),
  fault: optional(flag('正在做的事失败（缺录音、线路故障……）', 'What goes on fails (tape missing, line broken, …)')),
  hangUp: optional(flag('来电挂机', 'Hangs up')),
}, { minProperties: 1, ...says('来电者的一步：press、say、speaks、silence、wait、fault 或 hangUp', 'One step of the caller: press, say, speaks, silence, wait, fault or hangUp') })
export type Step = Static<typeof Step>

const World = {
  at: optional(Type.String({ pattern: `^${TIME}$`, ...says('城市时间，默认 2026-01-05T12:00（周一）', 'The city\'s time, default 2026-01-05T12:00, a Monday') })),
  caller: optional(closed({
    number: optional(Type.String({ pattern: '^\\+?[0-9]{0,15}$', ...says('来电号码，须加引号', 'His number, quoted') })),
    verified: optional(Type.Boolean(says('号码是否可信', 'Whether a trusted trunk vouches for it'))),
    earlierCalls: Count('此前来电次数', 'Calls before this one'),
    hints: optional(Type.Array(Type.Enum(HINT_KINDS, says('座席提示', 'A hint')), says('座席提示', 'Hints'))),
  }, says('来电者', 'The caller'))),
  load: optional(closed({
    waiting: Count('等候人数', 'Callers waiting'), ready: Count('空闲座席', 'Operators ready'), present: Count('在席座席', 'Operators at their desks'), longestWaitSeconds: Count('最长等候秒数', 'Longest wait'),
  }, says('话务量', 'The load'))),
  queue: optional(closed({ position: Count('位次', 'His position'), expectedWaitSeconds: Count('预计等候秒数', 'Expected wait') }, says('他的位次和预计等候', 'His position and expected wait'))),
  modes: optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.String({ pattern: `^(?:on|${TIME})$`, ...says('on，或到什么时候为止', 'on, or until when') }), says('打开的开关：{ disaster: on } 或 { outage-power: 2026-01-05T18:30 }', 'Switches that are on: { disaster: on } or { outage-power: 2026-01-05T18:30 }'))),
  tags: optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.String(), says('进入流程时已有的标签（测试子流程用）', 'Tags he comes with, for tests of a part'))),
  holidays: optional(Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), says('放假的日期', 'Dates that are holidays'))),
  workdays: optional(Type.Array(Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}$' }), says('调休上班的日期（周末）', 'Dates that are worked though they are weekends'))),
  vars: optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.String(), says('回访或子流程开始时的变量', 'Variables that a visit or a part begins with'))),
  lookUps: optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.Union([
    Type.Literal('fails'), closed({ answers: Type.Record(Type.String(), Type.Unknown()), after: optional(Seconds('多久之后', 'After how long')) }),
  ], says('fails，或 { answers: { 字段: 值 }, after: 秒 }', 'fails, or { answers: { field: value }, after: seconds }')), says('查询服务的结果，默认超时', 'Results of look-ups by service; default: they time out'))),
  transfers: optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.Enum(['answers', 'fails'], says('answers 或 fails', 'answers or fails')), says('线路接不接，默认不接', 'Whether a line answers; default: it does not'))),
}

export const ENDINGS = ['waits', 'hangs-up', 'transferred', 'hung-up'] as const
export type Ending = (typeof ENDINGS)[number]

const Heard = Type.String({ pattern: '^(?:(?:zh-CN|en)/)?(?:say/)?[a-z0-9][a-z0-9-]*$' })
const Expect = closed({
  hears: optional(Type.Array(Heard, { minItems: 1, ...says('依次听到（其间可有别的）：名称，或 en/名称', 'Heard in this order, others may lie between: a name, or en/name') })),
  hearsNot: optional(Type.Array(Heard, { minItems: 1, ...says('听不到', 'Not heard') })),
  tags: optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.String(), says('全部标签', 'All tags'))),
  queue: optional(closed({ class: optional(Type.String()), skill: optional(Type.String()), priority: optional(Type.Integer()) }, { minProperties: 1, ...says('怎样排队', 'How he waits') })),
  passes: optional(Type.Array(Type.String(), { minItems: 1, ...says('依次经过的节点（其间可有别的）', 'Nodes he comes by, in this order') })),
  callBack: optional(Type.Boolean(says('是否登记回拨', 'Whether a call-back is promised'))),
  ends: optional(Type.Enum(ENDINGS, says('结局：waits 继续排队，hangs-up 流程挂机，transferred 转出，hung-up 来电挂机', 'How it ends: waits on, the flow hangs up, transferred, or the caller hung up'))),
  seconds: optional(closed({
    tagged: optional(Seconds('最迟多久有类别', 'Category known, at most')), over: optional(Seconds('最迟多久播完', 'The flow is over, at most')),
  }, { minProperties: 1, ...says('最多用时', 'Most time it may take') })),
}, { minProperties: 1, ...says('期望', 'What is expected') })

const ScenarioShape = closed({ ...World, steps: optional(Type.Array(Step, { maxItems: 100, ...says('来电者做什么，默认什么也不做', 'What the caller does; default: nothing') })), expect: Expect }, says('一个测试', 'One test'))
export const ScenarioFile = closed({
  flow: Type.String(says('流程名', 'Name of the flow')),
  tests: Type.Record(Type.String({ minLength: 1, maxLength: 120 }), ScenarioShape, { minProperties: 1, ...says('测试：名称 → 内容', 'Tests: name → content') }),
})
export type ScenarioShape = Static<typeof ScenarioShape>

export interface Scenario extends ScenarioShape {
  readonly name: string
  /** Where it stands in the file. */
  readonly path: NodePath
}

export interface ScenarioText { readonly path: string; readonly text: string }

export interface Scenarios {
  readonly flow: string
  readonly scenarios: readonly Scenario[]
  /** Of those that cannot be run, what is right in them. */
  readonly halves: readonly (Partial<ScenarioShape> & Pick<Scenario, 'name' | 'path'>)[]
  /** What of the file was not examined. */
  readonly gaps: readonly Gap[]
  readonly report: Report
  /** Span of a value; of a key with `keyAt`. */
  readonly at: (path: NodePath) => Span
  readonly keyAt: (path: NodePath) => Span
  /** Everything reported so far, in the order of the file. */
  readonly problems: () => FlowProblem[]
}

const readTests = listFile(ScenarioFile, { tests: 'expect' }, { zh: '测试文件', en: 'A file of tests' })

/** Reads `<flow>.test.yaml`: the tests with which nothing is wrong. */
export function loadScenarios({ path, text }: ScenarioText): Scenarios {
  const { source, content, good, gaps, report, problems } = readTests(path, text)
  const written = isMap(content['tests']) ? content['tests'] : {}
  const timed = ({ path: place, test: { at, modes = {}, holidays = [], workdays = [] } }: WrittenTest): boolean => {
    let right = true
    const complain = (value: string, ...keys: NodePath): void => {
      right = false
      report('test.time', spanIn(source, 'at', [...place, ...keys]), { value })
    }
    if (at !== undefined && cityTime(at) === null) complain(at, 'at')
    for (const [mode, until] of Object.entries(modes)) if (until !== 'on' && cityTime(until) === null) complain(until, 'modes', mode)
    for (const [key, days] of [['holidays', holidays], ['workdays', workdays]] as const) for (const [index, value] of days.entries()) if (!isDate(value)) complain(value, key, index)
    return right
  }
  // What a misspelt test makes of the call that was meant, nobody knows: it is not run.
  const asTyped = isMap(source?.value) ? Object.entries(source.value).find(([key]) => nearest(key, ['tests']) !== undefined)?.[1] : undefined
  const fine = new Map(good('tests').filter(([name, value]) => isMap(asTyped) && JSON.stringify(asTyped[name]) === JSON.stringify(value)))
  const all = Object.entries(written).flatMap(([name, value]): WrittenTest[] => (isMap(value) ? [{ name, path: ['tests', name], test: fine.has(name) ? value : fittingIn(value) }] : []))
  const right = new Set(all.filter(timed).map(({ name }) => name))
  const left = Object.keys(written).filter((name) => !fine.has(name) && source?.unread.some((one) => one.under === 'tests' && one.name === name) !== true)
  return {
    flow: typeof content['flow'] === 'string' ? content['flow'] : '', report, problems,
    scenarios: all.flatMap(({ name, path: place, test }) => (fine.has(name) && right.has(name) ? [{ ...test as ScenarioShape, name, path: place }] : [])),
    halves: all.flatMap(({ name, path: place, test }) => (fine.has(name) ? [] : [{ ...test, name, path: place }])),
    gaps: [...gaps, ...left.map((name): Gap => ({ node: null, what: { zh: `测试“${name}”能否通过`, en: `Whether the test "${name}" passes` }, because: { zh: '它的写法有误', en: 'what is written in it is wrong' } }))],
    at: (place) => spanIn(source, 'at', place), keyAt: (place) => spanIn(source, 'keyAt', place),
  }
}

interface WrittenTest { readonly name: string; readonly path: NodePath; readonly test: Partial<ScenarioShape> }

/** Those keys of a test that fit. */
const fittingIn = (test: Readonly<Record<string, unknown>>): Partial<ScenarioShape> =>
  Object.fromEntries(Object.entries(test).filter(([key, value]) => { const own = ScenarioShape.properties[key as keyof ScenarioShape] as TSchema | undefined; return own !== undefined && fits(own, value) }))

/**
 * A test of a flow that is not there (one whose file is there and broken is told already), and names in tests that the flow never asks for: what is written
 * there changes nothing, and a prompt that there is not is never heard. `files`: names of all flow files.
 */
export function checkTested({ flow: tested, scenarios, halves, report, at, keyAt }: Scenarios, flows: ReadonlyMap<string, Flow>, files: readonly string[]): void {
  const flow = flows.get(tested)
  if (flow === undefined) {
    if (tested !== '' && !files.includes(tested)) report('test.flow', at(['flow']), { name: tested, suggestion: suggest(tested, [...flows.keys()]) })
    return
  }
  const all = [flow, ...flow.parts.values()]
  const nodes = all.flatMap((one) => [...one.nodes.values()])
  const named = (kind: Use['kind']): string[] => nodes.flatMap(({ uses }) => uses.flatMap((use) => (use.kind === kind ? [use.name] : [])))
  const given = {
    modes: { what: { zh: '开关', en: 'switch' }, known: askedModes(all) },
    lookUps: { what: { zh: '查询服务', en: 'service' }, known: named('service') },
    transfers: { what: { zh: '线路', en: 'line' }, known: named('line') },
    vars: { what: { zh: '变量', en: 'variable' }, known: [...all.flatMap(({ parameters }) => parameters), ...named('variable')] },
  }
  const heard = nodes.flatMap(({ prompts }) => prompts.flatMap(({ name, language }) => [name, ...(language === undefined ? flow.languages : [language]).map((one) => `${one}/${name}`)]))
  const missing = (name: string, what: Bilingual, known: readonly string[], span: Span): void => {
    if (!known.includes(name)) report('test.name', span, { flow: tested, what, name, suggestion: suggest(name, [...new Set(known)]) })
  }
  for (const scenario of [...scenarios, ...halves]) {
    for (const key of ['modes', 'lookUps', 'transfers', 'vars'] as const) {
      const { what, known } = given[key]
      for (const name of Object.keys(scenario[key] ?? {})) missing(name, what, known, keyAt([...scenario.path, key, name]))
    }
    for (const [index, name] of (scenario.expect?.hearsNot ?? []).entries()) missing(name, { zh: '提示音', en: 'prompt' }, heard, at([...scenario.path, 'expect', 'hearsNot', index]))
  }
}

const spanIn = (source: YamlSource | null, how: 'at' | 'keyAt', path: NodePath): Span => source?.[how](path) ?? { start: 0, end: 1 }

/** `2026-01-05T23:00` in the city, which keeps one offset all year (China Standard Time). */
export function cityTime(text: string): number | null {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})$/.exec(text)
  const time = match === null || !isDate(match[1] ?? '') ? NaN : Date.parse(`${match[1] ?? ''}T${match[2] ?? ''}:00+08:00`)
  return Number.isNaN(time) ? null : time
}
