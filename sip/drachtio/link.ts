import { TLSSocket } from 'node:tls'
import { makeSrf, type ProxyOptions, type Srf, type SrfRequest, type SrfResponse } from './srf.js'

export interface LinkOptions {
  readonly host: string
  readonly port: number
  readonly secret: string
  /** Present: TLS or nothing; what it holds goes to `tls.connect`. */
  readonly tls?: Readonly<Record<string, unknown>>
  /** An answer to a command or ping is waited for so long, ms. */
  readonly deadline: number
  /** Between pings, ms. */
  readonly pingEvery: number
  /** Pings in a row without answer until the link counts as dead. */
  readonly misses: number
  /** Between attempts to connect, ms: doubles from the first to the last, with jitter. */
  readonly retry: { readonly first: number; readonly last: number }
  readonly onInvite: (request: SrfRequest, response: SrfResponse) => void
  readonly onOptions: (request: SrfRequest, response: SrfResponse) => void
  readonly onState: (state: LinkState) => void
  readonly onTrouble: (what: string, error?: unknown) => void
  readonly random?: () => number
}

export type LinkState = { readonly up: true; readonly hostports: string; readonly version: string } | { readonly up: false; readonly reason: string }

/** A target's final response: who, and what; `created`: by FreeSWITCH's own clock, when the call reached it, ms (`sip/freeswitch/dialplan/citizens.xml`). */
export interface Answer { readonly id: string; readonly status: number; readonly created?: number }

/** How a proxied call ended as far as drachtio told. `lost`: the link broke, or no word within the deadline. */
export type ProxyEnd = { readonly type: 'final'; readonly answers: readonly Answer[]; /** Others are tried after them, of whom drachtio will not tell. */ readonly goesOn: boolean } | { readonly type: 'error'; readonly reason: string } | { readonly type: 'lost' }

export interface Link {
  readonly up: boolean
  /** Hands the INVITE on; `heard` is called with each target's answer when it comes. Never throws or rejects. */
  proxy(request: SrfRequest, options: ProxyOptions, deadline: number, heard?: (answer: Answer) => void): Promise<ProxyEnd>
  /**
   * The final status of a request to this URI; null: none in time; `unknown`: drachtio itself was silent, so nothing is said about the other side.
   * An INVITE is taken back when nobody answers it. `read` is given what the final response says under this name. Never rejects.
   */
  ask(method: 'OPTIONS' | 'INVITE', uri: string, deadline: number, read?: { readonly header: string; readonly heard: (value: string | undefined) => void }): Promise<number | null | 'unknown'>
  close(): void
}

/**
 * Whether drachtio tries nobody after this answer. It says `done` too early where a target was silent before: its time-out marks the whole call as
 * cancelled (`ProxyCore::timerProvisional`), and the next answer ends it for drachtio's word, though not for the call (sip-proxy-controller.cpp,
 * `processResponse`). From then on it tells nothing more of it.
 */
const isLast = ({ id, status }: Answer, destinations: readonly string[]): boolean =>
  status < 300 || [401, 407, 487].includes(status) || /@([^;]*)/.exec(destinations.at(-1) ?? '')?.[1] === id

/** Without an offer FreeSWITCH answers an INVITE with 480 before its dialplan is asked (sofia.c, `enable-3pcc`). Nobody is to hear anything. */
const OFFER = ['v=0', 'o=- 0 0 IN IP4 0.0.0.0', 's=-', 'c=IN IP4 0.0.0.0', 't=0 0', 'm=audio 9 RTP/AVP 8', 'a=inactive', ''].join('\r\n')

/** The end of what is waited for when the link breaks. */
interface Waiter { readonly cut: () => void }

/**
 * The link to drachtio. drachtio-srf reconnects in clear after TLS (finding D1), forgets who waited for an answer (D3), throws while
 * it is not connected (D4) and never notices a half-open connection (D6). So it is not left to reconnect: each connection is a fresh
 * drachtio-srf, pinged by us, every wait ends with the connection, and a new one is made here with the same TLS.
 */
