import { connect, type AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { hrtime } from './measure.js'
import { answerParent } from './process.js'

/**
 * The least that any program does between the two sockets: cuts the stream into frames by their length, parses each event, and writes the
 * answered ones to a websocket. What it takes at p99 is what this machine takes from anybody: its scheduler, its memory, its other work.
 */
export interface BareAnswer { readonly desk: number; /** As `AppAnswer.shown`. */ readonly shown: readonly (readonly [string, number])[] }

const [port = ''] = process.argv.slice(2)
const desks = new Set<WebSocket>()
const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
server.on('connection', (desk) => { desks.add(desk); desk.on('close', () => desks.delete(desk)).on('error', () => undefined) })
await new Promise<void>((resolve) => { server.once('listening', resolve) })

let shown: [string, number][] = []
let heard: Buffer = Buffer.alloc(0)
connect({ port: Number(port), host: '127.0.0.1', noDelay: true }).on('error', () => undefined).on('data', (bytes) => {
  heard = heard.length === 0 ? bytes : Buffer.concat([heard, bytes])
  let at = 0
  for (;;) {
    const empty = heard.indexOf('\n\n', at)
    if (empty < 0) break
    const end = empty + 2 + Number(/Content-Length: (\d+)/.exec(heard.toString('latin1', at, empty))?.[1] ?? 0)
    if (heard.length < end) break
    const event = JSON.parse(heard.toString('utf8', empty + 2, end)) as Readonly<Record<string, string>>
    at = end
    const callId = event['variable_liandong_call']
    if (event['Event-Name'] !== 'CHANNEL_ANSWER' || callId === undefined) continue
    const frame = JSON.stringify({ type: 'call', call: { callId, state: 'answered', number: event['Caller-Caller-ID-Number'], answeredAt: event['Event-Date-Timestamp'] } })
    for (const desk of desks) desk.send(frame)
    shown.push([callId, hrtime()])
  }
  heard = heard.subarray(at)
})

answerParent((): BareAnswer => {
  const told = shown
  shown = []
  return { desk: (server.address() as AddressInfo).port, shown: told }
})
