import { LiandongError } from '../contracts/errors.js'
import { ROLES, type Role } from '../contracts/people.js'
import { hashPassword } from './password.js'
import { a1HashOf, newPhonePassword } from './phones.js'
import type { NewPerson } from './people.js'

/** Somebody who can, or could, sign in. */
export interface Account {
  readonly loginName: string
  readonly displayName: string
  readonly role: Role
  readonly extension?: string
  readonly unitId?: string
  readonly disabled: boolean
  readonly practice: boolean
}

/** What accounts need of the database. Each change is one transaction with its audit row. */
export interface AccountStore {
  all(): Promise<readonly Account[]>
  /** Throws LiandongError `person.exists`, `person.extension-taken` or `ticket.unit-unknown`. */
  add(person: NewPerson & { readonly passwordHash: string }): Promise<void>
  /** Ends the person's sessions as well. False: nobody, or only a practice person, has this log-in name. */
  setPassword(loginName: string, passwordHash: string): Promise<boolean>
  /** Ends the person's sessions as well. False: nobody has this log-in name. */
  setDisabled(loginName: string, disabled: boolean): Promise<boolean>
  /** What the telephone of this person registers with from now on. `make` is given his extension; null: nobody, only a practice person, or one without a telephone. */
  setPhone(loginName: string, make: (extension: string) => string): Promise<string | null>
}

/**
 * Nobody real is added to a database in which people practise just now: practice would not start again with real people in it.
 * @param pbx setting `pbx.kind` @throws LiandongError `practice.only`
 */
export async function refuseIfPractised(pbx: string, store: Pick<AccountStore, 'all'>): Promise<void> {
  if (pbx === 'practice' && (await store.all()).some(({ practice, disabled }) => practice && !disabled)) throw new LiandongError('practice.only')
}

export interface Accounts {
  list(): Promise<readonly Account[]>
  /** Throws LiandongError `person.*` or `ticket.unit-unknown`. */
  add(person: NewPerson, password: string): Promise<void>
  setPassword(loginName: string, password: string): Promise<void>
  setDisabled(loginName: string, disabled: boolean): Promise<void>
  /** A new password for the telephone: told this once, kept nowhere. */
  newPhonePassword(loginName: string): Promise<{ readonly extension: string; readonly password: string }>
}

/** NIST SP 800-63B: length is what counts, and no rule about kinds of characters. */
const SHORTEST = 10
const LONGEST = 200

const invalid = (field: string, zh: string, en: string): LiandongError => new LiandongError('person.invalid', { field, zh, en })

/** @throws LiandongError `person.invalid` naming `password`. */
export function checkNewPassword(password: string, loginName: string): void {
  const length = [...password].length
  if (length < SHORTEST || length > LONGEST) throw invalid('password', `密码须为 ${SHORTEST} 至 ${LONGEST} 个字符`, `a password has ${SHORTEST} to ${LONGEST} characters`)
  if (password.toLowerCase().includes(loginName) || new Set(password).size < 4) throw invalid('password', '密码过于简单', 'this password is too easy to guess')
}

/** All that cannot be, each a `person.invalid` that names its field. */
export function personFaults({ loginName, displayName, role, extension, unitId }: NewPerson): readonly LiandongError[] {
  const faults: (LiandongError | false)[] = [
    !/^[a-z0-9._-]{2,32}$/.test(loginName) && invalid('login', '登录名为 2 至 32 个小写字母、数字或 . _ -', 'a log-in name has 2 to 32 lower-case letters, digits or . _ -'),
    (displayName.trim() === '' || displayName.length > 64) && invalid('name', '请填写姓名，最多 64 个字符', 'give the person’s name, at most 64 characters'),
    !ROLES.includes(role) && invalid('role', `没有角色“${role}”，可选：${ROLES.join('、')}`, `there is no role “${role}”; choose one of ${ROLES.join(', ')}`),
    extension !== undefined && !/^[0-9]{2,8}$/.test(extension) && invalid('extension', '分机号为 2 至 8 位数字', 'an extension has 2 to 8 digits'),
    role === 'operator' && extension === undefined && invalid('extension', '接警员须有分机号', 'an operator needs an extension'),
    extension !== undefined && role !== 'operator' && role !== 'supervisor' && invalid('extension', '只有接警员和值班长有分机', 'only operators and supervisors have a phone'),
    role === 'unit' && unitId === undefined && invalid('unit', '联动单位用户须指明单位代码', 'a unit user needs the code of his unit'),
    role !== 'unit' && unitId !== undefined && invalid('unit', '只有联动单位用户属于单位', 'only unit users belong to a unit'),
  ]
  return faults.filter((fault) => fault !== false)
}

/** @throws LiandongError `person.invalid` naming the first field that cannot be. */
export function checkPerson(person: NewPerson): void {
  const [first] = personFaults(person)
  if (first !== undefined) throw first
}

/** The people of a city, as its system administrator keeps them. Nobody is ever deleted: tickets name them. */
export function makeAccounts(store: AccountStore): Accounts {
  async function known(found: boolean, loginName: string): Promise<void> {
    if (found) return
    const practice = (await store.all()).some((one) => one.loginName === loginName && one.practice)
    throw new LiandongError(practice ? 'person.practice' : 'person.not-found', { loginName })
  }
  return {
    list: () => store.all(),
    async add(person, password) {
      checkPerson(person)
      checkNewPassword(password, person.loginName)
      await store.add({ ...person, passwordHash: await hashPassword(password) })
    },
    async setPassword(loginName, password) {
      checkNewPassword(password, loginName)
      await known(await store.setPassword(loginName, await hashPassword(password)), loginName)
    },
    async newPhonePassword(loginName) {
      const password = newPhonePassword()
      const extension = await store.setPhone(loginName, (of) => a1HashOf(of, password))
      await known(extension !== null || (await store.all()).some((one) => one.loginName === loginName && !one.practice), loginName)
      if (extension === null) throw invalid('extension', '此人没有分机', 'this person has no telephone')
      return { extension, password }
    },
    async setDisabled(loginName, disabled) { await known(await store.setDisabled(loginName, disabled), loginName) },
  }
}
