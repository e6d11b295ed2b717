import { randomUUID } from 'node:crypto'
import type { LiveCall, NodeWord, SwitchEvent, Switchboard } from '../intake/ports.js'
import type { RecordingEvent } from '../recording/ports.js'
import { makeAttention, type Attention } from './attention.js'
import type { EslEvent } from './esl/codec.js'
import { recordingFile, type ApiCall, type Command } from './esl/command.js'
import { openLink, type EslLink, type LinkSettings } from './esl/link.js'
import type { OnRefused } from './esl/refused.js'
import { parseXml } from './doctor/xml.js'
import { knowsHalls } from './halls.js'
import { carryVariables, lineVariables, offerVariables } from './leg-variables.js'
import { addCommands, agentCommands, nativeAgentsOf, notAmong } from './native-queue.js'
import { nodeWordOf } from './node-word.js'
import { makeOriginates } from './originates.js'
import { makeReconciler } from './reconciler.js'
import { makeRecovery } from './recovery.js'
import { makeRegistrations } from './registrations.js'
import { recordingEventOf } from './recording-events.js'
import { CUSTOM, EVENTS, isNativeAnswer, switchEventOf } from './switch-events.js'
import { afterTalk, joinCommands, lineDial, MODE_KEY, RECOVER, redialCommand, type TalkSettings } from './talk.js'
import { HOLD_VARIABLE as HOLD, MODE_VARIABLE as MODE, TURNED_VARIABLE } from './variables.js'

export interface SwitchboardSettings {
  readonly link: Pick<LinkSettings, 'host' | 'port' | 'password'> & Partial<LinkSettings>
  /** e.g. `sofia/operators/{extension}%liandong` */
  readonly operatorDial: string
  /** Outside line, e.g. `sofia/gateway/carrier/{number}`; empty: nobody outside can be dialled. */
  readonly trunkDial: string
  /** Another FreeSWITCH, by the edge, e.g. `sofia/citizens/{number}@10.0.0.5:5060`; absent or empty: there is none. */
  readonly hallsDial?: string
  /** Where a citizen arrives, and where he goes back to (sip/freeswitch/dialplan/citizens.xml). */
  readonly intakeExtension: string
  readonly fallbackExtension: string
  readonly fallbackContext: string
  /** The queue that the fallback leads to (mod_callcenter); absent or empty: its agents are none of our business. */
  readonly nativeQueue?: string
  /** Where FreeSWITCH records talks, an absolute directory of its machine; absent or empty: it does not. */
  readonly recordings?: string
  /** It has a speech engine, which flows may ask for. */
  readonly speech?: boolean
  /** Seconds until FreeSWITCH takes a waiting caller away from an app that stopped renewing. */
  readonly switchSeconds: number
}

export interface SwitchboardHooks {
  readonly onRefused: OnRefused
  /** now − Event-Date-Timestamp of an answer, ms. */
  readonly onLag: (ms: number) => void
  readonly onLink: (state: 'up' | 'down', reason: string) => void
  /** This node takes callers' sockets just now; absent: always. */
  readonly listens?: () => boolean
  /** A recording began or ended, a talk began; a hint like every event. */
  readonly onRecording?: (event: RecordingEvent) => void
  /** ms since epoch. */
  readonly clock: () => number
  /** Monotonic, ms. */
  readonly monotonic: () => number
}

/** As the edge has it (sip/settings.ts); where FreeSWITCH was given none, its variable is no such thing. */
const EDGE_SECRET = /^[A-Za-z0-9]{16,64}$/

