import t from 'tap'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { makeNeighbours } from '../../src/intake/neighbours.js'
import { A, arrive, attach, B, play, ready, up } from './play.js'
import { arriving, settings, uuid } from './world.js'

const C = uuid(3)
/** Dialled another number of the city than 110: kept from the last operators. */
const yields = (callId: string): RoomEvent => ({ type: 'call.arrived', call: { ...arriving(callId, 10), yields: true } })
const joins = (...operators: readonly string[]): (readonly [number, RoomEvent])[] => operators.flatMap((operator): (readonly [number, RoomEvent])[] => [[2, attach(operator)], [3, ready(operator)]])

/** A node in whose room this has happened, and its word with another one, where so many are free. `linked`: it reaches its FreeSWITCH. */
async function beat(events: readonly (readonly [number, RoomEvent])[], there: number, linked = true): Promise<{ readonly able: number | undefined; readonly free: number | undefined; readonly turned: readonly string[] }> {
  let { room } = play([[1, up], ...events])
  let said: number | undefined
  let saidAble: number | undefined
  const turned: string[] = []
  const quiet = (): void => undefined
  const node = makeNeighbours({ room: () => room, feed: (event) => { room = play([[100, event]], room).room }, background: quiet }, {
    presence: { beat: (able, _seats, free) => { [saidAble, said] = [able, free]; return Promise.resolve({ elsewhere: true, free: there, seats: {} }) } },
    switchboard: { up: linked, core: uuid(9), say: quiet, onWord: quiet, passOn: (ids: readonly string[]) => { turned.push(...ids) }, turn: (calls: readonly { callId: string }[]) => { turned.push(...calls.map(({ callId }) => callId)) } } as never,
    monotonic: () => 100_000, logger: { info: quiet, warn: quiet, error: quiet }, database: () => ({ database: 'up', journal: 0 }),
    settings: { ...settings, whenUnstaffed: 'wait', timeZone: 'Asia/Shanghai', trunk: false, halls: false }, newId: () => uuid(1_000), agents: { mine: () => ({}), heard: quiet },
  }, () => false)
  await node.beat()
  return { able: saidAble, free: said, turned }
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

/** A node that has heard of somebody at another FreeSWITCH, and of nobody else at its own; what happened then, and after so many beats; `brings`: whether the edge finds a way there. */
async function alone(events: readonly (readonly [number, RoomEvent])[], { beats = 1, brings = true, closed = false, knows = null, ...given }: { readonly beats?: number; readonly brings?: boolean; readonly closed?: boolean; readonly knows?: boolean | null; readonly halls?: boolean; readonly whenUnstaffed?: 'refuse' } = {}) {
  let { room } = play([[1, up]])
  let now = 100_000
  const carried: string[] = []
  const passed: string[] = []
  const work: Promise<unknown>[] = []
  const quiet = (): void => undefined
  const node = makeNeighbours({ room: () => room, feed: (event) => { room = play([[now, event]], room).room }, background: (_callId, _what, one) => { work.push(one) } }, {
    presence: { beat: () => Promise.resolve({ elsewhere: false, apart: true, closed, free: 0, seats: {} }) },
    switchboard: { up: true, core: uuid(9), halls: knows, say: quiet, onWord: quiet, passOn: (ids: readonly string[]) => { passed.push(...ids) }, carry: ({ callId }: { callId: string }) => { carried.push(callId); return Promise.resolve(brings) } } as never,
    monotonic: () => now, logger: { info: quiet, warn: quiet, error: quiet }, database: () => ({ database: 'up', journal: 0 }),
    settings: { ...settings, whenUnstaffed: 'wait', timeZone: 'Asia/Shanghai', trunk: false, halls: true, ...given }, newId: () => uuid(1_000), agents: { mine: () => ({}), heard: quiet },
  }, () => false)
  await node.beat()
  now += 10_000 // its FreeSWITCH is known by its name to the others by then
  await node.beat()
  room = play(events, room).room
  for (let n = 0; n < beats; n += 1) {
    await node.beat()
    await Promise.all(work)
    now += 2_000
  }
  return { carried, passed, room, takes: node.takes() }
}

t.test('a node that does not reach its FreeSWITCH has nobody whom it could ring', async (t) => {
  t.match(await beat(joins(A, B), 0), { able: 2, free: 2 })
  t.match(await beat(joins(A, B), 0, false), { able: 0, free: 0 }, 'else the other nodes, which do not know which FreeSWITCH is its, would send their callers there')
})

t.test('nobody sits at this FreeSWITCH and somebody does at another one: who waits is brought there, the most urgent first, a few at a time', async (t) => {
  const many = Array.from({ length: 6 }, (_, n) => uuid(200 + n))
  const waiting = many.map((callId, n): readonly [number, RoomEvent] => [10 + n, arrive(callId)])
  const first = await alone(waiting)
  t.same(first.carried, many.slice(0, 4))
  t.same(many.map((callId) => [first.room.calls.get(callId)?.state, first.room.calls.get(callId)?.ended?.cause]), many.map((_, n) => (n < 4 ? ['ended', 'TRANSFERRED'] : ['queued', undefined])), 'those are no calls of this node any more, and nobody is to call them back')
  t.same((await alone(waiting, { beats: 2 })).carried, many)
  const fire: RoomEvent = { type: 'call.tagged', callId: uuid(205), tag: { key: 'category', value: 'fire', node: 'menu', at: 20 }, keyed: true }
  t.equal((await alone([...waiting, [20, fire]])).carried[0], uuid(205))
  t.same((await alone([...joins(A), ...waiting])).carried, [], 'somebody sits here')
  t.same((await alone(waiting, { halls: false })).carried, [], 'nobody said how')
  t.same((await alone(waiting, { knows: true })).carried, many.slice(0, 4))
  t.same((await alone(waiting, { knows: false })).carried, [], 'the dialplan of this FreeSWITCH was not read again')
  t.same((await alone(waiting, { closed: true, knows: true })).carried, [], 'nor that of the other one')
})

t.test('the edge finds no way there: he waits here as before, and is tried again after a while', async (t) => {
  const waits = await alone([[10, arrive(one)]], { beats: 5, brings: false })
  t.same(waits.carried, [one], 'in eight seconds once')
  t.match(waits.room.calls.get(one), { state: 'queued', held: true, away: false, ended: null })
  t.same((await alone([[10, arrive(one)]], { beats: 6, brings: false })).carried, [one, one])
})

t.test('not brought there: who was brought here, who is demoted', async (t) => {
  const brought: RoomEvent = { type: 'call.arrived', call: { ...arriving(one, 10), carried: true } }
  const demoted: RoomEvent = { type: 'call.arrived', call: { ...arriving(two, 10), mirror: { class: 'demoted' } } }
  const events = [[10, brought], [11, demoted], [12, arrive(three)]] as const
  const waits = await alone(events)
  t.same([waits.carried, waits.passed, waits.takes], [[three], [], true])
  const refuses = await alone(events, { whenUnstaffed: 'refuse' })
  t.same([refuses.carried, [...refuses.passed].sort(), refuses.takes], [[three], [one, two], false], 'where nobody is to wait, they go to the native queue')
  t.same((await alone([...events, ...Array.from({ length: 6 }, (_, n): readonly [number, RoomEvent] => [20 + n, arrive(uuid(200 + n))])], { whenUnstaffed: 'refuse' })).passed, refuses.passed, 'and nobody who is only not the next')
})
