import t from 'tap'
import { until } from '../helpers/database.js'
import { ask } from '../helpers/desk-bot.js'
import { bridged, checkBooks, extensionOf, openWorld, tickets, type World } from './world.js'

t.setTimeout(200_000)

const numberOf = (world: World) => (call: World['calls'][number]): string => `1390001${String(world.calls.indexOf(call)).padStart(4, '0')}`

t.test('FreeSWITCH refuses every leg of ours: who waits and who comes is left to its own queue, and taken again once it rings for us', async (t) => {
  let denied = false
  const world = await openWorld(t, { denies: (command) => denied && command === 'originate' })
  const node = await world.startNode()
  world.exchange.phones.set(extensionOf(1), { answerAfter: 200 })
  const desk = await world.desk(1)
  denied = true
  const waits = world.call()
  await until('him to fall to the native queue', () => waits.reports.some(({ type }) => type === 'fallback'), 30_000)
  t.notOk(node.intake.isWell(), 'it says so')
  t.equal(node.intake.desk.healthView().pbx, 'refuses')
  t.notOk(node.takesCallers(), 'and takes nobody more')
  t.equal(await until('the native queue to ring', () => waits.bridgedTo, 60_000), extensionOf(1))
  await until('his ticket', async () => (await tickets(world)).length === 1)
  waits.hangUp()
  denied = false
  await until('callers to be taken again', () => node.takesCallers(), 45_000)
  await until('ready', () => desk.me?.presence === 'ready', 30_000)
  const next = world.call()
  t.equal(await bridged(next), extensionOf(1))
  t.notOk(next.reports.some(({ type }) => type === 'fallback'), 'by us')
  t.equal(node.intake.desk.healthView().pbx, 'up')
  next.hangUp()
  await checkBooks(t, world, [waits, next], numberOf(world))
  await world.close()
})

t.test('nobody is to wait for an operator who may come (refuse): who waits when the last one takes a break goes to the native queue, as those do who call after him', async (t) => {
  const world = await openWorld(t, { config: { 'intake.whenUnstaffed': 'refuse' } })
  const node = await world.startNode({}, 'unstaffed')
  world.exchange.phones.set(extensionOf(1), { answerAfter: 200 })
  const desk = await world.desk(1)
  await until('it to take callers', () => node.takesCallers())
  const first = world.call()
  await bridged(first)
  const waits = world.call()
  await until('him in our queue', () => node.intake.room().calls.get(waits.callId)?.held)
  ask(desk, { type: 'presence', ready: false })
  await until('him to be sent on', () => waits.reports.some(({ type }) => type === 'fallback'), 15_000)
  await until('him to be let go', () => node.intake.room().calls.get(waits.callId)?.held === false)
  t.equal(first.bridgedTo, extensionOf(1), 'the talk goes on')
  const later = world.call()
  await until('the next one there as well', () => later.reports.some(({ type }) => type === 'fallback'), 15_000)
  for (const call of [first, waits, later]) call.hangUp()
  await world.close()
})
