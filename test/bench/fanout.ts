import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { randomBytes, randomUUID } from 'node:crypto'
import cookie from '@fastify/cookie'
import websocket from '@fastify/websocket'
import Fastify from 'fastify'
import { WebSocket, WebSocketServer } from 'ws'
import type { Self } from '../../src/contracts/people.js'
import { makeHub } from '../../src/http/hub.js'
import { registerSocket } from '../../src/http/socket-session.js'
import type { IntakeDesk } from '../../src/intake/ports.js'
import type { People } from '../../src/people/ports.js'
import type { Bench } from './figure.js'
import { interleave } from './measure.js'

/** 67 units with four terminals each, less one. */
const TERMINALS = 267
const CHANGES = 200
const QUEUE = { waiting: 0, waitingEmergency: 0, longestWaitSeconds: 0, ready: 0, ringing: 0, talking: 0, wrapUp: 0, onBreak: 0, answeredToday: 0, answeredInTimeToday: 0, promisedToday: 0, abandonedToday: 0 }

interface Side { readonly port: number; send(ticketId: string, version: number): void; close(): Promise<void> }

/** The product's own way: session, hello, hub. */
async function product(): Promise<Side> {
  const people = new Map<string, Self>()
  const who = (token: string): Self => {
    const known = people.get(token) ?? { id: randomUUID(), loginName: token, displayName: token, role: 'supervisor', language: 'zh-CN', skills: [] }
    people.set(token, known)
    return known
  }
  const intake = { queueView: () => QUEUE, healthView: () => ({ database: 'up', pbx: 'up', journal: 0 }) } as unknown as IntakeDesk
  const hub = makeHub(() => intake, { grace: 1_000, clock: Date.now, practice: false }, { sent: () => undefined, cut: () => undefined })
  const app = Fastify()
  app.decorateRequest('self', null)
  await app.register(cookie)
  await app.register(websocket, { options: { maxPayload: 64 << 10, perMessageDeflate: false } })
  let url = ''
  registerSocket(app, { people: { whoIs: (token: string) => Promise.resolve(who(token)), known: who, onChange: () => undefined } as unknown as People, hub, intake: () => intake, origins: () => [url], draining: () => false, pingEvery: 600_000 })
  url = await app.listen({ host: '127.0.0.1', port: 0 })
  return {
    port: Number(new URL(url).port),
    send(ticketId, version) { hub.desk.broadcast({ type: 'ticket.changed', ticketId, version }) },
    async close() { hub.close(); await app.close() },
  }
}

/** The least that any program does: one text, one loop. */
async function bare(): Promise<Side> {
  const server = createServer()
  const sockets = new WebSocketServer({ server, perMessageDeflate: false })
  sockets.on('connection', (socket) => { socket.once('message', () => { socket.send('{}') }) })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    send(ticketId, version) {
      const text = JSON.stringify({ type: 'ticket.changed', ticketId, version })
      for (const socket of sockets.clients) socket.send(text)
    },
    async close() {
      for (const socket of sockets.clients) socket.terminate()
      sockets.close()
      await new Promise((resolve) => { server.close(resolve) })
    },
  }
}

/** A terminal that says hello and then reads nothing any more. */
async function stalled(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await new Promise((resolve) => { socket.once('connect', resolve) })
  socket.write(`GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\nOrigin: http://127.0.0.1:${port}\r\nCookie: liandong_session=stalled\r\n\r\n`)
  await new Promise((resolve) => { socket.once('data', resolve) })
  const hello = Buffer.from(JSON.stringify({ type: 'hello', tabId: randomUUID(), since: 0 }))
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | hello.length, 0, 0, 0, 0]), hello]))
  await new Promise((resolve) => { socket.once('data', resolve) })
  socket.pause()
  return socket
}

async function terminals(side: Side): Promise<{ round(): Promise<number>; close(): void }> {
  let awaited = ''
  let left = 0
  let done: () => void = () => undefined
  const all = await Promise.all(Array.from({ length: TERMINALS - 1 }, (_, n) => new Promise<WebSocket>((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${side.port}/ws`, { headers: { cookie: `liandong_session=t${n}`, origin: `http://127.0.0.1:${side.port}` }, perMessageDeflate: false })
    socket.once('open', () => { socket.send(JSON.stringify({ type: 'hello', tabId: randomUUID(), since: 0 })); resolve(socket) })
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      if (!data.includes(awaited)) return
      left -= 1
      if (left === 0) done()
    })
  })))
  const slow = await stalled(side.port)
  return {
    /** ms from one change to the last of 266 terminals that has it: median of many. */
    async round() {
      const took: number[] = []
      for (let n = 0; n < CHANGES; n += 1) {
        awaited = randomUUID()
        left = all.length
        const heard = new Promise<void>((resolve) => { done = resolve })
        const began = performance.now()
        side.send(awaited, n)
        await heard
        took.push(performance.now() - began)
      }
      return took.sort((a, b) => a - b)[CHANGES >> 1] ?? NaN
    },
    close() { for (const socket of all) socket.terminate(); slow.destroy() },
  }
}

export const bench: Bench = async (tell) => {
  tell(`one change to ${TERMINALS} terminals, one of them stalled`)
  const sides = [await product(), await bare()] as const
  const [ours, least] = [await terminals(sides[0]), await terminals(sides[1])]
  const { ours: value, baseline, ratio } = await interleave(() => ours.round(), () => least.round(), { rounds: 7 })
  ours.close()
  least.close()
  for (const side of sides) await side.close()
  return { figures: [{ name: { zh: `一次变更送达 ${TERMINALS} 个终端（其中一个不读）`, en: `one change to ${TERMINALS} terminals, one of them stalled` }, unit: 'ms', ours: value, baseline: { name: 'bare ws loop', value: baseline }, ratio, goal: { most: 1.25, of: 'ratio' } }] }
}
