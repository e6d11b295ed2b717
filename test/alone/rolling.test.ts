import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Liandong } from '../../src/main.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { checkBooks, extensionOf, openWorld, operatorsOf } from '../calls/world.js'

t.setTimeout(200_000)

const DESKS = 4
/** ms between two callers: five a second, as long as the machine keeps up. */
const EVERY = 200
/** So many callers at a time on a machine that does not. */
const MOST = 12
/** How long they talk, ms. */
const TALK = 150
/** On a busy machine a node takes its time to start. */
const LONG = 60_000

t.test('two nodes are restarted one after the other at five calls a second: no call fails, each has its one ticket', async (t) => {
  // Short talks of the native queue are over before anybody looks: their files say what they were.
  const records = temporaryDirectory()
  t.teardown(() => { rmSync(records, { recursive: true, force: true }) })
  const world = await openWorld(t, { cdrDirectory: records, config: { 'pbx.cdrDirectory': records } })
  const nodes = { a: await world.startNode(), b: await world.startNode({ 'node.name': 'b' }, 'unstaffed') }
  /** FreeSWITCH tries `a`, then `b`, wherever they are by now; desks that lose their node come back at `home`. */
  const desksAt = (home: Liandong): void => {
    world.useNode(home.url, home.outboundPort)
    world.exchange.setOutbound(`127.0.0.1:${nodes.a.outboundPort}|127.0.0.1:${nodes.b.outboundPort}`)
  }
  const seats = (node: Liandong): number => node.intake.room().operators.values().filter(({ attached }) => attached).length
  desksAt(nodes.b)
  for (let n = 1; n <= DESKS; n += 1) {
    await world.desk(n)
    world.exchange.phones.set(extensionOf(n), { answerAfter: 100 })
  }
  /** This node has heard that the other one has operators: as in a city that has worked for a while. */
  const settled = (node: Liandong): Promise<boolean> => until('it to leave callers to the other node', () => !node.intake.canServe(), LONG)
  await settled(nodes.a)

  const day = { over: false }
  const crowd = (async () => {
    while (!day.over) {
      if (world.calls.filter(({ ended }) => !ended).length < MOST) {
        const call = world.call()
        call.onReport(({ type }) => { if (type === 'operator') void sleep(TALK).then(() => { call.hangUp() }) })
      }
      await sleep(EVERY)
    }
  })()
  const served = (more: number): Promise<boolean> => {
    const from = world.calls.length
    return until(`${more} further calls to be put through`, () => world.calls.slice(from).filter((call) => operatorsOf(call).length > 0).length >= more, LONG)
  }
  /** Restarts one node while the desks are at it: they go to the other one, without a click. */
  async function restart(name: 'a' | 'b', other: 'a' | 'b'): Promise<void> {
    await served(5)
    desksAt(nodes[other])
    await nodes[name].stop()
    await until(`the desks to be at ${other}`, () => seats(nodes[other]) === DESKS, LONG)
    await served(5)
    nodes[name] = await world.startNode({ 'node.name': name }, 'unstaffed')
    desksAt(nodes[other])
    await settled(nodes[name])
  }

  await restart('b', 'a')
  await restart('a', 'b')
  await served(5)
  day.over = true
  await crowd
  await until('every call to be over', () => world.calls.every(({ ended }) => ended), LONG)

  t.same(world.calls.filter((call) => operatorsOf(call).length !== 1).map(({ callId, reports }) => ({ callId, reports })), [], 'each was put through, to one operator')
  await checkBooks(t, world, world.calls, (call) => `1390001${String(world.calls.indexOf(call)).padStart(4, '0')}`)
  await world.close()
})
