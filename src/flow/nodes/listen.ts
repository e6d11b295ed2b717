import { Type, type Static } from 'typebox'
import { enterQuestion, faultOf, oneKey, questionPrompts, questionUses, resumeQuestion, retryQuestion, type Asking } from '../ask.js'
import { choiceExits, choiceTags } from '../choice.js'
import { closed, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'
import { askFields, choiceFields, choices, onFaultField, silenceField } from '../question-fields.js'

const Words = (zh: string, en: string) => Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 32, ...says('一个词', 'One word') }), { minItems: 1, maxItems: 16, ...says(zh, en) }))

const schema = closed({
  type: Type.Literal('listen', says('听说话选择；没有语音引擎时只收按键', 'Chooses by what the caller says; without a speech engine, by keys alone')),
  ...askFields(['没有听懂时先听到的', 'Heard first when it was not understood']),
  ...silenceField('播完后等待的时间', 'Wait after the prompts'),
  keys: choices(
    closed({
      words: Type.Optional(closed({ 'zh-CN': Words('中文说法', 'What it is called in Chinese'), en: Words('英文说法', 'What it is called in English') }, { minProperties: 1, ...says('说到其中之一即选中', 'Saying one of these chooses it') })),
      ...choiceFields('选中后转到', 'Where it leads'),
    }, says('一个选项', 'One choice')),
    '按键 0–9、"*"、"#"，并可写出说法', 'Keys 0–9, "*", "#", and the words for them',
  ),
  onSilence: NodeName('最后一遍后仍无应答时', 'When nothing came the last time'),
  onWrong: Type.Optional(NodeName('最后一遍仍未听懂时，默认同 onSilence', 'When it was not understood the last time; default: onSilence')),
  ...onFaultField,
})
type Listen = Static<typeof schema>

const asking = (node: Listen): Asking => ({ ...oneKey(node), listen: true })

const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

/** The one key whose words are in what was said; undefined when none is, or several are. */
function understood(node: Listen, said: string): string | undefined {
  const text = plain(said.slice(0, 500))
  const found = Object.entries(node.keys).filter(([, { words }]) => Object.values(words ?? {}).some((list) => list.some((word) => text.includes(plain(word)))))
  return found.length === 1 ? found[0]?.[0] : undefined
}

/** A menu that may be answered by voice. Keys are always beside it. */
export const listen = defineNode({
  type: 'listen',
  schema,
  example: [
    'topic:',
    '  type: listen',
    '  prompts: [say-topic]',
    '  keys:',
    '    "1": { words: { zh-CN: [井盖], en: [manhole] }, tag: { category: manhole-cover }, goto: thanks }',
    '    "0": { goto: waiting }',
    '  onSilence: waiting',
  ].join('\n'),
  exits: (node) => choiceExits(node.keys, asking(node)),
  prompts: questionPrompts,
  uses: questionUses,
  tags: (node) => choiceTags(node.keys),
  check(node, complain) {
    const said = Object.entries(node.keys).flatMap(([key, { words = {} }]) => Object.entries(words).flatMap(([language, list]) => list.map((word, index) => ({ key, word, path: ['keys', key, 'words', language, index] }))))
    for (const { key, word, path } of said) {
      if (word.trim() === '') { complain('listen.blank', path, {}); continue }
      const other = said.find((one) => one.key !== key && one.word.trim() !== '' && plain(word).includes(plain(one.word)))
      if (other !== undefined) complain('listen.words', path, { word, within: other.word, other: other.key })
    }
  },
  enter: (node, context) => enterQuestion(asking(node), context),
  resume: (node, context) => resumeQuestion(asking(node), context),
  on(node, event, context) {
    if (event.type === 'failed') return faultOf(node)
    const answer = event.type === 'heard' ? understood(node, event.text) : event.type === 'digits' ? event.digits || event.terminator : event.type === 'timeout' ? event.digits : ''
    if (answer === '') return retryQuestion(asking(node), context, 'silence')
    const choice = answer !== undefined && Object.hasOwn(node.keys, answer) ? node.keys[answer] : undefined
    if (choice === undefined) return retryQuestion(asking(node), context, event.type === 'digits' && answer === undefined ? 'silence' : 'wrong')
    return { kind: 'goto', to: choice.goto, by: 'caller', ...(answer !== undefined && { label: answer }), ...(choice.tag && { tags: choice.tag }) }
  },
})
