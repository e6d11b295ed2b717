import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { openAnswered } from '../helpers/answered.js'
import { withDesk } from '../helpers/desk-world.js'

await withDesk(t, async (world) => {
  const { store } = world.liandong
  const operator = (await store.people.list()).find(({ loginName }) => loginName === 'op1') as Self
  type Act = Parameters<typeof store.records.act>[1]
  const id = await openAnswered(store.records, '13900006101', Date.now())
  for (const order of [{ act: 'edit', changes: { kind: 'joint-service', category: 'road', place: '中州中路', description: '路面塌陷' } }, { act: 'dispatch', unitId: 'municipal-works', note: '' }]) {
    await store.records.act(id, { actId: randomUUID(), baseVersion: (await store.records.get(id)).version, ...order } as Act, operator)
  }

  await t.test('who gives a ticket to another unit is asked why it changes, not why it is opened again', async (t) => {
    const seat = await world.seat('op1')
    const { page } = seat
    await page.goto(`${world.liandong.url}/#/tickets/${id}`)
    const note = page.locator('.ld-act input[maxlength="1000"]').first()
    await note.waitFor()
    t.equal(await note.getAttribute('placeholder'), '给承办单位的话（可不填）', 'it stays where it is')
    await seat.press('Alt+KeyU')
    await page.keyboard.type('drainage')
    await page.locator('.ld-unit-option').first().waitFor()
    await seat.press('Enter')
    t.equal(await note.getAttribute('placeholder'), '改派的原因（必填）', 'the field says so beforehand')
    await seat.press('Alt+KeyG')
    await page.getByText('请写明改派的原因。').waitFor({ timeout: 5_000 })
    t.equal((await store.records.get(id)).unitId, 'municipal-works')
    await note.fill('属排水')
    await seat.press('Alt+KeyG')
    await page.locator('.ld-handling .ld-chip', { hasText: '排水' }).waitFor()
    t.match(await store.records.get(id), { state: 'dispatched', unitId: 'drainage' })
    await seat.context.close()
  })
})
