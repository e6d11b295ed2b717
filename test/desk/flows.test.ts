import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../helpers/database.js'
import { withDesk } from '../helpers/desk-world.js'
import { copyCity } from '../helpers/flows.js'

let directory = ''
await withDesk(t, async (world) => {
  const edit = (file: string, change: (text: string) => string): void => writeFileSync(join(directory, file), change(readFileSync(join(directory, file), 'utf8')))
  await until('the first edition', async () => (await world.liandong.store.editions.current())?.number === 1)

  await t.test('an administrator reads the difference, publishes, and goes back', async (t) => {
    const admin = await world.seat('admin', { width: 1920, height: 1080 })
    const { page } = admin
    await page.locator('.ld-nav button', { hasText: '语音流程' }).click()
    await page.locator('.ld-flows-standing', { hasText: '运行：第 1 版' }).waitFor()
    const greeting = page.locator('[data-node="greeting"], [data-node="topics"]').first()
    await greeting.waitFor()

    const publish = page.getByRole('button', { name: '检查并发布…' })
    t.equal(await publish.isDisabled(), true, 'what runs already is not offered')
    edit('110.yaml', (text) => text.replace('waitingAtLeast: 20', 'waitingAtLeast: 10'))
    await page.locator('.ld-flows-standing', { hasText: '磁盘文件与运行版不同' }).waitFor()
    t.equal(await publish.isDisabled(), false)
    await page.getByRole('tab', { name: '差别' }).click()
    await page.locator('[data-file="110.yaml"] .is-added', { hasText: 'waitingAtLeast: 10' }).waitFor()
    await page.locator('[data-file="110.yaml"] .is-removed', { hasText: 'waitingAtLeast: 20' }).waitFor()
    await admin.picture('flows-diff-1920')

    edit('110.yaml', (text) => text.replace('onSilence:', 'onSilense:'))
    await page.getByRole('button', { name: '检查并发布…' }).click()
    await page.locator('.ant-modal textarea:focus').waitFor()
    await page.keyboard.type('早些提示')
    await page.keyboard.press('Control+Enter')
    await page.locator('.ant-modal .ld-flow-problems', { hasText: '110.yaml' }).waitFor()
    await admin.picture('flows-broken-1920')
    await page.locator('.ld-banner', { hasText: '流程文件有 1 个问题' }).waitFor()
    await page.locator('.ld-flows-broken', { hasText: '110.yaml:' }).waitFor()
    t.equal(await page.locator('.ant-modal .ld-flow-problems > li').count(), 1, 'one misspelt key is one problem')
    edit('110.yaml', (text) => text.replace('onSilense:', 'onSilence:'))
    await page.locator('.ant-modal textarea').focus()
    await page.keyboard.press('Control+Enter')
    await page.locator('.ld-flows-standing', { hasText: '运行：第 2 版' }).waitFor()
    t.match(await page.locator('[data-edition="2"]').textContent(), /早些提示/)
    await page.locator('.ant-modal').waitFor({ state: 'hidden' })

    await page.locator('[data-edition="1"] button', { hasText: '退回此版' }).click()
    await page.locator('.ant-popover button', { hasText: '确' }).click()
    await page.locator('.ld-flows-standing', { hasText: '运行：第 1 版' }).waitFor()
    t.match(await world.liandong.store.editions.current(), { number: 1, reason: 'back', by: '系统管理员' })
    await page.context().close()
  })

  await t.test('a supervisor sees how callers fare, one call’s way, tries and compares; he cannot publish', async (t) => {
    const placed = world.call({ number: '13900000003', name: '周大爷' }, '1')
    const { callId } = placed
    await until('his key is a tag', () => world.liandong.intake.room().calls.get(callId)?.category)
    world.call({ number: '13900000004', name: '孙女士' })
    const seat = await world.seat('sup1')
    const { page } = seat
    await page.locator('.ld-nav button', { hasText: '语音流程' }).click()
    await page.locator('.ld-node-now').first().waitFor()
    t.equal(await page.getByRole('button', { name: '检查并发布…' }).count(), 0)
    await page.evaluate(`window.location.hash = '#/flows/110.drawing'`)
    placed.hangUp()
    await page.locator('.ld-flow-calls .ld-flow-row').first().waitFor()
    await page.locator('.ld-flow-calls .ld-flow-row').first().click()
    await page.locator('.has-trace .is-walked').first().waitFor()
    await seat.picture('flows-trace-1366')
    await page.locator('.ld-flow-calls .ld-flow-row').first().click()
    await seat.picture('flows-drawing-1366')

    await page.getByRole('tab', { name: '试听' }).click()
    await page.getByRole('button', { name: '拨打' }).click()
    await page.locator('.ld-try-screen', { hasText: '正在播放' }).waitFor()
    const sound = page.waitForResponse((response) => response.url().includes('/api/flows/sound/'))
    await page.getByRole('button', { name: '跳过等待' }).click()
    await sound
    await page.keyboard.press('1')
    await page.locator('.ld-try-log li.is-pressed', { hasText: '1' }).waitFor()
    await page.locator('.ld-try-log .is-accent').first().waitFor()
    await seat.picture('flows-try-1366')

    await page.getByRole('tab', { name: '模拟' }).click()
    await page.getByRole('button', { name: '开始模拟' }).click()
    await page.locator('.ld-compared tbody tr').nth(6).waitFor({ timeout: 60_000 })
    await page.locator('.ld-curve canvas').waitFor()
    await seat.picture('flows-simulate-1366')
    await page.locator('.ld-language').click()
    await page.getByRole('tab', { name: 'Simulation' }).waitFor()
    await page.getByRole('button', { name: 'Light' }).click()
    await page.setViewportSize({ width: 1920, height: 1080 })
    await page.evaluate(`window.location.hash = '#/flows/110.drawing'`)
    await page.locator('.ld-node-name').first().waitFor()
    await seat.picture('flows-drawing-en-light-1920')
    await page.getByRole('tab', { name: 'Simulation' }).click()
    await page.getByRole('button', { name: 'Simulate' }).click()
    await page.locator('.ld-curve canvas').waitFor({ timeout: 60_000 })
    await seat.picture('flows-simulate-en-light-1920')
  })
}, (home) => ({ 'flows.directory': directory = copyCity(home), 'flows.publish': 'command' }))
