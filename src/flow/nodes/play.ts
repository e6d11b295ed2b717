import { Type } from 'typebox'
import { closed, NodeName, PromptList, says } from '../fields.js'
import { defineNode, promptRefs, promptUses } from '../node-type.js'

/** Plays prompts to their end. An operator who answers cuts them; keys do not: where keys matter, write a menu. */
export const play = defineNode({
  type: 'play',
  schema: closed({
    type: Type.Literal('play', says('播放提示音', 'Plays prompts')),
    prompts: PromptList('依次播放', 'Played one after the other'),
    next: NodeName('播放之后', 'After the prompts'),
    onFault: Type.Optional(NodeName('播放失败时，默认同 next', 'When they cannot be played; default: next')),
  }),
  example: 'thanks: { type: play, prompts: [noted], next: waiting }',
  exits: (node) => [
    { to: node.next, by: 'always', path: ['next'] },
    ...(node.onFault === undefined ? [] : [{ to: node.onFault, by: 'fault' as const, path: ['onFault'] }]),
  ],
  prompts: (node) => promptUses('prompts', node.prompts),
  enter: (node, { language }) => ({ kind: 'stay', command: { type: 'play', prompts: promptRefs(node.prompts, language) }, memory: {} }),
  on: (node, event) => ({ kind: 'goto', to: event.type === 'failed' ? node.onFault ?? node.next : node.next }),
})
