import fc from 'fast-check'
import t from 'tap'
import { between, covers, makeTaken } from '../../src/flow/conditions/covers.js'
import { conditionHolds } from '../../src/flow/conditions/index.js'
import { HOUR, MONDAY_NOON, surroundings } from './helpers.js'

const few = fc.nat(4)
const text = fc.constantFrom('1', '12', '123', '2', '25')
const some = <T>(one: fc.Arbitrary<T>) => fc.option(one, { nil: undefined })
const given = <T extends object>(fields: T): T => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T
const test = fc.oneof(text, fc.nat(30), fc.record({ in: some(fc.array(text, { minLength: 1, maxLength: 3 })), startsWith: some(text), atLeast: some(fc.nat(30)), atMost: some(fc.nat(30)), present: some(fc.boolean()) }).map(given).filter((one) => Object.keys(one).length > 0))
const tests = fc.dictionary(fc.constantFrom('x', 'y'), test, { minKeys: 1 })
const when = fc.record({
  load: some(fc.record({ waitingAtLeast: some(few), readyAtMost: some(few), presentAtMost: some(few), positionAtLeast: some(few) }).map(given)),
  caller: some(fc.record({ verified: some(fc.boolean()), numberStartsWith: some(fc.array(text, { minLength: 1, maxLength: 2 })), withheld: some(fc.boolean()), earlierCallsAtLeast: some(few) }).map(given)),
  hours: some(fc.record({ days: some(fc.subarray(['mon', 'tue', 'wed'], { minLength: 1 })), from: fc.constantFrom('08:00', '22:00'), to: fc.constantFrom('12:00', '06:00') }).map(given)),
  mode: some(fc.constantFrom('disaster', 'flood')), tag: some(tests), var: some(tests),
}).map(given).filter((one) => Object.keys(one).length > 0)
const facts = fc.record({ hour: fc.nat(72), waiting: few, ready: few, present: few, position: few, earlierCalls: few, verified: fc.boolean(), number: fc.constantFrom('', '1', '12', '123', '25'), disaster: fc.boolean(), flood: fc.boolean(), tags: fc.dictionary(fc.constantFrom('x', 'y'), text), vars: fc.dictionary(fc.constantFrom('x', 'y'), text) })
  .map(({ hour, waiting, ready, present, position, earlierCalls, verified, number, disaster, flood, tags, vars }) => ({
    ...surroundings({ now: MONDAY_NOON + hour * HOUR, load: { waiting, ready, present }, queue: { position }, caller: { earlierCalls, verified, number }, modes: { ...(disaster && { disaster: {} }), ...(flood && { flood: {} }) } }), tags, vars,
  }))

t.test('a case that is said to be never come to takes nobody whom an earlier one would not have taken', async (t) => {
  let covered = 0
  fc.assert(fc.property(when, when, fc.boolean(), fc.array(facts, { minLength: 40, maxLength: 40 }), (earlier, other, narrower, many) => {
    // A case more of the same is what people write.
    const later = narrower ? { ...other, ...earlier } : other
    if (!covers(earlier, later)) return true
    covered += 1
    return many.every((one) => !conditionHolds(later, one) || conditionHolds(earlier, one))
  }), { numRuns: 4_000 })
  t.ok(covered > 500, `${covered} cases`)
})

