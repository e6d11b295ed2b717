import { Type } from 'typebox'
import { closed, NodeName, says, Tags } from '../fields.js'
import { defineNode } from '../node-type.js'

/** Tags the call and goes on at once. */
export const tag = defineNode({
  type: 'tag',
  schema: closed({
    type: Type.Literal('tag', says('给来电加标签', 'Tags the call')),
    set: Tags,
    next: NodeName('下一个节点', 'Next node'),
  }),
  example: 'english: { type: tag, set: { language: en }, next: topics }',
  exits: (node) => [{ to: node.next, by: 'always', path: ['next'] }],
  tags: (node) => Object.entries(node.set).map(([key, value]) => ({ key, value, path: ['set', key] })),
  enter: (node) => ({ kind: 'goto', to: node.next, tags: node.set }),
})
