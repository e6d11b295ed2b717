import { Type } from 'typebox'
import { closed, NAME_PATTERN, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'
import { Value, valueOf, valueUses } from '../say/value.js'

/** Runs another flow of kind `part` in between, with parameters, and goes on by what it returned. */
export const subFlow = defineNode({
  type: 'sub-flow',
  schema: closed({
    type: Type.Literal('sub-flow', says('调用子流程（kind: part）；它存入的变量返回后仍在（它的参数除外）', 'Runs another flow (kind: part) in between; variables that it set stay when it returns, but for its parameters')),
    flow: Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,31}$', ...says('子流程名', 'Name of the flow') }),
    with: Type.Optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), Value, { additionalProperties: false, maxProperties: 8, ...says('参数：值', 'Parameter: value') })),
    results: Type.Optional(Type.Record(Type.String({ pattern: NAME_PATTERN }), NodeName('返回此结果时', 'When it returns this result'), { additionalProperties: false, maxProperties: 16, ...says('结果：节点', 'Result: node') })),
    next: NodeName('返回其他结果时', 'When it returns any other result'),
    onFault: Type.Optional(NodeName('无法运行时，默认同 next', 'When it cannot be run; default: next')),
  }),
  example: 'ask-meter: { type: sub-flow, flow: meter, with: { digits: 8 }, results: { known: thanks }, next: waiting }',
  exits: (node) => [
    ...Object.entries(node.results ?? {}).map(([result, to]) => ({ to, by: 'always' as const, path: ['results', result], label: result })),
    { to: node.next, by: 'always', path: ['next'] },
    { to: node.onFault ?? node.next, by: 'fault', path: [node.onFault === undefined ? 'next' : 'onFault'] },
  ],
  uses: (node) => [
    { kind: 'flow', name: node.flow, with: Object.keys(node.with ?? {}), path: ['flow'] },
    ...Object.entries(node.with ?? {}).flatMap(([name, value]) => valueUses(value, ['with', name])),
  ],
  enter: (node, context) => ({ kind: 'call', flow: node.flow, with: Object.fromEntries(Object.entries(node.with ?? {}).map(([name, value]) => [name, valueOf(value, context) ?? ''])) }),
  returned: (node, result) => ({ kind: 'goto', ...(result === null && { by: 'fault' as const }), to: result === null ? node.onFault ?? node.next : node.results !== undefined && Object.hasOwn(node.results, result) ? node.results[result] ?? node.next : node.next }),
})
