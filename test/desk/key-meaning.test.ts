import t from 'tap'
import { keyMeaning } from '../../src/desk/pages/seat/key-meaning.js'

t.test('a key in the talk is an answer only when there was time to ask', async (t) => {
  for (const [key, at, answeredAt, meaning] of [
    ['1', 10_400, 10_000, 'menuKey'], ['2', 12_999, 10_000, 'menuKey'], ['7', 10_100, 10_000, 'menuKey'], ['1', 9_990, 10_000, 'menuKey'],
    ['1', 13_000, 10_000, 'yes'], ['2', 20_000, 10_000, 'no'], ['7', 20_000, 10_000, null], ['1', 20_000, undefined, 'yes'],
  ] as const) t.equal(keyMeaning(key, at, answeredAt), meaning, `${key} ${at - (answeredAt ?? 0)} ms after the answer`)
})
