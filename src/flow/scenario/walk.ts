import { stringify } from 'yaml'
import { readYaml } from '../load/yaml-source.js'
import type { Flow, PromptRef } from '../types.js'
import { edgesOf, exitName, walked, type Edge } from './coverage.js'
import type { ScenarioShape, Step } from './file.js'
import { openCall, playOut, take, type World } from './play-out.js'

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
  let calls = 0
  for (const world of worldsOf(flow, text)) {
    const seen = new Set<string>()
    let ahead: readonly Step[][] = [[]]
    for (let depth = 0; depth < DEEPEST && ahead.length > 0 && missing.size > 0 && calls < MOST_CALLS; depth += 1) {
      const next: Step[][] = []
      for (const steps of ahead) {
        calls += 1
        const call = openCall(flow, world, duration)
        for (const step of steps) take(call, step)
        const fresh = walked(flow, call.notes).filter((id) => missing.has(id))
        if (fresh.length > 0) {
          for (const id of fresh) missing.delete(id)
          keep(steps, world, fresh)
        }
        const { node, stack, language, memory, vars, tags } = call.state()
        const place = JSON.stringify([node, stack, language, memory, vars, tags.map(({ key, value }) => [key, value]), call.waitingFor()])
        if (call.waitingFor() === 'nothing' || seen.has(place)) continue
        seen.add(place)
        next.push(...movesAt(flow, call.state(), call.waitingFor()).map((step) => [...steps, step]))
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
function movesAt(flow: Flow, { node, stack }: ReturnType<ReturnType<typeof openCall>['state']>, waiting: 'prompt' | 'key' | 'nothing'): Step[] {
  const within = stack.length === 0 ? flow : flow.parts.get(stack.at(-1)?.flow ?? '')
  const here = within?.nodes.get(node ?? '')
  const after = 0.5
  if (here === undefined) return []
  if (waiting === 'prompt') return [{ wait: waitOf(here.type) }, { fault: true }]
  const labels = here.exits.flatMap(({ by, label }) => (by === 'caller' && label !== undefined && /^[0-9*#]$/.test(label) ? [label] : []))
  const wrong = ANY_KEY.find((key) => !labels.includes(key)) ?? '7'
  return [...labels.map((press) => ({ press, after })), { silence: true }, { press: wrong, after }, { press: '1234#', after }, { press: '#' }, { press: '12345678#', after }, { press: '13900000001#', after }, { wait: 3 }, { fault: true }]
}

/** A play is heard out; what asks others waits until they have answered or not. */
const waitOf = (type: string): number => (type === 'queue' ? 120 : type === 'transfer' ? 60 : 30)

/** What parameters may hold: a number, a day, a moment. */
const VALUES = ['12345678', '2026-01-05', '2026-01-05T18:30'] as const
const SUNDAY_NIGHT = '2026-01-11T03:00'
const LATER = '2026-12-31T18:30'

interface Written { readonly cases?: readonly { readonly when?: Record<string, unknown> }[]; readonly type?: string; readonly service?: string; readonly line?: string; readonly save?: Readonly<Record<string, string>> }

/** A quiet world, then those in which each condition of the file holds, by day and on a Sunday night, with services and lines that answer and not. */
function worldsOf(flow: Flow, text: string): World[] {
  const content = readYaml(text, () => undefined)?.value as { nodes?: Record<string, Written> } | undefined
  const nodes = Object.values(content?.nodes ?? {})
  const lookUps = Object.fromEntries(nodes.filter(({ type }) => type === 'look-up').map(({ service = '', save = {} }) => [service, { answers: Object.fromEntries(Object.values(save).map((field) => [field, VALUES[2]])) }]))
  const transfers = Object.fromEntries(nodes.filter(({ type }) => type === 'transfer').map(({ line = '' }) => [line, 'answers' as const]))
  const answered: World = { ...(Object.keys(lookUps).length > 0 && { lookUps }), ...(Object.keys(transfers).length > 0 && { transfers }) }
  const conditions = nodes.flatMap(({ cases = [] }) => cases.flatMap(({ when }) => (when === undefined ? [] : [worldWhere(when, flow.kind)])))
  // When an outage is expected to be over is read out where it is known.
  const untils = [...text.matchAll(/\buntil: ([a-z][a-z0-9-]*)/g)].map(([, name = '']) => [name, LATER] as const)
  const held: World[] = [{}, ...(untils.length > 0 ? [{ modes: Object.fromEntries(untils) }] : []), ...conditions.flatMap((world) => [world, { ...world, at: SUNDAY_NIGHT }]), { at: SUNDAY_NIGHT }]
  const given: World[] = flow.parameters.length === 0 ? [{}] : [...VALUES.map((value) => ({ vars: Object.fromEntries(flow.parameters.map((name) => [name, value])) })), {}]
  const worlds = given.flatMap((vars) => held.flatMap((world) => [{ ...vars, ...world }, { ...vars, ...world, ...answered }]))
  return [...new Map(worlds.map((world) => [JSON.stringify(world), world])).values()]
}

interface When {
  readonly hours?: { readonly days?: readonly string[]; readonly from: string }
  readonly caller?: { readonly verified?: boolean; readonly numberStartsWith?: readonly string[]; readonly withheld?: boolean; readonly earlierCallsAtLeast?: number; readonly hint?: string }
  readonly load?: { readonly waitingAtLeast?: number; readonly readyAtMost?: number; readonly presentAtMost?: number; readonly longestWaitSecondsAtLeast?: number }
  readonly mode?: string
  readonly tag?: Readonly<Record<string, unknown>>
  readonly calendar?: { readonly day?: string; readonly from?: string }
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** A world in which conditions hold, as far as they speak of the world; variables come from the caller's way, tags too, but for a part. */
function worldWhere(when: Record<string, unknown>, kind: Flow['kind']): World {
  const { hours, caller, load, mode, calendar, tag = {} } = when as When
  const tags = Object.entries(tag).flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : []))
  const day = hours?.days?.[0] ?? (calendar?.day === 'restday' ? 'sun' : 'mon')
  const date = calendar?.from ?? `2026-01-${String(5 + Math.max(0, DAYS.indexOf(day))).padStart(2, '0')}`
  return {
    ...((hours !== undefined || calendar !== undefined) && { at: `${date}T${hours === undefined || hours.from === '24:00' ? '12:00' : hours.from}` }),
    ...(calendar?.day === 'holiday' && { holidays: [date] }),
    ...(caller !== undefined && { caller: {
      ...(caller.verified !== undefined && { verified: caller.verified }), ...(caller.numberStartsWith?.[0] !== undefined && { number: `${caller.numberStartsWith[0]}00000001`.slice(0, 15) }),
      ...(caller.withheld === false && { number: '13900000001' }), ...(caller.earlierCallsAtLeast !== undefined && { earlierCalls: caller.earlierCallsAtLeast }), ...(caller.hint !== undefined && { hints: [caller.hint] }),
    } }),
    ...(load !== undefined && { load: {
      ...(load.waitingAtLeast !== undefined && { waiting: load.waitingAtLeast }), ...(load.readyAtMost !== undefined && { ready: load.readyAtMost }),
      ...(load.presentAtMost !== undefined && { present: load.presentAtMost }), ...(load.longestWaitSecondsAtLeast !== undefined && { longestWaitSeconds: load.longestWaitSecondsAtLeast }),
    } }),
    ...(typeof mode === 'string' && { modes: { [mode]: LATER } }),
    ...(kind === 'part' && tags.length > 0 && { tags: Object.fromEntries(tags) }),
  }
}

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
