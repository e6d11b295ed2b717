import { Type, type Static } from 'typebox'
import { closed, NAME_PATTERN, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'
import { Value, valueOf, valueUses } from '../say/value.js'

const Change = Type.Union([
  Value,
  closed({ add: Type.Integer({ minimum: -1_000_000, maximum: 1_000_000, ...says('加多少', 'How much is added') }) }, says('在原值上加（无值为 0）', 'Adds to the value there is (none is 0)')),
], says('固定值、{ var: … }、{ tag: … }、{ fact: … }、{ until: … } 或 { add: 1 }', 'A fixed value, { var: … }, { tag: … }, { fact: … }, { until: … } or { add: 1 }'))

const schema = closed({
  type: Type.Literal('set', says('设置变量', 'Sets variables')),
  set: Type.Record(Type.String({ pattern: NAME_PATTERN }), Change, {
    additionalProperties: false, minProperties: 1, maxProperties: 8, ...says('变量：值', 'Variable: value'),
  }),
  next: NodeName('下一个节点', 'Next node'),
})

function changed(change: Static<typeof Change>, before: string | undefined, context: Parameters<typeof valueOf>[1]): string {
  if (typeof change === 'object' && 'add' in change) return String((/^-?[0-9]{1,9}$/.test(before ?? '') ? Number(before) : 0) + change.add)
  return valueOf(change, context) ?? ''
}

/** Gives variables their values and goes on at once. A value that is not there takes the variable away. */
export const set = defineNode({
  type: 'set',
  schema,
  example: 'count: { type: set, set: { rounds: { add: 1 }, district: east }, next: topics }',
  exits: (node) => [{ to: node.next, by: 'always', path: ['next'] }],
  uses: (node) => Object.entries(node.set).flatMap(([name, change]) => [
    ...(typeof change === 'object' && 'add' in change ? [] : valueUses(change, ['set', name])),
    { kind: 'variable' as const, name, how: 'write' as const, path: ['set', name] },
  ]),
  enter: (node, context) => ({ kind: 'goto', to: node.next, vars: Object.fromEntries(Object.entries(node.set).map(([name, change]) => [name, changed(change, context.vars[name], context)])) }),
})
