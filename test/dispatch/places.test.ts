import t from 'tap'
import { contains, districtOf, type District } from '../../src/dispatch/core/geo.js'
import { initialWords, soundsLike, spellingsOf } from '../../src/contracts/pinyin.js'

const square = (x: number, y: number, size: number): [number, number][] => [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]
const DISTRICTS: readonly District[] = [
  { id: 'west', name: '西区', nameEn: 'West', outline: [[square(0, 0, 10), square(4, 4, 2)]] },
  { id: 'east', name: '东区', nameEn: 'East', outline: [[square(10, 0, 10)], [square(40, 40, 1)]] },
  { id: 'inner', name: '西区开发区', nameEn: 'Inner', outline: [[square(4, 4, 2)]] },
]

t.test('point in polygon: holes, parts, and an edge that two districts share belongs to one of them', (t) => {
  const at = (lon: number, lat: number): string | null => districtOf(DISTRICTS, { lat, lon }, '')
  for (const [lon, lat, id] of [[1, 1, 'west'], [5, 5, 'inner'], [15, 5, 'east'], [40.5, 40.5, 'east'], [-1, 5, null], [5, 11, null], [30, 30, null]] as const) t.equal(at(lon, lat), id, `${lon} ${lat}`)
  for (let n = 0; n < 100; n += 1) t.equal(DISTRICTS.filter(({ outline }) => contains(outline, { lon: 10, lat: n / 10 })).length, 1, 'the common edge')
  t.equal(districtOf(DISTRICTS, null, '西区开发区一号路'), 'inner', 'by the longest name that the place has')
  t.equal(districtOf(DISTRICTS, null, '某路'), null)
  t.equal(districtOf(DISTRICTS, { lat: 30, lon: 30 }, '西区'), null, 'a position goes before words')
  t.end()
})

t.test('pinyin initials', (t) => {
  for (const [name, initials] of [['开元大道', 'kydd'], ['中州中路 128 号', 'zzzl128h'], ['龙门大道', 'lmdd'], ['洛阳站', 'lyz'], ['王城公园', 'wcgy'], ['涧西区', 'jxq'], ['瀍河', 'ch'], ['牡丹大道', 'mddd'], ['G30 连霍高速 K812', 'g30lhgsk812'], ['安乐窝', 'alw'], ['白马寺', 'bms'], ['二乔路', 'eql'], ['应天门', 'ytm'], ['唐宫东路', 'tgdl'], ['苏滨街', 'sbj'], ['日月路', 'ryl'], ['欧洲城', 'ozc'], ['……', '']] as const) t.equal(spellingsOf(name)[0], initials, name)
  for (const [name, initials] of [['建业大厦', 'jyds'], ['建业大厦', 'jydx'], ['厦门路', 'xml'], ['行政服务中心', 'xzfwzx'], ['人民银行', 'rmyh'], ['市音乐厅', 'syyt'], ['安乐窝', 'alw'], ['重症监护医院', 'zzjhyy'], ['重庆路', 'cql'], ['长途汽车站', 'ctqcz'], ['会计学校', 'kjxx'], ['朝阳路', 'cyl'], ['调度中心', 'ddzx'],
    ['翟镇', 'zz'], ['翟泉', 'zq'], ['十里堡', 'slp'], ['十里堡', 'slb'], ['浚县', 'xx'], ['泌阳', 'by'], ['仇庄', 'qz'], ['莘县', 'sx'], ['莘庄', 'xz'], ['郇封', 'xf'], ['粘家沟', 'njg'], ['祭城', 'zc'], ['涡阳', 'gy'], ['圩田', 'xt'], ['番禺', 'py'], ['查庄', 'zz'], ['覃庄', 'qz'], ['黄埔', 'hp'], ['黄陂', 'hb'], ['吴家堡', 'wjb'], ['莘村', 'xc'], ['郇庄', 'xz'], ['粘庄', 'nz']] as const) t.ok(spellingsOf(name).includes(initials), `${name} ${initials}`)
  t.ok(initialWords('洛阳市音乐厅').split(' ').includes('yyt'), 'from any character on, in each reading')
  t.ok(spellingsOf('长乐重行长乐重行').length <= 16)
  t.equal(initialWords('开元大道'), 'kydd ydd dd')
  t.end()
})

t.test('names by their sound: whole syllables, initials, some of both, the last one begun', (t) => {
  for (const [name, typed, fit] of [
    ['出租汽车管理处', 'chuzu', 2], ['出租汽车管理处', 'chu zu qi che', 2], ['出租汽车管理处', 'czqc', 2], ['出租汽车管理处', 'chuzqc', 2], ['出租汽车管理处', 'chzqch', 2], ['出租汽车管理处', 'guanl', 1], ['出租汽车管理处', 'chuzi', 0], ['出租汽车管理处', 'uzu', 0],
    ['绿化处', 'lvhua', 2], ['绿化处', 'luhua', 2], ['女子公寓', 'nvzi', 2], ['略阳路', 'lveyang', 2], ['重庆路', 'chongqing', 2], ['重庆路', 'zhongq', 2], ['西安路', "xi'an", 2], ['西安路', 'xian', 2], ['先锋路', 'xian', 2], ['12345 热线', '12345rex', 2], ['安乐窝', 'anlewo', 2], ['二乔路', 'erqiao', 2], ['供电公司', 'gongdian', 2], ['自来水公司', 'zilaishui', 2], ['燃气公司', 'ranqigongsi', 2],
    ['住房和城乡建设局', 'zhufangjianshe', 0], ['住房和城乡建设局', 'zhufanghecheng', 2], ['嵩县', 'songxian', 2], ['偃师', 'yanshi', 2], ['瀍河回族区', 'chanhe', 2], ['孟津', 'mengjin', 2], ['翟镇', 'zhaizhen', 2], ['五里堡', 'wulipu', 2], ['浚县', 'xunxian', 2], ['……', 'a', 0], ['路灯', '', 0],
  ] as const) t.equal(soundsLike(name, typed), fit, `${name} ${typed}`)
  t.equal(soundsLike('阿'.repeat(40), 'a'.repeat(39) + 'b'), 0, 'however many ways there are, it is soon known')
  t.end()
})
