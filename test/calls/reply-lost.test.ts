import t from 'tap'
import type { Liandong } from '../../src/main.js'
import { until } from '../helpers/database.js'
import type { DeskBot } from '../helpers/desk-bot.js'
import { bridged, extensionOf, openWorld, operatorsOf, pickUp, ringingFor, tickets, type World } from './world.js'

t.setTimeout(400_000)

const SEATS = [1, 2, 3]
let world: World
let node: Liandong
const desks: DeskBot[] = []

t.before(async () => {
  // A telephone rings for six seconds of this machine's time: the link must come back within them.
  world = await openWorld(t, { config: { 'intake.offerTimeout': 60_000 } })
  node = await world.startNode()
  for (const n of SEATS) desks.push(await world.desk(n))
})

t.test('the link is cut between the order to ring and its reply: that telephone rings on, no other does, nobody is marked', async (t) => {
  const seen = desks.map(({ messages }) => messages.length)
  world.wire.slow(700)
  const call = world.call()
  const n = await ringingFor(world, SEATS, desks, call)
  world.wire.cut()
  await until('the node to notice', () => node.intake.desk.healthView().pbx === 'down')
  world.wire.slow(0)
  await until('the link', () => node.intake.desk.healthView().pbx === 'up')
  await until('a snapshot to be asked for and read', () => node.intake.canServe())
  t.same(SEATS.filter((one) => world.exchange.phones.isRinging(extensionOf(one))), [n])
  await pickUp(world, n)
  t.equal(await bridged(call), extensionOf(n))
  await until('his ticket', async () => (await tickets(world)).some(({ id }) => id === call.callId))
  await until('the screen to show the talk', () => desks[SEATS.indexOf(n)]?.call?.state === 'talking')
  t.same(operatorsOf(call), [extensionOf(n)])
  const marks = desks.flatMap(({ messages }, index) => messages.slice(seen[index])).filter((message) => message.type === 'me' && (message.me.presence === 'unreachable' || message.me.presence === 'missed'))
  t.same(marks, [])
})

t.test('the end', () => world.close())
