import { Type } from 'typebox'
import { closed, says } from '../fields.js'
import { defineCondition } from './condition.js'

const Count = (zh: string, en: string) => Type.Optional(Type.Integer({ minimum: 0, ...says(zh, en) }))

/** How busy the room is when the caller comes by. */
export const load = defineCondition({
  name: 'load',
  schema: closed({
    waitingAtLeast: Count('等候人数至少', 'Callers waiting, at least'),
    readyAtMost: Count('空闲座席至多', 'Operators ready, at most'),
    longestWaitSecondsAtLeast: Count('最长等候秒数至少', 'Longest wait in seconds, at least'),
  }, { minProperties: 1, ...says('话务量', 'The load') }),
  holds(wanted, { load: { waiting, ready, longestWaitSeconds } }) {
    return (wanted.waitingAtLeast === undefined || waiting >= wanted.waitingAtLeast)
      && (wanted.readyAtMost === undefined || ready <= wanted.readyAtMost)
      && (wanted.longestWaitSecondsAtLeast === undefined || longestWaitSeconds >= wanted.longestWaitSecondsAtLeast)
  },
})
