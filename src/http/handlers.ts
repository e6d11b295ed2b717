import type { Registry } from 'prom-client'
import { LiandongError } from '../contracts/errors.js'
import type { Category, PracticeCall, PracticeLogin } from '../contracts/http.js'
import type { CallRecord, IntakeDesk } from '../intake/ports.js'
import type { People } from '../people/ports.js'
import type { Tickets } from '../dispatch/ports.js'
import type { Handlers } from './app.js'
import { COOKIE, tokenOf } from './session.js'

/** The practice exchange, as the routes use it. */
export interface Practice {
  readonly logins: readonly PracticeLogin[]
  /** What the caller hears and what happens, until the call is over. */
  placeCall(call: PracticeCall): AsyncIterable<object>
}

export interface HandlerDeps {
  readonly people: People
  readonly tickets: Tickets
  readonly intake: () => IntakeDesk
  readonly categories: () => readonly Category[]
  readonly practice: Practice | null
  readonly metrics: Registry
  readonly canServe: () => boolean
  readonly version: string
  readonly startedAt: number
  readonly clock: () => number
  readonly secureCookie: boolean
}

/** Seconds. The server says when a session is over, and renews it; the cookie only has to outlive it. */
const COOKIE_LIFE = 7 * 24 * 3_600

const lineOf = (call: CallRecord) => ({
  callId: call.callId, at: call.createdAt, state: call.state, number: call.caller.number,
  waitedSeconds: Math.max(0, Math.floor(((call.answeredAt ?? call.endedAt ?? call.queuedAt) - call.queuedAt) / 1000)),
  ...(call.category === undefined ? {} : { category: call.category }),
  ...(call.operatorId === undefined ? {} : { operatorId: call.operatorId }),
})

/** What each route does. Paths, roles and schemas are in `contracts/http.ts`. */
export function makeHandlers(deps: HandlerDeps): Handlers {
  const { people, tickets, intake } = deps
  const practice = (request: { ip: string }): Practice => {
    if (deps.practice === null || !['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(request.ip)) throw new LiandongError('practice.off')
    return deps.practice
  }
  return {
    async logIn({ body, request, reply }) {
      const { token, self } = await people.logIn({ ...body, address: request.ip, userAgent: request.headers['user-agent'] ?? '' })
      reply.setCookie(COOKIE, token, { path: '/', httpOnly: true, sameSite: 'strict', secure: deps.secureCookie, maxAge: COOKIE_LIFE })
      return self
    },
    async logOut({ request, reply }) {
      const token = tokenOf(request)
      if (token !== undefined) await people.logOut(token)
      reply.clearCookie(COOKIE, { path: '/' })
      return {}
    },
    me: ({ self }) => Promise.resolve(self),
    tickets: ({ self, query: { mine, ...query } }) => tickets.list(self, { ...query, ...(mine === true ? { mine: self.id } : {}) }),
    ticket: ({ self, params }) => tickets.get(self, params.id),
    history: async ({ self, params }) => ({ history: [...await tickets.history(self, params.id)] }),
    act: ({ self, params, body }) => tickets.act(self, params.id, body),
    units: async () => ({ units: [...await tickets.units()] }),
    categories: () => Promise.resolve({ categories: [...deps.categories()] }),
    async calls({ self, query }) {
      const { calls, total } = await tickets.calls(self, query)
      return { calls: calls.map(lineOf), total }
    },
    queue: () => Promise.resolve({ queue: intake().queueView(), health: intake().healthView() }),
    practiceLogins: ({ request }) => Promise.resolve({ logins: [...practice(request).logins] }),
    async practiceCall({ body, request, reply }) {
      const reports = practice(request).placeCall(body)
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
      for await (const report of reports) {
        if (reply.raw.destroyed) break
        reply.raw.write(`${JSON.stringify(report)}\n`)
      }
      reply.raw.end()
      return ''
    },
    health: () => Promise.resolve({ ok: true, version: deps.version, uptimeSeconds: Math.floor((deps.clock() - deps.startedAt) / 1000) }),
    ready({ reply }) {
      const { database, pbx, journal } = intake().healthView()
      const ready = deps.canServe()
      if (!ready) reply.code(503)
      return Promise.resolve({ ready, database, pbx, journal, since: deps.startedAt })
    },
    async metrics({ reply }) {
      const text = await deps.metrics.metrics()
      reply.type(deps.metrics.contentType)
      return text
    },
  }
}
