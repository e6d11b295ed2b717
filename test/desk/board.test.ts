import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { boardZhCN } from '../../src/desk/i18n/board.zh-CN.js'
import { placesOf, readFilter, writeFilter } from '../../src/desk/pages/board/filter.js'
import { refusals } from '../../src/desk/pages/board/urging.js'
import { until } from '../helpers/database.js'
import { withDesk } from '../helpers/desk-world.js'

/** What of these stands out over the edge of the window, by its text; the window itself does not scroll sideways. */
const beyond = (page: Page, what: string): Promise<string[]> => page.evaluate<string[]>(`[...document.querySelectorAll(${JSON.stringify(what)}), document.documentElement].filter((one) => { const { left, right } = one.getBoundingClientRect(); return left < 0 || Math.max(right, one === document.documentElement ? one.scrollWidth : 0) > innerWidth + 1 }).map((one) => one.className + ' ' + one.textContent.slice(0, 40))`)

t.test('why some could not be urged: every reason, with how many it holds back', (t) => {
  t.same(refusals([{ text: '已反馈' }, { text: '已办结' }, { text: '已反馈' }]), [{ text: '已反馈', count: 2 }, { text: '已办结', count: 1 }])
  t.equal(boardZhCN.refused(refusals([{ text: '已反馈' }, { text: '已办结' }, { text: '已反馈' }])), '2 张未能催办：已反馈；1 张未能催办：已办结')
  t.end()
})

t.test('where tickets are: tiles, choice and link have one place; each choice is what it says, and another is added to be chosen from', (t) => {
  const at = (text: string) => placesOf(readFilter(text))
  t.same([at('').here, at('hand=1').here, at('state=open').here, at('state=signed').here, at('class=closed').here, at('class=waiting').here, at('class=open&state=reported').here], ['all', 'hand', 'open', 'signed', 'closed', 'class waiting', 'reported'])
  t.same(at('').places, ['all', 'hand', 'open', 'dispatched', 'closed'])
  t.same(at('state=signed').places, ['all', 'hand', 'open', 'dispatched', 'signed', 'closed'])
  for (const text of ['', 'hand=1', 'state=open', 'state=dispatched', 'state=signed', 'class=closed', 'class=waiting', 'class=open']) {
    const { here, only } = at(text)
    t.equal(writeFilter(Object.fromEntries(Object.entries(only(here)).filter(([, value]) => value !== undefined))), text, `${text}: chosen again it is the same`)
  }
  t.end()
})