/** FreeSWITCH as the intake sees it: one inbound link, commands out, normalised events in. */
export function makeSwitchboard(settings: SwitchboardSettings, hooks: SwitchboardHooks): Switchboard & { readonly link: EslLink; readonly awaitKey: Attention['key']; hush(callId: string): void; close(): void } {
  const { fallbackContext: context, operatorDial, trunkDial, hallsDial = '', recordings = '', nativeQueue: queue = '', speech = false } = settings
  const taking = { context, recordings, speech }
  const { onRefused, clock } = hooks
  let listener: (event: SwitchEvent) => void = () => undefined
  let believed: () => readonly string[] = () => []
  /** By which the other nodes know this one's words, and it its own. */
  const self = randomUUID()
  const hearers: ((word: NodeWord) => void)[] = []
  /** FreeSWITCH's own path of the hold music: `uuid_displace … stop` must name it as `start` did. */
  let holdSound = ''
  let recordedSound = ''
  let halls: boolean | null = null
  let edgeSecret: string | null = null

  const attention = makeAttention(() => { link.wake() }, hooks.monotonic)
  const originates = makeOriginates({ link: () => link, report: tellOf, onRefused, clock, monotonic: hooks.monotonic })
  const reconciler = makeReconciler({
    link: () => link, context, onRefused, monotonic: hooks.monotonic,
    believed: () => [...believed(), ...originates.legIds()],
    onGone: originates.gone,
    deliver(event) {
      if (event.type === 'resync') recordTalks(event.calls)
      listener(event)
    },
  })
  const recovery = makeRecovery({ link: () => link, listens: hooks.listens ?? (() => true), monotonic: hooks.monotonic })
  const registrations = makeRegistrations({ link: () => link, report: (event) => { reconciler.report(event) }, onRefused, clock })
  const link = openLink({ events: EVENTS, custom: CUSTOM, ...settings.link }, {
    onUp(restarted) {
      readDialplan()
      hooks.onLink('up', '')
      link.api({ api: 'global_getvar', name: 'hold_music' }).then(({ text }) => { holdSound = text.trim() }, () => undefined)
      link.api({ api: 'global_getvar', name: 'liandong_sounds' }).then(({ text }) => { recordedSound = text.trim() === '' ? '' : `${text.trim()}/recorded.wav` }, () => undefined)
      reconciler.up(restarted, restarted ? recovery.up() : undefined)
      registrations.up(restarted)
    },
    onDown(reason) {
      attention.forget()
      recovery.down()
      halls = edgeSecret = null
      reconciler.down()
      hooks.onLink('down', reason)
      listener({ type: 'link.down', at: clock() })
    },
    onFailed(reason) { hooks.onLink('down', reason) },
    onEvent: take,
  })

  function take(event: EslEvent): void {
    if (event.name === 'BACKGROUND_JOB') { recovery.onJob(event); return originates.onJob(event) }
    if (event.name === 'RELOADXML') return readDialplan()
    if (isNativeAnswer(event)) return reconciler.reconcile()
    const word = nodeWordOf(event)
    if (word !== null) { if (word.from !== self) for (const hear of hearers) hear(word); return }
    const recorded = recordings === '' ? null : recordingEventOf(event, recordings, clock())
    if (recorded !== null) hooks.onRecording?.(recorded)
    const said = switchEventOf(event, clock())
    if (said === null) return
    if (said.type === 'phone.registered' || said.type === 'phone.unregistered') return registrations.take(said)
    if (said.type === 'leg.answered') hooks.onLag(clock() - said.at)
    if (said.type === 'leg.ended' || said.type === 'party.ended' || said.type === 'redial.ended') originates.forget(said.legId)
    if (said.type === 'call.key') attention.pressed(said.callId)
    tellOf(said)
  }

  /** What it has read, whatever the file says by now. One whose allow-list lets us not ask is not known. */
  function readDialplan(): void {
    link.api({ api: 'global_getvar', name: 'edge_secret' }).then(({ text }) => { edgeSecret = EDGE_SECRET.exec(text.trim())?.[0] ?? null }, () => undefined)
    link.api({ api: 'xml_locate', section: 'dialplan', tag: 'context', key: 'name', value: context }).then(({ text }) => {
      const found = parseXml(text)
      halls = found?.name === 'context' ? knowsHalls(found) : null
    }, () => undefined)
  }

  function tellOf(event: SwitchEvent): void {
    if (event.type === 'leg.answered' || event.type === 'leg.ended') attention.over(event.legId)
    reconciler.report(event)
  }

  /** Talks that FreeSWITCH recovered under their names, or that came up while nobody told it to record: those that are being recorded lose nothing by it. */
  function recordTalks(calls: readonly LiveCall[]): void {
    post(...calls.flatMap(({ call: { callId }, leg }): ApiCall[] => {
      const path = leg?.answeredAt === undefined || recordings === '' ? null : recordingFile(recordings, callId)
      return path === null ? [] : [{ api: 'uuid_record', uuid: callId, action: 'talk', path }]
    }))
  }

  const refusedFor = (callId: string | null) => (text: string): void => { onRefused(text, callId) }
  /** API commands about a call whose refusal must be told. */
  const tell = (callId: string | null, ...calls: ApiCall[]): void => { link.post(calls.map((call): Command => ({ verb: 'api', call })), refusedFor(callId)) }
  /** API commands about what may be gone by now: a refusal says nothing. */
  const post = (...calls: ApiCall[]): void => { link.post(calls.map((call): Command => ({ verb: 'api', call }))) }
  const talkSettings = (): TalkSettings => ({ operatorDial, trunkDial, context, holdSound, recordings, recordedSound })

  /** A FreeSWITCH whose allow-list is older than `hupall` in it says so, and has the leg ended as it stands: a telephone must not ring for nobody. */
  function ringNoMore(uuid: string): void {
    link.post([{ verb: 'api', call: { api: 'still', uuid } }], (text) => {
      onRefused(text, originates.callOf(uuid))
      if (text.includes('Command not found')) post({ api: 'uuid_kill', uuid, cause: 'ORIGINATOR_CANCEL' })
    })
  }

  function renewSwitch(callIds: readonly string[]): void {
    const { switchSeconds: afterSeconds, fallbackExtension: extension } = settings
    post(...callIds.flatMap((uuid): ApiCall[] => [{ api: 'sched_del', uuid }, { api: 'sched_transfer', afterSeconds, uuid, extension, context }]))
  }

  return {
    link,
    awaitKey: attention.key,
    get up() { return link.up },
    get core() { return link.core },
    get halls() { return halls },
    offer(request) {
      attention.rings(request.legId)
      originates.start(request.legId, { kind: 'operator', callId: request.callId, operatorId: request.operatorId }, () => ({
        api: 'originate', dial: operatorDial.replaceAll('{extension}', request.extension), intercept: request.callId, variables: offerVariables(request, taking),
      }))
    },
    transfer(request) {
      if (trunkDial === '') return Promise.resolve(false)
      return originates.ringLine(request, { api: 'originate', dial: lineDial(trunkDial, request.number), intercept: request.callId, variables: lineVariables(request, taking) })
    },
    carry(request) {
      const { core } = link
      if (hallsDial === '' || core === null) return Promise.resolve(false)
      return originates.ringLine(request, { api: 'originate', dial: lineDial(hallsDial, request.call.calledNumber), intercept: request.callId, variables: carryVariables(request, taking, core, edgeSecret) })
    },
    hold(callId, on) {
      tell(callId, { api: 'uuid_setvar', uuid: callId, name: HOLD, value: on ? 'true' : '' }, { api: 'uuid_displace', uuid: callId, on, sound: holdSound })
    },
    mute(legId, on) { tell(originates.callOf(legId), { api: 'uuid_mute', uuid: legId, on }) },
    join(request) {
      const talk = talkSettings()
      originates.start(request.legId, { kind: 'party', callId: request.callId, operatorId: request.operatorId ?? '' }, () => {
        const { before, call } = joinCommands(request, talk)
        link.post(before, refusedFor(request.callId))
        return call
      })
    },
    mode(legId, mode) {
      link.post([{ verb: 'eavesdrop', legId, key: MODE_KEY[mode] }, { verb: 'api', call: { api: 'uuid_setvar', uuid: legId, name: MODE, value: mode } }], refusedFor(originates.callOf(legId)))
    },
    take(legId, callId) {
      tell(callId, { api: 'uuid_setvar', uuid: callId, name: RECOVER, value: afterTalk(context) }, { api: 'uuid_take', uuid: legId, call: callId })
    },
    requeue(callId) { tell(callId, { api: 'uuid_transfer', uuid: callId, extension: settings.intakeExtension, context }) },
    redial(request) {
      const talk = talkSettings()
      originates.start(request.legId, { kind: 'redial', callId: request.ticketId, operatorId: request.operatorId }, () => redialCommand(request, talk))
    },
    endLeg(legId, cause) { if (cause === 'ORIGINATOR_CANCEL') ringNoMore(legId); else post({ api: 'uuid_kill', uuid: legId, cause }) },
    endCall(callId) { post({ api: 'uuid_kill', uuid: callId, cause: 'NORMAL_CLEARING' }) },
    renewSwitch,
    takeBack(callId) {
      post({ api: 'uuid_setvar', uuid: callId, name: 'socket_resume', value: 'true' })
      renewSwitch([callId])
    },
    passOn(callIds) { post(...callIds.map((uuid): ApiCall => ({ api: 'uuid_transfer', uuid, extension: settings.intakeExtension, context }))) },
    turn(calls) {
      post(...calls.flatMap(({ callId: uuid, turned }): ApiCall[] => [
        { api: 'uuid_setvar', uuid, name: TURNED_VARIABLE, value: turned ? '' : 'true' }, { api: 'uuid_transfer', uuid, extension: settings.intakeExtension, context },
      ]))
    },
    clearSwitch(callId) { post({ api: 'sched_del', uuid: callId }) },
    async nativeAgents(expected) {
      if (queue === '') return []
      const [agents, tiers] = await Promise.all([link.api({ api: 'callcenter_agents', queue }), link.api({ api: 'callcenter_tiers', queue })])
      const known = nativeAgentsOf(agents.text, tiers.text)
      // Another node may be faster: that somebody is there already is no news.
      const missing = notAmong(agents.text, expected)
      post(...addCommands(queue, missing, (extension) => operatorDial.replaceAll('{extension}', extension)))
      return known === null ? null : [...known, ...missing.map((extension) => ({ extension, status: 'Logged Out', level: 1 }) as const)]
    },
    setNativeAgents(agents) { tell(null, ...agentCommands(queue, agents)) },
    say(word) { link.post([{ verb: 'word', from: self, ...word }]) },
    onWord(listener) { hearers.push(listener) },
    hasPhone: registrations.has,
    // Where the allow-list is older this comes to nothing, and the edge knows no better than before.
    sayAble() { post({ api: 'able', mark: Math.floor(clock()) }) },
    /** No speech engine listens to him any longer: one that was asked for in the instant of an answer came too late to be ended by it. */
    hush(callId) { link.post([{ verb: 'execute', callId, application: 'detect_speech', arg: 'stop', eventId: randomUUID(), open: true }]) },
    reconcile: reconciler.reconcile,
    onEvent(use, ask) { listener = use; believed = ask },
    close() { link.close() },
  }
}
