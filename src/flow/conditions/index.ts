import { Type } from 'typebox'
import { closed, says } from '../fields.js'
import type { FlowSurroundings } from '../types.js'
import { caller } from './caller.js'
import type { When as WhenValue } from './condition.js'
import { hours } from './hours.js'
import { load } from './load.js'

/** Everything a branch can ask for: a new condition is a file beside this and a name here. */
export const CONDITIONS = [hours, caller, load]

/** Schema of `when`: all conditions that are mentioned must hold. */
export const When = closed(
  Object.fromEntries(CONDITIONS.map(({ name, schema }) => [name, Type.Optional(schema)])),
  { minProperties: 1, ...says('条件，须全部成立', 'Conditions that must all hold') },
)

export function conditionHolds(when: WhenValue, surroundings: FlowSurroundings): boolean {
  return CONDITIONS.every((condition) => condition.holds(when, surroundings))
}
