import { randomUUID } from 'node:crypto'
import type { LineRequest, LiveCall, OfferRequest, SwitchEvent, Switchboard } from '../intake/ports.js'
import { microseconds } from './caller.js'
import { channelRows, isSettled, jsonHeaders, liveCalls } from './channels.js'
import type { EslEvent, Headers } from './esl/codec.js'
import type { Command, Originate } from './esl/command.js'
import { openLink, type EslLink, type LinkSettings } from './esl/link.js'
import { afterTalk, joinCommands, MODE_KEY, redialCommand, RECOVER, type TalkSettings } from './talk.js'
import { CALL_VARIABLE as CALL, HOLD_VARIABLE as HOLD, LINE_VARIABLE as LINE, MODE_VARIABLE as MODE, OPERATOR_VARIABLE as OPERATOR, PARTY_VARIABLE as PARTY, REDIAL_VARIABLE as REDIAL } from './variables.js'

export interface SwitchboardSettings {
  readonly link: Pick<LinkSettings, 'host' | 'port' | 'password'> & Partial<LinkSettings>
  /** e.g. `sofia/operators/{extension}%liandong` */
  readonly operatorDial: string
  /** Outside line, e.g. `sofia/gateway/carrier/{number}`; empty: nobody outside can be dialled. */
  readonly trunkDial: string
  /** Where a citizen arrives, and where he goes back to. */
  readonly intakeExtension: string
  /** e.g. `sofia/gateway/city/{number}`; absent or empty = nothing is transferred. */
  readonly lineDial?: string
  readonly fallbackExtension: string
  readonly fallbackContext: string
  /** Seconds until FreeSWITCH takes a waiting caller away from an app that stopped renewing. */
  readonly switchSeconds: number
}

export interface SwitchboardHooks {
  readonly onRefused: (text: string) => void
  /** now − Event-Date-Timestamp of an answer, ms. */
  readonly onLag: (ms: number) => void
  readonly onLink: (state: 'up' | 'down', reason: string) => void
  /** ms since epoch. */
  readonly clock: () => number
  /** Monotonic, ms. */
  readonly monotonic: () => number
}

/** Where citizens come in, in sip/freeswitch/dialplan/citizens.xml. */
const ENTRY = '110'
/** `uuid_dump`s under way at a time. */
const DUMPS = 8

/** What we read, and nothing else: a flood of events we do not need would stall FreeSWITCH (F9). */
const EVENTS = ['CHANNEL_PROGRESS', 'CHANNEL_ANSWER', 'CHANNEL_BRIDGE', 'CHANNEL_HANGUP_COMPLETE', 'DTMF', 'BACKGROUND_JOB', 'HEARTBEAT'] as const
const CUSTOM = ['sofia::register', 'sofia::unregister', 'sofia::expire', 'callcenter::info'] as const

interface Leg { readonly kind: 'operator' | 'party' | 'redial'; readonly callId: string; readonly operatorId: string; readonly jobId: string }

