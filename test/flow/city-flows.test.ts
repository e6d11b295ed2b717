import t from 'tap'
import type { Language } from '../../src/contracts/primitives.js'
import { loadFlows } from '../../src/flow/library.js'
import { rehearse, type Rehearsal } from '../../src/flow/rehearsal.js'
import type { Flow, FlowVariables } from '../../src/flow/types.js'
import { readFlowDirectory } from '../../src/intake/flow-files.js'
import { MONDAY_NOON, surroundings } from './helpers.js'

const DIRECTORY = new URL('../../ivr-flows/', import.meta.url)
const read = await readFlowDirectory(DIRECTORY.pathname)
const { flows, problems } = loadFlows(read.files, read.prompts, read.categories, { lines: read.lines?.map(({ code }) => code) ?? null })
const CALENDAR = { holidays: { '2026-10-01': true }, workdays: ['2026-01-04', '2026-10-10'] } as const

function call(name: string, changes: Parameters<typeof surroundings>[0] = {}, vars: FlowVariables = {}): Rehearsal {
  const { now, ...around } = surroundings({ calendar: CALENDAR, ...changes })
  return rehearse({ flow: flows.get(name) as Flow, duration: ({ language, name: prompt }) => read.prompts.get(language)?.get(prompt)?.duration ?? 0, surroundings: around, startAt: now, vars })
}

/** Keys pressed as soon as the flow takes them; `.` waits for nothing but time. */
function pressed(one: Rehearsal, keys: string): Rehearsal {
  for (const key of keys) {
    while (one.waitingFor() === 'prompt') one.wait(one.untilNext())
    if (key === '.') one.wait(one.untilNext())
    else one.press(key)
  }
  return one
}

const tagsOf = (one: Rehearsal) => Object.fromEntries(one.state().tags.map(({ key, value }) => [key, value]))
const text = (language: Language, name: string) => read.prompts.get(language)?.get(name)?.text ?? `?${name}`
/** What was heard, in words; cut prompts end in …. */
const heard = (one: Rehearsal) => one.notes.flatMap((note) => (note.type === 'heard' ? [`${text(note.prompt.language, note.prompt.name)}${note.cutAfter === undefined ? '' : '…'}`] : []))
const names = (one: Rehearsal) => one.notes.flatMap((note) => (note.type === 'heard' ? [note.prompt.name] : []))
const over = (one: Rehearsal) => { const last = one.notes.at(-1); return last?.type === 'ended' ? (last.hungUp === true ? 'hung up' : 'waits') : 'goes on' }
const at = (time: string) => ({ now: Date.parse(`${time}:00+08:00`) })

t.test('all of them load', async (t) => {
  t.same([...read.problems, ...problems], [])
  t.same([...flows.keys()].sort(), ['110', 'after-hours', 'ask', 'disaster', 'known-outage', 'return-visit'])
  for (const [name, flow] of flows) t.same(flow.languages, ['zh-CN', 'en'], name)
})

t.test('110 without any switch is what it always was', async (t) => {
  t.same(names(pressed(call('110'), '4.')), ['noted'])
  t.same(tagsOf(pressed(call('110'), '4')), { category: 'power-repair' })
})

t.test('disaster mode: one switch; any key skips the notice, which is heard first and once in a language', async (t) => {
  const on = { modes: { disaster: {} } }
  const patient = call('110', on)
  patient.wait(120_000)
  t.same(names(patient), ['disaster-notice', 'greeting', 'recorded', 'topics', 'recorded', 'topics'])
  t.equal(over(patient), 'waits')
  for (const key of '0123456789*#') {
    const one = call('110', on)
    one.wait(700)
    one.press(key)
    t.equal(one.state().node, 'topics', `key ${key}`)
    t.same(tagsOf(one), {}, 'the key that skips chooses nothing')
    one.press('4')
    t.same(tagsOf(one), { category: 'power-repair' })
  }
  t.match(heard(call('110', { ...on, caller: { hints: ['foreign-language'] } })), [])
  const foreign = call('110', { ...on, caller: { hints: ['foreign-language'] } })
  foreign.wait(20_000)
  t.match(heard(foreign)[0], /^The city is in a state of emergency/)
  const chose = call('110', on)
  for (const key of '79') { chose.wait(700); chose.press(key) }
  chose.wait(60_000)
  t.match(heard(chose).filter((text) => text.startsWith('The city is in a state of emergency')).length, 1, 'who presses 9 hears it in English, once')
  t.same(names(call('110', { modes: { disaster: { until: MONDAY_NOON - 1 } } })).includes('disaster-notice'), false, 'a switch that ran out is off')
})

