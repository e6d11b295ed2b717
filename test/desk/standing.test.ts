import { randomUUID } from 'node:crypto'
import t from 'tap'
import { until } from '../helpers/database.js'
import { goTo } from '../helpers/desk-story.js'
import { deskTickets } from '../helpers/desk-tickets.js'
import { talk, withDesk, type Seat } from '../helpers/desk-world.js'

await withDesk(t, async (world) => {
  const { store, url } = world.liandong
  const { who, act, opened } = await deskTickets(store)
  /** The clocks that are shown: whose, which, and whether it is late. */
  const clocks = ({ page }: Seat): Promise<string[]> => page.evaluate<string[]>(`[...document.querySelectorAll('.ld-standing [data-clock]')].map((one) => [one.dataset.of, one.dataset.clock, one.querySelector('[data-late]').dataset.late].join(' ')).sort()`)
  const shown = async (seat: Seat, expected: readonly string[]): Promise<unknown> => until(expected.join(', '), async () => { const found = await clocks(seat); return JSON.stringify(found) === JSON.stringify(expected) })
  const fact = ({ page }: Seat, is: string) => page.locator(`.ld-standing [data-standing="${is}"] dd`)

  await t.test('the hall sees on a ticket what the unit sees: every clock and whose it is, more time that was asked for, who disputes it, who helps; as it changes', async (t) => {
    const id = await opened({ category: 'manhole-cover', place: '开元大道 18 号', number: '13900000061' })
    const seat = await world.seat('sup1')
    const { page } = seat
    await goTo(seat, url, id)
    // Nobody said yet of what kind it is, and the hall's time runs.
    await shown(seat, ['hall reassign false', 'hall safe false'])
    t.match(await page.locator('.ld-standing [data-clock="safe"]').innerText(), /接警中心 · 排险\s+还剩 /)
    t.equal(await page.locator('.ld-standing [data-hazard="open"]').innerText(), '险情')
    t.equal(await page.locator('.ld-standing-facts').count(), 0, 'and nothing is said of what there is not')
    await seat.picture('standing-hall')

    await act(id, { act: 'dispatch', unitId: 'municipal-works', assist: ['drainage', 'urban-management'] })
    await shown(seat, ['drainage delivery false', 'hall safe false', 'municipal-works delivery false', 'urban-management delivery false'])
    t.equal(await fact(seat, 'assist').innerText(), '排水管理处、城市管理局')
    for (const unit of ['municipal-works', 'drainage', 'urban-management']) await store.hall.delivered(id, unit, randomUUID())
    await shown(seat, ['municipal-works repair false', 'municipal-works report false', 'municipal-works safe false', 'municipal-works sign false'])
    const unit = who('unit1')
    await act(id, { act: 'sign' }, unit)
    await act(id, { act: 'dispute', duty: 'MH-02', note: '井属排水' }, unit)
    const until1 = Date.now() + 6 * 86_400_000
    await act(id, { act: 'ask-extension', until: until1, note: '须定制井盖' }, unit)
    await shown(seat, ['hall extension false', 'municipal-works repair false', 'municipal-works report false', 'municipal-works safe false'])
    await fact(seat, 'extension').waitFor()
    t.match(await fact(seat, 'extension').innerText(), /^申请中 · \S+ · 延到 .+ · 须定制井盖$/)
    t.match(await fact(seat, 'disputes').innerText(), /^市政设施管理处 · → 排水管理处 \(MH-02\) · .* · 井属排水/, 'whom it means')
    await seat.picture('standing')
    await page.locator('[data-act="answer-extension"]').click()
    t.same(await page.locator('.ld-limits [data-moves="true"]').count(), 2, 'which limits move if it is granted')
    await page.locator('.ld-act-form').getByText('不同意', { exact: true }).click()
    await page.locator('.ld-limits [data-moves="false"]').first().waitFor()
    await page.locator('.ld-act-form').getByText('同意', { exact: true }).click()
    await seat.picture('extension-answer')
    await page.locator('.ld-act-form .ant-modal-footer .ant-btn-primary').click()
    await until('it to be granted', async () => (await fact(seat, 'extension').innerText()).startsWith('已同意 · '))
    // The dispute is answered beside itself: with a reason, or by giving the ticket to the unit that is meant.
    await page.locator('[data-act="answer-dispute"]').click()
    await page.locator('.ld-act-form .ant-modal-footer .ant-btn-primary').click()
    await page.getByText('请写明情况。').waitFor()
    await page.getByLabel('说明', { exact: true }).fill('井盖标识属市政')
    await seat.picture('dispute-answer')
    await page.locator('.ld-act-form .ant-modal-footer .ant-btn-primary').click()
    await fact(seat, 'disputes').waitFor({ state: 'detached' })
    await page.locator('.ld-ticket-head button', { hasText: '经过' }).click()
    await page.locator('.ld-history', { hasText: '井盖标识属市政' }).waitFor()
    t.match(await page.locator('.ld-history').innerText(), /→ 排水管理处 \(MH-02\) · 井属排水/, 'and the history says whom it meant')
    await seat.picture('dispute-history')
    await page.keyboard.press('Escape')
    await page.locator('.ld-history').waitFor({ state: 'detached' })
    // One that is late says so.
    await store.pool.query(`update ticket set version = version + 1, work = jsonb_set(work, '{clocks}', (select jsonb_agg(case when c ->> 'clock' = 'safe' then jsonb_set(c, '{at,urge}', to_jsonb((extract(epoch from now()) * 1000)::bigint - 60000)) else c end) from jsonb_array_elements(work -> 'clocks') c)) where id = $1`, [id])
    await page.reload()
    await until('the late one', async () => (await clocks(seat)).includes('municipal-works safe true'))
    await seat.context.close()
  })

  await t.test('what nobody sorted says so, and by when: quietly while he who answered may still be talking, first on the board when it is late; a question is none of it', async (t) => {
    const id = await opened({ place: '长江路与西苑路口', number: '13900000069' })
    const later = await opened({ place: '长江路', number: '13900000070' })
    const seat = await world.seat('sup1')
    const { page } = seat
    await goTo(seat, url, id)
    await shown(seat, ['hall reassign false'])
    const chip = page.locator('.ld-standing [data-clock="reassign"] .ld-due')
    t.match([await chip.innerText(), await chip.getAttribute('class')], [/接警中心 · 定性派单\s+还剩 29:/, /^ld-chip ld-due\s*$/])
    // By the database's time, not by waiting for it; each act writes when it is due anew.
    const overdue = (one: string): Promise<unknown> => store.pool.query(`update ticket set due_at = now() - interval '95 minutes' where id = $1`, [one])
    await overdue(id)
    await goTo(seat, url, id)
    await page.locator('.ld-nav').getByText('看板').click()
    const row = page.locator('.ld-board-row').first()
    await page.locator(`.ld-board-row[data-ticket="${later}"]`).waitFor()
    t.equal(await row.getAttribute('data-ticket'), id)
    t.match(await row.locator('.ld-due').innerText(), /^定性派单\s+超时 1:3/)
    t.match(await page.locator(`.ld-board-row[data-ticket="${later}"] .ld-due`).innerText(), /^定性派单\s+还剩/)
    await seat.picture('board-unsorted')
    await act(id, { act: 'edit', changes: { kind: 'joint-service' } })
    await page.locator(`.ld-board-row[data-ticket="${id}"] .ld-due`, { hasText: '派给单位' }).waitFor()
    await act(id, { act: 'edit', changes: { kind: 'consultation' } })
    await page.locator(`.ld-board-row[data-ticket="${id}"] .ld-due`).waitFor({ state: 'detached' })
    await seat.context.close()
  })

  await t.test('who is right in a dispute: one click gives the ticket to the unit that is meant, or lets who helps go', async (t) => {
    const id = await opened({ category: 'manhole-cover', place: '龙门大道 3 号', number: '13900000064' })
    const unit = who('unit1')
    await act(id, { act: 'dispatch', unitId: 'municipal-works', assist: ['urban-management'] })
    await act(id, { act: 'dispute', duty: 'MH-02', note: '井属排水' }, unit)
    await act(id, { act: 'dispute', duty: 'MH-02', note: '不涉及占道' }, { ...unit, unitId: 'urban-management' })
    const seat = await world.seat('sup1')
    const { page } = seat
    await goTo(seat, url, id)
    await page.locator('[data-upheld]', { hasText: '改由 排水管理处 协办' }).click()
    await until('the other to help', async () => (await store.records.get(id)).work.assist.join() === 'drainage')
    await page.locator('[data-upheld]').nth(1).waitFor({ state: 'detached' })
    await seat.picture('dispute-upheld')
    await page.locator('[data-upheld]', { hasText: '改派给 排水管理处' }).click()
    await until('it to be with the other', async () => (await store.records.get(id)).unitId === 'drainage')
    await fact(seat, 'disputes').waitFor({ state: 'detached' })
    t.match((await store.records.history(id)).at(-1), { act: 'reassign', note: '权属异议成立，依据 MH-02' })
    await seat.context.close()
  })

  await t.test('a merged ticket says into which it went, an incident how many calls it holds and which; one opens the other, also over a call', async (t) => {
    const main = await opened({ category: 'power-repair', place: '景华路 56 号楼', number: '13900000062' })
    const members: string[] = []
    for (let n = 0; n < 23; n += 1) members.push(await opened({ category: 'power-repair', place: `景华路 ${60 + n} 号`, number: `1390000${2_000 + n}` }))
    for (const id of members) await act(id, { act: 'merge', into: main })
    const [member = ''] = members
    const { number } = await store.records.get(main)
    const seat = await world.seat('sup1')
    const { page } = seat
    await goTo(seat, url, member)
    const link = fact(seat, 'into').locator(`[data-ticket-link="${main}"]`)
    await until('its number', async () => (await link.innerText()) === number)
    t.match(await fact(seat, 'into').innerText(), /待处理 · 景华路 56 号楼/)
    await seat.picture('standing-merged')
    // As it stands now: what becomes of the main ticket is shown here without a hand.
    await act(main, { act: 'dispatch', unitId: 'power-supply' })
    await until('what became of it', async () => /^\S+\s*已派单 · 景华路 56 号楼$/.test(await fact(seat, 'into').innerText()))
    await link.click()
    await page.locator('[data-ticket-number]', { hasText: number }).waitFor()
    const followers = fact(seat, 'members')
    t.equal(await followers.innerText(), '已并入 23 张工单，连同本单共 24 次来电')
    await followers.locator('summary').click()
    await until('twenty of them', async () => (await followers.locator('[data-ticket-link]').count()) === 20)
    await seat.picture('standing-incident')
    await followers.getByRole('button', { name: '再看其余 3 张' }).click()
    await until('all of them', async () => (await followers.locator('[data-ticket-link]').count()) === 23)
    t.same(await page.evaluate<string[]>(`[...document.querySelectorAll('[data-standing="members"] [data-ticket-link]')].map((one) => one.dataset.ticketLink).sort()`), [...members].sort())
    await followers.locator(`[data-ticket-link="${member}"]`).click()
    await page.locator('.ld-standing [data-standing="into"]').waitFor()
    await seat.context.close()

    // Over a call: the drawer goes on to the other, and the call stays.
    const taker = await world.seat('op2')
    await talk(world, taker, { number: '13900002000' })
    await taker.page.locator(`.ld-work-left [data-ticket="${member}"]`).first().click()
    const drawer = taker.page.locator('.ld-drawer')
    await drawer.locator('[data-standing="into"] [data-ticket-link]').click()
    await drawer.locator('[data-ticket-number]', { hasText: number }).waitFor()
    await drawer.locator('[data-standing="members"]').waitFor()
    await taker.picture('standing-drawer')
    // And back, by a button or by a link: the way has each once.
    const back = drawer.locator('[data-drawer-back]')
    await drawer.locator('[data-standing="members"] summary').click()
    const newest = members.at(-1) ?? ''
    await drawer.locator(`[data-ticket-link="${newest}"]`).click()
    await drawer.locator('[data-ticket-number]', { hasText: (await store.records.get(newest)).number }).waitFor()
    t.equal((await back.innerText()).trim(), `返回 ${number}`)
    await drawer.locator('[data-standing="into"] [data-ticket-link]').click()
    await drawer.locator('[data-ticket-number]', { hasText: number }).waitFor()
    const first = (await store.records.get(member)).number
    t.equal((await back.innerText()).trim(), `返回 ${first}`)
    await back.click()
    await drawer.locator('[data-ticket-number]', { hasText: first }).waitFor()
    t.equal(await back.count(), 0)
    t.equal(await taker.page.locator('.ld-work .ld-handling').count(), 1, 'he still has his call')
    await taker.context.close()
  })
})
