import { HINT_KINDS } from '../../contracts/call.js'
import { suggest } from '../../flow/load/problems.js'
import { askedModes, surroundedBy } from '../../flow/surroundings.js'
import type { Flow, FlowSurroundings } from '../../flow/types.js'
import { choiceOf, numberOf, UsageError } from '../options.js'
import { citySettings, timeOf } from './city.js'
import { calendarAt } from './day.js'

/** What a call meets, by options: `flow try` and `flow simulate` have the same. */
export const AROUND_OPTIONS = {
  at: { type: 'string' }, day: { type: 'string' }, number: { type: 'string' }, hint: { type: 'string', multiple: true },
  waiting: { type: 'string' }, ready: { type: 'string' }, present: { type: 'string' }, mode: { type: 'string', multiple: true },
} as const

type Around = Readonly<Partial<Record<'at' | 'day' | 'number' | 'waiting' | 'ready' | 'present', string>> & Partial<Record<'hint' | 'mode', readonly string[]>>>

/** @throws UsageError */
export function aroundOf(flow: Flow, values: Around, startAt: number): { readonly surroundings: Omit<FlowSurroundings, 'now'>; /** Nothing but weekends is known of the calendar. */ readonly bare: boolean } {
  const [waiting = 0, ready = 0, present = 1] = (['waiting', 'ready', 'present'] as const).map((name) => numberOf(name, values[name], { least: 0, most: 10_000 }))
  const hints = (values.hint ?? []).map((hint) => choiceOf('--hint', hint, HINT_KINDS))
  const modes = Object.fromEntries((values.mode ?? []).map((text) => {
    const [mode = '', until] = text.split('=', 2)
    return [mode, until === undefined ? {} : { until: timeOf('mode', until) }] as const
  }))
  checkModes(flow, Object.keys(modes))
  const settings = citySettings()
  // Now is told by the city's clock; a time that was typed is one of China Standard Time, as in tests of flows.
  const timeZone = values.at === undefined ? settings.timeZone : 'Asia/Shanghai'
  const { calendar, bare } = calendarAt(settings.home, startAt, timeZone, values.day)
  return { surroundings: surroundedBy({ timeZone, calendar, number: values.number ?? '', hints, waiting, ready, present, modes }), bare }
}

/** A switch that the flow does not ask for changes nothing: whoever wrote it meant another. @throws UsageError */
function checkModes(flow: Flow, modes: readonly string[]): void {
  const asked = askedModes([flow, ...flow.parts.values()])
  const wrong = modes.find((mode) => !asked.includes(mode))
  if (wrong === undefined) return
  const hint = suggest(wrong, asked)
  throw new UsageError(`--mode “${wrong}”：流程 ${flow.name} 不询问这个开关。${hint.zh}`, `--mode “${wrong}”: the flow ${flow.name} does not ask for this switch. ${hint.en}`)
}
