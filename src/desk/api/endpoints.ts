import type { BodyOf, ParamsOf, QueryOf, ResponseOf, ROUTES, RouteName } from '../../contracts/http.js'

type EndpointName = Exclude<RouteName, 'health' | 'ready' | 'metrics' | 'practiceCall' | 'edgeCounts' | 'open311' | 'open311One' | 'open311Service' | 'open311Post' | 'attachment' | 'exportTickets' | 'exchange' | 'flowSound' | 'recordingSound'>

/**
 * Method and path of each route the desk calls. They are typed by the route table of the contracts, so a route that moves does not compile here;
 * importing the table itself would carry the schema library into the browser.
 */
const ENDPOINTS: { readonly [N in EndpointName]: `${(typeof ROUTES)[N]['method']} ${(typeof ROUTES)[N]['path']}` } = {
  logIn: 'POST /api/login',
  logOut: 'POST /api/logout',
  session: 'GET /api/session',
  me: 'GET /api/me',
  tickets: 'GET /api/tickets',
  ticket: 'GET /api/tickets/:id',
  history: 'GET /api/tickets/:id/history',
  act: 'POST /api/tickets/:id/acts',
  ask: 'GET /api/ask',
  caller: 'GET /api/callers',
  saveCaller: 'POST /api/callers',
  board: 'GET /api/board',
  urgeMany: 'POST /api/tickets/urge',
  proposal: 'GET /api/tickets/:id/proposal',
  duplicates: 'GET /api/tickets/:id/duplicates',
  duties: 'GET /api/duties',
  notices: 'GET /api/notices',
  receipt: 'POST /api/notices/:id/receipt',
  outbox: 'GET /api/outbox',
  replay: 'POST /api/outbox/:id/replay',
  units: 'GET /api/units',
  categories: 'GET /api/categories',
  places: 'GET /api/places',
  map: 'GET /api/map',
  lines: 'GET /api/lines',
  conflicts: 'GET /api/conflicts',
  decide: 'POST /api/conflicts/:id/decide',
  views: 'GET /api/views',
  saveView: 'POST /api/views',
  removeView: 'POST /api/views/:id/remove',
  attach: 'POST /api/tickets/:id/attachments',
  attachments: 'GET /api/tickets/:id/attachments',
  reveal: 'POST /api/tickets/:id/reveal',
  colleagues: 'GET /api/unit/people',
  calls: 'GET /api/calls',
  myDay: 'GET /api/my-day',
  phoneBook: 'GET /api/phone-book',
  talks: 'GET /api/talks',
  recordings: 'GET /api/tickets/:id/recordings',
  playRecording: 'POST /api/recordings/:id/plays',
  recordingPlays: 'GET /api/recordings/:id/plays',
  holdRecording: 'POST /api/recordings/:id/hold',
  callBacks: 'GET /api/call-backs',
  claimCallBack: 'POST /api/call-backs/:id/claim',
  settleCallBack: 'POST /api/call-backs/:id/settle',
  dayAccount: 'GET /api/account',
  flows: 'GET /api/flows',
  flowDiff: 'GET /api/flows/diff',
  flowLive: 'GET /api/flows/live/:name',
  publishFlows: 'POST /api/flows/publish',
  approveFlows: 'POST /api/flows/approve',
  backFlows: 'POST /api/flows/back',
  tryFlow: 'POST /api/flows/try',
  simulateFlow: 'POST /api/flows/simulate',
  callLog: 'GET /api/calls/:id/log',
  queue: 'GET /api/queue',
  phone: 'GET /api/phone',
  choosePhone: 'POST /api/phone',
  phoneSecret: 'POST /api/phone/secret',
  practiceLogins: 'GET /api/practice/logins',
}

/** A refusal of the server (`code` from `contracts/errors.ts`), or `network` when no answer came. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    text: string,
    readonly status: number,
    readonly details: Readonly<Record<string, string | number>> = {},
  ) {
    super(text)
    this.name = 'ApiError'
  }

  /** Worth trying again by itself: no answer, or the server says that it is the server's fault. */
  get passing(): boolean {
    return this.status === 0 || this.status >= 500 || this.status === 429
  }
}

type Given<N extends EndpointName> =
  & (ParamsOf<N> extends undefined ? unknown : { readonly params: ParamsOf<N> })
  & (BodyOf<N> extends undefined ? unknown : { readonly body: BodyOf<N> })
  & (QueryOf<N> extends undefined ? unknown : { readonly query?: Partial<QueryOf<N> & object> })

interface CallOptions {
  readonly signal?: AbortSignal
  /** ms until the request counts as lost. */
  readonly timeout?: number
  /** The request outlives the page (body at most 64 KB). */
  readonly keepalive?: boolean
}

let onSessionLost: () => void = () => undefined
/** Called when the server says that nobody is signed in. */
export function whenSessionLost(listener: () => void): void { onSessionLost = listener }

/** Calls one route. @throws ApiError; an aborted request rejects with the signal's reason. */
export async function call<N extends EndpointName>(name: N, given: Given<N>, options: CallOptions = {}): Promise<ResponseOf<N>> {
  const [method = 'GET', template = ''] = ENDPOINTS[name].split(' ')
  const { params, body, query } = given as { params?: Record<string, string>; body?: unknown; query?: Record<string, string | number | boolean | undefined> }
  const path = template.replace(/:(\w+)/g, (_, key: string) => encodeURIComponent(params?.[key] ?? ''))
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) if (value !== undefined && value !== '') search.set(key, String(value))
  const url = search.size === 0 ? path : `${path}?${search.toString()}`
  const deadline = AbortSignal.timeout(options.timeout ?? 15_000)
  let response: Response
  try {
    response = await fetch(url, {
      method,
      headers: { accept: 'application/json', 'accept-language': document.documentElement.lang, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      credentials: 'same-origin',
      cache: 'no-store',
      keepalive: options.keepalive ?? false,
      signal: options.signal ? AbortSignal.any([options.signal, deadline]) : deadline,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new ApiError('network', error instanceof Error ? error.message : String(error), 0)
  }
  let answer: unknown = null
  try {
    answer = await response.json()
  } catch (error) {
    // Cut off or given up in the middle of the body; a refusal needs none.
    if (options.signal?.aborted) throw error
    if (response.ok) throw new ApiError('network', error instanceof Error ? error.message : String(error), 0)
  }
  if (response.ok) return answer as ResponseOf<N>
  if (response.status === 401 && name !== 'logIn') onSessionLost()
  const failure = (typeof answer === 'object' && answer !== null ? answer : {}) as { code?: string; text?: string; details?: Record<string, string | number> }
  throw new ApiError(failure.code ?? 'internal', failure.text ?? `HTTP ${response.status}`, response.status, failure.details)
}
