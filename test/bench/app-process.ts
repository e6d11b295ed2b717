import { WebSocket } from 'ws'
import type { ClientMessage, ServerMessage } from '../../src/contracts/ws.js'
import { until } from '../helpers/database.js'
import { setApart, startOther, type Other } from './process.js'

export interface AppQuestion { readonly collect?: boolean; /** A call with this id arrives, on a leg that does nothing. */ readonly arrive?: string }

export interface AppAnswer {
  readonly url: string
  readonly outboundPort: number
  /** Linked, and FreeSWITCH is listened for. */
  readonly linkUp: boolean
  /** CPU time of the process since it began, user and system, ms. */
  readonly cpu: number
  /** heapUsed + external, bytes. */
  readonly heap: number
  readonly rss: number
  /** Calls in the room, those that ended within the last minute included. */
  readonly calls: number
  readonly tickets: number
  /** When a call was first shown as answered at a desk's websocket: its id, and `process.hrtime` in ms. Told once. */
  readonly shown: readonly (readonly [string, number])[]
}

export interface App extends Other {
  status(question?: AppQuestion): Promise<AppAnswer>
  /** For the note of a figure: whether it has a core to itself. */
  readonly where: string
}

/** The app (`app.ts`) as a process of its own, linked to the event socket at `port`, apart from this process and `others`. */
export async function startApp(port: number, password: string, others: readonly number[] = []): Promise<App> {
  const other = startOther('app.ts', [String(port), password])
  const status = (question: AppQuestion = {}): Promise<AppAnswer> => other.ask(question)
  await until('the app to be linked', async () => (await status()).linkUp, 60_000)
  return { ...other, status, where: setApart(other.pid, [process.pid, ...others]) ? 'app on a core of its own' : 'app shares its core' }
}

export const operatorId = (n: number): string => `00000000-0000-4000-8000-0000000${20_000 + n}`

/** Desks say what they have applied so often, ms (src/desk/api/socket.ts). */
const SEEN_EVERY = 1_000

export interface Desk { readonly operatorId: string; send(message: ClientMessage): void; close(): void }

/** A desk that reads nothing but its numbers; `hear` gets every frame's text as it comes. */
export async function openDesk(url: string, id: string, cookie: string, hear: (text: string) => void): Promise<Desk> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/ws`, { headers: { cookie, origin: url }, perMessageDeflate: false })
  let applied = 0
  let acknowledging: NodeJS.Timeout | null = null
  const desk: Desk = { operatorId: id, send: (message) => { if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message)) }, close: () => { socket.terminate() } }
  socket.on('message', (data: Buffer) => {
    const text = data.toString('utf8')
    const numbered = /"seq":(\d+)\}$/.exec(text)?.[1]
    if (numbered !== undefined) {
      applied = Number(numbered)
      acknowledging ??= setTimeout(() => { acknowledging = null; desk.send({ type: 'seen', seq: applied }) }, SEEN_EVERY)
    }
    // The city's phones are late when this machine is busy; its operators come back at once.
    if (text.includes('"presence":"missed"')) desk.send({ type: 'presence', id: 'again', ready: true })
    hear(text)
  })
  await new Promise<void>((resolve, reject) => { socket.once('open', resolve).once('error', reject) })
  desk.send({ type: 'hello', tabId: id, since: 0 })
  return desk
}

/** Desks of the first `count` operators of `app.ts`. */
export async function openDesks(url: string, count: number, hear: (text: string, operatorId: string) => void): Promise<Desk[]> {
  const desks: Desk[] = []
  for (let n = 0; n < count; n += 1) {
    const id = operatorId(n)
    desks.push(await openDesk(url, id, `liandong_session=${id}`, (text) => { hear(text, id) }))
  }
  return desks
}

export const setReady = (desks: readonly Desk[], ready: boolean): void => { for (const desk of desks) desk.send({ type: 'presence', id: 'p', ready }) }

/** The type of a frame, and what of it is asked for most; most frames are not parsed further. */
export const typeOf = (text: string): ServerMessage['type'] => (JSON.parse(text) as ServerMessage).type
