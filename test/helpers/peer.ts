import { connect, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { until } from './database.js'

/** The other end of an event socket, played by the test: it says what it is told to, and keeps what it hears. */
export interface Peer {
  readonly socket: Socket
  readonly heard: string
  readonly closed: boolean
  say(text: string | Buffer): void
  /** Waits until this was heard. */
  hears(text: string): Promise<void>
}

export function makePeer(t: Test, socket: Socket): Peer {
  let heard = ''
  let closed = false
  socket.setNoDelay(true)
  socket.on('data', (chunk: Buffer) => { heard += chunk.toString() })
  socket.on('error', () => undefined)
  socket.on('close', () => { closed = true })
  t.teardown(() => { socket.destroy() })
  return {
    socket,
    get heard() { return heard },
    get closed() { return closed },
    say(text) { socket.write(text) },
    async hears(text) { await until(`peer hears ${JSON.stringify(text)}`, () => heard.includes(text)) },
  }
}

export interface PeerServer { readonly port: number; readonly accepted: readonly Peer[]; next(): Promise<Peer> }

/** A TCP server on a free port of loopback, as FreeSWITCH's event socket would be; `onPeer` plays the first words. */
export async function startPeer(t: Test, onPeer: (peer: Peer) => void = () => undefined): Promise<PeerServer> {
  const accepted: Peer[] = []
  let taken = 0
  const server = createServer((socket) => {
    const peer = makePeer(t, socket)
    accepted.push(peer)
    onPeer(peer)
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => new Promise<void>((resolve) => { server.close(() => { resolve() }); for (const { socket } of accepted) socket.destroy() }))
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('no address')
  return {
    port: address.port,
    accepted,
    async next() {
      const at = taken++
      return until('somebody connects', () => accepted[at])
    },
  }
}

/** A connected socket on which FreeSWITCH's `socket` application is played. */
export async function dialPeer(t: Test, port: number): Promise<Peer> {
  const socket = connect({ port, host: '127.0.0.1' })
  const peer = makePeer(t, socket)
  await new Promise<void>((resolve, reject) => { socket.once('connect', resolve); socket.once('error', reject) })
  return peer
}

export const replyFrame = (text: string): string => `Content-Type: command/reply\nReply-Text: ${text}\n\n`
export const apiFrame = (text: string): string => `Content-Type: api/response\nContent-Length: ${Buffer.byteLength(text)}\n\n${text}`
export const eventFrame = (fields: Readonly<Record<string, unknown>> | string): string => {
  const body = typeof fields === 'string' ? fields : JSON.stringify(fields)
  return `Content-Length: ${Buffer.byteLength(body)}\nContent-Type: text/event-json\n\n${body}`
}
/** The reply to `connect`; values are percent-encoded already. */
export const connectFrame = (uuid: string, fields: Readonly<Record<string, string>> = {}): string =>
  `Event-Name: CHANNEL_DATA\nUnique-ID: ${uuid}\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`).join('')}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`
