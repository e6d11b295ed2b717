import { Type } from 'typebox'
import { closed, says } from '../fields.js'
import { calendar } from './calendar.js'
import { caller } from './caller.js'
import type { Facts, When as WhenValue } from './condition.js'
import { hours } from './hours.js'
import { load } from './load.js'
import { mode } from './mode.js'
import { tags, variables } from './variables.js'

/** Everything a branch can ask for: a new condition is a file beside this and a name here. */
export const CONDITIONS = [hours, calendar, mode, caller, load, tags, variables]

/** Schema of `when`: all conditions that are mentioned must hold. */
export const When = closed(
  Object.fromEntries(CONDITIONS.map(({ name, schema }) => [name, Type.Optional(schema)])),
  { minProperties: 1, ...says('条件，须全部成立', 'Conditions that must all hold') },
)

/** Whether all that `when` names holds. */
export function conditionHolds(when: WhenValue, facts: Facts): boolean {
  return CONDITIONS.every((condition) => condition.holds(when, facts))
}
