import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { fit, tilesOf, worldX, worldY, zoomed } from '../../src/desk/pages/map/projection.js'
import type { Self } from '../../src/contracts/people.js'
import { importSheet, knownNow } from '../../src/store/imports.js'
import { until } from '../helpers/database.js'
import { findChromium, NO_CHROMIUM, openDeskWorld, talk } from '../helpers/desk-world.js'

t.setTimeout(400_000)

t.test('Web Mercator: tiles, zoom under the pointer', (t) => {
  t.equal(worldX(0, 0), 128)
  t.equal(Math.round(worldY(0, 0)), 128)
  // Luoyang at zoom 12, as every tile server counts.
  t.same([Math.floor(worldX(112.45, 12) / 256), Math.floor(worldY(34.62, 12) / 256)], [3327, 1627])
  const view = fit([[112.3, 34.5], [112.6, 34.8]], 800, 600)
  const tiles = tilesOf('https://t.example/{z}/{x}/{y}.png', view, 800, 600)
  t.ok(tiles.length >= 6 && tiles.every(({ url }) => /^https:\/\/t\.example\/\d+\/\d+\/\d+\.png$/.test(url)))
  t.ok(Math.min(...tiles.map(({ left }) => left)) <= 0 && Math.max(...tiles.map(({ left }) => left)) >= 800 - 256)
  t.same(tilesOf('', view, 800, 600), [])
  const near = zoomed(view, 2, 100, -50)
  t.same([(near.x + 100) / 4, (near.y - 50) / 4], [view.x + 100, view.y - 50])
  t.end()
})

