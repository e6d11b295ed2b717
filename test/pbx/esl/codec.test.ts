import t from 'tap'
import { LIMITS, makeCodec, type CodecLimits, type Frame } from '../../../src/pbx/esl/codec.js'
import { capturedStreams, cutIntoFrames, type RawFrame } from '../../helpers/captures.js'

const streams = capturedStreams()
const nul = String.fromCharCode(0)

function decode(parts: Iterable<Buffer>, limits: CodecLimits = LIMITS): Frame[] {
  const frames: Frame[] = []
  const codec = makeCodec((frame) => frames.push(frame), limits)
  for (const part of parts) codec.push(part)
  return frames
}

/** Everything of a frame that can be read of it; `names` are asked for one by one, since headers cannot be listed. */
function told(frame: Frame | undefined, names: readonly string[]): unknown {
  if (frame?.type === 'event') return ['event', frame.event.name, frame.event.wellFormed, names.map((name) => frame.event.get(name))]
  if (frame?.type === 'reply') return ['reply', frame.text, names.map((name) => frame.headers.get(name))]
  return frame
}

/** What the codec must make of a frame, from FreeSWITCH's own rules. */
function expected({ head, body }: RawFrame): { readonly names: readonly string[]; readonly told: unknown } {
  const type = head.get('Content-Type')
  if (type === 'text/event-json') {
    const fields = JSON.parse(body.toString()) as Record<string, string | string[]>
    const names = Object.keys(fields)
    return { names, told: ['event', fields['Event-Name'], true, names.map((name) => [fields[name]].flat()[0])] }
  }
  if (type === 'command/reply') {
    const encoded = head.has('Event-Name')
    const read = (name: string): string => {
      const raw = Buffer.from(head.get(name) ?? '', 'latin1').toString()
      return !encoded ? raw : raw === '_undef_' ? '' : decodeURIComponent(raw)
    }
    const names = [...head.keys()]
    return { names, told: ['reply', read('Reply-Text'), names.map(read)] }
  }
  if (type === 'api/response') return { names: [], told: { type: 'api', body: body.toString() } }
  if (type === 'text/disconnect-notice') return { names: [], told: { type: 'disconnect', lingering: head.get('Content-Disposition') === 'linger', body: body.toString() } }
  return { names: [], told: { type: 'auth-request' } }
}

const known = streams.map(({ name, bytes }) => {
  const raw = cutIntoFrames(bytes)
  return { name, bytes, raw, wanted: raw.map(expected) }
})

/** [] when both are the same, else the place in the text where they part. */
function firstDifference(one: unknown, other: unknown): string[] {
  const [a, b] = [JSON.stringify(one), JSON.stringify(other)]
  if (a === b) return []
  let at = 0
  while (a[at] === b[at]) at += 1
  return [`${a.slice(Math.max(0, at - 60), at + 60)} ≠ ${b.slice(Math.max(0, at - 60), at + 60)}`]
}

/** One text for all frames: streams are compared as a whole. */
const digest = (frames: readonly Frame[], wanted: readonly { readonly names: readonly string[] }[]): string =>
  JSON.stringify(frames.map((frame, at) => told(frame, wanted[at]?.names ?? [])))

t.test('captures in one piece: every header of every frame is what FreeSWITCH wrote', async (t) => {
  t.equal(known.length, 18)
  for (const { name, bytes, wanted } of known) {
    const frames = decode([bytes])
    t.equal(frames.length, wanted.length, `${name}: no frame more or less`)
    t.same(frames.flatMap((frame, at) => firstDifference(told(frame, wanted[at]?.names ?? []), wanted[at]?.told)), [], name)
  }
})

t.test('captures byte by byte, and in chunks of other sizes, give the same frames', async (t) => {
  for (const { name, bytes, wanted } of known) {
    const whole = digest(decode([bytes]), wanted)
    const wrong = [1, 2, 3, 7, 61, 1_460, 4_096, 65_536].filter((size) => digest(decode(chunks(bytes, size)), wanted) !== whole)
    t.same(wrong, [], name)
  }
})

t.test('Chinese text in the captures survives', async (t) => {
  const answered = known.find(({ name }) => name === 'answered outbound2')!
  const [connect] = decode([answered.bytes])
  t.equal(connect?.type === 'reply' ? connect.headers.get('Caller-Caller-ID-Name') : '', '张 100% \\%{uuid}')
})

// ── Callers ──────────────────────────────────────────────────────────────────────────────────────────────────────

