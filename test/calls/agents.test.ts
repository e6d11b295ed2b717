import t from 'tap'
import { openLink } from '../../src/pbx/esl/link.js'
import { nativeAgentsOf } from '../../src/pbx/native-queue.js'
import { until } from '../helpers/database.js'
import { ask } from '../helpers/desk-bot.js'
import { bridged, extensionOf, openWorld, pickUp, type World } from './world.js'

t.setTimeout(200_000)

/** The native queue's agents by a link of the test's own: `status level` by extension. */
async function agentsOf(world: World): Promise<{ readonly agent: (n: number) => Promise<string>; close(): Promise<void> }> {
  const link = openLink({ host: '127.0.0.1', port: world.exchange.port, password: world.password, events: ['HEARTBEAT'], custom: [], first: 50 }, { onUp: () => undefined, onDown: () => undefined, onEvent: () => undefined })
  await until('the link of the test', () => link.up)
  const agent = async (n: number): Promise<string> => {
    const [agents, tiers] = await Promise.all([link.api({ api: 'callcenter_agents', queue: 'native' }), link.api({ api: 'callcenter_tiers', queue: 'native' })])
    const found = nativeAgentsOf(agents.text, tiers.text)?.find(({ extension }) => extension === extensionOf(n))
    return found === undefined ? 'not there' : `${found.status} ${found.level}`
  }
  return { agent, close() { link.close(); return world.close() } }
}

t.test('the native queue rings those who are ready, and nobody else', async (t) => {
  const world = await openWorld(t, { config: { 'intake.wrapUp': 600_000 } })
  const node = await world.startNode()
  const { agent, close } = await agentsOf(world)
  const becomes = (n: number, what: string): Promise<boolean> => until(`${extensionOf(n)} to be ${what}`, async () => await agent(n) === what)
  const first = await world.desk(1, { lingers: () => true })
  const second = await world.desk(2)
  ask(second, { type: 'presence', ready: false })
  await becomes(2, 'On Break 1')
  await becomes(1, 'Available 1')

  const ours = world.call()
  await pickUp(world, 1)
  await bridged(ours)
  await until('the talk at the desk', () => first.me?.presence === 'talking')
  // From here on nobody of ours is there.
  world.wire.hold(true)
  await until('the node to notice', () => !node.intake.isWell())
  const native = world.call()
  await until('him to be in the native queue', () => native.reports.some(({ type }) => type === 'fallback'))
  t.equal(await agent(2), 'On Break 1', 'what was known last stays')
  ours.hangUp()
  await pickUp(world, 1)
  t.equal(await bridged(native), extensionOf(1), 'as soon as his talk is over, and not before')
  t.notOk(world.exchange.phones.isRinging(extensionOf(2)))
  const later = world.call()
  await until('him to be in the native queue', () => later.reports.some(({ type }) => type === 'fallback'))

  world.wire.hold(false)
  world.wire.cut()
  await until('the link', () => node.intake.isWell())
  ask(second, { type: 'presence', ready: true })
  await becomes(2, 'Available 1')
  await pickUp(world, 2)
  t.equal(await bridged(later), extensionOf(2), 'back from his break he is rung')
  native.hangUp()
  await until('paper work', () => first.me?.presence === 'wrap-up')
  await becomes(1, 'Available 2')
  later.hangUp()
  await until('the second to be at his paper work', () => second.me?.presence === 'wrap-up' || second.me?.presence === 'ready')

  // They go home, the second first.
  await second.close()
  await becomes(2, 'Logged Out 1')
  await first.close()
  await becomes(1, 'Available 1')
  t.equal(await agent(2), 'Available 1', 'nobody is signed in: any telephone rather than music')
  await close()
})

t.test('two nodes: each sets those who sit at it, and none undoes what the other set; a stop changes nothing', async (t) => {
  const world = await openWorld(t)
  const { agent, close } = await agentsOf(world)
  const becomes = (n: number, what: string): Promise<boolean> => until(`${extensionOf(n)} to be ${what}`, async () => await agent(n) === what, 20_000)
  const a = await world.startNode()
  const one = await world.desk(1)
  const b = await world.startNode({ 'node.name': 'b' }, 'unstaffed')
  const two = await world.desk(2)
  t.same([a, b].map(({ intake }) => intake.room().operators.values().map(({ profile }) => profile.extension)), [[extensionOf(1)], [extensionOf(2)]])
  ask(two, { type: 'presence', ready: false })
  await becomes(2, 'On Break 1')
  const told = (): number => world.exchange.transcript.filter((line) => /callcenter_config (?:agent set|tier set)/.test(line)).length
  const looks = (): number => world.exchange.transcript.filter((line) => line.includes('callcenter_config queue list tiers')).length
  const [before, from] = [told(), looks()]
  await until('both to have looked again', () => looks() >= from + 4, 40_000)
  t.equal(told(), before, 'nothing was set again')
  t.same([await agent(1), await agent(2)], ['Available 1', 'On Break 1'])

  ask(one, { type: 'presence', ready: false })
  await becomes(1, 'Available 2')
  await becomes(2, 'Available 2') // nobody is left who takes calls: the other node hears of it
  ask(one, { type: 'presence', ready: true })
  await becomes(1, 'Available 1')
  await becomes(2, 'On Break 1')
  await b.stop()
  await a.stop()
  t.same([await agent(1), await agent(2)], ['Available 1', 'On Break 1'], 'the native queue serves now, with those who were there')
  await close()
})

t.test('an operator whose telephone is none of the configuration’s is in the native queue, too, and stays there when FreeSWITCH starts again and no node is there', async (t) => {
  const world = await openWorld(t, { operators: 13 })
  const node = await world.startNode()
  const { agent, close } = await agentsOf(world)
  await until('him to be there, though he has never signed in', async () => await agent(13) === 'Logged Out 1', 30_000)
  await world.desk(13)
  await until('him to be rung', async () => await agent(13) === 'Available 1')
  world.exchange.phones.set(extensionOf(13), { answerAfter: 200 })
  for (let n = 1; n <= 12; n += 1) world.exchange.phones.set(extensionOf(n), 'unregistered')
  await node.stop()
  await world.exchange.restart(false)
  const call = world.call()
  t.equal(await bridged(call), extensionOf(13))
  call.hangUp()
  await close()
})
