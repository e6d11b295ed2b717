import t from 'tap'
import type { Liandong } from '../../src/main.js'
import { until } from '../helpers/database.js'
import type { DeskBot } from '../helpers/desk-bot.js'
import { openWorld, pickUp, type World } from './world.js'

t.setTimeout(400_000)

let world: World
let node: Liandong
let desk: DeskBot
t.before(async () => {
  world = await openWorld(t)
  node = await world.startNode()
  desk = await world.desk(1)
})

t.test('a ticket’s place is where the call is, never where the caller lives: that is offered beside it', async (t) => {
  await node.store.pool.query(`insert into citizen (number, name, address) values ('13900000001', '周大爷', '中州中路 128 号院 3 号楼')`)
  for (const [spec, place] of [
    [{ lat: 34.62, lon: 112.45 }, ''],
    [{ lat: 34.62, lon: 112.45, place: '龙门大道' }, '龙门大道'],
    [{}, ''],
  ] as const) {
    const call = world.call({ number: '13900000001', ...spec })
    await until('the pop with what is known of him', () => desk.call?.callId === call.callId && desk.call.context.knownAddress === '中州中路 128 号院 3 号楼')
    await pickUp(world, 1)
    const ticket = await until('the ticket', () => (desk.ticket?.id === call.callId ? desk.ticket : null))
    t.match(ticket.fields, { place, callerName: '周大爷' })
    call.hangUp()
    await until('the desk to be free', () => desk.me?.presence === 'ready')
  }
  await world.close()
})
