import { quietSurroundings } from '../surroundings.js'
import { rehearse } from '../rehearsal.js'
import type { Flow, FlowSurroundings, FlowVariables, PromptRef } from '../types.js'
import { gotIt, isCategory, reachedIn } from './aims.js'
import { behave, CALLER_MODELS, HABITS, replay, type CallerModel, type Recording } from './callers.js'
import { makeGuide } from './guide.js'
import { makeChance } from './random.js'

export interface SimulationOptions {
  readonly duration: (prompt: PromptRef) => number
  readonly calls: number
  readonly seed: number
  /** Whom to send; absent: a mixture. */
  readonly model?: CallerModel
  /** Recorded calls instead, each once. */
  readonly recordings?: readonly Recording[]
  /** What people call about, each as likely: `aimsOf` the flow. */
  readonly intents: readonly string[]
  /** Mean time until an operator answers and the flow is cut, ms; absent: nobody answers. */
  readonly answeredAfter?: number
  readonly startAt: number
  readonly surroundings?: Omit<FlowSurroundings, 'now'>
  readonly vars?: FlowVariables
}

export interface Distribution { readonly p50: number; readonly p90: number; readonly p99: number; readonly mean: number }

/** Times in ms; shares 0–1; null where there was nothing to count. */
export interface Simulated {
  readonly flow: string
  readonly version: string
  readonly calls: number
  /** Until the category was known (in a flow that tags none: until he had what a key is for), of those where it ever was. */
  readonly timeToTag: Distribution | null
  readonly tagged: number
  /** Calls of which it is known what they were about: of recorded ones, not all. The two shares are of these. */
  readonly known: number
  /** Tagged with what he called about. */
  readonly correct: number
  /** Tagged with something else. */
  readonly wrong: number
  readonly keys: Distribution | null
  /** Until the flow had nothing more to say, or was cut. */
  readonly heard: Distribution | null
  readonly hungUp: number
  /** Calls by whole seconds until the category was known; the last entry holds all later ones. */
  readonly tagSeconds: readonly number[]
  readonly byModel: Readonly<Partial<Record<CallerModel, { readonly calls: number; readonly tagged: number; readonly correct: number; readonly timeToTag: Distribution | null }>>>
}

interface Call { readonly model: CallerModel | null; readonly taggedAt: number | null; /** Null: what he called about is not known. */ readonly correct: boolean | null; readonly keys: number; readonly heard: number; readonly hungUp: boolean }

/** Sends callers through a flow on a virtual clock. The same seed sends the same people, whatever the flow. */
export function simulate(flow: Flow, options: SimulationOptions): Simulated {
  const { duration, seed, model, recordings, intents, answeredAfter, startAt, vars, surroundings = quietSurroundings('Asia/Shanghai') } = options
  const guide = makeGuide(flow)
  const ways = new Set(intents.filter((intent) => !isCategory(intent)))
  const calls: Call[] = []
  const count = recordings?.length ?? options.calls
  for (let index = 0; index < count; index += 1) {
    // Each person has a stream of his own: what one does shifts nobody else.
    const chance = makeChance(Math.imul(seed, 0x9e3779b1) + index)
    const recording = recordings?.[index]
    const call = rehearse({ flow, duration, surroundings, startAt: recording?.startAt ?? startAt, ...(vars !== undefined && { vars }) })
    const who = model ?? someone(chance.next())
    // What an operator settled is a category: of a flow that asks for none it says nothing.
    const intent = recording === undefined ? chance.oneOf(intents) ?? '' : ways.size > 0 ? undefined : recording.category
    const answeredAt = answeredAfter === undefined ? Infinity : chance.around(answeredAfter)
    const hungUp = recording === undefined ? behave(call, { model: who, intent: intent ?? '', chance, answeredAt }, guide) : replay(call, recording)
    const { notes } = call
    const reached = reachedIn(flow, notes).filter(({ aim }) => (ways.size > 0 ? ways.has(aim) : isCategory(aim)))
    calls.push({
      model: recording === undefined ? who : null, taggedAt: reached[0]?.at ?? null, correct: intent === undefined ? null : gotIt(reached, intent),
      keys: notes.reduce((sum, { type }) => sum + (type === 'pressed' ? 1 : 0), 0), heard: notes.find(({ type }) => type === 'ended')?.at ?? call.elapsed(), hungUp,
    })
  }
  return { flow: flow.name, version: flow.version, ...tell(calls) }
}

function someone(chance: number): CallerModel {
  let left = chance * CALLER_MODELS.reduce((sum, model) => sum + HABITS[model].share, 0)
  for (const model of CALLER_MODELS) {
    left -= HABITS[model].share
    if (left < 0) return model
  }
  return CALLER_MODELS[0]
}

function tell(calls: readonly Call[]): Omit<Simulated, 'flow' | 'version'> {
  const share = (of: readonly Call[], is: (call: Call) => boolean) => (of.length === 0 ? 0 : of.filter(is).length / of.length)
  const times = (of: readonly Call[]) => distribution(of.flatMap(({ taggedAt }) => (taggedAt === null ? [] : [taggedAt])))
  const tagged = ({ taggedAt }: Call) => taggedAt !== null
  const known = calls.filter(({ correct }) => correct !== null)
  return {
    calls: calls.length, timeToTag: times(calls), tagged: share(calls, tagged), known: known.length, correct: share(known, ({ correct }) => correct === true), wrong: share(known, (call) => tagged(call) && call.correct === false),
    keys: distribution(calls.map(({ keys }) => keys)), heard: distribution(calls.map(({ heard }) => heard)), hungUp: share(calls, ({ hungUp }) => hungUp),
    tagSeconds: histogram(calls.flatMap(({ taggedAt }) => (taggedAt === null ? [] : [taggedAt]))),
    byModel: Object.fromEntries(CALLER_MODELS.flatMap((model) => {
      const own = calls.filter((call) => call.model === model)
      return own.length === 0 ? [] : [[model, { calls: own.length, tagged: share(own, tagged), correct: share(own, ({ correct }) => correct === true), timeToTag: times(own) }]]
    })),
  }
}

const LAST_SECOND = 60
function histogram(times: readonly number[]): number[] {
  const bins = Array.from({ length: LAST_SECOND + 1 }, () => 0)
  for (const ms of times) { const second = Math.min(LAST_SECOND, Math.floor(ms / 1000)); bins[second] = (bins[second] ?? 0) + 1 }
  return bins
}

/** Nearest rank. */
export function distribution(values: readonly number[]): Distribution | null {
  if (values.length === 0) return null
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), mean: values.reduce((sum, value) => sum + value, 0) / values.length }
}
