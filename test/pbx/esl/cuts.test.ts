import t from 'tap'
import { makeCodec, type Frame } from '../../../src/pbx/esl/codec.js'
import { capturedStreams, cutIntoFrames } from '../../helpers/captures.js'

// Every byte of 2.4 MB as a cut: the machine, not the codec, says how long that takes.
t.setTimeout(600_000)
const auth = Buffer.from('Content-Type: auth/request\n\n')

function decode(parts: readonly Buffer[]): Frame[] {
  const frames: Frame[] = []
  const codec = makeCodec((frame) => frames.push(frame))
  for (const part of parts) codec.push(part)
  return frames
}

/**
 * Everything of a frame as texts. An event's text is what it hands to `JSON.parse`: comparing that is as sharp as comparing every header,
 * and cheap enough for every byte of a long body. A reply is read at its first and last headers; what lies between is one text with them.
 */
function texts(frame: Frame | undefined, names: readonly string[]): readonly unknown[] {
  if (frame?.type === 'reply') return [frame.type, frame.text, ...names.map((name) => frame.headers.get(name))]
  if (frame?.type !== 'event') return frame === undefined ? [] : Object.values(frame)
  return [frame.type, frame.event.wellFormed, frame.event.name, handed]
}

const same = (one: readonly unknown[], other: readonly unknown[]): boolean => one.length === other.length && one.every((value, at) => value === other[at])

/** What `JSON.parse` was handed last, while it only listens. Put in its place once, not for each cut: that alone would take longer than the cuts. */
let handed = ''
function listening<T>(work: () => T): T {
  const { parse } = JSON
  JSON.parse = (text: string) => { handed = text; return {} }
  try { return work() } finally { JSON.parse = parse }
}

/** Of these bytes: how many cuts there were, and which of them changed something. */
function cutEverywhere(bytes: Buffer): { readonly cuts: number; readonly wrong: readonly number[] } {
  // A frame and its neighbours are all that one cut can touch. Short ones stand for those: one before, so that the frame does not begin where
  // the chunk does; one after, so that a body that ends too late or too early is seen.
  const wrong: number[] = []
  let cuts = 0
  for (const { start, end, head } of cutIntoFrames(bytes)) {
    const text = Buffer.concat([auth, bytes.subarray(start, end), auth])
    const all = [...head.keys()]
    const names = [...all.slice(0, 2), ...all.slice(-2)]
    const whole = texts(decode([text])[1], names)
    // One codec for all the cuts of a frame: each of them also begins where another has ended.
    let frames: Frame[] = []
    const codec = makeCodec((frame) => frames.push(frame))
    for (let cut = 1; cut <= end - start; cut += 1) {
      cuts += 1
      frames = []
      handed = ''
      codec.push(text.subarray(0, auth.length + cut))
      codec.push(text.subarray(auth.length + cut))
      if (frames.length !== 3 || frames[2]?.type !== 'auth-request' || !same(texts(frames[1], names), whole)) wrong.push(start + cut)
    }
  }
  return { cuts, wrong }
}

t.test('a cut at any byte of any capture changes nothing', async (t) => {
  for (const { name, bytes } of capturedStreams()) {
    const { cuts, wrong } = listening(() => cutEverywhere(bytes))
    t.equal(cuts, bytes.length, `${name}: every byte`)
    t.same(wrong, [], `${name}: ${cuts} cuts`)
  }
})
