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
    presentAtMost: Count('在席座席至多（含通话中）', 'Operators at their desks (ready or not), at most'),
    positionAtLeast: Count('本来电排在第几位以后', 'His own position in the queue, at least'),
    expectedWaitSecondsAtLeast: Count('预计还要等候的秒数至少', 'Seconds he will probably wait, at least'),
  }, { minProperties: 1, ...says('话务量', 'The load') }),
  // Nobody waits less than not at all, or stands before the first.
  always: ({ readyAtMost, presentAtMost, positionAtLeast = 1, waitingAtLeast = 0, longestWaitSecondsAtLeast = 0, expectedWaitSecondsAtLeast = 0 }) =>
    readyAtMost === undefined && presentAtMost === undefined && positionAtLeast <= 1 && waitingAtLeast === 0 && longestWaitSecondsAtLeast === 0 && expectedWaitSecondsAtLeast === 0,
  // What is not wanted is not asked for: everybody who waits is counted for it.
  holds: (wanted, facts) => (wanted.waitingAtLeast === undefined || facts.load.waiting >= wanted.waitingAtLeast)
    && (wanted.readyAtMost === undefined || facts.load.ready <= wanted.readyAtMost)
    && (wanted.longestWaitSecondsAtLeast === undefined || facts.load.longestWaitSeconds >= wanted.longestWaitSecondsAtLeast)
    && (wanted.presentAtMost === undefined || facts.load.present <= wanted.presentAtMost)
    && (wanted.positionAtLeast === undefined || facts.queue.position >= wanted.positionAtLeast)
    && (wanted.expectedWaitSecondsAtLeast === undefined || facts.queue.expectedWaitSeconds >= wanted.expectedWaitSecondsAtLeast),
})
