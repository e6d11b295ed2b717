import { rmSync } from 'node:fs'
import t from 'tap'
import type { Liandong } from '../../src/main.js'
import { until } from '../helpers/database.js'
import type { DeskBot } from '../helpers/desk-bot.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { bridged, openWorld, pickUp, tickets, type World } from './world.js'

t.setTimeout(200_000)

/** Who talks there, by his screen: presence, call and ticket say the same. */
const talks = (desk: DeskBot, callId: string): Promise<boolean> => until(`the screen to show the talk with ${callId}`, () =>
  desk.me?.presence === 'talking' && desk.me.callId === callId && desk.call?.callId === callId && desk.ticket?.id === callId)
const papers = (desk: DeskBot, callId: string): Promise<boolean> => until(`the paper work of ${callId}`, () => desk.me?.presence === 'wrap-up' && desk.me.callId === callId)

/** Nothing goes between FreeSWITCH and the node, until what is returned is called. */
async function cutOff(world: World, node: Liandong): Promise<() => Promise<void>> {
  world.wire.hold(true)
  await until('the node to notice', () => !node.intake.isWell())
  return async () => {
    world.wire.hold(false)
    world.wire.cut()
    await until('the link', node.takesCallers)
  }
}

t.test('the native queue finds an operator who was at his paper work: he sits at that call, on its ticket, until it is over', async (t) => {
  const world = await openWorld(t, { config: { 'intake.wrapUp': 600_000 } })
  const node = await world.startNode()
  const desk = await world.desk(1, { lingers: () => true })
  const first = world.call()
  await pickUp(world, 1)
  await bridged(first)
  await talks(desk, first.callId)
  first.hangUp()
  await papers(desk, first.callId)

  const mend = await cutOff(world, node)
  const second = world.call()
  await pickUp(world, 1)
  await bridged(second)
  await mend()
  await talks(desk, second.callId)
  const third = world.call()
  await until('the third to wait', () => node.intake.room().calls.get(third.callId)?.state === 'queued')
  t.match(desk.me, { presence: 'talking', callId: second.callId }, 'he is offered nobody while he talks')
  third.hangUp()
  second.hangUp()
  await papers(desk, second.callId)
  await world.close()
})

t.test('a call of the native queue that was over before we came back disturbs nobody, and has its ticket', async (t) => {
  const records = temporaryDirectory()
  const world = await openWorld(t, { cdrDirectory: records, config: { 'pbx.cdrDirectory': records } })
  const node = await world.startNode()
  const desk = await world.desk(1)
  const mend = await cutOff(world, node)
  const over = world.call()
  await pickUp(world, 1)
  await bridged(over)
  over.hangUp()
  await until('him to be gone', () => world.exchange.live().channels === 0)
  await mend()
  const now = world.call()
  await pickUp(world, 1)
  await bridged(now)
  await talks(desk, now.callId)
  const from = desk.messages.length
  const [ticket] = await until('the ticket of who is gone', async () => { const lines = (await tickets(world)).filter(({ id }) => id === over.callId); return lines.length === 1 ? lines : null })
  t.match(ticket, { operator: '1001', opened: 1 })
  await until('his row', async () => (await world.rows('select 1 from call where id = $1 and state = $2', [over.callId, 'ended'])).length === 1)
  t.match([desk.me, desk.call, desk.ticket], [{ presence: 'talking', callId: now.callId }, { callId: now.callId }, { id: now.callId }])
  t.same(desk.messages.slice(from).filter((message) => message.type !== 'ticket.changed' && JSON.stringify(message).includes(over.callId)), [], 'not a word of it on his screen')
  now.hangUp()
  await until('him to be ready', () => desk.me?.presence === 'ready')
  await world.close()
  rmSync(records, { recursive: true })
})
