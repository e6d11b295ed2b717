import { Type, type Static } from 'typebox'
import { closed, NodeName, says, Tags } from '../fields.js'
import { defineNode, type NodeContext, type NodeOutcome, type PromptLengths, type Span } from '../node-type.js'
import { PromptList, speak, spokenPrompts, spokenTime, spokenUses } from '../say/spoken.js'
import type { NoteCommand } from '../types.js'

const EVERY_SECONDS = 45
const TIMES = 10

const schema = closed({
  type: Type.Literal('queue', says('排队方式：优先级、技能，并播报位次；来电从第一秒起就在排队', 'How he waits: class, skill, priority, announcements. He is in the queue from the first second all the same')),
  class: Type.Optional(Type.Enum(['emergency', 'standard'], says('emergency 优先接听，standard 按先后', 'emergency is answered first, standard in turn'))),
  skill: Type.Optional(Type.String({ pattern: '^[a-z][a-z0-9-]{1,31}$', ...says('先请擅长此类别的座席接听', 'Operators who know this category are asked first') })),
  priority: Type.Optional(Type.Integer({ minimum: 0, maximum: 9, ...says('同级内的优先级 0–9，大者先接，默认 0', 'Priority within the class 0–9, the higher goes first, default 0') })),
  announce: Type.Optional(closed({
    prompts: PromptList('每次播报的', 'What is announced each time'),
    everySeconds: Type.Optional(Type.Number({ minimum: 10, maximum: 600, default: EVERY_SECONDS, ...says('每隔多少秒（其间播放音乐），默认 45', 'Seconds of music before each, default 45') })),
    times: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: TIMES, ...says('最多播报几次，默认 10', 'How often at most, default 10') })),
  }, says('位次、等候时间等的播报', 'Announcements of position, waiting time and the like'))),
  keys: Type.Optional(Type.Record(Type.String({ pattern: '^[0-9*#]$' }), closed({
    goto: NodeName('按此键转到', 'Where this key leads'),
    tag: Type.Optional(Tags),
  }, says('一个按键', 'One key')), { additionalProperties: false, minProperties: 1, ...says('等候中可按的键（须有 announce）', 'Keys that may be pressed while he waits (with announce)') })),
  next: NodeName('播报之后；没有 announce 则立即', 'After the announcements; without any, at once'),
  onFault: Type.Optional(NodeName('无法播报时，默认同 next', 'When it cannot be announced; default: next')),
})
type Queue = Static<typeof schema>

function notes({ class: queueClass, skill, priority }: Queue): NoteCommand[] {
  if (queueClass === undefined && skill === undefined && priority === undefined) return []
  return [{ type: 'queue', ...(queueClass !== undefined && { class: queueClass }), ...(skill !== undefined && { skill }), ...(priority !== undefined && { priority }) }]
}

const music = (node: Queue): number => (node.announce?.everySeconds ?? EVERY_SECONDS) * 1000
const times = (node: Queue): number => node.announce?.times ?? TIMES

function hold(node: Queue, turn: number): NodeOutcome {
  return { kind: 'stay', command: { type: 'hold', duration: music(node), keys: node.keys !== undefined }, memory: { turn, music: true } }
}

function announce(node: Queue, turn: number, context: NodeContext): NodeOutcome {
  const prompts = speak(node.announce?.prompts ?? [], context)
  if (prompts === null) return { kind: 'goto', to: node.onFault ?? node.next, by: 'fault' }
  return { kind: 'stay', command: { type: 'play', prompts, ...(node.keys !== undefined && { keys: true }) }, memory: { turn, music: false } }
}

const turnIn = ({ memory }: NodeContext): number => {
  const turn = memory['turn']
  return typeof turn === 'number' && Number.isInteger(turn) && turn > 0 ? turn : 1
}

/** Everything to the end. */
function whole(node: Queue, lengths: PromptLengths): Span {
  if (node.announce === undefined) return [0, 0]
  const [least, most] = spokenTime(node.announce.prompts, lengths)
  return [times(node) * (music(node) + least), times(node) * (music(node) + most)]
}

/** How the caller waits, and what he hears meanwhile. */
export const queue = defineNode({
  type: 'queue',
  schema,
  example: [
    'turn:',
    '  type: queue',
    '  skill: power-repair',
    '  announce: { everySeconds: 45, prompts: [position-is, { number: { fact: position } }] }',
    '  keys: { "1": { goto: call-me-back } }',
    '  next: waiting',
  ].join('\n'),
  exits: (node) => [
    ...Object.entries(node.keys ?? {}).map(([key, { goto }]) => ({ to: goto, by: 'caller' as const, path: ['keys', key, 'goto'], label: key, time: (lengths: PromptLengths): Span => [0, whole(node, lengths)[1]] })),
    { to: node.next, by: 'always', path: ['next'], ...(node.announce !== undefined && { time: (lengths: PromptLengths): Span => whole(node, lengths) }) },
    ...(node.announce === undefined ? [] : [{ to: node.onFault ?? node.next, by: 'fault' as const, path: [node.onFault === undefined ? 'next' : 'onFault'], time: (lengths: PromptLengths): Span => [0, whole(node, lengths)[1]] }]),
  ],
  prompts: (node) => spokenPrompts('prompts', node.announce?.prompts).map((use) => ({ ...use, path: ['announce', ...use.path] })),
  tags: (node) => Object.entries(node.keys ?? {}).flatMap(([key, { tag = {} }]) => Object.entries(tag).map(([name, value]) => ({ key: name, value, path: ['keys', key, 'tag', name] }))),
  uses: (node) => [
    ...(node.skill === undefined ? [] : [{ kind: 'category' as const, name: node.skill, path: ['skill'] }]),
    ...spokenUses('prompts', node.announce?.prompts).map((use) => ({ ...use, path: ['announce', ...use.path] })),
  ],
  check(node, complain) {
    if (node.keys !== undefined && node.announce === undefined) complain('queue.keys', ['keys'], {})
  },
  enter(node) {
    const asked = notes(node)
    const outcome: NodeOutcome = node.announce === undefined ? { kind: 'goto', to: node.next } : hold(node, 1)
    return asked.length === 0 ? outcome : { ...outcome, notes: asked }
  },
  resume: (node, context) => hold(node, turnIn(context)),
  on(node, event, context) {
    if (event.type === 'failed') return { kind: 'goto', to: node.onFault ?? node.next, by: 'fault' }
    const pressed = event.type === 'digits' ? event.digits || event.terminator : undefined
    const choice = pressed !== undefined && node.keys !== undefined && Object.hasOwn(node.keys, pressed) ? node.keys[pressed] : undefined
    if (pressed !== undefined && choice !== undefined) return { kind: 'goto', to: choice.goto, by: 'caller', label: pressed, ...(choice.tag && { tags: choice.tag }) }
    const turn = turnIn(context)
    if (context.memory['music'] === true) return announce(node, turn, context)
    return turn >= times(node) ? { kind: 'goto', to: node.next } : hold(node, turn + 1)
  },
})
