import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import type { SwitchEvent } from '../../src/intake/ports.js'
import { pastOf, readCdr, startCdrSweep, type Cdr } from '../../src/pbx/cdr.js'
import { until } from '../helpers/database.js'
import { temporaryDirectory } from '../helpers/directory.js'

/** Written by mod_json_cdr of a real FreeSWITCH with the configuration that we ship; invented numbers. */
const FIXTURES = fileURLToPath(new URL('../fixtures/cdr', import.meta.url))
const textOf = (name: string): string => readFileSync(join(FIXTURES, `${name}.cdr.json`), 'utf8')
const citizenOf = (name: string): Extract<Cdr, { side: 'citizen' }> => {
  const cdr = readCdr(textOf(name), 'citizens')
  if (cdr.side !== 'citizen') throw new Error(name)
  return cdr
}
type Past = Extract<SwitchEvent, { type: 'past' }>

t.test('each kind of record', async (t) => {
  t.match(citizenOf('citizen-intercepted'), { call: { caller: { number: '13900000001', verified: true }, calledNumber: '110' }, cause: 'NORMAL_CLEARING', bridgedAt: Number, legId: String })
  t.match(citizenOf('citizen-native-answered'), { call: { caller: { number: '13900000002' }, calledNumber: '110' }, extension: '1001', bridgedAt: Number })
  t.match(citizenOf('citizen-native-after-talk'), { call: { calledNumber: '110' }, extension: '1001', bridgedAt: 1_795_586_933_876 }, 'the talk was followed by a transfer: the record’s last profile was never bridged')
  t.match(citizenOf('citizen-native-abandoned'), { call: { caller: { number: '13900000003' } } })
  t.notOk('bridgedAt' in citizenOf('citizen-native-abandoned'))
  t.match(readCdr(textOf('operator-intercepted'), 'citizens'), { side: 'operator', answeredAt: Number, operatorId: /^[0-9a-f-]{36}$/ })
  t.same(readCdr(textOf('operator-native'), 'citizens'), { side: 'other' })
})

t.test('whom FreeSWITCH refused has given nothing up: another one may have him', async (t) => {
  for (const [name, cause] of [['citizen-refused-full', 'NORMAL_TEMPORARY_FAILURE'], ['citizen-refused-unknown', 'UNALLOCATED_NUMBER']] as const) {
    t.match(citizenOf(name), { refused: true, cause }, name)
    t.match(pastOf(citizenOf(name), []), { refused: true, cause, bridged: false }, name)
  }
  for (const name of ['citizen-cancelled', 'citizen-native-abandoned', 'citizen-intercepted']) {
    t.equal(citizenOf(name).refused, false, `${name}: by his own hand, or after he was taken`)
    t.notOk('refused' in pastOf(citizenOf(name), []), name)
  }
})

t.test('one event of a citizen’s record and the legs that belong to it', async (t) => {
  const leg = readCdr(textOf('operator-intercepted'), 'citizens')
  if (leg.side !== 'operator') throw new Error()
  const intercepted = citizenOf('citizen-intercepted')
  t.equal(leg.callId, intercepted.call.callId)
  t.match(pastOf(intercepted, [leg]), { bridged: true, call: { leg: { legId: leg.legId, operatorId: leg.operatorId, answeredAt: leg.answeredAt } } })
  t.match(pastOf(intercepted, []).call.leg, { legId: leg.legId, answeredAt: intercepted.bridgedAt }, 'without the operator’s record the bridge still says that he was answered')
  t.match(pastOf(citizenOf('citizen-native-answered'), []).call.leg, { extension: '1001' })
  t.equal(pastOf(citizenOf('citizen-native-abandoned'), []).call.leg, undefined)
  const { answeredAt, ...unanswered } = leg
  t.ok(answeredAt)
  t.equal(pastOf(citizenOf('citizen-native-abandoned'), [unanswered]).call.leg, undefined, 'a leg that only rang is no answer')
  const late = { ...leg, bridged: false }
  t.match(pastOf(citizenOf('citizen-native-answered'), [late]).call.leg, { extension: '1001' }, 'nor is one whose operator picked up when the native queue had found somebody')
  t.same(pastOf(citizenOf('citizen-native-answered'), [late]).vain, [leg.operatorId], '… who lifted in vain')
  t.notOk('vain' in pastOf(intercepted, [leg]))
  t.match(pastOf(citizenOf('citizen-native-abandoned'), [late]).call.leg, { legId: leg.legId }, 'while nobody else had him it is: he must be called back')
})