const executable = findChromium()
if (executable !== null) {
  const world = await openDeskWorld(executable)
  t.teardown(() => world.close())
  t.afterEach(world.tidy)
  const { store } = world.liandong
  const square = (lon: number, lat: number, width: number, height: number): number[][] => [[lon, lat], [lon + width, lat], [lon + width, lat + height], [lon, lat + height], [lon, lat]]
  const DISTRICTS = { type: 'FeatureCollection', features: [['xigong', '西工区', 'Xigong', square(112.42, 34.65, 0.04, 0.05)], ['jianxi', '涧西区', 'Jianxi', square(112.36, 34.64, 0.06, 0.05)], ['luolong', '洛龙区', 'Luolong', square(112.38, 34.58, 0.1, 0.06)], ['laocheng', '老城区', 'Laocheng', square(112.46, 34.67, 0.04, 0.04)]].map(([id, name, nameEn, ring]) => ({ type: 'Feature', properties: { id, name, nameEn }, geometry: { type: 'Polygon', coordinates: [ring] } })) }
  const known = await knownNow(store.pool, [])
  await importSheet(store.pool, 'districts', JSON.stringify(DISTRICTS), known, false)
  await importSheet(store.pool, 'places', '编号,名称,类型,别名,纬度,经度\nP1,开元大道与龙门大道交叉口,地址,,34.6212,112.4537\nP2,王城公园,地标,,34.665,112.425\n', known, false)
  await store.refreshRules()
  const operator = (await store.people.list()).find(({ loginName }) => loginName === 'op1') as Self

  await t.test('the map needs no internet; a place is found by its initials; a ticket opens by a click', async (t) => {
    const callId = randomUUID()
    const now = Date.now()
    await store.records.openTicket({ operatorId: operator.id, answeredAt: now, callBack: false, place: '王城公园', callerName: '', record: { callId, caller: { number: '', name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now, location: { lat: 34.66, lon: 112.43 } } })
    const seat = await world.seat('sup1')
    const { page } = seat
    const outside: string[] = []
    page.on('request', (request) => { if (!request.url().startsWith(world.liandong.url) && !request.url().startsWith('data:') && !request.url().startsWith('blob:')) outside.push(request.url()) })
    await page.locator('.ld-nav').getByText('地图').click()
    await until('four districts', async () => (await page.locator('[data-district]').count()) === 4)
    const dot = page.locator(`circle[data-ticket="${callId}"]`)
    await dot.waitFor()
    await seat.picture('map')
    await page.getByLabel('地名、地标').fill('wcgy')
    await page.locator('.ld-place-hints [data-place="P2"]').click()
    await page.locator('[data-here="P2"]').waitFor()
    await page.getByRole('button', { name: '全市' }).click()
    await seat.picture('map-place')
    // By keyboard: Enter takes the only one, also when it is pressed before that is found; the arrows go to another.
    await page.getByLabel('地名、地标').fill('kydd')
    await seat.press('Enter')
    await page.locator('[data-here="P1"]').waitFor()
    t.equal(await page.getByLabel('地名、地标').inputValue(), '开元大道与龙门大道交叉口')
    await page.getByLabel('地名、地标').fill('wcgy')
    await page.locator('.ld-place-hints [data-place="P2"]').waitFor()
    await seat.press('Enter')
    await page.locator('[data-here="P2"]').waitFor()
    await page.locator('.ld-place-hints').waitFor({ state: 'detached' })
    // What the gazetteer does not know is said, and what was found before it is no answer to it.
    await page.getByLabel('地名、地标').fill('不存在的地方')
    await seat.press('Enter')
    await page.getByText('没有找到“不存在的地方”。').waitFor()
    t.equal(await page.locator('[data-here]').count(), 0)
    await seat.picture('map-unknown')
    await page.getByLabel('地名、地标').fill('')
    await page.locator('.ld-place-none').waitFor({ state: 'detached' })
    await dot.click()
    await page.locator('.ld-detail [data-ticket-number]').waitFor()
    t.same(outside, [], 'nothing is asked of the internet')
    await seat.context.close()
  })

  await t.test('a tile server of the city’s own: its tiles lie under the districts, and nothing else is asked for', async (t) => {
    // One grey picture for every tile.
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg==', 'base64')
    const asked: string[] = []
    const server = createServer((request, response) => { asked.push(request.url ?? ''); response.writeHead(200, { 'content-type': 'image/png' }).end(png) })
    await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
    t.teardown(() => new Promise<void>((resolve) => { server.closeAllConnections(); server.close(() => { resolve() }) }))
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const tiled = await openDeskWorld(executable, () => ({ 'map.tiles': `${origin}/osm/{z}/{x}/{y}.png` }))
    t.teardown(() => tiled.close())
    await importSheet(tiled.liandong.store.pool, 'districts', JSON.stringify(DISTRICTS), known, false)
    await tiled.liandong.store.refreshRules()
    const seat = await tiled.seat('sup1')
    const { page } = seat
    const outside: string[] = []
    page.on('request', (request) => { const url = request.url(); if (![tiled.liandong.url, origin, 'data:', 'blob:'].some((own) => url.startsWith(own))) outside.push(url) })
    const refused: string[] = []
    page.on('console', (message) => { if (/Content Security Policy/.test(message.text())) refused.push(message.text()) })
    await page.locator('.ld-nav').getByText('地图').click()
    await until('four districts', async () => (await page.locator('[data-district]').count()) === 4)
    await until('tiles to be asked for', () => asked.length >= 4)
    t.ok(asked.every((path) => /^\/osm\/\d+\/\d+\/\d+\.png$/.test(path)), 'by the pattern of the setting')
    // Luoyang, as every tile server counts it.
    const [zoom = 0, x = 0, y = 0] = (asked[0] ?? '').split(/[/.]/).slice(2, 5).map(Number)
    t.ok(Math.abs(x - worldX(112.42, zoom) / 256) < 8 && Math.abs(y - worldY(34.65, zoom) / 256) < 8, `${zoom}/${x}/${y}`)
    t.ok(await page.evaluate<boolean>(`(document.querySelector('.ld-map-box image').compareDocumentPosition(document.querySelector('[data-district]')) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0`), 'under the districts')
    const before = asked.length
    await page.getByRole('button', { name: '放大' }).click()
    await until('the tiles of the next zoom', () => asked.slice(before).some((path) => path.startsWith(`/osm/${zoom + 1}/`)))
    await seat.picture('map-tiles')
    t.same([outside, refused], [[], []])
    await seat.context.close()
  })

  await t.test('while he types the place: name and position are taken with one choice', async (t) => {
    const seat = await world.seat('op2')
    const callId = await talk(world, seat, { number: '13900000021' })
    await seat.press('Alt+KeyP')
    await seat.page.keyboard.type('路东，lmdd')
    await seat.page.locator('[data-place="P1"]').waitFor()
    await seat.picture('place-hints')
    t.equal(await seat.page.locator(':focus').getAttribute('role'), 'combobox')
    await seat.press('ArrowDown')
    const marked = seat.page.locator('[data-place="P1"][aria-selected="true"]')
    await marked.waitFor()
    t.equal(await seat.page.locator(':focus').getAttribute('aria-activedescendant'), await marked.getAttribute('id'))
    await seat.press('Enter')
    const ticket = await until('the place', async () => { const one = await store.records.get(callId); return one.fields.point === null ? null : one })
    t.match(ticket.fields, { place: '路东，开元大道与龙门大道交叉口', point: { lat: 34.6212, lon: 112.4537 } })
    const said = (await store.records.history(callId)).flatMap(({ changes }) => (changes['place'] === undefined ? [] : [changes['place'][1]]))
    t.same(said, ['路东，开元大道与龙门大道交叉口'], 'what he looked for is not what he reported')

    // Words added to the place keep its position; other words leave it behind, and Enter takes nothing that is not highlighted.
    await seat.page.keyboard.type('，公交站旁')
    await seat.press('Control+KeyS')
    await until('the words', async () => (await store.records.get(callId)).fields.place.endsWith('公交站旁'))
    t.match((await store.records.get(callId)).fields.point, { lat: 34.6212 })
    await seat.press('Control+KeyA')
    await seat.page.keyboard.type('wcgy')
    await seat.page.locator('[data-place="P2"]').waitFor()
    await seat.press('Enter')
    await seat.page.locator('[data-place]').waitFor({ state: 'detached' })
    await seat.press('Control+KeyS')
    const other = await until('the other words', async () => { const one = await store.records.get(callId); return one.fields.place === 'wcgy' ? one : null })
    t.equal(other.fields.point, null)
    await seat.page.locator('[data-point-left]').getByText('的位置，非此地点').waitFor()
    await seat.page.locator('[data-point-left]').getByRole('button', { name: '就在这里' }).click()
    await until('the position again', async () => (await store.records.get(callId)).fields.point !== null)
    await seat.press('Alt+KeyP', 'Control+KeyA', 'Delete')
    await seat.press('Control+KeyS')
    const nowhere = await until('no words', async () => { const one = await store.records.get(callId); return one.fields.place === '' ? one : null })
    t.equal(nowhere.fields.point, null, 'a dispatch asks for a place')
    await seat.context.close()
  })

  await t.test('whoever types the whole name, or a kilometre mark to its last digit, takes its position with the arrow and Enter; once he has it nothing is offered any more', async (t) => {
    await importSheet(store.pool, 'places', '编号,名称,类型,别名,纬度,经度\nK1,G30 连霍高速 K812,里程桩,,34.70,112.50\nK2,G30 连霍高速 K813,里程桩,,34.80,112.60\n', await knownNow(store.pool, []), false)
    const seat = await world.seat('op3')
    const callId = await talk(world, seat, { number: '13900000022' })
    const offered = async (): Promise<string[]> => (await seat.page.locator('.ld-place-hints [data-place]').allTextContents()).map((one) => one.trim())
    const at = (place: string, lat: number): Promise<unknown> => until(place, async () => { const { fields } = await store.records.get(callId); return fields.place === place && fields.point?.lat === lat })
    await seat.press('Alt+KeyP')
    await seat.page.keyboard.type('东门，王城公园')
    await seat.page.locator('[data-place="P2"]').waitFor()
    await seat.picture('place-whole')
    t.equal((await store.records.get(callId)).fields.point, null)
    await seat.press('ArrowDown', 'Enter')
    await at('东门，王城公园', 34.665)
    await seat.page.locator('.ld-place-hints').waitFor({ state: 'detached' })
    await seat.page.locator('[data-point]').waitFor()
    // Typed once more, beside the position that it has.
    await seat.press('Backspace')
    await seat.page.locator('[data-place="P2"]').waitFor()
    await seat.page.keyboard.type('园')
    await seat.page.locator('.ld-place-hints').waitFor({ state: 'detached' })
    t.match((await store.records.get(callId)).fields.point, { lat: 34.665 })

    for (const [mark, lat] of [['G30 连霍高速 K812+500', 34.75], ['G30 连霍高速 K813', 34.8]] as const) {
      await seat.press('Control+KeyA')
      await seat.page.keyboard.type(mark)
      await until(`${mark} to be offered`, async () => (await offered())[0]?.startsWith(`${mark} `))
      await seat.press('ArrowDown', 'Enter')
      await at(mark, lat)
      await seat.page.locator('.ld-place-hints').waitFor({ state: 'detached' })
    }
    await seat.context.close()
  })
} else t.comment(NO_CHROMIUM)
