import { Type } from 'typebox'
import { closed, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'

/** Goes on at another node: a name that many nodes can point to. */
export const goto = defineNode({
  type: 'goto',
  schema: closed({
    type: Type.Literal('goto', says('转到另一个节点', 'Goes on at another node')),
    to: NodeName('目标节点', 'Where to'),
  }),
  example: 'back: { type: goto, to: topics }',
  exits: (node) => [{ to: node.to, by: 'always', path: ['to'] }],
  enter: (node) => ({ kind: 'goto', to: node.to }),
})
