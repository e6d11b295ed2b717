import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import type { FlowEvent, WaitCommand } from '../flow/types.js'
import { within } from '../time/within.js'
import { allowList, guardedLookup, isPrivate, PrivateAddress } from '../net/addresses.js'

/** More than this is no answer to a question about one caller. */
const MAX_BYTES = 64_000

/** Services of this program itself, which no setting has to list. */
const OWN_SERVICES = ['tickets'] as const

/** Services that flows may ask, by name. `listed`: the setting, `name=https://host/path` each. */
export const servicesOf = (listed: readonly string[]): string[] => [...new Set([...OWN_SERVICES, ...listed.map((entry) => entry.slice(0, entry.indexOf('=')))])]

export interface LookUpSettings {
  /** `name=https://host/path`: services that flows may ask. */
  readonly services: readonly string[]
  /** Addresses of our own networks that a service may have; every other private address is refused. */
  readonly privateAddresses: readonly string[]
  /** Services of this program itself, by name; a listed one of the same name goes first. What is not to be told is a rejection. */
  readonly own?: Readonly<Record<(typeof OWN_SERVICES)[number], (query: Readonly<Record<string, string>>) => Promise<unknown>>>
}

/**
 * Asks services for flows. A flow names a service, the settings its address; no redirect is followed, no private address is dialled unless
 * it is listed, and whatever goes wrong is `failed` within the flow's own time: the caller goes on.
 */
export function makeLookUps({ services, privateAddresses, own }: LookUpSettings): (command: Extract<WaitCommand, { type: 'look-up' }>) => Promise<FlowEvent> {
  const listed = allowList(privateAddresses, 'flows.lookUpPrivate')
  const refused = (address: string): boolean => isPrivate(address) && !listed(address)
  const addresses = new Map(services.map((entry) => { const at = entry.indexOf('='); return [entry.slice(0, at), entry.slice(at + 1)] as const }))

  return async ({ service, query, fields, timeout }) => {
    const address = addresses.get(service)
    const ours = own !== undefined && Object.hasOwn(own, service) ? own[service as keyof typeof own] : undefined
    if (address === undefined && ours === undefined) return { type: 'failed', reason: `no service ${service}` }
    try {
      if (address === undefined) {
        const known = await within(ours?.(query) ?? Promise.resolve(null), timeout, () => { throw new Error(`no answer within ${timeout} ms`) })
        return { type: 'looked-up', values: Object.fromEntries(fields.map((field) => [field, fieldOf(known, field)])) }
      }
      const url = new URL(address)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      const answer: unknown = JSON.parse(await ask(url, timeout, refused))
      return { type: 'looked-up', values: Object.fromEntries(fields.map((field) => [field, fieldOf(answer, field)])) }
    } catch (error) {
      return { type: 'failed', reason: (error as Error).message }
    }
  }
}

function fieldOf(answer: unknown, field: string): unknown {
  let at = answer
  for (const name of field.split('.')) at = typeof at === 'object' && at !== null && Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined
  return at
}

function ask(url: URL, timeout: number, refused: (address: string) => boolean): Promise<string> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  return new Promise((resolve, reject) => {
    if (isIP(host) !== 0 && refused(host)) return reject(new Error(`private address refused (flows.lookUpPrivate): ${host}`))
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { method: 'GET', lookup: guardedLookup(refused), agent: false, headers: { accept: 'application/json' } }, (response) => {
      // A redirect is an answer that leads elsewhere: not followed.
      if (response.statusCode !== 200) { fail(new Error(`status ${response.statusCode ?? 0}`)); return }
      const parts: Buffer[] = []
      let bytes = 0
      response.on('data', (part: Buffer) => {
        bytes += part.length
        if (bytes > MAX_BYTES) return fail(new Error('answer too long'))
        parts.push(part)
      })
      response.on('end', () => { clearTimeout(timer); resolve(Buffer.concat(parts).toString('utf8')) })
      response.on('error', fail)
    })
    const fail = (error: Error): void => { clearTimeout(timer); request.destroy(); reject(error) }
    const timer = setTimeout(() => { fail(new Error(`no answer within ${timeout} ms`)) }, timeout)
    request.on('error', (error) => { fail(error instanceof PrivateAddress ? new Error(`private address refused (flows.lookUpPrivate): ${error.message}`) : error) })
    request.end()
  })
}
