import t from 'tap'
import type { CallCard } from '../../src/contracts/call.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { nearAtPop, nearOf } from '../../src/desk/pages/seat/near.js'
import { until } from '../helpers/database.js'
import { deskTickets } from '../helpers/desk-tickets.js'
import { leave, talk, withDesk } from '../helpers/desk-world.js'

t.test('what is not known yet is not looked for, and what could not be asked is not said to be none', (t) => {
  const card = (more: object, context: object = {}): CallCard => ({ category: 'road', locationText: '景华路', context: { complete: true, nearby: [], ...context }, ...more }) as unknown as CallCard
  t.equal(nearAtPop(card({ category: undefined })), 'category')
  t.equal(nearAtPop(card({ locationText: undefined })), 'place')
  t.equal(nearAtPop(card({}, { complete: false })), 'failed')
  t.same(nearAtPop(card({})), [])
  const fields = (more: object): Pick<Ticket, 'fields'> => ({ fields: { category: 'road', place: '景华路', point: null, ...more } }) as unknown as Pick<Ticket, 'fields'>
  t.equal(nearOf(fields({ category: null }), { nearby: [], failed: false }), 'category')
  t.equal(nearOf(fields({ place: ' ' }), { nearby: [], failed: false }), 'place')
  t.same(nearOf(fields({ place: '', point: { lat: 34, lon: 112 } }), { nearby: [], failed: false }), [])
  t.equal(nearOf(fields({}), { nearby: null, failed: false }), 'asking')
  t.equal(nearOf(fields({}), { nearby: null, failed: true }), 'failed')
  t.end()
})

await withDesk(t, async (world) => {
  const { store } = world.liandong
  const { act, opened } = await deskTickets(store)

  await t.test('the caller’s card and the form say the same of what is near: asked anew as place and category become known, once for both; while PostgreSQL is away nobody looked', async (t) => {
    const near = await opened({ category: 'street-light', place: '唐宫东路 12 号', number: '13900000081' })
    const elsewhere = await opened({ category: 'street-light', place: '王城大道 7 号', number: '13900000082' })
    for (const id of [near, elsewhere]) await act(id, { act: 'edit', changes: { kind: 'joint-service', description: '路灯不亮' } })
    const seat = await world.seat('op1')
    const { page } = seat
    const asked: string[] = []
    page.on('request', (request) => { if (/\/duplicates$/.test(request.url())) asked.push(request.url()) })
    await talk(world, seat, { number: '13900000083' })
    const card = page.locator('.ld-work-left')
    const tab = card.locator('[data-tab="nearby"]')
    await tab.click()
    await card.locator('[data-near="category"]').waitFor()
    await seat.press('Alt+KeyC')
    await page.keyboard.type('路灯')
    await seat.press('Enter')
    await card.locator('[data-near="place"]', { hasText: '尚无地点' }).waitFor()
    await seat.press('Alt+KeyP')
    await page.keyboard.type('唐宫东路 12 号')
    await seat.press('Tab')
    await card.locator(`[data-ticket="${near}"]`).waitFor()
    t.equal(await card.locator(`[data-ticket="${elsewhere}"]`).count(), 0)
    t.match(await tab.innerText(), /附近同类\s*1/)
    await page.locator('[data-duplicates="1"]').waitFor()
    await seat.picture('near-known')
    // Another place: another answer, in both at once.
    const before = asked.length
    await seat.press('Alt+KeyP')
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('王城大道 7 号')
    await seat.press('Tab')
    await card.locator(`[data-ticket="${elsewhere}"]`).waitFor()
    t.equal(await card.locator(`[data-ticket="${near}"]`).count(), 0)
    await page.locator('[data-duplicates="1"]').waitFor()
    // A version of the ticket for what was typed, at most one more for where the keyboard left it: each is asked about once, not for each of the two.
    t.ok(asked.length - before <= 2, `${asked.length - before} questions`)
    // An older node says what may be the same, and not what else is near: nobody claims that there is nothing.
    await page.route(/\/duplicates$/, (route) => route.fulfill({ json: { duplicates: [] } }))
    await seat.press('Alt+KeyM')
    await page.keyboard.type('整条街')
    await card.locator('[data-near="failed"]').waitFor()
    await page.unroute(/\/duplicates$/)
    await page.keyboard.type('都黑着')
    await card.locator(`[data-ticket="${elsewhere}"]`).waitFor()
    // PostgreSQL is away: nothing is said that is not known, and it is looked again when it is back.
    await store.server?.stop('immediate')
    await page.locator('.ld-banner', { hasText: '数据库暂不可用' }).waitFor()
    await seat.press('Alt+KeyP')
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('唐宫东路 12 号')
    await seat.press('Tab')
    await card.locator('[data-near="failed"]', { hasText: '未查询附近工单' }).waitFor()
    t.match(await tab.innerText(), /附近同类\s*—/, 'a nought would say that there is none')
    t.equal(await page.locator('[data-duplicates]').count(), 0)
    await seat.picture('near-away')
    await store.server?.start()
    await card.locator(`[data-ticket="${near}"]`).waitFor()
    await until('the form, too', async () => (await page.locator('[data-duplicates="1"]').count()) === 1)
    await leave(seat)
  })
})
