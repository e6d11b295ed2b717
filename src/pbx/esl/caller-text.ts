import { isUtf8 } from 'node:buffer'

/** `%E5` → byte 0xE5; a `%` that starts no escape stays. (switch_utils.c `switch_url_decode` does the same.) */
export function percentDecode(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length)
  let length = 0
  for (let at = 0; at < text.length; at += 1) {
    const hex = text.charCodeAt(at) === 0x25 ? text.slice(at + 1, at + 3) : ''
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes[length++] = parseInt(hex, 16)
      at += 2
    } else {
      bytes[length++] = text.charCodeAt(at)
    }
  }
  return bytes.subarray(0, length)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const gb18030 = new TextDecoder('gb18030')

/** UTF-8; where it is not, GB18030: what Chinese switches send as display names. Never throws. */
export function decodeText(bytes: Buffer): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return gb18030.decode(bytes)
  }
}

/** Text held one byte a character → text. A character above 0xFF was written as `\\uXXXX`: then it is text already. */
export const decodeBinary = (text: string): string => (/[\u0080-\u00ff]/.test(text) && !/[\u0100-\uffff]/.test(text) ? decodeText(Buffer.from(text, 'latin1')) : text)

/** A caller can make any value look like FreeSWITCH's array notation `ARRAY::a|:b` (switch_event.c). We take the first. */
export const firstOfArray = (value: string): string => (value.startsWith('ARRAY::') ? value.slice(7).split('|:')[0] ?? '' : value)

/**
 * An `api` response. `uuid_dump … json` and `show … as json` carry callers' text in any charset: each JSON string is decoded by itself,
 * after its escapes are undone, since the second byte of a GBK character may be a backslash.
 */
export function apiText(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8')
  const binary = bytes.toString('latin1')
  if (!binary.startsWith('{')) return decodeText(bytes)
  try {
    return JSON.stringify(JSON.parse(binary, (_name, value: unknown) => (typeof value === 'string' ? decodeBinary(value) : value)))
  } catch {
    return decodeText(bytes)
  }
}
