import { apiText, decodeBinary, decodeText, firstOfArray, percentDecode } from './caller-text.js'

/**
 * The event socket's frames, byte by byte (mod_event_socket.c `listener_run`, `read_packet`).
 * A frame is headers up to an empty line; with `Content-Length`, that many bytes follow. No order of headers may be assumed.
 * Pure: bytes in, frames out; it never throws by itself. A stream it cannot trust ends in one `broken` frame, after which it is silent.
 */
export type Frame =
  | { readonly type: 'auth-request' }
  | { readonly type: 'rude-rejection' }
  /** Reply to every command but `api`; also a refused `api`. `headers` of a `connect` reply are percent-decoded. */
  | { readonly type: 'reply'; readonly text: string; readonly headers: Headers }
  | { readonly type: 'api'; readonly body: string }
  | { readonly type: 'event'; readonly event: EslEvent }
  | { readonly type: 'disconnect'; readonly lingering: boolean; readonly body: string }
  | { readonly type: 'other'; readonly contentType: string }
  | { readonly type: 'broken'; readonly reason: string }

export interface Headers { get(name: string): string | undefined }

/** One event. Its JSON is parsed only for a value that cannot be read off its text: of most events two or three of two hundred are wanted. */
export interface EslEvent extends Headers {
  readonly name: string
  /** False when the JSON cannot be parsed: then `get` knows at most what stands there plainly. */
  readonly wellFormed: boolean
  /** Whether the event's text has these (ASCII) characters anywhere: one look, before many at headers that are not there. */
  mentions(characters: string): boolean
}

export interface CodecLimits { readonly headerBytes: number; readonly bodyBytes: number; readonly headers: number }
export const LIMITS: CodecLimits = { headerBytes: 1 << 20, bodyBytes: 16 << 20, headers: 4_000 }

export interface Codec { push(chunk: Buffer): void }

const LF = 0x0a
/** A buffer of at most so many bytes is kept for the next frame. */
const SPARE = 64 << 10

/** Cuts a stream of bytes into frames of the event socket (mod_event_socket.c), wherever the chunks end. Never throws: a stream that breaks the limits ends in one `broken` frame. */
export function makeCodec(onFrame: (frame: Frame) => void, limits: CodecLimits = LIMITS): Codec {
  /** Unconsumed bytes are `store[start..end)`. A chunk that arrives while nothing is pending is read in place, without a copy. */
  let store: Buffer = Buffer.alloc(0)
  let start = 0
  let end = 0
  let own = false
  /** A buffer of ours for the next frame that comes in pieces. */
  let spare: Buffer = Buffer.alloc(0)
  /** How far the search for the empty line has come, so that no byte is looked at twice. */
  let scanned = 0
  let body: { readonly contentType: string; readonly head: string; readonly from: number; readonly length: number } | null = null
  let broken = false

  function append(chunk: Buffer): void {
    if (start === end) {
      if (own && store.length <= SPARE) spare = store
      store = chunk
      start = scanned = 0
      end = chunk.length
      own = false
      return
    }
    const pending = end - start
    if (!own || store.length - end < chunk.length) {
      const room = pending + chunk.length
      const grown = own && store.length >= room ? store : !own && spare.length >= room ? spare : Buffer.allocUnsafe(Math.max(4_096, room * 2))
      store.copy(grown, 0, start, end)
      if (body !== null) body = { ...body, from: body.from - start }
      scanned -= start
      store = grown
      start = 0
      end = pending
      own = true
    }
    chunk.copy(store, end)
    end += chunk.length
  }

  function fail(reason: string): void {
    broken = true
    store = spare = Buffer.alloc(0)
    start = end = 0
    onFrame({ type: 'broken', reason })
  }

  function* frames(): Generator<Frame> {
    for (;;) {
      if (body === null) {
        const at = emptyLine()
        if (at < 0) {
          if (end - start > limits.headerBytes) fail('header block too long')
          return
        }
        if (at - start > limits.headerBytes) return fail('header block too long')
        const head = store.toString('latin1', start, at)
        const length = contentLength(head)
        if (length === null || length > limits.bodyBytes) return fail('bad Content-Length')
        body = { contentType: headerOf(head, 'Content-Type') ?? '', head, from: at + 2, length }
      }
      if (end - body.from < body.length) return
      const { contentType, head, from, length } = body
      body = null
      start = scanned = from + length
      if (contentType === 'command/reply' && lineCount(head) > limits.headers) return fail('too many headers')
      yield toFrame(contentType, head, store, from, length)
    }
  }

  function emptyLine(): number {
    for (;;) {
      const at = store.indexOf(LF, Math.max(scanned, start))
      if (at < 0 || at + 1 >= end) {
        scanned = at < 0 || at >= end ? end : at
        return -1
      }
      if (store[at + 1] === LF) return at
      scanned = at + 1
    }
  }

  return {
    push(chunk) {
      if (broken || chunk.length === 0) return
      append(chunk)
      for (const frame of frames()) onFrame(frame)
    },
  }
}

