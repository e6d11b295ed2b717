import { Type } from 'typebox'
import { NodeName, says, Seconds, Tags, Tries, type closed } from './fields.js'
import { PromptList } from './say/spoken.js'

/** Wait for an answer after the prompts, seconds, where a flow does not say. */
export const SILENCE_SECONDS = 5

/** What every question plays. `wrong`: when its `wrong` prompts are heard, in both languages. */
export const askFields = (wrong: readonly [zh: string, en: string]) => ({
  prompts: PromptList('第一次听到的', 'Heard the first time'),
  again: Type.Optional(PromptList('重复或返回时听到的，默认同 prompts', 'Heard on repeats and on coming back; default: prompts')),
  wrong: Type.Optional(PromptList(...wrong)),
  tries: Type.Optional(Tries),
})

/** The way out when a question cannot be asked. */
export const onFaultField = { onFault: Type.Optional(NodeName('无法播放或收键时，默认同 onSilence', 'When it cannot be played; default: onSilence')) }

/** How long a question of one key waits after the prompts. */
export const silenceField = (zh: string, en: string) => ({ silenceSeconds: Type.Optional(Seconds(1, 30, SILENCE_SECONDS, zh, en)) })

/** What a key, or a choice, leads to. */
export const choiceFields = (zh: string, en: string) => ({ goto: NodeName(zh, en), tag: Type.Optional(Tags) })

/** Keys of a choice; `entry` says what stands behind each. */
export const choices = <E extends ReturnType<typeof closed>>(entry: E, zh: string, en: string) => Type.Record(Type.String({ pattern: '^[0-9*#]$' }), entry, { additionalProperties: false, minProperties: 1, ...says(zh, en) })
