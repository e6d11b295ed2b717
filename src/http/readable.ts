import { LiandongError } from '../contracts/errors.js'

/** C0 controls other than tab and line ends. */
const CONTROL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/

/**
 * Text that no form can have made and PostgreSQL cannot keep: control characters, halves of a UTF-16 pair.
 * @throws LiandongError `request.invalid` with the place.
 */
export function refuseUnreadable(value: unknown, where = ''): void {
  if (typeof value === 'string') {
    if (CONTROL.test(value)) throw new LiandongError('request.invalid', { where, problem: '含有控制字符 / has a control character' })
    if (!value.isWellFormed()) throw new LiandongError('request.invalid', { where, problem: '含有残缺字符 / has half a character' })
  } else if (typeof value === 'object' && value !== null) {
    for (const [name, part] of Object.entries(value)) refuseUnreadable(part, where === '' ? name : `${where}.${name}`)
  }
}
