import { randomUUID } from 'node:crypto'
import { WebSocket } from 'ws'
import type { CallCard } from '../../src/contracts/call.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import type { ClientMessage, OperatorView, ServerMessage } from '../../src/contracts/ws.js'
import { reduce } from '../../src/desk/store/reduce.js'
import { initialState } from '../../src/desk/store/state.js'
import { until } from './database.js'

export interface DeskBot {
  readonly messages: readonly ServerMessage[]
  readonly me: OperatorView | null
  readonly call: CallCard | null
  readonly ticket: Ticket | null
  /** When the first card of each call came, and when the first that was answered (wall clock, ms). */
  readonly popped: ReadonlyMap<string, number>
  readonly answered: ReadonlyMap<string, number>
  /** When the screen showed another call than the operator's own, or a ticket beside somebody else's call: must stay empty. */
  readonly crossed: readonly string[]
  send(message: ClientMessage): void
  close(): Promise<void>
}

type Request<T> = T extends { id: string } ? Omit<T, 'id'> : never
/** Sends a request message; its id is made up. */
export const ask = (bot: DeskBot, message: Request<ClientMessage>): void => { bot.send({ ...message, id: randomUUID() }) }

/** Logs in by HTTP. → cookie header. */
export async function logIn(url: string, loginName: string, password: string): Promise<string> {
  const response = await fetch(`${url}/api/login`, { method: 'POST', headers: { 'content-type': 'application/json', origin: url }, body: JSON.stringify({ loginName, password }) })
  if (!response.ok) throw new Error(`log-in of ${loginName}: ${response.status} ${await response.text()}`)
  return response.headers.getSetCookie().map((cookie) => cookie.split(';')[0]).join('; ')
}

export interface DeskManners { readonly busy?: boolean; readonly lingers?: () => boolean; readonly returns?: boolean }

/** The call that this operator's screen must show. */
const ownCall = (me: OperatorView | null): string | undefined => (me?.presence === 'ringing' || me?.presence === 'talking' || me?.presence === 'wrap-up' ? me.callId : undefined)

/**
 * A desk without a screen, with the desk's own memory: signs in, says hello, comes back when the socket breaks and then, like the desk, tells what its operator last asked for.
 * Its operator sets himself ready once and ends wrap-up at once.
 * `busy: true`: he touches nothing. `lingers`: while true he stays at his paper work. `returns: true`: when his telephone rang in vain,
 * which needs a hand by design, he sets himself ready again; where the server has to bring him back (`paused`, `unreachable`) nobody helps it.
 */
export async function openDesk(url: () => string, loginName: string, password: string, options: DeskManners = {}): Promise<DeskBot> {
  const messages: ServerMessage[] = []
  const popped = new Map<string, number>()
  const answered = new Map<string, number>()
  const tabId = randomUUID()
  let state = initialState
  const crossed: string[] = []
  let socket: WebSocket | null = null
  let closed = false
  let cookie = ''
  let memory: { readonly ready?: boolean; readonly callId?: string } = {}
  let began = false

  function see(call: CallCard | null): void {
    if (call === null) return
    const now = Date.now()
    if (!popped.has(call.callId)) popped.set(call.callId, now)
    if (call.answeredAt !== undefined && !answered.has(call.callId)) answered.set(call.callId, now)
  }

  /** Where he sits and whose call it is come one after the other: whoever has a call has it on his screen before he is said to be anywhere else. */
  function agree(when: string): void {
    const { me, call, ticket } = state
    const own = ownCall(me)
    if (own !== undefined && call?.callId !== own) crossed.push(`${loginName}, ${when}: ${me?.presence ?? ''} with ${own}, and the screen shows ${call?.callId ?? 'nothing'}`)
    if (ticket !== null && call !== null && ticket.id !== call.callId) crossed.push(`${loginName}, ${when}: the ticket of ${ticket.id} stands beside ${call.callId}`)
  }

  function take(message: ServerMessage): void {
    messages.push(message)
    if (message.type === 'me' && (message.me.presence !== state.me?.presence || message.me.callId !== state.me.callId)) agree(`before he is ${message.me.presence}`)
    state = reduce(state, { type: 'message', message, now: Date.now() })
    if (message.type === 'snapshot') agree('in a snapshot')
    else if (message.type === 'ticket') agree('with a ticket')
    if (message.type === 'snapshot' || message.type === 'call') see(state.call)
    if (message.type === 'snapshot' || message.type === 'me') steer()
    // As the desk: something is missing, it says hello again.
    if (state.gap) socket?.terminate()
  }

  function steer(): void {
    if (state.me?.wantsReady !== undefined && state.me.presence !== 'offline') {
      const { wantsReady: ready, presence, callId } = state.me
      memory = { ready, ...((presence === 'talking' || presence === 'wrap-up') && callId !== undefined && { callId }) }
    }
    if (options.busy === true || state.me === null) return
    const { presence, wantsReady } = state.me
    if (presence === 'wrap-up' && options.lingers?.() !== true) ask(bot, { type: 'wrap-up.end' })
    else if ((presence === 'missed' && options.returns === true) || (presence === 'break' && !began)) ask(bot, { type: 'presence', ready: true })
    if (wantsReady === true) began = true
  }

  const later = (ms: number): void => { if (!closed) setTimeout(() => { if (!closed) void dial() }, ms) }

  /** His session is kept, as in a browser; he signs in again when it is over. */
  async function dial(): Promise<void> {
    try {
      if (cookie === '') cookie = await logIn(url(), loginName, password)
      await connect()
    } catch (error) {
      if (messages.length === 0) throw error
      if (/\b401\b/.test((error as Error).message)) cookie = ''
      later(500)
    }
  }

  const connect = (): Promise<void> => new Promise((resolve, reject) => {
    const mine = new WebSocket(`${url().replace(/^http/, 'ws')}/ws`, { headers: { cookie, origin: url() } })
    let opened = false
    socket = mine
    mine.on('open', () => {
      opened = true
      bot.send({ type: 'hello', tabId, since: state.seq, ...(state.epoch === null ? {} : { epoch: state.epoch }), ...memory })
      resolve()
    })
    mine.on('message', (data: Buffer) => { take(JSON.parse(data.toString('utf8')) as ServerMessage) })
    mine.on('error', reject)
    mine.on('close', () => {
      if (socket === mine) socket = null
      // One that never opened is dialled anew by whoever dialled it.
      if (opened) later(300)
    })
  })

  const bot: DeskBot = {
    messages,
    get me() { return state.me },
    get call() { return state.call },
    get ticket() { return state.ticket },
    popped, answered, crossed,
    // What is said to nobody is lost, as on a screen whose connection is gone.
    send(message) { if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message)) },
    async close() {
      closed = true
      socket?.close()
      await until('the desk to close', () => socket === null, 2_000).catch(() => { socket?.terminate() })
    },
  }
  await dial()
  await until(`${loginName}'s first snapshot`, () => state.me !== null)
  return bot
}
