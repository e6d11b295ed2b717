import { Type, type Static } from 'typebox'
import { SHORTEST_MESSAGE } from '../../contracts/call.js'
import { closed, NodeName, says, Seconds } from '../fields.js'
import { defineNode, type NodeContext, type NodeOutcome, type PromptLengths, type Span } from '../node-type.js'
import { PromptList, speak, spokenPrompts, spokenTime, spokenUses } from '../say/spoken.js'

const MAX_SECONDS = 120
const SILENCE_SECONDS = 4
/** The tone before it, and what it takes to write the file, ms. */
const TONE = 1_000

const schema = closed({
  type: Type.Literal('message', says('留言：录音留存，登记回拨；按 # 或静默即结束，座席接听则立即中断录音', 'Records a message and marks the call for call-back; # or silence ends it, an operator who answers cuts it')),
  prompts: PromptList('提示音之后"滴"一声开始录音，此前的按键无效', 'Heard before the tone, until which keys do nothing'),
  maxSeconds: Type.Optional(Seconds(5, 300, MAX_SECONDS, '最长留言', 'Longest message')),
  silenceSeconds: Type.Optional(Seconds(2, 30, SILENCE_SECONDS, '静默多久即结束', 'Silence that ends it')),
  next: NodeName('留言已保存', 'When a message was kept'),
  onSilence: NodeName('没有说话时', 'When nothing was said'),
  onFault: Type.Optional(NodeName('无法录音时，默认同 onSilence', 'When it cannot be recorded; default: onSilence')),
})
type Message = Static<typeof schema>

function start(node: Message, context: NodeContext): NodeOutcome {
  const prompts = speak(node.prompts, context)
  if (prompts === null) return fault(node)
  return { kind: 'stay', command: { type: 'record', prompts, maxDuration: (node.maxSeconds ?? MAX_SECONDS) * 1000, silence: (node.silenceSeconds ?? SILENCE_SECONDS) * 1000 }, memory: {} }
}

const fault = (node: Message): NodeOutcome => ({ kind: 'goto', to: node.onFault ?? node.onSilence, by: 'fault' })

/** The caller speaks when nobody can answer: what he says is kept, and he will be called back. `#` ends it. */
export const message = defineNode({
  type: 'message',
  schema,
  example: [
    'leave-word:',
    '  type: message',
    '  prompts: [leave-word]',
    '  maxSeconds: 120',
    '  next: thanks',
    '  onSilence: waiting',
  ].join('\n'),
  exits(node) {
    const until = (tape: number) => (lengths: PromptLengths): Span => {
      const [least, most] = spokenTime(node.prompts, lengths)
      return [least, most + TONE + tape]
    }
    const whole = until((node.maxSeconds ?? MAX_SECONDS) * 1000)
    return [
      { to: node.next, by: 'caller', path: ['next'], time: (lengths) => [SHORTEST_MESSAGE, whole(lengths)[1]], settles: true, sound: true },
      { to: node.onSilence, by: 'silence', path: ['onSilence'], time: until(Math.min(SHORTEST_MESSAGE + (node.silenceSeconds ?? SILENCE_SECONDS) * 1000, (node.maxSeconds ?? MAX_SECONDS) * 1000)), deaf: (lengths) => spokenTime(node.prompts, lengths)[1] },
      { to: node.onFault ?? node.onSilence, by: 'fault', path: [node.onFault === undefined ? 'onSilence' : 'onFault'], time: (lengths) => [0, whole(lengths)[1]] },
    ]
  },
  prompts: (node) => spokenPrompts('prompts', node.prompts),
  tags: () => [{ key: 'message', path: [] }],
  uses: (node) => spokenUses('prompts', node.prompts),
  enter: start,
  on(node, event) {
    if (event.type === 'recorded' && event.duration >= SHORTEST_MESSAGE) return { kind: 'goto', to: node.next, by: 'caller', tags: { message: String(Math.round(event.duration / 1000)) } }
    return event.type === 'failed' ? fault(node) : { kind: 'goto', to: node.onSilence, by: 'silence' }
  },
})
