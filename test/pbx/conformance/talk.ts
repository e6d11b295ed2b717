import { randomUUID } from 'node:crypto'
import type { Test } from 'tap'
import type { PartyMode, PartyRole } from '../../../src/contracts/call.js'
import type { SwitchEvent } from '../../../src/intake/ports.js'
import { startOutbound, type OutboundSession } from '../../../src/pbx/esl/outbound.js'
import { makeSwitchboard } from '../../../src/pbx/switchboard.js'
import { lineDial } from '../../../src/pbx/talk.js'
import type { RecordingEvent } from '../../../src/recording/ports.js'
import { until } from '../../helpers/database.js'
import { recordings } from './recordings.js'

/** Who can be heard: the citizen, the telephones 1001 to 1003, and a fourth outside. */
export type Voice = 'citizen' | '1001' | '1002' | '1003' | 'outside'

/** A PBX whose telephones can be listened to. 1001 to 1003 and the one outside answer at once and talk. */
export interface TalkingPbx {
  readonly eslPort: number
  readonly password: string
  readonly outboundPort: number
  readonly trunkDial: string
  readonly outsideNumber: string
  /** Where its dialplan records talks. */
  readonly recordings: string
  /** What each voice sounds like in a recording, Hz. */
  readonly tones: Readonly<Record<Voice, number>>
  citizen(): Promise<void>
  /** Waits until this one hears those and nobody else. `uuids`: the channels behind the voices. */
  hearsOnly(who: Voice, voices: readonly Voice[], uuids: ReadonlyMap<Voice, string>): Promise<void>
  /** How often this one heard the announcement of recording (sip/freeswitch/sounds), of late. `since`: monotonic, ms. */
  timesTold(who: Voice, uuid: string, since: number): number
  /** One key of his telephone. */
  press(who: Voice, key: string, uuids: ReadonlyMap<Voice, string>): void
  /** Puts the receiver down. */
  hangUp(who: Voice, uuids: ReadonlyMap<Voice, string>): void
}

