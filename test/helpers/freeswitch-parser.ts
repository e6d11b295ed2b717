/**
 * How FreeSWITCH reads what is written to its event socket, after its C sources (master of August 2026): mod_event_socket.c `read_packet`,
 * `parse_command`; switch_utils.c `switch_separate_string`; switch_event.c `switch_event_create_brackets`; switch_channel.c
 * `switch_channel_expand_variables_check`; switch_core_session.c `switch_core_session_exec`. Text is held one byte a character.
 * It shares nothing with the encoder, and nothing with the practice exchange.
 */
export interface Packet { readonly command: string; readonly headers: ReadonlyMap<string, string>; readonly body: string }

const [CR, LF, NUL] = [13, 10, 0]
/** mod_event_socket.c: `max_len` of read_packet, MAX_CONTENT_LENGTH. */
const [MAX_LEN, MAX_CONTENT_LENGTH] = [10_485_760, 16 * 1024 * 1024]

/** C's strchr: up to the NUL; -1 = NULL. */
function strchr(memory: Buffer, from: number, wanted: number): number {
  for (let at = from; memory[at] !== NUL; at += 1) if (memory[at] === wanted) return at
  return -1
}

const stringAt = (memory: Buffer, from: number): string => memory.toString('latin1', from, strchrnul(memory, from))
const strchrnul = (memory: Buffer, from: number): number => { let at = from; while (memory[at] !== NUL) at += 1; return at }

/** `strip_cr` (mod_event_socket.c 115–121): the first `\r`, wherever it stands; only without one the first `\n`. */
function stripCr(memory: Buffer, from: number): void {
  const at = strchr(memory, from, CR) >= 0 ? strchr(memory, from, CR) : strchr(memory, from, LF)
  if (at >= 0) memory[at] = NUL
}

/**
 * `read_packet` (mod_event_socket.c 1213–1379) over and over, one recv a byte, statement by statement: a reading of its own, next to the one in
 * `src/pbx/exchange/packets.ts`. `command` is what a verb finds after its own `strip_cr`.
 */
export function readPackets(bytes: Buffer): Packet[] {
  const packets: Packet[] = []
  for (let read = 0; ;) {
    // 1235–1281: a block into mbuf. A newline at its beginning is thrown away; two newlines with only `\r` between them end it.
    const mbuf: number[] = []
    let crcount = 0
    while (read < bytes.length && crcount < 2) {
      const byte = bytes[read] ?? NUL
      read += 1
      if (mbuf.length === 0 && (byte === CR || byte === LF)) continue
      mbuf.push(byte)
      if (byte === LF) crcount += 1
      else if (byte !== CR) crcount = 0
      if (mbuf.length >= MAX_LEN) crcount = 2
    }
    if (mbuf.length === 0) return packets
    if (crcount < 2) throw new Error('no end of the block: FreeSWITCH would wait for more')
    // 1283–1350: its lines. `cur` runs through the memory in which strip_cr leaves its NULs.
    const memory = Buffer.from([...mbuf, NUL])
    const command = Buffer.from(memory)
    const headers = new Map<string, string>()
    let body = Buffer.alloc(0)
    let count = 0
    for (let cur = 0; cur >= 0;) {
      let next = strchr(memory, cur, CR)
      if (next < 0) next = strchr(memory, cur, LF)
      if (next >= 0) while (memory[next] === CR || memory[next] === LF) next += 1
      count += 1
      if (count > 1) {
        stripCr(memory, cur)
        const colon = strchr(memory, cur, 0x3a)
        if (colon >= 0) {
          memory[colon] = NUL
          let val = colon + 1
          while (memory[val] === 0x20) val += 1
          const [name, value] = [stringAt(memory, cur).toLowerCase(), stringAt(memory, val)]
          if (!headers.has(name)) headers.set(name, value)
          if (name === 'content-length') {
            const clen = Number(/^\s*[+-]?\d+/.exec(value)?.[0] ?? 0) // atoi
            if (clen < 0 || clen > MAX_CONTENT_LENGTH) throw new Error('Content-Length out of range: FreeSWITCH ends the connection')
            if (clen > 0) {
              if (read + clen > bytes.length) throw new Error('no end of the body: FreeSWITCH would wait for more')
              body = Buffer.from(bytes.subarray(read, read + clen))
              read += clen
            }
          }
        }
      }
      cur = next
    }
    stripCr(command, 0)
    packets.push({ command: stringAt(command, 0), headers, body: stringAt(Buffer.from([...body, NUL]), 0) })
  }
}

