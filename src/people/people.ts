import { createHash, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { LiandongError } from '../contracts/errors.js'
import type { Role, Self } from '../contracts/people.js'
import { within } from '../time/within.js'
import { checkPassword, hashPassword } from './password.js'
import type { People } from './ports.js'

export interface NewPerson { readonly loginName: string; readonly displayName: string; readonly role: Role; readonly extension?: string; readonly unitId?: string; readonly skills?: readonly string[]; readonly practice?: boolean }

/** What people need of the database. */
export interface PeopleStore {
  byLogin(loginName: string): Promise<{ readonly self: Self; readonly passwordHash: string | null } | null>
  addSession(session: { readonly tokenHash: Buffer; readonly personId: string; readonly expiresAt: number; readonly address: string; readonly userAgent: string }): Promise<void>
  bySession(tokenHash: Buffer): Promise<{ readonly self: Self; readonly expiresAt: number } | null>
  renew(tokenHash: Buffer, expiresAt: number): Promise<void>
  /** Resolves once it is durable, also while the database is away; `bySession` knows it from then on. */
  revoke(tokenHash: Buffer): Promise<void>
  list(role?: Role): Promise<readonly Self[]>
  /** Adds or changes the person of this log-in name. */
  put(person: NewPerson & { readonly passwordHash: string | null }): Promise<void>
  /** Throws LiandongError `practice.real-people` where people of a city are kept. */
  refusePractice(): Promise<void>
  enablePractice(enabled: boolean): Promise<void>
  audit(entry: { readonly personId: string | null; readonly act: string; readonly subject: string; readonly details: Record<string, string> }): Promise<void>
}

/** Wrong passwords allowed from one address for one name within the window, ms. */
const ATTEMPTS = 8
/** … and from all addresses together: high enough that nobody is locked out by a stranger's few guesses. */
const ATTEMPTS_A_NAME = 100
/** … and from one address for all names: a hall behind one address mistypes less often, even at the change of shifts. */
const ATTEMPTS_AN_ADDRESS = 150
const WINDOW = 5 * 60_000
/** How long a session's person is remembered without asking the database, ms. */
const FRESH = 5_000
/** PostgreSQL's time to answer about somebody who is remembered; after it he is taken for who he was, ms. */
const PATIENCE = 500

/** A question about one token that the database has not answered yet; `since`: ms. */
interface Asked { readonly answer: Promise<Self | null>; readonly since: number }

/** What the database knows a session by. */
export const tokenHashOf = (token: string): Buffer => createHash('sha256').update(token).digest()

export interface PeopleSettings {
  readonly sessionHours: number
  /** The time of day, ms: a session ends at one, in the database. */
  readonly clock: () => number
  /** For durations, ms: a clock that is set back must not keep anybody signed in. */
  readonly monotonic?: () => number
  /** Tests only. */
  readonly attemptsAnAddress?: number
}

/** Log-in, sessions and who is who, by a store. Sessions are cached for a moment and stay known while the store is away. */
export function makePeople(store: PeopleStore, settings: PeopleSettings): People & {
  /** Somebody of the practice, with a password that we drew. */
  addPerson(person: NewPerson, password: string): Promise<void>
} {
  const attempts = new Map<string, { count: number; readonly until: number }>()
  const cache = new Map<string, { readonly self: Self; readonly until: number; readonly stale: number }>()
  /** Look-ups under way: a second question about the same token waits for the same answer, not anew. */
  const asking = new Map<string, Asked>()
  const { clock, monotonic = () => performance.now(), attemptsAnAddress = ATTEMPTS_AN_ADDRESS } = settings
  /** Of a session, ms. */
  const life = settings.sessionHours * 3_600_000
  /** Tokens that were logged out here: a look-up under way must not bring one back. */
  const ended = new Set<string>()
  /** Tokens with which a person did something since the database was last asked about them: the next question begins the session anew. */
  const acted = new Set<string>()
  const listeners: ((token: string, self: Self | null) => void)[] = []

  /** Counts the attempt before its password is looked at: a burst at once gets no more guesses than one after another. */
  function attempt(key: string, most: number): void {
    const now = monotonic()
    if (attempts.size > 10_000) for (const [old, { until }] of attempts) if (until <= now) attempts.delete(old)
    const entry = attempts.get(key)
    if (entry === undefined || entry.until <= now) attempts.set(key, { count: 1, until: now + WINDOW })
    else if (entry.count >= most) throw new LiandongError('auth.too-many', { seconds: Math.ceil((entry.until - now) / 1000) })
    else entry.count += 1
  }

  /** An attempt that was right, or that PostgreSQL could not judge, is nobody's fault. */
  function forgive(key: string): void {
    const entry = attempts.get(key)
    if (entry !== undefined) entry.count -= 1
  }

  /** `fresh`: the database need not be asked for so long, ms. */
  function remember(token: string, self: Self, fresh: number): void {
    const now = monotonic()
    cache.set(token, { self, until: now + fresh, stale: now + life })
    if (cache.size > 5_000) cache.delete(cache.keys().next().value ?? '')
  }

  function tell(token: string, self: Self | null): void { for (const listener of listeners) listener(token, self) }

  function ask(token: string): Asked {
    const since = monotonic()
    const answer = store.bySession(tokenHashOf(token)).then(async (session) => {
      const active = acted.delete(token)
      if (session !== null && active && session.expiresAt - clock() < life / 2) await store.renew(tokenHashOf(token), clock() + life).catch(() => undefined)
      return ended.has(token) ? null : session?.self ?? null
    })
    const asked: Asked = { answer, since }
    asking.set(token, asked)
    answer.then(
      (self) => {
        if (asking.get(token) !== asked) return // what has changed since then it does not know
        asking.delete(token)
        const before = cache.get(token)?.self
        cache.delete(token)
        if (self !== null) remember(token, self, FRESH)
        if (before !== undefined && !isDeepStrictEqual(before, self)) tell(token, self)
      },
      () => { if (asking.get(token) === asked) asking.delete(token) },
    )
    return asked
  }

  return {
    async logIn({ loginName, password, address, userAgent }) {
      const key = `${address} ${loginName}`
      const limits = [[key, ATTEMPTS], [loginName, ATTEMPTS_A_NAME], [`${address} `, attemptsAnAddress]] as const
      const forgiveAll = (): void => { for (const [what] of limits) forgive(what) }
      for (const [what, most] of limits) attempt(what, most)
      const found = await store.byLogin(loginName).catch((error: unknown) => { forgiveAll(); throw error })
      const right = await checkPassword(password, found?.passwordHash ?? null)
      if (found === null || !right) {
        await store.audit({ personId: found?.self.id ?? null, act: 'login.failed', subject: loginName.slice(0, 32), details: { address } })
        throw new LiandongError('auth.wrong')
      }
      attempts.delete(key)
      forgiveAll()
      const token = randomBytes(32).toString('base64url')
      const expiresAt = clock() + life
      await store.addSession({ tokenHash: tokenHashOf(token), personId: found.self.id, expiresAt, address, userAgent: userAgent.slice(0, 200) })
      await store.audit({ personId: found.self.id, act: 'login', subject: loginName, details: { address } })
      // He is known from here on, also if PostgreSQL goes before he does anything.
      remember(token, found.self, 0)
      return { token, self: found.self, expiresAt }
    },
    async whoIs(token, active = false) {
      const known = cache.get(token)
      // Kept also while nobody has to be asked: the desk asks for the queue every few seconds, and that renews nothing.
      if (active) acted.add(token)
      if (acted.size > 5_000) acted.delete(acted.values().next().value ?? '') // invented ones, while PostgreSQL is away
      if (known !== undefined && known.until > monotonic()) return known.self
      const { answer, since } = asking.get(token) ?? ask(token)
      if (known === undefined || known.stale <= monotonic()) return answer
      // PostgreSQL is away or hangs: who was signed in stays so, or nobody could work while the journal keeps what he does.
      return within(answer.catch(() => known.self), PATIENCE - (monotonic() - since), () => known.self)
    },
    async logOut(token) {
      cache.delete(token)
      acted.delete(token)
      ended.add(token)
      if (ended.size > 5_000) ended.delete(ended.values().next().value ?? '')
      tell(token, null)
      await store.revoke(tokenHashOf(token))
    },
    changed(personId) {
      asking.clear()
      for (const [token, known] of cache) {
        if (known.self.id !== personId) continue
        cache.set(token, { ...known, until: -Infinity })
        ask(token)
      }
    },
    known: (token) => cache.get(token)?.self ?? null,
    onChange(listener) { listeners.push(listener) },
    list: (role) => store.list(role),
    async addPerson(person, password) { await store.put({ ...person, passwordHash: await hashPassword(password, 'us') }) },
  }
}
