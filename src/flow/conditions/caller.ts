import { Type } from 'typebox'
import { HINT_KINDS } from '../../contracts/call.js'
import { closed, says } from '../fields.js'
import { defineCondition } from './condition.js'

/** Who is calling, as far as is known at that moment: the look-up in the database is never waited for. */
export const caller = defineCondition({
  name: 'caller',
  schema: closed({
    verified: Type.Optional(Type.Boolean(says('号码是否由可信中继证实', 'Whether a trusted trunk vouches for the number'))),
    numberStartsWith: Type.Optional(Type.Array(
      Type.String({ pattern: '^\\+?[0-9]{1,15}$', ...says('号码开头，须加引号', 'Beginning of the number, quoted') }),
      { minItems: 1, maxItems: 64, ...says('号码以其中之一开头', 'The number begins with one of these') },
    )),
    withheld: Type.Optional(Type.Boolean(says('是否隐藏号码', 'Whether the number is withheld'))),
    earlierCallsAtLeast: Type.Optional(Type.Integer({ minimum: 1, ...says('此前来电至少几次', 'Called at least this often before') })),
    hint: Type.Optional(Type.Enum(HINT_KINDS, says('座席提示：deaf 听障、foreign-language 外语、nuisance 骚扰、note 备注', 'A hint about the caller: deaf, foreign-language, nuisance, note'))),
  }, { minProperties: 1, ...says('来电者', 'The caller') }),
  check(wanted, complain) {
    if (wanted.withheld === true && wanted.numberStartsWith !== undefined) complain('caller.never', ['numberStartsWith'], {})
  },
  holds(wanted, { caller: { number, verified, earlierCalls, hints } }) {
    return (wanted.verified === undefined || wanted.verified === verified)
      && (wanted.numberStartsWith === undefined || wanted.numberStartsWith.some((prefix) => number.startsWith(prefix)))
      && (wanted.withheld === undefined || wanted.withheld === (number === ''))
      && (wanted.earlierCallsAtLeast === undefined || earlierCalls >= wanted.earlierCallsAtLeast)
      && (wanted.hint === undefined || hints.includes(wanted.hint))
  },
})
