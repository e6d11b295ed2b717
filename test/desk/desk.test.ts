import { randomUUID } from 'node:crypto'
import t from 'tap'
import { until } from '../helpers/database.js'
import { logIn } from '../helpers/desk-bot.js'
import { findChromium, NO_CHROMIUM, openDeskWorld, secondTab, type Seat } from '../helpers/desk-world.js'

const COVER = { number: '13900000001', name: '周', verified: true, place: '开元大道与龙门大道交叉口东南角', lat: 34.6212, lon: 112.4537 }

t.setTimeout(240_000)
const executable = findChromium()
if (executable === null) t.plan(0, NO_CHROMIUM)
else {
  const world = await openDeskWorld(executable)
  t.teardown(() => world.close())
  const { liandong } = world

  /** Ready, rung, answered: the form is open and its description has the focus. */
  async function talk(seat: Seat, spec: Parameters<typeof world.call>[0], key?: string): Promise<string> {
    await seat.press('F2')
    await seat.presence('ready')
    const { callId } = world.call(spec, key)
    await seat.presence('ringing')
    await seat.press('F4')
    await seat.presence('talking')
    await seat.page.locator('.ld-work textarea:focus').waitFor()
    return callId
  }
  async function leave(seat: Seat): Promise<void> {
    await seat.press('F8')
    await seat.presence('wrap-up')
    await seat.press('F9')
    await seat.presence('ready')
    await seat.press('F2')
    await seat.presence('break')
    await seat.context.close()
  }
  const saved = (seat: Seat): Promise<void> => seat.page.locator('.ld-work [data-save="saved"]').waitFor()
  const description = (seat: Seat) => seat.page.locator('.ld-work textarea')

  await t.test('a call from the ring to the next one, by keyboard alone', async (t) => {
    const seat = await world.seat('op1')
    const { page } = seat
    await seat.press('F2')
    await seat.presence('ready')
    const placed = world.call(COVER, '1')
    await seat.presence('ringing')
    // Who calls, whether it is true, about what, from where, what was before: all while it rings.
    const pop = page.locator('.ld-ringing')
    for (const words of ['139 0000 0001', '号码已核实', '周大爷', '听障', '西工区中州中路 128 号院 3 号楼', COVER.place]) await pop.getByText(words).first().waitFor()
    await pop.locator('.ld-about-main', { hasText: '井盖' }).waitFor()
    await pop.locator('.ld-path', { hasText: 'topics' }).waitFor()
    t.match(await pop.locator('.ld-row').first().innerText(), /待处理/, 'open tickets come first')
    await pop.getByText('50 米').waitFor()
    await seat.picture('ringing')

    await seat.press('F4')
    await seat.presence('talking')
    const opened = await world.ticket(placed.callId)
    await page.locator('[data-ticket-number]', { hasText: opened.number }).waitFor()
    t.equal(opened.fields.category, 'manhole-cover')
    t.equal(opened.fields.place, COVER.place)
    t.match(opened.fields.point, { lat: COVER.lat, lon: COVER.lon })
    t.equal(await page.locator('.ld-form .ant-select').first().innerText(), '井盖')

    await page.locator('.ld-work textarea:focus').waitFor()
    await page.keyboard.type('慢车道上井盖不见了，请派人围挡。')
    await seat.press('Alt+KeyK', '4')
    await page.locator('.ld-kind input[value="joint-service"]:checked').waitFor()
    await seat.press('Alt+KeyP', 'End')
    await page.keyboard.type('，路东')
    await seat.press('Alt+KeyU')
    await page.keyboard.type('municipal-w')
    await page.locator('.ld-unit-option', { hasText: '24 小时' }).first().waitFor()
    await seat.press('Enter')
    await page.locator('.ld-act input[maxlength="1000"]:focus').waitFor()
    await page.keyboard.type('先围挡')
    await seat.press('Alt+KeyG')
    await page.locator('[data-ticket-state="dispatched"]').waitFor()
    await saved(seat)
    await seat.picture('dispatched')
    const handed = await world.ticket(placed.callId)
    t.match(handed, { state: 'dispatched', unitId: 'municipal-works', fields: { kind: 'joint-service', description: '慢车道上井盖不见了，请派人围挡。', place: `${COVER.place}，路东` } })

    await seat.press('Alt+KeyI')
    const history = page.locator('.ld-history')
    await history.getByText('先围挡').waitFor()
    t.match(await history.innerText(), /派单[\s\S]*李晓梅[\s\S]*市政设施管理处[\s\S]*开单/)
    await seat.press('Escape')
    await history.waitFor({ state: 'detached' })

    await seat.press('F8')
    await seat.presence('wrap-up')
    await until('the citizen to be hung up', () => placed.ended)
    await page.getByText('秒后自动就绪').waitFor()
    await seat.picture('wrap-up')
    await seat.press('F9')
    await seat.presence('ready')
    await page.locator('.ld-idle .ld-row', { hasText: opened.number }).waitFor()
    await seat.press('F2')
    await seat.presence('break')

    await seat.press('Alt+KeyL')
    await page.locator('.ld-tickets .ld-row', { hasText: opened.number }).press('Enter')
    await page.locator('.ld-detail [data-ticket-number]', { hasText: opened.number }).waitFor()
    await seat.press('Alt+KeyO', 'Enter')
    await page.keyboard.type('当场')
    await seat.press('Enter')
    await page.locator('.ld-act input[maxlength="1000"]:focus').waitFor()
    await seat.press('Alt+KeyJ')
    await page.locator('[data-ticket-state="closed"]').waitFor()
    t.match(await world.ticket(placed.callId), { state: 'closed', outcome: 'settled-on-the-spot' })
    await page.locator('.ld-tickets .ld-row', { hasText: '已办结' }).waitFor()
    await seat.picture('tickets')
    await seat.context.close()
  })

  await t.test('a reload in mid-call loses nothing, not even what never left the browser', async (t) => {
    const seat = await world.seat('op2')
    const { page } = seat
    const callId = await talk(seat, { number: '13900000002', verified: true })
    await page.route('**/acts', (route) => route.abort())
    await page.keyboard.type('整栋楼停电，有老人用制氧机')
    await page.locator('[data-save="retrying"]').waitFor()
    await seat.press('Alt+KeyU')
    await page.keyboard.type('municipal-w')
    await seat.press('Enter')
    await page.locator('.ld-act input[maxlength="1000"]:focus').waitFor()
    await page.keyboard.type('急')
    t.equal((await world.ticket(callId)).fields.description, '', 'nothing of it has reached the server')
    await page.reload()
    await seat.presence('talking')
    await page.locator('[data-ticket-number]').waitFor()
    t.equal(await description(seat).inputValue(), '整栋楼停电，有老人用制氧机')
    await page.locator('.ld-handling .ant-select', { hasText: '市政设施管理处' }).waitFor()
    t.equal(await page.locator('.ld-act input[maxlength="1000"]').first().inputValue(), '急')
    await page.unroute('**/acts')
    await saved(seat)
    t.equal((await world.ticket(callId)).fields.description, '整栋楼停电，有老人用制氧机')
    await leave(seat)
  })

  await t.test('two tabs agree on one', async (t) => {
    const seat = await world.seat('op3')
    const other = await secondTab(seat, liandong.url)
    await other.locator('.ld-overlay').waitFor()
    t.equal(await seat.page.locator('.ld-overlay').count(), 0)
    await talk(seat, { number: '13900000003' })
    await other.locator('[data-presence="talking"]').waitFor()
    await other.locator('.ld-overlay button').click()
    await seat.page.locator('.ld-overlay').waitFor()
    await other.locator('.ld-overlay').waitFor({ state: 'detached' })
    await other.locator('.ld-work textarea').click()
    await other.keyboard.type('由第二个窗口写')
    await other.locator('[data-save="saved"]').waitFor()
    await seat.page.bringToFront()
    await until('the first tab to show it', async () => (await description(seat).inputValue()) === '由第二个窗口写')
    await seat.page.locator('.ld-overlay button').click()
    await seat.page.locator('.ld-overlay').waitFor({ state: 'detached' })
    await leave(seat)
  })

  await t.test('somebody else changed the same field: both are shown, the writer chooses', async (t) => {
    const seat = await world.seat('op4')
    const { page } = seat
    const callId = await talk(seat, { number: '13900000012' })
    let release: () => void = () => undefined
    const held = new Promise<void>((resolve) => { release = resolve })
    await page.route('**/acts', async (route) => {
      await held
      await route.continue()
    })
    await seat.press('Alt+KeyP')
    await page.keyboard.type('龙门大道 5 号')
    await page.locator('[data-save="saving"]').waitFor()
    const cookie = await logIn(liandong.url, 'op1', world.password('op1'))
    const { version } = await world.ticket(callId)
    const answer = await fetch(`${liandong.url}/api/tickets/${callId}/acts`, {
      method: 'POST', headers: { 'content-type': 'application/json', origin: liandong.url, cookie },
      body: JSON.stringify({ actId: randomUUID(), act: 'edit', baseVersion: version, changes: { place: '龙门大道 7 号' } }),
    })
    t.equal(answer.status, 200)
    release()
    const trouble = page.locator('.ld-trouble')
    await trouble.getByText('龙门大道 5 号').waitFor()
    await trouble.getByText('龙门大道 7 号').waitFor()
    await seat.picture('conflict')
    await trouble.getByRole('button', { name: '保留我的' }).click()
    await trouble.waitFor({ state: 'detached' })
    await saved(seat)
    t.equal((await world.ticket(callId)).fields.place, '龙门大道 5 号')
    await leave(seat)
  })

  await t.test('language and looks change at once and stay', async (t) => {
    const seat = await world.seat('op5', { width: 1920, height: 1080 })
    const { page } = seat
    await page.locator('.ld-language').click()
    await page.locator('.ld-nav', { hasText: 'My tickets' }).waitFor()
    t.equal(await page.locator('html').getAttribute('lang'), 'en')
    await page.getByRole('button', { name: 'Light' }).click()
    await page.locator('html[data-theme="light"]').waitFor()
    await page.reload()
    await page.locator('html[data-theme="light"][lang="en"]').waitFor()
    await page.getByText('No calls come to this seat.').waitFor()
    t.notMatch((await page.locator('.ld-shell').innerText()).replace(/中文|陈思远/g, ''), /[\u4e00-\u9fff]/, 'no word was left in Chinese')
    await seat.picture('english-light')
    await seat.context.close()
  })

  await t.test('the database away: a provisional number, nothing lost, the final number later', async (t) => {
    const seat = await world.seat('op6')
    const { page } = seat
    await seat.press('F2')
    await seat.presence('ready')
    await liandong.store.server?.stop('immediate')
    const placed = world.call({ number: '13900000021' })
    await seat.presence('ringing')
    await seat.press('F4')
    await seat.presence('talking')
    await page.getByText('临时编号').waitFor()
    await page.locator('.ld-banner', { hasText: '数据库暂不可用' }).waitFor()
    const provisional = await page.locator('[data-ticket-number]').innerText()
    await page.locator('.ld-work textarea:focus').waitFor()
    await page.keyboard.type('水管爆了')
    await page.locator('[data-save="journal"]').waitFor()
    await seat.picture('database-away')
    await liandong.store.server?.start()
    await page.getByText('临时编号').waitFor({ state: 'detached' })
    await page.locator('.ld-banner').waitFor({ state: 'detached' })
    const final = await page.locator('[data-ticket-number]').innerText()
    t.not(final, provisional)
    const { rows } = await liandong.store.pool.query<{ number: string; description: string }>('select number, description from ticket where id = $1', [placed.callId])
    t.strictSame(rows, [{ number: final, description: '水管爆了' }])
    await leave(seat)
  })
}
