import { Type } from 'typebox'
import { LINE_SLACK } from '../../contracts/call.js'
import { closed, NAME_PATTERN, NodeName, says } from '../fields.js'
import { defineNode } from '../node-type.js'

const RING_SECONDS = 20

/** ms from its beginning until he is certainly back: `originate_timeout` counts whole seconds, and the end of the ringing may be late in coming. */
const longest = ({ ringSeconds = RING_SECONDS }: { ringSeconds?: number }): number => Math.ceil(ringSeconds) * 1000 + LINE_SLACK

/**
 * Rings another service: a line of `lines.yaml`, by its code. While it rings no operator gets the caller; if it does not answer,
 * he is back in the queue at his place. An operator's phone that rings already comes first: then nothing is transferred.
 */
export const transfer = defineNode({
  type: 'transfer',
  schema: closed({
    type: Type.Literal('transfer', says('转接到 lines.yaml 中的线路（只写代码，不写号码）', 'Transfers to a line of lines.yaml, by its code, never by a number')),
    line: Type.String({ pattern: NAME_PATTERN, ...says('线路代码', 'Code of the line') }),
    ringSeconds: Type.Optional(Type.Number({ minimum: 3, maximum: 60, default: RING_SECONDS, ...says('最多振铃秒数，3–60，默认 20；其间及其后最多 5 秒（交换机回报结果）座席接不到来电，须在 bound 中允许', 'Longest ringing, seconds, 3–60, default 20; no operator gets him meanwhile and for up to 5 s more, until the PBX has said how it ended, which `bound` must allow') })),
    onFault: NodeName('无人接听、占线或不能转接时', 'When nobody answers, it is busy, or cannot be done'),
  }),
  example: 'water-line: { type: transfer, line: water-company, ringSeconds: 20, onFault: waiting }',
  exampleHead: 'bound: { queuedSeconds: 25, unbreakableSeconds: 25 }',
  exits: (node) => [{ to: node.onFault, by: 'fault', path: ['onFault'], time: () => [0, longest(node)] }],
  ending: 'transferred',
  tags: (node) => [{ key: 'transfer', value: node.line, path: ['line'] }],
  uses: (node) => [{ kind: 'line', name: node.line, path: ['line'] }],
  unbreakable: longest,
  enter: (node) => ({ kind: 'stay', command: { type: 'transfer', line: node.line, timeout: (node.ringSeconds ?? RING_SECONDS) * 1000 }, memory: {} }),
  on: (node, event) => (event.type === 'transferred' ? { kind: 'end', tags: { transfer: node.line } } : { kind: 'goto', to: node.onFault, by: 'fault' }),
})