export function openLink(options: LinkOptions): Link {
  const random = options.random ?? Math.random
  let current: { readonly srf: Srf; readonly waiters: Set<Waiter>; up: boolean; pinger: NodeJS.Timeout | null; over: boolean } | null = null
  let retryTimer: NodeJS.Timeout | null = null
  let delay = options.retry.first
  let closed = false

  function connect(): void {
    retryTimer = null
    const srf = makeSrf()
    const mine = { srf, waiters: new Set<Waiter>(), up: false, pinger: null as NodeJS.Timeout | null, over: false }
    current = mine
    const end = (reason: string): void => {
      if (mine.over) return
      mine.over = true
      const wasUp = mine.up
      mine.up = false
      if (mine.pinger !== null) clearInterval(mine.pinger)
      clearTimeout(greeting)
      mine.srf.app.client.wp.liveSocket?.destroy()
      for (const { cut } of [...mine.waiters]) cut()
      if (closed) return
      options.onState({ up: false, reason })
      delay = wasUp ? options.retry.first : Math.min(options.retry.last, delay * 2)
      retryTimer = setTimeout(connect, delay * (0.75 + random() / 2))
    }
    // Whoever accepts and never says who he is: a half-open connection from the start.
    const greeting = setTimeout(() => { end('no answer to the log-in') }, options.deadline)
    srf.on('error', (error: unknown) => { end(error instanceof Error ? error.message : String(error)) })
    srf.on('close', () => { end('closed') })
    srf.on('connect', (error: unknown, hostports: unknown, version: unknown) => {
      if (mine.over) return
      if (error !== null && error !== undefined) return end('drachtio refused the secret')
      if (options.tls !== undefined && !(srf.app.client.wp.liveSocket instanceof TLSSocket)) return end('the link is not encrypted')
      clearTimeout(greeting)
      mine.up = true
      mine.pinger = startPinging(mine.srf, end)
      options.onState({ up: true, hostports: String(hostports), version: String(version) })
    })
    for (const [method, handle] of [['invite', options.onInvite], ['options', options.onOptions]] as const) {
      srf.use(method, (request, response) => {
        try {
          handle(request, response)
        } catch (error) {
          options.onTrouble(`${method} handler`, error)
        }
      })
    }
    // One attempt each: it must never connect again by itself.
    srf.connect({ host: options.host, port: options.port, secret: options.secret, reconnect: { maxAttempts: 1 }, ...(options.tls === undefined ? {} : { tls: options.tls }) })
  }

  /** Admin pings: drachtio-srf can send them, but never looks whether an answer comes (finding D6). */
  function startPinging(srf: Srf, end: (reason: string) => void): NodeJS.Timeout {
    let unanswered = 0
    return setInterval(() => {
      const { wp, mapServer } = srf.app.client
      const [entry] = mapServer
      if (entry === undefined) return end('no connection')
      const [socket, server] = entry
      if (unanswered >= options.misses) return end('drachtio does not answer')
      unanswered += 1
      server.pendingRequests.set(wp.send(socket, 'ping'), () => { unanswered = 0 })
    }, options.pingEvery)
  }

  /** Runs a callback-style command with a deadline; the end of the connection ends it too. Never rejects. */
  function within<T>(deadline: number, lost: T, start: (settle: (value: T) => void, live: Srf) => void): Promise<T> {
    const mine = current
    if (mine?.up !== true) return Promise.resolve(lost)
    return new Promise((resolve) => {
      const settle = (value: T): void => {
        clearTimeout(timer)
        mine.waiters.delete(waiter)
        resolve(value)
      }
      const waiter: Waiter = { cut: () => { settle(lost) } }
      const timer = setTimeout(settle, deadline, lost)
      mine.waiters.add(waiter)
      try {
        start(settle, mine.srf)
      } catch (error) {
        options.onTrouble('a command to drachtio', error)
        settle(lost)
      }
    })
  }

  /** drachtio-srf throws where the connection is gone (finding D4). */
  function takeBack(request: SrfRequest): void {
    if (current?.up !== true) return
    try {
      request.cancel(() => undefined)
    } catch (error) {
      options.onTrouble('CANCEL to drachtio', error)
    }
  }

  connect()
  return {
    get up() { return current?.up === true },
    proxy: (request, proxyOptions, deadline, heard) => within<ProxyEnd>(deadline, { type: 'lost' }, (settle, { app: { client } }) => {
      const answers: Answer[] = []
      /** The answer that came right before. */
      let latest: Answer | null = null
      client.proxy(request, { ...proxyOptions, stackTxnId: request.stackTxnId, fullResponse: true, finalTimeout: '' }, ([ok = '', what], raw, { address = '', port = '' }) => {
        if (ok !== 'OK') settle({ type: 'error', reason: what ?? ok })
        else if (what === 'done') settle({ type: 'final', answers, goesOn: latest !== null && !isLast(latest, proxyOptions.destination) })
        else {
          const created = /^X-Liandong-Created: *(\d{16})\r?$/im.exec(raw ?? '')?.[1]
          latest = { id: `${address}:${port}`, status: Number(/^SIP\/2\.0 (\d{3})/.exec(raw ?? '')?.[1] ?? 0), ...(created === undefined ? {} : { created: Number(created) / 1000 }) }
          answers.push(latest)
          heard?.(latest)
        }
      })
    }),
    async ask(method, uri, deadline, read) {
      const asked: { sent: boolean; request?: SrfRequest } = { sent: false }
      const status = await within<number | null>(deadline, null, (settle, srf) => {
        const headers = { 'User-Agent': 'Liandong', Accept: 'application/sdp' }
        srf.request(uri, method === 'INVITE' ? { method, headers: { ...headers, 'Content-Type': 'application/sdp' }, body: OFFER } : { method, headers }, (error, request) => {
          asked.sent = true
          if (request === undefined || (error !== null && error !== undefined)) return settle(null)
          asked.request = request
          request.on('response', (response) => {
            if (response.status < 200) return
            read?.heard(response.get(read.header))
            settle(response.status)
          })
        })
      })
      if (status === null && method === 'INVITE' && asked.request !== undefined) takeBack(asked.request)
      return status ?? (asked.sent ? null : 'unknown')
    },
    close() {
      closed = true
      if (retryTimer !== null) clearTimeout(retryTimer)
      const mine = current
      if (mine === null || mine.over) return
      mine.over = true
      mine.up = false
      if (mine.pinger !== null) clearInterval(mine.pinger)
      mine.srf.app.client.wp.liveSocket?.destroy()
      for (const { cut } of [...mine.waiters]) cut()
    },
  }
}
