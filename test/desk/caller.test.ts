import t from 'tap'
import { until } from '../helpers/database.js'
import { leave, rung, talk, withDesk } from '../helpers/desk-world.js'

const NUMBER = '13900000061'

await withDesk(t, async (world) => {
  await t.test('what an operator writes down of a caller is there when he calls next', async (t) => {
    const seat = await world.seat('op1')
    const { page } = seat
    await talk(world, seat, { number: NUMBER })
    await seat.press('Shift+F2')
    const form = page.locator('.ld-caller-form')
    await form.locator('#ld-caller-name:focus').waitFor()
    // By keyboard alone: name, address, note, deaf with its words, foreign language with its.
    await page.keyboard.type('孙大娘')
    await seat.press('Tab')
    await page.keyboard.type('老城区唐宫东路 9 号')
    await seat.press('Tab')
    await page.keyboard.type('独居')
    await seat.press('Tab', 'Space', 'Tab')
    await page.keyboard.type('请放慢语速')
    await seat.press('Tab', 'Tab', 'Space', 'Tab')
    await page.keyboard.type('41 次无声电话')
    await seat.press('Tab')
    await page.keyboard.type('82')
    await seat.picture('caller-form')
    await page.locator('[data-mark="nuisance"]').getByText('骚扰指数', { exact: true }).waitFor()
    await seat.press('Enter')
    await form.waitFor({ state: 'detached' })
    await page.locator('.ld-work .ld-hint.is-deaf', { hasText: '请放慢语速' }).waitFor()
    t.equal(await page.locator('.ld-work .ld-caller-name').innerText(), '孙大娘', 'the call in hand shows it at once')
    await leave(seat)

    const next = await world.seat('op2')
    await rung(world, next, { number: NUMBER })
    const pop = next.page.locator('.ld-ringing')
    for (const words of ['孙大娘', '老城区唐宫东路 9 号', '独居', '请放慢语速', '41 次无声电话', '骚扰指数 82']) await pop.getByText(words).first().waitFor()
    await next.press('F4')
    await next.presence('talking')
    const { rows } = await world.liandong.store.pool.query<{ login_name: string; details: unknown }>(`select login_name, details from audit join person on person.id = person_id where act = 'caller.edit' and subject = $1`, [NUMBER])
    t.match(rows, [{ login_name: 'op1', details: { before: null, after: { name: '孙大娘', hints: [{ kind: 'deaf' }, { kind: 'nuisance', score: 82 }, { kind: 'note' }] } } }], 'who and what is on record')

    // Two at once: the second one is told, and sees what the first one wrote.
    await next.press('Shift+F2')
    await next.page.locator('#ld-caller-name:focus').waitFor()
    await world.liandong.store.callers.save({ number: NUMBER, baseVersion: 1, name: '孙奶奶', address: '', hints: [] }, (await world.liandong.store.people.list()).find(({ loginName }) => loginName === 'op1')?.id ?? '')
    await next.page.keyboard.type('x')
    await next.press('Enter')
    await until('the other’s words', async () => await next.page.locator('#ld-caller-name').inputValue() === '孙奶奶')
    await next.press('Escape')
    await leave(next)
  })

  await t.test('what is being written while it rings outlives the answer, and afterwards the keys are where they were', async (t) => {
    const seat = await world.seat('op1')
    const { page } = seat
    await rung(world, seat, { number: '13900000062', name: '钱师傅' })
    await seat.press('Shift+F2')
    const name = page.locator('#ld-caller-name')
    await name.waitFor()
    t.equal(await name.inputValue(), '钱师傅', 'as his line says')
    await page.locator('#ld-caller-address').fill('涧西区南昌路 2 号')
    await seat.press('F4')
    await seat.presence('talking')
    await page.locator('.ld-work').waitFor()
    t.equal(await page.locator('#ld-caller-address').inputValue(), '涧西区南昌路 2 号', 'nothing is lost by answering')
    await page.locator('#ld-caller-address').press('Enter')
    await page.locator('.ld-caller-form').waitFor({ state: 'detached' })
    await page.locator('.ld-work textarea').first().click()
    await seat.press('Shift+F2')
    await page.locator('#ld-caller-name:focus').waitFor()
    await seat.press('Escape')
    await page.locator('.ld-caller-form').waitFor({ state: 'detached' })
    await page.locator('.ld-work textarea:focus').waitFor()
    await leave(seat)
  })

  await t.test('a form that was left half written keeps what was written, and takes nothing away that somebody wrote meanwhile', async (t) => {
    const number = '13900000063'
    const seat = await world.seat('op1')
    const { page } = seat
    await talk(world, seat, { number })
    await seat.press('Shift+F2')
    await page.locator('#ld-caller-name:focus').waitFor()
    await page.locator('#ld-caller-address').fill('涧西区南昌路 3 号')
    // The page is loaded anew before he saves; the name field was empty, and he had not touched it.
    await page.reload()
    await seat.presence('talking')
    const { callers, people } = world.liandong.store
    const op2 = (await people.list()).find(({ loginName }) => loginName === 'op2')?.id ?? ''
    await callers.save({ number, baseVersion: 0, name: '韩师傅', address: '', hints: [{ kind: 'deaf', text: '左耳' }] }, op2)
    await seat.press('Shift+F2')
    await page.locator('#ld-caller-name:focus').waitFor()
    t.equal(await page.locator('#ld-caller-name').inputValue(), '韩师傅', 'what somebody else wrote')
    t.equal(await page.locator('#ld-caller-address').inputValue(), '涧西区南昌路 3 号', 'what he wrote')
    await seat.press('Enter')
    await page.locator('.ld-caller-form').waitFor({ state: 'detached' })
    t.match(await callers.read(number), { name: '韩师傅', address: '涧西区南昌路 3 号', hints: [{ kind: 'deaf', text: '左耳' }], version: 2 })
    // Whoever empties a field means it.
    await seat.press('Shift+F2')
    await page.locator('#ld-caller-name:focus').waitFor()
    await page.locator('#ld-caller-address').fill('')
    await seat.press('Enter')
    await page.locator('.ld-caller-form').waitFor({ state: 'detached' })
    t.match(await callers.read(number), { name: '韩师傅', address: '', version: 3 })
    await leave(seat)
  })
})