const percent = (bytes: Buffer): string => [...bytes].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join('')
const gbk = Buffer.from([0xd5, 0xc5, 0xc8, 0xfd]) // 张三
const gbkWithBackslash = Buffer.from([0x81, 0x5c, 0xd5, 0xc5]) // 乗張: the second byte of the first character is a backslash
const connectReply = (fields: Readonly<Record<string, string>>): Buffer =>
  Buffer.from(`Event-Name: CHANNEL_DATA\n${Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`).join('')}Content-Type: command/reply\nReply-Text: %2BOK%0A\nSocket-Mode: async\nControl: full\n\n`, 'latin1')
const jsonEvent = (body: Buffer): Buffer => Buffer.concat([Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-json\n\n`), body])
const fieldsOf = (bytes: Buffer): ((name: string) => string | undefined) => {
  const [frame] = decode([bytes])
  if (frame?.type === 'reply') return (name) => frame.headers.get(name)
  if (frame?.type === 'event') return (name) => frame.event.get(name)
  throw new Error(`not read: ${JSON.stringify(frame)}`)
}

t.test('the reply to connect: percent-encoded bytes, whatever the caller sent', async (t) => {
  const get = fieldsOf(connectReply({
    'Gbk': percent(gbk), 'Utf8': percent(Buffer.from('张三😀')), 'Latin1': '%E9t%E9', 'Truncated': '%E5%BC', 'Bare': '100%', 'Half': '%4', 'NoHex': '%zz%4G',
    'Lower': '%e5%bc%a0', 'Nul': 'a%00b', 'Newline': '138%0A%0Aapi%20status', 'Array': 'ARRAY%3A%3Aone%7C%3Atwo', 'EmptyArray': 'ARRAY%3A%3A', 'Empty': '_undef_', 'Colon': 'a%3A%20b',
    ['__proto__']: 'x',
  }))
  t.equal(get('Gbk'), '张三')
  t.equal(get('Utf8'), '张三😀')
  t.type(get('Latin1'), 'string', 'neither UTF-8 nor GBK: some text, no exception')
  t.type(get('Truncated'), 'string')
  t.equal(get('Bare'), '100%')
  t.equal(get('Half'), '%4')
  t.equal(get('NoHex'), '%zz%4G')
  t.equal(get('Lower'), '张')
  t.equal(get('Nul'), `a${nul}b`)
  t.equal(get('Newline'), '138\n\napi status', 'a newline of a caller is text, not a frame')
  t.equal(get('Array'), 'one')
  t.equal(get('EmptyArray'), '')
  t.equal(get('Empty'), '', 'the plain form of an empty value')
  t.equal(get('Colon'), 'a: b')
  t.equal(get('__proto__'), 'x')
  t.equal(get('constructor'), undefined)
  t.equal(get('Reply-Text'), '+OK\n')
  t.equal(decode([connectReply({ Newline: '138%0A%0Aapi%20status' })]).length, 1)
})

t.test('any other reply is raw: a bare % stays, also where the text mentions Event-Name', async (t) => {
  const [one, two] = decode([Buffer.from('Content-Type: command/reply\nReply-Text: -ERR 100% %41\n\nContent-Type: command/reply\nReply-Text: -ERR invalid session id [Event-Name: %41]\n\n')])
  t.match(one, { type: 'reply', text: '-ERR 100% %41' })
  t.match(two, { type: 'reply', text: '-ERR invalid session id [Event-Name: %41]' })
})

t.test('JSON events: GBK bytes, arrays, numbers, newlines, prototype keys', async (t) => {
  const body = Buffer.concat([
    Buffer.from('{"Event-Name":"CHANNEL_CREATE","Caller-Caller-ID-Name":"'), gbk, Buffer.from('","Caller-Orig-Caller-ID-Name":"'), Buffer.from([0x81, 0x5c, 0x5c, 0xd5, 0xc5]),
    Buffer.from('","Utf8":"李四😀","variable_x":["first","second"],"none":[],"deep":[["x"]],"n":5,"o":{},"nil":null,"sip_from_user":"138\\n\\napi status","escaped":"\\u5f20","__proto__":"p","E":""}'),
  ])
  const get = fieldsOf(jsonEvent(body))
  t.equal(get('Caller-Caller-ID-Name'), '张三')
  t.equal(get('Caller-Orig-Caller-ID-Name'), new TextDecoder('gb18030').decode(gbkWithBackslash), 'FreeSWITCH escapes byte by byte')
  t.equal(get('Utf8'), '李四😀', 'one caller’s GBK does not spoil what is UTF-8')
  t.equal(get('variable_x'), 'first')
  t.equal(get('none'), undefined)
  t.equal(get('deep'), undefined)
  t.equal(get('n'), '5')
  t.equal(get('o'), undefined)
  t.equal(get('nil'), undefined)
  t.equal(get('sip_from_user'), '138\n\napi status')
  t.equal(get('escaped'), '张')
  t.equal(get('__proto__'), 'p')
  t.equal(get('toString'), undefined)
  t.equal(get('E'), '')
})

