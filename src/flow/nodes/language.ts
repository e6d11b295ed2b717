import { Type } from 'typebox'
import { LANGUAGES } from '../../contracts/flow.js'
import { closed, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'

/** Everything from here on is heard in another language; the operator sees which by the tag. */
export const language = defineNode({
  type: 'language',
  schema: closed({
    type: Type.Literal('language', says('切换语言', 'Switches the language')),
    to: Type.Enum(LANGUAGES, says('语言，须在本流程的 languages 中', 'The language; it must be one of the flow\'s languages')),
    next: NodeName('下一个节点', 'Next node'),
  }),
  example: 'english: { type: language, to: en, next: topics }',
  exits: (node) => [{ to: node.next, by: 'always', path: ['next'] }],
  tags: (node) => [{ key: 'language', value: node.to, path: ['to'] }],
  enter: (node) => ({ kind: 'goto', to: node.next, tags: { language: node.to } }),
})
