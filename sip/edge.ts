import type { Logger } from 'pino'
import { admit, emptyAdmission, type Admission, type Rank, type Verdict } from './core/admission.js'
import { carriedHeaders } from './core/carry.js'
import { deadlines, learnt, TOO_LATE, type Answered, type Clocks } from './core/lateness.js'
import { LIMITS, objection, readInvite, type Invite } from './core/invite.js'
import type { Outcome, Refusal } from './core/ledger.js'
import { headerOf, readMessage, type SipText } from './core/message.js'
import { isUsable, makePool, order, stepPool, type Pool, type PoolEvent } from './core/pool.js'
import { judge } from './core/result.js'
import { openLink, type Answer, type Link, type LinkOptions } from './drachtio/link.js'
import type { SrfRequest, SrfResponse } from './drachtio/srf.js'
import { openAddresses, type AddressesDeps } from './addresses.js'
import type { Books } from './books.js'
import { locate } from './location/locate.js'
import type { Place } from './location/place.js'
import type { EdgeSettings } from './settings.js'
import { openSorry } from './sorry.js'

/** A proxied INVITE is answered, refused or cancelled within timer C of RFC 3261; then drachtio has forgotten it, ms. */
const FORGOTTEN = 200_000
/** Beyond the time of the targets that are left, ms. */
const SPARE = 500
/** The shipped dialplan answers at once. Whoever takes a call and has not answered it in this time is sick: drachtio waits for him for minutes, ms. */
const STUCK = 2_000
/** Of several FreeSWITCH each is asked with every so many OPTIONS whether calls are answered there, and whether anybody takes them. */
const ASKED_EVERY = 2

/** A call that drachtio has: whether a target has answered it, and whether it came to the sorry service, where all were tried. */
interface Proxied { answered: boolean; cameBack: boolean; onBack: () => void }

export interface EdgeDeps {
  readonly settings: EdgeSettings
  readonly books: Books
  readonly logger: Logger
  readonly clock: () => number
  readonly random?: () => number
  readonly fetch?: typeof fetch
  /** For tests: who knows a name's addresses. */
  readonly addresses?: Partial<Pick<AddressesDeps, 'resolve' | 'every'>>
  /** For tests: timings of the link. */
  readonly link?: Partial<Pick<LinkOptions, 'deadline' | 'pingEvery' | 'misses' | 'retry' | 'tls'>>
}

export interface Edge {
  readonly pool: Pool
  /** Of each target: calls that it took and did not answer in time, since the start. */
  readonly stuck: ReadonlyMap<string, number>
  /** Callers whom a FreeSWITCH brought to another one, since the start; `unproven`: by an address that says so without its secret. */
  readonly carried: { readonly proven: number; readonly unproven: number }
  readonly linkUp: boolean
  readonly draining: boolean
  /** Takes a target out of the pool, or puts it back. False: there is no such target. */
  drainTarget(id: string, drained: boolean): boolean
  /** The whole edge: OPTIONS and INVITEs get 503, so that the carrier goes elsewhere; calls in progress are not touched. */
  drain(draining: boolean): void
  close(): Promise<void>
}

/** How each refusal is said. 503 sends the carrier to another site; 480, 486 tell the caller without blaming the trunk. */
const ANSWERS: Readonly<Record<Exclude<Refusal, 'targets-failed' | 'by-target' | 'by-drachtio'>, readonly [number, string]>> = {
  'unknown-number': [404, 'Not Found'],
  'forbidden-header': [403, 'Forbidden'],
  malformed: [400, 'Bad Request'],
  source: [486, 'Busy Here'],
  overload: [503, 'Service Unavailable'],
  draining: [503, 'Service Unavailable'],
  'no-target': [503, 'Service Unavailable'],
}

