import { questionExits, questionTimes, type Asking } from './ask.js'
import type { Exit } from './node-type.js'

/** What stands behind a key. */
interface Choice { readonly goto: string; readonly tag?: Readonly<Record<string, string>> | undefined; /** What may be said instead of pressing it. */ readonly words?: unknown }
type Choices = Readonly<Record<string, Choice>>

/** The ways out of a question that is answered by one key: its choices, then those of every question. */
export const choiceExits = (keys: Choices, asking: Asking): Exit[] => [
  ...Object.entries(keys).map(([key, { goto, words }]) => ({ to: goto, by: 'caller' as const, path: ['keys', key, 'goto'], label: key, time: questionTimes(asking).answered, ...(words !== undefined && { sound: true as const }) })),
  ...questionExits(asking),
]

/** The tags that its choices set. */
export const choiceTags = (keys: Choices) => Object.entries(keys).flatMap(([key, { tag = {} }]) => Object.entries(tag).map(([name, value]) => ({ key: name, value, path: ['keys', key, 'tag', name] })))
