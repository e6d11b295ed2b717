import { rmSync } from 'node:fs'
import t from 'tap'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'
import { bridged, extensionOf, openWorld, pickUp, tickets } from './world.js'

t.setTimeout(200_000)

/** Who gave up is offered to the operators within this of our return, ms: the bound itself, of which a look at the files takes a tenth. */
const BOUND = 60_000

t.test('who gave up while no node was there is a task within a minute of our return; who was put through is none', async (t) => {
  const records = temporaryDirectory()
  t.teardown(() => { rmSync(records, { recursive: true, force: true }) })
  const world = await openWorld(t, { cdrDirectory: records, config: { 'pbx.cdrDirectory': records } })
  const fell = (call: PlacedCall): Promise<boolean> => until('the native queue', () => call.reports.some(({ type }) => type === 'fallback'))
  const first = await world.startNode()
  for (let n = 2; n <= 12; n += 1) world.exchange.phones.set(extensionOf(n), 'unregistered')
  world.exchange.phones.set(extensionOf(1), 'unregistered')

  const ours = world.call()
  await until('his row', async () => (await world.rows('select 1 from call where id = $1 and ended_at is null', [ours.callId])).length === 1)
  await first.stop()
  await fell(ours)
  const stranger = world.call()
  await fell(stranger)
  const impatient = world.call()
  await fell(impatient)
  for (const call of [impatient, stranger, ours]) call.hangUp()
  world.exchange.phones.set(extensionOf(1), 'manual')
  const served = world.call()
  await pickUp(world, 1)
  await bridged(served)
  served.hangUp()
  await until('everybody to be gone', () => world.exchange.live().channels === 0)
  t.same(await world.rows('select 1 from call_back_task'), [], 'nobody was there to write anything down')

  await world.startNode()
  const task = (call: PlacedCall): Promise<unknown> => until(`the task of ${call.callId}`, async () => (await world.rows<{ number: string; reason: string; state: string }>('select number, reason, state from call_back_task where call_id = $1', [call.callId]))[0], BOUND)
  for (const call of [ours, stranger, impatient]) t.match(await task(call), { number: `1390001${String(world.calls.indexOf(call)).padStart(4, '0')}`, reason: 'abandoned', state: 'open' })
  await until('the ticket of who was served', async () => (await tickets(world)).some(({ id, operator }) => id === served.callId && operator === '1001'))
  t.same(await world.rows('select 1 from call_back_task where call_id = $1', [served.callId]), [])
  t.same(await world.rows('select id from call where ended_at is null'), [], 'and nobody is waited for any more')
  await world.close()
})
