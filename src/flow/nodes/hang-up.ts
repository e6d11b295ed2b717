import { Type } from 'typebox'
import { closed, says } from '../fields.js'
import { defineNode } from '../node-type.js'

/**
 * Ends the call. Where citizens enter, the check lets it stand only behind a message that was kept or a call-back that was promised:
 * nobody who wants help is hung up on.
 */
export const hangUp = defineNode({
  type: 'hang-up',
  schema: closed({
    type: Type.Literal('hang-up', says('挂机；市民来电流程中，只能在留言或回拨已登记之后', 'Hangs up; where citizens enter, only after a kept message or a promised call-back')),
  }),
  example: 'goodbye: { type: hang-up }',
  exits: () => [],
  ending: 'hangs-up',
  enter: () => ({ kind: 'hang-up' }),
})
