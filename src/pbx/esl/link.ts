import { connect, type Socket } from 'node:net'
import type { EslEvent } from './codec.js'
import type { ApiCall, Command } from './command.js'
import { EslConnection, EslError, type Reply } from './connection.js'

export interface LinkSettings {
  readonly host: string
  readonly port: number
  readonly password: string
  readonly events: readonly string[]
  readonly custom: readonly string[]
  /** Reconnect delay, ms: doubles from `first` to `most`, each time with jitter, so that many nodes do not come at once. */
  readonly first?: number
  readonly most?: number
  /** An application ping this often, answered within `pingDeadline`, ms. */
  readonly pingEvery?: number
  readonly pingDeadline?: number
  /** FreeSWITCH's heartbeat interval, ms (`event-heartbeat-interval`); two missed ones are the end of the link. */
  readonly heartbeat?: number
}

export interface LinkHandlers {
  /** Authenticated and subscribed. Events flow from now on, the first of them since the subscription. `restarted`: Core-UUID is another than before, all old channels are gone or recovered. */
  readonly onUp: (restarted: boolean) => void
  readonly onEvent: (event: EslEvent) => void
  readonly onDown: (reason: string) => void
  /** An attempt that did not come up: wrong password, nobody there, silence. The same reason is told once, until something else happens. */
  readonly onFailed?: (reason: string) => void
}

export interface EslLink {
  readonly up: boolean
  /** Core-UUID of the FreeSWITCH at the other end, another one after each of its starts; null while the link is down. */
  readonly core: string | null
  readonly reconnects: number
  request(command: Command, deadline?: number): Promise<Reply>
  api(call: ApiCall, deadline?: number): Promise<Reply>
  post(commands: readonly Command[], onRefused?: (text: string) => void): void
  /** See `EslConnection.wake`. */
  wake(): void
  close(): void
}

/** How many event ids are remembered for de-duplication. */
const REMEMBERED = 4_096

/**
 * The inbound connection, kept alive for ever: reconnects with jitter, watches heartbeat, ping and Core-UUID, drops repeated events.
 */
export function openLink(settings: LinkSettings, handlers: LinkHandlers, random: () => number = Math.random): EslLink {
  const { first = 200, most = 5_000, pingEvery = 1_000, pingDeadline = 2_000, heartbeat = 20_000 } = settings
  let connection: EslConnection | null = null
  let socket: Socket | null = null
  let up = false
  let closed = false
  let delay = first
  let reconnects = 0
  let coreUuid: string | null = null
  let failure: string | null = null
  let lastHeartbeat = 0
  let retry: NodeJS.Timeout | null = null
  let ping: NodeJS.Timeout | null = null
  /** Event-Sequence of the events of `seenCore`: FreeSWITCH counts them by itself (switch_event.c). */
  let seen = new Set<number>()
  let older = new Set<number>()
  let seenCore = ''
  /** Events between our subscription and `onUp`: told after it, so that they stand behind the snapshot that begins there. */
  let early: EslEvent[] = []

  function dial(): void {
    retry = null
    const mine = connect({ host: settings.host, port: settings.port })
    socket = mine
    const link = new EslConnection(mine, {
      onAuthRequest: () => { void greet(link) },
      onEvent: take,
      onClose: (reason) => { lost(reason) },
    })
    connection = link
    // A host that swallows our SYN, or accepts and says nothing, must not hold us for minutes.
    mine.setTimeout(pingDeadline + 3_000, () => { if (!up) link.destroy('no greeting from FreeSWITCH') })
  }

  async function greet(link: EslConnection): Promise<void> {
    try {
      const answer = await link.request({ verb: 'auth', password: settings.password }, pingDeadline)
      if (!answer.ok) throw new EslError('auth', 'the password is wrong (pbx.password)')
      const listening = await link.request({ verb: 'event', names: [...new Set([...settings.events, 'HEARTBEAT'])], custom: settings.custom }, pingDeadline)
      if (!listening.ok) throw new EslError('refused', listening.text)
      const asked = await link.request({ verb: 'api', call: { api: 'global_getvar', name: 'core_uuid' } }, pingDeadline)
      const core = asked.text.trim()
      // Without it every heartbeat would look like a restart.
      if (!asked.ok || core === '') throw new EslError('refused', `global_getvar core_uuid: ${core}`)
      const restarted = coreUuid !== null && core !== coreUuid
      coreUuid = core
      up = true
      failure = null
      delay = first
      lastHeartbeat = performance.now()
      // Judged after sockets were read: when our own loop stood still, the heartbeats of that time, and all that was told meanwhile, lie there.
      ping = setInterval(() => { setImmediate(() => { watch(link) }) }, pingEvery)
      handlers.onUp(restarted)
      for (const event of early.splice(0)) handlers.onEvent(event)
    } catch (error) {
      link.destroy((error as Error).message)
    }
  }

  function watch(link: EslConnection): void {
    if (link !== connection) return
    if (performance.now() - lastHeartbeat > heartbeat * 2 + pingDeadline) return link.destroy('two heartbeats missed')
    link.request({ verb: 'api', call: { api: 'uptime' } }, pingDeadline).catch(() => undefined) // its deadline ends the connection
  }

  function isRepeated(id: number, core: string): boolean {
    if (core !== seenCore) {
      seenCore = core
      seen = new Set()
      older = new Set()
    }
    if (seen.has(id) || older.has(id)) return true
    seen.add(id)
    if (seen.size >= REMEMBERED) [older, seen] = [seen, new Set()]
    return false
  }

  function take(event: EslEvent): void {
    const id = Number(event.get('Event-Sequence'))
    const core = event.get('Core-UUID')
    if (Number.isSafeInteger(id) && core !== undefined && isRepeated(id, core)) return
    if (event.name === 'HEARTBEAT') {
      lastHeartbeat = performance.now()
      if (up && core !== undefined && core !== coreUuid) return connection?.destroy('FreeSWITCH restarted')
    }
    if (up) handlers.onEvent(event)
    else early.push(event)
  }

  function lost(reason: string): void {
    if (ping !== null) clearInterval(ping)
    ping = connection = socket = null
    const was = up
    up = false
    early = []
    if (closed) return
    if (was) handlers.onDown(reason)
    else if (reason !== failure) {
      failure = reason
      handlers.onFailed?.(reason)
    }
    reconnects += 1
    retry = setTimeout(dial, delay * (0.5 + random()))
    delay = Math.min(most, delay * 2)
  }

  function request(command: Command, deadline?: number): Promise<Reply> {
    return connection === null || !up ? Promise.reject(new EslError('lost', 'the link is down')) : connection.request(command, deadline)
  }

  dial()
  return {
    get up() { return up },
    get core() { return up ? coreUuid : null },
    get reconnects() { return reconnects },
    request,
    api: (call, deadline) => request({ verb: 'api', call }, deadline),
    post: (commands, onRefused) => { if (up) connection?.post(commands, onRefused) },
    wake() { if (up) connection?.wake() },
    close() {
      closed = true
      if (retry !== null) clearTimeout(retry)
      if (ping !== null) clearInterval(ping)
      connection?.destroy('closed by us')
      socket?.destroy()
    },
  }
}
