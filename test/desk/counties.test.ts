import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { newSigner, publicOf } from '../../src/dispatch/county/seal.js'
import { putLine } from '../../src/store/line-setup.js'
import { until } from '../helpers/database.js'
import { openAnswered } from '../helpers/answered.js'
import { withDesk } from '../helpers/desk-world.js'

await withDesk(t, async (world) => {
  const { store } = world.liandong
  const people = await store.people.list()
  const who = (loginName: string): Self => { const found = people.find((one) => one.loginName === loginName); if (found === undefined) throw new Error(loginName); return found }
  type Act = Parameters<typeof store.records.act>[1]
  const act = async (id: string, order: object, by = who('op1')): Promise<Ticket> => (await store.records.act(id, { actId: randomUUID(), baseVersion: (await store.records.get(id)).version, note: '', ...order } as unknown as Act, by)).ticket
  const opened = async (unitId: string, number: string): Promise<string> => {
    const id = await openAnswered(store.records, number, Date.now())
    await act(id, { act: 'edit', changes: { kind: 'joint-service', category: 'road', place: '偃师顾县镇', description: '路面塌陷' } })
    await act(id, { act: 'dispatch', unitId })
    return id
  }

  await t.test('the board says that a line is cut, and has what both sides did decided', async (t) => {
    await putLine(store.pool, { name: 'yanshi', peer: 'county', url: '', units: ['yanshi'], keys: [publicOf(newSigner())] })
    await putLine(store.pool, { name: 'xinan', peer: 'county', url: '', units: ['xinan'], keys: [publicOf(newSigner())] })
    await store.pool.query(`update line set heard_at = clock_timestamp() - interval '40 minutes' where name = 'yanshi'`)
    await store.pool.query(`update line set heard_at = clock_timestamp() + interval '1 hour', skew = -95000 where name = 'xinan'`)
    await store.refreshRules()
    const id = await opened('yanshi', '13900006001')
    const { version } = await store.records.get(id)
    await act(id, { act: 'reassign', unitId: 'municipal-works', note: '联系不上县里，请市政先去' })
    await store.hall.delivered(id, 'municipal-works', randomUUID())
    const by = randomUUID()
    await store.pool.query(`insert into person (id, login_name, display_name, role, unit_id) values ($1, 'yanshi.zhang', '偃师值班员张', 'unit', 'yanshi')`, [by])
    const acts = [{ act: 'sign', note: '我们去' }, { act: 'progress', step: 'arrived', note: '已到现场，正在围挡', photos: [] }].map((one, n) => ({ act: { actId: randomUUID(), baseVersion: 3, ...one }, by: '偃师值班员张', byId: by, at: Date.now() - (20 - n) * 1_000, why: { zh: '断线期间市中心已将工单转出或办结', en: 'meanwhile the city gave the ticket to others, or closed it' } }))
    await store.pool.query('insert into line_conflict (line, ticket_id, unit_id, acts, base) values ($1, $2, $3, $4, $5)', ['yanshi', id, 'yanshi', JSON.stringify(acts), version])

    // As much as may stand there at once: more units with late tickets than are shown.
    const { rows: units } = await store.pool.query<{ id: string }>(`select id from unit where id not in ('yanshi', 'xinan', 'municipal-works') order by id limit 8`)
    for (const [n, unit] of units.entries()) {
      const late = await openAnswered(store.records, `1390000610${n}`, Date.now())
      await act(late, { act: 'edit', changes: { kind: 'joint-service', category: 'other', place: `某路 ${n} 号`, description: '其他' } })
      await act(late, { act: 'dispatch', unitId: unit.id })
      await store.pool.query(`update ticket set due_at = now() - interval '95 minutes' where id = $1`, [late])
    }
    const reader = await world.seat('op1')
    await reader.page.locator('.ld-nav').getByText('看板').click()
    await reader.page.locator('.ld-county').first().waitFor()
    await reader.page.locator('.ld-board-unit').nth(4).waitFor()
    t.same(await reader.page.evaluate<string[]>(`[...document.querySelectorAll('.ld-county')].filter((one) => one.getBoundingClientRect().bottom > one.closest('.ld-panel-body').getBoundingClientRect().bottom + 1).map((one) => one.textContent)`), [], 'at 1366×768 every county is seen without scrolling')
    await reader.picture('counties-board-1366')
    await reader.page.locator(`[data-conflict="${id}"]`).click()
    await reader.page.getByText('由值班长或指定裁定人裁定。').waitFor()
    t.equal(await reader.page.locator('[data-side]').count(), 0, 'an operator reads')
    await reader.context.close()

    const seat = await world.seat('sup1', { width: 1920, height: 1080 })
    const { page } = seat
    await page.locator('.ld-nav').getByText('看板').click()
    await page.locator('[data-line="yanshi"][data-up="false"]').waitFor()
    await page.locator('[data-line="xinan"][data-up="true"]').getByText('时钟偏差 -95 秒').waitFor()
    await seat.picture('counties-board')
    const asked: string[] = []
    page.on('request', (request) => { if (/\/api\/(lines|conflicts|outbox)/.test(request.url())) asked.push(request.url()) })
    // Twice as long as between two polls, when there were some.
    await sleep(9_000)
    t.same(asked, [], 'while nothing is another, nobody asks')
    await store.pool.query(`update line set trouble = 'refused' where name = 'yanshi'`)
    await page.locator('[data-line="yanshi"]').getByText('消息异常，请管理员查看日志').waitFor({ timeout: 5_000 })
    await store.pool.query(`update line set heard_at = clock_timestamp(), trouble = '' where name = 'yanshi'`)
    await page.locator('[data-line="yanshi"][data-up="true"]').waitFor({ timeout: 5_000 })
    await page.locator('[data-line="yanshi"][data-up="false"]').waitFor({ timeout: 25_000 })
    t.pass('that nothing is heard any more nobody says; it is seen')
    await page.locator(`[data-conflict="${id}"]`).click()
    await page.locator('.ld-conflict-sides').getByText('联系不上县里，请市政先去').waitFor()
    await page.locator('.ld-conflict-sides').getByText('已到现场，正在围挡').waitFor()
    t.notMatch(await page.locator('.ld-conflict-sides').innerText(), /municipal-works|\[arrived\]/, 'units and steps by their names')
    t.ok(await page.locator('[data-side="county"]').isDisabled(), 'not without a reason')
    await page.getByLabel('裁定理由').fill('县里先到现场')
    await seat.picture('counties-conflict')
    await page.locator('[data-side="county"]').click()
    await page.locator(`[data-conflict="${id}"]`).waitFor({ state: 'detached' })
    const { rows: [dead] } = await store.pool.query<{ id: string }>(`insert into outbox (kind, audience, channel, unit_id, address, ticket_id, body, next_at) values ('dispatch', 'unit', 'webhook', 'municipal-works', 'https://x.example', $1, '{}', null) returning id`, [id])
    await store.pool.query(`update outbox set dead_at = now(), error = 'HTTP 503' where id = $1`, [dead?.id])
    await page.locator(`[data-dead="${dead?.id ?? ''}"]`).waitFor({ timeout: 4_000 })
    t.ok(((await page.locator(`[data-dead="${dead?.id ?? ''}"]`).boundingBox())?.height ?? Infinity) < 120, 'its lines stand together')
    await seat.picture('counties-dead')
    await page.locator('header').getByText('EN', { exact: true }).click()
    await page.getByText('Messages given up').waitFor()
    await seat.picture('counties-dead-en')
    await page.locator('header').getByText('中文', { exact: true }).click()
    t.match(await store.records.get(id), { state: 'in-progress', unitId: 'yanshi' })
    await seat.context.close()
  })

  await t.test('an act from paper: done before, entered now, both in the history; what is kept back is set on the form', async (t) => {
    const id = await opened('municipal-works', '13900006002')
    await store.pool.query(`update ticket set dispatched_at = dispatched_at - interval '3 hours' where id = $1`, [id])
    const seat = await world.seat('unit1')
    const { page } = seat
    await page.locator(`[data-ticket="${id}"]`).click()
    await page.locator('[data-act="progress"]').click()
    await page.locator('.ld-act-form').getByText('已到场', { exact: true }).click()
    await page.getByLabel('办理说明').or(page.locator('.ld-act-form textarea')).first().fill('停电时手写记录')
    await page.getByText('已在纸上办理，现在补录').click()
    const submit = page.locator('.ld-act-form .ant-modal-footer .ant-btn-primary')
    await submit.click()
    await page.getByText('请填写实际办理时间与记录人。').waitFor()
    const local = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'short' }).format(Date.now() - 2 * 3_600_000).replace(' ', 'T')
    await page.getByLabel('实际时间').fill(local.replace('T', ' '))
    await seat.press('Enter')
    t.equal(await page.getByLabel('实际时间').inputValue(), local.replace('T', ' '), 'as the city writes it')
    await page.getByLabel('纸上记录人').fill('李站长')
    await seat.picture('paper-form')
    await submit.click()
    await page.locator('.ld-act-form').waitFor({ state: 'detached' })
    const { work } = await until('the act', async () => { const one = await store.records.get(id); return one.state === 'in-progress' ? one : null })
    t.equal(work.signedAt, Date.parse(`${local}:00+08:00`))
    await page.locator(`[data-ticket="${id}"]`).or(page.locator('.ld-unit-ticket')).first().waitFor()
    await page.locator('[data-recorded]').first().waitFor()
    await page.getByText('李站长').first().waitFor()
    await seat.picture('paper-history')
    await seat.context.close()

    const hall = await world.seat('op1')
    await hall.page.goto(`${world.liandong.url}/#/tickets/${id}`)
    await hall.page.locator('.ld-detail [data-ticket-number]').waitFor()
    await hall.page.getByText('139 0000 6002').waitFor()
    await hall.page.getByLabel('保密意愿').focus()
    await hall.press('ArrowDown')
    await hall.page.locator('.ant-select-item-option', { hasText: '完全匿名' }).click()
    await until('it to be set', async () => (await store.records.get(id)).work.privacy === 'anonymous')
    await hall.page.getByText('139 0000 6002').waitFor({ state: 'detached' })
    await hall.picture('privacy-form')
    await hall.context.close()
  })
})
