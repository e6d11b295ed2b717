/** Just enough of SIP (RFC 3261 §7.3, §20) to judge an INVITE. Never throws: what cannot be read is not there. */
export interface SipText {
  readonly startLine: string
  /** In the order of the message; names in lower case, compact forms written out, folded lines joined. */
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

const COMPACT: Readonly<Record<string, string>> = { i: 'call-id', m: 'contact', e: 'content-encoding', l: 'content-length', c: 'content-type', f: 'from', s: 'subject', k: 'supported', t: 'to', v: 'via', r: 'refer-to', b: 'referred-by', o: 'event', u: 'allow-events', x: 'session-expires' }

/** Start line, headers (folded lines joined, compact names spelled out) and body of a SIP message (RFC 3261 §7). Never throws. */
export function readMessage(raw: string): SipText {
  const end = /\r?\n\r?\n/.exec(raw)
  const head = end === null ? raw : raw.slice(0, end.index)
  const [startLine = '', ...lines] = head.split(/\r?\n(?![ \t])/)
  const headers = lines.flatMap((line) => {
    const colon = line.indexOf(':')
    if (colon <= 0) return []
    const name = line.slice(0, colon).trim().toLowerCase()
    return [[COMPACT[name] ?? name, line.slice(colon + 1).replace(/\r?\n[ \t]+/g, ' ').trim()] as const]
  })
  return { startLine, headers, body: end === null ? '' : raw.slice(end.index + end[0].length) }
}

/** All values of a header, in their order; `name` in lower case. */
export const headersOf = (message: SipText, name: string): readonly string[] => message.headers.filter(([one]) => one === name).map(([, value]) => value)
/** The first value of a header; `name` in lower case. */
export const headerOf = (message: SipText, name: string): string | undefined => message.headers.find(([one]) => one === name)?.[1]

/** A comma-separated header cut at the commas that are neither in quotes nor in angle brackets. */
export function listOf(value: string): readonly string[] {
  const items: string[] = []
  let from = 0
  let quoted = false
  let angle = false
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at]
    if (quoted) {
      if (char === '\\') at += 1
      else if (char === '"') quoted = false
    } else if (char === '"') quoted = true
    else if (char === '<') angle = true
    else if (char === '>') angle = false
    else if (char === ',' && !angle) {
      items.push(value.slice(from, at).trim())
      from = at + 1
    }
  }
  items.push(value.slice(from).trim())
  return items.filter((item) => item !== '')
}

export interface Address { readonly display: string; readonly scheme: string; readonly user: string; readonly host: string }

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** `"Zhang San" <sip:138…@host;user=phone>;tag=…` or a bare URI. Null when there is no URI in it. */
export function readAddress(value: string): Address | null {
  const text = value.slice(0, 2_048).trim()
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(text)
  const rest = quoted === null ? text : text.slice(quoted[0].length)
  const open = rest.indexOf('<')
  const close = open < 0 ? -1 : rest.indexOf('>', open)
  if (open >= 0 && close < 0) return null
  const uri = open < 0 ? (rest.split(';')[0] ?? '') : rest.slice(open + 1, close)
  const display = quoted === null ? (open > 0 ? rest.slice(0, open).trim() : '') : (quoted[1] ?? '').replace(/\\(.)/g, '$1')
  const colon = uri.indexOf(':')
  if (colon <= 0) return null
  const scheme = uri.slice(0, colon).trim().toLowerCase()
  const after = uri.slice(colon + 1).trim()
  if (scheme === 'tel') return { display, scheme, user: decode(after.split(';')[0] ?? ''), host: '' }
  if (scheme !== 'sip' && scheme !== 'sips') return null
  const at = after.lastIndexOf('@')
  const user = at < 0 ? '' : decode((after.slice(0, at).split(':')[0] ?? '').split(';')[0] ?? '')
  return { display, scheme, user, host: (after.slice(at + 1).split(/[;?]/)[0] ?? '').toLowerCase() }
}

/** Telephone number out of a URI's user part: visual separators dropped (RFC 3966 §5.1.1); anything else in it makes it none. */
export function numberOf(user: string): string {
  const bare = user.replace(/[-.() ]/g, '')
  return /^\+?[0-9*#]{1,20}$/.test(bare) ? bare : ''
}
