import t from 'tap'
import { asOwner, until } from '../helpers/database.js'
import { leave, rung, talk, withDesk } from '../helpers/desk-world.js'

await withDesk(t, async (world) => {
  await t.test('a reload in mid-call while the database hangs: the desk does not wait for it', async (t) => {
    const seat = await world.seat('op1')
    const { page } = seat
    const callId = await talk(world, seat, { number: '13900000051' })
    await page.keyboard.type('河堤渗水')
    await page.locator('.ld-work [data-save="saved"]').waitFor()
    // What the server has only in PostgreSQL never comes; who he is and what he does, the desk has.
    await page.route(/\/api\/(me|units)$/, () => undefined)
    const holder = await asOwner(t, world.liandong.store).connect()
    await holder.query('begin; lock table session, person, ticket, ticket_history in access exclusive mode')
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => { release = resolve })
    await page.route('**/acts', async (route) => {
      await held
      await route.continue()
    })
    await page.reload()
    await seat.presence('talking')
    await page.locator('.ld-work textarea:focus').waitFor()
    t.equal(await page.locator('.ld-work textarea').inputValue(), '河堤渗水')
    await page.keyboard.type('，约十米')
    await page.locator('.ld-save.is-slow').waitFor()
    await seat.picture('database-hangs')
    release()
    await holder.query('rollback')
    holder.release()
    await page.unroute(/\/api\/(me|units)$/)
    await until('the words', async () => (await world.ticket(callId)).fields.description === '河堤渗水，约十米')
    await leave(seat)
  })

  await t.test('of a subtest that failed nothing is left that the next one would meet', async (t) => {
    const [talking, ringing] = [await world.seat('op2'), await world.seat('op3')]
    await talk(world, talking, { number: '13900000042' })
    await rung(world, ringing, { number: '13900000043' })
    await world.liandong.store.server?.stop('immediate')
    await world.tidy({ passing: () => false })
    t.ok(talking.page.isClosed() && ringing.page.isClosed())
    // `seat` waits for the break.
    for (const name of ['op2', 'op3']) await world.seat(name)
    t.equal(world.exchange.live().channels, 0)
  })
})
