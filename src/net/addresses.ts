import { lookup as resolve } from 'node:dns'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Networks that nobody's wish from outside may lead us into unless they are listed: this machine, the city's own networks, everything that is not a public host. */
const PRIVATE = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24], ['192.88.99.0', 24],
  ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4],
] as const) PRIVATE.addSubnet(network, prefix, 'ipv4')
// 2000::/3 is what the Internet is made of; of it documentation, 6to4 and Teredo are not.
for (const [network, prefix] of [['2001::', 32], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const) PRIVATE.addSubnet(network, prefix, 'ipv6')
const PUBLIC6 = new BlockList()
PUBLIC6.addSubnet('2000::', 3, 'ipv6')

/** An IPv4 address written as IPv6 is judged as what it is. */
const unwrap = (address: string): string => /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1] ?? address

/**
 * Whose an IP address is, for counting: one of IPv6 is a network of 64 bits, of which a household alone has 2^64 addresses (RFC 6177).
 * What is no address stays as it is.
 */
export function holderOf(address: string): string {
  const plain = unwrap(address)
  if (isIP(plain) !== 6) return plain
  const [head = '', tail] = plain.replace(/%.*$/, '').split('::')
  const parts = (text: string | undefined): string[] => (text === undefined || text === '' ? [] : text.split(':'))
  // The last four parts are the host's; an IPv4 address at the end stands for two of them.
  const after = parts(tail).flatMap((part) => (part.includes('.') ? [part, part] : [part]))
  const before = parts(head)
  const whole = tail === undefined ? before : [...before, ...Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0'), ...after]
  return `${whole.slice(0, 4).map((part) => parseInt(part, 16).toString(16)).join(':')}::/64`
}

/** Whether an IP address must not be reached from outside input (RFC 6890): private, local, or no address at all. */
export function isPrivate(address: string): boolean {
  const plain = unwrap(address)
  switch (isIP(plain)) {
    case 4: return PRIVATE.check(plain, 'ipv4')
    case 6: return PRIVATE.check(plain, 'ipv6') || !PUBLIC6.check(plain, 'ipv6')
    default: return true
  }
}

/** Addresses that the setting allows although they are private: `10.1.2.3` or `10.1.0.0/16`. @throws Error naming the setting and the entry that is neither. */
export function allowList(entries: readonly string[], setting: string): (address: string) => boolean {
  const list = new BlockList()
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/')
    const family = isIP(address) === 4 ? 'ipv4' : isIP(address) === 6 ? 'ipv6' : null
    const bits = prefix === undefined ? (family === 'ipv4' ? 32 : 128) : Number(prefix)
    if (family === null || !Number.isInteger(bits) || bits < 0 || bits > (family === 'ipv4' ? 32 : 128)) throw new Error(`${setting}：${entry} 不是地址或网段 / is not an address or a network`)
    list.addSubnet(address, bits, family)
  }
  return (address) => { const plain = unwrap(address); return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 4 ? 'ipv4' : 'ipv6') }
}

/** A name, or an address, leads into a network where it must not. */
export class PrivateAddress extends Error {}

/**
 * Resolves names for `http.request`, so that the address that was judged is the one that is connected to: a name that resolves otherwise a moment
 * later gains nothing. One bad address refuses the name. An address in place of a name is not resolved: ask `refused` yourself.
 */
export const guardedLookup = (refused: (address: string) => boolean): LookupFunction => (host, how, done) => {
  resolve(host, { ...how, all: true, verbatim: true }, (error, addresses) => {
    if (error !== null) return done(error, '')
    const bad = addresses.find(({ address }) => refused(address))
    if (bad !== undefined) return done(new PrivateAddress(`${host} → ${bad.address}`), '')
    if (how.all === true) return done(null, addresses)
    const [first] = addresses
    return done(null, first?.address ?? '', first?.family)
  })
}
