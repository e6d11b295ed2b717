import type { FlowTried, HeardPrompt, TryMove, TryNote } from '../contracts/routes/flows.js'
import { LiandongError } from '../contracts/errors.js'
import { rehearse, type RehearsalNote } from '../flow/rehearsal.js'
import { surroundedBy } from '../flow/surroundings.js'
import { titleOf } from '../flow/titles.js'
import type { Calendar, Flow, FlowVariables, PromptRef } from '../flow/types.js'
import type { Edition } from './edition.js'

export interface TryWish {
  readonly startAt: number
  readonly timeZone: string
  readonly calendar: Calendar
  /** Up to when it is played, ms since the call began. */
  readonly until: number
  readonly moves: readonly TryMove[]
  readonly waiting: number
  readonly ready: number
  /** Operators at their desks, ready or not. */
  readonly present: number
  /** Switches that are on. */
  readonly modes: readonly string[]
  /** Until when, where it is known, ms since epoch. */
  readonly ends?: Readonly<Record<string, number>>
  readonly vars?: FlowVariables
  readonly number: string
  readonly hints: readonly string[]
}

/** Without them it would hear nothing, and go on as nobody ever does. @throws LiandongError `flow.parameter-missing` */
export function needParameters({ name, parameters }: Pick<Flow, 'name' | 'parameters'>, vars: FlowVariables): void {
  const missing = parameters.filter((one) => (vars[one] ?? '') === '')
  if (missing[0] !== undefined) throw new LiandongError('flow.parameter-missing', { flow: name, names: missing.join(', '), first: missing[0] })
}

/** Switches that are on, and until when where it is known. */
export const switchesOf = (modes: readonly string[], ends: Readonly<Record<string, number>>): Record<string, { readonly until?: number }> =>
  Object.fromEntries(modes.map((mode) => [mode, ends[mode] === undefined ? {} : { until: ends[mode] }]))

/** Plays a call with these keys and words from its beginning up to a moment: the engine that serves calls, on a virtual clock. Nothing is kept between two questions. */
export function tryOut(edition: Edition, flow: Flow, { startAt, timeZone, calendar, until, moves, waiting, ready, present, modes, ends = {}, vars = {}, number, hints }: TryWish): FlowTried {
  needParameters(flow, vars)
  const tapeOf = ({ language, name }: PromptRef) => edition.tapes.get(language)?.get(name)
  const heard = (prompt: PromptRef): HeardPrompt => {
    const tape = tapeOf(prompt)
    return { language: prompt.language, name: prompt.name, ms: tape?.duration ?? 0, ...(tape?.text !== undefined && { text: tape.text }), ...(tape !== undefined && { hash: tape.hash }) }
  }
  const call = rehearse({
    flow, startAt, vars, duration: (prompt) => tapeOf(prompt)?.duration ?? 0,
    surroundings: surroundedBy({ timeZone, calendar, number, hints, waiting, ready, present, modes: switchesOf(modes, ends) }),
  })
  for (const move of [...moves].sort((a, b) => a.at - b.at)) {
    if (move.at > until || call.waitingFor() === 'nothing') break
    call.wait(Math.max(0, move.at - call.elapsed()))
    if ('key' in move) call.press(move.key)
    else call.utter(move.words)
  }
  if (call.waitingFor() !== 'nothing') call.wait(Math.max(0, until - call.elapsed()))
  return {
    // A prompt is noted when it is over or cut, by the time when it began: rows are told in the order of their times.
    notes: [...call.notes].sort((a, b) => a.at - b.at).map((note) => noteOf(note, flow, heard)), elapsed: call.elapsed(), waitingFor: call.waitingFor(), untilNext: call.untilNext(), promptsLeft: call.promptsLeft(),
    playing: call.playing().map(heard), path: [...call.state().path],
  }
}

function noteOf(note: RehearsalNote, flow: Flow, heard: (prompt: PromptRef) => HeardPrompt): TryNote {
  const { at, type } = note
  switch (note.type) {
    case 'heard': return { at, type, text: note.prompt.name, prompt: heard(note.prompt), ...(note.cutAfter !== undefined && { cutAfter: note.cutAfter }) }
    case 'pressed': return { at, type, text: note.key }
    case 'node': {
      const title = titleOf(flow, note.node)
      return { at, type, text: note.node, ...(title !== null && { title }) }
    }
    case 'tagged': return { at, type, text: `${note.key} = ${note.value}` }
    case 'said': return { at, type, text: note.text }
    case 'recorded': return { at, type, text: `${(note.duration / 1000).toFixed(1)} s` }
    case 'done': return { at, type, text: doneText(note.command) }
    case 'ended': return { at, type, text: note.hungUp === true ? 'hung-up' : 'waits' }
  }
}

function doneText(command: Extract<RehearsalNote, { type: 'done' }>['command']): string {
  switch (command.type) {
    case 'queue': return ['queue', command.class, command.skill, command.priority].filter((one) => one !== undefined).join(' ')
    case 'call-back': return `call-back ${command.number ?? ''}`.trim()
    case 'look-up': return `look-up ${command.service}`
    case 'transfer': return `transfer ${command.line}`
  }
}