/** Talks with more than two in them, as the switchboard makes them: who hears whom, and what goes on without us. */
export async function talking(t: Test, open: (t: Test) => Promise<TalkingPbx>): Promise<void> {
  const pbx = await open(t)
  const sessions: OutboundSession[] = []
  const outbound = await startOutbound({ host: '127.0.0.1', port: pbx.outboundPort, peers: ['127.0.0.1'] }, { canServe: () => true, onRefused: () => undefined, onCall: (session) => sessions.push(session) })
  t.teardown(() => outbound.close())
  const refused: string[] = []
  const events: SwitchEvent[] = []
  const recorded: RecordingEvent[] = []
  const settings = {
    link: { host: '127.0.0.1', port: pbx.eslPort, password: pbx.password }, operatorDial: 'sofia/operators/{extension}%liandong', trunkDial: pbx.trunkDial,
    intakeExtension: '110', fallbackExtension: 'fallback', fallbackContext: 'citizens', switchSeconds: 4, recordings: pbx.recordings,
  }
  const open_ = () => {
    const made = makeSwitchboard(settings, { clock: Date.now, monotonic: () => performance.now(), onRefused: (text) => refused.push(text), onLag: () => undefined, onLink: () => undefined, onRecording: (event) => recorded.push(event) })
    made.onEvent((event) => events.push(event), () => [])
    return made
  }
  let board = open_()
  t.teardown(() => { board.close() })
  await until('the link', () => board.up && events.some(({ type }) => type === 'resync'))

  const happened = <T extends SwitchEvent['type']>(type: T, where: Partial<Extract<SwitchEvent, { type: T }>>): Promise<Extract<SwitchEvent, { type: T }>> =>
    until(`${type} ${JSON.stringify(where)}`, () => events.find((event): event is Extract<SwitchEvent, { type: T }> => event.type === type && Object.entries(where).every(([key, value]) => (event as unknown as Record<string, unknown>)[key] === value)))

  let uuids = new Map<Voice, string>()
  const hears = (who: Voice, ...voices: Voice[]): Promise<void> => pbx.hearsOnly(who, voices, uuids)
  const uuid = (who: Voice): string => uuids.get(who) ?? t.fail(`no ${who}`) as never

  /** A citizen talks with 1001. */
  async function talk(): Promise<string> {
    const before = sessions.length
    uuids = new Map()
    await pbx.citizen()
    const session = await until('the socket', () => sessions[before])
    const callId = session.channel.headers?.get('Unique-ID') ?? ''
    const legId = randomUUID()
    uuids.set('citizen', callId).set('1001', legId)
    board.offer({ callId, operatorId: randomUUID(), legId, extension: '1001', timeout: 5_000, callerNumber: '13900000001' })
    await happened('call.bridged', { callId, legId })
    await hears('citizen', '1001')
    await hears('1001', 'citizen')
    return callId
  }
  async function over(callId: string): Promise<void> {
    board.endCall(callId)
    await happened('call.ended', { callId })
  }
  async function join(callId: string, who: Voice, role: PartyRole, mode: PartyMode): Promise<string> {
    const legId = randomUUID()
    uuids.set(who, legId)
    const outside = who === 'outside'
    board.join({ callId, legId, tapLegId: uuid('1001'), role, mode, operatorId: outside ? null : randomUUID(), line: outside ? 'fire' : null, number: outside ? pbx.outsideNumber : who, timeout: 5_000, callerNumber: '13900000001' })
    await happened('party.answered', { legId, callId })
    return legId
  }

  /** Keys, one after another, each with the time that it would need to have its effect. */
  async function press(who: Voice, keys: string): Promise<void> {
    for (const key of keys) {
      pbx.press(who, key, uuids)
      await new Promise((resolve) => setTimeout(resolve, 400))
    }
  }

  await t.test('hold, resume, mute: nobody hears the citizen on hold, and he hears nobody', async () => {
    const callId = await talk()
    board.hold(callId, true)
    await hears('citizen')
    await hears('1001')
    board.hold(callId, false)
    await hears('citizen', '1001')
    await hears('1001', 'citizen')
    board.mute(uuid('1001'), true)
    await hears('citizen')
    await hears('1001', 'citizen')
    board.mute(uuid('1001'), false)
    await hears('citizen', '1001')
    await over(callId)
  })

  await t.test('a telephone that rang on is lifted when the citizen talks already: it takes him from nobody and ends', async (t) => {
    const callId = await talk()
    const legId = randomUUID()
    uuids.set('1002', legId)
    board.offer({ callId, operatorId: randomUUID(), legId, extension: '1002', timeout: 5_000, callerNumber: '13900000001' })
    await happened('leg.answered', { legId, callId })
    t.match(await happened('leg.ended', { legId, callId }), { cause: 'NORMAL_CLEARING', bridgedAt: undefined })
    await hears('citizen', '1001')
    await hears('1001', 'citizen')
    t.notOk(events.some((event) => event.type === 'call.bridged' && event.legId === legId || event.type === 'leg.ended' && event.legId === uuid('1001')))
    pbx.hangUp('1001', uuids)
    await happened('call.ended', { callId })
  })

  await t.test('a supervisor listens, whispers, barges, and listens again; the citizen never hears the whisper; he takes over', async () => {
    const callId = await talk()
    const legId = await join(callId, '1003', 'supervisor', 'listen')
    await hears('1003', 'citizen', '1001')
    await hears('citizen', '1001')
    await hears('1001', 'citizen')
    board.mode(legId, 'whisper')
    await hears('1001', 'citizen', '1003')
    await hears('citizen', '1001')
    board.mode(legId, 'all')
    await hears('citizen', '1001', '1003')
    await hears('1001', 'citizen', '1003')
    board.mode(legId, 'whisper')
    await hears('citizen', '1001')
    board.mode(legId, 'listen')
    await hears('1001', 'citizen')
    await hears('citizen', '1001')
    board.take(legId, callId)
    await happened('call.bridged', { callId, legId })
    await hears('citizen', '1003')
    await hears('1003', 'citizen')
    await happened('leg.ended', { legId: uuid('1001'), cause: 'PICKED_OFF' })
    await over(callId)
    await happened('party.ended', { legId })
  })

  await t.test('a supervisor takes over while a guest is there: the citizen is his, and the guest leaves', async (t) => {
    const callId = await talk()
    const guest = await join(callId, '1002', 'guest', 'all')
    const legId = await join(callId, '1003', 'supervisor', 'whisper')
    await hears('1001', 'citizen', '1002', '1003')
    await hears('citizen', '1001', '1002')
    board.take(legId, callId)
    await happened('call.bridged', { callId, legId })
    t.match(await happened('party.ended', { legId: guest, callId }), { cause: 'NORMAL_CLEARING' })
    await hears('citizen', '1003')
    await hears('1003', 'citizen')
    t.notOk(events.some((event) => event.type === 'call.bridged' && event.legId === guest || event.type === 'party.ended' && event.legId === legId))
    await over(callId)
  })

  await t.test('a supervisor begins with a whisper: the citizen hears none of it from the first moment', async () => {
    const callId = await talk()
    await join(callId, '1003', 'supervisor', 'whisper')
    await hears('1001', 'citizen', '1003')
    await hears('citizen', '1001')
    await over(callId)
  })

  await t.test('keys on a supervisor’s telephone change nothing: the citizen hears no whisper, and we still say who is heard', async (t) => {
    const callId = await talk()
    const legId = await join(callId, '1003', 'supervisor', 'whisper')
    await hears('1001', 'citizen', '1003')
    for (const key of '31*0') {
      await press('1003', key)
      await hears('citizen', '1001')
      await hears('1001', 'citizen', '1003')
    }
    board.mode(legId, 'listen')
    await hears('1001', 'citizen')
    await press('1003', '23')
    await hears('1001', 'citizen')
    await hears('citizen', '1001')
    board.mode(legId, 'all')
    await hears('citizen', '1001', '1003')
    t.notOk(events.some((event) => event.type === 'party.ended' && event.legId === legId))
    await over(callId)
    await happened('party.ended', { legId })
  })

  await t.test('who is to hear a supervisor is changed as soon as his leg is there: it holds when he lifts', async () => {
    const callId = await talk()
    const legId = randomUUID()
    uuids.set('1003', legId)
    board.join({ callId, legId, tapLegId: uuid('1001'), role: 'supervisor', mode: 'all', operatorId: randomUUID(), line: null, number: '1003', timeout: 5_000, callerNumber: '13900000001' })
    await until('the leg', async () => (await board.link.api({ api: 'uuid_dump', uuid: legId })).text.startsWith('{'))
    board.mode(legId, 'listen')
    await happened('party.answered', { legId, callId })
    await hears('1003', 'citizen', '1001')
    await hears('citizen', '1001')
    await hears('1001', 'citizen')
    await over(callId)
  })

  await t.test('keys on a guest’s telephone neither silence him nor give him the citizen', async (t) => {
    const callId = await talk()
    board.hold(callId, true)
    const legId = await join(callId, '1002', 'guest', 'whisper')
    await press('1002', '3*')
    await hears('1002', '1001')
    await hears('1001', '1002')
    await hears('citizen')
    board.hold(callId, false)
    board.mode(legId, 'all')
    await hears('citizen', '1001', '1002')
    await press('1002', '0*')
    await hears('citizen', '1001', '1002')
    await hears('1001', 'citizen', '1002')
    t.notOk(events.some((event) => event.type === 'call.bridged' && event.legId === legId || event.type === 'party.ended' && event.legId === legId))
    board.take(legId, callId)
    await happened('call.bridged', { callId, legId })
    await hears('citizen', '1002')
    await hears('1002', 'citizen')
    await over(callId)
  })

  await t.test('attended transfer: the guest hears the operator alone, then has the citizen', async () => {
    const callId = await talk()
    board.hold(callId, true)
    const legId = await join(callId, '1002', 'guest', 'whisper')
    await hears('1002', '1001')
    await hears('1001', '1002')
    await hears('citizen')
    board.hold(callId, false)
    board.take(legId, callId)
    await happened('call.bridged', { callId, legId })
    await hears('citizen', '1002')
    board.endLeg(legId, 'NORMAL_CLEARING')
    await happened('call.ended', { callId })
  })

  await t.test('three-way with somebody outside; we die; the operator hangs up and the two go on', async (t) => {
    const callId = await talk()
    board.hold(callId, true)
    const legId = await join(callId, 'outside', 'guest', 'whisper')
    board.hold(callId, false)
    board.mode(legId, 'all')
    await hears('citizen', '1001', 'outside')
    await hears('outside', '1001', 'citizen')
    await hears('1001', 'citizen', 'outside')
    board.close()
    pbx.hangUp('1001', uuids)
    await hears('citizen', 'outside')
    await hears('outside', 'citizen')
    events.length = 0
    board = open_()
    const { calls } = await happened('resync', {})
    t.match(calls, [{ call: { callId }, leg: { legId } }], 'after our restart: the guest has the citizen')
    pbx.hangUp('outside', uuids)
    await happened('call.ended', { callId })
  })

  await t.test('we die in a hold with a guest: it stays as it is, a restart finds it; the operator hangs up: the guest has the citizen', async (t) => {
    const callId = await talk()
    board.hold(callId, true)
    const legId = await join(callId, '1002', 'guest', 'whisper')
    await hears('1001', '1002')
    board.close()
    await hears('citizen')
    await hears('1002', '1001')
    events.length = 0
    board = open_()
    const { calls } = await happened('resync', {})
    t.match(calls, [{ call: { callId }, leg: { legId: uuid('1001') }, onHold: true, parties: [{ legId, role: 'guest', mode: 'whisper', number: '1002' }] }])
    pbx.hangUp('1001', uuids)
    await happened('call.bridged', { callId, legId })
    await hears('citizen', '1002')
    await over(callId)
  })

  await t.test('the guest hangs up: the two talk on, and the operator’s hanging up ends the call again', async () => {
    const callId = await talk()
    const legId = await join(callId, '1002', 'guest', 'all')
    await hears('citizen', '1001', '1002')
    pbx.hangUp('1002', uuids)
    await happened('party.ended', { legId })
    await hears('citizen', '1001')
    pbx.hangUp('1001', uuids)
    await happened('call.ended', { callId })
  })

  await t.test('blind transfer out of a hold: the other one has the citizen as soon as he answers', async () => {
    const callId = await talk()
    board.hold(callId, true)
    await hears('citizen')
    const legId = randomUUID()
    uuids.set('1002', legId)
    board.join({ callId, legId, tapLegId: uuid('1001'), role: 'transfer', mode: 'all', operatorId: randomUUID(), line: null, number: '1002', timeout: 5_000, callerNumber: '13900000001' })
    await happened('call.bridged', { callId, legId })
    await hears('citizen', '1002')
    await happened('leg.ended', { legId: uuid('1001') })
    pbx.hangUp('1002', uuids)
    await happened('call.ended', { callId })
  })

  await t.test('back to the queue: he arrives again under his own UUID', async (t) => {
    const callId = await talk()
    const before = sessions.length
    board.requeue(callId)
    const session = await until('the second socket', () => sessions[before])
    t.equal(session.channel.headers?.get('Unique-ID'), callId)
    await happened('leg.ended', { legId: uuid('1001') })
    await over(callId)
  })

  await t.test('calling back: the operator’s telephone, then the one outside', async (t) => {
    const [ticketId, legId, farLegId] = [randomUUID(), randomUUID(), randomUUID()]
    uuids = new Map<Voice, string>([['1001', legId], ['outside', farLegId]])
    const operatorId = randomUUID()
    board.redial({ ticketId, legId, farLegId, operatorId, extension: '1001', number: pbx.outsideNumber, timeout: 5_000 })
    await happened('redial.reached', { farLegId })
    const found = await until('a snapshot that knows that he was reached', () => {
      board.reconcile() // one that could not be taken is taken again
      return events.find((event): event is Extract<SwitchEvent, { type: 'resync' }> => event.type === 'resync' && event.redials?.some((one) => one.legId === legId && one.reachedAt !== undefined) === true)
    })
    t.match(found.redials, [{ ticketId, legId, farLegId, operatorId, reachedAt: /^1\d{12}$/ }])
    await hears('outside', '1001')
    await hears('1001', 'outside')
    pbx.hangUp('outside', uuids)
    await happened('redial.ended', { legId: farLegId })
    await happened('redial.ended', { legId })
  })

  await t.test('nobody there: a party that cannot be reached is told of', async (t) => {
    const callId = await talk()
    const legId = randomUUID()
    board.join({ callId, legId, tapLegId: uuid('1001'), role: 'guest', mode: 'whisper', operatorId: randomUUID(), line: null, number: '1010', timeout: 5_000, callerNumber: '' })
    t.match(await happened('party.ended', { legId }), { cause: 'USER_NOT_REGISTERED' })
    await hears('citizen', '1001')
    await over(callId)
  })

  await t.test('a telephone that talks is busy: for an offer, and for who is asked in', async (t) => {
    const callId = await talk()
    const [offered, asked] = [randomUUID(), randomUUID()]
    board.offer({ callId, operatorId: randomUUID(), legId: offered, extension: '1001', timeout: 5_000, callerNumber: '13900000001' })
    t.match(await happened('leg.ended', { legId: offered, callId }), { cause: 'USER_BUSY', answeredAt: undefined })
    board.join({ callId, legId: asked, tapLegId: uuid('1001'), role: 'guest', mode: 'whisper', operatorId: randomUUID(), line: null, number: '1001', timeout: 5_000, callerNumber: '' })
    t.match(await happened('party.ended', { legId: asked }), { cause: 'USER_BUSY' })
    await hears('citizen', '1001')
    await hears('1001', 'citizen')
    await over(callId)
  })

  await recordings(t, {
    pbx, recorded, events, talk, over, happened,
    board: () => board, uuid, named(voice, id) { uuids.set(voice, id) }, hears,
    async without(work) {
      await outbound.close()
      await work()
    },
    sessions: () => sessions.length,
  })

  await t.test('… and for the native queue, which nobody told of that talk: it finds another one', async (t) => {
    const [own, far] = [randomUUID(), randomUUID()]
    uuids = new Map<Voice, string>([['1001', own], ['outside', far]])
    // As a telephone is that dials out by itself: no `callcenter_track` counts it.
    board.link.post([{ verb: 'bgapi', jobId: randomUUID(), call: {
      api: 'originate', dial: settings.operatorDial.replaceAll('{extension}', '1001'), variables: { origination_uuid: own, originate_timeout: '5', hangup_after_bridge: 'true' },
      bridge: { dial: lineDial(settings.trunkDial, pbx.outsideNumber), variables: { origination_uuid: far, originate_timeout: '5' } },
    } }])
    await hears('outside', '1001')
    const from = events.length
    await pbx.citizen()
    const talks = await until('the native queue’s answer', () => {
      board.reconcile()
      return events.slice(from).flatMap((event) => (event.type === 'resync' ? event.calls : [])).find(({ leg }) => leg?.answeredAt !== undefined)
    })
    t.match(talks.leg?.extension, /^100[23]$/, 'not his')
    await hears('outside', '1001')
    await over(talks.call.callId)
    pbx.hangUp('outside', uuids)
  })

  await t.test('nothing is left, nothing was refused', async (t) => {
    for (const { connection } of sessions) connection.destroy('done')
    await until('no channel', async () => /"row_count": ?0/.test((await board.link.api({ api: 'show', what: 'channels' })).text))
    t.same(refused, [])
  })
}