t.test('JSON that is none: the event is there, knows nothing, and the stream goes on', async (t) => {
  for (const text of ['', '{', 'null', '[]x', '"text"', '{"Event-Name":"X', `{"a":"${nul}"}`]) {
    const frames = decode([Buffer.concat([jsonEvent(Buffer.from(text)), jsonEvent(Buffer.from('{"Event-Name":"HEARTBEAT"}'))])])
    t.equal(frames.length, 2, JSON.stringify(text))
    const [bad, good] = frames
    t.equal(bad?.type === 'event' && bad.event.wellFormed, false)
    t.equal(bad?.type === 'event' ? bad.event.get('Event-Name') : 'no event', undefined)
    t.type(bad?.type === 'event' ? bad.event.name : null, 'string')
    t.equal(good?.type === 'event' ? good.event.name : '', 'HEARTBEAT')
  }
})

t.test('plain and XML events, log lines and anything else are stepped over by their length', async (t) => {
  const inner = 'Event-Name: HEARTBEAT\nCaller-Caller-ID-Name: %D5%C5\nContent-Length: 30\n\nContent-Type: command/reply\n\n\n'
  const odd = ['text/event-plain', 'text/event-xml', 'log/data', 'something/else'].map((type) => Buffer.from(`Content-Length: ${Buffer.byteLength(inner)}\nContent-Type: ${type}\n\n${inner}`))
  const bytes = Buffer.concat([...odd, Buffer.from('Content-Type: api/response\nContent-Length: 4\n\n+OK\n')])
  for (const size of [1, 5, bytes.length]) {
    t.same(decode(chunks(bytes, size)), [
      { type: 'other', contentType: 'text/event-plain' }, { type: 'other', contentType: 'text/event-xml' }, { type: 'other', contentType: 'log/data' }, { type: 'other', contentType: 'something/else' },
      { type: 'api', body: '+OK\n' },
    ])
  }
})

t.test('Content-Length counts bytes, stands anywhere among the headers, and may be missing', async (t) => {
  t.same(decode([Buffer.from('Content-Type: api/response\nContent-Length: 6\n\n张三Content-Length: 3\nContent-Type: api/response\n\nabcContent-Type: api/response\n\nContent-Type: auth/request\n\n')]),
    [{ type: 'api', body: '张三' }, { type: 'api', body: 'abc' }, { type: 'api', body: '' }, { type: 'auth-request' }])
  t.same(decode([Buffer.from('Content-Type: text/rude-rejection\nContent-Length: 24\n\nAccess Denied, go away.\n')]), [{ type: 'rude-rejection' }])
})

// ── Limits ───────────────────────────────────────────────────────────────────────────────────────────────────────

const tight: CodecLimits = { headerBytes: 1_000, bodyBytes: 5_000, headers: 10 }
const next = Buffer.from('Content-Type: auth/request\n\n')

t.test('limits: one broken frame, then silence', async (t) => {
  const cases: Record<string, Buffer> = {
    'headers that never end': Buffer.alloc(1_100, 'x'),
    'a header block that is too long': Buffer.from(`A: ${'x'.repeat(1_000)}\n\n`),
    'a body that is too long': Buffer.from('Content-Type: api/response\nContent-Length: 5001\n\n'),
    'a length that is negative': Buffer.from('Content-Type: api/response\nContent-Length: -1\n\n'),
    'a length that is no number': Buffer.from('Content-Type: api/response\nContent-Length: NaN\n\n'),
    'a length in hexadecimal': Buffer.from('Content-Type: api/response\nContent-Length: 0x10\n\n'),
    'a length with a tail': Buffer.from('Content-Type: api/response\nContent-Length: 12 34\n\n'),
    'an empty length': Buffer.from('Content-Type: api/response\nContent-Length: \n\n'),
    'a length beyond all measure': Buffer.from('Content-Type: api/response\nContent-Length: 99999999999999999999\n\n'),
    'too many headers': Buffer.from(`Content-Type: command/reply\n${'A: b\n'.repeat(12)}\n`),
  }
  for (const [what, bytes] of Object.entries(cases)) {
    for (const size of [1, bytes.length]) {
      const frames = decode([...chunks(bytes, size), next, next], tight)
      t.match(frames, [{ type: 'broken', reason: String }], what)
      t.equal(frames.length, 1, `${what}: silent afterwards`)
    }
  }
  t.match(decode([Buffer.from(`Content-Type: api/response\nContent-Length: 5000\n\n${'x'.repeat(5_000)}`)], tight), [{ type: 'api' }], 'the limit itself is allowed')
})

