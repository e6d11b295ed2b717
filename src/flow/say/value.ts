import { Type, type Static } from 'typebox'
import { closed, NAME_PATTERN, says } from '../fields.js'
import type { NodeContext, NodePath, Use } from '../node-type.js'

/** What a variable may hold. Look-ups and callers bring anything; only this gets in, so that nothing else can ever get out. */
export const VALUE_PATTERN = '^[A-Za-z0-9*#._:+-]{1,64}$'
const HARMLESS = new RegExp(VALUE_PATTERN)
export const MAX_VARIABLES = 32

/** Whether a text may be a variable's value. */
export const isHarmless = (text: string): boolean => HARMLESS.test(text)

export const FACTS = ['position', 'expected-wait', 'waiting', 'caller-number', 'earlier-calls', 'now'] as const

/** Schema of the name of a variable or tag. */
export const VariableName = (zh: string, en: string) => Type.String({ pattern: NAME_PATTERN, ...says(zh, en) })

const Source = closed({
  var: Type.Optional(VariableName('变量', 'A variable')),
  tag: Type.Optional(VariableName('标签', 'A tag')),
  fact: Type.Optional(Type.Enum(FACTS, says(
    'position 排队位次、expected-wait 预计等候秒数、waiting 等候人数、caller-number 来电号码、earlier-calls 此前来电次数、now 现在',
    'position in the queue, expected-wait in seconds, callers waiting, caller-number, earlier-calls, now',
  ))),
  until: Type.Optional(VariableName('开关的预计结束时间', 'When a switch is expected to end')),
}, { minProperties: 1, maxProperties: 1, ...says('取自：{ var: … }、{ tag: … }、{ fact: … } 或 { until: … }', 'Taken from { var: … }, { tag: … }, { fact: … } or { until: … }') })

/** A value: written out, or taken from where it is. */
export const Value = Type.Union([
  Type.String({ pattern: VALUE_PATTERN, ...says('文字', 'Text') }),
  Type.Number(says('数字', 'A number')),
  Source,
], says('固定值，或 { var: … }、{ tag: … }、{ fact: … }、{ until: … }', 'A fixed value, or { var: … }, { tag: … }, { fact: … }, { until: … }'))
export type Value = Static<typeof Value>

type Facts = Pick<NodeContext, 'vars' | 'tags' | 'surroundings'>

/** The value now, or null when there is none. */
export function valueOf(value: Value, { vars, tags, surroundings }: Facts): string | null {
  if (typeof value !== 'object') return String(value)
  const text = value.var !== undefined ? own(vars, value.var)
    : value.tag !== undefined ? own(tags, value.tag)
      : value.until !== undefined ? (Object.hasOwn(surroundings.modes, value.until) ? surroundings.modes[value.until]?.until?.toString() : undefined)
        : factOf(value.fact ?? 'now', surroundings)
  return text === undefined || !isHarmless(text) ? null : text
}

function factOf(fact: (typeof FACTS)[number], { now, caller, load, queue }: Facts['surroundings']): string {
  switch (fact) {
    case 'position': return String(queue.position)
    case 'expected-wait': return String(queue.expectedWaitSeconds)
    case 'waiting': return String(load.waiting)
    case 'caller-number': return caller.number.replace(/^\+/, '')
    case 'earlier-calls': return String(caller.earlierCalls)
    case 'now': return String(now)
  }
}

const own = (texts: Readonly<Record<string, string>>, name: string): string | undefined => (Object.hasOwn(texts, name) ? texts[name] : undefined)

/** Variables and tags that a value reads, and the switch whose end it is. */
export function valueUses(value: Value, path: NodePath): Use[] {
  if (typeof value !== 'object') return []
  return value.var !== undefined ? [{ kind: 'variable', name: value.var, how: 'read', path: [...path, 'var'] }]
    : value.tag !== undefined ? [{ kind: 'tag', name: value.tag, keyed: false, path: [...path, 'tag'] }]
    : value.until !== undefined ? [{ kind: 'mode', name: value.until, path: [...path, 'until'] }] : []
}
