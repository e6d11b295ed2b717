import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import pLimit from 'p-limit'

/** N = 2^15, r = 8, p = 1: OWASP's floor for scrypt at 32 MiB. The prefix lets another scheme come later. */
const N = 32_768
const OPTIONS = { N, r: 8, p: 1, maxmem: 64 << 20 }
const KEY_BYTES = 32

/**
 * Node has four threads for this, for what is written to disk and for the greeting of a new connection to PostgreSQL: a whole shift that
 * signs in at once would hold up the journal, and log-ins themselves would find PostgreSQL not answering.
 */
const fewAtOnce = pLimit(2)

const derive = (password: string, salt: Buffer): Promise<Buffer> => fewAtOnce(() =>
  new Promise((resolve, reject) => { scrypt(password.normalize('NFC'), salt, KEY_BYTES, OPTIONS, (error, key) => { if (error) reject(error); else resolve(key) }) }))

/** `$scrypt$<salt>$<key>`, base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `$scrypt$${salt.toString('base64url')}$${(await derive(password, salt)).toString('base64url')}`
}

/** Takes as long for an unknown name as for a wrong password: pass null for the hash then. */
export async function checkPassword(password: string, hash: string | null): Promise<boolean> {
  const [, scheme, salt = '', key = ''] = (hash ?? '$scrypt$AAAAAAAAAAAAAAAAAAAAAA$AA').split('$')
  const derived = await derive(password, Buffer.from(salt, 'base64url'))
  const expected = Buffer.from(key, 'base64url')
  return scheme === 'scrypt' && expected.length === derived.length && timingSafeEqual(expected, derived)
}
