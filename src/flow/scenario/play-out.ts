import { rehearse, type Rehearsal, type RehearsalNote } from '../rehearsal.js'
import { quietSurroundings } from '../surroundings.js'
import type { Flow, FlowEvent, PromptRef, WaitCommand } from '../types.js'
import { cityTime, type Ending, type ScenarioShape, type Step } from './file.js'

export const MONDAY_NOON = '2026-01-05T12:00'
const TIME_ZONE = 'Asia/Shanghai'
const BETWEEN_KEYS = 0.4
/** No flow waits that often. */
const MOST_WAITS = 10_000

export type World = Omit<ScenarioShape, 'steps' | 'expect'>

/** What became of one call. Times in ms since it began. */
export interface PlayedOut {
  readonly notes: readonly RehearsalNote[]
  readonly heard: readonly PromptRef[]
  readonly tags: Readonly<Record<string, string>>
  readonly queue: { readonly class?: string; readonly skill?: string; readonly priority?: number }
  readonly path: readonly string[]
  readonly callBack: boolean
  readonly ending: Ending
  /** When the category was known; null when it never was. */
  readonly taggedAt: number | null
  readonly over: number
  readonly keys: number
  /** The first step that came when the flow was over already. */
  readonly late: number | null
}

/** A call that has not begun. */
export function openCall(flow: Flow, world: World, duration: (prompt: PromptRef) => number): Rehearsal {
  const quiet = quietSurroundings(TIME_ZONE)
  const { caller, load, queue, modes = {}, holidays = [], workdays = [], vars = {}, tags, lookUps = {}, transfers = {} } = world
  const startAt = cityTime(world.at ?? MONDAY_NOON) ?? 0
  return rehearse({
    flow, duration, startAt, vars,
    // Whoever stands at a node that is not there begins at the start, with what he has.
    ...(tags !== undefined && { from: { flow: flow.name, version: flow.version, node: '', language: flow.languages.find((one) => one === tags['language']) ?? flow.languages[0], memory: {}, vars, stack: [], path: [], tags: Object.entries(tags).map(([key, value]) => ({ key, value, node: flow.start, at: startAt })) } }),
    surroundings: {
      ...quiet, caller: { ...quiet.caller, ...caller }, load: { ...quiet.load, ...load }, queue: { ...quiet.queue, ...queue },
      modes: Object.fromEntries(Object.entries(modes).map(([name, until]) => [name, until === 'on' ? {} : { until: cityTime(until) ?? 0 }])), calendar: { holidays: Object.fromEntries(holidays.map((date): [string, true] => [date, true])), workdays },
    },
    outcome(command) {
      if (command.type === 'transfer') return transfers[command.line] === 'answers' ? { after: Math.min(command.timeout, 5_000), event: { type: 'transferred' } } : noAnswer(command)
      const result = lookUps[command.service]
      if (result === undefined || result === 'fails') return noAnswer(command)
      const after = (result.after ?? 0.2) * 1000
      return after > command.timeout ? noAnswer(command) : { after, event: { type: 'looked-up', values: result.answers } }
    },
  })
}

const noAnswer = ({ timeout }: Extract<WaitCommand, { type: 'look-up' | 'transfer' }>): { after: number; event: FlowEvent } => ({ after: timeout, event: { type: 'failed', reason: 'no answer' } })

/** Lets the prompts of the moment be heard; plays to their end, so that a question is there. */
export function hearOut(call: Rehearsal): void {
  for (let waits = 0; call.waitingFor() === 'prompt' && waits < MOST_WAITS; waits += 1) call.wait(call.untilNext())
}

/** One step of a caller. False when he has hung up. */
export function take(call: Rehearsal, step: Step): boolean {
  if (step.press !== undefined) {
    if (step.after === undefined) {
      hearOut(call)
      call.wait(call.promptsLeft())
    } else call.wait(step.after * 1000)
    for (const [index, key] of Array.from(step.press).entries()) {
      if (index > 0) call.wait((step.between ?? BETWEEN_KEYS) * 1000)
      call.press(key)
    }
  }
  if (step.say !== undefined) {
    hearOut(call)
    call.wait(call.promptsLeft())
    call.say(step.say)
  }
  if (step.speaks !== undefined) {
    hearOut(call)
    call.wait(call.promptsLeft())
    call.speak(step.speaks * 1000)
    call.wait(step.speaks * 1000)
  }
  if (step.silence === true) {
    hearOut(call)
    call.wait(call.untilNext())
  }
  if (step.wait !== undefined) call.wait(step.wait * 1000)
  if (step.fault === true) call.fail()
  return step.hangUp !== true
}

/** A whole call: the steps, then silence until the flow has nothing more to say. */
export function playOut(flow: Flow, { steps = [], ...world }: Omit<ScenarioShape, 'expect'>, duration: (prompt: PromptRef) => number): PlayedOut {
  const call = openCall(flow, world, duration)
  let there = true
  let late: number | null = null
  for (const [index, step] of steps.entries()) {
    if (call.waitingFor() === 'nothing' && step.hangUp !== true && step.wait === undefined) { late = index; break }
    there = take(call, step)
    if (!there) break
  }
  for (let waits = 0; there && call.waitingFor() !== 'nothing' && waits < MOST_WAITS; waits += 1) call.wait(call.untilNext())
  return { ...summary(call, there), late }
}

/** What can be told of a call as far as it has come. */
export function summary(call: Rehearsal, there: boolean): Omit<PlayedOut, 'late'> {
  const { notes } = call
  const ended = notes.find((note) => note.type === 'ended')
  const done = notes.flatMap((note) => (note.type === 'done' ? [note.command] : []))
  const queue = done.reduce<PlayedOut['queue']>((all, command) => (command.type === 'queue' ? { ...all, ...(command.class !== undefined && { class: command.class }), ...(command.skill !== undefined && { skill: command.skill }), ...(command.priority !== undefined && { priority: command.priority }) } : all), {})
  const tags = Object.fromEntries(call.state().tags.map(({ key, value }) => [key, value]))
  return {
    notes, tags, queue,
    heard: notes.flatMap((note) => (note.type === 'heard' ? [note.prompt] : [])),
    path: notes.flatMap((note) => (note.type === 'node' ? [note.node] : [])),
    callBack: done.some(({ type }) => type === 'call-back'),
    ending: !there && ended === undefined ? 'hung-up' : ended?.hungUp === true ? 'hangs-up' : tags['transfer'] !== undefined && done.at(-1)?.type === 'transfer' ? 'transferred' : 'waits',
    taggedAt: notes.find((note) => note.type === 'tagged' && note.key === 'category')?.at ?? null,
    over: ended?.at ?? call.elapsed(),
    keys: notes.reduce((sum, { type }) => sum + (type === 'pressed' ? 1 : 0), 0),
  }
}
