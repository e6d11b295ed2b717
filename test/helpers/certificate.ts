import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'

/** One element of DER (X.690): tag, length, content. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const { length } = content
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), content])
}
const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts)
const oid = (hex: string): Buffer => der(6, Buffer.from(hex, 'hex'))
const utc = (at: number): Buffer => der(23, Buffer.from(new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '').slice(2)))
const DAY = 86_400_000
const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'))
const nameOf = (name: string): Buffer => sequence(der(0x31, sequence(oid('550403'), der(12, Buffer.from(name)))))

export interface Certificate { readonly key: string; readonly cert: string }

/** A certificate that signs itself, for a name or an address of loopback (RFC 5280, as little of it as TLS asks for). `from`, `to`: days from now. */
export function makeCertificate({ name = 'relay.example', address = '127.0.0.1', from = -1, to = 30 }: { readonly name?: string; readonly address?: string; readonly from?: number; readonly to?: number } = {}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = (label: string, bytes: Buffer): string => `-----BEGIN ${label}-----\n${bytes.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`
  const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' })
  const alternatives = sequence(der(0x82, Buffer.from(name)), der(0x87, Buffer.from(address.split('.').map(Number))))
  const extensions = der(0xa3, sequence(
    sequence(oid('551d11'), der(4, alternatives)),
    sequence(oid('551d13'), der(1, Buffer.from([255])), der(4, sequence(der(1, Buffer.from([255]))))),
  ))
  const body = sequence(der(0xa0, der(2, Buffer.from([2]))), der(2, Buffer.from([1])), ECDSA_SHA256, nameOf(name), sequence(utc(Date.now() + from * DAY), utc(Date.now() + to * DAY)), nameOf(name), spki(publicKey), extensions)
  const signature = sign('sha256', body, privateKey)
  return { key: pem('PRIVATE KEY', privateKey.export({ type: 'pkcs8', format: 'der' })), cert: pem('CERTIFICATE', sequence(body, ECDSA_SHA256, der(3, Buffer.from([0]), signature))) }
}
