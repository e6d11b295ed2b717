import t from 'tap'
import { startExchange } from '../../src/pbx/exchange/exchange.js'
import { until } from '../helpers/database.js'
import { bridged, extensionOf, openWorld, tickets } from './world.js'

t.setTimeout(400_000)

t.test('two exchanges, a node each: callers of each are its own node’s', async (t) => {
  const world = await openWorld(t)
  const { exchange: first } = world
  const second = await startExchange({ password: world.password, speed: 10 })
  const a = await world.startNode()
  const b = await world.startNode({ 'node.name': 'b', 'pbx.port': second.port }, 'unstaffed')
  const nodes = `127.0.0.1:${a.outboundPort}|127.0.0.1:${b.outboundPort}`
  /** Desks from now on sit there; both exchanges ask `a` first. */
  function deskAt(node: typeof a): void {
    world.useNode(node.url, node.outboundPort)
    for (const exchange of [first, second]) exchange.setOutbound(nodes)
  }
  deskAt(a)
  await world.desk(1)
  deskAt(b)
  await world.desk(2)
  first.phones.set(extensionOf(1), { answerAfter: 200 })
  second.phones.set(extensionOf(2), { answerAfter: 200 })

  const here = world.call()
  t.equal(await bridged(here), extensionOf(1))
  const there = second.placeCall({ number: '13900029001' })
  t.equal(await until('him to be put through', () => there.bridgedTo), extensionOf(2), 'the node at which he came knew that he is none of its own')
  t.notOk(there.reports.some(({ type }) => type === 'fallback'), 'and he was in no native queue')
  t.same(first.transcript.filter((line) => line.includes('originate') && line.includes(there.callId)), [], 'nobody was rung for him elsewhere')
  here.hangUp()
  there.hangUp()
  await until('both tickets', async () => (await tickets(world)).length === 2)

  await second.close()
  await world.close()
})
