import type { FastifyRequest } from 'fastify'
import { LiandongError } from '../../contracts/errors.js'
import type { PRACTICE_ROUTES, PracticeCall, PracticeLogin } from '../../contracts/routes/practice.js'
import type { HandlersOf } from '../app.js'

/** The practice exchange, as the routes use it. */
export interface Practice {
  readonly logins: readonly PracticeLogin[]
  /** What the caller hears and what happens, until the call is over. `gone`: whoever placed it went away, so its caller hangs up. */
  placeCall(call: PracticeCall, gone: AbortSignal): AsyncIterable<object>
}

/** What a reverse proxy adds: behind one, whoever calls looks like this machine. */
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'] as const

const isNear = ({ ip, headers }: FastifyRequest): boolean => ['127.0.0.1', '::1', '::ffff:127.0.0.1'].includes(ip) && !FORWARDED.some((name) => name in headers)

/** @param running null while no practice exchange runs: then nothing of it exists. Only this machine may use it. */
export function practiceHandlers(running: Practice | null): HandlersOf<typeof PRACTICE_ROUTES> {
  return {
    // Every log-in page asks: that a city has none is no error.
    practiceLogins: ({ request }) => Promise.resolve({ logins: running === null || !isNear(request) ? [] : [...running.logins] }),
    async practiceCall({ body, request, reply }) {
      if (running === null || !isNear(request)) throw new LiandongError('practice.off')
      const gone = new AbortController()
      reply.raw.once('close', () => { gone.abort() })
      const reports = running.placeCall(body, gone.signal)
      // Nothing may happen for longer than a connection may say nothing: he listens to music, or talks.
      request.raw.socket.setTimeout(0)
      reply.hijack()
      reply.raw.writeHead(200, { 'content-type': 'application/x-ndjson; charset=utf-8' })
      for await (const report of reports) {
        if (reply.raw.destroyed) break
        reply.raw.write(`${JSON.stringify(report)}\n`)
      }
      reply.raw.end()
      return ''
    },
  }
}
