import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makePublishing } from '../../src/intake/flow-publishing.js'
import { until } from '../helpers/database.js'
import { withDesk } from '../helpers/desk-world.js'
import { copyCity, judgeHere } from '../helpers/flows.js'
import { keptGate } from '../helpers/kept-gate.js'

let directory = ''
await withDesk(t, async (world) => {
  await t.test('an edition that waits for approval is led to from every page, and the button that approves is whole at 1366×768', async (t) => {
    await until('the first edition', async () => (await world.liandong.store.editions.current())?.number === 1)
    writeFileSync(join(directory, '110.yaml'), readFileSync(join(directory, '110.yaml'), 'utf8').replace('waitingAtLeast: 20', 'waitingAtLeast: 10'))
    // As “flow publish” does in a terminal.
    const publishing = makePublishing({ store: world.liandong.store.editions, directory, approval: true, judge: judgeHere, gate: keptGate(directory) })
    t.match(await publishing.publish({ id: null, name: 'root' }, ''), { type: 'waiting', number: 2, more: 2 })
    const seat = await world.seat('admin')
    const { page } = seat
    await page.locator('.ld-banner', { hasText: '流程第 2 版等待批准' }).waitFor({ timeout: 20_000 })
    await page.locator('.ld-nav button', { hasText: '语音流程' }).click()
    const approve = page.locator('.ld-flows-standing').getByRole('button', { name: '批准' })
    await approve.waitFor()
    const box = await approve.boundingBox()
    t.ok(box !== null && box.y + box.height <= 768, 'whole, without scrolling')
    await seat.picture('flows-approve-1366')
    await approve.click()
    await page.locator('.ant-popover button', { hasText: '确' }).click()
    await page.locator('.ld-flows-standing', { hasText: '还需 1 人批准' }).waitFor()
    await approve.waitFor({ state: 'detached' })
    t.match((await world.liandong.store.editions.history(1))[0], { number: 2, approvals: [{ by: '系统管理员' }], switches: { length: 0 } })
    await page.context().close()
  })
}, (home) => ({ 'flows.directory': directory = copyCity(home), 'flows.publish': 'command', 'flows.approval': true }))
