import type { ClientMessage, ServerMessage } from '../../contracts/ws.js'
import type { SeatMemory } from '../store/memory.js'
import type { Link } from '../store/state.js'
import { ApiError } from './endpoints.js'
import { newId } from './ids.js'

type Request = Extract<ClientMessage, { id: string }>
type Bare<T> = T extends { id: string } ? Omit<T, 'id'> : never

export interface DeskSocket {
  /** Asks for something; resolves at `done`. @throws ApiError at `refused`, a lost link, or after 10 s. */
  ask(request: Bare<Request>): Promise<void>
  /** Drops the connection and says hello again: something is missing. */
  again(): void
  /** Connects now, whatever the waiting time: the session or this window came back. */
  connect(): void
  close(): void
}

export interface DeskSocketDeps {
  readonly url: string
  readonly tabId: string
  /** Where the desk stands: epoch and highest seq applied. */
  readonly position: () => { readonly epoch: string | null; readonly seq: number }
  /** What of the operator a server that restarted does not know any more. */
  readonly memory: () => SeatMemory
  readonly onMessage: (message: ServerMessage) => void
  readonly onLink: (link: Link) => void
  /** The socket could not be opened or was closed: the session may be over. */
  readonly onRefused: () => void
}

const FIRST_WAIT = 300
/** A hall of desks that come back within two seconds is nothing for a server; a citizen may be waiting. */
const LONGEST_WAIT = 2_000
const ASK_TIMEOUT = 10_000
const SEEN_EVERY = 1_000
/** A socket that has not said welcome by then is closed and tried anew, ms. */
const HELLO_TIMEOUT = 6_000
/** Close code of the hub: another socket of the same tab id took this one's place. */
const REPLACED = 4000

/** The websocket of one tab: says hello, replays what was missed, reconnects with jitter for as long as the page lives. */
export function openDeskSocket(deps: DeskSocketDeps): DeskSocket {
  let socket: WebSocket | null = null
  let closed = false
  let wait = FIRST_WAIT
  let retry: ReturnType<typeof setTimeout> | undefined
  let seenTimer: ReturnType<typeof setTimeout> | undefined
  const asking = new Map<string, { resolve: () => void; reject: (error: ApiError) => void; timer: ReturnType<typeof setTimeout> }>()

  function settle(id: string, error: ApiError | null): void {
    const asked = asking.get(id)
    if (asked === undefined) return
    asking.delete(id)
    clearTimeout(asked.timer)
    if (error === null) asked.resolve()
    else asked.reject(error)
  }

  function send(message: ClientMessage): boolean {
    if (socket?.readyState !== WebSocket.OPEN) return false
    socket.send(JSON.stringify(message))
    return true
  }

  function seen(): void {
    seenTimer ??= setTimeout(() => {
      seenTimer = undefined
      send({ type: 'seen', seq: deps.position().seq })
    }, SEEN_EVERY)
  }

  function connect(): void {
    clearTimeout(retry)
    if (closed) return
    if (socket !== null && socket.readyState <= WebSocket.OPEN) return
    deps.onLink('connecting')
    const mine = new WebSocket(deps.url)
    socket = mine
    const helloTimer = setTimeout(() => mine.close(), HELLO_TIMEOUT)
    mine.onopen = () => {
      const { epoch, seq } = deps.position()
      send({ type: 'hello', tabId: deps.tabId, since: epoch === null ? 0 : seq, ...(epoch === null ? {} : { epoch }), ...deps.memory() })
    }
    mine.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as ServerMessage
      if (message.type === 'welcome') {
        clearTimeout(helloTimer)
        wait = FIRST_WAIT
        deps.onMessage(message)
        deps.onLink('open')
        return
      }
      if (message.type === 'done') settle(message.id, null)
      else if (message.type === 'refused') settle(message.id, new ApiError(message.code, message.text, 409))
      else deps.onMessage(message)
      if ('seq' in message) seen()
    }
    mine.onclose = ({ code }) => {
      clearTimeout(helloTimer)
      if (socket !== mine) return
      socket = null
      for (const id of [...asking.keys()]) settle(id, new ApiError('network', 'connection lost', 0))
      if (closed) return
      if (code === REPLACED) {
        deps.onLink('replaced')
        return
      }
      deps.onLink('lost')
      deps.onRefused()
      // Full jitter: a hall of desks does not come back in one instant.
      retry = setTimeout(connect, wait * (0.5 + Math.random() * 0.5))
      wait = Math.min(LONGEST_WAIT, wait * 2)
    }
  }

  const hurry = (): void => {
    if (document.visibilityState !== 'visible' || retry === undefined) return
    wait = FIRST_WAIT
    if (socket === null) connect()
  }
  window.addEventListener('online', hurry)
  document.addEventListener('visibilitychange', hurry)
  connect()

  return {
    ask(request) {
      const id = newId()
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => settle(id, new ApiError('network', 'no answer', 0)), ASK_TIMEOUT)
        asking.set(id, { resolve, reject, timer })
        if (!send({ ...request, id })) settle(id, new ApiError('network', 'not connected', 0))
      })
    },
    again() { socket?.close() },
    connect,
    close() {
      closed = true
      clearTimeout(retry)
      clearTimeout(seenTimer)
      window.removeEventListener('online', hurry)
      document.removeEventListener('visibilitychange', hurry)
      socket?.close()
    },
  }
}
