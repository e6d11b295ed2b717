import { createHash, randomBytes, randomInt } from 'node:crypto'

/** The SIP domain of operators' telephones (`operators_domain` in sip/freeswitch/vars.xml), which is the realm of their digest. */
export const REALM = 'liandong'

/** What one telephone registers with. */
export interface Phone { readonly extension: string; readonly a1Hash: string }

/** H(A1) of SIP digest (RFC 8760 with MD5, which every telephone speaks): enough to register, and no password. */
export const a1HashOf = (extension: string, password: string): string => createHash('md5').update(`${extension}:${REALM}:${password}`).digest('hex')

/** Letters and digits that are not taken for one another when they are typed on a telephone. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A new password of 20 characters, about 99 bits: the hash of a shorter one could be guessed. */
export const newPhonePassword = (): string => Array.from({ length: 20 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')

/** What a telephone in the browser registers with: H(A1) itself, 128 bits at random. No password belongs to it, so none can be guessed or used elsewhere. */
export const newBrowserSecret = (): string => randomBytes(16).toString('hex')

/** The directory as FreeSWITCH's mod_xml_curl reads it out of a file, in the order of extensions. Digits and hexadecimal only: nothing in it needs escaping. */
export function phonesXml(phones: readonly Phone[]): string {
  const users = [...phones].sort((a, b) => a.extension.localeCompare(b.extension)).map(({ extension, a1Hash }) => {
    if (!/^[0-9]{2,8}$/.test(extension) || !/^[0-9a-f]{32}$/.test(a1Hash)) throw new Error(`no telephone: ${extension}`)
    return `      <user id="${extension}"><params><param name="a1-hash" value="${a1Hash}"/></params><variables><variable name="user_context" value="operators"/></variables></user>\n`
  })
  return `<?xml version="1.0"?>\n<document type="freeswitch/xml">\n  <section name="directory">\n    <domain name="${REALM}"><users>\n${users.join('')}    </users></domain>\n  </section>\n</document>\n`
}
