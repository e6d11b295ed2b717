import { Type, type Static } from 'typebox'
import { NAME_PATTERN, says } from '../fields.js'
import type { Complain } from '../node-type.js'
import { defineCondition } from './condition.js'
import { emptyRange, passes, ValueTest, valuesIn } from './value-test.js'

const Tests = (zh: string, en: string) => Type.Record(Type.String({ pattern: NAME_PATTERN }), ValueTest, { additionalProperties: false, minProperties: 1, maxProperties: 8, ...says(zh, en) })

function checkTests(wanted: Static<ReturnType<typeof Tests>>, complain: Complain): void {
  for (const [name, test] of Object.entries(wanted)) {
    const empty = emptyRange(test)
    if (empty !== null) complain('value.empty', [name, 'atMost'], empty)
  }
}

/** What the flow knows: set by `set`, `collect` and `look-up`. */
export const variables = defineCondition({
  name: 'var',
  schema: Tests('变量：值或条件', 'Variable: a value or a test'),
  holds: (wanted, { vars }) => Object.entries(wanted).every(([name, test]) => passes(test, Object.hasOwn(vars, name) ? vars[name] : undefined)),
  check: checkTests,
  uses: (wanted) => Object.keys(wanted).map((name) => ({ kind: 'variable', name, how: 'read', path: [name] })),
})

/** What the caller's keys said so far. */
export const tags = defineCondition({
  name: 'tag',
  schema: Tests('标签：值或条件', 'Tag: a value or a test'),
  holds: (wanted, context) => Object.entries(wanted).every(([name, test]) => passes(test, Object.hasOwn(context.tags, name) ? context.tags[name] : undefined)),
  check: checkTests,
  uses: (wanted) => Object.entries(wanted).flatMap(([name, test]) => [
    { kind: 'tag' as const, name, keyed: true, path: [name] },
    ...valuesIn(test).map(({ value, path }) => ({ kind: 'tag' as const, name, value, keyed: true, path: [name, ...path] })),
  ]),
})
