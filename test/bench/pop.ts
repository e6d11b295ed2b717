import { randomUUID } from 'node:crypto'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { WebSocket } from 'ws'
import type { ServerMessage } from '../../src/contracts/ws.js'
import { capturedStreams, cutIntoFrames } from '../helpers/captures.js'
import { until } from '../helpers/database.js'
import { openDesks, setReady, startApp } from './app-process.js'
import type { Bench } from './figure.js'
import { hrtime, quantile } from './measure.js'
import type { BareAnswer } from './pop-bare.js'
import type { CityQuestion } from './pop-exchange.js'
import { setApart, startOther } from './process.js'

/** A large city's room on a bad day: about twenty answers a second, more than any desk of people gives. */
const OPERATORS = 12
const CALLERS = 30
const WARM = 5_000
const WINDOW = 30_000
/** What the app is to bear meanwhile: events of these calls, filled up with events of FreeSWITCH's captures, about calls that are another node's. */
const EVENTS_A_SECOND = 1_000
const FILLERS = new Set(['CHANNEL_PROGRESS', 'CHANNEL_ANSWER', 'CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'DTMF'])
const TICK = 5

/** Captured events as the exchange's FreeSWITCH would send them: its Core-UUID, numbers that none of its own have. */
function fillersOf(core: string): () => string {
  const parts = capturedStreams().flatMap(({ bytes }) => cutIntoFrames(bytes)).filter(({ head }) => head.get('Content-Type') === 'text/event-json').map(({ body }) => body.toString('latin1'))
    .filter((body) => FILLERS.has(/"Event-Name":"([A-Z_]+)"/.exec(body)?.[1] ?? ''))
    .map((body) => body.replace(/"Core-UUID":"[^"]*"/, `"Core-UUID":"${core}"`).split(/(?<="Event-Sequence":")\d+/))
  let sent = 0
  return () => {
    sent += 1
    const [before = '', after = ''] = parts[sent % parts.length] ?? []
    const body = `${before}${1_000_000_000 + sent}${after}`
    return `Content-Length: ${body.length}\nContent-Type: text/event-json\n\n${body}`
  }
}

interface Relay { readonly port: number; /** Events that have passed, and how many of them were fillers. */ counts(): { readonly all: number; readonly fillers: number }; close(): void }

/** Stands between the exchange and the app's link: what it writes is readable at the app in the same instant. */
async function openRelay(port: number, onAnswer: (callId: string, at: number) => void): Promise<Relay> {
  const counts = { all: 0, fillers: 0 }
  const ends: Socket[] = []
  let filling: NodeJS.Timeout | null = null
  function fill(app: Socket, core: string): NodeJS.Timeout {
    const next = fillersOf(core)
    const began = performance.now()
    const before = counts.all
    return setInterval(() => {
      const due = Math.round((performance.now() - began) * EVENTS_A_SECOND / 1000) - (counts.all - before)
      if (due <= 0) return
      app.write(Array.from({ length: due }, next).join(''), 'latin1')
      counts.all += due
      counts.fillers += due
    }, TICK)
  }
  const server = createServer({ noDelay: true }, (app) => {
    const exchange = connect({ port, host: '127.0.0.1', noDelay: true })
    ends.push(app, exchange)
    for (const end of [app, exchange]) end.on('error', () => undefined) // the city ends when it is told
    app.pipe(exchange)
    let heard: Buffer = Buffer.alloc(0)
    exchange.on('data', (bytes) => {
      heard = heard.length === 0 ? bytes : Buffer.concat([heard, bytes])
      const whole: { readonly text: string; readonly answers: string | null }[] = []
      let at = 0
      for (;;) {
        const empty = heard.indexOf('\n\n', at)
        if (empty < 0) break
        const head = heard.toString('latin1', at, empty)
        const end = empty + 2 + Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? 0)
        if (heard.length < end) break
        const text = heard.toString('latin1', at, end)
        at = end
        const event = head.includes('text/event-json')
        if (event) counts.all += 1
        if (event && filling === null) filling = fill(app, /"Core-UUID":"([^"]*)"/.exec(text)?.[1] ?? '')
        whole.push({ text, answers: event && text.includes('"CHANNEL_ANSWER"') ? /"variable_liandong_call":"([0-9a-f-]{36})"/.exec(text)?.[1] ?? null : null })
      }
      if (at === 0) return
      heard = heard.subarray(at)
      const now = hrtime()
      app.write(whole.map(({ text }) => text).join(''), 'latin1')
      for (const { answers } of whole) if (answers !== null) onAnswer(answers, now)
    })
  }).listen(0, '127.0.0.1')
  await until('the relay', () => server.listening)
  return {
    port: (server.address() as AddressInfo).port, counts: () => ({ ...counts }),
    close() {
      if (filling !== null) clearInterval(filling)
      for (const end of ends) end.destroy()
      server.close()
    },
  }
}

/** Answers a second that the bare program is shown: about as many as the app. */
const BARE_ANSWERS = 25

const since = (readable: ReadonlyMap<string, number>, times: Iterable<readonly [string, number]>): number[] =>
  [...times].flatMap(([callId, at]) => { const from = readable.get(callId); return from === undefined ? [] : [at - from] })

