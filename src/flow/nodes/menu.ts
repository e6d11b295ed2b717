import { Type } from 'typebox'
import { enterQuestion, faultOf, oneKey, questionPrompts, questionUses, resumeQuestion, retryQuestion } from '../ask.js'
import { choiceExits, choiceTags } from '../choice.js'
import { closed, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'
import { askFields, choiceFields, choices, onFaultField, silenceField } from '../question-fields.js'

const schema = closed({
  type: Type.Literal('menu', says('按键菜单：听的同时即可按键', 'A menu of keys, which may be pressed while it is heard')),
  ...askFields(['按错键时先听到的', 'Heard first after a wrong key']),
  ...silenceField('播完后等待按键的时间', 'Wait for a key after the prompts'),
  keys: choices(closed(choiceFields('按此键转到', 'Where this key leads'), says('一个按键', 'One key')), '按键 0–9、"*"、"#"；* 和 # 必须加引号', 'Keys 0–9, "*", "#"; * and # must be quoted'),
  onSilence: NodeName('最后一遍后仍无按键时', 'When no key was pressed the last time'),
  onWrong: Type.Optional(NodeName('最后一遍仍按错键时，默认同 onSilence', 'When the key was wrong the last time; default: onSilence')),
  ...onFaultField,
})

/** One key decides. Silence and wrong keys repeat the question, then the caller goes on waiting. */
export const menu = defineNode({
  type: 'menu',
  schema,
  example: [
    'topics:',
    '  type: menu',
    '  prompts: [greeting, topics]',
    '  again: [topics]',
    '  keys:',
    '    "1": { tag: { category: manhole-cover }, goto: thanks }',
    '    "*": { goto: english }',
    '  onSilence: waiting',
  ].join('\n'),
  exits: (node) => choiceExits(node.keys, oneKey(node)),
  prompts: questionPrompts,
  uses: questionUses,
  tags: (node) => choiceTags(node.keys),
  enter: (node, context) => enterQuestion(oneKey(node), context),
  resume: (node, context) => resumeQuestion(oneKey(node), context),
  on(node, event, context) {
    if (event.type === 'failed') return faultOf(node)
    // FreeSWITCH reports a terminator apart from the digits; here every key is an answer.
    const pressed = event.type === 'digits' ? event.digits || event.terminator : event.type === 'timeout' ? event.digits : ''
    if (pressed === undefined || pressed === '') return retryQuestion(oneKey(node), context, 'silence')
    const choice = Object.hasOwn(node.keys, pressed) ? node.keys[pressed] : undefined
    if (choice === undefined) return retryQuestion(oneKey(node), context, 'wrong')
    return { kind: 'goto', to: choice.goto, by: 'caller', label: pressed, ...(choice.tag && { tags: choice.tag }) }
  },
})
