import { headerOf, headersOf, listOf, numberOf, readAddress, type SipText } from './message.js'
import type { Place } from '../location/place.js'
import type { Refusal } from './ledger.js'

export interface Trust {
  /** Addresses whose asserted identities and locations are believed. */
  readonly trunks: ReadonlySet<string>
  /** Whether this is an address of the city's own FreeSWITCH: of a caller whom one brings to another it is believed like a carrier. */
  readonly isHall: (address: string) => boolean
  /** Shared with them (`LIANDONG_EDGE_SECRET`): anybody can write their address on a UDP packet, and nobody else this. */
  readonly secret: string
}

/** What one INVITE says, as far as it is to be believed. */
export interface Invite {
  /** As dialled: digits, `*`, `#`; empty when it is no telephone number. */
  readonly called: string
  /** Caller's number: asserted by a trusted trunk, else as he himself writes it. */
  readonly number: string
  readonly name: string
  /** A trusted trunk vouches for `number` (P-Asserted-Identity, RFC 3325). */
  readonly verified: boolean
  /** Geolocation references (RFC 6442); empty from untrusted sources: a caller does not say himself where he is. */
  readonly geolocation: readonly string[]
  /**
   * A FreeSWITCH of the city brings him, where nobody takes calls: its Core-UUID, and where he is. Absent from any other source. Not `proven`: only the address says so. Then
   * he is judged like anybody, and nothing more is believed of him than that he must not be brought any further.
   */
  readonly carried?: { readonly core: string; readonly proven: boolean; readonly point?: NonNullable<Place['point']> }
}

/**
 * Headers that act on FreeSWITCH and that no citizen's telephone sends. A proxy cannot take them out, so the INVITE is refused.
 * Replaces and Join take over somebody else's call before any dialplan is asked (mod_sofia, `sofia_handle_sip_i_invite_replaces`);
 * X-FS-Channel-Name gives the channel any name, an operator's for instance.
 */
const FORBIDDEN = new Set(['replaces', 'join', 'refer-to', 'target-dialog', 'x-fs-channel-name', 'x-fs-refer-for', 'x-fs-refer-from', 'x-fs-display-number', 'x-fs-display-name'])

/**
 * What passes unseen but bounded: an INVITE with a location in its body needs 3–8 KB and some thirty header lines. A larger body costs the
 * location and nothing else; what is too much for FreeSWITCH, it says itself.
 */
export const LIMITS = { head: 48 * 1024, body: 48 * 1024, headers: 120 } as const

/** Why an INVITE is refused before anything else is looked at, or null. */
export function objection(raw: string, message: SipText): Refusal | null {
  if (Buffer.byteLength(raw) - Buffer.byteLength(message.body) > LIMITS.head || message.headers.length > LIMITS.headers || !/^INVITE \S+ SIP\/2\.0$/i.test(message.startLine)) return 'malformed'
  if (message.headers.some(([name]) => FORBIDDEN.has(name) || name.startsWith('x-liandong'))) return 'forbidden-header'
  return null
}

/** What an INVITE says of caller, called number and place; `source`: the address it came from, which decides what is believed (RFC 3325). */
export function readInvite(message: SipText, source: string, trust: Trust): Invite {
  const carried = trust.isHall(source) ? readCarried(headerOf(message, 'x-carried') ?? '', headerOf(message, `x-${trust.secret.toLowerCase()}-brought`) === 'true') : undefined
  const trusted = carried?.proven === true || trust.trunks.has(source)
  const from = readAddress(headerOf(message, 'from') ?? '')
  const asserted = trusted ? headersOf(message, 'p-asserted-identity').flatMap(listOf).map(readAddress).find((address) => address !== null && numberOf(address.user) !== '') ?? null : null
  const identity = asserted ?? from
  return {
    called: numberOf(readAddress(message.startLine.split(' ')[1] ?? '')?.user ?? ''),
    number: numberOf(identity?.user ?? ''),
    name: (asserted?.display ?? '') !== '' ? asserted?.display ?? '' : from?.display ?? '',
    verified: asserted !== null,
    geolocation: trusted ? headersOf(message, 'geolocation').flatMap(listOf).slice(0, 8) : [],
    ...(carried === undefined ? {} : { carried }),
  }
}

/** `<Core-UUID>[:<lat>:<lon>[:<uncertainty, m>]]` (src/pbx/leg-variables.ts). */
function readCarried(value: string, proven: boolean): Invite['carried'] {
  const [, core, lat, lon, uncertainty] = /^([0-9a-f-]{36})(?::(-?\d{1,2}\.\d{1,8}):(-?\d{1,3}\.\d{1,8})(?::(\d{1,7}\.\d))?)?$/.exec(value) ?? []
  if (core === undefined) return undefined
  return !proven || lat === undefined || lon === undefined ? { core, proven } : { core, proven, point: { lat: Number(lat), lon: Number(lon), ...(uncertainty === undefined ? {} : { uncertainty: Number(uncertainty) }) } }
}
