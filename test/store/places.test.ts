import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import { districtOf } from '../../src/dispatch/core/geo.js'
import { makeHall } from '../../src/dispatch/hall.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { importSheet, knownNow } from '../../src/store/imports.js'
import { makePlaceStore, respell } from '../../src/store/places.js'
import { asOwner, openOldDatabase, openTestStore, temporaryHome } from '../helpers/database.js'

const square = (lon: number, lat: number, size: number): number[][] => [[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]
const collection = (...features: object[]): string => JSON.stringify({ type: 'FeatureCollection', features: features.map((feature) => ({ type: 'Feature', ...feature })) })
const DISTRICTS = collection(
  { properties: { id: 'jianxi', name: '涧西区', nameEn: 'Jianxi' }, geometry: { type: 'Polygon', coordinates: [square(112.36, 34.62, 0.06)] } },
  { id: 'luolong', properties: { name: '洛龙区' }, geometry: { type: 'MultiPolygon', coordinates: [[square(112.42, 34.58, 0.1)]] } },
)
const PLACES = '编号,名称,类型,别名,纬度,经度\nP1,开元大道与龙门大道交叉口,地址,开元大道口,34.6212,112.4537\nP2,洛阳站,地标,火车站；洛阳火车站,34.6836,112.4336\nP3,G30 连霍高速 K812+300,里程桩,,34.7,112.5\nP4,龙门大道,道路,,34.61,112.46\n'

t.test('a gazetteer and districts come in, are found as they are typed, and route', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const known = async () => knownNow(store.pool, ['noise'])
  const come = async (kind: 'places' | 'districts' | 'duties', text: string, dry = false) => importSheet(store.pool, kind, text, await known(), dry)

  t.match(await come('districts', DISTRICTS, true), { rows: 2, added: 2, problems: [], dry: true })
  t.equal((await store.pool.query('select 1 from district')).rowCount, 0, 'a dry run writes nothing')
  t.match(await come('districts', DISTRICTS), { rows: 2, added: 2, problems: [], dry: false })
  t.match(await come('places', PLACES), { rows: 4, added: 4, problems: [] })
  t.match(await come('places', collection({ properties: { code: 'P5', name: '王城公园', kind: 'landmark' }, geometry: { type: 'Point', coordinates: [112.42, 34.67] } })), { rows: 1, added: 1, problems: [] })

  const found = async (typed: string): Promise<string[]> => (await store.places.find(typed)).map(({ code }) => code)
  for (const [typed, codes] of [
    ['开元', ['P1']], ['龙门大道', ['P4', 'P1']], ['lmdd', ['P4', 'P1']], ['KYDD', ['P1']], ['kyd', ['P1']], ['火车站', ['P2']], ['hcz', ['P2']], ['lyz', ['P2']], ['k812', ['P3']], ['G30', ['P3']], ['wcgy', ['P5']], ['没有的地方', []], ['zzzzzz', []], ['\' or 1=1 --', []], ['%', []],
  ] as const) t.same(await found(typed), codes, typed)

  for (const [what, text, row, column] of [
    ['no kind', 'code,name,lat,lon\nP9,某处,34,112\n', 1, null], ['a latitude that is none', 'code,name,kind,lat,lon\nP9,某处,road,134,112\n', 2, 'D'], ['a kind that is none', 'code,name,kind,lat,lon\nP9,某处,桥,34,112\n', 2, 'C'],
    ['half a file', '{"type":"FeatureCollection","features":[', 1, 'A'], ['not a collection', '{"type":"Feature"}', 1, 'A'],
  ] as const) t.match((await come('places', text)).problems[0], { row, ...(column === null ? {} : { column }) }, what)
  t.match((await come('districts', collection({ properties: { id: 'open', name: '未闭合' }, geometry: { type: 'Polygon', coordinates: [square(1, 1, 1).slice(0, 4)] } }))).problems, [{ row: 2 }], 'an outline that is not closed')
  t.match((await come('duties', '条款,类别,区域,单位代码,依据\nN-1,noise,nowhere,municipal-works,试\n')).problems, [{ row: 2, column: 'C' }], 'a district that is not there')

  t.match(await come('duties', '条款,类别,区域,时段,单位代码,职责,依据\nN-JX,noise,jianxi,全天,power-supply,主办,涧西区试点\n'), { problems: [], added: 1 })
  await store.refreshRules()
  const operator = { id: randomUUID(), role: 'operator', language: 'zh-CN' } as Self
  const tickets = makeTickets({ store: store.records, side: store.attachments, knowsCategory: () => true, onActed: () => undefined })
  const hall = makeHall({ store: store.hall, tickets, rules: store.rules, areaOf: (point, place) => districtOf(store.rules().districts ?? [], point, place), onDelivered: () => undefined })
  const proposed = async (location: { lat: number; lon: number } | undefined, place: string) => {
    const callId = randomUUID()
    const now = Date.now()
    await store.records.openTicket({ operatorId: '', answeredAt: now, callBack: false, place, callerName: '', record: { callId, caller: { number: '', name: '', verified: true }, calledNumber: '110', state: 'ended', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: now, queuedAt: now, answeredAt: now, ...(location === undefined ? {} : { location }) } })
    const { area, lead } = await hall.proposal(operator, callId)
    return [area, lead?.unitId === 'power-supply']
  }
  t.same(await proposed({ lat: 34.65, lon: 112.4 }, ''), ['jianxi', true], 'point in polygon → district → unit')
  t.same(await proposed({ lat: 34.6, lon: 112.45 }, '涧西区'), ['luolong', false])
  t.same(await proposed(undefined, '涧西区景华路'), ['jianxi', true], 'without a position, by the words')
  t.same((await store.places.tickets(null)).tickets.map(({ lat }) => lat).sort(), [34.6, 34.65], 'the map has those with a position')
  t.same(await store.places.tickets('municipal-works'), { tickets: [], more: false }, 'and of a unit only its own')
})