t.test('what is seen: thresholds, lists and beginnings within others, a condition more', async (t) => {
  const table = [
    [{ load: { waitingAtLeast: 3 } }, { load: { waitingAtLeast: 20 } }, true], [{ load: { waitingAtLeast: 20 } }, { load: { waitingAtLeast: 3 } }, false], [{ load: { readyAtMost: 2 } }, { load: { readyAtMost: 0 } }, true],
    [{ mode: 'disaster' }, { mode: 'disaster', tag: { x: '1' } }, true], [{ mode: 'disaster', tag: { x: '1' } }, { mode: 'disaster' }, false],
    [{ tag: { x: { in: ['1', '2'] } } }, { tag: { x: '2' } }, true], [{ tag: { x: { in: ['1', '2'] } } }, { tag: { x: '3' } }, false], [{ var: { x: { present: true } } }, { var: { x: { startsWith: '0379' } } }, true],
    [{ var: { x: { startsWith: '03' } } }, { var: { x: { startsWith: '0379' } } }, true], [{ var: { x: '1' } }, { tag: { x: '1' } }, false],
    [{ caller: { numberStartsWith: ['03'] } }, { caller: { numberStartsWith: ['0379', '0371'] } }, true], [{ hours: { from: '08:00', to: '12:00' } }, { hours: { days: ['mon'], from: '08:00', to: '12:00' } }, true],
    [{ hours: { days: ['mon'], from: '08:00', to: '12:00' } }, { hours: { from: '08:00', to: '12:00' } }, false],
  ] as const
  for (const [earlier, later, expected] of table) t.equal(covers(earlier, later), expected, JSON.stringify([earlier, later]))
})

t.test('what cases take between them, they take: whoever it is said of, one of them would have taken', async (t) => {
  const empty = (value: unknown): boolean => typeof value === 'object' && value !== null && (Object.keys(value).length === 0 || Object.values(value).some(empty))
  const flag = fc.record({
    caller: some(fc.record({ verified: some(fc.boolean()), withheld: some(fc.boolean()) }).map(given)), calendar: some(fc.record({ day: fc.constantFrom('workday', 'restday', 'holiday') })),
    hours: some(fc.constantFrom<object>({ from: '22:00', to: '06:00' }, { from: '06:00', to: '22:00' }, { from: '00:00', to: '08:00' }, { from: '08:00', to: '24:00' }, { days: ['mon'], from: '06:00', to: '22:00' })),
    tag: some(fc.record({ x: fc.record({ present: some(fc.boolean()), startsWith: some(text) }).map(given) })), mode: some(fc.constant('disaster')),
  }).map((one) => given(Object.fromEntries(Object.entries(one).filter(([, value]) => !empty(value))))).filter((one) => Object.keys(one).length > 0)
  let found = 0
  fc.assert(fc.property(flag, flag, fc.array(facts, { minLength: 40, maxLength: 40 }), (one, other, many) => {
    const shared = between(one, other)
    if (shared === null) return true
    found += 1
    return many.every((who) => !conditionHolds(shared, who) || conditionHolds(one, who) || conditionHolds(other, who))
  }), { numRuns: 6_000 })
  t.ok(found > 200, `${found} pairs`)
  const taken = makeTaken()
  const [a, b] = [{ verified: true }, { withheld: true }]
  const four = [{ ...a, ...b }, { verified: false, ...b }, { ...a, withheld: false }, { verified: false, withheld: false }]
  four.forEach((caller, index) => {
    t.equal(taken.by({}), null)
    taken.add({ caller }, index + 1)
  })
  t.same(taken.by({}), [1, 2, 3, 4], 'each of two by each of two')
  t.same(taken.by({ caller: { verified: true } }), [1, 3])
  for (const [one, other, rest] of [
    [{ hours: { from: '22:00', to: '06:00' } }, { hours: { from: '06:00', to: '22:00' } }, {}], [{ hours: { from: '00:00', to: '08:00' } }, { hours: { from: '08:00', to: '24:00' } }, {}],
    [{ hours: { days: ['mon'], from: '00:00', to: '08:00' } }, { hours: { from: '08:00', to: '24:00' } }, null], [{ calendar: { day: 'workday', from: '2026-01-05' } }, { calendar: { day: 'restday' }, mode: 'x' }, { calendar: { from: '2026-01-05' }, mode: 'x' }],
    [{ calendar: { day: 'workday' } }, { calendar: { day: 'holiday' } }, null], [{ tag: { x: { present: true } } }, { tag: { x: { present: false }, y: '1' } }, { tag: { y: '1' } }], [{ tag: { x: { present: true } } }, { var: { x: { present: false } } }, null],
  ] as const) t.same(between(one, other), rest, JSON.stringify([one, other]))
})