/** The same events at the same rate to a program that does nothing else (`pop-bare.ts`), on the app's core. → ms of each answer */
async function floor(): Promise<number[]> {
  const readable = new Map<string, number>()
  const next = fillersOf(randomUUID())
  const answer = capturedStreams().flatMap(({ bytes }) => cutIntoFrames(bytes)).map(({ body }) => body.toString('latin1')).find((body) => body.includes('"CHANNEL_ANSWER"')) ?? ''
  let feeding: NodeJS.Timeout | null = null
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => undefined)
    const began = performance.now()
    let [sent, answers] = [0, 0]
    feeding = setInterval(() => {
      const seconds = (performance.now() - began) / 1000
      const frames = Array.from({ length: Math.max(0, Math.round(seconds * EVENTS_A_SECOND) - sent) }, next)
      sent += frames.length
      const called = Array.from({ length: Math.max(0, Math.round(seconds * BARE_ANSWERS) - answers) }, randomUUID)
      answers += called.length
      for (const callId of called) {
        const body = answer.replace('{', `{"variable_liandong_call":"${callId}",`)
        frames.push(`Content-Length: ${body.length}\nContent-Type: text/event-json\n\n${body}`)
      }
      const now = hrtime()
      if (seconds > WARM / 1000) for (const callId of called) readable.set(callId, now)
      socket.write(frames.join(''), 'latin1')
    }, TICK)
  }).listen(0, '127.0.0.1')
  await until('the bare program to be fed', () => server.listening)
  const bare = startOther('pop-bare.ts', [String((server.address() as AddressInfo).port)])
  const { desk: port } = await bare.ask<BareAnswer>({})
  setApart(bare.pid, [process.pid])
  const desk = new WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false })
  await new Promise<void>((resolve, reject) => { desk.once('open', resolve).once('error', reject) })
  await new Promise((resolve) => setTimeout(resolve, WARM + WINDOW))
  clearInterval(feeding as NodeJS.Timeout | null ?? undefined)
  const { shown } = await bare.ask<BareAnswer>({})
  desk.terminate()
  await bare.end()
  server.close()
  return since(readable, shown)
}

/** Operator's CHANNEL_ANSWER readable → "answered" written to his desk's websocket, under a thousand events a second. Exchange and app are processes of their own. */
export const bench: Bench = async (tell) => {
  const city = startOther('pop-exchange.ts')
  const ask = (question: CityQuestion): Promise<{ port: number; placed: number; insecurities: number }> => city.ask(question)
  const { port } = await ask({ operators: OPERATORS })
  const readable = new Map<string, number>()
  const shown = new Map<string, number>()
  let counting = false
  const relay = await openRelay(port, (callId, at) => { if (counting) readable.set(callId, at) })
  const app = await startApp(relay.port, 'bench-password', [city.pid])
  const { url, outboundPort } = await app.status()
  await ask({ outbound: `127.0.0.1:${outboundPort}` })

  const desks = await openDesks(url, OPERATORS, (text) => {
    const at = hrtime()
    if (!counting || !text.includes('"answered"')) return
    const message = JSON.parse(text) as ServerMessage
    if (message.type === 'call' && message.call.state === 'answered' && !shown.has(message.call.callId)) shown.set(message.call.callId, at)
  })
  setReady(desks, true)
  await ask({ callers: CALLERS })
  await new Promise((resolve) => setTimeout(resolve, WARM))
  const before = relay.counts()
  const { cpu } = await app.status()
  const began = performance.now()
  counting = true
  await new Promise((resolve) => setTimeout(resolve, WINDOW))
  counting = false
  const seconds = (performance.now() - began) / 1000
  const after = relay.counts()
  const [rate, filled] = [(after.all - before.all) / seconds, (after.fillers - before.fillers) / seconds]
  const { cpu: now, shown: written } = await app.status()
  const busy = (now - cpu) / 1000 / seconds
  await new Promise((resolve) => setTimeout(resolve, 500))
  const [took, seen] = [since(readable, written), since(readable, shown)]
  tell(`${Math.round(rate)} events/s, ${Math.round(filled)} of them captured ones, ${took.length} answers, app ${(busy * 100).toFixed(0)} % of a core`)
  setReady(desks, false)
  const { insecurities } = await ask({ callers: 0 })
  for (const desk of desks) desk.close()
  await until('the app to see them go', async () => (await app.status()).linkUp)
  await app.end()
  relay.close()
  await city.end()
  if (insecurities > 0 || took.length < 100) throw new Error(`${took.length} answers shown, ${insecurities} injections`)
  tell('the same events to a program that does nothing else')
  const bare = await floor()
  return { figures: [
    { name: { zh: '接通事件可读 → 写入席位 websocket，p99', en: 'answer readable → written to the desk’s websocket, p99' }, unit: 'ms', ours: quantile(took, 0.99), baseline: { name: 'bare framer + JSON.parse + ws', value: quantile(bare, 0.99) }, ratio: quantile(took, 0.99) / quantile(bare, 0.99), goal: { most: 2, of: 'ours' },
      note: `p50 ${quantile(took, 0.5).toFixed(2)} ms, bare ${quantile(bare, 0.5).toFixed(2)}; read by the desk: p50 ${quantile(seen, 0.5).toFixed(2)}, p99 ${quantile(seen, 0.99).toFixed(1)} ms; ${took.length} answers, ${Math.round(rate)} events/s, ${Math.round(filled)} of them captured ones, app ${(busy * 100).toFixed(0)} % of a core; ${app.where}` },
  ] }
}
