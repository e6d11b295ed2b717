import { basename } from 'node:path'
import t from 'tap'
import { loadEdition } from '../../src/intake/edition.js'
import { editionOf } from '../../src/intake/flow-gate.js'
import { tryOut } from '../../src/intake/flow-try.js'
import { CITY } from '../helpers/flows.js'

t.test('a trial tells what happened in the order of its times: what was heard before the key that cut it', async (t) => {
  const edition = loadEdition((await editionOf(CITY, basename(CITY))).content)
  const flow = edition.flows.get('110')
  if (flow === undefined) throw new Error('the city has no flow 110')
  const { notes } = tryOut(edition, flow, { startAt: Date.UTC(2026, 0, 5, 4), timeZone: 'Asia/Shanghai', calendar: { holidays: {}, workdays: [] }, until: 60_000, moves: [{ at: 4_000, key: '1' }], waiting: 30, ready: 0, present: 1, modes: [], number: '', hints: [] })
  t.match(notes.find(({ type, text }) => type === 'node' && text === 'topics')?.title, { zh: '事项菜单', en: 'Topics' })
  const times = notes.map(({ at }) => at)
  t.same(times, [...times].sort((a, b) => a - b))
  const [heard, pressed, tagged] = (['heard', 'pressed', 'tagged'] as const).map((type) => notes.findIndex((note) => note.type === type))
  t.ok(heard !== -1 && (heard ?? 0) < (pressed ?? 0) && (pressed ?? 0) < (tagged ?? 0), notes.map(({ at, type, text }) => `${at} ${type} ${text}`).join(', '))
})