function toFrame(contentType: string, head: string, store: Buffer, from: number, length: number): Frame {
  switch (contentType) {
    case 'text/event-json': return { type: 'event', event: new JsonEvent(store.toString('latin1', from, from + length)) }
    case 'api/response': return { type: 'api', body: apiText(store.subarray(from, from + length)) }
    case 'auth/request': return { type: 'auth-request' }
    case 'text/rude-rejection': return { type: 'rude-rejection' }
    case 'text/disconnect-notice':
      return { type: 'disconnect', lingering: headerOf(head, 'Content-Disposition') === 'linger', body: store.toString('utf8', from, from + length) }
    case 'command/reply': {
      const headers = plainHeaders(head)
      return { type: 'reply', text: headers.get('Reply-Text') ?? '', headers }
    }
    default: return { type: 'other', contentType }
  }
}

function lineCount(head: string): number {
  let lines = 1
  for (let at = head.indexOf('\n'); at >= 0; at = head.indexOf('\n', at + 1)) lines += 1
  return lines
}

/** `Content-Length` as FreeSWITCH writes it: digits. 0 when absent, null when it is anything else. */
function contentLength(head: string): number | null {
  const text = headerOf(head, 'Content-Length')
  if (text === undefined) return 0
  return /^\d{1,9}$/.test(text) ? Number(text) : null
}

function headerOf(head: string, name: string): string | undefined {
  let at = head.startsWith(`${name}: `) ? 0 : head.indexOf(`\n${name}: `) + 1
  if (at === 0 && !head.startsWith(`${name}: `)) return undefined
  at += name.length + 2
  const stop = head.indexOf('\n', at)
  return head.slice(at, stop < 0 ? undefined : stop)
}

/**
 * Headers of a reply, read off its text when they are asked for: of the two hundred of a channel a dozen are. The reply to `connect` (it alone
 * has Event-Name) is percent-encoded *bytes* in whatever charset the caller used; any other Reply-Text is raw, and a bare `%` in it is legal.
 * An empty value of the former is written `_undef_` (switch_event.c).
 */
function plainHeaders(head: string): Headers {
  const encoded = headerOf(head, 'Event-Name') !== undefined
  return { get: (name) => {
    const raw = headerOf(head, name)
    if (raw === undefined) return undefined
    if (encoded && raw === '_undef_') return ''
    const bytes = encoded && raw.includes('%') ? percentDecode(raw) : Buffer.from(raw, 'latin1')
    return firstOfArray(decodeText(bytes))
  } }
}

const NAME_FIRST = '{"Event-Name":"'
const [COMMA, BRACE, QUOTE] = [0x2c, 0x7b, 0x22]
/** From this length on V8's `slice` refers to the string it was cut from (string.h, SlicedString::kMinLength). */
const SLICED = 13

/** A class, since there is one for each event: an object of closures and getters took more time than the parsing of its JSON (test/bench/codec.ts). */
class JsonEvent implements EslEvent {
  /**
   * The bytes are kept, one a character, since the buffer is used again, and each value is decoded by itself:
   * one caller's GBK must not spoil the others. JSON's own syntax is ASCII, and FreeSWITCH escapes byte by byte.
   */
  readonly #text: string
  #fields: Record<string, unknown> | null | undefined

  constructor(text: string) { this.#text = text }

  get name(): string {
    const text = this.#text
    return text.startsWith(NAME_FIRST) ? text.slice(NAME_FIRST.length, text.indexOf('"', NAME_FIRST.length)) : this.get('Event-Name') ?? ''
  }

  get wellFormed(): boolean { return this.#parsed() !== null }
  mentions(characters: string): boolean { return this.#text.includes(characters) }

  /**
   * FreeSWITCH's JSON is one flat object without blanks (switch_event.c, cJSON_PrintUnformatted), and a quote within a string is escaped:
   * `,"name":"` stands only before the value of that name.
   */
  get(name: string): string | undefined {
    if (this.#fields !== undefined) return this.#looked(name)
    const text = this.#text
    const at = text.indexOf(`"${name}":`)
    if (at < 0) return undefined
    const from = at + name.length + 4
    const before = text.charCodeAt(at - 1)
    const to = text.charCodeAt(from - 1) === QUOTE && (before === COMMA || before === BRACE) ? text.indexOf('"', from) : -1
    const value = text.slice(from, to)
    if (to < 0 || value.includes('\\')) return this.#looked(name)
    // A copy: a slice would keep the whole event alive for as long as its value is remembered.
    return decodeBinary(value.length < SLICED ? value : Buffer.from(value, 'latin1').toString('latin1'))
  }

  #looked(name: string): string | undefined {
    const all = this.#parsed()
    if (all === null || !Object.hasOwn(all, name)) return undefined
    const value = all[name]
    const one: unknown = Array.isArray(value) ? value[0] : value
    return typeof one === 'string' ? decodeBinary(one) : typeof one === 'number' ? String(one) : undefined
  }

  #parsed(): Record<string, unknown> | null {
    if (this.#fields === undefined) {
      try {
        const value: unknown = JSON.parse(this.#text)
        this.#fields = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
      } catch {
        this.#fields = null
      }
    }
    return this.#fields
  }
}
