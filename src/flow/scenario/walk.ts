import { stringify } from 'yaml'
import type { Flow, PromptRef } from '../types.js'
import { edgesOf, exitName, walked, type Edge } from './coverage.js'
import type { ScenarioShape, Step } from './file.js'
import { openCall, playOut, take, type World } from './play-out.js'
import { inputsOf, worldsOf } from './worlds.js'

export interface Walk {
  /** Tests that together take every way out that could be found, with what happens in them as their expectation. */
  readonly tests: Readonly<Record<string, ScenarioShape>>
  /** Ways out that no call was found for. */
  readonly left: readonly Edge[]
}

/** So many calls are tried; a flow of a hundred nodes needs a few thousand. */
const MOST_CALLS = 20_000
const DEEPEST = 40

/**
 * Finds calls for all ways out in `wanted`: breadth first, so that each is as short as can be, over keys, silence and faults, in a quiet world
 * and in one for each condition of the file.
 */
export function walkFlow(flow: Flow, text: string, wanted: ReadonlySet<string>, duration: (prompt: PromptRef) => number): Walk {
  const missing = new Set(wanted)
  const tests: Record<string, ScenarioShape> = {}
  const edges = edgesOf(flow)
  const inputs = inputsOf(text)
  let calls = 0
  for (const world of worldsOf(flow, text)) {
    const seen = new Set<string>()
    let ahead: readonly Step[][] = [[]]
    for (let depth = 0; depth < DEEPEST && ahead.length > 0 && missing.size > 0 && calls < MOST_CALLS; depth += 1) {
      const next: Step[][] = []
      for (const steps of ahead) {
        calls += 1
        const call = openCall(flow, world, duration)
        if (!steps.every((step) => take(call, step) === 'done')) continue
        const fresh = walked(flow, call.notes).filter((id) => missing.has(id))
        if (fresh.length > 0) {
          for (const id of fresh) missing.delete(id)
          keep(steps, world, fresh)
        }
        const { node, stack, language, memory, vars, tags } = call.state()
        const place = JSON.stringify([node, stack, language, memory, vars, tags.map(({ key, value }) => [key, value]), call.waitingFor()])
        if (call.waitingFor() === 'nothing' || seen.has(place)) continue
        seen.add(place)
        next.push(...movesAt(flow, call, inputs).map((step) => [...steps, step]))
      }
      ahead = next
    }
  }
  return { tests, left: edges.filter(({ id }) => missing.has(id)) }

  function keep(steps: readonly Step[], world: World, fresh: readonly string[]): void {
    const call = playOut(flow, { ...world, steps: [...steps] }, duration)
    const edge = edges.find(({ id }) => id === fresh[0])
    const base = edge === undefined ? 'call' : `${edge.from} ${exitName(edge.exit)}→ ${edge.exit.to}`
    let name = base
    for (let count = 2; Object.hasOwn(tests, name); count += 1) name = `${base} (${count})`
    tests[name] = {
      ...world, ...(steps.length > 0 && { steps: [...steps] }),
      expect: { ...(call.heard.length > 0 && { hears: call.heard.map(({ language, name: prompt }) => `${language}/${prompt}`) }), tags: call.tags, ends: call.ending, passes: [...call.path] },
    }
  }
}

/** Seldom meant first. */
const ANY_KEY = ['7', '8', '9', '0', '*', '#', '1', '2', '3', '4', '5', '6']

/** What may happen where he stands now. */
function movesAt(flow: Flow, call: ReturnType<typeof openCall>, inputs: ReadonlyMap<string, readonly string[]>): Step[] {
  const { node, stack } = call.state()
  const within = stack.length === 0 ? flow : flow.parts.get(stack.at(-1)?.flow ?? '')
  const here = within?.nodes.get(node ?? '')
  const after = 0.5
  if (here === undefined) return []
  if (call.waitingFor() === 'prompt') {
    // Long enough for any tape; and just long enough, so that something may happen at what follows at once.
    const short = Math.ceil(call.untilNext() / 100) / 10
    const long = Math.max(waitOf(here.type), short)
    return [{ wait: long }, ...(short < long ? [{ wait: short }] : []), { fault: true }]
  }
  if (call.waitingFor() === 'voice') return [{ speaks: 5, silence: true }, { silence: true }, { press: '#' }, { fault: true }]
  const labels = here.exits.flatMap(({ by, label }) => (by === 'caller' && label !== undefined && /^[0-9*#]$/.test(label) ? [label] : []))
  const wrong = ANY_KEY.find((key) => !labels.includes(key)) ?? '7'
  return [...labels.map((press) => ({ press, after })), { silence: true }, { press: wrong, after }, ...(stack.length === 0 ? inputs.get(node ?? '') ?? here.inputs : here.inputs).map((press) => ({ press, after })), ...(here.misfit === null ? [] : [{ press: here.misfit.keys, after, ...(!here.misfit.ends && { silence: true as const }) }]), { press: '1234#', after }, { press: '#' }, { press: '12345678#', after }, { press: '13900000001#', after }, ...(here.type === 'collect' ? [{ press: '1', after, silence: true as const }] : []), { wait: 3 }, { fault: true }]
}

/** A play is heard out; what asks others waits until they have answered or not. */
const waitOf = (type: string): number => (type === 'queue' ? 120 : type === 'transfer' ? 60 : 30)

/** Tests as text for `<flow>.test.yaml`, each in a few lines. */
export function walkText(tests: Walk['tests']): string {
  const flat = (value: unknown): string => stringify(value, { lineWidth: 0, collectionStyle: 'flow', flowCollectionPadding: true, aliasDuplicateObjects: false }).trim()
  return Object.entries(tests).map(([name, { expect, ...rest }]) => [
    `  ${flat(name)}:`,
    ...Object.entries(rest).map(([key, value]) => `    ${key}: ${flat(value)}`),
    '    expect:',
    ...Object.entries(expect).map(([key, value]) => `      ${key}: ${flat(value)}`),
  ].map((line) => `${line}\n`).join('')).join('')
}
