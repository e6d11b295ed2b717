import { Type } from 'typebox'
import { closed, NAME_PATTERN, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'
import { isHarmless, Value, valueOf, valueUses } from '../say/value.js'

const TIMEOUT_SECONDS = 2

/**
 * Asks a service that the system administrator listed in the settings. What it answers is text of a stranger: it becomes a variable
 * only where it is short and harmless, and a variable can only be branched on and read out.
 */
export const lookUp = defineNode({
  type: 'look-up',
  schema: closed({
    type: Type.Literal('look-up', says('查询外部服务（须由系统管理员在设置中列出）', 'Asks another service, which the settings must list')),
    service: Type.String({ pattern: NAME_PATTERN, ...says('服务名，不是地址：tickets，或设置 flows.lookUps 中以 名称=https://主机/路径 列出的', 'Name of a service, never its address: tickets, or one that the setting flows.lookUps lists as name=https://host/path') }),
    query: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z][A-Za-z0-9_-]{0,31}$' }), Value, { additionalProperties: false, maxProperties: 8, ...says('查询参数：值', 'Parameter: value') })),
    save: Type.Record(Type.String({ pattern: NAME_PATTERN }), Type.String({ pattern: '^[A-Za-z0-9_-]{1,32}(?:\\.[A-Za-z0-9_-]{1,32}){0,4}$', ...says('应答中的字段，如 outage.until', 'Field of the answer, e.g. outage.until') }), {
      additionalProperties: false, minProperties: 1, maxProperties: 8, ...says('变量：应答中的字段', 'Variable: field of the answer'),
    }),
    timeoutSeconds: Type.Optional(Type.Number({ minimum: 0.2, maximum: 5, default: TIMEOUT_SECONDS, ...says('最长等待，秒，0.2–5，默认 2', 'Longest wait, seconds, 0.2–5, default 2') })),
    next: NodeName('查到之后', 'When it answered'),
    onFault: NodeName('没有及时应答或不可用时', 'When it did not answer in time or cannot be asked'),
  }),
  example: [
    'outage:',
    '  type: look-up',
    '  service: outages',
    '  query: { number: { fact: caller-number } }',
    '  save: { outage-until: outage.until }',
    '  timeoutSeconds: 2',
    '  next: known',
    '  onFault: waiting',
  ].join('\n'),
  exits(node) {
    const time = () => [0, (node.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000] as const
    return [{ to: node.next, by: 'always', path: ['next'], time }, { to: node.onFault, by: 'fault', path: ['onFault'], time }]
  },
  uses: (node) => [
    { kind: 'service', name: node.service, path: ['service'] },
    ...Object.entries(node.query ?? {}).flatMap(([name, value]) => valueUses(value, ['query', name])),
    ...Object.keys(node.save).map((name) => ({ kind: 'variable' as const, name, how: 'write' as const, path: ['save', name] })),
  ],
  enter(node, context) {
    const query = Object.entries(node.query ?? {}).flatMap(([name, value]) => { const text = valueOf(value, context); return text === null ? [] : [[name, text] as const] })
    return { kind: 'stay', command: { type: 'look-up', service: node.service, query: Object.fromEntries(query), fields: Object.values(node.save), timeout: (node.timeoutSeconds ?? TIMEOUT_SECONDS) * 1000 }, memory: {} }
  },
  on(node, event) {
    if (event.type !== 'looked-up') return { kind: 'goto', to: node.onFault, by: 'fault' }
    const vars = Object.entries(node.save).map(([name, field]) => [name, harmless(Object.hasOwn(event.values, field) ? event.values[field] : undefined)] as const)
    return { kind: 'goto', to: node.next, vars: Object.fromEntries(vars) }
  },
})

/** A value of the answer as a variable may hold it; empty when it may not. */
function harmless(value: unknown): string {
  const text = typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? String(value) : ''
  return isHarmless(text) ? text : ''
}
