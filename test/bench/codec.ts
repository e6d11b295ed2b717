import { EventEmitter } from 'node:events'
import { createRequire } from 'node:module'
import { makeCodec, type EslEvent, type Frame } from '../../src/pbx/esl/codec.js'
import { capturedStreams, cutIntoFrames } from '../helpers/captures.js'
import type { Bench, Figure } from './figure.js'
import { interleave, timed } from './measure.js'
import { attack } from './mutation.js'

/** What the switchboard asks of an event; everybody reads the same. */
const READ = ['Event-Name', 'Unique-ID', 'Event-Date-Timestamp', 'Event-Sequence', 'Core-UUID', 'variable_liandong_call', 'Hangup-Cause', 'Call-Direction'] as const
/** TCP segments on loopback come as large as the reader's buffer; over Ethernet as large as a segment. */
const CHUNKS = [65_536, 1_460] as const
const MB = 40

let sink = 0

/** Every event that FreeSWITCH wrote in the captures, as it came: about 2 MB, again and again. */
function captured(): { readonly chunks: (size: number) => Buffer[]; readonly events: number; readonly bytes: number } {
  const frames = capturedStreams().flatMap(({ bytes }) => cutIntoFrames(bytes).filter(({ head }) => head.get('Content-Type') === 'text/event-json').map(({ start, end }) => bytes.subarray(start, end)))
  const once = Buffer.concat(frames)
  const times = Math.ceil((MB * 1e6) / once.length)
  return {
    events: frames.length * times,
    bytes: once.length * times,
    chunks(size) {
      const parts: Buffer[] = []
      for (let turn = 0; turn < times; turn += 1) for (let at = 0; at < once.length; at += size) parts.push(once.subarray(at, Math.min(once.length, at + size)))
      return parts
    },
  }
}

function withCodec(chunks: readonly Buffer[], use: (event: EslEvent) => void): void {
  const codec = makeCodec((frame) => { if (frame.type === 'event') use(frame.event) })
  for (const chunk of chunks) codec.push(chunk)
}

const readAll = (event: EslEvent): void => { for (const name of READ) sink += event.get(name)?.length ?? 0 }

/** The least that any reader must do: find the empty line, read the length, parse the body. Trusts everything. */
function withBareFramer(chunks: readonly Buffer[]): void {
  let pending: Buffer = Buffer.alloc(0)
  for (const chunk of chunks) {
    const bytes = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
    let at = 0
    for (;;) {
      const empty = bytes.indexOf('\n\n', at)
      if (empty < 0) break
      const end = empty + 2 + Number(/Content-Length: (\d+)/.exec(bytes.toString('latin1', at, empty))?.[1] ?? 0)
      if (end > bytes.length) break
      const fields = JSON.parse(bytes.toString('utf8', empty + 2, end)) as Record<string, string | undefined>
      for (const name of READ) sink += fields[name]?.length ?? 0
      at = end
    }
    pending = bytes.subarray(at)
  }
}

interface ModeslEvent { getHeader(name: string): string | undefined }
const ModeslParser = createRequire(import.meta.url)('modesl/lib/esl/Parser.js') as new (socket: EventEmitter) => { on(event: 'esl::event', listener: (event: ModeslEvent) => void): void }

/** modesl's own parser. Frames are found again by recursion (M13), so chunks must not be large: 1,460 bytes are kind to it. */
function withModesl(chunks: readonly Buffer[]): void {
  const socket = new EventEmitter()
  const parser = new ModeslParser(socket)
  parser.on('esl::event', (event) => { for (const name of READ) sink += event.getHeader(name)?.length ?? 0 })
  for (const chunk of chunks) socket.emit('data', chunk)
}

export const bench: Bench = async (tell) => {
  const stream = captured()
  const figures: Figure[] = []
  const rate = (work: () => void) => () => stream.events / (timed(work) / 1000)
  for (const size of CHUNKS) {
    tell(`${stream.events} events in chunks of ${size} bytes`)
    const chunks = stream.chunks(size)
    const ours = rate(() => { withCodec(chunks, readAll) })
    const bare = await interleave(ours, rate(() => { withBareFramer(chunks) }), { rounds: 9 })
    figures.push({
      name: { zh: `解析录得的事件（每块 ${size} 字节）`, en: `captured events parsed, chunks of ${size} bytes` }, unit: 'events/s',
      ours: bare.ours, baseline: { name: 'length framer + JSON.parse', value: bare.baseline }, ratio: bare.ratio, goal: { least: 0.8, of: 'ratio' },
    })
    const modesl = await interleave(ours, rate(() => { withModesl(chunks) }), { rounds: 5, warmUp: 1 })
    figures.push({
      name: { zh: `同上，与 modesl 的解析器相比（每块 ${size} 字节）`, en: `the same against modesl’s parser, chunks of ${size} bytes` }, unit: 'events/s',
      ours: modesl.ours, baseline: { name: 'modesl 1.2.1', value: modesl.baseline }, ratio: modesl.ratio, goal: { least: 1.5, of: 'ratio' },
    })
  }
  const chunks = stream.chunks(65_536)
  const unread = await interleave(rate(() => { withCodec(chunks, (event) => { sink += event.name.length }) }), rate(() => { withBareFramer(chunks) }), { rounds: 5 })
  figures.push({
    name: { zh: '无人读取的事件：只分帧', en: 'events that nobody reads: framed only' }, unit: 'events/s',
    ours: unread.ours, baseline: { name: 'length framer + JSON.parse', value: unread.baseline }, ratio: unread.ratio,
  })
  if (sink === 0) throw new Error('nothing was read')
  figures.push(attack(1_000_000, tell, (frames: (frame: Frame) => void) => makeCodec(frames)))
  return { figures }
}
