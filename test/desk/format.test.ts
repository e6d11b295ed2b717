import t from 'tap'
import { dayNumber, setTimeZone, stampOf, timeOf, whenOf } from '../../src/desk/i18n/format.js'
import { en } from '../../src/desk/i18n/en.js'
import { zhCN } from '../../src/desk/i18n/zh-CN.js'
import { channelText, tagText } from '../../src/desk/i18n/flow-tag.js'
import { pointOfTyped } from '../../src/desk/ticket/place-point.js'

const NOW = Date.UTC(2026, 0, 1, 15, 30, 9) // 23:30 in Luoyang, 16:30 in Berlin
const HOUR = 3_600_000

t.test('times are the city’s, wherever the browser is', async (t) => {
  setTimeZone('Asia/Shanghai')
  t.equal(timeOf(NOW), '23:30:09')
  t.equal(whenOf(NOW, NOW, zhCN), '23:30')
  t.equal(whenOf(NOW, NOW + HOUR, zhCN), '昨天 23:30', 'midnight is the city’s')
  t.equal(dayNumber(NOW + HOUR) - dayNumber(NOW), 1)
  setTimeZone('Europe/Berlin')
  t.equal(timeOf(NOW), '16:30:09')
  t.equal(whenOf(NOW, NOW + HOUR, zhCN), '16:30')
})

t.test('a record of another day says which', async (t) => {
  setTimeZone('Asia/Shanghai')
  t.equal(stampOf(NOW, NOW, zhCN), '23:30:09')
  t.equal(stampOf(NOW - 24 * HOUR, NOW, zhCN), '2025-12-31 23:30:09'.replace('2025-12-31', '昨天'))
  t.equal(stampOf(NOW - 72 * HOUR, NOW, zhCN), '2025-12-29 23:30:09', 'another year too')
  t.equal(stampOf(NOW, NOW + 240 * HOUR, zhCN), '01-01 23:30:09')
})

t.test('tags of the flows are read by their names, unknown ones as they are', async (t) => {
  const name = (code: string): string => code.toUpperCase()
  const night = { key: 'period', value: 'night' }
  t.same([tagText(night, name, zhCN), tagText(night, name, zhCN, true), tagText(night, name, en, true)], ['夜间', '时段：夜间', 'Time: night'])
  t.same([tagText({ key: 'toString', value: 'x' }, name, en), tagText({ key: 'mood', value: 'cross' }, name, en, true), tagText({ key: 'category', value: 'gas' }, name, en, true)], ['x', 'mood: cross', 'GAS'])
  t.same(['open311-wechat', 'open311-3f2a'].map(channelText), ['wechat', '3f2a'], 'a channel by the name of its key')
})

t.test('a position stays with the words that it came with', async (t) => {
  const point = { lat: 34.6, lon: 112.4 }
  t.equal(pointOfTyped('火车站东出口', { point, words: '火车站' }), point, 'words were added')
  for (const typed of ['龙门石窟北门', '']) t.equal(pointOfTyped(typed, { point, words: '火车站' }), null, typed)
  t.equal(pointOfTyped('龙门石窟北门', { point, words: '' }), null, 'the caller’s own position is not the place that he names')
})