t.test('a sheet of any length holds a handful of locks: the hall needs them too', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  await asOwner(t, store).query(`
    create function few_locks() returns trigger language plpgsql as $$ begin
      if (select count(*) from pg_locks where pid = pg_backend_pid() and locktype = 'transactionid') > 4 then raise exception 'locks are piling up'; end if;
      return new;
    end $$;
    create trigger few_locks before insert on place for each row execute function few_locks()`)
  await store.pool.query(`insert into place (code, name, kind, initials, lat, lon) values ('P0', '某处', 'road', '', 34, 112)`)
  const rows = Array.from({ length: 50 }, (_, n) => `P${n},某处 ${n},地标,34.6,112.4`)
  t.match(await importSheet(store.pool, 'places', `code,name,kind,lat,lon\n${rows.join('\n')}`, await knownNow(store.pool, []), false), { rows: 50, added: 49, changed: 1, problems: [], dry: false })
})

t.test('positions from Amap are kept where they are', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const [amap, wgs] = [[121.531541859215, 31.17530398364597], [121.5272106, 31.1774276]] as const
  const come = async (kind: 'places' | 'districts', text: string): Promise<unknown> => (await importSheet(store.pool, kind, text, await knownNow(store.pool, []), false, false, 'gcj02')).problems
  t.same(await come('places', collection({ properties: { code: 'P1', name: '某处', kind: 'landmark' }, geometry: { type: 'Point', coordinates: amap } })), [])
  t.same(await come('districts', collection({ properties: { id: 'pudong', name: '浦东' }, geometry: { type: 'Polygon', coordinates: [square(amap[0], amap[1], 0.1)] } })), [])
  const { rows: [row] } = await store.pool.query<{ lat: number; lon: number; outline: number[][][][] }>('select lat, lon, outline from place, district')
  for (const [lon = 0, lat = 0] of [[row?.lon, row?.lat], row?.outline[0]?.[0]?.[0] ?? []]) t.ok(Math.abs(lon - wgs[0]) < 1e-5 && Math.abs(lat - wgs[1]) < 1e-5)
})

t.test('places that are loaded are found by the readings that were learnt since', async (t) => {
  const { pool, finish } = await openOldDatabase(t, 167)
  await pool.query(`insert into place (code, name, kind, aliases, initials, lat, lon) values
    ('Z', '翟镇镇政府', 'landmark', '老翟镇', 'dzzzf zzzf zzf zf ldz dz', 34, 112), ('S', '十里堡', 'landmark', '', 'slb lb', 34, 112), ('K', '开元大道', 'road', '', 'kept', 34, 112)`)
  await finish()
  await respell(pool)
  const { find } = makePlaceStore(pool)
  for (const [typed, codes] of [['zzzzf', ['Z']], ['lzz', ['Z']], ['slp', ['S']], ['slb', ['S']], ['kept', ['K']]] as const) t.same((await find(typed)).map(({ code }) => code), codes, typed)
  t.equal((await pool.query('select 1 from place where respell')).rowCount, 0)
})
