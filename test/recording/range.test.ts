import t from 'tap'
import { partOf } from '../../src/recording/range.js'

const TAG = '"abc"'
const whole = { type: 'whole' }
const part = (from: number, to: number) => ({ type: 'part', from, to })
const no = { type: 'unsatisfiable' }

t.test('ranges of bytes by RFC 9110 §14', (t) => {
  for (const [range, ifRange, size, expected] of [
    [undefined, undefined, 1000, whole],
    ['bytes=0-499', undefined, 1000, part(0, 499)],
    ['bytes=500-', undefined, 1000, part(500, 999)],
    ['bytes=-1', undefined, 1000, part(999, 999)],
    ['bytes=-5000', undefined, 1000, part(0, 999)],
    ['bytes=0-', undefined, 1000, part(0, 999)],
    ['bytes=999-5000', undefined, 1000, part(999, 999)],
    ['BYTES=0-0', undefined, 1000, part(0, 0)],
    ['bytes=1000-', undefined, 1000, no],
    ['bytes=5000-6000', undefined, 1000, no],
    ['bytes=-0', undefined, 1000, no],
    ['bytes=0-', undefined, 0, no],
    ['bytes=5-4', undefined, 1000, whole], // invalid: ignored (§14.1.1)
    ['bytes=-', undefined, 1000, whole],
    ['bytes=a-b', undefined, 1000, whole],
    ['bytes=0-1,5-6', undefined, 1000, whole],
    ['items=0-1', undefined, 1000, whole],
    ['bytes=99999999999999999999-', undefined, 1000, whole],
    ['bytes=0-1', TAG, 1000, part(0, 1)],
    ['bytes=0-1', '"other"', 1000, whole],
    ['bytes=0-1', `W/${TAG}`, 1000, whole], // a weak tag never matches
    ['bytes=0-1', 'Wed, 25 Nov 2026 08:00:00 GMT', 1000, whole],
  ] as const) t.same(partOf(range, ifRange, size, TAG), expected, `${String(range)} ${String(ifRange)} of ${size}`)
  t.end()
})
