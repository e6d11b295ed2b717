import t from 'tap'
import { spellingsOf } from '../../src/contracts/telephone.js'
import { MIRROR_VARIABLES, readCall } from '../../src/pbx/caller.js'
import { channelRows, isSettled, liveCalls } from '../../src/pbx/channels.js'
import { makeSwitchboard } from '../../src/pbx/switchboard.js'
import { startExchange } from '../../src/pbx/exchange/exchange.js'
import type { Mirror, SwitchEvent } from '../../src/intake/ports.js'
import { until } from '../helpers/database.js'

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const channel = (fields: Readonly<Record<string, string>>): { get(name: string): string | undefined } => ({ get: (name) => fields[name] })
const citizen = (n: number, more = {}): [string, ReturnType<typeof channel>] => [uuid(n), channel({ 'Unique-ID': uuid(n), 'Call-Direction': 'inbound', 'Caller-Context': 'citizens', ...more })]
const leg = (n: number, of: number, more = {}): [string, ReturnType<typeof channel>] => [uuid(n), channel({ 'Unique-ID': uuid(n), 'Call-Direction': 'outbound', variable_liandong_call: uuid(of), variable_liandong_operator: uuid(900), ...more })]

t.test('whose leg is whose', async (t) => {
  const found = liveCalls(new Map([
    citizen(1), leg(11, 1), citizen(2), leg(21, 2, { 'Caller-Channel-Answered-Time': '1700000000000000' }), leg(22, 2), citizen(3),
    citizen(4, { 'Caller-Context': 'operators' }), citizen(5), [uuid(51), channel({ 'Call-Direction': 'outbound', 'Other-Leg-Unique-ID': uuid(5), variable_cc_agent: '1003', 'Caller-Channel-Answered-Time': '1700000000000000' })],
  ]), 'citizens')
  t.same(found.map(({ call, leg }) => [call.callId, leg?.legId]), [[uuid(1), uuid(11)], [uuid(2), uuid(21)], [uuid(3), undefined], [uuid(5), uuid(51)]], 'an answered leg before a ringing one; a telephone that calls is no citizen')
  t.equal(found[3]?.leg?.extension, '1003')
  const answered = { 'Caller-Channel-Answered-Time': '1700000000000000' }
  for (const order of [[62, 61], [61, 62]]) {
    const legs = order.map((n) => leg(n, 6, { ...answered, ...(n === 61 ? { variable_signal_bond: uuid(6) } : {}) }))
    t.equal(liveCalls(new Map([citizen(6), ...legs]), 'citizens')[0]?.leg?.legId, uuid(61), 'of two that were answered, the one that has him')
    t.match(liveCalls(new Map([citizen(6), ...legs]), 'citizens')[0]?.leg, { legId: uuid(61), alone: undefined })
  }
  t.match(found[1]?.leg, { legId: uuid(21), alone: true }, 'answered, and it does not have him yet')
  t.match([found[0]?.leg, found[3]?.leg], [{ alone: undefined }, { alone: undefined }], 'one that rings; one that has him')
  const line = leg(101, 10, { ...answered, variable_signal_bond: uuid(10), variable_liandong_party: 'transfer:water', 'Caller-Destination-Number': '65551234' })
  t.match(liveCalls(new Map([citizen(10), line]), 'citizens')[0]?.leg, { legId: uuid(101), extension: undefined }, 'a line that has him is nobody’s telephone')
  const untaken = ['ringing', 'early'].map((state, n) => citizen(80 + n, { 'Answer-State': state }))
  t.same(liveCalls(new Map([...untaken, citizen(90, { 'Answer-State': 'answered' })]), 'citizens').map(({ call }) => call.callId), [uuid(90)], 'whom the dialplan has not taken is no call of ours: it may refuse him')
  t.same(untaken.map(([, one]) => isSettled(one)), [false, false], 'and is looked at again')
  const native = new Set(channelRows(JSON.stringify({ rows: [{ uuid: uuid(1), application: 'socket' }, { uuid: uuid(3), application: 'callcenter' }] })).filter((row) => row.native).map((row) => row.uuid))
  t.same(liveCalls(new Map([citizen(1), citizen(3)]), 'citizens', native).map(({ fallback }) => fallback), [undefined, true], 'who is in the native queue')
})

t.test('one telephone, however a trunk writes it', (t) => {
  const numbers: readonly (readonly [string, string])[] = [
    ['+8613900000001', '13900000001'], ['008613900000001', '13900000001'], ['8613900000001', '13900000001'], ['13900000001', '13900000001'],
    ['+8637965550001', '037965550001'], ['+86037965550001', '037965550001'], ['008637965550001', '037965550001'], ['+861065550001', '01065550001'], ['+8637965550', '+8637965550'],
    ['+864001234567', '+864001234567'], ['8637965550001', '8637965550001'], ['+12025550100', '+12025550100'], ['86110', '86110'], ['', ''],
  ]
  for (const [written, number] of numbers) {
    t.match(readCall(channel({ 'Unique-ID': uuid(1), 'variable_liandong_number': written, 'Caller-Caller-ID-Name': written })), { caller: { number, name: '' } }, written)
    if (number !== written) t.ok(spellingsOf(number).includes(written), `${written} was kept as it was written, before`)
    t.equal(spellingsOf(written)[0], number)
  }
  t.end()
})

