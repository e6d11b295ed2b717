import type { Role, Self } from '../contracts/people.js'

/** Log-in and sessions, as `http` uses them. */
export interface People {
  /** Checks the password (scrypt) and opens a session. Throws LiandongError `auth.wrong` or `auth.too-many`. */
  logIn(input: { readonly loginName: string; readonly password: string; readonly address: string; readonly userAgent: string }): Promise<{ readonly token: string; readonly self: Self; readonly expiresAt: number }>
  /**
   * The person behind an opaque token, or null. Cached for a few seconds; a log-out here, and `changed`, count at once. While the database is away or slow, who was known stays so.
   * @param active a person did something: a session past half its life then begins anew, so that nobody is signed out in mid-shift.
   */
  whoIs(token: string, active?: boolean): Promise<Self | null>
  /** Who this token was when it was last looked up here; asks nobody. For limits, never for rights. */
  known(token: string): Self | null
  /** It is over here at once; resolves when it will be so everywhere. Rejects when neither the database nor the disk took it. */
  logOut(token: string): Promise<void>
  /** Sessions or rights of this person changed, on any node: who he is is asked anew now. */
  changed(personId: string): void
  /** Told when a session is found to be over (null), or its person to be another than he was: role, unit, telephone, skills. */
  onChange(listener: (token: string, self: Self | null) => void): void
  /** All people of a role, for admin pages and seeding checks. */
  list(role?: Role): Promise<readonly Self[]>
}
