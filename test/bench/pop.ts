import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { ServerMessage } from '../../src/contracts/ws.js'
import { until } from '../helpers/database.js'
import { openDesks, setReady, startApp } from './app-process.js'
import type { Bench } from './figure.js'
import { quantile } from './measure.js'
import type { CityQuestion } from './pop-exchange.js'
import { startOther } from './process.js'

const OPERATORS = 250
const CALLERS = 220
const WARM = 5_000
const WINDOW = 20_000
/** What the app is to bear meanwhile. */
const EVENTS_A_SECOND = 1_000

/** Stands between the exchange and the app's link: what passes here is readable at the app in the same instant. */
async function openRelay(port: number, onAnswer: (callId: string, at: number) => void): Promise<{ readonly port: number; events(): number; close(): void }> {
  let events = 0
  const ends: Socket[] = []
  const server = createServer({ noDelay: true }, (app) => {
    const exchange = connect({ port, host: '127.0.0.1', noDelay: true })
    ends.push(app, exchange)
    app.pipe(exchange)
    let heard: Buffer = Buffer.alloc(0)
    exchange.on('data', (bytes) => {
      const at = performance.now()
      app.write(bytes)
      heard = heard.length === 0 ? bytes : Buffer.concat([heard, bytes])
      for (;;) {
        const empty = heard.indexOf('\n\n')
        if (empty < 0) return
        const head = heard.toString('latin1', 0, empty)
        const length = Number(/Content-Length: (\d+)/.exec(head)?.[1] ?? 0)
        if (heard.length < empty + 2 + length) return
        const body = heard.subarray(empty + 2, empty + 2 + length)
        heard = heard.subarray(empty + 2 + length)
        if (!head.includes('text/event-json')) continue
        events += 1
        if (!body.includes('"CHANNEL_ANSWER"')) continue
        const callId = /"variable_liandong_call":"([0-9a-f-]{36})"/.exec(body.toString('latin1'))?.[1]
        if (callId !== undefined) onAnswer(callId, at)
      }
    })
  }).listen(0, '127.0.0.1')
  await until('the relay', () => server.listening)
  return { port: (server.address() as AddressInfo).port, events: () => events, close() { for (const end of ends) end.destroy(); server.close() } }
}

/** Operator's CHANNEL_ANSWER readable → "answered" on his desk's websocket, under a thousand events a second. Exchange and app are processes of their own. */
export const bench: Bench = async (tell) => {
  const city = startOther('pop-exchange.ts')
  const ask = (question: CityQuestion): Promise<{ port: number; placed: number; insecurities: number }> => city.ask(question)
  const { port } = await ask({ operators: OPERATORS })
  const readable = new Map<string, number>()
  const shown = new Map<string, number>()
  let counting = false
  const relay = await openRelay(port, (callId, at) => { if (counting) readable.set(callId, at) })
  const app = await startApp(relay.port, 'bench')
  const { url, outboundPort } = await app.status()
  await ask({ outbound: `127.0.0.1:${outboundPort}` })

  const desks = await openDesks(url, OPERATORS, (text) => {
    const at = performance.now()
    if (!counting || !text.includes('"answered"')) return
    const message = JSON.parse(text) as ServerMessage
    if (message.type === 'call' && message.call.state === 'answered' && !shown.has(message.call.callId)) shown.set(message.call.callId, at)
  })
  setReady(desks, true)
  await ask({ callers: CALLERS })
  await new Promise((resolve) => setTimeout(resolve, WARM))
  const before = relay.events()
  const cpu = (await app.status()).cpu
  const began = performance.now()
  counting = true
  await new Promise((resolve) => setTimeout(resolve, WINDOW))
  counting = false
  const seconds = (performance.now() - began) / 1000
  const rate = (relay.events() - before) / seconds
  const busy = ((await app.status()).cpu - cpu) / 1000 / seconds
  await new Promise((resolve) => setTimeout(resolve, 500))
  const took = [...shown].flatMap(([callId, at]) => { const from = readable.get(callId); return from === undefined ? [] : [at - from] })
  tell(`${Math.round(rate)} events/s, ${took.length} answers, app ${(busy * 100).toFixed(0)} % of a core`)
  setReady(desks, false)
  const { insecurities } = await ask({ callers: 0 })
  for (const desk of desks) desk.close()
  await until('the app to see them go', async () => (await app.status()).linkUp)
  await app.end()
  relay.close()
  await city.end()
  if (insecurities > 0 || took.length < 100) throw new Error(`${took.length} answers shown, ${insecurities} injections`)
  return { figures: [
    { name: { zh: '接通事件可读 → 席位 websocket 帧，p99', en: 'answer readable → frame at the desk’s websocket, p99' }, unit: 'ms', ours: quantile(took, 0.99), goal: { most: 2, of: 'ours' }, note: `p50 ${quantile(took, 0.5).toFixed(2)} ms, ${took.length} answers, ${Math.round(rate)} events/s (wanted ${EVENTS_A_SECOND}), app ${(busy * 100).toFixed(0)} % of a core` },
  ] }
}
