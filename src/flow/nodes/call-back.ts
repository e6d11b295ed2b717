import { Type, type Static } from 'typebox'
import { enterQuestion, faultOf, oneKey, questionExits, questionPrompts, questionTimes, questionUses, resumeQuestion, retryQuestion, type Asking, type Question } from '../ask.js'
import { closed, NodeName, says, Tries } from '../fields.js'
import { defineNode, type NodeContext, type NodeOutcome } from '../node-type.js'
import { onFaultField, SILENCE_SECONDS, silenceField } from '../question-fields.js'
import { PromptList, spokenPrompts, spokenUses } from '../say/spoken.js'

const NUMBER = /^[0-9]{5,15}$/

const Key = (zh: string, en: string) => Type.String({ pattern: '^[0-9*#]$', ...says(`${zh}（须加引号）`, `${en} (quoted)`) })

const schema = closed({
  type: Type.Literal('call-back', says('可选回拨：登记后由座席打回，来电者可挂机或继续等候', 'Offers to call back: an operator will; he may hang up or go on waiting')),
  prompts: PromptList('询问是否要回拨', 'The offer'),
  again: Type.Optional(PromptList('重复时听到的，默认同 prompts', 'Heard on repeats; default: prompts')),
  wrong: Type.Optional(PromptList('按错键时先听到的', 'Heard first after a wrong key')),
  tries: Type.Optional(Tries),
  ...silenceField('播完后等待按键的时间', 'Wait for a key after the prompts'),
  key: Key('同意回拨的键', 'Key that says yes'),
  otherKey: Type.Optional(Key('改用另一个号码的键', 'Key for another number')),
  askNumber: Type.Optional(PromptList('请按出号码，以 # 结束（隐藏号码或按 otherKey 时）', 'Asks for the number, ended by # (withheld number, or otherKey)')),
  next: NodeName('已登记回拨', 'When the call-back is promised'),
  onSilence: NodeName('不要回拨时', 'When he does not want it'),
  onWrong: Type.Optional(NodeName('最后一遍仍按错键时，默认同 onSilence', 'When the key was wrong the last time; default: onSilence')),
  ...onFaultField,
})
type CallBack = Static<typeof schema>

function askingNumber(node: CallBack): Asking {
  const prompts = node.askNumber ?? node.prompts
  const question: Question = { prompts, ...(node.wrong && { wrong: node.wrong }), ...(node.tries && { tries: node.tries }), onSilence: node.onSilence, ...(node.onWrong !== undefined && { onWrong: node.onWrong }), ...(node.onFault !== undefined && { onFault: node.onFault }) }
  const timeout = (node.silenceSeconds ?? SILENCE_SECONDS) * 1000
  return { question, gathering: { min: 5, max: 15, terminators: '#', timeout, interDigitTimeout: timeout } }
}

const forNumber = (outcome: NodeOutcome): NodeOutcome => (outcome.kind === 'stay' ? { ...outcome, memory: { ...outcome.memory, number: true } } : outcome)
const promised = (node: CallBack, number?: string): NodeOutcome => ({ kind: 'goto', to: node.next, by: 'caller', label: node.key, tags: { 'call-back': 'wanted' }, notes: [{ type: 'call-back', ...(number !== undefined && { number }) }] })

function answeredYes(node: CallBack, other: boolean, context: NodeContext): NodeOutcome {
  if (!other && context.surroundings.caller.number !== '') return promised(node)
  // A withheld number cannot be called; without a way to key one in there is nothing to promise.
  if (node.askNumber === undefined) return { kind: 'goto', to: node.onSilence, by: 'silence' }
  return forNumber(enterQuestion(askingNumber(node), { ...context, visited: false }))
}

/** An operator calls back: the wish is on record before the caller hears that it is. He keeps his place meanwhile. */
export const callBack = defineNode({
  type: 'call-back',
  schema,
  example: [
    'offer:',
    '  type: call-back',
    '  prompts: [offer-call-back]',
    '  key: "1"',
    '  otherKey: "2"',
    '  askNumber: [enter-number]',
    '  next: promised',
    '  onSilence: waiting',
  ].join('\n'),
  exits(node) {
    const offer = questionTimes(oneKey(node))
    const number = questionTimes(askingNumber(node))
    return [
      { to: node.next, by: 'caller', path: ['next'], label: node.key, settles: true, time: (lengths) => [0, offer.answered(lengths)[1] + (node.askNumber === undefined ? 0 : number.answered(lengths)[1])] },
      ...questionExits(oneKey(node)).map((exit) => ({ ...exit, time: (lengths: Parameters<NonNullable<typeof exit.time>>[0]) => {
        const [least, most] = exit.time?.(lengths) ?? [0, 0]
        return [least, most + (node.askNumber === undefined ? 0 : number.silent(lengths)[1])] as const
      } })),
    ]
  },
  prompts: (node) => [...questionPrompts(node), ...spokenPrompts('askNumber', node.askNumber)],
  tags: () => [{ key: 'call-back', value: 'wanted', path: [] }],
  uses: (node) => [...questionUses(node), ...spokenUses('askNumber', node.askNumber)],
  check(node, complain) {
    if (node.otherKey !== undefined && node.askNumber === undefined) complain('call-back.number', ['otherKey'], {})
    if (node.otherKey === node.key) complain('call-back.key', ['otherKey'], { key: node.key })
  },
  enter: (node, context) => enterQuestion(oneKey(node), context),
  resume: (node, context) => (context.memory['number'] === true ? forNumber(resumeQuestion(askingNumber(node), context)) : resumeQuestion(oneKey(node), context)),
  on(node, event, context) {
    if (event.type === 'failed') return faultOf(node)
    const digits = event.type === 'digits' ? event.digits || event.terminator || '' : event.type === 'timeout' ? event.digits : ''
    const silent = digits === ''
    if (context.memory['number'] === true) {
      if (NUMBER.test(digits)) return promised(node, digits)
      return forNumber(retryQuestion(askingNumber(node), context, silent ? 'silence' : 'wrong'))
    }
    if (digits === node.key || (node.otherKey !== undefined && digits === node.otherKey)) return answeredYes(node, digits === node.otherKey, context)
    return retryQuestion(oneKey(node), context, silent ? 'silence' : 'wrong')
  },
})
