import { Type } from 'typebox'
import { closed, says } from '../fields.js'
import { defineNode } from '../node-type.js'

/** The flow is over: the caller goes on waiting with music until an operator answers. A flow cannot hang up. */
export const end = defineNode({
  type: 'end',
  schema: closed({
    type: Type.Literal('end', says('流程到此为止，来电继续排队等候（听音乐）', 'The flow is over; the caller goes on waiting in the queue (music)')),
  }),
  example: 'waiting: { type: end }',
  exits: () => [],
  ending: 'waits',
  enter: () => ({ kind: 'end' }),
})
