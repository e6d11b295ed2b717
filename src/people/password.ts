import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import pLimit from 'p-limit'

/** What a guess at a password costs (RFC 7914): N = 2^ln, block size r, p rounds. */
interface Cost { readonly ln: number; readonly r: number; readonly p: number }

/** Of OWASP's equal choices for scrypt the one at 32 MiB (Password Storage Cheat Sheet). */
const CHOSEN: Cost = { ln: 15, r: 8, p: 3 }
/** We drew it: 59 bits, which nobody guesses at any price. */
const DRAWN: Cost = { ln: 10, r: 8, p: 1 }
/** Hashes of before the cost stood in them. */
const OLD: Cost = { ln: 15, r: 8, p: 1 }
const KEY_BYTES = 32

/**
 * Node has four threads for this, for what is written to disk and for the greeting of a new connection to PostgreSQL: a whole shift that
 * signs in at once would hold up the journal, and log-ins themselves would find PostgreSQL not answering.
 */
const fewAtOnce = pLimit(2)

const derive = (password: string, salt: Buffer, { ln, r, p }: Cost): Promise<Buffer> => fewAtOnce(() =>
  new Promise((resolve, reject) => { scrypt(password.normalize('NFC'), salt, KEY_BYTES, { N: 2 ** ln, r, p, maxmem: 64 << 20 }, (error, key) => { if (error) reject(error); else resolve(key) }) }))

/** `$scrypt$ln=15,r=8,p=3$<salt>$<key>`, base64url. @param by who thought of it: a person, or `practicePassword` */
export async function hashPassword(password: string, by: 'person' | 'us' = 'person'): Promise<string> {
  const cost = by === 'us' ? DRAWN : CHOSEN
  const salt = randomBytes(16)
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt.toString('base64url')}$${(await derive(password, salt, cost)).toString('base64url')}`
}

const HASH = /^\$scrypt\$(?:ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$)?([\w-]{22})\$([\w-]{43})$/

/** Takes as long for an unknown name as for a wrong password: pass null for the hash then. */
export async function checkPassword(password: string, hash: string | null): Promise<boolean> {
  const [, ln, r, p, salt = '', key = ''] = HASH.exec(hash ?? '') ?? []
  const known = key !== ''
  const cost = !known ? CHOSEN : ln === undefined ? OLD : { ln: Number(ln), r: Number(r), p: Number(p) }
  const derived = await derive(password, known ? Buffer.from(salt, 'base64url') : Buffer.alloc(16), cost)
  return known && timingSafeEqual(Buffer.from(key, 'base64url'), derived)
}
