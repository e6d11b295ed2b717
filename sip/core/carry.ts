import type { Rank } from './admission.js'
import type { Invite } from './invite.js'
import type { Place } from '../location/place.js'

/**
 * What the edge found out goes to FreeSWITCH in headers of its own. Their names carry the secret that edge and dialplan share:
 * a proxy adds headers but cannot take others out, and a caller who cannot guess the name can forge nothing (`dialplan/citizens.xml`).
 * Free text goes as base64url: no character of it means anything to SIP, to the dialplan or to FreeSWITCH's expansion.
 */
export function carriedHeaders(secret: string, invite: Invite, rank: Rank, place: Place | null, edge: { readonly name: string; readonly mark: number }): Readonly<Record<string, string>> {
  const text = (value: string, max: number): string => Buffer.from([...value.toWellFormed()].slice(0, max).join(''), 'utf8').toString('base64url')
  const fields: Record<string, string> = {
    Verified: String(invite.verified),
    Edge: `${edge.name}/${String(edge.mark).padStart(16, '0')}`,
    // "none" rather than nothing: what is absent here must not be taken from elsewhere in the message.
    Number: invite.number === '' ? 'none' : invite.number,
    ...(invite.name === '' ? {} : { Name: text(invite.name, 64) }),
    ...(rank === 'demoted' ? { Class: 'demoted' } : {}),
    ...(invite.carried === undefined ? {} : { Carried: invite.carried.core }),
    ...(place?.point === undefined ? {} : { Lat: place.point.lat.toFixed(7), Lon: place.point.lon.toFixed(7) }),
    ...(place?.point?.uncertainty === undefined ? {} : { Uncertainty: place.point.uncertainty.toFixed(1) }),
    ...(place?.text === undefined ? {} : { Place: text(place.text, 256) }),
  }
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [`X-${secret}-${name}`, headerValue(value)]))
}

/** drachtio-srf writes header values as they are: a line break in one would be a header of the caller's choice (finding D11). */
export function headerValue(value: string): string {
  if (!/^[\x20-\x7e]*$/.test(value)) throw new Error('header value with control or non-ASCII characters')
  return value
}