t.test('the context of the citizens is a setting', async (t) => {
  const renamed = (context: string, more: Record<string, string> = {}): string => {
    const parsed = JSON.parse(textOf('citizen-native-answered')) as { variables: Record<string, string>; callflow: { caller_profile: { context: string } }[] }
    return JSON.stringify({ ...parsed, variables: { ...parsed.variables, ...more }, callflow: parsed.callflow.map((part) => ({ ...part, caller_profile: { ...part.caller_profile, context } })) })
  }
  t.match(readCdr(renamed('public'), 'public'), { side: 'citizen', call: { calledNumber: '110' } })
  t.throws(() => readCdr(renamed('public'), 'citizens'), /context public.*pbx\.fallbackContext/, 'put aside, not deleted: the setting may be wrong')
  t.same(readCdr(renamed('operators', { user_context: 'operators' }), 'citizens'), { side: 'other' }, 'a telephone of the directory that dialled something else')
  const { callflow, ...rest } = JSON.parse(renamed('operators', { user_context: 'operators' })) as { callflow: object[] }
  const transferred = { ...rest, callflow: [{ caller_profile: { context: 'citizens' } }, ...callflow] }
  t.match(readCdr(JSON.stringify(transferred), 'citizens'), { side: 'citizen', call: { calledNumber: '110' } }, 'or the intake’s number')
})

t.test('what is no record', async (t) => {
  for (const [text, why] of [['', /JSON/], ['[]', /no variables/], ['{"variables":{}}', /no uuid/], ['{"variables":{"uuid":"../../etc/passwd"}}', /no uuid/], ['{"variables":{"uuid":"4b01f6a8-2011-47d9-895f-ad7fbe8583c0"}}', /no end/]] as const) {
    t.throws(() => readCdr(text, 'citizens'), why, JSON.stringify(text))
  }
  const parsed = JSON.parse(textOf('citizen-native-answered')) as { variables: Record<string, string>; callflow: unknown }
  t.throws(() => readCdr(JSON.stringify({ ...parsed, callflow: [] }), 'citizens'), /no profile/, 'nothing is made up')
  const placed = (place: string) => readCdr(JSON.stringify({ ...parsed, variables: { ...parsed.variables, liandong_place: place } }), 'citizens') as { call: { locationText?: string } }
  t.equal(placed(Buffer.from('中州中路').toString('base64url')).call.locationText, '中州中路', 'the edge’s text')
  t.equal(placed('%C2%E5%D1%F4').call.locationText, undefined, 'what the edge did not write is no place')
  t.notMatch(placed(Buffer.from([0xc2, 0xe5, 0x0a, 0xd1, 0xf4]).toString('base64url')).call.locationText ?? '', /[\n\r\0]/, 'bytes that are no UTF-8 stay harmless text')
})

interface Swept { readonly directory: string; readonly events: Past[]; readonly warnings: string[]; age(): void }
function sweep(t: Test, prepare: (directory: string) => void = () => undefined, more: { readonly batch?: number; readonly orphan?: number } = {}): Swept {
  const directory = temporaryDirectory()
  const events: Past[] = []
  const warnings: string[] = []
  const age = (): void => {
    for (const name of readdirSync(directory)) utimesSync(join(directory, name), Date.now() / 1000 - 60, Date.now() / 1000 - 60)
  }
  prepare(directory)
  age()
  const running = startCdrSweep({ directory, context: 'citizens', clock: Date.now, every: 10, orphan: Infinity, ...more }, { onPast: (event) => events.push(event), logger: { warn: (fields, text) => warnings.push(`${text} ${JSON.stringify(fields)}`) } })
  t.teardown(async () => {
    await running.close()
    rmSync(directory, { recursive: true, force: true })
  })
  return { directory, events, warnings, age }
}
const put = (directory: string, name: string, text = textOf(name)): void => { writeFileSync(join(directory, `${name}.cdr.json`), text) }

