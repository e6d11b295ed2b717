import { Type } from 'typebox'
import { closed, NodeName, says } from '../fields.js'
import { defineNode, type NodeOutcome, type PromptLengths, type Span } from '../node-type.js'
import { PromptList, speak, spokenPrompts, spokenTime, spokenUses, type Spoken } from '../say/spoken.js'

/**
 * Plays prompts and reads values out, to the end. An operator who answers cuts it; a key cuts it where it may be skipped,
 * otherwise keys are lost, also to the question that follows: FreeSWITCH's `playback` takes them from the line. Where keys matter, write a menu.
 */
export const play = defineNode({
  type: 'play',
  schema: closed({
    type: Type.Literal('play', says('播放提示音，念出数字、日期等', 'Plays prompts and reads numbers, dates and the like out')),
    prompts: PromptList('依次播放', 'Played one after the other'),
    skip: Type.Optional(Type.Boolean({ default: false, ...says('按任意键跳过，默认 false：期间按的键无效，也不算对下一个问题的回答', 'Any key skips it; default: false, and keys pressed meanwhile are lost, also to the question that follows') })),
    next: NodeName('播放之后', 'After the prompts'),
    onFault: Type.Optional(NodeName('播放失败时，默认同 next', 'When they cannot be played; default: next')),
  }),
  example: 'thanks: { type: play, prompts: [noted, { number: { fact: position } }], skip: true, next: waiting }',
  exits: (node) => [
    { to: node.next, by: 'always', path: ['next'], time: (lengths) => timeOf(node, lengths) },
    { to: node.onFault ?? node.next, by: 'fault', path: [node.onFault === undefined ? 'next' : 'onFault'], time: (lengths) => [0, timeOf(node, lengths)[1]] },
  ],
  prompts: (node) => spokenPrompts('prompts', node.prompts),
  uses: (node) => spokenUses('prompts', node.prompts),
  enter(node, context) {
    const prompts = speak(node.prompts, context)
    if (prompts === null) return fault(node)
    return { kind: 'stay', command: { type: 'play', prompts, ...(node.skip === true && { keys: true }) }, memory: {} }
  },
  on: (node, event) => (event.type === 'failed' ? fault(node) : { kind: 'goto', to: node.next }),
})

/** One visit. A skippable one can be over at once. */
function timeOf(node: { prompts: readonly Spoken[]; skip?: boolean }, lengths: PromptLengths): Span {
  const [least, most] = spokenTime(node.prompts, lengths)
  return [node.skip === true ? 0 : least, most]
}

const fault = (node: { onFault?: string; next: string }): NodeOutcome => ({ kind: 'goto', to: node.onFault ?? node.next, by: 'fault' })
