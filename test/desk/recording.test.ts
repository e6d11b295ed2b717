import { renameSync, writeFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { until } from '../helpers/database.js'
import { leave, talk, withDesk } from '../helpers/desk-world.js'

/** What of an audio element is looked at: tests know no DOM. */
interface Player { currentTime: number; readonly duration: number; readonly ended: boolean; readonly error: { readonly code: number } | null }

/** Recordings at the desk, in a real browser: heard for a reason, held, and what is shown when there are none. */
await withDesk(t, async (world) => {
  const audited = async (callId: string): Promise<string[]> => (await world.liandong.store.pool.query<{ act: string }>('select act from audit where subject = $1 and act like $2 order by id', [callId, 'recording.%'])).rows.map(({ act }) => act)

  await t.test('a supervisor hears a recording for a reason, sees who heard it, holds it', async (t) => {
    const operator = await world.seat('op1', { width: 1920, height: 1080 })
    const callId = await talk(world, operator, { number: '13900003001' })
    await operator.page.locator('[data-recording][data-state="recording"]').waitFor({ timeout: 30_000, state: 'attached' })
    await until('more than two seconds of it', () => world.exchange.recorded(callId) > 2_500)
    await leave(operator)
    await until('the recording', async () => (await world.liandong.store.pool.query("select 1 from recording where id = $1 and state = 'kept'", [callId])).rows.length === 1)

    const chief = await world.seat('sup1', { width: 1920, height: 1080 })
    const { page } = chief
    await page.goto(`${world.liandong.url}/#/tickets/${callId}`)
    const line = page.locator(`[data-recording="${callId}"]`)
    await line.waitFor()
    await chief.picture('recording-list')
    await line.getByRole('button', { name: '听取' }).click()
    const dialog = page.getByRole('dialog')
    t.equal(await dialog.getByRole('button', { name: '记录理由并播放' }).isEnabled(), false, 'not without a reason')
    await page.keyboard.type('核对事发地址')
    await chief.picture('recording-reason')
    t.same(await audited(callId), [])
    await page.keyboard.press('Enter')
    const audio = line.locator('audio')
    await audio.waitFor()
    t.same(await audited(callId), ['recording.play'])
    await until('it to play', () => audio.evaluate((element: Player) => element.currentTime > 0 && element.duration > 2))
    // Far into it: the browser asks for a part.
    await audio.evaluate((element: Player) => { element.currentTime = element.duration - 0.2 })
    await until('the end', () => audio.evaluate((element: Player) => element.ended || element.currentTime > element.duration - 0.2))
    t.equal(await audio.evaluate((element: Player) => element.error?.code ?? null), null)
    await chief.picture('recording-plays')

    await line.getByRole('button', { name: '依法留存' }).click()
    await page.keyboard.type('公安机关调取通知')
    await page.keyboard.press('Enter')
    await line.getByText('依法留存 · ').waitFor()
    await line.getByRole('button', { name: '听取 1 次' }).click()
    await page.getByText('核对事发地址').waitFor()
    await chief.picture('recording-held')
    t.same(await audited(callId), ['recording.play', 'recording.hold'])
    await chief.context.close()
  })

  await t.test('the directory is gone: every desk says so, until it is back', async () => {
    const directory = join(world.home, 'recordings')
    const seat = await world.seat('op1')
    renameSync(directory, `${directory}-aside`)
    writeFileSync(directory, '')
    await seat.page.getByText('录音目录不可写，当前不录音').waitFor({ timeout: 20_000 })
    await seat.picture('recording-off')
    rmSync(directory)
    renameSync(`${directory}-aside`, directory)
    await seat.page.getByText('录音目录不可写，当前不录音').waitFor({ state: 'detached', timeout: 20_000 })
    await seat.context.close()
  })
})
