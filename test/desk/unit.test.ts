import { randomBytes, randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../helpers/database.js'
import { deskTickets } from '../helpers/desk-tickets.js'
import { withDesk, type Seat } from '../helpers/desk-world.js'

await withDesk(t, async (world) => {
  const { liandong } = world
  const { store } = liandong
  const { who, act, opened: openedCall } = await deskTickets(store)
  async function opened(category: string, place: string, description: string): Promise<string> {
    const callId = await openedCall({ category, place, number: '13900000021', name: '贺女士' })
    await act(callId, { act: 'edit', changes: { kind: 'joint-service', description } })
    return callId
  }
  /** Counts the tones that the terminal begins, whether this browser lets them out or not. */
  const EARS = `window.tones = 0; const begin = OscillatorNode.prototype.start; OscillatorNode.prototype.start = function (...when) { window.tones += 1; return begin.apply(this, when) }`
  const tones = (seat: Seat): Promise<number> => seat.page.evaluate<number>('window.tones')
  const submit = (seat: Seat): Promise<void> => seat.page.locator('.ld-act-form .ant-modal-footer .ant-btn-primary').click()
  const gone = (seat: Seat): Promise<void> => seat.page.locator('.ld-act-form').waitFor({ state: 'detached' })
  const noSideways = (seat: Seat): Promise<boolean> => seat.page.evaluate<boolean>(`[...document.querySelectorAll('body *')].every((node) => node.getBoundingClientRect().right <= window.innerWidth + 1 || node.closest('.ld-nav, .ld-visually-hidden') !== null)`)

  /** A photo as a telephone makes it: with a place in its EXIF. */
  async function photo(seat: Seat): Promise<Buffer> {
    const plain = Buffer.from(await seat.page.evaluate<string>(`{
      const canvas = document.createElement('canvas')
      canvas.width = 2600
      canvas.height = 1300
      const context = canvas.getContext('2d')
      context.fillStyle = '#776655'; context.fillRect(0, 0, 2600, 1300); context.fillStyle = '#222'; context.beginPath(); context.arc(1300, 650, 400, 0, 7); context.fill()
      canvas.toDataURL('image/jpeg').split(',')[1]
    }`), 'base64')
    const exif = Buffer.from('Exif\0\0MM\0*\0\0\0\x08\0\0 GPS 34.6197N 112.4540E SECRET', 'latin1')
    return Buffer.concat([plain.subarray(0, 2), Buffer.from([0xff, 0xe1, 0, exif.length + 2]), exif, plain.subarray(2)])
  }

  await t.test('a dispatch comes in, is heard, starts the clocks; signed, worked on with photos, reported', async (t) => {
    const elsewhere = await opened('power-repair', '景华路 9 号', '停电')
    await act(elsewhere, { act: 'dispatch', unitId: 'power-supply' })
    const seat = await world.seat('unit1', { init: EARS })
    const { page } = seat
    await page.getByText('没有新到的工单。').waitFor()
    t.equal(await page.title(), '联动 110')
    const id = await opened('manhole-cover', '开元大道与龙门大道交叉口', '慢车道上井盖缺失，已有电动车摔倒')
    await act(id, { act: 'prioritise', priority: 'emergency', hazard: true })
    await act(id, { act: 'dispatch', unitId: 'municipal-works', assist: ['drainage'] })
    await page.locator('[data-notice~="dispatch"]').waitFor()
    await page.locator(`[data-ticket="${id}"]`).waitFor()
    t.equal(await page.locator('[data-ticket]').count(), 1, 'another unit’s ticket is not here')
    t.equal(await page.title(), '(1) 新工单 · 联动 110')
    // A word that was left in the search box takes nothing of what is new away.
    await page.getByLabel('工单编号或文字').fill('景华路')
    await page.locator(`[data-ticket="${id}"]`).waitFor({ state: 'detached' })
    t.equal(await page.title(), '(1) 新工单 · 联动 110')
    await page.getByLabel('工单编号或文字').fill('')
    await page.locator(`[data-ticket="${id}"]`).waitFor()
    await until('the tones', async () => (await tones(seat)) >= 3)
    const delivered = await until('the delivery', async () => { const { work } = await store.records.get(id); return work.deliveredAt === null ? null : work })
    t.ok(delivered.clocks.some(({ clock, unitId }) => clock === 'sign' && unitId === 'municipal-works'), 'the receipt started the clocks')
    await seat.picture('unit-new')

    await page.locator(`[data-ticket="${id}"]`).click()
    await page.locator('[data-clock="sign"] [data-late="false"]').waitFor()
    await page.locator('[data-notice~="dispatch"]').waitFor({ state: 'detached' }) // whoever reads the ticket has read that it is there
    const before = await tones(seat)
    await until('danger told again', async () => (await tones(seat)) > before)
    t.equal(await page.locator('[data-masked]').innerText(), '139****0021')
    t.equal(await page.getByText('13900000021').count(), 0)
    await page.getByRole('button', { name: '查看电话' }).click()
    await page.getByLabel('用途').fill('到场后核对位置')
    await page.locator('.ant-modal-footer .ant-btn-primary').click()
    await page.locator('[data-revealed]', { hasText: '139 0000 0021' }).waitFor()
    const { rows: [noted] } = await store.pool.query<{ person_id: string; details: object }>(`select person_id, details from audit where act = 'caller.reveal' and subject = $1`, [id])
    t.match(noted, { person_id: who('unit1').id, details: { reason: '到场后核对位置', unit: 'municipal-works' } })

    await page.locator('[data-act="sign"]').click()
    await page.locator('[data-ticket-state="signed"]').waitFor()
    await until('nothing to be new any more', async () => (await page.title()) === '联动 110')

    await page.locator('[data-act="progress"]').click()
    await submit(seat)
    await page.getByText('请选择要记录的进展。').waitFor()
    t.match(await store.records.get(id), { state: 'signed', work: { arrivedAt: null } }, 'one tap records nothing')
    await page.locator('.ld-act-form').getByText('险情已排除').click()
    await page.getByLabel('说明', { exact: true }).fill('已围挡，等待新井盖')
    await page.locator('.ld-act-form input[type="file"]').setInputFiles([{ name: '现场.jpg', mimeType: 'image/jpeg', buffer: await photo(seat) }, { name: 'x.jpg', mimeType: 'image/jpeg', buffer: Buffer.from('<html>') }])
    await page.getByText('x.jpg 不是可以打开的图片').waitFor()
    await page.locator('[data-photo="sent"]').waitFor()
    await seat.picture('unit-progress')
    await submit(seat)
    await page.locator('[data-ticket-state="in-progress"]').waitFor()
    await gone(seat)
    await until('the thumbnail to be drawn', () => page.evaluate<boolean>(`document.querySelector('[data-attachment] img')?.naturalWidth === 320`))
    await page.locator('.ld-history', { hasText: '1 张' }).waitFor()
    const { rows: [kept] } = await store.pool.query<{ id: string; width: number; unit_id: string }>('select id, width, unit_id from attachment where ticket_id = $1', [id])
    t.match(kept, { width: 2048, unit_id: 'municipal-works' })
    const folder = join(world.home, 'attachments')
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
    t.same(files.map(({ name }) => name), [kept?.id])
    for (const { parentPath, name } of files) t.notMatch(readFileSync(join(parentPath, name)).toString('latin1'), /SECRET|GPS|Exif/)
    t.ok((await store.records.get(id)).work.safeAt !== null)

    await page.locator('[data-act="ask-extension"]').click()
    t.same((await page.locator('.ld-limits [data-moves="true"]').allInnerTexts()).map((line) => line.split(' ')[0]).sort(), ['修复', '反馈'].slice(0, await page.locator('.ld-limits li').count()).sort(), 'which limits would move')
    t.match((await page.locator('.ld-limits li').first().innerText()), /→/, 'from when to when')
    await page.getByLabel('说明', { exact: true }).fill('新井盖明早到货')
    await submit(seat)
    await gone(seat)
    await page.locator('.ld-history dd').getByText(/^申请中 · 延至 /).waitFor()
    await page.locator('[data-act="assign"]').click()
    await page.locator('.ld-act-form .ant-select').click()
    for (const name of ['抢修一班 孙立军', '抢修二班 马东', '巡查员 何秀英']) await page.locator('.ant-select-dropdown').getByText(name).waitFor()
    await page.locator('.ant-select-dropdown').getByText('抢修一班 孙立军').click()
    await submit(seat)
    await gone(seat)
    await page.locator('.ld-unit-facts', { hasText: '抢修一班 孙立军' }).waitFor()
    await page.locator('.ld-history dd', { hasText: '抢修一班 孙立军' }).waitFor()
    const answered = await act(id, { act: 'answer-extension', granted: true, note: '同意' }, who('sup1'))
    await page.locator('[data-notice~="extension-answered"]', { hasText: '延期已同意，延至' }).waitFor()
    t.equal(new Set(answered.work.clocks.filter(({ clock }) => clock === 'repair' || clock === 'report').map(({ at }) => at.urge)).size, 1, 'whatever passed before it moved to it')
    await seat.picture('unit-ticket')
    await page.emulateMedia({ media: 'print' })
    t.equal(await page.locator('.ld-top').isVisible(), false)
    t.ok(await page.getByText('经办人签字').isVisible())
    t.match(await page.locator('.ld-print-head').innerText(), /联动 110 · 市政设施管理处\s+打印时间 \d{4}-\d\d-\d\d \d\d:\d\d/)
    t.notMatch(await page.locator('.ld-unit-clocks').innerText(), /还剩|超时 \d/, 'a clock that runs is no good on paper')
    await seat.picture('unit-print', true)
    await page.emulateMedia({ media: null })

    await page.locator('[data-act="report"]').click()
    await submit(seat)
    await page.getByText('请写明情况。').waitFor()
    await page.getByLabel('说明', { exact: true }).fill('已换新井盖')
    await submit(seat)
    await page.locator('[data-ticket-state="reported"]').waitFor()
    await page.locator('[data-tab="answered"]').click()
    await page.locator(`[data-ticket="${id}"]`).waitFor()
    t.match((await store.records.get(id)).work.report, { result: 'done', note: '已换新井盖', unitId: 'municipal-works' })

    await act(id, { act: 'redo', note: '市民说又松动了' })
    await page.locator('[data-notice~="redo"]').waitFor()
    await page.locator('[data-ticket-state="in-progress"]').waitFor()
    // Else it is told once more to who signs in next.
    await until('the delivery', async () => (await store.records.get(id)).work.deliveredAt)
    await seat.context.close()
  })

  await t.test('on a telephone: list, ticket, back; a late one is red; returned by a rule; a complainant who wants to stay unnamed does', async (t) => {
    const id = await opened('street-light', '唐宫东路 12 号', '路灯不亮')
    await act(id, { act: 'protect', privacy: 'identity-hidden' })
    await act(id, { act: 'dispatch', unitId: 'municipal-works' })
    const seat = await world.seat('unit1', { width: 390, height: 844 })
    const { page } = seat
    await page.locator(`[data-ticket="${id}"]`).waitFor()
    await until('the delivery', async () => (await store.records.get(id)).work.deliveredAt)
    await page.locator('.ld-alerts').getByText('知道了').first().click()
    await seat.picture('unit-phone-list')
    t.ok(await noSideways(seat), 'nothing stands out of the screen')
    await page.locator(`[data-ticket="${id}"]`).click()
    await page.getByText('诉求人要求保密').waitFor()
    // One that comes behind the act that names it, as over a county's line: seen as it comes, and nobody asks now and then.
    const asked: string[] = []
    page.on('request', (request) => { if (request.url().endsWith(`/${id}/attachments`)) asked.push(request.url()) })
    const come = await store.attachments.add({ id: randomUUID(), ticketId: id, unitId: 'municipal-works', byId: null, byName: '值班员', type: 'image/jpeg', width: 8, height: 8, bytes: await photo(seat), sha256: randomBytes(32), thumbnail: null })
    await page.locator(`[data-attachment="${come.id}"]`).waitFor({ timeout: 4_000 })
    t.equal(asked.length, 1)
    t.equal(await page.locator('.ld-unit-list').isVisible(), false)
    t.equal(await page.getByText('贺女士').count(), 0)
    await seat.picture('unit-phone-ticket')
    t.ok(await noSideways(seat), 'nothing stands out of the screen')

    // Its limit to sign passes: by the city's rules and the database's time, not by waiting for it.
    await store.pool.query(`update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(jsonb_set(c, '{at,urge}', to_jsonb((extract(epoch from now()) * 1000)::bigint - 65000))) from jsonb_array_elements(work -> 'clocks') c)), version = version where id = $1`, [id])
    await page.reload()
    await page.locator('[data-clock] [data-late="true"]').first().waitFor()
    await seat.picture('unit-phone-late')

    const { rows: [rule] } = await store.pool.query<{ code: string }>(`select code from duty_rule where category = 'street-light' and unit_id <> 'municipal-works' and role = 'lead' and (valid_to is null or valid_to >= current_date) limit 1`)
    const acts = await page.locator('.ld-unit-acts').boundingBox()
    t.ok(acts !== null && acts.height <= 64, 'what is done every day, and a menu: one row')
    await page.locator('[data-act="more"]').click()
    await seat.picture('unit-phone-more')
    await page.locator('.ant-dropdown [data-act="return"]').click()
    await page.getByLabel('说明', { exact: true }).fill('该路段路灯归灯饰管理处')
    await seat.picture('unit-phone-return')
    await submit(seat)
    await page.locator('.ant-modal [role="alert"]', { hasText: '请选择条款。' }).waitFor()
    await page.locator('.ld-act-duty').click()
    await page.locator('.ant-select-item-option', { hasText: rule?.code ?? '?' }).first().click()
    await submit(seat)
    await until('the return', async () => (await store.records.get(id)).state === 'returned')
    await page.locator('.ld-unit-back').click()
    await page.locator('.ld-unit-list').waitFor()
    await until('it to leave the list', async () => (await page.locator(`[data-ticket="${id}"]`).count()) === 0)
    await seat.context.close()
  })

  await t.test('a signature that was written on paper is entered with its own time, and not without it', async (t) => {
    const id = await opened('road', '洛浦公园南门', '路面坑槽')
    await act(id, { act: 'dispatch', unitId: 'municipal-works' })
    // It was dispatched a while ago: by the database's time, not by waiting for it.
    await store.pool.query(`update ticket set opened_at = opened_at - interval '90 minutes', dispatched_at = dispatched_at - interval '80 minutes' where id = $1`, [id])
    const seat = await world.seat('unit1', { width: 390, height: 844 })
    const { page } = seat
    await page.locator(`.ld-unit-list [data-ticket="${id}"]`).click()
    await page.locator('[data-act="more"]').click()
    await page.locator('.ant-dropdown [data-act="sign-paper"]').click()
    await submit(seat)
    await page.locator('.ant-modal [role="alert"]', { hasText: '请填写实际办理时间与记录人。' }).waitFor()
    const at = Math.floor(Date.now() / 60_000) * 60_000 - 40 * 60_000
    await page.getByLabel('实际时间').fill(new Date(at + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' '))
    await seat.press('Enter')
    await page.getByLabel('纸上记录人').fill('值班员贺某')
    await seat.picture('unit-sign-paper')
    await submit(seat)
    await gone(seat)
    await page.locator('[data-ticket-state="signed"]').waitFor()
    t.match(await store.records.get(id), { state: 'signed', work: { signedAt: at } })
    t.match((await store.records.history(id)).find(({ act: name }) => name === 'sign'), { at, changes: { paper: [null, '值班员贺某'] } })
    await act(id, { act: 'settle', outcome: 'other', note: '误报' })
    await seat.context.close()
  })

  await t.test('several alerts on a telephone: the newest work is seen at once, a line for each ticket, all of them in one place', async (t) => {
    const seat = await world.seat('unit1', { width: 390, height: 844 })
    const { page } = seat
    const alerts = page.locator('.ld-alerts li')
    await page.locator('.ld-unit-list').waitFor()
    const old: string[] = []
    for (const place of ['王城大道', '九都路', '凯旋西路']) {
      const id = await opened('manhole-cover', place, '井盖缺失')
      await act(id, { act: 'prioritise', priority: 'emergency', hazard: true })
      await act(id, { act: 'dispatch', unitId: 'municipal-works' })
      await act(id, { act: 'urge', note: '快' })
      old.push(id)
    }
    const newest = await opened('road', '唐宫西路', '路面坑槽')
    const { number } = await act(newest, { act: 'dispatch', unitId: 'municipal-works' })
    await alerts.first().getByText(number).waitFor()
    t.equal(await page.locator('.ld-alerts li:visible').count(), 2, 'the list keeps its room')
    const box = await alerts.first().boundingBox()
    t.ok(box !== null && box.y >= 0 && box.y + box.height < 300, 'without scrolling')
    await seat.picture('unit-phone-alerts')
    t.ok(await noSideways(seat), 'nothing stands out of the screen')
    // What an earlier test left may be told once more.
    await page.getByRole('button', { name: /^还有 \d+ 条$/ }).click()
    await until('a line for each ticket', async () => (await alerts.count()) >= 4)
    t.equal(await page.locator('.ld-alerts li[data-notice="urge dispatch"]').count(), 3, 'what was told of one ticket stands together')
    await seat.picture('unit-phone-alerts-all')
    await page.getByRole('button', { name: /^\d+ 条都知道了$/ }).click()
    await page.locator('.ld-alerts').waitFor({ state: 'detached' })
    for (const id of [newest, ...old]) await act(id, { act: 'settle', outcome: 'other', note: '误报' })
    await seat.context.close()
  })

  await t.test('the hall’s alarm that a unit does not hear stands once, and goes with the delivery, not with the signature', async (t) => {
    const seat = await world.seat('sup1')
    const { page } = seat
    await page.evaluate('navigator.setAppBadge = (count) => { globalThis.badge = count; return Promise.resolve() }')
    await page.locator('.ld-nav').getByText('看板').click()
    const id = await opened('gas', '丽景门', '有燃气味')
    const { number } = await act(id, { act: 'dispatch', unitId: 'gas-company' })
    // Its delivery is overdue by all stages: by the database's time, not by waiting for it.
    await store.pool.query(`with moved as (update ticket set work = jsonb_set(work, '{clocks}', (select jsonb_agg(jsonb_set(c, '{at}', jsonb_build_object('warn', s.at - 4000, 'urge', s.at - 3000, 'supervise', s.at - 2000, 'notice', s.at - 1000))) from jsonb_array_elements(work -> 'clocks') c,
      (select (extract(epoch from clock_timestamp()) * 1000)::bigint as at) s)) where id = $1 returning id) update ticket_clock set next_at = clock_timestamp() where ticket_id in (select id from moved) and ended_at is null`, [id])
    const alarm = page.locator('[data-notice~="undelivered"]', { hasText: number })
    await alarm.waitFor()
    t.match(await alarm.locator('.ld-unheard').textContent(), /燃气公司没有收到.*请电话通知/, 'to whom, and what helps')
    await until('all stages', async () => (await store.records.history(id)).filter(({ act: name }) => name === 'undelivered').length === 3)
    t.equal((await store.hall.notices(null)).filter(({ kind, ticketId }) => kind === 'undelivered' && ticketId === id).length, 1)
    t.equal(await alarm.count(), 1)
    // Whoever is somewhere else hears of it there, and in the window's title and badge.
    t.equal(await page.locator('[data-hall-alarms]').count(), 0, 'the board says it in words')
    await page.locator('.ld-nav').getByText('席位').click()
    const banner = page.locator('[data-hall-alarms]')
    t.match(await banner.innerText(), new RegExp(`项警报[^]*${number}`))
    t.match(await page.title(), /^\d+ 项警报 · /)
    t.ok(await page.evaluate('globalThis.badge >= 1'), 'the badge counts')
    await seat.picture('hall-alarm')
    await page.goto(`${liandong.url}/#/tickets/${id}`)
    await page.locator('.ld-detail [data-ticket-state="dispatched"]').waitFor()
    await page.locator('[data-act="deliver"]').click()
    const form = page.locator('[data-form="deliver"]')
    t.match(await form.innerText(), /告知哪个单位\s+燃气/, 'the one that does not hear')
    await form.getByText('电台').click()
    await page.getByLabel('说明', { exact: true }).fill('值班员已复述')
    await seat.picture('hall-deliver')
    await submit(seat)
    await until('no more telling', async () => (await page.locator('[data-act="deliver"]').count()) === 0)
    t.equal((await store.hall.notices(null)).filter(({ kind, ticketId }) => kind === 'undelivered' && ticketId === id).length, 0)
    await page.locator('.ld-nav').getByText('看板').click()
    await page.locator('.ld-board-row').first().waitFor()
    await alarm.waitFor({ state: 'detached' })
    await page.locator('.ld-nav').getByText('席位').click()
    await banner.filter({ hasText: number }).waitFor({ state: 'detached' })
    t.ok((await store.records.get(id)).work.clocks.some(({ clock, unitId }) => clock === 'sign' && unitId === 'gas-company'), 'its clocks run')
    t.match((await store.records.history(id)).find(({ act: name }) => name === 'deliver'), { note: '[radio] 值班员已复述' })
    t.equal((await store.records.get(id)).state, 'dispatched', 'nobody has signed')
    await seat.context.close()
  })
})
