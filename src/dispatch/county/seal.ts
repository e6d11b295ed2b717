import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, verify, type KeyObject } from 'node:crypto'
import type { Sealed } from '../../contracts/county.js'
import { LiandongError } from '../../contracts/errors.js'

/** Before every text that is signed: a signature of ours for anything else is none here. */
const PURPOSE = 'liandong line 1\n'

export interface Signer { readonly id: string; readonly privateKey: string }

/** What a key is called: eight hexadecimal digits of the SHA-256 of its public half. */
const idOf = (publicKey: KeyObject): string => createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('hex').slice(0, 8)

/** A new Ed25519 key. */
export function newSigner(): Signer {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { id: idOf(publicKey), privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64') }
}

/** The half that the other side is given: SPKI, base64. */
export const publicOf = ({ privateKey }: Signer): string => createPublicKey(createPrivateKey({ key: Buffer.from(privateKey, 'base64'), type: 'pkcs8', format: 'der' })).export({ type: 'spki', format: 'der' }).toString('base64')

/** A public key as somebody pasted it → its id. @throws LiandongError `line.keys` */
export function readPublic(text: string): { readonly id: string; readonly key: string } {
  try {
    const key = createPublicKey({ key: Buffer.from(text.trim(), 'base64'), type: 'spki', format: 'der' })
    if (key.asymmetricKeyType !== 'ed25519') throw new Error(key.asymmetricKeyType)
    return { id: idOf(key), key: key.export({ type: 'spki', format: 'der' }).toString('base64') }
  } catch (error) {
    throw new LiandongError('line.keys', { key: text.slice(0, 100) }, { cause: error })
  }
}

/** Signs a text with a key's name beside it. */
export function seal(text: string, { id, privateKey }: Signer): Sealed {
  const key = createPrivateKey({ key: Buffer.from(privateKey, 'base64'), type: 'pkcs8', format: 'der' })
  return { text, key: id, signature: sign(null, Buffer.from(PURPOSE + text), key).toString('base64') }
}

/** The text, if one of these keys signed it. @throws LiandongError `line.signature` */
export function unseal({ text, key, signature }: Sealed, keys: Readonly<Record<string, string>>): string {
  const known = Object.hasOwn(keys, key) ? keys[key] : undefined
  const right = known !== undefined && verify(null, Buffer.from(PURPOSE + text), createPublicKey({ key: Buffer.from(known, 'base64'), type: 'spki', format: 'der' }), Buffer.from(signature, 'base64'))
  if (!right) throw new LiandongError('line.signature', { key })
  return text
}
