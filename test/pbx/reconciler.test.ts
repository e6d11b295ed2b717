import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { SwitchEvent } from '../../src/intake/ports.js'
import { makeReconciler } from '../../src/pbx/reconciler.js'

t.test('a citizen who is there, in a context that is not ours, is doubtful and not over (V7)', async (t) => {
  const [elsewhere, gone, leg] = [randomUUID(), randomUUID(), randomUUID()]
  const channels: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    [elsewhere]: { 'Unique-ID': elsewhere, 'Call-Direction': 'inbound', 'Caller-Context': 'another' },
    [leg]: { 'Unique-ID': leg, 'Call-Direction': 'outbound', 'Caller-Context': 'citizens' },
  }
  const told: SwitchEvent[] = []
  const over: string[] = []
  const reconciler = makeReconciler({
    link: () => ({
      up: true,
      api(call) {
        if (call.api === 'show') return Promise.resolve({ ok: true, text: JSON.stringify({ row_count: 2, rows: Object.keys(channels).map((uuid) => ({ uuid })) }), headers: null })
        const channel = call.api === 'uuid_dump' ? channels[call.uuid] : undefined
        return Promise.resolve(channel === undefined ? { ok: false, text: '-ERR No such channel!', headers: null } : { ok: true, text: JSON.stringify(channel), headers: null })
      },
    }),
    context: 'citizens', believed: () => [elsewhere, gone, leg], onGone: (uuid) => over.push(uuid), deliver: (event) => told.push(event), onRefused: (text) => { t.fail(text) }, monotonic: () => 1,
  })
  reconciler.up(false)
  for (let turn = 0; told.length === 0 && turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  t.match(told, [{ type: 'resync', calls: [], unsure: [elsewhere] }])
  t.same(over, [gone])
})

t.test('the link falls while the first snapshot is taken: what was told is told, and a restart is not forgotten', async (t) => {
  const told: SwitchEvent[] = []
  let up = true
  let answer: (reply: { ok: boolean; text: string; headers: null }) => void = () => undefined
  const reconciler = makeReconciler({
    link: () => ({ get up() { return up }, api: (call) => (call.api === 'global_getvar' ? new Promise((resolve) => { answer = resolve }) : Promise.resolve({ ok: true, text: '{"row_count":0}', headers: null })) }),
    context: 'citizens', believed: () => [], onGone: () => undefined, deliver: (event) => told.push(event), onRefused: () => undefined, monotonic: () => 1,
  })
  const ended: SwitchEvent = { type: 'redial.ended', legId: randomUUID(), cause: 'NORMAL_CLEARING', at: 1 }
  reconciler.up(true)
  reconciler.report(ended)
  t.same(told, [], 'after the snapshot')
  up = false
  reconciler.down()
  t.same(told, [ended])
  up = true
  reconciler.up(false)
  answer({ ok: true, text: 'host', headers: null })
  for (let turn = 0; told.length === 1 && turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  t.match(told.slice(1), [{ type: 'resync', restarted: true }], 'no snapshot of this FreeSWITCH was seen before')
  reconciler.reconcile()
  for (let turn = 0; told.length === 2 && turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  t.match(told.slice(2), [{ type: 'resync', restarted: false }])
})

t.test('of a dump that was kept the age counts: who is read from it has waited since then, too; whether he hears music only a new one says', async (t) => {
  const callId = randomUUID()
  const citizen: Record<string, string> = { 'Unique-ID': callId, 'Call-Direction': 'inbound', 'Caller-Context': 'citizens', 'Answer-State': 'answered', 'Event-Date-Timestamp': '1700000000000000' }
  const told: SwitchEvent[] = []
  let now = 1_000
  let dumps = 0
  const reconciler = makeReconciler({
    link: () => ({
      up: true,
      api(call) {
        if (call.api === 'uuid_dump') dumps += 1
        return Promise.resolve({ ok: true, text: call.api === 'show' ? JSON.stringify({ row_count: 1, rows: [{ uuid: callId }] }) : call.api === 'uuid_dump' ? JSON.stringify(citizen) : 'host', headers: null })
      },
    }),
    context: 'citizens', believed: () => [], onGone: () => undefined, deliver: (event) => told.push(event), onRefused: (text) => { t.fail(text) }, monotonic: () => now,
  })
  const next = async (take: () => void): Promise<SwitchEvent | undefined> => {
    const before = told.length
    take()
    for (let turn = 0; told.length === before && turn < 100; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    return told.at(-1)
  }
  const held = async (take = (): void => { reconciler.reconcile() }): Promise<unknown> => {
    now += 10_000
    const event = await next(take)
    return event?.type === 'resync' ? event.calls[0]?.onHold : null
  }
  t.match(await next(() => { reconciler.up(false) }), { calls: [{ call: { callId, toldAt: 1_700_000_000_000 }, onHold: false }] })
  now += 60_000
  t.match(await next(() => { reconciler.reconcile() }), { calls: [{ call: { callId, toldAt: 1_700_000_060_000 } }] })
  t.equal(dumps, 1, 'he was not asked about again')
  t.equal(await held(), undefined)
  citizen['variable_liandong_on_hold'] = 'true'
  t.equal(await held(() => { reconciler.up(false) }), true)
  t.equal(await held(), true, 'who hears music is asked about until he does not')
  citizen['variable_liandong_on_hold'] = 'false'
  t.same([await held(), await held()], [false, undefined])
})
