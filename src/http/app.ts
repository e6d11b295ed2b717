import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import cookie from '@fastify/cookie'
import helmet from '@fastify/helmet'
import rateLimit from '@fastify/rate-limit'
import serveStatic from '@fastify/static'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import websocket from '@fastify/websocket'
import Fastify, { LogController, type FastifyBaseLogger, type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { ERRORS, errorText, LiandongError, type ErrorCode } from '../contracts/errors.js'
import { ROUTES, type BodyOf, type ParamsOf, type QueryOf, type ResponseOf, type RouteName } from '../contracts/http.js'
import type { Self } from '../contracts/people.js'
import { Failure, type Route } from '../contracts/route.js'
import type { IntakeDesk } from '../intake/ports.js'
import { holderOf } from '../net/addresses.js'
import type { People } from '../people/ports.js'
import type { Hub } from './hub.js'
import { allowOrigin, COOKIE, tokenOf } from './session.js'
import { formatOf, georeportErrors } from './georeport.js'
import { NO_PAGE } from './no-page.js'
import { refuseUnreadable } from './readable.js'
import { registerSocket } from './socket-session.js'
import { makeStrangers } from './strangers.js'
import { whatIsWrong } from './validation.js'

export interface Call<N extends RouteName> {
  /** Null only on public routes. */
  readonly self: Self
  readonly params: ParamsOf<N>
  readonly query: QueryOf<N>
  readonly body: BodyOf<N>
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}
export type Handlers = { readonly [N in RouteName]: (call: Call<N>) => Promise<ResponseOf<N>> }
/** The handlers of one room's routes. */
export type HandlersOf<R extends Partial<Record<RouteName, Route>>> = Pick<Handlers, keyof R & RouteName>

export interface AppDeps {
  readonly people: People
  readonly hub: Hub
  readonly intake: () => IntakeDesk
  readonly handlers: Handlers
  readonly logger: FastifyBaseLogger
  readonly version: string
  /** Where the built desk is; without it only the API is served. */
  readonly deskDirectory: string
  /** The server is stopping: nothing new begins (log-ins, desks, practice calls); what is under way may be finished and saved. */
  readonly draining: () => boolean
  /** Between two pings of a desk, ms. */
  readonly pingEvery?: number
  readonly settings: { readonly origins: () => readonly string[]; readonly secureCookie: boolean; readonly trustProxy: string; /** Origins beside our own from which pictures come: the map's tiles. */ readonly images?: readonly string[]; /** Addresses beside our own that the desk may connect to: FreeSWITCH's, for telephones in the browser. */ readonly connects?: readonly string[] }
}

const MINUTE = 60_000
/** Of one person, or from one address, in a minute. */
const MOST_REQUESTS = 600
/** A county speaks to us. */
const isOfLine = (request: FastifyRequest): boolean => request.routeOptions.url === ROUTES.exchange.path

/** The route under which the desk's files are. */
const FILES = '/*'

/** The HTTP server as a value: tests and `main` build the same. */
export async function buildApp(deps: AppDeps): Promise<FastifyInstance> {
  const { settings } = deps
  const app = Fastify({
    loggerInstance: deps.logger,
    logController: new LogController({ disableRequestLogging: true }), // request lines would carry numbers in their query
    trustProxy: settings.trustProxy === '' ? false : settings.trustProxy,
    bodyLimit: 64 << 10,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    keepAliveTimeout: 30_000,
    genReqId: () => randomUUID(),
    ajv: { customOptions: { removeAdditional: false, allErrors: false, strict: false } },
    forceCloseConnections: true,
  })
  app.decorateRequest('self', null)
  app.removeContentTypeParser('text/plain') // JSON only: a form of another site cannot send it
  // Open311 clients post forms. Nothing else takes one: with a cookie it could come from another site's page, here there is a key in it.
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (request, body, done) => {
    if (!request.url.startsWith('/open311/')) return done(Object.assign(new Error('Unsupported Media Type'), { statusCode: 415 }))
    done(null, Object.fromEntries(new URLSearchParams(body as string)))
  })
  app.addHook('preValidation', (request, _reply, done) => {
    if (request.url.startsWith('/open311/')) tidyOpen311(request)
    done()
  })
  app.setErrorHandler((error: FastifyError, request, reply) => fail(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    // Every page of the desk is at `/`, behind a `#`: another path is a mistyped one, and a person is told so on a page.
    const reads = (request.method === 'GET' || request.method === 'HEAD') && !/^\/(api|ws|docs|assets|open311)(\/|\?|$)/.test(request.url) && (request.headers.accept ?? '').includes('text/html')
    return reads ? reply.code(404).type('text/html; charset=utf-8').send(NO_PAGE) : fail(new LiandongError('request.not-found', { what: request.url.split('?')[0] ?? '' }), request, reply)
  })
  await app.register(cookie)
  await app.register(helmet, {
    contentSecurityPolicy: { directives: {
      defaultSrc: ["'self'"], scriptSrc: ["'self'"], connectSrc: ["'self'", ...settings.connects ?? []], imgSrc: ["'self'", 'data:', ...settings.images ?? []],
      styleSrc: ["'self'", "'unsafe-inline'"], // antd writes its styles into the page at run time
      upgradeInsecureRequests: settings.secureCookie ? [] : null,
    } },
    strictTransportSecurity: settings.secureCookie,
  })
  // An upgrade that is injected in tests has no address.
  // By person, else by address: a hall of desks behind one address must not starve itself, and an invented cookie buys nothing.
  // Asking after a request with invented numbers is guessing. So is a wrong password: `people` counts those, for a whole hall signs in at once.
  const isGuess = (request: FastifyRequest): boolean => request.routeOptions.url === ROUTES.ask.path
  const limitKey = (request: FastifyRequest): string => {
    const from = holderOf(request.ip)
    if (isGuess(request)) return `${request.routeOptions.url ?? ''} ${from}`
    const token = tokenOf(request)
    return (token === undefined ? null : deps.people.known(token)?.id) ?? from
  }
  // As a hook of the whole app it comes before any route's own: what is refused there is counted too.
  // The desk's own files are a couple of dozen at each first load, by somebody who is not known yet, and cost nothing.
  const allowList = (request: FastifyRequest): boolean => request.url === '/health' || request.url === '/ready' || request.url === '/metrics' || request.routeOptions.url === FILES || isOfLine(request)
  await app.register(rateLimit, { global: false, timeWindow: MINUTE, keyGenerator: limitKey, allowList, errorResponseBuilder: (_request, { ttl }) => new LiandongError('auth.too-many', { seconds: Math.ceil(ttl / 1000) }) })
  // Citizens' data on a workstation that several people use.
  app.addHook('onSend', (request, reply, _payload, done) => { if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store'); done() })
  app.addHook('onRequest', app.rateLimit({ max: (request) => (isGuess(request) ? 30 : MOST_REQUESTS) }))
  // A county is known by its signature alone, whatever address it shares and with whom; after a cut it has much to say at once. What is not signed, played again, or of no line here counts like everybody's.
  const strangers = makeStrangers(MOST_REQUESTS, MINUTE)
  app.addHook('onRequest', (request, _reply, done) => {
    const wait = isOfLine(request) ? strangers.came(request, limitKey(request)) : 0
    done(wait > 0 ? new LiandongError('auth.too-many', { seconds: Math.ceil(wait / 1000) }) : undefined)
  })
  app.addHook('onSend', (request, reply, _payload, done) => { if (reply.statusCode < 400) strangers.known(request); done() })
  await app.register(swagger, { openapi: { openapi: '3.1.0', info: { title: '联动 Liandong', version: deps.version }, components: { securitySchemes: { session: { type: 'apiKey', in: 'cookie', name: COOKIE } } } } })
  await app.register(swaggerUi, { routePrefix: '/docs' })
  await app.register(websocket, { options: { maxPayload: 64 << 10, perMessageDeflate: false } })
  if (existsSync(deps.deskDirectory)) {
    await app.register(serveStatic, { root: deps.deskDirectory, setHeaders: (reply, path) => { reply.header('cache-control', path.includes('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache') } })
  }
  registerSocket(app, { people: deps.people, hub: deps.hub, intake: deps.intake, origins: settings.origins, draining: deps.draining, ...(deps.pingEvery === undefined ? {} : { pingEvery: deps.pingEvery }) })
  for (const name of Object.keys(ROUTES) as RouteName[]) registerRoute(app, name, deps)
  return app
}

/** Routes that begin something new. */
const BEGIN: ReadonlySet<RouteName> = new Set(['logIn', 'practiceCall'])

/** What a desk posts by itself, whoever sits at it. */
const BY_ITSELF: ReadonlySet<RouteName> = new Set(['receipt', 'phoneSecret'])

function registerRoute(app: FastifyInstance, name: RouteName, deps: AppDeps): void {
  const route: Route = ROUTES[name]
  const { roles } = route
  // A desk reads by itself, every few seconds: nobody need be there for it.
  const isByHand = route.method !== 'GET' && !BY_ITSELF.has(name)
  app.route({
    method: route.method,
    url: route.path,
    ...(route.bodyLimit === undefined ? {} : { bodyLimit: route.bodyLimit }),
    schema: {
      operationId: name,
      summary: `${route.summary.zh} / ${route.summary.en}`,
      description: roles === 'public' ? 'public' : roles.join(', '),
      ...(roles === 'public' ? {} : { security: [{ session: [] }] }),
      ...(route.params === undefined ? {} : { params: route.params }),
      ...(route.query === undefined ? {} : { querystring: route.query }),
      ...(route.body === undefined ? {} : { body: route.body }),
      response: { 200: route.response, ...(name === 'ready' ? { 503: route.response } : {}), default: Failure },
    },
    onRequest: async (request) => {
      if (route.method !== 'GET') allowOrigin(request, deps.settings.origins, false)
      if (BEGIN.has(name) && deps.draining()) throw new LiandongError('server.draining')
      if (roles === 'public') return
      const token = tokenOf(request)
      const self = token === undefined ? null : await deps.people.whoIs(token, isByHand)
      if (self === null) throw new LiandongError('auth.required')
      if (!roles.includes(self.role)) throw new LiandongError('auth.forbidden', { role: self.role })
      request.self = self
    },
    preValidation: (request, _reply, done) => {
      refuseUnreadable({ params: request.params, query: request.query, body: request.body })
      done()
    },
    handler: (request, reply) => {
      const call = { self: request.self, params: request.params, query: request.query, body: request.body, request, reply }
      return (deps.handlers[name] as unknown as (call: unknown) => Promise<unknown>)(call)
    },
  })
}

/** As clients of GeoReport v2 write it: an address may have no ending, and a field that is left empty says nothing, whatever it should be. */
function tidyOpen311({ url, headers: { accept }, params, query, body }: FastifyRequest): void {
  const named = params as { file?: string }
  if (named.file !== undefined && !named.file.includes('.')) named.file += `.${formatOf(url, accept)}`
  for (const said of [query, body]) {
    if (typeof said !== 'object' || said === null) continue
    for (const [field, value] of Object.entries(said)) if (value === '') Reflect.deleteProperty(said, field)
  }
}

const languageOf = (request: FastifyRequest): 'zh' | 'en' =>
  request.self?.language === 'en' || (request.self === null && (request.headers['accept-language'] ?? '').toLowerCase().startsWith('en')) ? 'en' : 'zh'

/** The one place where an error becomes an answer. What is our fault is logged under a reference and not shown. */
function fail(error: FastifyError | LiandongError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  let code: ErrorCode = 'internal'
  let detailsIn: (language: 'zh' | 'en') => Readonly<Record<string, string | number>> = () => ({ id: request.id })
  if (error instanceof LiandongError) {
    code = error.code
    detailsIn = () => error.details
  } else if (error.validation !== undefined) {
    const { validation, validationContext = '' } = error
    // Where an address is no number, no service or has another ending, there is nothing.
    const nowhere = validationContext === 'params' && request.url.startsWith('/open311/')
    code = nowhere ? 'request.not-found' : 'request.invalid'
    detailsIn = (language) => (nowhere ? { what: request.url.split('?')[0] ?? '' } : { ...whatIsWrong(validationContext, validation, language) })
  } else if (error.code === 'FST_ERR_CTP_INVALID_JSON_BODY' || error.code === 'FST_ERR_CTP_EMPTY_JSON_BODY') {
    code = 'request.invalid'
    detailsIn = (language) => ({ where: 'body', problem: language === 'en' ? 'is not valid JSON' : '不是有效的 JSON' })
  } else if (error.statusCode !== undefined && error.statusCode < 500) {
    code = 'request.invalid'
    detailsIn = () => ({ where: request.method, problem: error.message })
  } else {
    request.log.error({ err: error, reqId: request.id }, 'request failed')
  }
  const { status } = ERRORS[code]
  if (request.url.startsWith('/open311/')) {
    // GeoReport v2 knows 400, 403 and 404: what names a service that is not there is not found.
    const told = code === 'ticket.category-unknown' ? 404 : status === 422 ? 400 : status
    const { type, body } = georeportErrors(formatOf(request.url, request.headers.accept), told, `${errorText(code, 'zh', detailsIn('zh'))} / ${errorText(code, 'en', detailsIn('en'))}`)
    return reply.code(told).type(type).send(body)
  }
  const details = detailsIn(languageOf(request))
  return reply.code(status).send({ code, text: errorText(code, languageOf(request), details), details })
}
