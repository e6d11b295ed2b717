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
