import t from 'tap'
import type { HistoryRow } from '../../src/contracts/ticket.js'
import { doerOf, foldTyping, laterOf, shownChanges } from '../../src/desk/ticket/history-rows.js'

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

t.test('what somebody typed in one go is one row, from first to last; nothing else is', (t) => {
  const [a, b] = [{ id: '00000000-0000-4000-8000-00000000000a', displayName: '甲' }, { id: '00000000-0000-4000-8000-00000000000b', displayName: '乙' }]
  let version = 0
  const edit = (at: number, by: typeof a, changes: HistoryRow['changes'], more: Partial<HistoryRow> = {}): HistoryRow => row({ version: (version += 1), actId: `act ${version}`, at, by, changes, ...more })
  const typing = [edit(0, a, { place: ['', '连'] }), edit(900, a, { place: ['连', '连霍'] }), edit(2_000, a, { place: ['连霍', '连霍高速K812+300'], point: [null, { lat: 34, lon: 112 }] })]
  t.same(foldTyping(typing).map(({ version: one, at, changes }) => ({ one, at, changes })), [{ one: 3, at: 2_000, changes: { place: ['', '连霍高速K812+300'], point: [null, { lat: 34, lon: 112 }] } }])
  const fields = (rows: readonly HistoryRow[]): readonly string[] => foldTyping(rows).map(({ changes }) => Object.entries(changes).map(([field, [from, to]]) => `${field} ${String(from)}→${String(to)}`).join())
  const rest = 11 * 60_000
  t.same(fields([edit(0, a, { place: ['', '甲'] }), edit(1, b, { place: ['甲', '甲乙'] })]), ['place →甲', 'place 甲→甲乙'], 'somebody else')
  t.same(fields([edit(0, a, { place: ['', '甲'] }), edit(rest, a, { place: ['甲', '甲乙'] })]), ['place →甲', 'place 甲→甲乙'], 'later')
  t.same(fields([edit(0, a, { place: ['', '甲'] }), edit(1, a, { description: ['', '乙'] }), edit(2, a, { description: ['乙', '乙丙'] })]), ['place →甲', 'description →乙丙'], 'another field')
  t.same(fields([edit(0, a, { place: ['', '甲'] }), row({ act: 'dispatch', changes: { state: ['open', 'dispatched'] } }), edit(2, a, { place: ['甲', '甲乙'] })]), ['place →甲', 'state open→dispatched', 'place 甲→甲乙'], 'the unit was sent to what stood there then')
  t.same(fields([edit(0, a, { place: ['', '甲'] }), edit(1, a, { place: ['丙', '甲乙'] })]), ['place →甲', 'place 丙→甲乙'], 'from what somebody else wrote between')
  t.same(fields([edit(0, a, { kind: [null, 'police'] }), edit(1, a, { kind: ['police', 'fire'] })]), ['kind null→police', 'kind police→fire'], 'what is chosen is chosen')
  t.same(fields([edit(0, a, { place: ['', '甲'] }), edit(1, a, { place: ['甲', '甲乙'] }, { recordedAt: rest })]), ['place →甲', 'place 甲→甲乙'], 'what was brought in later')
  t.same(fields([edit(0, a, { place: ['', '甲'] }), edit(1, a, { place: ['甲', ''] })]), [], 'typed and taken back')
  t.same(fields([edit(0, a, { place: ['', '甲'] }, { note: 'open311-x' }), edit(1, a, { place: ['甲', '乙'] })]), ['place →甲', 'place 甲→乙'])
  t.same(foldTyping([edit(0, a, { place: ['', '甲'] })]).length, 1)
  t.end()
})
