import t from 'tap'
import { captureNames } from '../../helpers/captures.js'
import { readCapture, type Frame, type Item } from './capture.js'
import { headersRead } from './reading.js'
import { replay, type Scenario } from './replay.js'

const { headers: READ, unknown } = headersRead()

/** Nobody of ours reads or asks for these. Everything else that a capture has is compared. */
const LEFT_OUT = new Map([
  ['HEARTBEAT', 'comes by the clock, not by the scenario'],
  ['CHANNEL_STATE', 'told by another thread than the channel’s, so in no order with the rest; nobody reads it'],
])
/** What an API says of the machine and of modules that the exchange does not have; our code asks it of a real FreeSWITCH only, by `liandong doctor`. */
const MACHINE = /^api (status|callcenter_config|sofia status)/
/** Scenarios that go on with what no call of ours ever does: from there on they are not compared. Talks of three are `uuid_displace`, `eavesdrop` and `intercept` (talk.test.ts). */
const UNTIL: Readonly<Record<string, RegExp>> = { hold_transfer_conference: /^api uuid_hold / }
/** NO_ANSWER comes by time. */
const SPEED: Readonly<Record<string, number>> = { noanswer_then_second: 4 }

const keeps = ({ event }: Frame): boolean => event === null || !LEFT_OUT.has(event['Event-Name'] ?? '')
const normal = (value: string): string => value.replace(/\b1\d{15}\b/g, '<µs>')
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

function headers(event: Readonly<Record<string, string>>, known: ReadonlySet<string>): Record<string, string> {
  return Object.fromEntries(READ.flatMap((name) => {
    const value = event[name]
    if (value === undefined) return []
    if (name === 'variable_record_ms') return [[name, /^\d+$/.test(value) ? '<ms>' : value]]
    if (name === 'Event-Sequence') return [[name, /^\d+$/.test(value) ? '<n>' : value]]
    if (name === 'FreeSWITCH-Hostname') return [[name, value === '' ? value : '<host>']]
    return [[name, UUID.test(value) && !known.has(value) ? '<uuid>' : normal(value)]]
  }))
}

/** Of each channel and job: its events in order, each with what we read of it. */
function byChannel(frames: readonly Frame[], known: ReadonlySet<string>): Record<string, unknown[]> {
  const channels: Record<string, unknown[]> = {}
  for (const { event } of frames) {
    if (event === null) continue
    const whose = event['Unique-ID'] ?? event['Job-UUID'] ?? event['Event-Subclass'] ?? ''
    ;(channels[whose] ??= []).push([event['Event-Name'], headers(event, known)])
  }
  return channels
}

const plain = (text: string): Record<string, string> => Object.fromEntries(text.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]))

/** An answer in the shape in which it is compared: byte for byte, but for what names a moment, and of channel data what we read. */
function answer({ type, head, body }: Frame, known: ReadonlySet<string>): unknown {
  if (head.startsWith('Event-Name: CHANNEL_DATA')) {
    const fields = plain(head)
    return { ...headers(fields, known), ...Object.fromEntries(['Content-Type', 'Reply-Text', 'Socket-Mode', 'Control'].map((name) => [name, fields[name]])), last: head.split('\n').slice(-4).map((line) => line.split(':')[0]).sort() }
  }
  if (type === 'api/response' && body.startsWith('{"row_count"')) {
    const { rows = [] } = JSON.parse(body) as { rows?: { uuid: string; direction: string }[] }
    return rows.filter(({ uuid }) => known.has(uuid)).map(({ uuid, direction }) => ({ uuid, direction }))
  }
  if (type === 'api/response' && body.startsWith('{')) return headers(JSON.parse(body) as Record<string, string>, known)
  return `${head.replaceAll(/sofia\/\w+\/\S+/g, '<name>')}\n\n${body}`
}

function answers(frames: readonly Frame[], items: readonly Item[], connection: string, known: ReadonlySet<string>): unknown[] {
  const asked = items.flatMap((item) => (item.kind === 'command' && item.connection === connection && /^\n?(api) /.test(item.text) ? [item.text.trim()] : []))
  return frames.filter(({ event }) => event === null).map((frame) => {
    const about = frame.type === 'api/response' ? asked.shift() ?? '' : ''
    return MACHINE.test(about) ? about : answer(frame, known)
  })
}

t.setTimeout(400_000)
t.jobs = 10
for (const name of captureNames()) {
  t.test(`${name}: the exchange says what FreeSWITCH said`, async (t) => {
    const whole = readCapture(name)
    const end = whole.findIndex((item) => item.kind === 'command' && UNTIL[name]?.test(item.text.trim()) === true)
    const items = end < 0 ? whole : whole.slice(0, end)
    const known = new Set(items.flatMap((item) => (item.kind === 'frame' && item.frame.event !== null ? [item.frame.event['Unique-ID'] ?? '', item.frame.event['Job-UUID'] ?? ''] : item.kind === 'command' ? item.text.match(/[0-9a-f]{8}-[0-9a-f-]{27}/g) ?? [] : [])))
    const scenario: Scenario = { items, keeps, options: { speed: SPEED[name] ?? 0.01 } }
    const { connections } = await replay(t, scenario)
    let compared = 0
    for (const [connection, { captured, replayed }] of connections) {
      const [theirs, ours] = [byChannel(captured, known), byChannel(replayed, known)]
      for (const channel of new Set([...Object.keys(theirs), ...Object.keys(ours)])) t.same(ours[channel], theirs[channel], `${connection} ${channel}`)
      t.same(answers(replayed, items, connection, known), answers(captured, items, connection, known), `${connection}: answers`)
      compared += captured.length
    }
    t.ok(compared > 10, `${compared} frames`)
  })
}

t.test('every way in which a header is read is known', async (t) => {
  t.same(unknown, [
    // No headers: maps of ours, and how `get` is declared.
    'attention.ts: get(callId)', 'channels.ts: get(call.callId)', 'channels.ts: get(callId)', 'channels.ts: get(served)', 'leg-control.ts: get(id)', 'leg-control.ts: get(name)', 'esl/codec.ts: get(name: string)', 'esl/command.ts: variable(name, value)',
    'esl/command.ts: variable(name: string, value: string)', 'originates.ts: get(jobId)', 'originates.ts: get(legId)', 'reconciler.ts: get(uuid)', 'channels.ts: get(farLegId)', 'reconciler.ts: get(live.call.callId)',
    // `variable` itself, and the mirror's names, all of which are compared.
    'caller.ts: get(`variable_${name}`)', ...['category', 'class', 'flow', 'language', 'priority', 'queuedAt', 'skill'].map((name) => `caller.ts: variable(MIRROR_VARIABLES.${name})`),
  ].sort())
  for (const name of ['Unique-ID', 'Hangup-Cause', 'Bridge-A-Unique-ID', 'variable_liandong_call', 'variable_liandong_digits', 'variable_signal_bond', 'variable_record_ms']) t.ok(READ.includes(name), name)
})