t.test('what is announced is not allocated, what is pending stays bounded', async (t) => {
  const before = process.memoryUsage().arrayBuffers
  const waiting = Array.from({ length: 500 }, () => {
    const codec = makeCodec(() => undefined)
    codec.push(Buffer.from('Content-Type: api/response\nContent-Len'))
    codec.push(Buffer.from(`gth: ${LIMITS.bodyBytes}\n\nx`))
    return codec
  })
  t.ok(process.memoryUsage().arrayBuffers - before < 64 << 20, `${waiting.length} announcements of 16 MB`)

  const frames: Frame[] = []
  const codec = makeCodec((frame) => frames.push(frame), tight)
  const chunk = Buffer.alloc(700, 'x')
  for (let n = 0; n < 10_000; n += 1) codec.push(chunk)
  t.match(frames, [{ type: 'broken' }])

  // 64 MB through one codec in pieces that never end with a frame: memory must not follow.
  const small = Buffer.concat([jsonEvent(Buffer.from('{"Event-Name":"HEARTBEAT"}'))])
  const odd = Buffer.concat([small.subarray(20), ...Array.from({ length: 800 }, () => small), small.subarray(0, 20)])
  let events = 0
  const long = makeCodec((frame) => { if (frame.type === 'event') events += 1 })
  long.push(small.subarray(0, 20))
  const start = process.memoryUsage().arrayBuffers
  for (let n = 0; n < 1_000; n += 1) long.push(odd)
  t.equal(events, 801_000)
  t.ok(process.memoryUsage().arrayBuffers - start < 32 << 20)
})

// ── Mutation ─────────────────────────────────────────────────────────────────────────────────────────────────────

t.test('20,000 mutated frames: no exception, no more frames than empty lines, at most one broken and that last', async (t) => {
  let state = 110
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
  const corpus = known.flatMap(({ bytes, raw }) => raw.map(({ start, end }) => bytes.subarray(start, end))).filter(({ length }) => length < 12_000)
  const pieces = ['\n', '\n\n', '\r\n', ': ', '%', '%E5', nul, 'Content-Length: 7\n', 'Content-Length: -7\n', 'Content-Length: 1e9\n', 'Content-Type: command/reply\n', 'Event-Name: x\n', 'ARRAY::', '{', '"', '\\', '\u00ff'].map((text) => Buffer.from(text, 'latin1'))
  const mutate = (frame: Buffer): Buffer => {
    let bytes = Buffer.from(frame)
    for (let times = 1 + random(4); times > 0; times -= 1) {
      const at = random(random(2) === 0 ? Math.min(bytes.length, 200) : bytes.length)
      switch (random(6)) {
        case 0: bytes[at] = random(256); break
        case 1: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(20))]); break
        case 2: bytes = Buffer.concat([bytes.subarray(0, at), pieces[random(pieces.length)]!, bytes.subarray(at)]); break
        case 3: bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(random(at + 1), at), bytes.subarray(at)]); break
        case 4: bytes = bytes.subarray(0, at); break
        default: bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
      }
    }
    return bytes
  }
  const problems: string[] = []
  const seen = new Map<string, number>()
  for (let n = 0; n < 20_000 && problems.length < 5; n += 1) {
    const bytes = Buffer.concat([mutate(corpus[random(corpus.length)]!), next, mutate(corpus[random(corpus.length)]!)])
    const emptyLines = bytes.toString('latin1').split('\n').length
    const frames: Frame[] = []
    try {
      const codec = makeCodec((frame) => frames.push(frame), { headerBytes: 8_192, bodyBytes: 65_536, headers: 500 })
      for (let at = 0; at < bytes.length;) {
        const size = random(3) === 0 ? 1 + random(16) : 1 + random(bytes.length)
        codec.push(bytes.subarray(at, at + size))
        at += size
      }
      for (const frame of frames) {
        seen.set(frame.type, (seen.get(frame.type) ?? 0) + 1)
        told(frame, ['Unique-ID', 'Caller-Caller-ID-Name', '_body', 'Reply-Text'])
      }
    } catch (error) {
      problems.push(`seed ${n}: ${String(error)}`)
    }
    const broken = frames.findIndex(({ type }) => type === 'broken')
    if (broken >= 0 && broken !== frames.length - 1) problems.push(`${n}: goes on after broken`)
    if (frames.length > emptyLines) problems.push(`${n}: ${frames.length} frames from ${emptyLines} lines`)
  }
  t.same(problems, [])
  for (const type of ['event', 'reply', 'api', 'auth-request', 'disconnect', 'other', 'broken']) t.ok((seen.get(type) ?? 0) > 50, `${type} was met`)
})

function* chunks(bytes: Buffer, size: number): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
