import { randomUUID } from 'node:crypto'
import t from 'tap'
import { until } from '../helpers/database.js'
import { goTo } from '../helpers/desk-story.js'
import { deskTickets } from '../helpers/desk-tickets.js'
import { leave, talk, withDesk, type Seat } from '../helpers/desk-world.js'

const EARS = `window.tones = 0; const begin = OscillatorNode.prototype.start; OscillatorNode.prototype.start = function (...when) { window.tones += 1; return begin.apply(this, when) }`

await withDesk(t, async (world) => {
  const { store, url } = world.liandong
  const { who, act, opened } = await deskTickets(store)
  const unit = who('unit1')
  const given = async (category: string, place: string, danger = false): Promise<string> => {
    const id = await opened({ category, place, number: '13900000071' })
    await act(id, { act: 'edit', changes: { kind: 'joint-service', description: `${place}的事` } })
    if (danger) await act(id, { act: 'prioritise', priority: 'emergency', hazard: true })
    await act(id, { act: 'dispatch', unitId: 'municipal-works' })
    await store.hall.delivered(id, 'municipal-works', randomUUID())
    return id
  }
  const number = async (id: string): Promise<string> => (await store.records.get(id)).number
  const confirmed = async (id: string, kind: string): Promise<boolean> => (await store.pool.query(`select 1 from outbox where ticket_id = $1 and kind = $2 and audience = 'hall' and receipt_at is not null`, [id, kind])).rowCount === 1
  const count = async ({ page }: Seat): Promise<number> => Number((await page.locator('.ld-nav [data-alerts]').allInnerTexts())[0] ?? 0)
  const titled = ({ page }: Seat, title: RegExp): Promise<unknown> => until(title.source, async () => title.test(await page.title()))
  const counts = (seat: Seat, wanted: number): Promise<unknown> => until(`${wanted} at the board's entry`, async () => (await count(seat)) === wanted)

  await t.test('what stands is counted on every page and in the title; who looks at it has settled nothing: it goes with the matter, or is put away, by keyboard too', async (t) => {
    await store.pool.query(`update outbox set receipt_at = now() where audience = 'hall' and receipt_at is null`)
    const seat = await world.seat('sup1')
    const { page } = seat
    await page.goto(`${url}/#/talks`)
    await page.locator('.ld-talks').waitFor()
    await titled(seat, /^联动 110$/)
    t.equal(await count(seat), 0)
    const [first, second, third] = [await given('road', '王城大道'), await given('road', '九都路'), await given('road', '凯旋西路')]
    for (const id of [first, second, third]) {
      await act(id, { act: 'sign' }, unit)
      await act(id, { act: 'report', result: 'done', note: '已修', photos: [] }, unit)
    }
    await counts(seat, 3)
    await titled(seat, /^\(3\) 提醒 · 联动 110$/)
    t.equal(await page.locator('.ld-nav .ld-count.is-alarm').count(), 0, 'news is no alarm')
    await page.locator('.ld-nav').getByText('看板').click()
    const line = async (id: string) => page.locator('.ld-alerts li', { hasText: await number(id) })
    const lines = page.locator('.ld-alerts li')
    await page.getByRole('button', { name: /^还有 \d+ 条$/ }).click()
    await until('all of them', async () => (await lines.count()) === 3)
    // Opened, looked at, and still there.
    await (await line(first)).locator('button').first().click()
    await page.locator('.ld-detail [data-ticket-state="reported"]').waitFor()
    t.equal(await count(seat), 3)
    await page.locator('.ld-nav').getByText('看板').click()
    await page.getByRole('button', { name: /^还有 \d+ 条$/ }).click()
    await (await line(first)).waitFor()
    t.equal(await confirmed(first, 'reported'), false)
    // By keys: one after the other, and the focus is at the next.
    await (await line(third)).locator('[data-dismiss]').focus()
    await seat.press('Enter')
    await (await line(third)).waitFor({ state: 'detached' })
    await until('the receipt', () => confirmed(third, 'reported'))
    t.equal(await page.evaluate<string>(`document.activeElement.getAttribute('aria-label')`), `知道了 ${await number(second)}`)
    await seat.press('Enter')
    await counts(seat, 1)
    // With the matter, without a hand.
    await act(first, { act: 'close' }, who('sup1'))
    await counts(seat, 0)
    await titled(seat, /^联动 110$/)
    await seat.context.close()
  })

  await t.test('a danger of which a unit says that it is not its own is an alarm on every page, in the middle of a talk beside it; it is none once somebody made it safe', async (t) => {
    const seat = await world.seat('op1', { init: EARS })
    const { page } = seat
    const id = await given('manhole-cover', '开元大道', true)
    await act(id, { act: 'sign' }, unit)
    await page.goto(`${url}/#/map`)
    const before = await page.evaluate<number>('window.tones')
    await act(id, { act: 'dispute', duty: 'MH-02', note: '井属排水' }, unit)
    const banner = page.locator('[data-hall-alarms="1"]')
    await banner.waitFor()
    const said = `权属异议 · ${await number(id)}：开元大道 · 开元大道的事`
    t.equal(await banner.locator('.ld-cut').innerText(), said, 'its title once')
    await page.locator('.ld-nav .ld-count.is-alarm').waitFor()
    await titled(seat, /^1 项警报 · \(\d+\) 提醒 · 联动 110$/)
    await until('the tone', async () => (await page.evaluate<number>('window.tones')) > before)
    await seat.picture('hall-danger')
    await page.locator('.ld-nav').getByText('席位').click()
    await talk(world, seat, { number: '13900000072' })
    await banner.waitFor()
    const [over, work] = [await banner.boundingBox(), await page.locator('.ld-work').boundingBox()]
    t.ok(over !== null && work !== null && over.y + over.height <= work.y, 'over nothing that he works with')
    await seat.picture('hall-danger-talk')
    const silent = await page.evaluate<number>('window.tones')
    await act(id, { act: 'progress', step: 'made-safe', note: '已围挡', photos: [] }, unit)
    await banner.waitFor({ state: 'detached' })
    t.ok(await count(seat) > 0, 'whose it is stands open')
    t.equal(await page.evaluate<number>('window.tones'), silent, 'nobody is interrupted')
    await leave(seat)
    await act(id, { act: 'settle', outcome: 'other', note: '误报' })
  })

  await t.test('the hall’s page of a danger: whether it is safe and since when, what its units did, who handles it, the photos; after closing what was reported', async (t) => {
    const id = await given('manhole-cover', '龙门大道', true)
    const seat = await world.seat('sup1')
    const { page } = seat
    await goTo(seat, url, id)
    const chip = page.locator('.ld-standing [data-hazard]')
    const fact = (is: string) => page.locator(`.ld-standing-times [data-fact="${is}"] dd`)
    t.same([await chip.getAttribute('data-hazard'), await chip.innerText()], ['open', '险情'])
    t.match(await chip.getAttribute('class'), /is-alarm/)
    t.match(await fact('delivered').innerText(), /^\d\d:\d\d$/)
    t.same(await Promise.all(['signed', 'arrived', 'safe', 'reported', 'assignee'].map((is) => fact(is).innerText())), ['—', '—', '—', '—', '未指派'])
    t.equal(await page.locator('.ld-standing [data-attachment]').count(), 0)
    await act(id, { act: 'sign' }, unit)
    await act(id, { act: 'assign', personId: unit.id }, unit)
    const { id: photo } = await store.attachments.add({ id: randomUUID(), ticketId: id, unitId: 'municipal-works', byId: unit.id, type: 'image/jpeg', width: 8, height: 8, bytes: Buffer.from('ffd8ffd9', 'hex'), sha256: Buffer.from(randomUUID().replaceAll('-', '').repeat(2), 'hex'), thumbnail: null })
    await act(id, { act: 'progress', step: 'made-safe', note: '已围挡', photos: [photo] }, unit)
    await until('it to be safe', async () => /^险情已排除 \d\d:\d\d$/.test(await chip.innerText()))
    t.match(await chip.getAttribute('class'), /is-ready/)
    for (const is of ['signed', 'arrived', 'safe']) t.match(await fact(is).innerText(), /^\d\d:\d\d$/, is)
    await until('his name', async () => (await fact('assignee').innerText()) === unit.displayName)
    const shown = page.locator(`.ld-standing [data-attachment="${photo}"]`)
    await shown.waitFor()
    t.equal(await page.locator(`[data-attachment="${photo}"]`).count(), 1, 'in one place')
    t.equal((await page.request.get(`${url}/api/attachments/${photo}?size=thumbnail`)).status(), 200)
    await seat.picture('hall-view-safe')
    await act(id, { act: 'progress', step: 'repaired', note: '换了', photos: [] }, unit)
    await act(id, { act: 'report', result: 'done', note: '已换新井盖，路面恢复', photos: [photo] }, unit)
    await act(id, { act: 'close' }, who('sup1'))
    await page.locator('[data-ticket-state="closed"]').waitFor()
    t.match(await fact('repaired').innerText(), /^\d\d:\d\d$/)
    t.match(await fact('reported').innerText(), /^\d\d:\d\d · 已办好$/)
    t.equal(await page.locator('.ld-standing .is-alarm').count(), 0, 'nothing red is left of it')
    t.match(await page.locator('.ld-handling [data-said="report"]').innerText(), /市政设施管理处 反馈 · 已办好[^]*已换新井盖，路面恢复/)
    await seat.picture('hall-view-closed')
    // One that the hall ended without anybody’s making it safe: no danger any more, and none that is said to be away.
    const ended = await given('manhole-cover', '唐宫西路', true)
    await act(ended, { act: 'settle', outcome: 'other', note: '并无此事' })
    await goTo(seat, url, ended)
    t.same([await chip.getAttribute('data-hazard'), await chip.innerText(), await chip.getAttribute('class')], ['over', '险情', 'ld-chip'])
    // The same pieces at the unit.
    const terminal = await world.seat('unit1', { width: 390, height: 844 })
    await terminal.page.goto(`${url}/#/unit/${id}`)
    await terminal.page.locator('.ld-unit-facts [data-fact="repaired"]').waitFor()
    t.match(await terminal.page.locator('.ld-unit-chips [data-hazard]').innerText(), /^险情已排除 /)
    t.equal(await terminal.page.locator('.ld-unit-facts [data-fact="assignee"] dd').innerText(), unit.displayName)
    await terminal.picture('hall-view-unit')
    await seat.context.close()
  })

  await t.test('board: a tile and the choice below it say the same; of a limit the last stage is told, with its time; who was urged, and when, stands in the row', async (t) => {
    const id = await given('road', '中州东路')
    const seat = await world.seat('sup1')
    const { page } = seat
    await page.locator('.ld-nav').getByText('看板').click()
    const lit = page.locator('.ld-board-filters .ant-segmented').first().locator('.ant-segmented-item-selected')
    const tile = (name: string) => page.locator('.ld-tile', { has: page.locator('span', { hasText: new RegExp(`^${name}$`) }) })
    const pressed = page.locator('.ld-tile[aria-pressed="true"] span')
    for (const name of ['待处理', '已派单', '已签收', '在办']) {
      await tile(name).click()
      await until(`${name} below`, async () => (await lit.innerText()) === name)
    }
    await page.locator('.ld-board-filters').getByText('待处理', { exact: true }).click()
    await until('the tile', async () => (await pressed.allInnerTexts()).join() === '待处理')
    await seat.picture('board-open')
    await page.goto(`${url}/#/board/class=waiting`)
    await until('whose turn it is', async () => (await lit.innerText()) === '待单位处理')
    t.equal(await pressed.count(), 0)
    await page.goto(`${url}/#/board`)
    await until('all', async () => (await lit.innerText()) === '全部状态')

    // All stages of a limit, one after the other: by the database's time, not by waiting for it.
    await store.pool.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(case when c ->> 'clock' = 'sign' then jsonb_set(c, '{at}', jsonb_build_object('warn', s.at - 4000, 'urge', s.at - 3000, 'supervise', s.at - 2000, 'notice', s.at - 1000)) else c end) from jsonb_array_elements(work -> 'clocks') c,
      (select (extract(epoch from clock_timestamp()) * 1000)::bigint as at) s)) where id = $1 returning id) update ticket_clock set next_at = clock_timestamp() where clock = 'sign' and ticket_id in (select id from moved) and ended_at is null`, [id])
    const alert = page.locator('.ld-alerts li', { hasText: await number(id) })
    await until('the last stage', async () => (await store.records.history(id)).some(({ act: name }) => name === 'notice-clock'))
    await until('it and no other', async () => /^超期通报 · 签收 · \d\d:\d\d 起$/.test(await alert.locator('strong').innerText()))
    const row = page.locator(`.ld-board-row[data-ticket="${id}"]`)
    t.equal(await row.locator('[data-urged]').count(), 0)
    await row.getByRole('checkbox').check()
    await page.getByRole('button', { name: '催办所选 1 张' }).click()
    await page.locator('.ant-popconfirm .ant-btn-primary').click()
    await row.locator('[data-urged]').waitFor()
    t.match(await row.locator('[data-urged]').innerText(), /^已催办 \d\d:\d\d$/)
    await seat.picture('board-urged')
    await alert.waitFor()
    await act(id, { act: 'settle', outcome: 'other', note: '误报' })
    await alert.waitFor({ state: 'detached' })
    await seat.context.close()
  })

  await t.test('what may be the same lies open in the merge: number, place, when, how it stands; one is chosen by keys, and the unit reads what its caller said', async (t) => {
    const main = await given('street-light', '唐宫东路 12 号')
    const also = await given('street-light', '唐宫东路 12 号')
    const id = await opened({ category: 'street-light', place: '唐宫东路 12 号', number: '13900000074', name: '贺女士' })
    await act(id, { act: 'edit', changes: { kind: 'joint-service', description: '整条街都黑着，老人摔了一跤' } })
    const seat = await world.seat('sup1')
    const { page } = seat
    await goTo(seat, url, id)
    await page.locator('[data-duplicates="2"]').click()
    const form = page.locator('[data-form="merge"]')
    const alike = form.locator('[data-alike]')
    await until('both', async () => (await alike.count()) === 2)
    t.same((await page.evaluate<string[]>(`[...document.querySelectorAll("[data-alike]")].map((one) => one.dataset.alike)`)).sort(), [main, also].sort())
    for (const one of [main, also]) t.match((await form.locator(`[data-alike="${one}"]`).innerText()).replace(/\s+/g, ' '), new RegExp(`^${await number(one)} 已派单 \\d\\d:\\d\\d.* 唐宫东路 12 号 唐宫东路 12 号的事$`))
    await seat.picture('merge-alike')
    await form.locator('label', { has: page.locator(`[data-alike="${main}"]`) }).locator('input').focus()
    await seat.press('Space')
    t.match(await form.locator('.ant-select').innerText(), new RegExp(await number(main)), 'the field is filled')
    // What else is looked for takes nothing of the choice away.
    await form.locator('.ant-select').click()
    await page.keyboard.type('火车站')
    await seat.press('Escape')
    await until('the choice', async () => new RegExp(await number(main)).test(await form.locator('.ant-select').innerText()))
    await page.locator('.ld-act-form .ant-modal-footer .ant-btn-primary').click()
    await page.locator('[data-ticket-state="merged"]').waitFor()
    t.equal((await store.records.get(id)).work.mergedInto, main)

    const terminal = await world.seat('unit1', { width: 390, height: 844 })
    await terminal.page.goto(`${url}/#/unit/${main}`)
    const others = terminal.page.locator('[data-members="1"]')
    t.equal(await others.locator('summary').innerText(), '另有 1 人反映同一件事')
    await others.locator('summary').click()
    const said = others.locator('[data-follower]')
    await said.waitFor()
    t.match(await said.innerText(), /唐宫东路 12 号\s+整条街都黑着，老人摔了一跤/)
    t.equal(await terminal.page.getByText('贺女士').count(), 0)
    t.equal(await others.locator('button').count(), 0, 'and opens nothing')
    await terminal.picture('unit-members')
    for (const one of [main, also]) await act(one, { act: 'settle', outcome: 'other', note: '误报' })
    await seat.context.close()
  })

  await t.test('at a unit: who looks has settled nothing either; an alert is over with the matter, or when a colleague does what it asks for; the list goes by the unit’s own limits', async (t) => {
    const seat = await world.seat('unit1', { width: 390, height: 844 })
    const { page } = seat
    await page.locator('.ld-unit-list').waitFor()
    const id = await opened({ category: 'road', place: '洛浦公园', number: '13900000075' })
    const { number: label } = await act(id, { act: 'dispatch', unitId: 'municipal-works' })
    const alert = page.locator('.ld-alerts li', { hasText: label })
    await alert.waitFor()
    await until('the delivery', async () => (await store.records.get(id)).work.deliveredAt)
    await alert.locator('button').first().click()
    await page.locator('.ld-unit-ticket [data-ticket-number]', { hasText: label }).waitFor()
    await alert.waitFor({ state: 'detached' })
    await page.locator('.ld-unit-back').click()
    await alert.waitFor()
    await seat.picture('unit-alert-stands')
    // A colleague signs for it: nothing is new of it.
    await act(id, { act: 'sign' }, unit)
    await alert.waitFor({ state: 'detached' })
    await act(id, { act: 'urge', note: '快' })
    await alert.waitFor()
    const { work } = await store.records.get(id)
    const due = work.clocks.find(({ clock }) => clock === 'report')?.at.urge ?? 0
    await act(id, { act: 'ask-extension', until: due + 86_400_000, note: '雨' }, unit)
    await page.locator('[data-tab="doing"]').click()
    const row = page.locator(`.ld-unit-list [data-ticket="${id}"]`)
    t.ok((await store.records.get(id)).work.clocks.some(({ clock, at }) => clock === 'extension' && at.urge < due), 'the hall has to answer before')
    await until('its own limit', async () => /^(反馈|到场|修复)/.test(await row.locator('.ld-due').innerText()))
    await act(id, { act: 'settle', outcome: 'other', note: '误报' })
    await row.waitFor({ state: 'detached' })
    // Over with the matter: that it was closed is news, and is put away by hand.
    await until('what asks for nothing', async () => (await alert.getAttribute('data-notice')) === 'closed')
    await seat.context.close()
  })
})
