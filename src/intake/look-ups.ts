import { lookup as resolveName, type LookupAddress } from 'node:dns'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'
import type { FlowEvent, WaitCommand } from '../flow/types.js'

/** More than this is no answer to a question about one caller. */
const MAX_BYTES = 64_000

/** Networks that an answer from outside must not lead us into (RFC 6890). */
const PRIVATE = new BlockList()
for (const [network, bits] of [['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['224.0.0.0', 4], ['240.0.0.0', 4]] as const) PRIVATE.addSubnet(network, bits, 'ipv4')
for (const [network, bits] of [['::', 128], ['::1', 128], ['fc00::', 7], ['fe80::', 10], ['ff00::', 8], ['64:ff9b::', 96]] as const) PRIVATE.addSubnet(network, bits, 'ipv6')

/** Whether an address is one of ours, an IPv4 one in IPv6 clothes included. */
export function isPrivate(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return isPrivate(mapped)
  const family = isIP(address)
  return family === 0 || PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

export interface LookUpSettings {
  /** `name=https://host/path`: services that flows may ask. */
  readonly services: readonly string[]
  /** Addresses of our own networks that a service may have; every other private address is refused. */
  readonly privateAddresses: readonly string[]
}

/**
 * Asks services for flows. A flow names a service, the settings its address; no redirect is followed, no private address is dialled unless
 * it is listed, and whatever goes wrong is `failed` within the flow's own time: the caller goes on.
 */
export function makeLookUps({ services, privateAddresses }: LookUpSettings): (command: Extract<WaitCommand, { type: 'look-up' }>) => Promise<FlowEvent> {
  const addresses = new Map(services.map((entry) => { const at = entry.indexOf('='); return [entry.slice(0, at), entry.slice(at + 1)] as const }))

  return async ({ service, query, fields, timeout }) => {
    const address = addresses.get(service)
    if (address === undefined) return { type: 'failed', reason: `no service ${service}` }
    try {
      const url = new URL(address)
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
      const answer: unknown = JSON.parse(await ask(url, timeout, privateAddresses))
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

function ask(url: URL, timeout: number, listed: readonly string[]): Promise<string> {
  const allowed = (address: string): boolean => !isPrivate(address) || listed.includes(address)
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  // A name is judged by what it resolves to at the very connection, so that no second answer can differ from the first.
  const lookup: LookupFunction = (name, options, done) => {
    resolveName(name, { ...options, all: true }, (error, found: LookupAddress[]) => {
      if (error !== null) return done(error, '')
      const good = found.filter(({ address }) => allowed(address))
      const [first] = good
      if (first === undefined) return done(new Error(`${name} has a private address`), '')
      if (options.all === true) done(null, good)
      else done(null, first.address, first.family)
    })
  }
  return new Promise((resolve, reject) => {
    if (isIP(host) !== 0 && !allowed(host)) return reject(new Error(`${host} is a private address`))
    const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, { method: 'GET', lookup, agent: false, headers: { accept: 'application/json' } }, (response) => {
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
    request.on('error', fail)
    request.end()
  })
}
