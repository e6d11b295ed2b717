import type { FastifyRequest } from 'fastify'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'

declare module 'fastify' {
  interface FastifyRequest { self: Self | null }
}

export const COOKIE = 'liandong_session'

/** The opaque session token of a request, if it brought one. */
export const tokenOf = (request: FastifyRequest): string | undefined => request.cookies[COOKIE]

/** Allowed origins; asked at each request, since the own address is known only after listening. */
export type OriginList = () => readonly string[]

/**
 * Exact origins only. @param required a websocket upgrade is sent by browsers with Origin always; other clients of HTTP have none.
 * @throws LiandongError `auth.origin`
 */
export function allowOrigin(request: FastifyRequest, origins: OriginList, required: boolean): void {
  const { origin } = request.headers
  if (origin === undefined && !required) return
  if (origin === undefined || !origins().includes(origin)) throw new LiandongError('auth.origin', { origin: (origin ?? '—').slice(0, 100) })
}
