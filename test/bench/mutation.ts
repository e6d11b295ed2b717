import type { Codec, Frame } from '../../src/pbx/esl/codec.js'
import { capturedStreams, cutIntoFrames } from '../helpers/captures.js'
import type { Figure } from './figure.js'
import { collect } from './measure.js'

/** Pieces that mean something to the protocol: a mutation by chance alone seldom writes one. */
const HOSTILE = ['\n', '\n\n', ': ', 'Content-Length: 0\n', 'Content-Length: 999999999\n', 'Content-Length: -1\n', 'Content-Type: command/reply\n', '%', '%0A%0A', 'ARRAY::', '|:', '{', '"', '\\u0000', '\u0000', '\ufffd', '__proto__', 'Event-Name: '].map((text) => Buffer.from(text))
/** A frame that takes longer than this is a hang, ms: a scan of its bytes takes a thousandth of it, a collection of garbage a tenth. */
const HANG = 1_000
/** Live heap may grow by this much from first to last, bytes. */
const BOUND = 32 << 20
const NAMES = ['Event-Name', 'Unique-ID', 'Reply-Text', 'variable_sip_from_user', '__proto__', '_body'] as const

/** mulberry32: the same mutations in every run, so that what fails can be seen again. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) % below
  }
}

function mutate(frame: Buffer, other: Buffer, random: (below: number) => number): Buffer {
  let bytes: Buffer = Buffer.from(frame)
  for (let left = 1 + random(4); left > 0; left -= 1) {
    // Half of the blows fall on the headers, which are a hundredth of the bytes.
    const at = random(random(2) === 0 ? Math.min(80, bytes.length) : bytes.length)
    switch (random(6)) {
      case 0: if (at < bytes.length) bytes[at] = random(256); break
      case 1: if (at < bytes.length) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8)); break
      case 2: bytes = Buffer.concat([bytes.subarray(0, at), HOSTILE[random(HOSTILE.length)] ?? other, bytes.subarray(at)]); break
      case 3: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + 1 + random(40)))]); break
      case 4: bytes = Buffer.concat([bytes.subarray(0, at), other.subarray(random(other.length))]); break
      default: bytes = bytes.subarray(0, at + 1)
    }
    if (bytes.length === 0) return Buffer.from('\n\n')
  }
  return bytes
}

/** Reads what can be read of a frame: a parser that is lazy may throw late. → characters read. */
function touch(frame: Frame): number {
  const from = frame.type === 'event' ? frame.event : frame.type === 'reply' ? frame.headers : null
  if (from === null) return 0
  const values = NAMES.reduce((sum, name) => sum + (from.get(name)?.length ?? 0), 0)
  return values + (frame.type === 'event' ? frame.event.name.length + Number(frame.event.wellFormed) : 0)
}

/**
 * `count` mutated frames, followed by a whole one, in one or two pieces. A codec lives on until it calls its stream broken, or until a false length
 * has swallowed a thousand frames, as it would on a real connection.
 */
export function attack(count: number, tell: (line: string) => void, open: (onFrame: (frame: Frame) => void) => Codec): Figure {
  const frames = capturedStreams().flatMap(({ bytes }) => cutIntoFrames(bytes).map(({ start, end }) => bytes.subarray(start, end)))
  const random = makeRandom(110)
  const pick = (): Buffer => frames[random(frames.length)] ?? Buffer.from('\n\n')
  const state = { broken: false, seen: 0, breaks: 0, read: 0 }
  let slowest = 0
  let thrown = ''
  let spent = 0
  const fresh = (): Codec => open((frame) => {
    state.seen += 1
    if (frame.type === 'broken') { state.broken = true; state.breaks += 1 }
    state.read += touch(frame)
  })
  let codec = fresh()
  collect()
  const before = live()
  let highest = before
  for (let turn = 0, age = 0; turn < count && thrown === ''; turn += 1) {
    const hurt = mutate(pick(), pick(), random)
    const cut = random(hurt.length)
    const began = performance.now()
    try {
      codec.push(hurt.subarray(0, cut))
      codec.push(hurt.subarray(cut))
      codec.push(pick())
    } catch (error) {
      thrown = `frame ${turn}: ${(error as Error).stack ?? String(error)}`
    }
    const took = performance.now() - began
    spent += took
    slowest = Math.max(slowest, took)
    age += 1
    if (state.broken || age > 1_000) {
      codec = fresh()
      state.broken = false
      age = 0
    }
    if (turn % 100_000 === 99_999) {
      collect()
      highest = Math.max(highest, live())
      tell(`${turn + 1} mutated frames, ${state.seen} frames out, ${state.breaks} streams given up`)
    }
  }
  const grown = highest - before
  const good = thrown === '' && state.read > 0 && slowest < HANG && grown < BOUND
  return {
    name: { zh: `${count.toLocaleString('en-US')} 个变异帧：无异常、不停顿、内存有界`, en: `${count.toLocaleString('en-US')} mutated frames: no exception, no hang, bounded memory` }, unit: 'failures',
    ours: good ? 0 : 1, goal: { most: 0, of: 'ours' },
    note: `${thrown === '' ? '' : `${thrown}; `}${Math.round(count / (spent / 1000)).toLocaleString('en-US')} frames/s, slowest ${slowest.toFixed(1)} ms, live memory +${(grown / 2 ** 20).toFixed(1)} MiB, ${state.breaks.toLocaleString('en-US')} streams given up as broken`,
  }
}

function live(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
