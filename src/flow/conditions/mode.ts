import { Type } from 'typebox'
import { NAME_PATTERN, says } from '../fields.js'
import { defineCondition } from './condition.js'

/** A switch that is on now, e.g. `mode: disaster`: set with `liandong mode disaster on`, read at each call. */
export const mode = defineCondition({
  name: 'mode',
  schema: Type.String({ pattern: NAME_PATTERN, ...says('开关已打开：liandong mode <名称> on', 'This switch is on: liandong mode <name> on') }),
  uses: (wanted) => [{ kind: 'mode', name: wanted, path: [] }],
  holds: (wanted, { now, modes }) => {
    const found = Object.hasOwn(modes, wanted) ? modes[wanted] : undefined
    return found !== undefined && (found.until === undefined || now < found.until)
  },
})
