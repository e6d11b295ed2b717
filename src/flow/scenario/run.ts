import type { NodePath } from '../node-type.js'
import type { Flow, PromptRef } from '../types.js'
import type { Scenario, Scenarios } from './file.js'
import { playOut, type PlayedOut } from './play-out.js'

export interface ScenarioResult { readonly scenario: Scenario; readonly call: PlayedOut; readonly passed: boolean }

/** Makes the call of each test and reports, at its line, everything in which it differs from what is expected. */
export function runScenarios({ scenarios, report, at, keyAt }: Scenarios, flow: Flow, duration: (prompt: PromptRef) => number): ScenarioResult[] {
  return scenarios.map((scenario) => {
    const call = playOut(flow, scenario, duration)
    let passed = true
    const complain: Complain = (code, path, details, key = false) => {
      passed = false
      const place = [...scenario.path, ...path]
      report(code, key ? keyAt(place) : at(place), details)
    }
    if (call.vain !== null) complain(`test.${call.vain.why}`, ['steps', call.vain.step], { path: arrows(call.path) })
    compare(scenario, call, complain)
    return { scenario, call, passed }
  })
}

type Complain = (code: Parameters<Scenarios['report']>[0], path: NodePath, details: NonNullable<Parameters<Scenarios['report']>[2]>, key?: boolean) => void

function compare({ expect }: Scenario, call: PlayedOut, complain: Complain): void {
  const { hears = [], hearsNot = [], tags, queue = {}, passes = [], callBack, ends, seconds = {} } = expect
  const heard = call.heard.map(({ language, name }) => ({ name, full: `${language}/${name}` }))
  const isOne = (one: { name: string; full: string }, wanted: string) => one.name === wanted || one.full === wanted
  inOrder(hears, heard, isOne, (index, wanted) => complain('test.not-heard', ['expect', 'hears', index], { prompt: wanted, heard: heard.map(({ full }) => full).join(' ') || '—' }))
  hearsNot.forEach((wanted, index) => { if (heard.some((one) => isOne(one, wanted))) complain('test.heard', ['expect', 'hearsNot', index], { prompt: wanted }) })
  inOrder(passes, call.path, (node, wanted) => node === wanted, (index, node) => complain('test.path', ['expect', 'passes', index], { node, path: arrows(call.path) }))
  if (tags !== undefined) {
    for (const [key, wanted] of Object.entries(tags)) if (call.tags[key] !== wanted) complain('test.tag', ['expect', 'tags', key], { key, wanted, found: call.tags[key] ?? '—' })
    for (const [key, found] of Object.entries(call.tags)) if (!Object.hasOwn(tags, key)) complain('test.extra-tag', ['expect', 'tags'], { key, found }, true)
  }
  for (const key of ['class', 'skill', 'priority'] as const) {
    if (queue[key] !== undefined && call.queue[key] !== queue[key]) complain('test.queue', ['expect', 'queue', key], { key, wanted: String(queue[key]), found: String(call.queue[key] ?? '—') })
  }
  if (callBack !== undefined && callBack !== call.callBack) complain('test.call-back', ['expect', 'callBack'], { wanted: String(callBack), found: String(call.callBack) })
  if (ends !== undefined && ends !== call.ending) complain('test.ends', ['expect', 'ends'], { wanted: ends, found: call.ending, path: arrows(call.path) })
  const { tagged, over } = seconds
  if (tagged !== undefined && (call.taggedAt ?? Infinity) > tagged * 1000) complain('test.seconds', ['expect', 'seconds', 'tagged'], { what: { zh: '得知类别', en: 'Knowing the category' }, wanted: tagged, found: call.taggedAt === null ? '∞' : call.taggedAt / 1000 })
  if (over !== undefined && call.over > over * 1000) complain('test.seconds', ['expect', 'seconds', 'over'], { what: { zh: '播完', en: 'The flow' }, wanted: over, found: call.over / 1000 })
}

/** Calls `missing` with the first that does not come after the one before it. */
function inOrder<T>(wanted: readonly string[], found: readonly T[], is: (one: T, wanted: string) => boolean, missing: (index: number, wanted: string) => void): void {
  let from = 0
  for (const [index, name] of wanted.entries()) {
    const at = found.findIndex((one, place) => place >= from && is(one, name))
    if (at < 0) return missing(index, name)
    from = at + 1
  }
}

const arrows = (path: readonly string[]): string => (path.length > 20 ? ['…', ...path.slice(-20)] : path).join(' → ')
