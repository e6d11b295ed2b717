import { Type, type Static } from 'typebox'
import { enterQuestion, faultOf, questionExits, questionPrompts, questionTimes, questionUses, resumeQuestion, retryQuestion, type Asking } from '../ask.js'
import { closed, NAME_PATTERN, NodeName, says, Seconds } from '../fields.js'
import { defineNode } from '../node-type.js'
import { fitsPattern, isLiteral, lengthsOf, sampleOf } from '../dial-pattern.js'
import { askFields, onFaultField, SILENCE_SECONDS, silenceField } from '../question-fields.js'

const BETWEEN_KEYS_SECONDS = 3
const MIN = 1
const TERMINATORS = '#'
const NUMBER = '13900000001'
/** What is keyed in where anything will do. */
const FEW = 6

const schema = closed({
  type: Type.Literal('collect', says('收集一串按键（如报修编号）', 'Collects several keys (a meter number, say)')),
  ...askFields(['输入有误时先听到的', 'Heard first after a wrong input']),
  min: Type.Optional(Type.Integer({ minimum: 1, maximum: 32, default: MIN, ...says('最少几位，默认 1', 'Fewest keys, default 1') })),
  max: Type.Integer({ minimum: 1, maximum: 32, ...says('最多几位，1–32', 'Most keys, 1–32') }),
  terminators: Type.Optional(Type.Enum(['', '#', '*', '*#'], { default: TERMINATORS, ...says('结束键，须加引号："#"、"*"、"*#"、""', 'Keys that end the input, quoted: "#", "*", "*#", ""') })),
  ...silenceField('播完后等待第一个键的时间', 'Wait for the first key after the prompts'),
  betweenKeysSeconds: Type.Optional(Seconds(1, 30, BETWEEN_KEYS_SECONDS, '两键之间的等待时间', 'Wait between keys')),
  patterns: Type.Optional(Type.Array(
    Type.String({ pattern: '^(?:[0-9*#XNZ]|\\[[0-9]-[0-9]\\])+[.]?$', maxLength: 64, ...says('如 1XXXXXXXXXX：X=0–9，Z=1–9，N=2–9，[3-5]，末尾 . = 任意多位', 'e.g. 1XXXXXXXXXX: X=0–9, Z=1–9, N=2–9, [3-5], a final . = any further keys') }),
    { minItems: 1, maxItems: 16, ...says('输入须符合其中之一', 'The input must fit one of these') },
  )),
  saveAs: Type.String({ pattern: NAME_PATTERN, not: { enum: ['category', 'language'] }, ...says('存入的标签名和变量名（不能是 category、language）', 'Tag and variable that hold the input (not category, not language)') }),
  next: NodeName('输入正确之后', 'After a right input'),
  onSilence: NodeName('最后一遍后仍无输入时', 'When nothing was pressed the last time'),
  onWrong: Type.Optional(NodeName('最后一遍仍有误时，默认同 onSilence', 'When the input was wrong the last time; default: onSilence')),
  ...onFaultField,
})
type Collect = Static<typeof schema>

const asking = (node: Collect): Asking => ({
  question: node,
  gathering: {
    min: node.min ?? MIN,
    max: node.max,
    timeout: (node.silenceSeconds ?? SILENCE_SECONDS) * 1000,
    interDigitTimeout: (node.betweenKeysSeconds ?? BETWEEN_KEYS_SECONDS) * 1000,
    terminators: node.terminators ?? TERMINATORS,
  },
})

const fits = (node: Collect, digits: string) =>
  digits.length >= (node.min ?? MIN) && digits.length <= node.max && /^[0-9*#]+$/.test(digits)
  && (node.patterns === undefined || node.patterns.some((pattern) => fitsPattern(pattern, digits)))

/** One key is enough, whichever: no input is wrong. */
const takesAny = (node: Collect): boolean => (node.min ?? MIN) === 1 && node.patterns === undefined

/** Several keys become the value of a tag. */
export const collect = defineNode({
  type: 'collect',
  schema,
  example: [
    'meter:',
    '  type: collect',
    '  prompts: [enter-meter]',
    '  min: 6',
    '  max: 10',
    '  terminators: "#"',
    '  patterns: [ZXXXXX.]',
    '  saveAs: meter',
    '  next: thanks',
    '  onSilence: waiting',
  ].join('\n'),
  exits: (node) => [{ to: node.next, by: 'caller', path: ['next'], time: questionTimes(asking(node)).answered }, ...questionExits(asking(node)).filter(({ label }) => label !== '?' || node.onWrong !== undefined || !takesAny(node))],
  prompts: questionPrompts,
  uses: (node) => [...questionUses(node), { kind: 'variable', name: node.saveAs, how: 'write', path: ['saveAs'] }],
  tags({ saveAs, patterns }) {
    const listed = patterns !== undefined && patterns.every(isLiteral)
    return [{ key: saveAs, path: ['saveAs'], ...(listed && { keyed: patterns }) }]
  },
  inputs(node) {
    const terminator = (node.terminators ?? TERMINATORS).charAt(0)
    // A telephone number where one is taken: most inputs are one.
    const free = node.max >= NUMBER.length && (node.min ?? MIN) <= NUMBER.length ? NUMBER : NUMBER.slice(0, Math.min(node.max, Math.max(node.min ?? MIN, FEW))).padEnd(node.min ?? MIN, '1')
    const keys = [free, ...(node.patterns ?? []).map((pattern) => sampleOf(pattern, node.min ?? MIN))].filter((one) => fits(node, one))
    return keys.map((one) => (one.length >= node.max ? one : `${one}${terminator}`))
  },
  misfit(node) {
    const [min, terminator] = [node.min ?? MIN, (node.terminators ?? TERMINATORS).charAt(0)]
    const free = Array.from('7190*#').filter((key) => !(node.terminators ?? TERMINATORS).includes(key))
    for (let length = 1; length <= node.max; length += 1) {
      const keys = free.map((key) => key.repeat(length)).find((one) => !fits(node, one))
      // Before there are enough of them a terminator ends nothing.
      if (keys !== undefined && (length >= min || length < node.max)) return length >= node.max ? { keys, ends: true } : terminator !== '' && length >= min ? { keys: `${keys}${terminator}`, ends: true } : { keys, ends: false }
    }
    return null
  },
  check(node, complain) {
    const min = node.min ?? MIN
    if (min > node.max) complain('collect.range', ['max'], { min, max: node.max })
    for (const [index, pattern] of (node.patterns ?? []).entries()) {
      const [shortest, longest] = lengthsOf(pattern)
      const terminators = node.terminators ?? TERMINATORS
      if (!fitsPattern(pattern, sampleOf(pattern, 0)) || Array.from(terminators).some((key) => pattern.includes(key))) complain('collect.never', ['patterns', index], { pattern, terminators })
      else if (longest < min || shortest > node.max) complain('collect.pattern', ['patterns', index], { pattern, min, max: node.max })
    }
  },
  enter: (node, context) => enterQuestion(asking(node), context),
  resume: (node, context) => resumeQuestion(asking(node), context),
  on(node, event, context) {
    if (event.type === 'failed') return faultOf(node)
    const digits = event.type === 'digits' || event.type === 'timeout' ? event.digits : ''
    if (fits(node, digits)) return { kind: 'goto', to: node.next, by: 'caller', tags: { [node.saveAs]: digits }, vars: { [node.saveAs]: digits } }
    const silent = digits === '' && event.type !== 'digits'
    return retryQuestion(asking(node), context, silent ? 'silence' : 'wrong')
  },
})
