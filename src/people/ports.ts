import type { Role, Self } from '../contracts/people.js'

/** Log-in and sessions, as `http` uses them. */
export interface People {
  /** Checks the password (scrypt) and opens a session. Throws LiandongError `auth.wrong` or `auth.too-many`. */
  logIn(input: { readonly loginName: string; readonly password: string; readonly address: string; readonly userAgent: string }): Promise<{ readonly token: string; readonly self: Self; readonly expiresAt: number }>
  /**
   * The person behind an opaque token, or null. Cached for a few seconds; a log-out ends it at once on this node. While the database is away or slow, who was known stays so.
   * @param active a person did something: a session past half its life then begins anew, so that nobody is signed out in mid-shift.
   */
  whoIs(token: string, active?: boolean): Promise<Self | null>
  /** Who this token was when it was last looked up here; asks nobody. For limits, never for rights. */
  known(token: string): Self | null
  logOut(token: string): Promise<void>
  /** Told after a log-out on this node. Revocation elsewhere is seen by the next `whoIs` that asks the database. */
  onLogOut(listener: (token: string) => void): void
  /** All people of a role, for admin pages and seeding checks. */
  list(role?: Role): Promise<readonly Self[]>
}
