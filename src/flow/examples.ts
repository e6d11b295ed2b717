import { startFlow, step } from './engine.js'
import { loadFlows } from './library.js'
import type { PromptListing } from './load/node-checks.js'
import type { NodeType } from './node-type.js'
import { quietSurroundings } from './surroundings.js'
import type { Flow, FlowCommand, FlowEvent, FlowSurroundings } from './types.js'

/** Monday noon in the city, with a caller who shows his number. */
export const EXAMPLE_SURROUNDINGS: FlowSurroundings = { ...quietSurroundings('Asia/Shanghai'), now: Date.UTC(2026, 0, 5, 4), caller: { number: '13900000001', verified: true, earlierCalls: 0, hints: [] }, queue: { position: 3, expectedWaitSeconds: 90 } }

/** Every prompt that an example names has been recorded. */
const ANY = { has: () => true } as unknown as ReadonlySet<string>
const PROMPTS: PromptListing = new Map([['zh-CN', ANY], ['en', ANY]])

const PART = 'flow: meter\nkind: part\nparameters: [digits]\ntitle: { zh: 表号, en: Meter }\nlanguages: [zh-CN, en]\nstart: asked\nnodes:\n  asked: { type: branch, cases: [{ when: { var: { digits: { atLeast: 1 } } }, goto: back }], otherwise: none }\n  back: { type: return, result: known }\n  none: { type: return }\n'

/** The example of a node type in a file of its own: where it leads elsewhere, an end node stands. */
export function exampleText({ type, example, exampleHead }: NodeType): string {
  const start = example.slice(0, example.indexOf(':'))
  const targets = [...example.matchAll(/\b(?:goto|next|to|otherwise|onSilence|onWrong|onFault|known): (?:\{ )?([a-z][a-z0-9-]*)\b(?!\.)/g)].map(([, name = '']) => name)
  const ends = [...new Set(targets)].filter((name) => name !== start && name !== 'en' && !example.includes(`\n${name}:`))
  const variables = [...example.matchAll(/var: \{ (?:var: )?([a-z-]+)/g)].map(([, name = '']) => name)
  // Nobody gives parameters to what callers enter.
  const kind = type === 'return' ? 'part' : type === 'hang-up' || variables.length > 0 ? 'visit' : 'entry'
  return [
    'flow: example', `kind: ${kind}`, ...(variables.length > 0 ? [`parameters: [${variables.join(', ')}]`] : []), 'title: { zh: 示例, en: Example }', 'languages: [zh-CN, en]', ...(exampleHead === null ? [] : [exampleHead]), `start: ${start}`, 'nodes:',
    example.replaceAll(/^/gm, '  '), ...ends.map((name) => `  ${name}: { type: end }`), '',
  ].join('\n')
}

/** The example, ready to run. @throws Error naming what is wrong with it. */
export function exampleFlow(type: NodeType): Flow {
  const { flows, problems } = loadFlows([{ path: 'example.yaml', text: exampleText(type), version: 'example' }, { path: 'meter.yaml', text: PART, version: 'example' }], PROMPTS, null)
  const flow = flows.get('example')
  if (flow === undefined || problems.length > 0) throw new Error(problems.map(({ file, line, col, problem }) => `${file}:${line}:${col} ${problem.en}`).join('\n'))
  return flow
}

/** What the documentation lets happen to a caller at the example, one event after the other. */
const EVENTS: Readonly<Record<string, readonly FlowEvent[]>> = {
  play: [{ type: 'played' }],
  menu: [{ type: 'timeout', digits: '' }, { type: 'digits', digits: '1' }],
  collect: [{ type: 'digits', digits: '12' }, { type: 'digits', digits: '123456', terminator: '#' }],
  listen: [{ type: 'heard', text: '井盖坏了' }],
  queue: [{ type: 'played' }, { type: 'digits', digits: '1' }],
  message: [{ type: 'recorded', duration: 12_400 }],
  'call-back': [{ type: 'digits', digits: '1' }],
  transfer: [{ type: 'failed', reason: 'no answer' }],
  'look-up': [{ type: 'looked-up', values: { 'outage.until': '2026-01-05T18:30' } }],
}

/** The example at work: what happens, and what is done then. */
export function exampleRun(type: NodeType): { readonly event: string; readonly commands: readonly string[] }[] {
  const flow = exampleFlow(type)
  let at = startFlow(flow, EXAMPLE_SURROUNDINGS)
  const lines = [{ event: '', commands: at.commands.map(commandText) }]
  for (const event of EVENTS[type.type] ?? []) {
    at = step(flow, at.state, event, EXAMPLE_SURROUNDINGS)
    lines.push({ event: eventText(event), commands: at.commands.map(commandText) })
  }
  return lines
}

const words = (parts: readonly (string | number)[]): string => parts.filter((part) => part !== '').join(' ')

function eventText(event: FlowEvent): string {
  switch (event.type) {
    case 'digits': return words(['digits', event.digits, event.terminator ?? ''])
    case 'timeout': return words(['timeout', event.digits])
    case 'recorded': return `recorded ${event.duration} ms`
    case 'heard': return `heard “${event.text}”`
    case 'looked-up': return `looked-up ${JSON.stringify(event.values)}`
    case 'failed': return `failed (${event.reason})`
    default: return event.type
  }
}

/** A command in one line, as the documentation and traces show it. */
export function commandText(command: FlowCommand): string {
  const said = (prompts: readonly { readonly name: string }[]): string => prompts.map(({ name }) => name).join(' ')
  switch (command.type) {
    case 'tag': return `tag ${command.tag.key}=${command.tag.value}`
    case 'language': return `language ${command.language}`
    case 'queue': return words(['queue', command.class ?? '', command.skill ?? '', command.priority ?? ''])
    case 'call-back': return words(['call-back', command.number ?? ''])
    case 'play': return `play ${said(command.prompts)}${command.keys === true ? ' (any key)' : ''}`
    case 'gather': return `gather ${said(command.prompts)} (${command.min}–${command.max}, ${command.timeout} ms)`
    case 'listen': return `listen ${said(command.gather.prompts)} (${command.gather.timeout} ms)`
    case 'hold': return `hold ${command.duration} ms`
    case 'record': return `record ${said(command.prompts)} (≤ ${command.maxDuration} ms)`
    case 'look-up': return words(['look-up', command.service, ...Object.entries(command.query).map(([name, value]) => `${name}=${value}`)])
    case 'transfer': return `transfer ${command.line}`
    case 'end': case 'hang-up': return command.type
  }
}
