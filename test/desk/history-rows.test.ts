import t from 'tap'
import type { HistoryRow } from '../../src/contracts/ticket.js'
import { doerOf, laterOf, shownChanges } from '../../src/desk/ticket/history-rows.js'

const row = (more: Partial<HistoryRow>): HistoryRow => ({ version: 1, actId: '00000000-0000-4000-8000-000000000001', act: 'edit', at: 0, by: null, changes: {}, note: '', ...more })

t.test('what the city did stands under its own name at the county, not the system’s', (t) => {
  const told = row({ act: 'dispatch', changes: { hall: [null, '接警员甲'], state: ['open', 'dispatched'], assignees: [null, null], assist: [[], []] } })
  t.same(doerOf(told), { name: '接警员甲', hall: true })
  t.same(shownChanges(told), [['state', ['open', 'dispatched']]], 'nothing that became nothing')
  t.same(doerOf(row({ by: { id: told.actId, displayName: '值班员乙' } })), { name: '值班员乙', hall: false })
  t.equal(doerOf(row({ act: 'delivered' })), null)
  t.same(shownChanges(row({ changes: { callBack: [true, false], members: [0, 1] } })).map(([field]) => field), ['callBack', 'members'])
  t.end()
})

t.test('entered from paper is one thing; a past that was brought in is told once, at its first row', (t) => {
  const past = [row({ recordedAt: 9_000_000 }), row({ at: 60_000, recordedAt: 9_000_020 }), row({ at: 120_000, recordedAt: 9_000_040 }), row({ at: 9_500_000 }), row({ at: 9_400_000, recordedAt: 9_600_000, changes: { paper: [null, '值班员乙'] } }), row({ at: 9_410_000, recordedAt: 9_600_010, changes: { paper: [null, '值班员乙'] } }), row({ at: 9_700_000, recordedAt: 9_900_000 })]
  t.same(past.map((one, n) => laterOf(one, past[n - 1])), ['brought', null, null, null, 'paper', 'paper', 'brought'])
  t.end()
})
