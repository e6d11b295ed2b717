import type { Exit, NodeContext, NodeOutcome, PromptLengths, PromptUse, Span, Use } from './node-type.js'
import { SILENCE_SECONDS } from './question-fields.js'
import { speak, spokenPrompts, spokenTime, spokenUses, type Spoken } from './say/spoken.js'
import type { FlowMemory, GatherCommand, NoteCommand, WaitCommand } from './types.js'

/** What every node that asks has in common: ask, ask again after silence or a wrong answer, then go on without one. */
export interface Question {
  readonly prompts: readonly Spoken[]
  readonly again?: readonly Spoken[]
  readonly wrong?: readonly Spoken[]
  readonly tries?: number
  readonly onSilence: string
  readonly onWrong?: string
  readonly onFault?: string
}

export type Gathering = Omit<GatherCommand, 'type' | 'prompts'>

const TRIES = 2

/** Makes the command that asks; a speech engine listens beside the keys when `listen`. */
export interface Asking { readonly question: Question; readonly gathering: Gathering; readonly listen?: boolean }

/** A question that one key answers, any of them. */
export const oneKey = (question: Question & { readonly silenceSeconds?: number }): Asking => {
  const timeout = (question.silenceSeconds ?? SILENCE_SECONDS) * 1000
  return { question, gathering: { min: 1, max: 1, terminators: '', timeout, interDigitTimeout: timeout } }
}

function ask({ question, gathering, listen = false }: Asking, list: readonly Spoken[], context: NodeContext, tries: number, notes: readonly NoteCommand[] = []): NodeOutcome {
  const prompts = speak(list, context)
  if (prompts === null) return faultOf(question)
  const gather: GatherCommand = { type: 'gather', prompts, ...gathering }
  const command: WaitCommand = listen ? { type: 'listen', gather } : gather
  return { kind: 'stay', command, memory: { tries }, ...(notes.length > 0 && { notes }) }
}

/** The caller arrives: the whole question, or the short one when he has heard it before. */
export function enterQuestion(asking: Asking, context: NodeContext): NodeOutcome {
  const { prompts, again = prompts } = asking.question
  return ask(asking, context.visited ? again : prompts, context, 1)
}

/** The caller comes back after a break: the short question, and it does not count as another try. */
export function resumeQuestion(asking: Asking, context: NodeContext): NodeOutcome {
  const { prompts, again = prompts } = asking.question
  return ask(asking, again, context, triesIn(context.memory))
}

/** No answer, or a wrong one: asks again while tries are left. */
export function retryQuestion(asking: Asking, context: NodeContext, reason: 'silence' | 'wrong'): NodeOutcome {
  const { question } = asking
  const tries = triesIn(context.memory)
  const wrong = reason === 'wrong'
  if (tries >= (question.tries ?? TRIES)) return wrong ? { kind: 'goto', to: question.onWrong ?? question.onSilence, by: 'caller', label: '?', wrong } : { kind: 'goto', to: question.onSilence, by: 'silence' }
  const again = question.again ?? question.prompts
  const outcome = ask(asking, wrong ? [...question.wrong ?? [], ...again] : again, context, tries + 1)
  return wrong && (outcome.kind === 'stay' || outcome.kind === 'goto') ? { ...outcome, wrong } : outcome
}

/** Where a question goes that cannot be asked: `onFault`, else as after silence. */
export const faultOf = (question: Pick<Question, 'onFault' | 'onSilence'>): NodeOutcome => ({ kind: 'goto', to: question.onFault ?? question.onSilence, by: 'fault' })

const plus = (a: Span, b: Span): Span => [a[0] + b[0], a[1] + b[1]]
const most = (...spans: readonly Span[]): number => Math.max(...spans.map(([, longest]) => longest))

/**
 * How long a visit can take. An answer may come at once, or with the last key of the last try; silence takes every try to its end.
 * Keys put the end off: each of the most keys may come just before its time is over.
 */
export function questionTimes({ question, gathering }: Asking) {
  const { prompts, again = prompts, wrong = [], tries = TRIES } = question
  const answering = gathering.timeout + (gathering.max - 1) * gathering.interDigitTimeout
  const repeat = (lengths: PromptLengths): Span => {
    const spoken = spokenTime(again, lengths)
    return [spoken[0], spoken[1] + spokenTime(wrong, lengths)[1]]
  }
  const whole = (lengths: PromptLengths): Span => {
    const repeats = repeat(lengths)
    const first: Span = [Math.min(spokenTime(prompts, lengths)[0], spokenTime(again, lengths)[0]), most(spokenTime(prompts, lengths), spokenTime(again, lengths))]
    return plus(first, [repeats[0] * (tries - 1), repeats[1] * (tries - 1)])
  }
  return {
    answered: (lengths: PromptLengths): Span => [0, whole(lengths)[1] + tries * answering],
    silent: (lengths: PromptLengths): Span => { const all = whole(lengths); return [all[0] + tries * gathering.timeout, all[1] + tries * answering] },
  }
}

/** The ways out that every question has. */
export function questionExits(asking: Asking): Exit[] {
  const { question } = asking
  const { answered, silent } = questionTimes(asking)
  const exits: Exit[] = [{ to: question.onSilence, by: 'silence', path: ['onSilence'], time: silent }]
  // Wrong to the last, or silent after a wrong key: where no way of its own is written, both go where silence goes.
  exits.push({ to: question.onWrong ?? question.onSilence, by: 'caller', path: [question.onWrong === undefined ? 'onSilence' : 'onWrong'], label: '?', time: answered, ...(asking.listen === true && { sound: true }) })
  exits.push({ to: question.onFault ?? question.onSilence, by: 'fault', path: [question.onFault === undefined ? 'onSilence' : 'onFault'], time: answered })
  return exits
}

/** All prompts that a question can play. */
export function questionPrompts(question: Question): PromptUse[] {
  return [...spokenPrompts('prompts', question.prompts), ...spokenPrompts('again', question.again), ...spokenPrompts('wrong', question.wrong)]
}

/** All variables and tags that a question reads out. */
export function questionUses(question: Question): Use[] {
  return [...spokenUses('prompts', question.prompts), ...spokenUses('again', question.again), ...spokenUses('wrong', question.wrong)]
}

/** Memory comes back from a channel variable or the database: anything but a small count is a first try. */
export function triesIn(memory: FlowMemory): number {
  const tries = memory['tries']
  return typeof tries === 'number' && Number.isInteger(tries) && tries > 0 ? tries : 1
}