t.test('what cannot be named in a command is no call and no channel, and costs the others nothing', async (t) => {
  const odd = '00000000-0000-4000-8000-00000000000-'
  t.equal(readCall(channel({ 'Unique-ID': odd })), null)
  t.same(channelRows(JSON.stringify({ rows: [{ uuid: odd }, { uuid: uuid(1) }] })), [{ uuid: uuid(1), native: false }])
  const exchange = await startExchange({ password: 'secret' })
  t.teardown(() => exchange.close())
  const call = exchange.placeCall({ number: '13900000001' })
  await until('him to be answered', () => call.reports.some(({ type }) => type === 'answered'))
  const told: SwitchEvent[] = []
  const switchboard = makeSwitchboard({ link: { host: '127.0.0.1', port: exchange.port, password: 'secret', first: 20 }, operatorDial: 'user/{extension}', trunkDial: '', intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4 },
    { onRefused: () => undefined, onLag: () => undefined, onLink: () => undefined, monotonic: () => performance.now(), clock: Date.now })
  t.teardown(() => { switchboard.close() })
  switchboard.onEvent((event) => told.push(event), () => [odd])
  const snapshot = await until('the snapshot', () => told.find((event) => event.type === 'resync'))
  t.match(snapshot, { calls: [{ call: { callId: call.callId } }], unsure: [odd] })
  call.hangUp()
})

t.test('every fact that is mirrored to his channel is read back from it, and nothing else that stands there', (t) => {
  const mirror: Required<Mirror> = { queuedAt: 1_700_000_000_000, class: 'emergency', category: 'power-repair', skill: 'noise', priority: 9, language: 'en', flow: '110:v1:menu' }
  const set = (facts: Readonly<Record<string, unknown>>): Record<string, string> => Object.fromEntries(Object.entries(facts).map(([name, value]) => [`variable_${MIRROR_VARIABLES[name as keyof Mirror]}`, String(value)]))
  t.same(readCall(channel({ 'Unique-ID': uuid(1), ...set(mirror) }))?.mirror, mirror)
  t.same(readCall(channel({ 'Unique-ID': uuid(1), ...set({ ...mirror, priority: 0 }) }))?.mirror.priority, 0)
  t.same(readCall(channel({ 'Unique-ID': uuid(1), ...set({ queuedAt: 'x', class: 'x', category: 'X;', skill: '../', priority: '10', language: 'xx', flow: '$' }) }))?.mirror, {})
  t.end()
})

t.test('who was brought by another FreeSWITCH is known by what the dialplan says, and by nothing that a caller can write', (t) => {
  for (const [fields, carried] of [[{}, undefined], [{ variable_liandong_carried: 'true' }, true], [{ variable_liandong_carried: 'x' }, undefined], [{ 'variable_sip_h_X-Carried': uuid(9) }, undefined]] as const) {
    t.equal(readCall(channel({ 'Unique-ID': uuid(1), ...fields }))?.carried, carried, JSON.stringify(fields))
  }
  t.end()
})

t.test('a dump that cannot be read ends nobody', async (t) => {
  let broken = false
  const exchange = await startExchange({ password: 'secret', answers: (command) => (broken && command === 'uuid_dump' ? '{"Event-Name":"CHANNEL_DATA","variable_place":"\\x"' : undefined) })
  t.teardown(() => exchange.close())
  const told: SwitchEvent[] = []
  const refused: string[] = []
  const switchboard = makeSwitchboard({ link: { host: '127.0.0.1', port: exchange.port, password: 'secret', first: 20 }, operatorDial: 'user/{extension}', trunkDial: '', intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4 },
    { onRefused: (text) => refused.push(text), onLag: () => undefined, onLink: () => undefined, monotonic: () => performance.now(), clock: Date.now })
  t.teardown(() => { switchboard.close() })
  switchboard.onEvent((event) => told.push(event), () => [])
  const snapshots = (): Extract<SwitchEvent, { type: 'resync' }>[] => told.filter((event) => event.type === 'resync')
  await until('the first snapshot', () => snapshots().length === 1)
  broken = true
  const call = exchange.placeCall({ number: '13900000001' })
  switchboard.reconcile()
  await until('the second', () => snapshots().length === 2)
  t.same(snapshots()[1]?.calls, [])
  t.ok(snapshots()[1]?.unsure?.includes(call.callId))
  t.ok(refused.some((text) => text.includes(call.callId)))
  broken = false
  switchboard.reconcile()
  await until('the third', () => snapshots().length === 3)
  t.match(snapshots()[2], { calls: [{ call: { callId: call.callId } }], unsure: [] })
  call.hangUp()
})
