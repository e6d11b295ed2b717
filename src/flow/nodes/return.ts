import { Type } from 'typebox'
import { closed, NAME_PATTERN, says } from '../fields.js'
import { defineNode } from '../node-type.js'

/** A part is over: the flow that called it goes on, by its exit for this result. */
export const returns = defineNode({
  type: 'return',
  schema: closed({
    type: Type.Literal('return', says('子流程结束，回到调用它的流程', 'The part is over; the flow that called it goes on')),
    result: Type.Optional(Type.String({ pattern: NAME_PATTERN, default: 'done', ...says('结果名，调用处的 results 按它选出口，默认 done', 'Name of the result, by which `results` of the caller chooses a way, default: done') })),
  }),
  example: 'back: { type: return, result: known }',
  exits: () => [],
  ending: 'returns',
  enter: (node) => ({ kind: 'return', result: node.result ?? 'done' }),
})
