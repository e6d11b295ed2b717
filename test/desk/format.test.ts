import t from 'tap'
import { dayNumber, setTimeZone, stampOf, timeOf, whenOf } from '../../src/desk/i18n/format.js'
import { zhCN } from '../../src/desk/i18n/zh-CN.js'

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