/** FreeSWITCH as the intake sees it: one inbound link, commands out, normalised events in. */
export function makeSwitchboard(settings: SwitchboardSettings, hooks: SwitchboardHooks): Switchboard & { readonly link: EslLink; close(): void } {
  let listener: (event: SwitchEvent) => void = () => undefined
  let believed: () => readonly string[] = () => []
  /** Legs we asked for and have not seen end. */
  const legs = new Map<string, Leg>()
  const jobs = new Map<string, string>()
  /** Transfers under way, by job: told how `originate` ended. */
  const lines = new Map<string, (answered: boolean) => void>()
  /** Events that arrive while a snapshot is being taken: reported after it. */
  let held: SwitchEvent[] | null = null
  /** Channels as last dumped. What cannot change any more is not dumped again: reconciling 500 calls must stay cheap. */
  const known = new Map<string, Headers>()
  let reconciling = false
  let again = false
  let restartSeen = false
  /** FreeSWITCH's own path of the hold music: `uuid_displace … stop` must name it as `start` did. */
  let holdSound = ''

  const link = openLink({ events: EVENTS, custom: CUSTOM, ...settings.link }, {
    onUp(restarted) {
      restartSeen = restarted
      if (restarted) for (const [legId, leg] of legs) endOf(legId, leg, 'LOST', hooks.clock())
      hooks.onLink('up', '')
      reconciling = false
      known.clear()
      held = []
      link.api({ api: 'global_getvar', name: 'hold_music' }).then(({ text }) => { holdSound = text.trim() }, () => undefined)
      reconcile()
    },
    onDown(reason) {
      reconciling = false
      held = null
      hooks.onLink('down', reason)
      listener({ type: 'link.down', at: hooks.clock() })
    },
    onFailed(reason) { hooks.onLink('down', reason) },
    onEvent: take,
  })

  function report(event: SwitchEvent): void {
    if (held === null) listener(event)
    else held.push(event)
  }

  function take(event: EslEvent): void {
    const at = microseconds(event.get('Event-Date-Timestamp')) ?? hooks.clock()
    switch (event.name) {
      case 'CHANNEL_ANSWER': {
        const id = event.get('Unique-ID') ?? ''
        if (event.get(`variable_${REDIAL}`) !== undefined) return report({ type: 'redial.reached', farLegId: id, at })
        if (event.get(`variable_${PARTY}`) !== undefined) return report({ type: 'party.answered', legId: id, callId: event.get(`variable_${CALL}`) ?? '', at })
        const leg = operatorLeg(event)
        if (leg === null) return
        hooks.onLag(hooks.clock() - at)
        return report({ type: 'leg.answered', ...leg, at })
      }
      case 'CHANNEL_PROGRESS': {
        const leg = operatorLeg(event)
        return leg === null ? undefined : report({ type: 'leg.ringing', ...leg, at })
      }
      case 'CHANNEL_BRIDGE': return onBridge(event, at)
      case 'CHANNEL_HANGUP_COMPLETE': return onHangup(event, at)
      case 'BACKGROUND_JOB': return onJob(event, at)
      case 'DTMF': {
        const callId = event.get('Unique-ID')
        const key = event.get('DTMF-Digit') ?? ''
        if (event.get('Call-Direction') === 'inbound' && callId !== undefined && /^[0-9*#]$/.test(key)) report({ type: 'call.key', callId, key, at })
        return
      }
      case 'CUSTOM': return onCustom(event, at)
      default:
    }
  }

  function operatorLeg(event: Headers): { legId: string; callId: string; operatorId: string } | null {
    const legId = event.get('Unique-ID')
    const callId = event.get(`variable_${CALL}`)
    const operatorId = event.get(`variable_${OPERATOR}`)
    return legId === undefined || callId === undefined || operatorId === undefined || event.get(`variable_${PARTY}`) !== undefined ? null : { legId, callId, operatorId }
  }

  function onBridge(event: EslEvent, at: number): void {
    const a = event.get('Bridge-A-Unique-ID')
    const b = event.get('Bridge-B-Unique-ID')
    const callId = event.get(`variable_${CALL}`)
    if (a === undefined || b === undefined || callId === undefined || (a !== callId && b !== callId)) return
    const answeredAt = microseconds(event.get('Caller-Channel-Answered-Time'))
    report({ type: 'call.bridged', callId, legId: a === callId ? b : a, at, ...(answeredAt === undefined ? {} : { answeredAt }) })
  }

  function onHangup(event: EslEvent, at: number): void {
    const id = event.get('Unique-ID')
    if (id === undefined) return
    const cause = event.get('Hangup-Cause') ?? 'NORMAL_CLEARING'
    if (event.get('Call-Direction') === 'outbound') {
      const callId = event.get(`variable_${CALL}`)
      const redialled = event.get(`variable_${REDIAL}`) !== undefined
      if (redialled || (callId !== undefined && event.get(`variable_${PARTY}`) !== undefined)) {
        forget(id)
        return report(redialled ? { type: 'redial.ended', legId: id, cause, at } : { type: 'party.ended', legId: id, callId: callId ?? '', cause, at })
      }
    }
    const leg = operatorLeg(event)
    if (leg !== null) {
      const answeredAt = microseconds(event.get('Caller-Channel-Answered-Time'))
      forget(id)
      return report({ type: 'leg.ended', ...leg, cause, at, ...(answeredAt === undefined ? {} : { answeredAt }) })
    }
    if (event.get('Call-Direction') === 'inbound') report({ type: 'call.ended', callId: id, cause, at })
  }

  /** The originate came to nothing before it had a channel (USER_NOT_REGISTERED …), or says again what the channel's own events said. */
  function onJob(event: EslEvent, at: number): void {
    const jobId = event.get('Job-UUID') ?? ''
    lines.get(jobId)?.((event.get('_body') ?? '').startsWith('+OK'))
    const legId = jobs.get(jobId)
    const leg = legId === undefined ? undefined : legs.get(legId)
    if (legId === undefined || leg === undefined) return
    const body = event.get('_body') ?? ''
    if (!body.startsWith('-')) return
    endOf(legId, leg, /-ERR ([A-Z_]+)/.exec(body)?.[1] ?? 'NORMAL_TEMPORARY_FAILURE', at)
  }

  function endOf(legId: string, leg: Leg, cause: string, at: number): void {
    forget(legId)
    if (leg.kind === 'redial') report({ type: 'redial.ended', legId, cause, at })
    else if (leg.kind === 'party') report({ type: 'party.ended', legId, callId: leg.callId, cause, at })
    else report({ type: 'leg.ended', legId, callId: leg.callId, operatorId: leg.operatorId, cause, at })
  }

  function forget(legId: string): void {
    const leg = legs.get(legId)
    if (leg !== undefined) jobs.delete(leg.jobId)
    legs.delete(legId)
  }

  function onCustom(event: EslEvent, at: number): void {
    const subclass = event.get('Event-Subclass')
    if (subclass === 'callcenter::info') {
      const callId = event.get('CC-Member-Session-UUID')
      if (event.get('CC-Action') === 'member-queue-start' && callId !== undefined) report({ type: 'call.fallback', callId, at })
      // The native queue's answer: who took the call shows in its channels.
      if (event.get('CC-Action') === 'bridge-agent-start') reconcile()
      return
    }
    const extension = event.get('from-user') ?? event.get('username')
    if (extension === undefined || !/^[0-9]{2,8}$/.test(extension)) return
    report({ type: subclass === 'sofia::register' ? 'phone.registered' : 'phone.unregistered', extension, at })
  }

  // ── What really exists (F26): subscribe first, hold events back, snapshot, replay ──────────────────────────────

  function reconcile(): void {
    if (!link.up) return
    if (reconciling) { again = true; return }
    reconciling = true
    const at = hooks.monotonic()
    const first = restartSeen
    restartSeen = false
    snapshot().then((found) => {
      finish({ type: 'resync', ...found, at, restarted: first })
    }, (error: unknown) => {
      hooks.onRefused(`reconciliation: ${(error as Error).message}`)
      finish(null)
    })
  }

  function finish(resync: SwitchEvent | null): void {
    const late = held ?? []
    held = null
    reconciling = false
    if (!link.up) return
    if (resync !== null) listener(resync)
    for (const event of late) listener(event)
    if (again) { again = false; reconcile() }
  }

  async function snapshot(): Promise<{ readonly calls: LiveCall[]; readonly unsure: string[] }> {
    const rows = new Set(channelRows((await link.api({ api: 'show', what: 'channels' })).text))
    const asked = new Set([...rows, ...believed(), ...legs.keys()])
    for (const uuid of known.keys()) if (!asked.has(uuid)) known.delete(uuid)
    const unsure: string[] = []
    const waiting = [...asked].filter((uuid) => !rows.has(uuid) || !isSettled(known.get(uuid)))
    // A few at a time: a thousand dumps at once would keep the link's own ping waiting beyond its deadline.
    await Promise.all(Array.from({ length: DUMPS }, async () => {
      for (let uuid = waiting.pop(); uuid !== undefined; uuid = waiting.pop()) {
        const { ok, text } = await link.api({ api: 'uuid_dump', uuid })
        const headers = ok ? jsonHeaders(text) : null
        if (headers !== null) known.set(uuid, headers)
        else if (ok || !text.includes('No such channel')) unsure.push(uuid) // what is not understood is not an end (V7)
        else {
          known.delete(uuid)
          forget(uuid)
        }
      }
    }))
    for (const uuid of unsure) hooks.onRefused(`uuid_dump ${uuid}: not understood`)
    return { calls: liveCalls(known, settings.fallbackContext), unsure }
  }

  const talkSettings = (): TalkSettings => ({ operatorDial: settings.operatorDial, trunkDial: settings.trunkDial, context: settings.fallbackContext, holdSound })

  function originate(legId: string, about: Omit<Leg, 'jobId'>, make: () => Originate): void {
    const jobId = randomUUID()
    legs.set(legId, { ...about, jobId })
    jobs.set(jobId, legId)
    let command: Command
    try {
      command = { verb: 'bgapi', jobId, call: make() }
    } catch (error) {
      return failed(error)
    }
    link.request(command).then((reply) => { if (!reply.ok) failed(new Error(reply.text)) }, failed)
    function failed(error: unknown): void {
      hooks.onRefused((error as Error).message)
      const leg = legs.get(legId)
      if (leg !== undefined) endOf(legId, leg, 'NORMAL_TEMPORARY_FAILURE', hooks.clock())
    }
  }

  return {
    link,
    get up() { return link.up },
    offer(request) {
      originate(request.legId, { kind: 'operator', callId: request.callId, operatorId: request.operatorId }, () => ({
        api: 'originate', dial: settings.operatorDial.replaceAll('{extension}', request.extension), intercept: request.callId, variables: offerVariables(request, settings.fallbackContext),
      }))
    },
    hold(callId, on) {
      link.post([
        { verb: 'api', call: { api: 'uuid_setvar', uuid: callId, name: HOLD, value: on ? 'true' : '' } },
        { verb: 'api', call: { api: 'uuid_displace', uuid: callId, on, sound: holdSound } },
      ], hooks.onRefused)
    },
    mute(legId, on) { link.post([{ verb: 'api', call: { api: 'uuid_mute', uuid: legId, on } }], hooks.onRefused) },
    join(request) {
      const talk = talkSettings()
      originate(request.legId, { kind: 'party', callId: request.callId, operatorId: request.operatorId ?? '' }, () => {
        const { before, call } = joinCommands(request, talk)
        link.post(before, hooks.onRefused)
        return call
      })
    },
    mode(legId, mode) {
      link.post([
        { verb: 'api', call: { api: 'uuid_recv_dtmf', uuid: legId, key: MODE_KEY[mode] } },
        { verb: 'api', call: { api: 'uuid_setvar', uuid: legId, name: MODE, value: mode } },
      ], hooks.onRefused)
    },
    take(legId, callId) {
      link.post([
        { verb: 'api', call: { api: 'uuid_setvar', uuid: callId, name: RECOVER, value: afterTalk(settings.fallbackContext) } },
        { verb: 'api', call: { api: 'uuid_take', uuid: legId, call: callId } },
      ], hooks.onRefused)
    },
    requeue(callId) {
      link.post([{ verb: 'api', call: { api: 'uuid_transfer', uuid: callId, extension: settings.intakeExtension, context: settings.fallbackContext } }], hooks.onRefused)
    },
    redial(request) {
      const talk = talkSettings()
      originate(request.legId, { kind: 'redial', callId: request.ticketId, operatorId: request.operatorId }, () => redialCommand(request, talk))
    },
    transfer(request) {
      const { lineDial = '' } = settings
      if (lineDial === '' || !link.up) return Promise.resolve(false)
      const jobId = randomUUID()
      return new Promise((resolve) => {
        const settle = (answered: boolean): void => {
          clearTimeout(timer)
          lines.delete(jobId)
          resolve(answered)
        }
        // The word on it was lost with the link: whatever still rings there must not take him away later.
        const timer = setTimeout(() => { settle(false); link.post([{ verb: 'api', call: { api: 'uuid_kill', uuid: request.legId, cause: 'ORIGINATOR_CANCEL' } }]) }, request.timeout + LINE_SLACK)
        lines.set(jobId, settle)
        const refused = (error: unknown): void => { hooks.onRefused((error as Error).message); settle(false) }
        link.request({ verb: 'bgapi', jobId, call: { api: 'originate', dial: lineDial.replaceAll('{number}', request.number), intercept: request.callId, variables: lineVariables(request, settings.fallbackContext) } })
          .then((reply) => { if (!reply.ok) refused(new Error(reply.text)) }, refused)
      })
    },
    endLeg(legId, cause) { link.post([{ verb: 'api', call: { api: 'uuid_kill', uuid: legId, cause } }]) },
    endCall(callId) { link.post([{ verb: 'api', call: { api: 'uuid_kill', uuid: callId, cause: 'NORMAL_CLEARING' } }]) },
    renewSwitch(callIds) {
      const { switchSeconds: afterSeconds, fallbackExtension: extension, fallbackContext: context } = settings
      link.post(callIds.flatMap((uuid): Command[] => [
        { verb: 'api', call: { api: 'sched_del', uuid } },
        { verb: 'api', call: { api: 'sched_transfer', afterSeconds, uuid, extension, context } },
      ]))
    },
    takeBack(callId) {
      link.post([{ verb: 'api', call: { api: 'uuid_setvar', uuid: callId, name: 'socket_resume', value: 'true' } }])
      this.renewSwitch([callId])
    },
    passOn(callIds) {
      link.post(callIds.map((uuid): Command => ({ verb: 'api', call: { api: 'uuid_transfer', uuid, extension: ENTRY, context: settings.fallbackContext } })))
    },
    clearSwitch(callId) { link.post([{ verb: 'api', call: { api: 'sched_del', uuid: callId } }]) },
    reconcile,
    onEvent(use, ask) { listener = use; believed = ask },
    close() { link.close() },
  }
}

/** Silence after which an operator's telephone counts as dead, ms: one that lost its power says no goodbye. Telephones send while muted. */
const PHONE_DEAD = 20_000

/**
 * The operator's leg frees the caller from us at the instant of answering, without us (design.md, "The call"):
 * `socket_resume` off, so that our death does not tear the talk; the dead-man's switch off, and off once more when a renewal that was on its
 * way then has come, whether or not we live to do it; and where he goes when this leg is over (`after-talk` in the dialplan).
 */
export function offerVariables(request: OfferRequest, context: string): Record<string, string> {
  const seconds = Math.max(1, Math.ceil(request.timeout / 1000))
  return {
    origination_uuid: request.legId,
    origination_caller_id_name: '110',
    origination_caller_id_number: request.callerNumber === '' ? 'anonymous' : request.callerNumber,
    originate_timeout: String(seconds),
    park_timeout: '3',
    media_timeout: String(PHONE_DEAD),
    ignore_early_media: 'true',
    [CALL]: request.callId,
    [OPERATOR]: request.operatorId,
    api_on_answer: `uuid_setvar ${request.callId} socket_resume false`,
    api_on_answer_1: `sched_del ${request.callId}`,
    api_on_answer_2: `sched_api +2 ${request.legId} sched_del ${request.callId}`,
    api_on_answer_3: `uuid_setvar ${request.callId} ${RECOVER} ${afterTalk(context)}`,
    // A message that he is just leaving ends here; what they say to each other is none.
    api_on_answer_4: `uuid_record ${request.callId} stop all`,
  }
}

/** FreeSWITCH reports the end of a transfer that rang in vain within this of its time-out, ms. */
const LINE_SLACK = 5_000

/** As an operator's leg, but that it is none: nothing of it may look like an operator's answer, and the caller's record says who took him. */
export function lineVariables({ line, ...request }: LineRequest, context: string): Record<string, string> {
  const variables = Object.entries(offerVariables({ ...request, operatorId: request.legId, extension: request.number }, context)).filter(([name]) => name !== CALL && name !== OPERATOR)
  return { ...Object.fromEntries(variables), [LINE]: line, api_on_answer_5: `uuid_setvar ${request.callId} ${LINE} ${line}` }
}
