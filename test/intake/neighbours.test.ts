import t from 'tap'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { makeNeighbours } from '../../src/intake/neighbours.js'
import { A, arrive, attach, B, play, ready, up } from './play.js'
import { arriving, settings, uuid } from './world.js'

const C = uuid(3)
/** Dialled another number of the city than 110: kept from the last operators. */
const yields = (callId: string): RoomEvent => ({ type: 'call.arrived', call: { ...arriving(callId, 10), yields: true } })
const joins = (...operators: readonly string[]): (readonly [number, RoomEvent])[] => operators.flatMap((operator): (readonly [number, RoomEvent])[] => [[2, attach(operator)], [3, ready(operator)]])

/** A node in whose room this has happened, and its word with another one, where so many are free. */
async function beat(events: readonly (readonly [number, RoomEvent])[], there: number): Promise<{ readonly free: number | undefined; readonly turned: readonly string[] }> {
  let { room } = play([[1, up], ...events])
  let said: number | undefined
  const turned: string[] = []
  const quiet = (): void => undefined
  const node = makeNeighbours({ room: () => room, feed: (event) => { room = play([[100, event]], room).room }, background: quiet }, {
    presence: { beat: (_able, _seats, free) => { said = free; return Promise.resolve({ elsewhere: true, free: there, seats: {} }) } },
    switchboard: { up: true, core: uuid(9), say: quiet, onWord: quiet, passOn: (ids: readonly string[]) => { turned.push(...ids) }, turn: (calls: readonly { callId: string }[]) => { turned.push(...calls.map(({ callId }) => callId)) } } as never,
    monotonic: () => 100_000, logger: { info: quiet, warn: quiet, error: quiet }, database: () => ({ database: 'up', journal: 0 }),
    settings: { ...settings, whenUnstaffed: 'wait', timeZone: 'Asia/Shanghai', trunk: false }, agents: { mine: () => ({}), heard: quiet },
  }, () => false)
  await node.beat()
  return { free: said, turned }
}

const [one, two, three] = [uuid(101), uuid(102), uuid(103)]

t.test('the operators who are kept free for 110 are told to the other node, whoever waits here and is kept from them', async (t) => {
  const waits = play([[1, up], ...joins(A, B), [10, yields(one)], [11, yields(two)]]).room
  t.same([waits.ready.size, waits.queued.size], [1, 1], 'one is kept free')
  t.equal((await beat([...joins(A, B), [10, yields(one)], [11, yields(two)]], 0)).free, 1, 'the other node’s callers of 110 may have him')
  t.equal((await beat([...joins(A, B), [10, yields(one)], [11, yields(two)], [12, yields(three)]], 0)).free, 1, 'however many wait')
  t.equal((await beat(joins(A, B), 0)).free, 2)
  t.equal((await beat([...joins(A), [10, arrive(one)], [11, arrive(two)]], 0)).free, 0)
})

t.test('whoever is kept from the last operators goes to no other node where only those are free', async (t) => {
  const busy = [...joins(C), [5, arrive(uuid(100))]] as const
  t.equal(play([[1, up], ...busy]).room.ready.size, 0)
  t.same((await beat([...busy, [10, yields(one)]], 1)).turned, [], 'he would wait there, and nobody would send him back')
  t.same((await beat([...busy, [10, yields(one)], [11, yields(two)]], 2)).turned, [one], 'one of two may be had')
  t.same((await beat([...busy, [10, yields(one)], [11, arrive(two)]], 1)).turned, [two], 'the caller of 110 goes before him')
  t.same((await beat([...busy, [10, yields(one)], [11, arrive(two)]], 2)).turned, [two])
  t.same((await beat([...busy, [10, yields(one)], [11, arrive(two)]], 3)).turned, [two, one])
  t.same((await beat([...busy, [10, arrive(one)], [11, arrive(two)]], 1)).turned, [one])
  t.same((await beat([...joins(A, B), [10, yields(one)], [11, yields(two)]], 5)).turned, [], 'somebody is free here')
})