/** The SIP edge: what comes from the carriers is judged here, handed to the FreeSWITCH pool by drachtio, and left. */
export async function startEdge(deps: EdgeDeps): Promise<Edge> {
  const { settings, books, logger, clock } = deps
  const random = deps.random ?? Math.random
  const addresses = openAddresses(settings.pool.map(({ id }) => id), { ...deps.addresses, onTrouble: (host, error) => { logger.warn({ err: error, host }, 'the address of a FreeSWITCH is not to be had: what was known of it stays') } })
  const trust = { trunks: settings.trustedTrunks, isHall: addresses.has, secret: settings.secret }
  const carried = { proven: 0, unproven: 0 }
  /** Calls with drachtio, by Call-ID. */
  const proxied = new Map<string, Proxied>()
  const waits = new Set<NodeJS.Timeout>()
  const sorry = await openSorry(settings.sorryHost, settings.retryAfterSeconds, (callId) => {
    const call = proxied.get(callId)
    if (call === undefined) return () => false
    call.cameBack = true
    call.onBack()
    return () => call.answered
  })
  let pool = makePool(settings.pool, clock())
  const admission: Admission = emptyAdmission(settings.admission, clock())
  const stuck = new Map(settings.pool.map(({ id }) => [id, 0]))
  let clocks: Clocks = new Map()
  let draining = false
  let closing: Promise<void> | null = null

  function hear(event: PoolEvent): void {
    const before = pool.get(event.id)
    pool = stepPool(pool, event, clock(), settings.poolRules)
    const after = pool.get(event.id)
    if (before === undefined || after === undefined) return
    if (before.health !== after.health) logger.warn({ target: event.id, health: after.health, was: before.health }, 'a FreeSWITCH changed')
    if (before.unstaffed !== after.unstaffed) logger.warn({ target: event.id }, after.unstaffed ? 'nobody takes calls at a FreeSWITCH: calls go to those where somebody does' : 'somebody takes calls at a FreeSWITCH again')
  }

  /** Whether others would take the calls of this one. */
  const hasOthers = (id: string): boolean => [...pool.values()].some((target) => target.id !== id && isUsable(target))

  /**
   * Watches over a call that drachtio proxies, which says nothing of targets that are silent. Where nobody has answered in the time after which all
   * that were left would have been given up, one of them took it and does not answer. Told is the first: he is that one, or was silent himself.
   */
  function watchOver(ids: readonly string[], onStuck: (id: string) => void) {
    let timer: NodeJS.Timeout | undefined
    const wait = (at: number): void => {
      stop()
      const id = ids[at]
      if (id === undefined) return
      timer = setTimeout(() => { stop(); onStuck(id) }, Math.max(STUCK, (ids.length - at) * settings.answerWithin + SPARE))
      waits.add(timer)
    }
    const stop = (): void => {
      clearTimeout(timer)
      if (timer !== undefined) waits.delete(timer)
    }
    wait(0)
    return { answered: ({ id, status }: Answer) => { if (status < 300 || !ids.includes(id)) stop(); else wait(ids.indexOf(id) + 1) }, stop }
  }

  /** Answers come from addresses; the pool may have names. */
  const named = (answer: Answer): Answer => ({ ...answer, id: addresses.targetAt(answer.id) })

  /** Whether this call comes to the sorry service in the time of so many targets. */
  function comesBack(call: Proxied, targets: number): Promise<boolean> {
    return new Promise((resolve) => {
      const settle = (): void => {
        clearTimeout(timer)
        waits.delete(timer)
        resolve(call.cameBack)
      }
      const timer = setTimeout(settle, targets * settings.answerWithin + SPARE)
      waits.add(timer)
      call.onBack = settle
      if (call.cameBack) settle()
    })
  }

  /** One INVITE. Whatever happens in here, the caller gets an answer and the books an entry. */
  async function invite(request: SrfRequest, response: SrfResponse): Promise<void> {
    const settle = books.invite()
    const startedAt = clock()
    let callId = ''
    const mine: Proxied = { answered: false, cameBack: false, onBack: () => undefined }
    let gone = false
    request.on('cancel', () => { gone = true })
    // As a function: it changes while we wait.
    const hasGone = (): boolean => gone
    const end = (outcome: Outcome, rank: Rank | null, more: Readonly<Record<string, unknown>> = {}): void => {
      settle(outcome, rank === 'demoted')
      logger.info({ outcome: outcome.type, ...('cause' in outcome ? { cause: outcome.cause } : {}), rank, ms: clock() - startedAt, trunk: request.source_address, ...more }, 'INVITE')
    }
    const refuse = (cause: keyof typeof ANSWERS, rank: Rank | null = null): void => {
      const [status, reason] = ANSWERS[cause]
      // Retry-After tells a carrier to leave this trunk alone altogether: said only when no call at all can be taken.
      const headers = cause === 'no-target' || cause === 'draining' ? { 'Retry-After': String(settings.retryAfterSeconds) } : {}
      if (!hasGone()) response.send(status, reason, { headers })
      end(hasGone() ? { type: 'cancelled' } : { type: 'refused', cause, rank, status }, rank)
    }
    try {
      const message = readMessage(request.raw)
      callId = headerOf(message, 'call-id') ?? ''
      const objected = objection(request.raw, message)
      if (objected === 'malformed' || objected === 'forbidden-header') return refuse(objected)
      const call = readInvite(message, request.source_address, trust)
      const kind = settings.numbers.get(call.called)
      if (kind === undefined) return refuse('unknown-number')
      if (draining) return refuse('draining')
      if (call.carried !== undefined) {
        const { proven } = call.carried
        if (!proven && carried.unproven === 0) logger.warn({ trunk: request.source_address }, 'a caller is said to be brought by a FreeSWITCH, without its secret (LIANDONG_FS_EDGE_SECRET, or a node of before): he is judged like anybody')
        carried[proven ? 'proven' : 'unproven'] += 1
      }
      // Whom a FreeSWITCH brings to another one was judged when he came.
      const verdict: Verdict = call.carried?.proven === true ? { admit: true, rank: kind } : admit(admission, { number: call.number, trunk: request.source_address, class: kind }, startedAt, settings.admission)
      if (!verdict.admit) return refuse(verdict.cause, verdict.rank)
      const headers = carriedHeaders(settings.secret, call, verdict.rank, await placeOf(message, call), { name: settings.name, mark: settle.mark })
      if (hasGone()) return end({ type: 'cancelled' }, verdict.rank)
      // After the look-up: what was learnt of the pool meanwhile counts.
      const targets = order(pool, random)
      if (targets.length === 0) return refuse('no-target', verdict.rank)
      const ids = targets.map(({ id }) => id)
      const tried = { order: ids, sentAt: clock(), within: settings.answerWithin }
      const until = deadlines(clocks, tried)
      proxied.set(callId, mine)
      const heard: Answered[] = []
      const blamed = new Set<string>()
      const watch = watchOver(ids, (id) => {
        if (hasGone() || mine.cameBack) return
        blamed.add(id)
        stuck.set(id, (stuck.get(id) ?? 0) + 1)
        logger.error({ target: id }, 'a FreeSWITCH has a call and does not answer it')
        if (hasOthers(id)) hear({ type: 'stuck', id })
      })
      const ended = await link.proxy(request, {
        destination: [...ids.map(addresses.placeOf), sorry.uri].map((id, n) => `sip:${call.called}@${id}${until[n] === undefined ? '' : `;until=${until[n]}`}`),
        remainInDialog: settings.recordRoute.has(request.source_address),
        provisionalTimeout: `${settings.answerWithin}ms`,
        headers,
      }, FORGOTTEN, (said) => {
        const answer = named(said)
        mine.answered = true
        heard.push({ ...answer, heardAt: clock() })
        watch.answered(answer)
        if (answer.status < 300) hear({ type: 'answered', id: answer.id })
      }).finally(() => { watch.stop() })
      if (ended.type === 'lost') return end({ type: 'unseen' }, verdict.rank)
      if (ended.type === 'error') return end(hasGone() ? { type: 'cancelled' } : { type: 'refused', cause: 'by-drachtio', rank: verdict.rank, status: 500 }, verdict.rank, { drachtio: ended.reason })
      let answers = ended.answers.map(named)
      if (ended.goesOn) {
        // Of the rest drachtio says nothing. When nobody takes the call it comes to us; else the call itself will tell, or its caller was gone.
        const left = ids.length - 1 - ids.findLastIndex((id) => answers.some((answer) => answer.id === id))
        if (await comesBack(mine, left)) answers = [...answers, { id: sorry.uri, status: 503 }]
        else if (left > 0) {
          clocks = learnt(clocks, tried, heard)
          return end(hasGone() ? { type: 'cancelled' } : { type: 'unseen' }, verdict.rank)
        }
      }
      clocks = learnt(clocks, tried, heard)
      for (const { id, status } of answers) if (status === TOO_LATE) logger.error({ target: id }, 'a FreeSWITCH took a call for late that was not: has its clock or ours been set?')
      const judged = judge({ order: ids, sorry: sorry.uri, answers })
      // The silence of calls never closes the last target, also where one call was silent at all of them: under load that would refuse everybody. Its OPTIONS decide.
      for (const event of judged.pool) if (!blamed.has(event.id) && hasOthers(event.id)) hear(event)
      // RFC 3261 §16.7: of what the targets said, the lowest class and in it the lowest code reaches the caller.
      const told = Math.min(...answers.filter(({ id, status }) => id !== sorry.uri && status >= 300).map(({ status }) => status))
      end(judged.outcome.type === 'refused' ? { ...judged.outcome, rank: verdict.rank, status: judged.outcome.cause === 'by-target' && Number.isFinite(told) ? told : 503 } : judged.outcome, verdict.rank, { target: answers.at(-1)?.id })
    } catch (error) {
      logger.error({ err: error }, 'an INVITE could not be judged')
      if (!response.finalResponseSent) response.send(500, 'Server Internal Error', {})
      end({ type: 'refused', cause: 'malformed', rank: null, status: 500 }, null)
    } finally {
      if (proxied.get(callId) === mine) proxied.delete(callId)
    }
  }

  const placeOf = async (message: SipText, call: Invite): Promise<Place | null> => (call.carried?.point === undefined ? null : { point: call.carried.point }) ?? locate(call.geolocation, headerOf(message, 'content-type') ?? '', message.body, {
    hosts: settings.locationHosts, deadline: settings.locationDeadline, largest: LIMITS.body, fetch: deps.fetch ?? fetch,
    onLost: (reason) => { books.locationLost(reason) },
  })

  const link: Link = openLink({
    host: settings.drachtio.host, port: settings.drachtio.port, secret: settings.drachtio.secret,
    deadline: 3_000, pingEvery: 2_000, misses: 2, retry: { first: 200, last: 5_000 }, random, ...deps.link,
    onInvite: (request, response) => { void invite(request, response) },
    // Carriers ask this way whether we are here, and go elsewhere on 503.
    onOptions: (_request, response) => {
      const well = !draining && [...pool.values()].some(isUsable)
      if (well) response.send(200, 'OK', { headers: { Accept: 'application/sdp, multipart/mixed', Allow: 'INVITE, ACK, CANCEL, BYE, OPTIONS' } })
      else response.send(503, 'Service Unavailable', { headers: { 'Retry-After': String(settings.retryAfterSeconds) } })
    },
    onState: (state) => {
      if (state.up) {
        logger.info({ version: state.version, at: state.hostports }, 'link to drachtio is up')
        ping()
      } else logger.error({ reason: state.reason }, 'link to drachtio is down')
    },
    onTrouble: (what, error) => { logger.error({ err: error }, what) },
  })

  const asked = new Set<string>()
  const tryingCall = new Set<string>()
  /**
   * A call of our own, to a number that nobody has: 404 says that calls are answered there, and costs no citizen the try. With it the dialplan gives
   * the last sign of a node that has an operator who takes calls. OPTIONS cannot say that, and `fsctl pause inbound` would shut out the telephones, too.
   * Considered besides: that the dialplan asks a node, or looks at the sign, for each call and refuses it (503) where there is none. Then every call
   * waits for one more answer, a node that hangs holds it up, and the last FreeSWITCH must be told that it is the last; here no call is refused
   * at all, the order of the tries changes and nothing else. Or that we ask the nodes themselves: each edge would need their addresses and a way
   * there, and a node that cannot reach its FreeSWITCH would be taken for well. This is the way that a call goes.
   */
  function tryCall(id: string): void {
    tryingCall.add(id)
    let mark: string | null = null
    const read = { header: 'X-Liandong-Able', heard: (value: string | undefined) => { mark = /^mark=([0-9]{0,16})$/.exec(value?.trim() ?? '')?.[1] ?? null } }
    void link.ask('INVITE', `sip:liandong@${addresses.placeOf(id)}`, STUCK, read).then((status) => {
      tryingCall.delete(id)
      // These may have come from what answers OPTIONS; any other, 404 as a rule, is a dialplan's.
      if (status !== null && status !== 'unknown' && ![403, 500, 503].includes(status)) {
        hear({ type: 'answered', id })
        hear({ type: 'sign', id, mark })
      } else if (status === null && hasOthers(id)) hear({ type: 'stuck', id })
    })
  }

  let pings = 0
  function ping(): void {
    const asking = pool.size > 1 && pings++ % ASKED_EVERY === 0
    for (const { id, stuck: unanswered, health } of pool.values()) {
      if (link.up && (unanswered > 0 || (asking && (health === 'up' || health === 'unknown'))) && !tryingCall.has(id)) tryCall(id)
      if (!link.up || asked.has(id)) continue
      asked.add(id)
      void link.ask('OPTIONS', `sip:liandong@${addresses.placeOf(id)}`, settings.pingEvery).then((status) => {
        asked.delete(id)
        if (status !== 'unknown') hear({ type: status === 503 ? 'full' : status === null || status >= 500 ? 'bad' : 'good', id })
      })
    }
  }
  const pinger = setInterval(ping, settings.pingEvery)

  return {
    get pool() { return pool },
    stuck,
    carried,
    get linkUp() { return link.up },
    get draining() { return draining },
    drainTarget(id, drained) {
      if (!pool.has(id)) return false
      hear({ type: 'drain', id, drained })
      return true
    },
    drain(wanted) { draining = wanted },
    close() {
      clearInterval(pinger)
      addresses.close()
      for (const timer of waits) clearTimeout(timer)
      link.close()
      return (closing ??= sorry.close())
    },
  }
}