await withDesk(t, async (world) => {
  const { store } = world.liandong
  const people = await store.people.list()
  const operator = people.find(({ loginName }) => loginName === 'op1') as Self
  type Act = Parameters<typeof store.records.act>[1]
  async function opened(n: number, category: string, place: string, description: string, unitId: string | null): Promise<string> {
    const callId = randomUUID()
    const now = Date.now() - n * 60_000
    const record = { callId, caller: { number: `1390000${1000 + n}`, name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category, language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now } as const
    await store.records.openTicket({ record, operatorId: operator.id, answeredAt: now, callBack: false, place, callerName: '' })
    await store.records.act(callId, { actId: randomUUID(), baseVersion: 1, act: 'edit', changes: { kind: 'joint-service', description } }, operator)
    if (unitId !== null) {
      await store.records.act(callId, { actId: randomUUID(), baseVersion: 2, act: 'dispatch', unitId, note: '' }, operator)
      // Each has it: no delivery becomes late while somebody looks.
      await store.hall.delivered(callId, unitId, randomUUID())
    }
    return callId
  }
  const UNITS = ['municipal-works', 'power-supply', 'urban-management', 'drainage'] as const
  const ids: string[] = []
  const MATTERS = [['manhole-cover', '开元大道 18 号', '井盖松动，车过响声大'], ['power-repair', '景华路 56 号楼', '整栋楼停电'], ['noise', '凯旋西路 9 号院', '夜间施工噪声扰民，无法休息'], ['road', '九都路与太康路交叉口', '=HYPERLINK("http://evil.example","路面塌陷")']] as const
  for (let n = 0; n < 24; n += 1) {
    const [category, place, words] = MATTERS[n % MATTERS.length] ?? MATTERS[0]
    // At two places each: so many at one would become an incident.
    ids.push(await opened(n, category, n < 12 ? place : `${place}旁`, words, n % 6 === 5 ? null : UNITS[n % UNITS.length] ?? null))
  }
  // Some are late: by the database's time, not by waiting for it.
  await store.pool.query(`update ticket set due_at = now() - interval '95 minutes' where id = any($1)`, [ids.filter((_, n) => n % 5 === 0 && n % 6 !== 5)])

  await t.test('by state and lateness, narrowed by a link, urged by the dozen, found by words, exported', async (t) => {
    const seat = await world.seat('sup1')
    const { page, context } = seat
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await page.locator('.ld-nav').getByText('看板').click()
    const rows = page.locator('.ld-board-row')
    await rows.first().waitFor()
    for (const language of ['EN', '中文']) {
      // Whole, in the strip, in both languages: who waits, how long, who is ready, who talks, how many in time.
      t.same(await page.evaluate<boolean[]>(`[...document.querySelectorAll('.ld-figure')].map((one) => { const [own, strip] = [one.getBoundingClientRect(), one.parentElement.getBoundingClientRect()]; return own.top >= strip.top && own.bottom <= strip.bottom && own.right <= strip.right })`), [true, true, true, true, true])
      await page.locator('.ld-language', { hasText: language }).click()
      await page.locator('.ld-language', { hasText: language === 'EN' ? '中文' : 'EN' }).waitFor()
    }
    t.match(await page.locator('.ld-tile', { hasText: '超时' }).first().innerText(), /\b4\b/)
    t.equal(await rows.first().locator('[data-late="true"]').count(), 1, 'what is due first comes first')
    t.match(await rows.first().locator('.ld-due').innerText(), /^(送达|签收|到场|排险|修复|反馈)\s+超时/, 'and says which clock that is')
    await seat.picture('board')

    // Each count leads to as many as it says, whatever the list was narrowed by before: with one that a unit only assists at, one that is due soon, one that follows another, and some that are over.
    const [soon = '', helped = '', follower = ''] = [ids[1], ids[7], ids[11]]
    await store.pool.query(`update ticket set due_at = now() + interval '100 minutes' where id = $1`, [soon])
    await store.records.act(helped, { actId: randomUUID(), baseVersion: (await store.records.get(helped)).version, act: 'assist', assist: ['municipal-works', 'urban-management'], note: '' }, operator)
    await store.records.act(follower, { actId: randomUUID(), baseVersion: (await store.records.get(follower)).version, act: 'merge', into: ids[3] ?? '', note: '同一件事' }, operator)
    const tile = (name: string) => page.locator('.ld-tile', { has: page.locator('span', { hasText: new RegExp(`^${name}$`) }) })
    await until('it to follow', async () => (await tile('已合并').locator('strong').innerText()) !== '0')
    await page.goto(`${world.liandong.url}/#/board/category=noise`)
    const listed = (count: string) => page.locator('.ld-tickets-foot').getByText(`共 ${count} 件`, { exact: true }).waitFor()
    for (const name of ['在办', '超时', '即将到期', '待处理', '已派单', '已合并']) {
      await tile(name).click()
      await page.locator('.ld-tile[aria-pressed="true"]', { hasText: name }).waitFor()
      await listed(await tile(name).locator('strong').innerText())
    }
    t.not(await tile('即将到期').locator('strong').innerText(), '0')
    await tile('已合并').click()
    await page.locator('.ld-tile[aria-pressed="true"]').waitFor({ state: 'detached' })
    for (const row of await page.locator('.ld-board-unit').all()) {
      // Narrowed otherwise before, also to what it assists at.
      const unit = await row.getAttribute('data-unit') ?? ''
      await page.goto(`${world.liandong.url}/#/board/unit=${unit}&category=noise&soon=1&to=2020-01-01&text=${encodeURIComponent('井盖')}`)
      await listed('0')
      t.equal(await row.getAttribute('aria-pressed'), 'false')
      await row.click()
      await listed((await row.locator('.ld-faint').innerText()).replace(/\D/g, ''))
      t.equal(await row.getAttribute('aria-pressed'), 'true')
      await row.click()
    }
    t.match(page.url(), /board\/hand=1$/)

    // A node that is not renewed yet knows some of it not: it lists what it can, and that is said until it knows.
    const older = /\/api\/tickets\?.*(inHand|leads|soon)=/
    await page.route(older, (route) => route.fulfill({ status: 400, json: { code: 'request.invalid', text: 'must NOT have additional properties', details: {} } }))
    const least = async (): Promise<number> => Number((await page.locator('.ld-tickets-foot').innerText()).match(/共 (\d+) 件/)?.[1] ?? 0)
    await page.goto(`${world.liandong.url}/#/board/unit=municipal-works&lead=1&hand=1&soon=1`)
    await page.locator('[data-without="inHand leads soon"]', { hasText: '在办、只看主办、即将到期' }).waitFor()
    t.ok(await least() > 0 && (await rows.allInnerTexts()).length > 0)
    t.notMatch(await page.getByRole('link', { name: '导出 CSV' }).getAttribute('href'), /inHand|leads|soon/)
    await page.unroute(older)
    await page.goto(`${world.liandong.url}/#/board/hand=1`)
    await listed(await tile('在办').locator('strong').innerText())
    t.equal(await page.locator('[data-without]').count(), 0)
    await page.getByRole('button', { name: '清除筛选' }).click()

    await page.getByRole('checkbox', { name: '只看超时' }).check()
    await until('the late ones', async () => (await rows.count()) === 4)
    await page.locator('[data-unit]').first().click()
    await until('one unit’s late ones', async () => /late=1/.test(page.url()) && /unit=/.test(page.url()) && (await rows.count()) < 4)
    const shown = await rows.count()
    // Days as the city writes them, whatever the browser speaks.
    t.equal(await page.locator('input[type^="date"]').count(), 0)
    const from = page.getByLabel('受理自', { exact: true })
    await from.fill('2026-01-05')
    await seat.press('Enter')
    await until('the day in the link', () => /from=2026-01-05/.test(page.url()))
    await until('the day in the field', async () => (await from.inputValue()) === '2026-01-05')
    await from.fill('')
    await seat.press('Enter')
    await until('no day', () => !/from=/.test(page.url()))
    t.equal(await rows.count(), shown)
    await page.getByRole('button', { name: '复制链接' }).click()
    await page.getByText('链接已复制').waitFor()
    await page.evaluate(`Object.defineProperty(navigator, 'clipboard', { value: undefined, configurable: true })`)
    await page.getByRole('button', { name: '复制链接' }).click()
    await page.getByText(page.url()).waitFor()
    await page.evaluate('delete navigator.clipboard')
    const link = await page.evaluate<string>('navigator.clipboard.readText()')
    const other = await world.seat('sup1', { width: 1920, height: 1080 })
    await other.page.goto(link)
    await other.page.reload()
    await until('the same for who opens the link', async () => (await other.page.locator('.ld-board-row').count()) === shown)
    await other.context.close()

    await page.getByRole('button', { name: '保存的筛选' }).click()
    await page.getByLabel('名称').fill('最急的')
    await page.getByText('共享给全体').click()
    await page.getByRole('button', { name: '保存当前筛选' }).click()
    await page.locator('[data-view="最急的"]').waitFor()
    await seat.picture('board-views')
    await seat.press('Escape')
    await page.getByRole('button', { name: '清除筛选' }).click()
    await until('all of them', async () => (await rows.count()) > 20)

    await page.getByLabel('编号、来电号码或文字').fill('夜间施工')
    // Six of ours, and one of the practice city's own.
    await until('what was looked for', async () => (await rows.count()) === 7)
    for (const words of await rows.allInnerTexts()) t.match(words, /夜间施工/)
    await page.getByLabel('编号、来电号码或文字').fill('施工间')
    await page.getByText('没有符合条件的工单。').waitFor()
    await page.getByLabel('编号、来电号码或文字').fill('')
    await until('all of them', async () => (await rows.count()) > 20)

    await page.goto(`${world.liandong.url}/#/board/unit=nosuch&foo=2`)
    await page.getByText('没有“nosuch”这个单位').waitFor()
    await page.getByText('foo=2').waitFor()
    await page.locator('.ld-stale').getByText('全部单位').click()
    await until('all of them', async () => (await rows.count()) > 20)
    t.equal(await page.locator('.ld-stale').count(), 0)

    // Of a page with others among them only what a unit has is chosen, counted and urged.
    t.ok((await rows.count()) > 20)
    await page.getByRole('checkbox', { name: '全选本页' }).check()
    await page.getByRole('button', { name: `催办所选 ${await page.locator('.ld-board-row', { hasText: /已派单|已签收|办理中/ }).count()} 张` }).waitFor()
    t.ok(await page.locator('.ld-board-row', { hasText: '待处理' }).first().getByRole('checkbox').isDisabled())
    await seat.picture('board-chosen')
    await page.getByRole('checkbox', { name: '全选本页' }).uncheck()
    await page.locator('.ld-tile', { hasText: '已派单' }).click()
    await until('those that were dispatched', async () => (await rows.count()) === 20)
    await page.getByRole('checkbox', { name: '全选本页' }).check()
    await page.getByLabel('催办说明').fill('请速办')
    await page.getByRole('button', { name: '催办所选 20 张' }).click()
    await page.locator('.ant-popconfirm', { hasText: '催办 20 张工单' }).locator('.ant-btn-primary').click()
    await page.getByText('已催办 20 张').waitFor()
    const { rows: [counted] } = await store.pool.query<{ urged: number }>(`select count(*)::int as urged from ticket where (work ->> 'urged')::int = 1`)
    t.equal(counted?.urged, 20)

    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: '导出 CSV' }).click()
    const text = readFileSync(await (await download).path(), 'utf8')
    t.match(text, /^\ufeff"编号","状态"/)
    t.equal(text.split('\r\n').length, 22)
    t.match(text, /"'=HYPERLINK\(""http/, 'what a caller wrote is no formula')
    t.notMatch(text, /,"?=/)
    const { rows: audits } = await store.pool.query(`select act, details from audit where act like 'tickets.export%' order by id`)
    t.match(audits, [{ act: 'tickets.export', details: { filter: { state: 'dispatched' } } }, { act: 'tickets.exported', details: { rows: 20, whole: true } }])

    // Live: another desk's act moves it here, without a hand.
    const first = ids[0] ?? ''
    await page.locator(`[data-ticket="${first}"]`).waitFor()
    await store.records.act(first, { actId: randomUUID(), baseVersion: 5, act: 'settle', outcome: 'settled-on-the-spot', note: '市民已自行盖好' }, operator)
    await until('it to leave the board', async () => (await page.locator(`[data-ticket="${first}"]`).count()) === 0)
    await page.locator('.ld-nav').getByText('看板').click()
    await page.getByRole('button', { name: '保存的筛选' }).click()
    await page.locator('[data-view="最急的"] button').first().click()
    await until('the saved filter', async () => /late=1/.test(page.url()))
    await context.close()
  })

  await t.test('an English desk: its words in an export, headings and values; a ticket without category has one name on every page', async (t) => {
    const bare = await opened(30, 'noise', '唐宫西路', '未说清', null)
    await store.records.act(bare, { actId: randomUUID(), baseVersion: 2, act: 'edit', changes: { category: null } }, operator)
    const seat = await world.seat('sup1')
    const { page } = seat
    await page.locator('.ld-language', { hasText: 'EN' }).click()
    await page.locator('.ld-nav').getByText('Board').click()
    t.equal(await page.locator(`.ld-board-row[data-ticket="${bare}"] strong`).innerText(), 'Joint service')
    const download = page.waitForEvent('download')
    await page.getByRole('link', { name: 'Export CSV' }).click()
    const text = readFileSync(await (await download).path(), 'utf8')
    t.match(text, /^\ufeff"Number","State","Category","Priority"/)
    t.match(text, /"Dispatched","Noise","Normal"/)
    t.notMatch(text, /"normal"|已派单|一般/)
    await page.locator('.ld-nav').getByText('Tickets').click()
    t.match(await page.locator(`.ld-row[data-ticket="${bare}"]`).innerText(), /^Joint service/)
    await page.locator('.ld-language', { hasText: '中文' }).click()
    await page.locator('.ld-language', { hasText: 'EN' }).waitFor()
    await seat.context.close()
  })

  await t.test('a citizen asks on a page of his own how his request stands; who does not know both numbers learns nothing', async (t) => {
    const id = ids[3] ?? ''
    const { number, caller } = await store.records.get(id)
    // Wherever his telephone thinks it is.
    const page = await world.visitor('zh-CN', 'America/New_York')
    await page.setViewportSize({ width: 390, height: 844 })
    t.same(await beyond(page, '.ld-login-card, .ld-login-practice button'), [], 'on a telephone one column')
    await page.getByText('市民：查询办理情况').click()
    await page.getByLabel('工单编号').fill(number)
    await page.getByLabel('拨打时的电话号码').fill('13911112222')
    await page.getByRole('button', { name: '查询' }).click()
    await page.locator('[role="alert"]').waitFor()
    t.equal(await page.locator('[data-asked]').count(), 0)
    await page.getByLabel('拨打时的电话号码').fill(`${caller.number}x`)
    await page.getByRole('button', { name: '查询' }).click()
    await page.getByText('请填写', { exact: false }).first().waitFor()
    t.equal(await page.locator('[data-asked]').count(), 0, 'nothing is left out of what he typed')
    // As input methods for Chinese write digits.
    const wide = (digits: string): string => [...digits].map((one) => (/[0-9]/.test(one) ? String.fromCharCode(one.charCodeAt(0) + 0xfee0) : one)).join('')
    await page.getByLabel('工单编号').fill(wide(number))
    await page.getByLabel('拨打时的电话号码').fill(wide(caller.number))
    await page.getByRole('button', { name: '查询' }).click()
    const answer = page.locator(`[data-asked="${number}"]`)
    await answer.waitFor()
    t.same(await beyond(page, '.ld-login-card, .ld-login-corner'), [])
    t.match(await answer.innerText(), /现在\s+正在办理[\s\S]*承办单位/)
    const { openedAt } = await store.records.get(id)
    t.match(await answer.innerText(), new RegExp(`受理时间\\s+.*${new Date(openedAt + 8 * 3_600_000).toISOString().slice(11, 19)}`), 'by the city’s clock')
    t.notMatch(await answer.innerText(), /HYPERLINK/, 'nothing of what was said')
    await page.getByText('工作人员登录').click()
    await page.locator('input[autocomplete="username"]').waitFor()
    await page.context().close()
  })

  await t.test('on a telephone the hall’s pages are one column, under one menu', async (t) => {
    const seat = await world.seat('sup1', { width: 390, height: 844 })
    const { page } = seat
    for (const [name, shown] of [['工单', '.ld-ticket-list .ld-row'], ['看板', '.ld-board-row'], ['地图', '.ld-map-box'], ['回拨', '.ld-talks'], ['话务核对', '.ld-account-row'], ['语音流程', '.ld-flow-canvas'], ['席位', '.ld-idle']] as const) {
      await page.locator('.ld-nav-menu').click()
      await page.locator('.ld-nav-item').getByText(name, { exact: true }).click()
      await page.locator(shown).first().waitFor()
      // What opens while it still closes does not open.
      await page.locator('.ld-nav-item').first().waitFor({ state: 'hidden' })
      t.same(await beyond(page, '.ld-top > *, .ld-figure, .ld-tools .ant-btn, .ld-page > *, .ld-panel, .ld-board-row, .ld-board-filters > *'), [], name)
    }
    await page.evaluate(`window.location.hash = '#/board'`)
    await page.locator('.ld-board-row').first().waitFor()
    const top = (what: string): Promise<number> => page.evaluate<number>(`document.querySelector(${JSON.stringify(what)}).getBoundingClientRect().top`)
    t.ok(await top('.ld-board-row') < 844 / 2, 'the first ticket is seen in the upper half')
    t.ok(await page.evaluate<boolean>(`[...document.querySelectorAll('.ld-board-number .ld-mono')].every((one) => one.getClientRects().length === 1)`), 'a number is one piece')
    await seat.picture('telephone-board')
    await page.getByRole('button', { name: '筛选' }).click()
    await page.getByText('只看超时').click()
    await page.getByRole('button', { name: '筛选（1）' }).waitFor()
    t.same(await beyond(page, '.ld-board-filters > *, .ld-board-row'), [])
    await seat.picture('telephone-board-filters')
    await page.goto(`${world.liandong.url}/#/tickets/${ids[3] ?? ''}`)
    await page.locator('.ld-tickets-back').click()
    await page.locator('.ld-ticket-list').waitFor()
    await seat.picture('telephone')
    await seat.context.close()
  })

  await t.test('a message that was given up is seen by supervisors and sent again', async (t) => {
    const { rows: [dead] } = await store.pool.query<{ id: string }>(`insert into outbox (kind, audience, channel, unit_id, address, ticket_id, body, dead_at, next_at, error) values ('dispatch', 'unit', 'sms', $2, '13900001234', $1, '{"text": {"zh": "新工单", "en": "New"}}', now(), null, 'HTTP 503') returning id`, [ids[1], UNITS[1]])
    const seat = await world.seat('sup1', { width: 1920, height: 1080 })
    await seat.page.locator('.ld-nav').getByText('看板').click()
    const line = seat.page.locator(`[data-dead="${dead?.id ?? ''}"]`)
    await line.waitFor()
    t.match(await line.innerText(), /13900001234[\s\S]*HTTP 503/)
    await seat.picture('board-dead')
    await line.locator('[data-replay]').click()
    await line.waitFor({ state: 'detached' })
    t.match((await store.pool.query(`select subject from audit where act = 'outbox.replay'`)).rows, [{ subject: dead?.id }])
    await seat.context.close()
  })

  await t.test('whom to call back is on the page, and counted at the top, as soon as he gives up; while nobody does, nobody asks', async (t) => {
    const seat = await world.seat('sup1', { width: 1920, height: 1080 })
    const { page } = seat
    await page.goto(`${world.liandong.url}/#/call-backs`)
    await page.locator('.ld-talks').waitFor()
    // Longer than between two polls, when there were some.
    await sleep(2_000)
    const asked: string[] = []
    page.on('request', (request) => { if (request.url().includes('/api/call-backs')) asked.push(request.url()) })
    await sleep(11_000)
    t.same(asked, [])
    const callId = randomUUID()
    await store.pool.query(`insert into call_back_task (call_id, number, reason, since) values ($1, '13900004321', 'abandoned', now())`, [callId])
    await page.locator(`[data-call-back="${callId}"]`).waitFor({ timeout: 4_000 })
    await page.locator('[data-call-backs]').first().waitFor({ timeout: 4_000 })
    await store.pool.query(`update call_back_task set state = 'done', outcome = 'called-again', done_at = now() where call_id = $1`, [callId])
    await page.locator(`[data-call-back="${callId}"]`).waitFor({ state: 'detached', timeout: 4_000 })
    await seat.context.close()
  })

  await t.test('a report reaches the hall', async (t) => {
    const id = ids[4] ?? ''
    const seat = await world.seat('sup1', { width: 1920, height: 1080 })
    await seat.page.locator('.ld-nav').getByText('看板').click()
    await seat.page.locator('.ld-board-row').first().waitFor()
    const unit = people.find(({ loginName }) => loginName === 'unit1') as Self
    for (const order of [{ act: 'sign', note: '' }, { act: 'report', result: 'done', note: '井盖已更换', photos: [] }]) await store.records.act(id, { actId: randomUUID(), baseVersion: (await store.records.get(id)).version, ...order } as Act, unit)
    await seat.page.locator('[data-notice~="reported"]').waitFor()
    await seat.picture('board-1920')
    await seat.page.locator('[data-notice~="reported"]').getByText('知道了').click()
    await until('the receipt', async () => (await store.pool.query(`select 1 from outbox where kind = 'reported' and ticket_id = $1 and receipt_at is not null`, [id])).rowCount === 1)
    t.equal(await seat.page.locator('[data-notice~="reported"]').count(), 0)

    // It goes back from its own form, which says why; in English.
    const { page } = seat
    const send = page.locator('.ld-act-form .ant-modal-footer .ant-btn-primary')
    await page.locator('.ld-language', { hasText: 'EN' }).click()
    await page.locator(`.ld-board-row[data-ticket="${id}"] button`).click()
    await page.locator('[data-ticket-state="reported"]').waitFor()
    t.same(await page.locator('.ld-hall-acts > button[data-act]').allInnerTexts(), ['Close as reported', 'Return visit', 'Send back'], 'what is next stands there')
    await page.locator('[data-act="redo"]').click()
    await send.click()
    await page.locator('[data-form="redo"]').getByText('Say what the matter is.').waitFor()
    await page.getByLabel('Note', { exact: true }).last().fill('市民说盖板仍有响声')
    await seat.picture('hall-redo')
    await send.click()
    await page.locator('[data-ticket-state="in-progress"]').waitFor()
    t.match((await store.records.get(id)).work, { deliveredAt: null })
    await page.locator('[data-act="deliver"]').waitFor()
    await page.locator('[data-more]').click()
    t.same(await page.locator('.ant-dropdown [data-act]').allInnerTexts(), ['Urge', 'Supervise', 'Name assisting units', 'Set priority', 'Set confidentiality', 'Refer', 'Merge', 'Void'])
    // Whose wish it is, is said with it.
    await page.locator('.ant-dropdown [data-act="protect"]').click()
    await page.locator('[data-form="protect"]').getByText('Number and name hidden', { exact: true }).click()
    await page.getByLabel('Note', { exact: true }).last().fill('市民来电要求保密')
    await seat.picture('hall-protect')
    await send.click()
    await page.locator('.ld-act-form').waitFor({ state: 'detached' })
    t.equal((await store.records.get(id)).work.privacy, 'identity-hidden')
    t.match((await store.records.history(id)).at(-1), { act: 'protect', note: '市民来电要求保密' })
    // Somebody else is at it too: what was not touched follows; what was chosen stands beside his, and nothing goes out before one is taken.
    await page.locator('[data-more]').click()
    await page.locator('.ant-dropdown [data-act="prioritise"]').click()
    const form = page.locator('[data-form="prioritise"]')
    await form.getByText('Urgent', { exact: true }).click()
    const other = people.find(({ loginName }) => loginName === 'op1') as Self
    await store.records.act(id, { actId: randomUUID(), act: 'prioritise', baseVersion: (await store.records.get(id)).version, note: '', priority: 'emergency', hazard: true }, other)
    await form.locator('.ld-trouble').waitFor()
    t.match(await form.locator('.ld-trouble').innerText(), /Here\s+Urgent[\s\S]*Elsewhere\s+Emergency/)
    t.equal(await form.getByRole('checkbox').isChecked(), true, 'the danger is not taken back by who never heard of it')
    await seat.picture('hall-contested')
    await form.getByRole('button', { name: 'Keep this one' }).click()
    await send.click()
    await page.locator('.ld-act-form').waitFor({ state: 'detached' })
    t.match((await store.records.get(id)).work, { priority: 'urgent', hazard: true })
    await page.locator('.ld-language', { hasText: '中文' }).click()

    // To whom, and why: the proposal is taken with one click, and what looks like the same is a click away.
    const free = ids[5] ?? ''
    await page.goto(`${world.liandong.url}/#/tickets/${free}`)
    const lead = page.locator('[data-proposal] [data-proposed]')
    await lead.waitFor()
    const proposed = await lead.getAttribute('data-proposed')
    t.match(await page.locator('[data-proposal]').innerText(), /建议派给/)
    await page.locator('[data-duplicates]').click()
    await page.locator('[data-form="merge"] .ant-select').click()
    t.match(await page.locator('.ant-select-item-option').first().innerText(), /景华路 56 号楼/, 'the same place, the same kind')
    await seat.picture('hall-merge')
    await page.locator('.ant-select-item-option').first().click()
    await page.locator('.ld-act-form .ant-modal-footer .ant-btn').first().click()
    await page.locator('.ld-act-form').waitFor({ state: 'detached' })
    await lead.click()
    await seat.press('Alt+KeyG')
    await page.locator('[data-ticket-state="dispatched"]').waitFor()
    t.equal((await store.records.get(free)).unitId, proposed)
    await seat.context.close()
  })
})
