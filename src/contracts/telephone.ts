/**
 * A telephone as it is dialled in the city. Trunks write one telephone in several ways, as a global number or a local one (RFC 3966 §5.1.4 and 5.1.5; 3GPP TS 24.229
 * asserts global ones): China's code goes (`+86`, `0086`, before a mobile number also `86`), and a landline gets back the 0 of its area. Anything else stays as it is.
 */
export function nationalNumber(number: string): string {
  const mobile = /^(?:\+|00)?86(1\d{10})$/.exec(number)?.[1]
  if (mobile !== undefined) return mobile
  const landline = /^(?:\+|00)860?((?:10|(?![48]00)[2-9]\d)\d{7,9})$/.exec(number)?.[1]
  return landline === undefined ? number : `0${landline}`
}

/** Every way in which `nationalNumber` may have found this telephone written, itself first: what was kept before it was there, or by somebody else. */
export function spellingsOf(number: string): readonly string[] {
  const national = nationalNumber(number)
  const bare = /^1\d{10}$/.test(national) ? national : /^0[1-9]\d{8,10}$/.test(national) ? national.slice(1) : null
  return bare === null ? [national] : [national, `+86${bare}`, `0086${bare}`, ...(bare === national ? [`86${bare}`] : [`+86${national}`, `0086${national}`])]
}
