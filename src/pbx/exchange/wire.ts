/**
 * Bytes as FreeSWITCH reads and writes them. The exchange holds all text as "binary strings", one character a byte,
 * so that a caller's GBK or broken UTF-8 goes through exactly as it came.
 * It shares nothing with `pbx/esl`: two mistakes must not cancel each other out.
 */
export const bytesOf = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** `switch_url_encode`: everything outside printable ASCII and `" # % & + : ; < = > ? @ [ \ ] ^ \` { | }` and blank. */
export const percentEncode = (value: string): string =>
  value.replace(/[\u0000-\u0020"#%&+:;<=>?@[\\\]^`{|}\u007f-\u00ff]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)

/** switch_separate_string: blanks part words, except between single quotes. */
export const separated = (argument: string): string[] => (argument.match(/'[^']*'|\S+/g) ?? []).map((word) => word.replaceAll("'", ''))

export type Fields = Record<string, string>

/** An event frame: Content-Length comes first. In JSON a value that begins `ARRAY::` becomes an array (switch_event.c); plain text ends with the body. */
export function eventFrame(fields: Fields, format: 'plain' | 'json'): Buffer {
  const body = Buffer.from(format === 'json' ? jsonText(fields) : plainText(fields), 'latin1')
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\nContent-Type: text/event-${format}\n\n`), body])
}

const jsonText = (fields: Fields): string => JSON.stringify(fields, (_key, value: unknown) => (typeof value === 'string' && value.startsWith('ARRAY::') ? value.slice(7).split('|:') : value))

function plainText({ _body, ...fields }: Fields): string {
  return _body === undefined ? `${plainFields(fields)}\n` : `${plainFields({ ...fields, 'Content-Length': String(_body.length) })}\n${_body}`
}

/** The reply to `connect` and `uuid_dump` without `json`: percent-encoded lines. */
export const plainFields = (fields: Fields): string => Object.entries(fields).map(([name, value]) => `${name}: ${value === '' ? '_undef_' : percentEncode(value)}\n`).join('')

/** `command/reply`: raw text, cut at 512 bytes with its NUL (`char reply[512]`, listener_run). */
export const reply = (text: string): Buffer => Buffer.from(`Content-Type: command/reply\nReply-Text: ${text.slice(0, 511)}\n\n`, 'latin1')

/** `api/response`: whole, whatever its length; an API that says nothing gets this text (mod_event_socket.c, api_exec). */
export const apiResponse = (text: string): Buffer => {
  const body = Buffer.from(text === '' ? '-ERR no reply\n' : text, 'latin1')
  return Buffer.concat([Buffer.from(`Content-Type: api/response\nContent-Length: ${body.length}\n\n`), body])
}

/** `text/disconnect-notice` (send_disconnect); with the UUID of the channel that the connection controls. */
export const notice = (uuid: string | null, body: string): string =>
  `Content-Type: text/disconnect-notice\n${uuid === null ? '' : `Controlled-Session-UUID: ${uuid}\nContent-Disposition: disconnect\n`}Content-Length: ${body.length}\n\n${body}`
