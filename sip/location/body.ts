import { headerOf, readMessage } from '../core/message.js'

/** One part of a MIME body. */
export interface Part { readonly type: string; readonly id: string; readonly content: string }

/** Parts at most, and depth of multipart in multipart: SDP, location and something of the carrier's. */
const PARTS = 16
const DEPTH = 3

/** What an INVITE's body consists of: the whole of it, or the parts of a multipart (RFC 2046 §5.1, RFC 5621). Never throws. */
export function partsOf(contentType: string, body: string, depth = 0): readonly Part[] {
  const type = (contentType.split(';')[0] ?? '').trim().toLowerCase()
  if (!type.startsWith('multipart/')) return [{ type, id: '', content: body }]
  const boundary = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType)
  const name = boundary?.[1] ?? boundary?.[2]
  if (name === undefined || depth >= DEPTH) return []
  const lines = `\r\n${body}`.split(`\r\n--${name}`)
  return lines.slice(1, PARTS + 1).flatMap((piece) => {
    if (piece.startsWith('--')) return []
    // A part is headers, an empty line, content; like a message without its first line.
    const part = readMessage(`part${piece.replace(/^[ \t]*/, '')}`)
    const own = headerOf(part, 'content-type') ?? 'text/plain'
    if (/^multipart\//i.test(own)) return partsOf(own, part.body, depth + 1)
    return [{ type: (own.split(';')[0] ?? '').trim().toLowerCase(), id: (headerOf(part, 'content-id') ?? '').replace(/^<|>$/g, ''), content: part.body }]
  })
}
