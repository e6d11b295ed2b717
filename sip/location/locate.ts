import { partsOf } from './body.js'
import { readPidf } from './pidf.js'
import type { Place } from './place.js'

export interface LocateOptions {
  /** Hosts (`host` or `host:port`) that location references may point to; everything else is not asked. */
  readonly hosts: ReadonlySet<string>
  /** For all references of one call together, ms: the call waits no longer. */
  readonly deadline: number
  /** A body beyond this is not looked into, bytes. */
  readonly largest: number
  readonly fetch: typeof fetch
  /** Why a location was not used, for the log and the count; never the location itself. */
  readonly onLost: (reason: 'malformed' | 'unreachable' | 'too-large' | 'not-allowed' | 'no-location') => void
}

const LARGEST = 64 * 1024

/**
 * The caller's place: by value (`<cid:…>` in the same INVITE), else by reference (RFC 6442 §4). A broken or late location costs
 * nothing but itself: this never rejects, and never takes longer than the deadline.
 */
export async function locate(references: readonly string[], contentType: string, body: string, options: LocateOptions): Promise<Place | null> {
  const uris = references.map((reference) => /^<([^<>\s]{1,1000})>/.exec(reference)?.[1] ?? '').filter((uri) => uri !== '')
  if (uris.length === 0) return null
  const large = Buffer.byteLength(body) > options.largest
  const parts = !large && uris.some((uri) => uri.startsWith('cid:')) ? partsOf(contentType, body) : []
  let found: Place | null = null
  for (const uri of uris) {
    if (!uri.startsWith('cid:')) continue
    const part = parts.find(({ id }) => id !== '' && id === decode(uri.slice(4)))
    found = merge(found, large ? lost('too-large') : part === undefined ? lost('no-location') : read(part.content))
  }
  if (found?.point !== undefined) return found
  const expiry = new AbortController()
  const timer = setTimeout(() => { expiry.abort() }, options.deadline)
  try {
    for (const uri of uris) {
      if (!/^https?:/i.test(uri)) continue
      found = merge(found, await dereference(uri, expiry.signal))
      if (found?.point !== undefined) break
    }
    return found
  } finally {
    clearTimeout(timer)
  }

  function lost(reason: Parameters<LocateOptions['onLost']>[0]): null {
    options.onLost(reason)
    return null
  }

  function read(xml: string): Place | null {
    try {
      return readPidf(xml) ?? lost('no-location')
    } catch {
      return lost('malformed')
    }
  }

  async function dereference(uri: string, signal: AbortSignal): Promise<Place | null> {
    let url: URL
    try {
      url = new URL(uri)
    } catch {
      return lost('malformed')
    }
    if (!options.hosts.has(url.host) || url.username !== '' || url.password !== '') return lost('not-allowed')
    try {
      // A redirect would lead out of the list of hosts.
      const response = await options.fetch(url, { signal, redirect: 'error', headers: { accept: 'application/pidf+xml, application/held+xml' } })
      if (!response.ok) return lost('unreachable')
      const text = await bounded(response, LARGEST, signal)
      return text === null ? lost('too-large') : read(text)
    } catch {
      return lost('unreachable')
    }
  }
}

/**
 * The text of a response, or null when it is longer than that: then no more of it is read. The signal is heeded here, not left to
 * fetch: once the headers are there, Node's fetch (undici) holds what follows its signal weakly, and a garbage collection makes it
 * deaf, so that a host which answers drop by drop would hold the call for ever.
 * @throws the signal's reason
 */
async function bounded(response: Response, largest: number, signal: AbortSignal): Promise<string | null> {
  if (response.body === null) return ''
  const reader: ReadableStreamDefaultReader<Uint8Array> = response.body.getReader()
  const stop = (): void => { void reader.cancel().catch(() => undefined) }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const chunks: Uint8Array[] = []
    let size = 0
    for (;;) {
      signal.throwIfAborted()
      const { done, value } = await reader.read()
      if (done) break
      size += value.byteLength
      if (size > largest) return null
      chunks.push(value)
    }
    signal.throwIfAborted()
    return new TextDecoder('utf-8').decode(Buffer.concat(chunks))
  } finally {
    signal.removeEventListener('abort', stop)
    stop()
  }
}

const merge = (a: Place | null, b: Place | null): Place | null => (a === null ? b : b === null ? a : { ...b, ...a })

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