t.test('files go when their facts are durable, and not before', async (t) => {
  const { directory, events } = sweep(t, (directory) => { cpSync(FIXTURES, directory, { recursive: true }) })
  await until('seven citizens', () => events.length === 7)
  await until('what is of no use to be gone', () => !existsSync(join(directory, 'operator-native.cdr.json')))
  t.equal(readdirSync(directory).length, 8, 'seven citizens and a leg wait for the database')
  for (const event of events) event.settled(true)
  await until('an empty directory', () => readdirSync(directory).length === 0)
  t.equal(events.length, 7, 'each was handed over once')
})

t.test('what could not be made durable comes again', async (t) => {
  const { directory, events } = sweep(t, (directory) => { put(directory, 'citizen-native-answered') })
  ;(await until('the first try', () => events[0])).settled(false)
  ;(await until('the second try', () => events[1])).settled(true)
  await until('an empty directory', () => readdirSync(directory).length === 0)
})

t.test('files that cannot be deleted end nothing: told once, tried again, and their calls are not told twice', async (t) => {
  const names = ['citizen-intercepted', 'operator-intercepted']
  const at = (directory: string, name: string): string => join(directory, `${name}.cdr.json`)
  const { directory, events, warnings, age } = sweep(t, (directory) => { put(directory, 'citizen-intercepted'); put(directory, 'operator-intercepted') })
  const event = await until('the citizen', () => events[0])
  // What `rm` will not take, whoever we are: a directory of that name.
  for (const name of names) { rmSync(at(directory, name)); mkdirSync(at(directory, name)) }
  event.settled(true)
  await until('the complaint', () => warnings.length > 0)
  put(directory, 'citizen-native-abandoned')
  age()
  ;(await until('the next citizen', () => events[1])).settled(true)
  await until('his file to be gone', () => !existsSync(at(directory, 'citizen-native-abandoned')))
  t.equal(warnings.length, 1, 'once for one reason')
  t.match(warnings[0], /cannot be taken away.*pbx\.cdrDirectory.*"file":"(citizen|operator)-intercepted\.cdr\.json"/)
  // In one step each, so that no look falls between: what is away for a moment is taken for deleted.
  const aside = temporaryDirectory()
  t.teardown(() => { rmSync(aside, { recursive: true, force: true }) })
  for (const name of names) {
    put(aside, name)
    renameSync(at(directory, name), join(aside, name))
    renameSync(at(aside, name), at(directory, name))
  }
  await until('an empty directory', () => readdirSync(directory).length === 0)
  t.equal(events.length, 2, 'each call was told once')
})

t.test('a broken file that cannot be put aside is not deleted, and stops nothing', async (t) => {
  const { directory, events, warnings, age } = sweep(t, (directory) => { put(directory, 'a-broken', '{'); writeFileSync(join(directory, 'rejected'), '') })
  await until('the complaint', () => warnings.length >= 2)
  put(directory, 'citizen-native-abandoned')
  age()
  ;(await until('the good one', () => events[0])).settled(true)
  await until('its file to be gone', () => !existsSync(join(directory, 'citizen-native-abandoned.cdr.json')))
  t.ok(existsSync(join(directory, 'a-broken.cdr.json')))
  t.equal(warnings.length, 2, 'told once that it is broken, once that it cannot be put aside')
  rmSync(join(directory, 'rejected'))
  await until('the broken one to be aside', () => existsSync(join(directory, 'rejected', 'a-broken.cdr.json')))
})

t.test('a backlog: no citizen is told without the leg that answered him', async (t) => {
  const { directory, events } = sweep(t, (directory) => {
    writeFileSync(join(directory, 'a.cdr.json'), textOf('citizen-intercepted'))
    for (let n = 10; n < 40; n += 1) writeFileSync(join(directory, `m${n}.cdr.json`), textOf('operator-native'))
    writeFileSync(join(directory, 'z.cdr.json'), textOf('operator-intercepted'))
  }, { batch: 2 })
  const [event] = await until('the citizen', () => (events.length > 0 ? events : null))
  t.ok(event?.call.leg?.operatorId, 'with his operator, from the last file')
  event?.settled(true)
  await until('an empty directory', () => readdirSync(directory).length === 0)
})

