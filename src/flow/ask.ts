import type { Language } from '../contracts/primitives.js'
import { promptRefs, type Exit, type NodeContext, type NodeOutcome, type PromptUse, promptUses } from './node-type.js'
import type { FlowMemory } from './types.js'

/** What menu and collect have in common: ask, ask again after silence or a wrong answer, then go on without one. */
export interface Question {
  readonly prompts: readonly string[]
  readonly again?: readonly string[]
  readonly wrong?: readonly string[]
  readonly tries?: number
  readonly onSilence: string
  readonly onWrong?: string
  readonly onFault?: string
}

export interface Gathering {
  readonly min: number
  readonly max: number
  readonly timeout: number
  readonly interDigitTimeout: number
  readonly terminators: string
}

/** Asks once more. `lead` is heard before the question itself. */
function ask(prompts: readonly string[], gathering: Gathering, language: Language, tries: number): NodeOutcome {
  return { kind: 'stay', command: { type: 'gather', prompts: promptRefs(prompts, language), ...gathering }, memory: { tries } }
}

/** The caller arrives: the whole question, or the short one when he has heard it before. */
export function enterQuestion(question: Question, gathering: Gathering, { language, visited }: NodeContext): NodeOutcome {
  return ask(visited ? question.again ?? question.prompts : question.prompts, gathering, language, 1)
}

/** The caller comes back after a break: the short question, and it does not count as another try. */
export function resumeQuestion(question: Question, gathering: Gathering, { language, memory }: NodeContext): NodeOutcome {
  return ask(question.again ?? question.prompts, gathering, language, triesIn(memory))
}

/** No answer, or a wrong one: asks again while tries are left. */
export function retryQuestion(question: Question, gathering: Gathering, { language, memory }: NodeContext, reason: 'silence' | 'wrong'): NodeOutcome {
  const tries = triesIn(memory)
  const wrong = reason === 'wrong'
  if (tries >= (question.tries ?? 2)) return { kind: 'goto', to: wrong ? question.onWrong ?? question.onSilence : question.onSilence }
  const again = question.again ?? question.prompts
  return ask(wrong ? [...question.wrong ?? [], ...again] : again, gathering, language, tries + 1)
}

export const faultOf = (question: Question): NodeOutcome => ({ kind: 'goto', to: question.onFault ?? question.onSilence })

/** The ways out that every question has. */
export function questionExits(question: Question): Exit[] {
  const exits: Exit[] = [{ to: question.onSilence, by: 'silence', path: ['onSilence'] }]
  if (question.onWrong !== undefined) exits.push({ to: question.onWrong, by: 'caller', path: ['onWrong'], label: '?' })
  if (question.onFault !== undefined) exits.push({ to: question.onFault, by: 'fault', path: ['onFault'] })
  return exits
}

export function questionPrompts(question: Question): PromptUse[] {
  return [...promptUses('prompts', question.prompts), ...promptUses('again', question.again), ...promptUses('wrong', question.wrong)]
}

/** Memory comes back from a channel variable or the database: anything but a small count is a first try. */
function triesIn(memory: FlowMemory): number {
  const tries = memory['tries']
  return typeof tries === 'number' && Number.isInteger(tries) && tries > 0 ? tries : 1
}
