import t from 'tap'
import { deliver } from '../../src/dispatch/core/clocks.js'
import { lateText, letterTo, withWords } from '../../src/dispatch/core/letters.js'
import type { UnitFacts } from '../../src/dispatch/core/rules.js'
import { CITY, NOW, ticketOf, UNIT } from './city.js'

const MINUTE = 60_000
const units = new Map(CITY.units)
units.set(UNIT, { ...CITY.units.get(UNIT) as UnitFacts, name: '市政设施管理处', nameEn: 'Municipal Works' })
const rules = { ...CITY, units }
const text = { zh: '催办 100-0003：开元大道', en: 'Urged 100-0003: Kaiyuan Avenue' }

t.test('what the hall says as it gives or urges reaches the unit, in one line and no longer than a text message bears', (t) => {
  t.same(withWords(text, ' 请带\n检漏仪 '), { zh: `${text.zh}；接警中心：“请带 检漏仪”`, en: `${text.en}; the hall says: “请带 检漏仪”` })
  t.same(withWords(text, '  '), text)
  t.ok(withWords(text, '急'.repeat(1_000)).zh.length < text.zh.length + 140)
  t.end()
})

t.test('a named person reads whose limit it is, which, until when, and by how much it is over', (t) => {
  const at = (minutes: number) => lateText(text, { clock: 'sign', unitId: UNIT, due: NOW }, rules, NOW + minutes * MINUTE)
  t.equal(at(-5).zh, `${text.zh}（市政设施管理处 · 签收，时限 06-24 10:00）`, 'a warning comes before it')
  t.equal(at(15).zh, `${text.zh}（市政设施管理处 · 签收，时限 06-24 10:00，已超 15 分钟）`)
  t.equal(at(125).en, `${text.en} (Municipal Works · Sign, due 06-24 10:00, 2 h 5 min late)`)
  t.equal(at(120).zh, `${text.zh}（市政设施管理处 · 签收，时限 06-24 10:00，已超 2 小时）`)
  t.match(lateText(text, { clock: 'reassign', unitId: null, due: NOW }, rules, NOW).zh, /（接警中心 · 派给单位，/)
  t.match(lateText(text, { clock: 'reassign', unitId: null, due: NOW, unsorted: true }, rules, NOW).zh, /（接警中心 · 定性派单，/, 'as long as nobody said of what kind it is')
  t.not(at(15).zh, lateText(text, { clock: 'repair', unitId: UNIT, due: NOW }, rules, NOW + 15 * MINUTE).zh, 'two limits are two messages')
  t.end()
})

t.test('a unit that is told by e-mail alone can act by it: place, words, limits, what the hall said, how to confirm', (t) => {
  const given = ticketOf('dispatched', { hazard: true })
  const letter = letterTo(UNIT, 'dispatch', given, rules, NOW, '请带检漏仪')
  t.match(letter?.zh, /^【险情】新工单 100-0003.*\n地点：开元大道\n情况：井盖缺失\n时限：签收 收到后 10 分钟内；排险 收到后 1 小时内；修复 收到后 24 小时内；反馈 收到后 .*\n接警中心：请带检漏仪\n请在单位终端确认/)
  t.match(letter?.en, /Limits: Sign within 10 min of the receipt; Make safe within 1 h of the receipt/)
  const running = letterTo(UNIT, 'urge', deliver(given, UNIT, rules, NOW), rules, NOW + MINUTE, '')
  t.match(running?.zh, /\n时限：.*签收 06-24 10:10 前；排险 06-24 11:00 前/)
  t.notMatch(running?.zh, '\n接警中心：')
  t.match(letterTo('drainage', 'dispatch', { ...given, work: { ...given.work, assist: ['drainage'] } }, rules, NOW, '')?.zh, /^[^]*情况：井盖缺失\n请在/, 'who helps has no limits of its own')
  for (const kind of ['warn', 'closed', 'extension-answered'] as const) t.equal(letterTo(UNIT, kind, given, rules, NOW, ''), null, `${kind} says it all in its line`)
  t.notMatch(JSON.stringify(letter), given.caller.number)
  t.end()
})
