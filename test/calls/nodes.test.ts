import t from 'tap'
import { until } from '../helpers/database.js'
import { ask } from '../helpers/desk-bot.js'
import { bridged, checkBooks, extensionOf, openWorld, tickets } from './world.js'

t.setTimeout(400_000)

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

t.test('a node without operators leaves the callers to the one that has them', async (t) => {
  const world = await openWorld(t)
  const [a, b] = [await world.startNode(), await world.startNode({ 'node.name': 'b' })]
  world.exchange.setOutbound(`127.0.0.1:${a.outboundPort}|127.0.0.1:${b.outboundPort}`)
  world.exchange.phones.set(extensionOf(1), { answerAfter: 200 })
  const early = world.call()
  await until('him to wait at the first node: nobody is anywhere', () => a.intake.room().calls.get(early.callId)?.held)
  t.ok(b.intake.canServe(), 'either would take him')
  const place = a.intake.room().calls.get(early.callId)?.queuedAt
  const desk = await world.desk(1) // at b, which was started last
  t.equal(await bridged(early), extensionOf(1), 'he was sent to where somebody is')
  t.equal(b.intake.room().calls.get(early.callId)?.queuedAt, place, 'with his place')
  t.notOk(early.reports.some(({ type }) => type === 'fallback'), 'and not by the native queue')
  early.hangUp()
  await until('ready', () => desk.me?.presence === 'ready')
  t.notOk(a.intake.canServe(), 'the first leaves new callers to the second')
  t.ok(a.intake.isWell(), 'and is well')
  const next = world.call()
  await bridged(next)
  next.hangUp()
  await desk.close()
  await until('the operator to be gone', () => a.intake.canServe())
  const late = world.call()
  await until('him to wait at one of them', () => [a, b].some(({ intake }) => intake.room().calls.get(late.callId)?.held === true))
  await checkBooks(t, world, [early, next], (call) => `1390001${String(world.calls.indexOf(call)).padStart(4, '0')}`)
  await world.close()
})

t.test('a node that stops hands who waits at it to the one that has operators, and never to the native queue', async (t) => {
  const world = await openWorld(t)
  const a = await world.startNode()
  const busy = await world.desk(1)
  world.exchange.phones.set(extensionOf(1), { answerAfter: 200 })
  const talk = world.call()
  t.equal(await bridged(talk), extensionOf(1))
  const b = await world.startNode({ 'node.name': 'b' }, 'unstaffed')
  const resting = await world.desk(2, { busy: true })
  world.exchange.phones.set(extensionOf(2), { answerAfter: 200 })
  world.exchange.setOutbound(`127.0.0.1:${a.outboundPort}|127.0.0.1:${b.outboundPort}`)
  const waits = world.call()
  await until('him to wait at the first node, whose operator talks', () => a.intake.room().calls.get(waits.callId)?.held)
  waits.press('1')
  await until('what he pressed', () => a.intake.room().calls.get(waits.callId)?.tags.length === 1)
  const { queuedAt: place, path: way = [] } = a.intake.room().calls.get(waits.callId) ?? {}
  ask(resting, { type: 'presence', ready: true })
  await until('the first to have heard of it', async () => (await world.rows(`select from node_presence a join node_presence b on a.node = 'a' and b.node = 'b' and b.able > 0 and a.at > b.at`)).length > 0, 15_000)
  const stopped = a.stop()
  t.equal(await bridged(waits), extensionOf(2))
  t.notOk(waits.reports.some(({ type }) => type === 'fallback'), 'not by the native queue')
  t.equal(b.intake.room().calls.get(waits.callId)?.queuedAt, place, 'with his place')
  await until('what he said there', () => b.intake.room().calls.get(waits.callId)?.tags.length === 1)
  t.ok(way.length > 1, way.join(' '))
  t.same(b.intake.room().calls.get(waits.callId)?.path.slice(0, way.length), way, 'and his way through the flow')
  await stopped
  t.equal(talk.bridgedTo, extensionOf(1), 'the talk goes on')
  talk.hangUp()
  waits.hangUp()
  await checkBooks(t, world, [talk, waits], (call) => `1390001${String(world.calls.indexOf(call)).padStart(4, '0')}`)
  await busy.close()
  await world.close()
})

t.test('a desk comes back at the other node: the first one does not wait for it, and rings nobody there', async (t) => {
  const world = await openWorld(t, { config: { 'desk.grace': 120_000 } })
  const a = await world.startNode()
  const desk = await world.desk(1)
  const operator = (node: typeof a) => node.intake.room().operators.values()[0]
  t.match(operator(a), { attached: true, presence: 'ready' })
  const b = await world.startNode({ 'node.name': 'b' }, 'unstaffed')
  await desk.close()
  t.match(operator(a), { attached: true }, 'his desk may come back any moment')
  await world.desk(1)
  await until('the desk to be at the second node', () => operator(b)?.presence === 'ready')
  await until('him to be gone from the first', () => operator(a)?.attached === false)
  t.match(operator(a), { presence: 'offline' })
  t.match(operator(b), { attached: true, presence: 'ready' }, 'and not from where he is')
  await world.close()
})
