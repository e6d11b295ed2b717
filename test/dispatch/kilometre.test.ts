import t from 'tap'
import { markLabel, placeMarks, readMark, roadsOf, typedMark, type KnownMark } from '../../src/dispatch/core/kilometre.js'
import { makePlaces } from '../../src/dispatch/places.js'
import { importSheet, knownNow } from '../../src/store/imports.js'
import { openOldDatabase, openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(400_000)

/** Other names of a mark, as they stand in a sheet → of its road. */
const ALIASES = [
  ['连霍高速K810', ['连霍高速']], ['连霍高速', ['连霍高速']], ['连霍高速公路', ['连霍高速']], ['G30', ['G30']], ['g30 K810；连霍高速810公里', ['G30', '连霍高速']], ['连霍高速、洛界公路,Ｇ３０', ['G30', '洛界', '连霍高速']],
  ['孟津服务区', []], ['', []], ['收费站；K810', []], ['G30 连霍高速 K810+300', ['G30', '连霍高速']], ['312国道', ['312国道']],
] as const

t.test('a mark as people write and say it', (t) => {
  for (const [text, roadCode, roadName, metres] of [
    ['G30 连霍高速 K812+300', 'G30', '连霍高速', 812_300], ['g30k812', 'G30', '', 812_000], ['G30 K812.5', 'G30', '', 812_500], ['连霍高速812公里300米', '', '连霍高速', 812_300], ['连霍高速 812公里处', '', '连霍高速', 812_000],
    ['S312 K5+7', 'S312', '', 5_007], ['二广高速1210.25千米', '', '二广高速', 1_210_250], ['G30 连霍高速 K 812 + 300 附近', 'G30', '连霍高速', 812_300], ['X012 3km', 'X012', '', 3_000], ['Ｇ３０ 连霍高速 Ｋ８１２＋３００', 'G30', '连霍高速', 812_300],
  ] as const) t.same(readMark(text), { roadCode, roadName, metres }, text)
  for (const text of ['K812+300', '812公里', '开元大道', 'G30', '', 'kydd', '王城公园 K', '路K', 'G30 K12345', '\' or 1=1 --']) t.equal(readMark(text), null, text)
  t.equal(markLabel(812_005), 'K812+005')
  t.end()
})

t.test('a mark as an operator types what he hears', (t) => {
  for (const [text, roadCode, roadName, metres] of [
    ['连霍高速公路812公里', '', '连霍高速', 812_000], ['G30连霍高速公路 K812+300', 'G30', '连霍高速', 812_300], ['洛界公路12公里处', '', '洛界', 12_000],
    ['G30 K812+300 上行', 'G30', '', 812_300], ['G30 K812+300 往西安方向', 'G30', '', 812_300], ['连霍高速 K812+300（西安方向）', '', '连霍高速', 812_300], ['G30 K812 下行线附近', 'G30', '', 812_000], ['连霍高速812公里处东向西', '', '连霍高速', 812_000], ['G30 K812+300 南侧', 'G30', '', 812_300],
    ['连霍高速往西安方向812公里', '', '连霍高速', 812_000], ['连霍高速西安方向K812+300处', '', '连霍高速', 812_300], ['连霍高速 下行 812.5公里', '', '连霍高速', 812_500], ['G30 上行 K812', 'G30', '', 812_000], ['连霍高速812公里', '', '连霍高速', 812_000],
  ] as const) t.same(typedMark(text), { roadCode, roadName, metres }, text)
  for (const [text, roadCode, roadName, metres] of [
    ['连霍高速812', '', '连霍高速', 812_000], ['连霍高速公路812+300', '', '连霍高速', 812_300], ['G30 812', 'G30', '', 812_000], ['G30 812.5 上行', 'G30', '', 812_500], ['G30连霍高速812', 'G30', '连霍高速', 812_000], ['312国道 5', '', '312国道', 5_000],
  ] as const) t.same(typedMark(text), { roadCode, roadName, metres }, text)
  for (const text of ['中州路128', '开元大道 200', '景华路 56', 'G30', 'G30812', '812']) t.equal(typedMark(text), null, text)
  for (const text of ['公路812公里', '往西安方向812公里', '上行 K812', '开元大道往东方向', '王城大道北侧', 'G30 西安方向']) t.equal(typedMark(text), null, text)
  t.match(readMark('G30 K812 上行'), null, 'a gazetteer’s mark of one side of the road is not the mark itself')
  t.end()
})

t.test('what else a road is called, from the other names of its marks', (t) => {
  for (const [aliases, roads] of ALIASES) t.same(roadsOf(aliases), roads, aliases)
  t.end()
})

const mark = (metres: number, lat: number, lon: number, more: Partial<KnownMark> = {}): KnownMark => ({ code: `M${metres}`, name: `G30 连霍高速 ${markLabel(metres)}`, roadCode: 'G30', roadName: '连霍高速', metres, lat, lon, ...more })
const wanted = (metres: number) => ({ roadCode: 'G30', roadName: '', metres })

t.test('between two marks, on the mark, beyond the last, across a gap, on two roads', (t) => {
  const marks = [mark(812_000, 34.7, 112.5), mark(813_000, 34.8, 112.7), mark(815_000, 34.8, 112.9)]
  t.match(placeMarks(wanted(812_250), marks), [{ name: 'G30 连霍高速 K812+250', lat: 34.725, lon: 112.55, between: ['K812+000', 'K813+000'] }])
  t.match(placeMarks(wanted(814_000), marks), [{ lat: 34.8, lon: 112.8, between: ['K813+000', 'K815+000'] }], 'the nearest on each side count')
  t.same(placeMarks(wanted(813_000), marks), [{ code: 'M813000', name: 'G30 连霍高速 K813+000', kind: 'kilometre', lat: 34.8, lon: 112.7 }], 'a known mark is itself')
  for (const metres of [811_999, 815_001]) t.same(placeMarks(wanted(metres), marks), [], 'nothing is guessed beyond')
  t.same(placeMarks(wanted(820_000), [mark(812_000, 34.7, 112.5), mark(832_001, 35, 113)]), [], 'too far apart')
  t.same(placeMarks(wanted(1), []), [])
  const other = [mark(812_000, 30, 110, { roadCode: 'S1', roadName: '环线' }), mark(814_000, 30, 111, { roadCode: 'S1', roadName: '环线' })]
  t.same(placeMarks(wanted(812_500), [...marks.slice(0, 2), ...other]).map(({ name }) => name), ['G30 连霍高速 K812+500', 'S1 环线 K812+500'], 'one place for each road, never between two roads')
  for (let n = 0; n <= 1_000; n += 50) {
    const [place] = placeMarks(wanted(812_000 + n), marks)
    t.ok(place !== undefined && Math.abs(place.lat - (34.7 + n / 10_000)) < 1e-6 && Math.abs(place.lon - (112.5 + n / 5_000)) < 1e-6)
  }
  t.end()
})

t.test('from the gazetteer: marks are imported, and what lies between them is found as it is typed', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const sheet = '编号,名称,类型,别名,纬度,经度\nA1,G30 连霍高速 K812,里程桩,,34.70,112.50\nA2,G30 连霍高速 K813,里程桩,,34.80,112.60\nB1,S312 王十线 K812,里程桩,,34.10,112.10\nB2,S312 王十线 K814,里程桩,,34.30,112.30\nP1,连霍高速服务区,地标,,34.71,112.51\n'
  t.match(await importSheet(store.pool, 'places', sheet, await knownNow(store.pool, []), false), { added: 5, problems: [] })
  const places = makePlaces({ store: store.places, districts: () => [], tiles: '' })
  for (const [typed, name, lat, lon] of [
    ['G30 K812+500', 'G30 连霍高速 K812+500', 34.75, 112.55], ['连霍高速812公里500米', 'G30 连霍高速 K812+500', 34.75, 112.55], ['连霍812.5公里', 'G30 连霍高速 K812+500', 34.75, 112.55], ['s312k813', 'S312 王十线 K813+000', 34.2, 112.2], ['G30 K813', 'G30 连霍高速 K813', 34.8, 112.6],
  ] as const) t.match((await places.find(typed))[0], { name, lat, lon, kind: 'kilometre' }, typed)
  for (const typed of ['连霍高速公路812公里500米', 'G30 K812+500 上行', 'G30连霍高速公路 K812+500 往西安方向']) t.match((await places.find(typed))[0], { name: 'G30 连霍高速 K812+500', kind: 'kilometre' }, typed)
  t.match(await importSheet(store.pool, 'places', '编号,名称,类型,纬度,经度\nC1,洛界高速公路 K5,里程桩,34,112\nC2,洛界高速 K6,里程桩,34.1,112\n', await knownNow(store.pool, []), false), { added: 2, problems: [] })
  for (const typed of ['洛界高速5公里500米', '洛界高速公路5公里500米']) t.match(await places.find(typed), [{ lat: 34.05, lon: 112 }], typed)
  t.match(await importSheet(store.pool, 'places', '编号,名称,类型,别名,纬度,经度\nD1,S96 K20,里程桩,邙岭高速,34.70,112.40\nD2,S96 K24,里程桩,,34.74,112.44\nE1,S97 K20,里程桩,嵩洛高速K20；伊河高速,34,112\nE2,嵩洛高速 K24,里程桩,,34.4,112.4\n', await knownNow(store.pool, []), false), { added: 4, problems: [] })
  for (const typed of ['邙岭高速21公里', '邙岭高速21', '邙岭高速公路K21', 'S96 21', '邙岭高速21公里 上行']) t.match(await places.find(typed), [{ name: 'S96 邙岭高速 K21+000', lat: 34.71, lon: 112.41 }], `${typed}: an alias on one mark counts for its road`)
  for (const typed of ['嵩洛高速21公里', '嵩洛高速21']) t.match((await places.find(typed)).find(({ between }) => between !== undefined), { lat: 34.1, lon: 112.1 }, `${typed}: between marks that call it otherwise`)
  t.same((await places.find('邙岭高速25')).filter(({ between }) => between !== undefined), [], 'beyond the last')
  t.match(await places.find('连霍高速'), [{}, {}, {}], 'words are still words')
  t.same((await places.find('G30 K900')).filter(({ between }) => between !== undefined), [])
  t.same((await places.find('% K812+1')).filter(({ between }) => between !== undefined), [])
})

