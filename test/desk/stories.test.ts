import t, { type Test } from 'tap'
import type { Ticket } from '../../src/contracts/ticket.js'
import { makePeople } from '../../src/people/people.js'
import { until } from '../helpers/database.js'
import { act, cancel, choice, citing, complaint, done, goTo, note, openTicket, shows } from '../helpers/desk-story.js'
import { endTalk, type Seat, type SeatOptions, withDesk } from '../helpers/desk-world.js'

/** The stories of `test/calls/stories.test.ts` at the desk's own pages: the citizen calls at the exchange; operator, units and supervisor click and type. */
await withDesk(t, async (world) => {
  const { store, url } = world.liandong
  const PASSWORD = 'practice-of-the-tests'
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  const UNITS = ['sanitation', 'labour-inspection', 'urban-management', 'drainage', 'telecom', 'power-supply'] as const
  for (const unitId of UNITS) await people.addPerson({ loginName: `u-${unitId}`, displayName: `${unitId} 值班员`, role: 'unit', unitId, practice: true }, PASSWORD)
  /** A seat for one story. */
  async function seat(t: Test, loginName: string, options?: SeatOptions): Promise<Seat> {
    const taken = await world.seat(loginName, options)
    t.teardown(() => taken.context.close())
    return taken
  }
  const unit = (t: Test, unitId: (typeof UNITS)[number]): Promise<Seat> => seat(t, `u-${unitId}`, { password: PASSWORD })
  const stands = (id: string, state: Ticket['state']): Promise<Ticket> => until(`${id} to be ${state}`, async () => { const found = await store.records.get(id); return found.state === state ? found : null })

  await t.test('the dust on Kaiyuan Avenue: told to who cleans it, cleaned, the citizen called and asked', async (t) => {
    const [op, cleaner] = [await seat(t, 'op1'), await unit(t, 'sanitation')]
    const number = '13900003001'
    const id = await complaint(op, world.call, { number, category: '环境', place: '开元大道', words: '工地车辆带泥，路面扬尘', unit: 'sanitation' })
    await cleaner.page.locator('[data-notice~="dispatch"]').waitFor()
    await openTicket(cleaner, id)
    await cleaner.page.locator('[data-act="sign"]').click()
    await shows(cleaner, 'signed')
    await act(cleaner, 'progress', choice('已到场', '两台洒水车到场'))
    await done(cleaner)
    await shows(cleaner, 'in-progress')
    await act(cleaner, 'report', note('已冲洗路面，责令工地冲洗车轮'))
    await done(cleaner)
    await stands(id, 'reported')

    await goTo(op, url, id)
    world.exchange.phones.set(number, { answerAfter: 200 })
    await op.page.locator('.ld-detail-caller').getByRole('button', { name: '回拨' }).click()
    await op.page.locator('[data-call-back="ringing"] button', { hasText: '接听' }).waitFor()
    await op.press('F4')
    await op.page.getByText('市民已接听').first().waitFor()
    // The ticket stays before him.
    await act(op, 'visit', choice('满意', '市民表示满意'))
    await done(op)
    await shows(op, 'visited')
    await op.picture('story-dust')
    await op.press('F8')
    await op.page.locator('[data-call-back]').waitFor({ state: 'detached' })
    await act(op, 'close', note(''))
    t.match(await stands(id, 'closed'), { outcome: 'done', unitId: 'sanitation', work: { visit: { result: 'satisfied' }, report: { note: '已冲洗路面，责令工地冲洗车轮' } } })
    const { rows: [told] } = await store.pool.query<{ text: string }>(`select body -> 'text' ->> 'zh' as text from outbox where ticket_id = $1 and audience = 'citizen' and kind = 'closed' and address = $2`, [id, number])
    t.match(told?.text, /已冲洗路面/, 'and he has it in writing')
  })

  await t.test('a wage claim settled on the spot; another referred to arbitration, whose receipt is checked', async (t) => {
    const [op, labour] = [await seat(t, 'op1'), await unit(t, 'labour-inspection')]
    const first = await complaint(op, world.call, { number: '13900003002', category: '拖欠', place: '洛龙区某工地', words: '拖欠三个月工资' })
    await openTicket(labour, first)
    await act(labour, 'progress', choice('已到场', '到工地约谈'))
    await done(labour)
    await shows(labour, 'in-progress')
    await act(labour, 'report', choice('当场解决', '当场付清'))
    await done(labour)
    await stands(first, 'reported')
    await goTo(op, url, first)
    await op.page.locator('.ld-handling [data-said="report"]', { hasText: '当场付清' }).waitFor()
    // Whoever closes by a report has it before him.
    await act(op, 'close', async (form) => { await form.locator('[data-said="report"]', { hasText: '当场付清' }).waitFor() })
    await done(op)
    t.match(await stands(first, 'closed'), { outcome: 'settled-on-the-spot' })

    await op.page.goto(`${url}/#/`)
    const second = await complaint(op, world.call, { number: '13900003003', category: '拖欠', place: '涧西区某厂', words: '解除合同补偿争议' })
    await openTicket(labour, second)
    await act(labour, 'refer', async (form) => {
      await form.getByText('劳动仲裁', { exact: true }).click()
      await form.locator('input[maxlength="100"]').fill('劳动人事争议仲裁院')
      await form.getByLabel('下一步日期').fill(new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short' }).format(Date.now() + 5 * 86_400_000))
      await labour.press('Enter')
      await note('存在劳动关系争议')(form)
    })
    await done(labour)
    t.match((await stands(second, 'referred')).work, { referral: { body: 'arbitration', receivedAt: null }, clocks: [{ clock: 'receipt' }] })
    await goTo(op, url, second)
    await act(op, 'confirm-receipt', async (form) => { await form.getByLabel('对方受理编号').fill('洛劳仲字〔2026〕11号') })
    await done(op)
    t.match(await stands(second, 'closed'), { outcome: 'referred', work: { referral: { reference: '洛劳仲字〔2026〕11号' } } })
  })

  await t.test('an open manhole at night that three owners deny: made safe first, then ruled on', async (t) => {
    // Night, whatever the clock on the wall says: a day off is one.
    await store.pool.query(`insert into calendar_day (day, kind, name) select (now() at time zone 'Asia/Shanghai')::date + n, 'holiday', '夜里' from generate_series(0, 1) n on conflict (day) do update set kind = 'holiday'`)
    await store.refreshRules()
    const [op, works, guard, drains] = [await seat(t, 'op1'), await seat(t, 'unit1'), await unit(t, 'urban-management'), await unit(t, 'drainage')]
    const id = await complaint(op, world.call, { number: '13900003004', category: '井盖', place: '龙门大道', words: '井盖丢失，无人看守' })
    t.equal((await store.records.get(id)).unitId, 'municipal-works', 'as proposed')
    await goTo(op, url, id)
    await act(op, 'assist', async (form) => {
      await form.locator('.ant-select').first().click()
      await op.page.keyboard.type('城市管理局')
      await op.page.locator('.ant-select-item-option', { hasText: '城市管理局' }).first().click()
      await op.press('Escape')
    }, 'menu')
    await done(op)

    await openTicket(works, id)
    await act(works, 'return', citing(works, 'MH-02', '不是我们的井'))
    await works.page.getByText('险情未排除不能放手').first().waitFor()
    await works.picture('story-manhole-refused')
    await cancel(works)
    await act(works, 'dispute', citing(works, 'MH-02', '井盖标识为“雨”'))
    await done(works)
    await openTicket(guard, id)
    await act(guard, 'progress', choice('险情已排除', '已围挡并设警示灯'))
    await done(guard)
    await until('it to be safe', async () => (await store.records.get(id)).work.safeAt !== null)
    await act(works, 'return', citing(works, 'MH-02', '属排水'))
    await done(works)
    await stands(id, 'returned')

    await shows(op, 'returned')
    await works.page.locator('[data-left="returned"]').waitFor()
    await op.page.locator('[data-said="return"]', { hasText: 'MH-02' }).getByText('属排水').waitFor()
    await op.page.locator('[data-proposed="drainage"]').waitFor() // whom the return names, not who returned it
    t.equal(await op.page.locator('[data-proposed="municipal-works"], [data-helper="municipal-works"]').count(), 0)
    await op.press('Alt+KeyU')
    await op.page.keyboard.type('drainage')
    await op.page.locator('.ld-unit-option').first().waitFor()
    await op.press('Enter')
    await op.page.locator('.ld-act input[maxlength="1000"]').first().fill('按 MH-02')
    await op.press('Alt+KeyG')
    await stands(id, 'dispatched')
    await openTicket(drains, id)
    await act(drains, 'return', citing(drains, 'MH-04', '属通信井'))
    await done(drains)
    await stands(id, 'ruling')
    await shows(op, 'ruling')
    await drains.page.locator('[data-left="ruling"]').waitFor()
    t.equal(await op.page.locator('button[data-act="rule"]').count(), 0, 'an operator does not rule')

    const chief = await seat(t, 'sup1')
    await goTo(chief, url, id)
    await act(chief, 'rule', async (form) => {
      await chief.page.locator('#ld-rule-unit').focus()
      await chief.page.keyboard.type('telecom')
      await chief.page.locator('.ld-unit-option').first().waitFor()
      await chief.press('Enter')
      await citing(chief, 'MH-04', '产权清单第 12 页')(form)
    })
    await done(chief)
    t.match(await stands(id, 'dispatched'), { unitId: 'telecom', work: { binding: true, returns: [{ unitId: 'municipal-works' }, { unitId: 'drainage' }] } })
    const telecom = await unit(t, 'telecom')
    await openTicket(telecom, id)
    await act(telecom, 'return', citing(telecom, 'MH-02', '不是我们的'))
    await telecom.page.getByText('已经裁定，不能再推出').first().waitFor()
    await cancel(telecom)
    await telecom.page.locator('[data-act="sign"]').click()
    await shows(telecom, 'signed')
    await act(telecom, 'report', note('已换新井盖'))
    await done(telecom)
    await shows(chief, 'reported')
    await chief.picture('story-manhole')
    await act(chief, 'close', note(''))
    t.match(await stands(id, 'closed'), { outcome: 'done', unitId: 'telecom' })
  })

  await t.test('a power cut: an incident on the board by itself, one dispatch, every caller told', async (t) => {
    const [chief, op, power] = [await seat(t, 'sup1'), await seat(t, 'op1'), await unit(t, 'power-supply')]
    await chief.page.locator('.ld-nav').getByText('看板').click()
    const ids: string[] = []
    // The fifth within half an hour raises it (`cluster_rule`); the operator only writes down what each says.
    for (let n = 0; n < 5; n += 1) {
      const { page } = op
      await op.press('F2')
      await op.presence('ready')
      const placed = world.call({ number: `1390000400${n}`, verified: true, place: '景华路', lat: 34.663 + n * 0.0004, lon: 112.401 }, '4')
      await op.presence('ringing')
      await page.locator('.ld-about-main', { hasText: '电力抢修' }).waitFor()
      await op.press('F4')
      await op.presence('talking')
      await page.locator('.ld-work .ld-handling').waitFor()
      await page.locator('.ld-work textarea:focus').waitFor()
      await page.keyboard.type('整片停电')
      // The fifth makes an incident of them all, perhaps before anybody could look.
      if (n > 0 && n < 4) await page.locator('[data-duplicates]').first().waitFor()
      if (n === 1) await op.picture('story-power-duplicate')
      await endTalk(op)
      ids.push(placed.callId)
    }
    const [main = ''] = ids
    await chief.page.locator('[data-notice~="incident"]').waitFor()
    await until('one incident of five', async () => (await store.records.get(main)).work.members === 4)
    await chief.picture('story-power-incident')
    await goTo(chief, url, main)
    await chief.page.locator('.ld-detail [data-proposed="power-supply"]').click()
    await chief.press('Alt+KeyG')
    await shows(chief, 'dispatched')
    await openTicket(power, main)
    await act(power, 'progress', choice('已修复', '更换变压器熔断器'))
    await done(power)
    await shows(power, 'in-progress')
    await act(power, 'report', note('14:20 恢复供电'))
    await done(power)
    await shows(chief, 'reported')
    await act(chief, 'close', note(''))
    for (const id of ids) await stands(id, 'closed')
    const { rows } = await store.pool.query<{ address: string }>(`select address from outbox where audience = 'citizen' and kind = 'closed' and ticket_id = any($1) order by address`, [ids])
    t.same(rows.map(({ address }) => address), ids.map((_, n) => `1390000400${n}`), 'each caller once')
  })
})
