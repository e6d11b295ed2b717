import { Type, type Static } from 'typebox'
import { LANGUAGES } from '../../contracts/flow.js'
import { NAME_PATTERN, says } from '../fields.js'
import type { NodeContext, PromptLengths, PromptUse, Span, Use } from '../node-type.js'
import type { PromptRef } from '../types.js'
import { piecesOfReadOut, ReadOut, readOut, readOutUses, timeOfReadOut } from './read-out.js'

/** What a caller hears: prompts by name, and values read out between them. */
const Spoken = Type.Union([
  Type.String({ pattern: NAME_PATTERN, ...says('提示音名称，即 prompts/<语言>/<名称>.wav', 'A prompt name: prompts/<language>/<name>.wav') }),
  ReadOut,
], says('提示音名称（小写字母开头，可含数字和连字符），或要念出的值，如 { number: { fact: position } }', 'A prompt name (begins with a lower-case letter; digits and hyphens), or a value to read out: { number: { fact: position } }'))
export type Spoken = Static<typeof Spoken>

/** Schema of what is played one after the other: prompts and values read out. */
export const PromptList = (zh: string, en: string) => Type.Array(Spoken, { minItems: 1, maxItems: 16, ...says(`${zh}（提示音名称或要念出的值的列表）`, `${en} (a list of prompt names and values to read out)`) })

/** Prompts in the caller's language; null when a value cannot be read out, which is a fault of the node. */
export function speak(list: readonly Spoken[], context: NodeContext): PromptRef[] | null {
  const names: string[] = []
  for (const one of list) {
    const found = typeof one === 'string' ? [one] : readOut(one, context)
    if (found === null) return null
    names.push(...found)
  }
  return names.map((name) => ({ name, language: context.language }))
}

/** The prompts of a list under one key of the node, with every piece that a read-out can need. */
export function spokenPrompts(key: string, list: readonly Spoken[] | undefined): PromptUse[] {
  return (list ?? []).flatMap((one, index) => {
    const path = [key, index]
    if (typeof one === 'string') return [{ name: one, path }]
    return LANGUAGES.flatMap((language) => {
      const { pieces, known } = piecesOfReadOut(one, language)
      return pieces.map((name) => ({ name, path, language, ...(!known && { maybe: true as const }) }))
    })
  })
}

/** The variables and tags that a list reads out. */
export function spokenUses(key: string, list: readonly Spoken[] | undefined): Use[] {
  return (list ?? []).flatMap((one, index) => (typeof one === 'string' ? [] : readOutUses(one, [key, index])))
}

/** How long a list lasts. Of what is read out only the longest reading is known, unless it is written out. */
export function spokenTime(list: readonly Spoken[] | undefined, { language, of }: PromptLengths): Span {
  let [least, most] = [0, 0]
  for (const one of list ?? []) {
    const [shortest, longest] = typeof one === 'string' ? [of(one), of(one)] : timeOfReadOut(one, language, of)
    least += shortest
    most += longest
  }
  return [least, most]
}