t.test('known outage: he hears that we know, until when, and may let it rest', async (t) => {
  const until = Date.parse('2026-01-05T18:30:00+08:00')
  const power = { modes: { 'outage-power': { until } } }
  const same = pressed(call('110', power), '4.1')
  same.wait(60_000)
  t.same(heard(same), ['我们已经知道停电，正在抢修。', '预计恢复时间', '今天', '晚上', '六', '点', '三', '十', '分', '已经登记，恢复前不必再打。您可以挂机，也可以继续等候。'])
  t.match(tagsOf(same), { category: 'power-repair', 'known-outage': 'yes' })
  t.equal(over(same), 'waits', 'nobody is hung up on')

  const other = pressed(call('110', power), '42')
  other.wait(60_000)
  t.equal(names(other).at(-1), 'noted')
  t.equal(tagsOf(other)['known-outage'], undefined)
  const silent = pressed(call('110', power), '4')
  silent.wait(60_000)
  t.equal(over(silent), 'waits')
  t.equal(names(silent).at(-1), 'noted')

  t.notMatch(names(pressed(call('110', power), '63.')), ['outage-water'], 'the switch of the power is none of the water')
  const water = pressed(call('110', { modes: { 'outage-water': {} } }), '963')
  water.wait(60_000)
  t.same(heard(water).slice(-3), ['We know that the water is off. It is being repaired.', 'If you call about just that, press one. Anything else, press two, or wait.', 'Noted. Please stay on the line.'], 'without a time nothing is read out; in English')
  t.notMatch(names(pressed(call('110', power), '1.')), ['outage-power'])
})

t.test('after hours: a message when nobody is there; on working days and while anyone is, he simply waits', async (t) => {
  const empty = { load: { present: 0 } }
  const table: readonly (readonly [time: string, present: number, closed: boolean])[] = [
    ['2026-01-05T12:00', 0, false], ['2026-01-05T08:29', 0, true], ['2026-01-05T08:30', 0, false], ['2026-01-05T18:00', 0, true], ['2026-01-05T20:00', 1, false],
    ['2026-10-01T12:00', 0, true], ['2026-10-10T12:00', 0, false], ['2026-10-11T12:00', 0, true], ['2026-10-11T12:00', 1, false], ['2026-01-04T12:00', 0, false],
  ]
  for (const [time, present, closed] of table) {
    const one = call('after-hours', { ...at(time), load: { present } })
    one.wait(1_000)
    t.equal(one.state().node, closed ? 'closed' : 'recorded', `${time}, ${present} present`)
  }
  const night = { ...at('2026-01-05T22:00'), ...empty }
  const left = call('after-hours', night)
  left.press('1')
  left.wait(left.promptsLeft())
  left.speak(12_000)
  left.wait(12_000)
  left.press('#')
  left.wait(10_000)
  t.same(names(left), ['leave-word', 'word-kept'])
  t.match(tagsOf(left), { message: '12' })
  t.equal(over(left), 'hung up')

  const mute = call('after-hours', night)
  mute.wait(mute.untilNext())
  mute.wait(mute.promptsLeft())
  mute.press('#')
  mute.wait(10_000)
  t.same(names(mute).slice(-2), ['leave-word', 'no-word'])
  t.equal(over(mute), 'waits', 'who says nothing is not hung up on')
  const english = pressed(call('after-hours', night), '91')
  english.wait(2_000)
  t.equal(tagsOf(english)['language'], 'en')
})

t.test('recording is announced to everybody who may come to talk to an operator, in his language', async (t) => {
  const patient = (name: string, changes: Parameters<typeof call>[1] = {}, vars: FlowVariables = {}, key = '') => {
    const one = key === '' ? call(name, changes, vars) : pressed(call(name, changes, vars), key)
    one.wait(300_000)
    return [...new Set(one.notes.flatMap((note) => (note.type === 'heard' && note.cutAfter === undefined && note.prompt.name === 'recorded' ? [note.prompt.language] : [])))]
  }
  const night = { ...at('2026-01-05T22:00'), load: { present: 0 } }
  t.same(patient('110'), ['zh-CN'])
  t.same(patient('110', {}, {}, '9'), ['en'])
  t.same(patient('after-hours', at('2026-01-05T12:00')), ['zh-CN'])
  t.same(patient('after-hours', night), ['zh-CN'])
  t.same(patient('after-hours', night, {}, '9'), ['en'])
  t.same(patient('return-visit', {}, { ticket: '1100026' }), ['zh-CN'])
  t.same(patient('return-visit', {}, { ticket: '1100026' }, '9'), ['en'])
})

t.test('return visit: satisfied, not satisfied, not done; an operator by key 0', async (t) => {
  const visit = () => call('return-visit', {}, { ticket: '1100026' })
  for (const [key, answer] of [['1', 'satisfied'], ['2', 'dissatisfied'], ['3', 'not-done']] as const) {
    for (const lead of ['', '9', '*', '7', '79']) {
      const one = pressed(visit(), lead + key)
      t.equal(tagsOf(one)['visit'], answer, `${lead}${key}`)
      if (key !== '1') { one.wait(one.promptsLeft())
      one.speak(8_000)
      one.wait(8_000); one.press('#') }
      one.wait(60_000)
      t.equal(over(one), 'hung up')
      t.equal(tagsOf(one)['message'], key === '1' ? undefined : '8')
      t.equal(names(one).at(-1), 'visit-thanks')
    }
  }
  const first = visit()
  first.wait(30_000)
  t.same(heard(first).slice(0, 8).join(''), '您好，这里是市联动中心，回访您反映的事项，工单号幺幺零零零二六')
  const operator = pressed(visit(), '0')
  t.equal(over(operator), 'waits')
  const silent = visit()
  silent.wait(300_000)
  t.same([tagsOf(silent)['visit'], over(silent)], ['no-answer', 'hung up'])
  t.equal(over(call('return-visit')), 'waits', 'without a ticket to read out an operator takes it')
})
