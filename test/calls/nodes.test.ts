import t from 'tap'
import { until } from '../helpers/database.js'
import { ask } from '../helpers/desk-bot.js'
import { bridged, checkBooks, extensionOf, openWorld, tickets } from './world.js'

t.setTimeout(90_000)

t.test('two nodes on one FreeSWITCH: each ticket knows its caller, whichever node was faster', async (t) => {
  const world = await openWorld(t)
  await world.startNode()
  await world.startNode({ 'node.name': 'b' })
  // Callers and desks are at `b`; `a` hears all of it over its link, and often writes first.
  for (const n of [1, 2, 3]) {
    await world.desk(n)
    world.exchange.phones.set(extensionOf(n), { answerAfter: 300 })
  }
  const crowd = Array.from({ length: 9 }, () => world.call({ place: '中州中路 128 号院', lat: 34.62, lon: 112.45 }))
  await Promise.all(crowd.map(async (call) => {
    await until('to be put through', () => call.bridgedTo, 30_000)
    await until('the ticket', async () => (await tickets(world)).some(({ id }) => id === call.callId))
    call.hangUp()
  }))
  await checkBooks(t, world, crowd, (call) => `1390001${String(world.calls.indexOf(call)).padStart(4, '0')}`)
  const rows = await world.rows<{ place: string; lat: number | null; number: string; verified: boolean }>('select ticket.place, ticket.lat, call.number, call.verified from ticket join call using (id)')
  t.same(rows.filter(({ place, lat, number, verified }) => place === '' || lat === null || number === '' || !verified), [], 'place, position, number')
  await world.close()
})

t.test('the node restarts: operators who were ready are ready again without a click', async (t) => {
  const world = await openWorld(t)
  const first = await world.startNode()
  // Nobody touches this desk but for the one click in the morning.
  const desk = await world.desk(1, { busy: true })
  ask(desk, { type: 'presence', ready: true })
  await until('ready', () => desk.me?.presence === 'ready')
  const resting = await world.desk(2, { busy: true })
  ask(resting, { type: 'presence', ready: true })
  await until('ready', () => resting.me?.presence === 'ready')
  ask(resting, { type: 'presence', ready: false })
  await until('break', () => resting.me?.presence === 'break')
  for (const n of [1, 2]) world.exchange.phones.set(extensionOf(n), { answerAfter: 200 })
  await first.stop()
  const second = await world.startNode()
  const call = world.call()
  t.equal(await bridged(call), extensionOf(1))
  await until('the desk to know', () => resting.me?.presence === 'break' && second.intake.room().operators.size === 2)
  call.hangUp()
  await until('ready again', () => desk.me?.presence === 'ready')
  await world.close()
})
