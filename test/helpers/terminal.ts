import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import type { TicketAct } from '../../src/contracts/acts.js'
import type { Notice } from '../../src/contracts/dispatch.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import type { ServerMessage } from '../../src/contracts/ws.js'
import { until } from './database.js'
import { logIn } from './desk-bot.js'

/** A database that rests for a moment on a busy machine: said once more, as the page asks its user to; the same act counts once. */
async function patiently(ask: () => Promise<Response>): Promise<Response> {
  return until('PostgreSQL to answer', async () => {
    const response = await ask()
    return response.status === 503 ? null : response
  })
}

type Order<T> = T extends TicketAct ? Omit<T, 'actId' | 'baseVersion'> : never

/** A terminal without a screen: of a unit, or a supervisor's. Shows each notice once and confirms it, as the page does. */
export interface TerminalBot {
  readonly notices: readonly Notice[]
  /** The first notice of this kind about a ticket. */
  hears(kind: Notice['kind'], ticketId: string): Promise<Notice>
  /** → the ticket afterwards. @throws Error with the refusal's code and text. */
  act(ticketId: string, order: Order<TicketAct>): Promise<Ticket>
  get(path: string): Promise<{ readonly status: number; readonly body: unknown }>
  /** A photo of a ticket. → its id. @throws Error with the refusal's code and text. */
  attach(ticketId: string, picture: Uint8Array): Promise<string>
  /** What lies there, byte by byte. */
  read(path: string): Promise<Buffer>
  /** Whose acts count, after a cut line. @throws Error with the refusal's code and text. */
  decide(conflictId: string, side: 'city' | 'county', note: string): Promise<void>
  close(): void
}

export async function openTerminal(url: string, loginName: string, password: string, { deaf = false } = {}): Promise<TerminalBot> {
  const cookie = await logIn(url, loginName, password)
  const headers = { 'cookie': cookie, 'content-type': 'application/json', 'origin': url }
  const notices = new Map<string, Notice>()
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, { headers: { cookie, origin: url } })
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as ServerMessage
    if (message.type !== 'notice' || deaf) return
    notices.set(message.notice.id, message.notice)
    void fetch(`${url}/api/notices/${message.notice.id}/receipt`, { method: 'POST', headers, body: '{}' }).catch(() => undefined)
  })
  await new Promise<void>((resolve, reject) => { socket.once('open', () => { resolve() }).once('error', reject) })
  socket.on('error', () => undefined)
  socket.send(JSON.stringify({ type: 'hello', tabId: randomUUID(), since: 0 }))
  const get = async (path: string): Promise<{ readonly status: number; readonly body: unknown }> => {
    const response = await fetch(`${url}${path}`, { headers })
    return { status: response.status, body: await response.json() }
  }
  return {
    get notices() { return [...notices.values()] },
    hears: (kind, ticketId) => until(`${loginName} to hear of ${kind}`, () => [...notices.values()].find((notice) => notice.kind === kind && notice.ticketId === ticketId)),
    async act(ticketId, order) {
      // Who moves a ticket on has it before him.
      const { version = 0 } = (await (await patiently(() => fetch(`${url}/api/tickets/${ticketId}`, { headers }))).json()) as Partial<Ticket>
      const said = JSON.stringify({ actId: randomUUID(), baseVersion: version, ...order })
      const response = await patiently(() => fetch(`${url}/api/tickets/${ticketId}/acts`, { method: 'POST', headers, body: said }))
      const body = (await response.json()) as { ticket: Ticket; code: string; text: string }
      if (!response.ok) throw new Error(`${body.code} ${body.text}`)
      return body.ticket
    },
    get,
    async attach(ticketId, picture) {
      const response = await patiently(() => fetch(`${url}/api/tickets/${ticketId}/attachments`, { method: 'POST', headers, body: JSON.stringify({ picture: Buffer.from(picture).toString('base64') }) }))
      const { id, code, text } = (await response.json()) as { id: string; code: string; text: string }
      if (!response.ok) throw new Error(`${code} ${text}`)
      return id
    },
    read: async (path) => Buffer.from(await (await fetch(`${url}${path}`, { headers })).arrayBuffer()),
    async decide(conflictId, side, note) {
      const response = await fetch(`${url}/api/conflicts/${conflictId}/decide`, { method: 'POST', headers, body: JSON.stringify({ side, note }) })
      if (!response.ok) { const { code, text } = (await response.json()) as { code: string; text: string }; throw new Error(`${code} ${text}`) }
    },
    close() { socket.terminate() },
  }
}
