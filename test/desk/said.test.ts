import t from 'tap'
import { NO_WORK, type Ticket } from '../../src/contracts/ticket.js'
import { en } from '../../src/desk/i18n/en.js'
import { zhCN } from '../../src/desk/i18n/zh-CN.js'
import { saidOf } from '../../src/desk/ticket/said.js'

const NOW = Date.parse('2026-01-01T02:00:00Z')
const nameOf = (unitId: string): string => `<${unitId}>`
const report: Ticket['work']['report'] = { unitId: 'drainage', result: 'not-done', note: '管线不归我处', photos: ['00000000-0000-4000-8000-000000000001'], at: NOW }
const back = { unitId: 'municipal-works', duty: 'RD-02', note: '省道', at: NOW }

t.test('whoever closes by a report has its result, its words and its photos before him', async (t) => {
  const reported: Pick<Ticket, 'state' | 'work'> = { state: 'reported', work: { ...NO_WORK, report } }
  const said = saidOf(reported, nameOf, zhCN, NOW)
  t.match(said, { kind: 'report', head: /^<drainage> 反馈 · 无法办理 · 照片 1 张 · /, note: '管线不归我处' })
  t.match(saidOf({ ...reported, state: 'visited' }, nameOf, en, NOW)?.head, /^<drainage> reports · /)
  t.equal(saidOf({ ...reported, state: 'in-progress' }, nameOf, zhCN, NOW), null, 'what was sent back is worked on anew')
  t.match(saidOf({ ...reported, state: 'closed' }, nameOf, zhCN, NOW), { kind: 'report', note: '管线不归我处' }, 'what it was closed by is not gone with it')
  t.equal(saidOf({ state: 'closed', work: NO_WORK }, nameOf, zhCN, NOW), null)
})

t.test('a returned ticket says who returned it, and by which rule', async (t) => {
  const returned: Pick<Ticket, 'state' | 'work'> = { state: 'returned', work: { ...NO_WORK, returns: [{ ...back, unitId: 'gas-company' }, back] } }
  t.match(saidOf(returned, nameOf, zhCN, NOW), { kind: 'return', head: /^<municipal-works> 退单 · 依据 RD-02 · /, note: '省道' }, 'the last one')
  t.match(saidOf({ ...returned, state: 'ruling' }, nameOf, en, NOW)?.head, /^Returned by <municipal-works> · citing RD-02 · /)
  t.equal(saidOf({ state: 'returned', work: NO_WORK }, nameOf, zhCN, NOW), null)
})
