import { Type, type Static } from 'typebox'
import { enterQuestion, faultOf, questionExits, questionPrompts, questionTimes, questionUses, resumeQuestion, retryQuestion, type Asking } from '../ask.js'
import { closed, NodeName, says, Seconds, Tags, Tries } from '../fields.js'
import { defineNode } from '../node-type.js'
import { PromptList } from '../say/spoken.js'

const SILENCE_SECONDS = 5

const schema = closed({
  type: Type.Literal('menu', says('按键菜单：听的同时即可按键', 'A menu of keys, which may be pressed while it is heard')),
  prompts: PromptList('第一次听到的', 'Heard the first time'),
  again: Type.Optional(PromptList('重复或返回时听到的，默认同 prompts', 'Heard on repeats and on coming back; default: prompts')),
  wrong: Type.Optional(PromptList('按错键时先听到的', 'Heard first after a wrong key')),
  tries: Type.Optional(Tries),
  silenceSeconds: Type.Optional(Seconds(1, 30, SILENCE_SECONDS, '播完后等待按键的时间', 'Wait for a key after the prompts')),
  keys: Type.Record(
    Type.String({ pattern: '^[0-9*#]$' }),
    closed({
      goto: NodeName('按此键转到', 'Where this key leads'),
      tag: Type.Optional(Tags),
    }, says('一个按键', 'One key')),
    {
      additionalProperties: false, minProperties: 1,
      ...says('按键 0–9、"*"、"#"；* 和 # 必须加引号', 'Keys 0–9, "*", "#"; * and # must be quoted'),
    },
  ),
  onSilence: NodeName('最后一遍后仍无按键时', 'When no key was pressed the last time'),
  onWrong: Type.Optional(NodeName('最后一遍仍按错键时，默认同 onSilence', 'When the key was wrong the last time; default: onSilence')),
  onFault: Type.Optional(NodeName('无法播放或收键时，默认同 onSilence', 'When it cannot be played; default: onSilence')),
})

function asking(node: Static<typeof schema>): Asking {
  const timeout = (node.silenceSeconds ?? SILENCE_SECONDS) * 1000
  return { question: node, gathering: { min: 1, max: 1, terminators: '', timeout, interDigitTimeout: timeout } }
}

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
  exits: (node) => [
    ...Object.entries(node.keys).map(([key, { goto }]) => ({ to: goto, by: 'caller' as const, path: ['keys', key, 'goto'], label: key, time: questionTimes(asking(node)).answered })),
    ...questionExits(asking(node)),
  ],
  prompts: questionPrompts,
  uses: questionUses,
  tags: (node) => Object.entries(node.keys).flatMap(([key, { tag = {} }]) =>
    Object.entries(tag).map(([name, value]) => ({ key: name, value, path: ['keys', key, 'tag', name] }))),
  enter: (node, context) => enterQuestion(asking(node), context),
  resume: (node, context) => resumeQuestion(asking(node), context),
  on(node, event, context) {
    if (event.type === 'failed') return faultOf(node)
    // FreeSWITCH reports a terminator apart from the digits; here every key is an answer.
    const pressed = event.type === 'digits' ? event.digits || event.terminator : event.type === 'timeout' ? event.digits : ''
    if (pressed === undefined || pressed === '') return retryQuestion(asking(node), context, 'silence')
    const choice = Object.hasOwn(node.keys, pressed) ? node.keys[pressed] : undefined
    if (choice === undefined) return retryQuestion(asking(node), context, 'wrong')
    return { kind: 'goto', to: choice.goto, ...(choice.tag && { tags: choice.tag }) }
  },
})