/** `cleanup_separated_string`: quotes, blanks at the ends and escapes go. */
function cleanUp(text: string, delimiter: string): string {
  const source = text.replace(/^ +/, '')
  let out = ''
  let end = -1
  let quoted = false
  for (let at = 0; at < source.length; at += 1) {
    const character = source[at] ?? ''
    const following = source[at + 1] ?? ''
    if (character === '\\') {
      const unescaped = { n: '\n', r: '\r', t: '\t', s: ' ' }[following] ?? following
      if ((following !== '' && (following === "'" || following === '"' || following === delimiter || following === '\\')) || unescaped !== following) {
        out += following === "'" || following === '"' || following === delimiter || following === '\\' ? following : unescaped
        end = out.length
        at += 1
        continue
      }
    }
    if (character === "'" && (quoted || source.includes("'", at + 1))) {
      quoted = !quoted
      if (quoted) end = out.length
    } else {
      out += character
      if (character !== ' ' || quoted) end = out.length
    }
  }
  return end < 0 ? out : out.slice(0, end)
}

/** `switch_separate_string`; `^^` and a character at the beginning choose another delimiter. */
export function separate(text: string, given: string, most = Infinity): string[] {
  let source = text
  let delimiter = given
  if (source.startsWith('^^') && source.length > 3) {
    delimiter = source[2] ?? given
    source = source.slice(3)
  }
  const parts: string[] = []
  let at = 0
  while (at < source.length && parts.length < most) {
    const begin = at
    if (parts.length === most - 1) { parts.push(source.slice(begin)); break } // the last place takes all the rest
    let quoted = false
    if (delimiter === ' ') while (source[at] === ' ') at += 1
    while (at < source.length) {
      const character = source[at] ?? ''
      if (character === '\\') at += 1
      else if (character === "'" && (delimiter === ' ' || quoted || source.includes("'", at + 1))) quoted = !quoted
      else if (character === delimiter && !quoted) break
      at += 1
    }
    parts.push(source.slice(begin, at))
    at += 1
    if (delimiter === ' ') while (source[at] === ' ') at += 1
  }
  return parts.map((part) => cleanUp(part, delimiter === ' ' ? '' : delimiter))
}

/** `switch_event_create_brackets` for `{a=b,c='d e'}rest`. */
export function brackets(text: string): { readonly variables: ReadonlyMap<string, string>; readonly rest: string } {
  const variables = new Map<string, string>()
  let rest = text.replace(/^ +/, '')
  if (!rest.startsWith('{')) return { variables, rest }
  let depth = 0
  let end = -1
  for (let at = 0; at < rest.length && end < 0; at += 1) {
    if (rest[at] === '{') depth += 1
    else if (rest[at] === '}' && --depth === 0) end = at
  }
  if (end < 0) throw new Error('no end of the variables: FreeSWITCH refuses')
  for (const pair of separate(rest.slice(1, end), ',')) {
    const [name, value, ...more] = separate(pair, '=', 2)
    if (name !== undefined && value !== undefined && more.length === 0) variables.set(name, value)
  }
  rest = rest.slice(end + 1)
  return { variables, rest }
}

/** What an application gets for this argument; throws where FreeSWITCH would look something up, call an API or set scope variables. */
export function expandArgument(text: string): string {
  if (/\$\$?\{/.test(text)) throw new Error(`expanded: ${text}`)
  let out = text
  if (/\\[\\nst']/.test(text)) {
    out = ''
    for (let at = 0; at < text.length; at += 1) {
      if (text[at] === '\\') {
        const following = text[at + 1]
        if (following === '$') { at += text[at + 2] === '$' ? 2 : 1; out += text[at] ?? ''; continue }
        if (following === "'") { at += 1; continue }
        if (following === '\\') at += 1
      } else if (text[at] === '$' && text[at + 1] === '$') at += 1
      out += text[at] ?? ''
    }
  }
  if (out.startsWith('%') && (out[1] === '[' || out[2] === '[')) throw new Error(`scope variables: ${text}`)
  return out
}
