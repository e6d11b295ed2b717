import { createHmac } from 'node:crypto'
import { request as httpRequest, type ClientRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { allowList, guardedLookup, isPrivate, PrivateAddress } from '../net/addresses.js'
import type { Channel, Outgoing, Sending } from './ports.js'

export interface WebhookSettings {
  /** Private addresses and networks that may be reached. */
  readonly allowed: readonly string[]
  readonly clock: () => number
  /** The whole try, ms. */
  readonly timeout?: number
}

/**
 * The signature of Standard Webhooks 1.0: HMAC-SHA-256 over `id.timestamp.body`, base64, `v1,` before it. The key is `whsec_` and base64, or any text.
 * @param timestamp seconds
 */
export function sign(secret: string, id: string, timestamp: number, body: string): string {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret, 'utf8')
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/** What an answer means: 2xx is the receipt; 408, 425, 429 and 5xx pass; 410 and every other refusal do not. */
function judge(status: number, retryAfter: string | undefined): Sending {
  if (status >= 200 && status < 300) return { type: 'received' }
  if (status >= 500 || status === 408 || status === 425 || status === 429) {
    const seconds = Number(retryAfter)
    return { type: 'again', why: `HTTP ${status}`, ...(Number.isInteger(seconds) && seconds > 0 && seconds <= 3_600 ? { after: seconds * 1000 } : {}) }
  }
  // A redirect is not followed: it could lead to where we must not go. 4xx: the receiver has to be set right first, a person replays.
  return { type: 'never', why: `HTTP ${status}` }
}

/** Signed JSON to a unit's own system. */
export function makeWebhook({ allowed, clock, timeout = 10_000 }: WebhookSettings): Channel {
  const listed = allowList(allowed, 'delivery.privateAddresses')
  const refused = (address: string): boolean => isPrivate(address) && !listed(address)

  function post(url: URL, headers: Record<string, string>, body: string): Promise<Sending> {
    return new Promise((resolve) => {
      let over = false
      const end = (result: Sending): void => {
        if (over) return
        over = true
        clearTimeout(timer)
        request.destroy()
        resolve(result)
      }
      const options = {
        method: 'POST', headers, agent: false as const,
        lookup: guardedLookup(refused),
      }
      const request: ClientRequest = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (response) => {
        response.resume()
        end(judge(response.statusCode ?? 0, response.headers['retry-after']))
      })
      const timer = setTimeout(() => { end({ type: 'again', why: `no answer in ${timeout} ms` }) }, timeout)
      request.on('error', (error) => {
        end(error instanceof PrivateAddress ? { type: 'never', why: `private address refused (delivery.privateAddresses): ${error.message}` } : { type: 'again', why: error.message })
      })
      request.end(body)
    })
  }

  return {
    async send(message: Outgoing): Promise<Sending> {
      let url: URL
      try {
        url = new URL(message.address)
      } catch {
        return { type: 'never', why: 'not a URL' }
      }
      if (url.protocol !== 'https:' && url.protocol !== 'http:') return { type: 'never', why: `${url.protocol} is not HTTP` }
      if (url.username !== '' || url.password !== '') return { type: 'never', why: 'a URL with a password in it' }
      const host = url.hostname.replace(/^\[|\]$/g, '')
      if (isIP(host) !== 0 && refused(host)) return { type: 'never', why: `private address refused (delivery.privateAddresses): ${host}` }
      if (message.secret === '') return { type: 'never', why: 'no key to sign with' }
      const body = JSON.stringify({ type: `ticket.${message.kind}`, id: message.id, data: message.body })
      const timestamp = Math.floor(clock() / 1000)
      return post(url, {
        'content-type': 'application/json; charset=utf-8', 'content-length': String(Buffer.byteLength(body)), 'user-agent': 'Liandong',
        'webhook-id': message.id, 'webhook-timestamp': String(timestamp), 'webhook-signature': sign(message.secret, message.id, timestamp, body),
      }, body)
    },
  }
}
