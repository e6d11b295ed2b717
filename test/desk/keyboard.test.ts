import t from 'tap'
import { until } from '../helpers/database.js'
import { findChromium, leave, NO_CHROMIUM, openDeskWorld, talk } from '../helpers/desk-world.js'

t.setTimeout(240_000)
const executable = findChromium()
if (executable === null) t.plan(0, NO_CHROMIUM)
else {
  const world = await openDeskWorld(executable)
  t.teardown(() => world.close())

  await t.test('what is typed after the answer goes into the description, whatever had the focus', async (t) => {
    const seat = await world.seat('op1')
    const { page } = seat
    // By mouse: the buttons of the bars do not keep the focus. By keyboard one may still stand on a button.
    await page.getByRole('button', { name: '日间' }).click()
    await page.getByRole('button', { name: '夜间' }).click()
    t.equal(await page.locator('.ld-top :focus').count(), 0)
    await page.getByRole('button', { name: '振铃声：开' }).focus()
    await seat.press('F2')
    await seat.presence('ready')
    const first = world.call({ number: '13900000041' }).callId
    await seat.presence('ringing')
    await seat.press('F4')
    await seat.presence('talking')
    await page.locator('.ld-work textarea:focus').waitFor()
    await page.keyboard.type('a b c')
    await until('the words', async () => (await world.ticket(first)).fields.description === 'a b c')
    t.equal(await page.getByRole('button', { name: '振铃声：开' }).count(), 1, 'the space pressed nothing')
    await leave(seat)
  })

  await t.test('the answer brings him back to the call from any page; nothing lies over it', async (t) => {
    const seat = await world.seat('op2')
    const { page } = seat
    await seat.press('F2')
    await seat.presence('ready')
    const { callId } = world.call({ number: '13900000042' })
    await seat.presence('ringing')
    await seat.press('Alt+KeyL', 'F1')
    await page.locator('.ant-modal .ld-shortcuts').waitFor()
    world.exchange.phones.answer('1002')
    await seat.presence('talking')
    await page.locator('.ld-work textarea:focus').waitFor()
    await page.keyboard.type('路灯不亮')
    await until('the words', async () => (await world.ticket(callId)).fields.description === '路灯不亮')
    t.equal(await page.locator('.ant-modal:visible').count(), 0)
    await leave(seat)
  })

  await t.test('text written before the ticket is there becomes its description', async (t) => {
    const seat = await world.seat('op3')
    const { page } = seat
    await seat.press('F2')
    await seat.presence('ready')
    const { callId } = world.call({ number: '13900000043' })
    await seat.presence('ringing')
    const holder = await world.liandong.store.pool.connect()
    await holder.query('begin; lock table ticket in access exclusive mode')
    await seat.press('F4')
    await seat.presence('talking')
    await page.locator('.ld-work textarea:focus').waitFor()
    t.equal(await page.locator('[data-ticket-number]').count(), 0)
    await page.keyboard.type('厨房起火')
    await holder.query('rollback')
    holder.release()
    await page.locator('[data-ticket-number]').waitFor()
    await page.locator('.ld-work textarea:focus').waitFor()
    await page.keyboard.type('，三楼')
    await until('the words', async () => (await world.ticket(callId)).fields.description === '厨房起火，三楼')
    await leave(seat)
  })

  await t.test('F2 means the same in the talk and in the wrap-up: a break afterwards, or not', async (t) => {
    const seat = await world.seat('op4')
    const { page } = seat
    await talk(world, seat, { number: '13900000044' })
    await seat.press('F8')
    await seat.presence('wrap-up')
    const wish = page.locator('.ld-seat-actions [aria-pressed]')
    t.match(await wish.innerText(), /F2/, 'the button shows its key')
    await seat.press('F2')
    await page.locator('.ld-seat-actions [aria-pressed="true"]').waitFor()
    await page.getByText('秒后转入小休').waitFor()
    await seat.press('F2')
    await page.locator('.ld-seat-actions [aria-pressed="false"]').waitFor()
    await seat.presence('wrap-up')
    await seat.press('F2')
    await page.locator('.ld-seat-actions [aria-pressed="true"]').waitFor()
    await seat.press('F9')
    await seat.presence('break')
    await seat.context.close()
  })
}
