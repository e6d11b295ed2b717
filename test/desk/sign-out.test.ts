import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { ConsoleMessage, Page } from 'playwright-core'
import type { CallRecord } from '../../src/intake/ports.js'
import { until } from '../helpers/database.js'
import { lift, secondTab, talk, withDesk, type Seat } from '../helpers/desk-world.js'

await withDesk(t, async (world) => {
  const { liandong } = world
  const { store } = liandong

  const logInPage = (page: Page): Promise<void> => page.locator('.ld-login').waitFor()
  const ended = (page: Page) => page.locator('.ld-login .ant-alert', { hasText: '登录已失效' })
  const unsaid = (page: Page) => page.locator('.ld-login .ant-alert', { hasText: '服务器上尚未退出' })
  const signOut = async ({ page }: Seat): Promise<void> => {
    await page.locator('.ld-person').click()
    await page.getByText('退出登录').click()
  }
  /** Sessions of this person that are good. */
  const sessionsOf = async (loginName: string): Promise<number> =>
    (await store.pool.query('select 1 from session where revoked_at is null and person_id = (select id from person where login_name = $1)', [loginName])).rowCount ?? 0
  const endSessionsOf = (loginName: string) => store.pool.query('update session set revoked_at = now() where revoked_at is null and person_id = (select id from person where login_name = $1)', [loginName])
  const signIn = async ({ page }: Pick<Seat, 'page'>, loginName: string): Promise<void> => {
    await page.locator('input[autocomplete="username"]').fill(loginName)
    await page.locator('input[autocomplete="current-password"]').fill(world.password(loginName))
    await page.keyboard.press('Enter')
    await page.locator('.ld-top', { hasText: liandong.logins.find((login) => login.loginName === loginName)?.displayName ?? '' }).waitFor()
  }

  await t.test('the first page load finds out that nobody is signed in without an error in the console', async (t) => {
    const page = await world.visitor('zh-CN')
    const errors: string[] = []
    page.on('console', (said: ConsoleMessage) => { if (said.type() === 'error') errors.push(`${said.text()} ${said.location().url}`) })
    page.on('pageerror', (error) => { errors.push(String(error)) })
    await page.reload()
    await page.locator('input[autocomplete="username"]:focus').waitFor()
    await page.waitForLoadState('networkidle')
    t.same(errors, [])
    t.equal(await ended(page).count(), 0, 'and nobody is told that a session has ended')
    await page.context().close()
  })

  await t.test('a session that ended while the page was being loaded anew is noticed', async (t) => {
    const seat = await world.seat('op1')
    await seat.context.route('**/assets/**', async (route) => { await endSessionsOf('op1'); await route.continue() })
    await seat.page.reload()
    await ended(seat.page).waitFor()
    t.equal(await sessionsOf('op1'), 0)
    await seat.context.close()
  })

  await t.test('another role, unit or telephone: the open desk follows, without being loaded anew', async (t) => {
    const seat = await world.seat('sup1')
    const { page } = seat
    await page.evaluate('window.sameLoad = true')
    const become = (set: string) => store.pool.query(`update person set ${set} where login_name = 'sup1'`)
    await page.locator('.ld-nav').getByText('通话监控').click()
    await page.locator('.ld-nav .is-here', { hasText: '通话监控' }).waitFor()
    await become(`role = 'operator'`)
    await page.locator('.ld-person-role', { hasText: '接警员' }).waitFor({ state: 'attached' })
    await page.locator('.ld-nav .is-here', { hasText: '我的工单' }).waitFor()
    t.equal(await page.locator('.ld-nav').getByText('通话监控').count(), 0, 'what he may not see any more is not there')
    await page.locator('.ld-nav').getByText('席位').click()
    await seat.presence('break')
    await become(`role = 'unit', unit_id = 'municipal-works', extension = null`)
    await page.locator('.ld-unit').waitFor()
    t.equal(await page.locator('.ld-queue').count(), 0, 'the hall is none of a unit’s business')
    await become(`role = 'supervisor', unit_id = null, extension = '1009'`)
    await page.locator('.ld-nav').getByText('通话监控').waitFor()
    // A key before the seat is there is nobody's.
    await seat.presence('break')
    await seat.press('F2')
    await seat.presence('ready')
    t.equal(await page.evaluate('window.sameLoad'), true)
    await seat.press('F2')
    await seat.presence('break')
    await seat.context.close()
  })

  await t.test('a session is lost in mid-talk: the same person finds what he had begun, the next one does not', async (t) => {
    const seat = await world.seat('op1')
    const { page } = seat
    const callId = await talk(world, seat, { number: '13900000031' })
    const note = page.locator('.ld-act input[maxlength="1000"]').first()
    await seat.press('Alt+KeyU')
    await page.keyboard.type('municipal-w')
    await seat.press('Enter')
    await page.locator('.ld-act input[maxlength="1000"]:focus').waitFor()
    await page.keyboard.type('先围挡')
    await endSessionsOf('op1')
    await ended(page).waitFor()
    await signIn(seat, 'op1')
    await seat.presence('talking')
    await page.locator('.ld-handling .ant-select', { hasText: '市政设施管理处' }).waitFor()
    t.equal(await note.inputValue(), '先围挡')
    t.equal((await world.ticket(callId)).unitId, null, 'nothing was sent')

    await seat.press('F8')
    await seat.presence('wrap-up')
    await endSessionsOf('op1')
    await ended(page).waitFor()
    await signIn(seat, 'op2')
    const drafts = await page.evaluate<string>(`JSON.stringify(Object.entries(sessionStorage).filter(([key]) => key.startsWith('liandong.draft.')))`)
    t.notMatch(drafts, '先围挡')
    t.notMatch(drafts, callId)
    await seat.context.close()
  })

  await t.test('what was written before the ticket was there is not lost with signing out', async (t) => {
    const seat = await world.seat('op6')
    const { page } = seat
    const callId = await talk(world, seat, { number: '13900000037' })
    await seat.press('F8')
    await seat.presence('wrap-up')
    // As if its ticket had come after he left the call; and one whose ticket is not there yet.
    const later = randomUUID()
    for (const [id, text] of [[callId, '井盖缺失'], [later, '路灯不亮']]) await page.evaluate(`sessionStorage.setItem('liandong.draft.early.${id}', '${text}')`)
    await signOut(seat)
    await logInPage(page)
    t.equal((await world.ticket(callId)).fields.description, '井盖缺失')
    const kept = await page.evaluate<string>('JSON.stringify([Object.values(sessionStorage), Object.entries(localStorage)])')
    t.notMatch(kept, '井盖缺失', 'what is acknowledged stays nowhere')
    t.match(kept, '路灯不亮')
    await signIn(seat, 'op6')
    const caller = { number: '13900000038', name: '', verified: true }
    const record: CallRecord = { callId: later, caller, calledNumber: '110', state: 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: 1, queuedAt: 1, answeredAt: 2, endedAt: 3 }
    await store.records.openTicket({ record, operatorId: '', answeredAt: 2, callBack: false, place: '', callerName: '' })
    await until('it to be in the ticket', async () => (await world.ticket(later)).fields.description === '路灯不亮', 20_000)
    await seat.context.close()
  })

  await t.test('signed out while the network is away: the desk is left, says so, and the server is told as soon as it is there', async (t) => {
    const seat = await world.seat('op3')
    const { page, context } = seat
    const other = await secondTab(seat, liandong.url)
    await other.locator('.ld-top').waitFor()
    await context.setOffline(true)
    await signOut(seat)
    await logInPage(page)
    await unsaid(page).waitFor()
    await logInPage(other)
    t.equal(await sessionsOf('op3'), 1)
    await context.setOffline(false)
    await unsaid(page).waitFor({ state: 'detached' })
    t.equal(await sessionsOf('op3'), 0)
    await context.close()
  })

  await t.test('whoever loads the page before the server was told is not the one who left; who signs in then stays so', async (t) => {
    const seat = await world.seat('op3')
    const { page } = seat
    await page.route('**/api/logout', (route) => route.abort())
    await signOut(seat)
    await unsaid(page).waitFor()
    await page.reload()
    await logInPage(page)
    t.equal(await page.locator('.ld-top').count(), 0)
    await unsaid(page).waitFor()
    await page.locator('input[autocomplete="username"]').fill('op4')
    await page.locator('input[autocomplete="current-password"]').fill(world.password('op4'))
    await page.keyboard.press('Enter')
    await page.unroute('**/api/logout')
    await page.locator('.ld-top').waitFor()
    await page.reload()
    await seat.presence('break')
    t.same([await sessionsOf('op3'), await sessionsOf('op4')], [0, 1])
    await seat.context.close()
  })

  await t.test('signed out while PostgreSQL is away: in every tab, and for good', async (t) => {
    const seat = await world.seat('op5')
    const other = await secondTab(seat, liandong.url)
    await other.locator('.ld-top').waitFor()
    const [cookie] = await seat.context.cookies()
    await store.server?.stop('immediate')
    await signOut(seat)
    await logInPage(seat.page)
    await logInPage(other)
    t.same(await seat.context.cookies(), [])
    await store.server?.start()
    await until('the journal to drain', () => store.records.status().database === 'up' && store.records.status().journal === 0)
    t.equal(await sessionsOf('op5'), 0)
    t.equal((await fetch(`${liandong.url}/api/me`, { headers: { cookie: `${cookie?.name ?? ''}=${cookie?.value ?? ''}` } })).status, 401)
    await seat.context.close()
  })

  await t.test('the caller hung up while PostgreSQL was away: the final number comes in wrap-up, without a click', async (t) => {
    const seat = await world.seat('op6')
    const { page } = seat
    await seat.press('F2')
    await seat.presence('ready')
    await store.server?.stop('immediate')
    const placed = world.call({ number: '13900000032' })
    await lift(seat)
    await page.getByText('临时编号', { exact: true }).waitFor()
    const provisional = await page.locator('[data-ticket-number]').innerText()
    placed.hangUp()
    await seat.presence('wrap-up')
    await store.server?.start()
    await page.getByText('临时编号', { exact: true }).waitFor({ state: 'detached' })
    t.not(await page.locator('[data-ticket-number]').innerText(), provisional)
    await seat.context.close()
  })
})
