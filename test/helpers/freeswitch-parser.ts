/**
 * How FreeSWITCH reads what is written to its event socket, after its C sources (master of August 2026): mod_event_socket.c `read_packet`,
 * `parse_command`; switch_utils.c `switch_separate_string`; switch_event.c `switch_event_create_brackets`; switch_channel.c
 * `switch_channel_expand_variables_check`; switch_core_session.c `switch_core_session_exec`. Text is held one byte a character.
 * It shares nothing with the encoder.
 */
import { makePacketReader } from '../../src/pbx/exchange/packets.js'

export interface Packet { readonly command: string; readonly headers: ReadonlyMap<string, string>; readonly body: string }

/** The practice exchange reads the same way: one reading of `read_packet` for both. */
export function readPackets(bytes: Buffer): Packet[] {
  const packets: Packet[] = []
  const reader = makePacketReader(({ line, ...rest }) => packets.push({ command: line, ...rest }), () => { throw new Error('Content-Length out of range: FreeSWITCH ends the connection') })
  reader.push(bytes)
  if (reader.waits !== 'nothing') throw new Error(`no end of the ${reader.waits}: FreeSWITCH would wait for more`)
  return packets
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
