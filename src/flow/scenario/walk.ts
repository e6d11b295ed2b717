import { stringify } from 'yaml'
import { readYaml } from '../load/yaml-source.js'
import type { Flow, PromptRef } from '../types.js'
import { edgesOf, walked, type Edge } from './coverage.js'
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
  let calls = 0
  for (const world of worldsOf(text)) {
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
  return { tests, left: edgesOf(flow).filter(({ id }) => missing.has(id)) }

  function keep(steps: readonly Step[], world: World, fresh: readonly string[]): void {
    const call = playOut(flow, { ...world, steps: [...steps] }, duration)
    const base = fresh[0]?.replace(/ (caller|silence|fault|always) .*? ?(\S*)$/, (_all, by: string, label: string) => ` ${by === 'caller' ? label : by}`) ?? 'call'
    let name = base
    for (let count = 2; Object.hasOwn(tests, name); count += 1) name = `${base} (${count})`
    tests[name] = {
      ...world, ...(steps.length > 0 && { steps: [...steps] }),
      expect: { ...(call.heard.length > 0 && { hears: call.heard.map(({ language, name: prompt }) => `${language}/${prompt}`) }), tags: call.tags, ends: call.ending, passes: [...call.path] },
    }
  }
}

/** What may happen where he stands now. */
function movesAt(flow: Flow, { node, stack }: ReturnType<ReturnType<typeof openCall>['state']>, waiting: 'prompt' | 'key' | 'nothing'): Step[] {
  const within = stack.length === 0 ? flow : flow.parts.get(stack.at(-1)?.flow ?? '')
  const here = within?.nodes.get(node ?? '')
  const after = 0.5
  if (here === undefined) return []
  if (waiting === 'prompt') return [{ wait: waitOf(here.type) }, { fault: true }]
  const labels = here.exits.flatMap(({ by, label }) => (by === 'caller' && label !== undefined && /^[0-9*#]$/.test(label) ? [label] : []))
  const wrong = [...'7890*#123456'].find((key) => !labels.includes(key)) ?? '7'
  return [...labels.map((press) => ({ press, after })), { silence: true }, { press: wrong, after }, { press: '1234#', after }, { press: '12345678#', after }, { press: '13900000001#', after }, { wait: 3 }, { fault: true }]
}

/** A play is heard out; what asks others waits until they have answered or not. */
const waitOf = (type: string): number => (type === 'queue' ? 120 : type === 'transfer' ? 60 : 30)

/** A quiet world, then one in which each condition of the file holds. */
function worldsOf(text: string): World[] {
  const content = readYaml(text, () => undefined)?.value as { nodes?: Record<string, { cases?: { when?: Record<string, unknown> }[]; type?: string; service?: string; line?: string; save?: Record<string, string> }> } | undefined
  const nodes = Object.values(content?.nodes ?? {})
  const answers = nodes.filter(({ type }) => type === 'look-up').map(({ service = '', save = {} }) => [service, { answers: Object.fromEntries(Object.values(save).map((field) => [field, '2026-01-05T18:30'])) }] as const)
  const lines = nodes.filter(({ type }) => type === 'transfer').map(({ line = '' }) => [line, 'answers'] as const)
  const worlds: World[] = [{}]
  if (answers.length > 0) worlds.push({ lookUps: Object.fromEntries(answers) })
  if (lines.length > 0) worlds.push({ transfers: Object.fromEntries(lines) })
  for (const { cases = [] } of nodes) for (const { when } of cases) if (when !== undefined) worlds.push(worldWhere(when), { ...worldWhere(when), ...(answers.length > 0 && { lookUps: Object.fromEntries(answers) }) })
  const known = new Set<string>()
  return worlds.filter((world) => { const key = JSON.stringify(world); const fresh = !known.has(key); known.add(key); return fresh })
}

interface When {
  readonly hours?: { readonly days?: readonly string[]; readonly from: string }
  readonly caller?: { readonly verified?: boolean; readonly numberStartsWith?: readonly string[]; readonly withheld?: boolean; readonly earlierCallsAtLeast?: number; readonly hint?: string }
  readonly load?: { readonly waitingAtLeast?: number; readonly readyAtMost?: number; readonly presentAtMost?: number; readonly longestWaitSecondsAtLeast?: number }
  readonly mode?: string
  readonly calendar?: { readonly day?: string; readonly from?: string }
}

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

/** A world in which conditions hold, as far as they speak of the world; tags and variables come from the caller's way. */
function worldWhere(when: Record<string, unknown>): World {
  const { hours, caller, load, mode, calendar } = when as When
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
    ...(typeof mode === 'string' && { modes: [mode] }),
  }
}

/** Tests as text for `<flow>.test.yaml`. */
export function walkText(tests: Walk['tests']): string {
  return stringify(tests, { lineWidth: 0, defaultStringType: 'PLAIN', defaultKeyType: 'PLAIN', collectionStyle: 'any', flowCollectionPadding: true })
}
