import { createHash } from 'node:crypto'

/** An id that is the same for the same facts: a replay makes the same row. (RFC 9562 version 8.) */
export function idFrom(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
