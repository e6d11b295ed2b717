/** A command as FreeSWITCH has it after reading. Text is held one byte a character. */
export interface Packet { readonly line: string; readonly headers: ReadonlyMap<string, string>; readonly body: string }

export interface PacketReader {
  push(chunk: Buffer): void
  /** What it waits for: nothing, the rest of a header block, the rest of a body. FreeSWITCH polls for events only while it is nothing. */
  readonly waits: 'nothing' | 'block' | 'body'
}

const MAX_BLOCK = 10_485_760
const MAX_BODY = 16 * 1024 * 1024

/** C's view of memory: text ends at the first NUL. */
const cString = (text: string): string => text.split('\0', 1)[0] ?? ''
/** `strip_cr`: at the first `\r`, wherever it stands; only without one at the first `\n`. */
const stripCr = (text: string): string => text.split(text.includes('\r') ? '\r' : '\n', 1)[0] ?? ''

/**
 * `read_packet` of mod_event_socket.c, byte for byte: `\r` and `\n` at the beginning are skipped; two `\n` with nothing but `\r` between them
 * end a block; within it a line ends at the next `\r` if any follows at all, else at the next `\n`, so that either begins a new header and an
 * injection is seen. Every `Content-Length` takes a body; one out of range ends the connection.
 */
export function makePacketReader(onPacket: (packet: Packet) => void, onRefused: () => void = () => undefined): PacketReader {
  let block = ''
  let newlines = 0
  let parsed: { readonly line: string; readonly headers: Map<string, string> } | null = null
  let lengths: number[] = []
  let body = ''
  let refused = false

  function deliver(): void {
    const packet = parsed
    if (packet === null) return
    parsed = null
    const whole = cString(body)
    body = ''
    onPacket({ ...packet, body: whole })
  }

  function endBlock(): void {
    const { line, headers, lengths: announced } = parseBlock(cString(block))
    block = ''
    newlines = 0
    if (announced === null) { refused = true; return onRefused() }
    parsed = { line, headers }
    lengths = announced
    if (lengths.length === 0) deliver()
  }

  return {
    get waits() { return parsed !== null ? 'body' : block === '' ? 'nothing' : 'block' },
    push(chunk) {
      const text = chunk.toString('latin1')
      for (let at = 0; at < text.length && !refused; at += 1) {
        const [wanted = 0] = lengths
        if (wanted > 0) {
          const part = text.slice(at, at + wanted)
          body += part
          at += part.length - 1
          lengths[0] = wanted - part.length
          if (lengths[0] > 0) continue
          lengths.shift()
          if (lengths.length === 0) deliver()
          else body = '' // the last one stays (switch_event_add_body)
          continue
        }
        const character = text[at] ?? ''
        if (block === '' && (character === '\r' || character === '\n')) continue
        block += character
        if (character === '\n') newlines += 1
        else if (character !== '\r') newlines = 0
        if (newlines === 2 || block.length >= MAX_BLOCK) endBlock()
      }
    },
  }
}

function parseBlock(block: string): { readonly line: string; readonly headers: Map<string, string>; readonly lengths: number[] | null } {
  const headers = new Map<string, string>()
  const lengths: number[] = []
  const line = stripCr(block)
  for (let rest = afterLine(block); rest !== null; rest = afterLine(rest)) {
    const header = stripCr(rest)
    const colon = header.indexOf(':')
    if (colon < 0) continue
    const name = header.slice(0, colon).toLowerCase()
    const value = header.slice(colon + 1).replace(/^ +/, '')
    if (!headers.has(name)) headers.set(name, value) // the first is found (switch_event_get_header_ptr)
    if (name !== 'content-length') continue
    const length = Number.parseInt(value, 10) || 0
    if (length < 0 || length > MAX_BODY) return { line, headers, lengths: null }
    if (length > 0) lengths.push(length)
  }
  return { line, headers, lengths }
}

function afterLine(text: string): string | null {
  const stop = text.includes('\r') ? text.indexOf('\r') : text.indexOf('\n')
  return stop < 0 ? null : text.slice(stop).replace(/^[\r\n]+/, '')
}
