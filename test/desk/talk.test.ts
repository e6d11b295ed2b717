import t from 'tap'
import { until } from '../helpers/database.js'
import { rung, talk as pickUp, withDesk, type Seat } from '../helpers/desk-world.js'

await withDesk(t, async (world) => {
  const { exchange } = world
  const COVER = { number: '13900000001', name: '周大爷', place: '开元大道与龙门大道交叉口' }

  const talk = (seat: Seat): Promise<string> => pickUp(world, seat, COVER, '1')
  const chip = (seat: Seat, words: string): Promise<void> => seat.page.locator('.ld-controls', { hasText: words }).waitFor()

  await t.test('hold, consult, three-way, hand over: by keyboard', async (t) => {
    const [one, two] = [await world.seat('op1'), await world.seat('op2', { width: 1920, height: 1080 })]
    const callId = await talk(one)
    await one.press('Alt+KeyB')
    await chip(one, '市民保持中')
    t.same(exchange.hears(callId), ['music'])
    await one.picture('talk-hold')
    await one.press('Alt+KeyB')
    await until('the talk again', () => exchange.hears(callId)[0] !== 'music')

    await one.press('Alt+KeyT')
    await one.page.locator('.ld-book-row', { hasText: '急救' }).waitFor()
    await one.picture('talk-book')
    await one.page.keyboard.type('1002')
    await one.page.locator('.ld-book-row.is-here', { hasText: '1002' }).waitFor()
    await one.press('Enter')
    await two.presence('ringing')
    await two.press('F4')
    await two.presence('talking')
    await two.page.locator('.ld-controls', { hasText: '请您加入咨询' }).waitFor()
    const { number } = await world.ticket(callId)
    await two.page.locator('[data-ticket-number]', { hasText: number }).waitFor()
    await chip(one, '咨询中')
    await one.press('Alt+KeyW')
    await chip(one, '三方通话')
    await until('all three', () => exchange.hears(callId).length === 2)
    await one.picture('talk-three-way')
    await two.picture('talk-guest-1920')
    await one.press('Alt+KeyZ')
    await one.presence('wrap-up')
    await two.page.locator('.ld-controls button', { hasText: '保持' }).waitFor()
    await two.page.locator('[data-ticket-number]', { hasText: number }).waitFor()
    await two.page.locator('.ld-call-log', { hasText: '接过通话' }).waitFor()
    await two.picture('talk-taken-1920')
    await two.press('F8')
    await two.presence('wrap-up')
    for (const seat of [one, two]) { await seat.press('F9'); await seat.presence(seat === one ? 'ready' : 'break') }
    await one.press('F2')
    await one.presence('break')
    await one.context.close()
    await two.context.close()
  })

  await t.test('a supervisor finds the talk, listens, whispers, takes over; then calls the citizen back', async (t) => {
    const [one, chief] = [await world.seat('op1'), await world.seat('sup1')]
    const callId = await talk(one)
    await chief.press('Alt+KeyV')
    const row = chief.page.locator(`[data-talk="${callId}"]`)
    await row.getByText('旁听').first().click()
    await chief.presence('ringing')
    await chief.press('F4')
    await chief.presence('talking')
    await one.page.locator('.ld-controls', { hasText: '旁听' }).waitFor()
    await chief.page.locator('.ld-controls').getByText('耳语').click()
    await chip(one, '耳语')
    t.equal(exchange.hears(callId).length, 1, 'the citizen hears the operator alone')
    await chief.press('Alt+KeyV')
    await row.waitFor()
    await chief.picture('talk-supervisor')
    await row.getByRole('button', { name: '接管' }).click()
    await one.presence('wrap-up')
    await chief.press('Alt+KeyL')
    await chief.page.locator('.ld-controls button', { hasText: '保持' }).waitFor()
    await chief.press('F8')
    await chief.presence('wrap-up')
    await chief.press('F9')
    await chief.presence('break')

    exchange.phones.set(COVER.number, { answerAfter: 200 })
    await chief.page.goto(`${chief.page.url().split('#')[0] ?? ''}#/tickets/${callId}`)
    await chief.page.locator('.ld-detail-caller').getByRole('button', { name: '回拨' }).click()
    await until('the own telephone to ring', () => exchange.phones.answer('1009'))
    await chief.page.getByText('市民已接听').first().waitFor()
    await chief.picture('talk-redial')
  })

  await t.test('who let a call ring in vain stands in the phone book in amber, not in green', async (t) => {
    const [deaf, one] = [await world.seat('op3'), await world.seat('op4')]
    await rung(world, deaf, { number: '13900000012' })
    await deaf.press('Alt+KeyX')
    await deaf.presence('missed')
    await one.press('F2')
    await one.presence('ringing')
    await one.press('F4')
    await one.presence('talking')
    await one.page.locator('.ld-work textarea:focus').waitFor()
    await one.press('Alt+KeyT')
    const chip = one.page.locator('.ld-book-row [data-presence-of="missed"]')
    await chip.waitFor()
    t.match(await chip.getAttribute('class'), /is-ring/)
    t.equal(await one.page.locator('.ld-book-row .is-ready').count(), await one.page.locator('[data-presence-of="ready"]').count(), 'green is who is ready')
  })
})
