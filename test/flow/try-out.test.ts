import { basename } from 'node:path'
import t from 'tap'
import { loadEdition } from '../../src/intake/edition.js'
import { editionOf } from '../../src/intake/flow-gate.js'
import { summaryOf } from '../../src/intake/flow-side.js'
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

t.test('the return visit is tried with its ticket, and says so without; a switch ends when it is said to', async (t) => {
  const edition = loadEdition((await editionOf(CITY, basename(CITY))).content)
  const [visit, city] = [edition.flows.get('return-visit'), edition.flows.get('110')]
  if (visit === undefined || city === undefined) throw new Error('a flow is missing')
  const wish = { startAt: Date.UTC(2026, 0, 5, 4), timeZone: 'Asia/Shanghai', calendar: { holidays: {}, workdays: [] }, until: 60_000, moves: [], waiting: 0, ready: 0, present: 1, modes: [], number: '', hints: [] }
  t.throws(() => tryOut(edition, visit, wish), { code: 'flow.parameter-missing', details: { flow: 'return-visit', first: visit.parameters[0] } })
  const vars = Object.fromEntries(visit.parameters.map((name) => [name, '20260105']))
  t.ok(tryOut(edition, visit, { ...wish, vars }).notes.some(({ type }) => type === 'heard'), 'it is heard')
  t.same(summaryOf(visit, edition).parameters, visit.parameters)
  t.match(summaryOf(city, edition).modes, [{ name: 'disaster', title: { zh: '应急状态', en: 'Disaster mode' } }, { name: 'outage-power', title: { zh: '已知停电' } }, { name: 'outage-water' }], 'what only a part asks for, too; each by its name')
  t.same(summaryOf(city, { switches: {} }).modes[0], { name: 'disaster' }, 'by its code where the code book says nothing')
  const outage = (ends: Record<string, number>) => tryOut(edition, city, { ...wish, modes: ['outage-power'], ends, moves: [{ at: 20_000, key: '4' }] }).notes.flatMap(({ type, text }) => (type === 'heard' ? [text] : []))
  t.ok(outage({ 'outage-power': Date.UTC(2026, 0, 5, 10, 30) }).some((name) => name.startsWith('say/')), 'the time is read out')
  t.notOk(outage({}).some((name) => name.startsWith('say/')))
})
