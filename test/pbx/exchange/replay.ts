import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { startExchange, type ExchangeOptions, type PlacedCall } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { freePort } from '../harness/ports.js'
import { makeFrameCutter, type Frame, type Item } from './capture.js'

/** Who listens on the outbound socket in the captures, and where it wrote recordings. */
const [THEIR_PORT, THEIR_RECORDINGS] = ['127.0.0.1:18084', '/var/lib/fs/recordings']

export interface Replayed {
  /** By connection: what the capture has, and what the exchange said, its UUIDs, paths and port replaced by those of the capture. */
  readonly connections: ReadonlyMap<string, { readonly captured: readonly Frame[]; readonly replayed: readonly Frame[] }>
}

export interface Scenario {
  readonly items: readonly Item[]
  readonly keeps: (frame: Frame) => boolean
  readonly options?: Partial<ExchangeOptions>
}

/**
 * Plays a capture's scenario against the exchange: the same commands over TCP, a citizen and telephones that do what those of the capture did,
 * each step as soon as everything has come that had come by then in the capture.
 */
export async function replay(t: Test, { items, keeps, options = {} }: Scenario): Promise<Replayed> {
  const port = await freePort()
  const directory = mkdtempSync(join(tmpdir(), 'liandong-replay-'))
  const captured = new Map<string, Frame[]>()
  const replayed = new Map<string, Frame[]>()
  const sockets = new Map<string, Socket>()
  const events = items.flatMap((item) => (item.kind === 'frame' && item.frame.event !== null ? [item.frame.event] : []))
  const outboundName = items.find((item) => item.kind === 'open' && item.by === 'fs')?.connection

  // A node that is there, or one that closes at once, as in the capture.
  const serves = items.some((item) => item.kind === 'command' && item.connection === outboundName)
  const server = createServer((socket) => { if (serves && outboundName !== undefined) listen(outboundName, socket); else socket.destroy() })
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve) })
  const exchange = await startExchange({
    password: 'ClueCon', heartbeat: 600_000, speed: 0.01, ...options,
    dialplan: { 110: [['set', 'socket_resume=true'], ['socket', `127.0.0.1:${port} async full`], ['log', 'WARNING socket returned, fallback'], ['answer', ''], ['callcenter', 'police@110']] },
  })
  t.teardown(async () => {
    for (const socket of sockets.values()) socket.destroy()
    await exchange.close()
    server.close()
    rmSync(directory, { recursive: true })
  })

  function listen(name: string, socket: Socket): void {
    const cut = makeFrameCutter()
    const frames: Frame[] = []
    replayed.set(name, frames)
    sockets.set(name, socket)
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => { frames.push(...cut(chunk).filter(keeps)) })
  }

  // ── The capture's names and ours ─────────────────────────────────────────────────────────────────────────────
  let call: PlacedCall | null = null
  const legsOf = (frames: Iterable<Frame>): string[] => [...frames].flatMap(({ event }) => (event?.['Event-Name'] === 'CHANNEL_OUTGOING' ? [event['Unique-ID'] ?? ''] : []))
  const all = (of: ReadonlyMap<string, Frame[]>): Frame[] => [...of.values()].flat()
  function names(): (readonly [theirs: string, ours: string])[] {
    const citizen = events.find((event) => event['Event-Name'] === 'CHANNEL_CREATE' && event['Call-Direction'] === 'inbound')?.['Unique-ID']
    const ours = legsOf(all(replayed))
    const pairs: (readonly [string, string])[] = legsOf(all(captured)).map((theirs, at) => [theirs, ours[at] ?? theirs])
    if (citizen !== undefined && call !== null) pairs.push([citizen, call.callId])
    return [...pairs, [THEIR_PORT, `127.0.0.1:${port}`], [THEIR_RECORDINGS, directory]]
  }
  const toOurs = (text: string): string => names().reduce((done, [theirs, ours]) => done.replaceAll(theirs, ours), text)
  const toTheirs = (text: string): string => names().reduce((done, [theirs, ours]) => done.replaceAll(ours, theirs).replaceAll(encodeURIComponent(ours), encodeURIComponent(theirs)), text)

  // ── Telephones ───────────────────────────────────────────────────────────────────────────────────────────────
  for (const leg of new Set(legsOf(items.flatMap((item) => (item.kind === 'frame' ? [item.frame] : []))))) {
    const its = events.filter((event) => event['Unique-ID'] === leg)
    const has = (name: string, cause?: string): boolean => its.some((event) => event['Event-Name'] === name && (cause === undefined || event['Hangup-Cause'] === cause))
    exchange.phones.set(its[0]?.['Caller-Destination-Number'] ?? '', has('CHANNEL_PROGRESS') ? 'manual' : has('CHANNEL_HANGUP', 'USER_BUSY') ? 'busy' : has('CHANNEL_HANGUP', 'NORMAL_TEMPORARY_FAILURE') ? 'unreachable' : 'dead')
  }

  // Nobody of that machine's native queue was there.
  for (let extension = 1001; extension <= 1012; extension += 1) exchange.phones.set(String(extension), 'unregistered')

  /** What made FreeSWITCH say this, when it was somebody outside. */
  function provoke(event: Readonly<Record<string, string>>): void {
    const inbound = event['Call-Direction'] === 'inbound'
    switch (event['Event-Name']) {
      case 'CHANNEL_CREATE': if (inbound) place(); return
      case 'CHANNEL_ANSWER': if (!inbound) exchange.phones.answer(event['Caller-Destination-Number'] ?? ''); return
      case 'DTMF': call?.press(event['DTMF-Digit'] ?? ''); return
      case 'CHANNEL_HANGUP': if (inbound && call?.ended === false) { call.say('…'); call.hangUp() } return
      default: // FreeSWITCH said it by itself
    }
  }
  function place(): void {
    const born = events.find((event) => event['Event-Name'] === 'CHANNEL_CREATE' && event['Call-Direction'] === 'inbound')
    if (call !== null || born === undefined) return
    call = exchange.placeCall({ number: born['Caller-Caller-ID-Number'] ?? '', name: born['Caller-Caller-ID-Name'] ?? '', context: born['Caller-Context'] ?? '', verified: false })
  }

  const lacking = (): string => [...captured].map(([name, frames]) => `${name}: ${replayed.get(name)?.length ?? 0} of ${frames.length}, next ${describe(frames[replayed.get(name)?.length ?? 0])}`).join('; ')
  /** As much as had come in the capture. What never comes shows in the comparison. */
  let behind = false
  async function caughtUp(): Promise<void> {
    if (behind) return
    await until('the exchange', () => [...captured].every(([name, frames]) => (replayed.get(name)?.length ?? 0) >= frames.length), 8_000).catch(() => { behind = true; t.fail(`the exchange says less: ${lacking()}`) })
  }

  const provoked = new Set<string>()
  for (const item of items) {
    if (item.kind === 'open' && item.by === 'app') {
      listen(item.connection, connect(exchange.port, '127.0.0.1'))
      captured.set(item.connection, [])
    } else if (item.kind === 'open') {
      await caughtUp()
      place()
      if (serves) {
        captured.set(item.connection, [])
        await until('FreeSWITCH’s connection', () => sockets.get(item.connection), 8_000)
      }
    } else if (item.kind === 'command') {
      await caughtUp()
      sockets.get(item.connection)?.write(`${toOurs(item.text)}\n\n`)
    } else if (item.kind === 'frame') {
      const { event } = item.frame
      const sequence = event?.['Event-Sequence']
      if (event !== null && sequence !== undefined && !provoked.has(sequence)) {
        provoked.add(sequence)
        if (['CHANNEL_ANSWER', 'DTMF', 'CHANNEL_HANGUP', 'CHANNEL_CREATE'].includes(event['Event-Name'] ?? '')) await caughtUp()
        provoke(event)
      }
      if (keeps(item.frame)) captured.get(item.connection)?.push(item.frame)
    }
  }
  await caughtUp()
  return {
    connections: new Map([...captured].map(([name, frames]) => [name, {
      captured: frames,
      replayed: (replayed.get(name) ?? []).map((frame): Frame => ({ ...frame, head: toTheirs(frame.head), body: toTheirs(frame.body), event: frame.event === null ? null : JSON.parse(toTheirs(JSON.stringify(frame.event))) as Record<string, string> })),
    }])),
  }
}

const describe = (frame: Frame | undefined): string => (frame === undefined ? 'nothing' : frame.event === null ? frame.head : `${frame.event['Event-Name'] ?? ''} ${frame.event['Application'] ?? ''} ${frame.event['Call-Direction'] ?? ''}`)
