import type { PEOPLE_ROUTES } from '../../contracts/routes/people.js'
import type { People } from '../../people/ports.js'
import type { HandlersOf } from '../app.js'
import { COOKIE, tokenOf } from '../session.js'

export interface PeopleDeps { readonly people: People; readonly secureCookie: boolean }

/** Seconds. The server says when a session is over, and renews it; the cookie only has to outlive it. */
const COOKIE_LIFE = 7 * 24 * 3_600

/** Log-in, log-out, who one is. */
export const peopleHandlers = ({ people, secureCookie }: PeopleDeps): HandlersOf<typeof PEOPLE_ROUTES> => ({
  async logIn({ body, request, reply }) {
    const { token, self } = await people.logIn({ ...body, address: request.ip, userAgent: request.headers['user-agent'] ?? '' })
    reply.setCookie(COOKIE, token, { path: '/', httpOnly: true, sameSite: 'strict', secure: secureCookie, maxAge: COOKIE_LIFE })
    return self
  },
  async logOut({ request, reply }) {
    // First: whatever becomes of the rest, the next person at this browser is nobody.
    reply.clearCookie(COOKIE, { path: '/' })
    const token = tokenOf(request)
    if (token !== undefined) await people.logOut(token)
    return {}
  },
  async session({ request }) {
    const token = tokenOf(request)
    return { self: token === undefined ? null : await people.whoIs(token) }
  },
  me: ({ self }) => Promise.resolve(self),
})