t.test('marks that were there before are read by the same rule', async (t) => {
  const { pool, finish } = await openOldDatabase(t, 59)
  const names = ['G30 连霍高速 K812+300', 'g30k5', '连霍高速 K7', 'K9+100', '连霍高速', 'S312 K 12 + 5']
  for (const [n, name] of names.entries()) await pool.query(`insert into place (code, name, kind, lat, lon) values ($1, $2, 'kilometre', 34, 112)`, [`P${n}`, name])
  for (const [n, [aliases]] of ALIASES.entries()) await pool.query(`insert into place (code, name, kind, aliases, lat, lon) values ($1, $2, 'kilometre', $3, 34, 112)`, [`R${String(n).padStart(2, '0')}`, `S1 K${n}`, aliases])
  await finish()
  t.same((await pool.query<{ roads: string[] }>(`select roads from place where code like 'R%' order by code`)).rows.map(({ roads }) => [...roads].sort()), ALIASES.map(([, roads]) => roads), 'aliases of before, by the same rule')
  const { rows } = await pool.query<{ name: string; road_code: string; road_name: string; metres: number | null }>('select name, road_code, road_name, metres from place order by code')
  for (const { name, road_code: roadCode, road_name: roadName, metres } of rows) {
    const read = readMark(name)
    if (read === null) t.ok(metres === null || (roadCode === '' && roadName === ''), name)
    else t.same({ roadCode, roadName, metres }, read, name)
  }
})