t.test('after a long absence: batch follows batch as soon as the one before is durable, and what is in hand stays one batch', async (t) => {
  const directory = temporaryDirectory()
  const events: Past[] = []
  const waiting: Past[] = []
  for (let n = 100; n < 140; n += 1) writeFileSync(join(directory, `${n}.cdr.json`), textOf('citizen-native-abandoned').replaceAll(citizenOf('citizen-native-abandoned').call.callId, `00000000-0000-4000-8000-000000000${n}`))
  for (const name of readdirSync(directory)) utimesSync(join(directory, name), Date.now() / 1000 - 60, Date.now() / 1000 - 60)
  // The next turn by the clock never comes.
  const running = startCdrSweep({ directory, context: 'citizens', clock: Date.now, every: 2 ** 31 - 1, batch: 4 }, { onPast: (event) => { events.push(event); waiting.push(event) }, logger: { warn: () => undefined } })
  t.teardown(async () => { await running.close(); rmSync(directory, { recursive: true, force: true }) })
  for (let batch = 1; batch <= 10; batch += 1) {
    await until(`batch ${batch}`, () => waiting.length === 4)
    t.equal(events.length, 4 * batch, 'and no more')
    for (const event of waiting.splice(0)) event.settled(true)
  }
  await until('an empty directory', () => readdirSync(directory).length === 0)
  t.equal(new Set(events.map(({ call }) => call.call.callId)).size, 40, 'each once')
})

t.test('an operator’s file that is a moment younger than the citizen’s: he is told with his operator', async (t) => {
  const directory = temporaryDirectory()
  const events: Past[] = []
  const at = Math.floor(Date.now() / 1_000) - 60
  let now = at * 1_000
  let looks = 0
  for (const [name, written] of [['citizen-intercepted', at], ['operator-intercepted', at + 1]] as const) {
    put(directory, name)
    utimesSync(join(directory, `${name}.cdr.json`), written, written)
  }
  const running = startCdrSweep({ directory, context: 'citizens', clock: () => { looks += 1; return now }, every: 10, ripe: 2_000, orphan: Infinity }, { onPast: (event) => events.push(event), logger: { warn: () => undefined } })
  t.teardown(async () => { await running.close(); rmSync(directory, { recursive: true, force: true }) })
  for (const age of [2_000, 2_999, 3_999]) {
    now = at * 1_000 + age
    const before = looks
    await until('a whole turn', () => looks > before + 2)
    t.equal(events.length, 0, `${age} ms after his end he waits`)
  }
  now = at * 1_000 + 4_000
  t.ok((await until('the citizen', () => events[0])).call.leg?.operatorId, 'with his operator')
  events[0]?.settled(true)
  await until('an empty directory', () => readdirSync(directory).length === 0)
})

t.test('a broken file is put aside and stops nothing', async (t) => {
  const { directory, events, warnings } = sweep(t, (directory) => {
    put(directory, 'broken', textOf('citizen-intercepted').slice(0, 500))
    put(directory, 'citizen-native-abandoned')
  })
  await until('the good one', () => events.length === 1)
  await until('the broken one to be aside', () => existsSync(join(directory, 'rejected', 'broken.cdr.json')))
  t.match(warnings[0], /moved to rejected.*broken\.cdr\.json/)
})

t.test('a file that is still being written, and a leg without its citizen, wait', async (t) => {
  const { directory, events, age } = sweep(t, (directory) => { put(directory, 'operator-intercepted') })
  put(directory, 'citizen-native-answered', textOf('citizen-native-answered').slice(0, 100))
  put(directory, 'citizen-native-abandoned')
  put(directory, 'citizen-native-answered')
  age()
  await until('the two citizens', () => events.length === 2)
  t.ok(existsSync(join(directory, 'operator-intercepted.cdr.json')))
  put(directory, 'citizen-intercepted')
  age()
  t.ok((await until('the third, with its leg', () => events[2])).call.leg?.operatorId)
})
