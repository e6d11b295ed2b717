import t from 'tap'
import { makeGuesses } from '../../src/dispatch/guesses.js'

t.test('so many wrong tries of one thing, and then none until the time is over', async (t) => {
  const guesses = makeGuesses({ most: 3, within: 1_000 })
  for (const now of [0, 10, 20]) {
    t.equal(guesses.wait('a', now), 0)
    guesses.wrong('a', now)
  }
  t.equal(guesses.wait('a', 30), 970, 'since the first of them')
  t.equal(guesses.wait('b', 30), 0, 'of this one only')
  t.equal(guesses.wait('a', 1_000), 0)
  guesses.wrong('a', 1_000)
  t.equal(guesses.wait('a', 1_001), 0, 'and it is counted anew')
})

t.test('what was right after all is not counted', async (t) => {
  const guesses = makeGuesses({ most: 2, within: 1_000 })
  guesses.right('a')
  guesses.wrong('a', 0)
  guesses.wrong('a', 0)
  guesses.right('a')
  t.equal(guesses.wait('a', 1), 0)
  guesses.right('a')
  guesses.wrong('a', 1)
  t.equal(guesses.wait('a', 2), 0)
  guesses.wrong('a', 2)
  t.equal(guesses.wait('a', 3), 998)
})

t.test('what was tried to the full is not washed out by whoever tries many others', async (t) => {
  const guesses = makeGuesses({ most: 2, within: 1_000, kept: 10 })
  guesses.wrong('a', 0)
  guesses.wrong('a', 0)
  for (let n = 0; n < 100; n += 1) guesses.wrong(`other ${n}`, 1)
  t.equal(guesses.wait('a', 2), 998)
  for (let n = 0; n < 10; n += 1) for (const now of [3, 4]) guesses.wrong(`full ${n}`, now)
  t.equal(guesses.wait('a', 5), 0, 'there is an end to what is kept')
})
