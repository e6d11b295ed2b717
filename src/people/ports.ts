import type { Role, Self } from '../contracts/people.js'

/** Log-in and sessions, as `http` uses them. */
export interface People {
  /** Checks the password (scrypt) and opens a session. Throws LiandongError `auth.wrong` or `auth.too-many`. */
  logIn(input: { readonly loginName: string; readonly password: string; readonly address: string; readonly userAgent: string }): Promise<{ readonly token: string; readonly self: Self; readonly expiresAt: number }>
  /** The person behind an opaque token, or null. Cached for a few seconds; log-out and revocation end it at once on this node. */
  whoIs(token: string): Promise<Self | null>
  logOut(token: string): Promise<void>
  /** All people of a role, for admin pages and seeding checks. */
  list(role?: Role): Promise<readonly Self[]>
}
