import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'

/** A name's addresses are asked for so often, ms: one that moved is known before a hall has to be emptied. */
const EVERY = 30_000

export interface Addresses {
  /** The pool's name (`host:port`) of whoever answers from `address:port`; the same text where nobody of the pool is there. */
  targetAt(hostport: string): string
  /** Where a target is, for a SIP URI: its address, IPv4 before IPv6; its name as long as none is known. */
  placeOf(id: string): string
  /** A FreeSWITCH of the pool has this address. */
  has(address: string): boolean
  /** Ends the asking. */
  close(): void
}

export interface AddressesDeps {
  /** All addresses of a name. Rejects when they are not to be had now. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
  readonly every?: number
  readonly onTrouble: (host: string, error: unknown) => void
}

/** One way of writing an address: no brackets, IPv6 in its short form, IPv4 that came in IPv6 as itself (RFC 5952, RFC 4291 §2.5.5.2). */
export function canonical(address: string): string {
  const bare = address.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  const v4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(bare)?.[1]
  return v4 ?? (isIP(bare) === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare)
}

const split = (hostport: string): readonly [string, string] => { const at = hostport.lastIndexOf(':'); return [hostport.slice(0, at), hostport.slice(at + 1)] }

/**
 * By which addresses the FreeSWITCHes of the pool are known. drachtio tells who answered, and from where an INVITE came, by addresses alone, whatever `POOL` calls them; so
 * names in it are resolved here (all A and AAAA), at once and again and again. What was known of a name stays while nobody can be asked, and calls go by what is known:
 * none waits for a name server. @param ids the pool, `host:port`
 */
export function openAddresses(ids: readonly string[], { resolve = async (host) => (await lookup(host, { all: true })).map(({ address }) => address), every = EVERY, onTrouble }: AddressesDeps): Addresses {
  const byHost = new Map<string, readonly string[]>()
  const names = new Set<string>()
  for (const id of ids) {
    const host = canonical(split(id)[0])
    if (isIP(host) > 0) byHost.set(host, [host])
    else names.add(host)
  }
  const failed = new Set<string>()
  let known = new Set<string>()
  let targets = new Map<string, string>()
  let closed = false

  function learn(): void {
    known = new Set([...byHost.values()].flat())
    // The first one that is named counts.
    targets = new Map([...ids].reverse().flatMap((id) => { const [host, port] = split(id); return (byHost.get(canonical(host)) ?? []).map((address) => [`${address}:${port}`, id] as const) }))
  }

  /** One name after another: each question may hold one of the few threads that ask. */
  async function ask(): Promise<void> {
    for (const host of names) {
      try {
        const found = (await resolve(host)).map(canonical).sort((a, b) => isIP(a) - isIP(b))
        if (closed) return
        if (found.length === 0) throw new Error('no address')
        byHost.set(host, found)
        failed.delete(host)
        learn()
      } catch (error) {
        if (!closed && !failed.has(host)) onTrouble(host, error)
        failed.add(host)
      }
    }
  }

  learn()
  let timer: NodeJS.Timeout | undefined
  const round = (): void => { void ask().then(() => { if (!closed) timer = setTimeout(round, every).unref() }) }
  if (names.size > 0) round()
  return {
    targetAt(hostport) {
      const [host, port] = split(hostport)
      return targets.get(`${canonical(host)}:${port}`) ?? hostport
    },
    placeOf(id) {
      const [host, port] = split(id)
      const [address] = byHost.get(canonical(host)) ?? []
      return address === undefined ? id : `${isIP(address) === 6 ? `[${address}]` : address}:${port}`
    },
    has: (address) => known.has(canonical(address)),
    close() {
      closed = true
      clearTimeout(timer)
    },
  }
}
