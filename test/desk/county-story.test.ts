import t from 'tap'
import { ensureDesk } from '../../src/cli/desk-build.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { openCounties, PASSWORD } from '../county/world.js'
import { temporaryHome, until } from '../helpers/database.js'
import { act, choice, complaint, done, goTo, note, openTicket, shows } from '../helpers/desk-story.js'
import { findChromium, NO_CHROMIUM, openBrowser } from '../helpers/desk-world.js'

t.setTimeout(400_000)
const MINUTE = 60_000
const executable = findChromium()

if (executable === null) t.plan(0, NO_CHROMIUM)
else {
  await t.test('a county with its line cut for two hours, at the pages of both: signed and reported in the dark, in conflict where the city gave it away', async (t) => {
    await ensureDesk(() => undefined)
    const w = await openCounties(t)
    const home = temporaryHome()
    const { browser, seat } = await openBrowser(executable, home.path)
    const { exchange, logins, url } = w.city.node
    if (exchange === null) throw new Error('the practice exchange does not run')
    const passwordOf = (loginName: string): string => logins.find((login) => login.loginName === loginName)?.password ?? ''
    const op = await seat(url, 'op1', passwordOf('op1'))
    const zhang = await seat(w.county.node.url, 'zhang', PASSWORD)
    const at = (id: string): Promise<Ticket> => w.city.node.store.records.get(id)
    const given = (number: string): Promise<string> => complaint(op, (spec) => exchange.placeCall(spec), { number, category: '道路', place: '偃师顾县镇', words: '路面塌陷', unit: 'yanshi' })

    const dug = await given('13900005001')
    await op.page.goto(`${url}/#/`)
    const lost = await given('13900005002')
    for (const id of [dug, lost]) {
      await zhang.page.locator(`.ld-unit-list [data-ticket="${id}"]`).waitFor()
      await until('the city to know that the county has it', async () => (await at(id)).work.deliveredAt !== null)
    }

    w.wire.cut(true)
    await w.later(5 * MINUTE)
    // The county says which it is, that it is alone, and works on.
    await zhang.page.locator('[data-county="yanshi"]').waitFor()
    await openTicket(zhang, dug)
    await zhang.page.locator('[data-act="sign"]').click()
    await shows(zhang, 'signed')
    await act(zhang, 'progress', choice('已到场', '已到顾县镇'))
    await done(zhang)
    await shows(zhang, 'in-progress')
    await openTicket(zhang, lost)
    await zhang.page.locator('[data-act="sign"]').click()
    await shows(zhang, 'signed')
    // At the city nobody knows of that: the operator gives one of them to others.
    await goTo(op, url, lost)
    await op.press('Alt+KeyU')
    await op.page.keyboard.type('municipal-w')
    await op.page.locator('.ld-unit-option').first().waitFor()
    await op.press('Enter')
    await op.page.locator('.ld-act input[maxlength="1000"]').first().fill('联系不上县里')
    await op.press('Alt+KeyG')
    await until('it to be given away', async () => (await at(lost)).unitId === 'municipal-works')
    await w.later(115 * MINUTE)
    await openTicket(zhang, dug, 'doing')
    await act(zhang, 'report', note('已回填压实'))
    await done(zhang)
    t.equal((await at(dug)).state, 'dispatched', 'the city knows no better yet')
    const chief = await seat(url, 'sup1', passwordOf('sup1'), { width: 1920, height: 1080 })
    await chief.page.locator('.ld-nav').getByText('看板').click()
    await chief.page.locator('[data-line="yanshi"][data-up="false"]').waitFor()
    await chief.picture('story-county-cut')

    w.wire.cut(false)
    await until('the report to arrive', async () => (await at(dug)).state === 'reported', 60_000)
    t.match((await at(dug)).work, { report: { note: '已回填压实' }, arrivedAt: Number })
    await chief.page.locator('[data-line="yanshi"][data-up="true"]').waitFor()
    await chief.page.locator(`[data-conflict="${lost}"]`).click()
    await chief.page.getByLabel('裁定理由').fill('县里先签收')
    await chief.picture('story-county-conflict')
    await chief.page.locator('[data-side="county"]').click()
    await until('it to be the county’s', async () => { const { unitId, state } = await at(lost); return unitId === 'yanshi' && state === 'signed' })
    await goTo(chief, url, dug)
    await act(chief, 'close', note(''))
    await until('the county to hear of it', async () => (await w.county.rows(`select 1 from ticket where id = $1 and state = 'closed'`, [dug])).length === 1, 30_000)
    await browser.close()
    await w.close()
    home.remove()
  })
}
