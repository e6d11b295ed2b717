import type { Command } from '../../src/intake/core/command.js'
import type { RoomEvent } from '../../src/intake/core/event.js'
import { emptyRoom, isLive, isQueued, isReady, isWaiting, takesCalls, type Env, type Room } from '../../src/intake/core/room.js'
import { step } from '../../src/intake/core/step.js'
import type { CallRecord, DeskMemory, LiveCall, Mirror, SwitchEvent } from '../../src/intake/ports.js'
import { operatorView } from '../../src/intake/views.js'
import { pastOf } from '../../src/pbx/cdr.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { makeBooks } from './city-books.js'
import { arriving, seeded, settings, uuid } from './world.js'

/**
 * One room or two on one virtual FreeSWITCH, for some minutes of virtual time: callers come, press keys and go, telephones are lifted, declined and die,
 * events are lost, doubled and late; links are cut, nodes are stopped and go on, or die and begin anew, the native queue puts callers through. What is
 * true of FreeSWITCH is checked, not what a room believes. One seed is one history.
 */
export interface City {
  readonly nodes: 1 | 2
  /** How much happens, and how many callers there are at once, at most. */
  readonly steps: number
  readonly callers: number
  /** Shares of FreeSWITCH's events that never come, come twice, or come up to two seconds late. */
  readonly lost: number
  readonly doubled?: number
  readonly late?: number
  /** Links are cut, nodes stopped, and the native queue serves. Without it everybody is served by a room, and every talk has its ticket. */
  readonly trouble: boolean
  /** Keys are pressed, operators have skills, telephones fail in several ways. */
  readonly sorts: boolean
  /** Telephones are lifted, and dead before they have their caller. */
  readonly vain?: boolean
  /** Nodes die, forget everything, and begin anew with what is written down. */
  readonly crash?: boolean
  /** FreeSWITCH's records of the calls that are over are taken in. */
  readonly records?: boolean
}
interface Citizen { readonly id: string; readonly created: number; where: 'new' | 'socket' | 'native' | 'talk' | 'gone'; node: number; /** Which of his sockets. */ gen: number; switchAt: number; mirror: Mirror; talk: string | null }
interface Leg { readonly id: string; readonly call: string; readonly operator: string; readonly native: boolean; readonly until: number; /** `lifted`: in vain. */ state: 'ringing' | 'lifted' | 'talk' | 'gone'; answeredAt?: number; bridgedAt?: number; /** His operator hangs up at his desk. */ hangsUp: boolean }
type Told = RoomEvent | { readonly type: 'native-answer' }
interface Message { readonly at: number; readonly event: Told; /** Of our own socket: no link can lose it. */ readonly own: boolean; /** Of which of his sockets. */ readonly gen?: number }
interface Node {
  readonly n: number; room: Room; up: boolean; inbox: Message[]
  /** A snapshot under way: when it was asked for, and when its answer is there. */ snapshot: { readonly at: number; readonly due: number } | null
  again: boolean; /** Kept until the first snapshot of a new link. */ held: RoomEvent[] | null; readonly gens: Map<string, number>
  /** Until when it is stopped; 0: it runs. */ stoppedUntil: number
  dead: boolean; /** How often it began. */ life: number; /** What it has read of before. */ rows: Map<string, CallRecord>; /** PostgreSQL, which knows whose telephone is whose, is away until then. */ directoryFrom: number
}
export interface History { readonly problems: readonly string[]; readonly log: readonly string[] }

/** ms */
const [SWITCH, RING, RENEW, TICK, LOOK] = [4_000, 15_000, 1_500, 250, 10_000]
const OPERATORS = [{ id: uuid(1), extension: '1001', home: 0 }, { id: uuid(2), extension: '1002', home: 0 }, { id: uuid(3), extension: '1003', home: 1 }, { id: uuid(4), extension: '1004', home: 0 }] as const
const extensionOf = (id: string): string => OPERATORS.find((one) => one.id === id)?.extension ?? id
const short = (id: string): string => id.slice(-4)

/** What a room keeps beside its tables, so that no event need look through them, says what the tables say. */
function partsAgree({ calls, live, waiting, queued, operators, ready, able }: Room): string[] {
  const [all, everyone] = [calls.values(), operators.values()]
  const told = [live.size, waiting.size, queued.size, ready.size, able]
  const counted = [all.filter(isLive), all.filter(isWaiting), all.filter(isQueued), everyone.filter(isReady), everyone.filter(takesCalls)].map(({ length }) => length)
  return told.join() === counted.join() ? [] : [`live, waiting, queued, ready, able: ${told.join()} are kept, ${counted.join()} are there`]
}

/** What can never be, whatever was lost. */
function impossible({ calls, operators }: Room): string[] {
  const offered = new Map<string, string>()
  const found: string[] = []
  for (const { callId, offer } of calls.values()) {
    if (offer === null || offer.cancelling !== null) continue
    const other = offered.get(offer.operatorId)
    if (other !== undefined) found.push(`${extensionOf(offer.operatorId)} is offered ${short(other)} and ${short(callId)}`)
    offered.set(offer.operatorId, callId)
  }
  for (const { operatorId, presence, callId } of operators.values()) {
    if ((presence === 'ringing' || presence === 'talking') && callId === null) found.push(`${extensionOf(operatorId)} is ${presence} without a call`)
    if (presence === 'ready' && callId !== null) found.push(`${extensionOf(operatorId)} is ready with a call`)
  }
  return found
}

/** One history. */
export function play(seed: number, { nodes: count, steps, callers, lost, doubled = 0, late = 0, trouble, sorts, vain = false, crash = false, records = false }: City): History {
  const staff = OPERATORS.slice(0, count === 2 ? 3 : 4).map(({ id, extension, home }) => ({ id, extension, node: count === 2 ? home : 0 }))
  const random = seeded(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const [problems, log]: [string[], string[]] = [[], []]
  let [now, ids, calm] = [1_000, 0x100, false]
  const say = (text: string): void => { log.push(`${now} ${text}`) }
  const nodes = Array.from({ length: count }, (_, n) => n).map((n): Node => ({ n, room: emptyRoom, up: false, inbox: [], snapshot: null, again: false, held: null, gens: new Map(), stoppedUntil: 0, dead: false, life: 1, rows: new Map(), directoryFrom: 0 }))
  const citizens = new Map<string, Citizen>()
  const legs = new Map<string, Leg>()
  const nodeOf = (n: number): Node => nodes[n] as Node
  const books = makeBooks()
  const timers: { readonly at: number; readonly run: () => void }[] = []
  const later = (ms: number, run: () => void): void => { timers.push({ at: now + ms, run }) }
  /** Work that a node has begun: it waits while that is stopped, and dies with it. */
  function soon(node: Node, ms: number, run: () => void): void {
    const { life } = node
    later(ms, () => { if (node.life !== life) return; if (node.stoppedUntil > 0) soon(node, TICK, run); else run() })
  }
  const legsOf = (callId: string): Leg[] => [...legs.values()].filter(({ call, state: is }) => call === callId && is !== 'gone')

  // FreeSWITCH
  const post = (node: Node, event: Told, more: Partial<Message> = {}, within = 40): void => { node.inbox.push({ at: now + Math.floor(random() * within), event, own: false, ...more }) }
  function tell(event: Told): void {
    for (const node of nodes) {
      if (!node.up || (!calm && random() < lost)) continue
      post(node, event, {}, !calm && late > 0 && random() < late ? 2_000 : undefined)
      if (!calm && doubled > 0 && random() < doubled) post(node, event, {}, 3_000)
    }
  }
  const leaveSocket = (one: Citizen): void => { if (one.where === 'socket') post(nodeOf(one.node), { type: 'call.released', callId: one.id }, { own: true, gen: one.gen }, 20) }
  function toNative(one: Citizen): void {
    one.where = 'native'
    one.gen += 1
    tell({ type: 'call.fallback', callId: one.id, at: now })
    say(`${short(one.id)} is in the native queue`)
  }
  function toSocket(one: Citizen): void {
    const serving = nodes.filter(({ up, stoppedUntil, dead }) => !dead && (up || stoppedUntil > now))
    if (serving.length === 0) return toNative(one)
    one.gen += 1
    Object.assign(one, { where: 'socket', node: (random() < 0.7 ? serving[0] as Node : pick(serving)).n, switchAt: now + SWITCH })
    say(`${short(one.id)} at the socket of ${one.node}`)
    post(nodeOf(one.node), { type: 'call.arrived', call: { ...arriving(one.id, one.created, { ...one.mirror }), toldAt: now } }, { own: true, gen: one.gen }, 20)
  }
  /** @param put whoever had him, and has just put the receiver down */
  function hangUp(one: Citizen, cause: string, put?: Leg): void {
    if (one.where === 'gone') return
    leaveSocket(one)
    const talk = one.talk === null ? put : legs.get(one.talk)
    Object.assign(one, { where: 'gone', talk: null })
    say(`${short(one.id)} ends, ${cause}`)
    tell({ type: 'call.ended', callId: one.id, cause, at: now, ...(talk?.bridgedAt === undefined ? {} : { talk: { legId: talk.id, at: talk.bridgedAt, ...(talk.native ? { extension: extensionOf(talk.operator) } : {}) } }) })
    if (talk?.state === 'talk') endLeg(talk, 'NORMAL_CLEARING')
    if (records) leaveRecord(one, now, cause, 4_000 + Math.floor(random() * 4_000))
  }
  /** mod_json_cdr writes it, and one of the nodes that run takes it in: again if it cannot say for good whose the talk was. */
  function leaveRecord(one: Citizen, endedAt: number, cause: string, ms: number): void {
    later(ms, () => {
      const node = nodes.find(({ dead, stoppedUntil }) => !dead && stoppedUntil === 0)
      if (node === undefined || !takeRecord(node, one, endedAt, cause)) leaveRecord(one, endedAt, cause, 1_000)
    })
  }
  function recordOf(one: Citizen, endedAt: number, cause: string): Omit<Extract<SwitchEvent, { type: 'past' }>, 'settled'> {
    const own = [...legs.values()].filter(({ call }) => call === one.id)
    const [bridges, native] = [own.flatMap(({ bridgedAt }) => bridgedAt ?? []), own.findLast((leg) => leg.native)]
    return pastOf({
      side: 'citizen', call: arriving(one.id, one.created, { ...one.mirror }), endedAt, cause, refused: false,
      ...(bridges.length === 0 ? {} : { bridgedAt: Math.min(...bridges) }), ...(native === undefined ? {} : { legId: native.id, extension: extensionOf(native.operator) }),
    }, own.filter((leg) => !leg.native).map(({ id, operator, answeredAt, bridgedAt }) => ({
      side: 'operator', legId: id, callId: one.id, operatorId: operator, endedAt, bridged: bridgedAt !== undefined, ...(answeredAt === undefined ? {} : { answeredAt }),
    })))
  }
  function endLeg(leg: Leg, cause: string): void {
    if (leg.state === 'gone') return
    leg.state = 'gone'
    say(`leg ${short(leg.id)} of ${extensionOf(leg.operator)} for ${short(leg.call)} ends, ${cause}`)
    const { answeredAt, bridgedAt } = leg
    if (!leg.native) tell({ type: 'leg.ended', legId: leg.id, callId: leg.call, operatorId: leg.operator, cause, at: now, ...(answeredAt === undefined ? {} : { answeredAt }), ...(bridgedAt === undefined ? {} : { bridgedAt }) })
    const one = citizens.get(leg.call)
    if (one?.talk !== leg.id) return
    one.talk = null
    if (one.where === 'talk') { if (cause === 'NORMAL_CLEARING') hangUp(one, cause, leg); else toSocket(one) }
  }
  function lift(leg: Leg): void {
    leg.answeredAt = now
    say(`leg ${short(leg.id)} of ${extensionOf(leg.operator)} for ${short(leg.call)} is lifted`)
    tell({ type: 'leg.answered', legId: leg.id, callId: leg.call, operatorId: leg.operator, at: now })
    const one = citizens.get(leg.call)
    if (one === undefined || one.where === 'gone' || one.where === 'talk') return endLeg(leg, 'NORMAL_CLEARING')
    if (vain && random() < 0.25) {
      // Its own order at the answer has ended the switch; whoever waits at a socket stays there.
      Object.assign(leg, { state: 'lifted' })
      one.switchAt = Infinity
      const cause = pick(['MEDIA_TIMEOUT', 'NORMAL_CLEARING', 'NORMAL_TEMPORARY_FAILURE'])
      say('… in vain')
      return later(pick([5, 30, 200]), () => { endLeg(leg, cause) })
    }
    leaveSocket(one)
    Object.assign(one, { where: 'talk', talk: leg.id })
    books.talked(one.id, leg.operator)
    Object.assign(leg, { state: 'talk', bridgedAt: now + 1 })
    tell({ type: 'call.bridged', callId: one.id, legId: leg.id, operatorId: leg.operator, at: now + 1, answeredAt: now })
  }
  function nativeAnswer(one: Citizen, operator: string): void {
    const id = uuid(0x8000 + (ids += 1))
    legs.set(id, { id, call: one.id, operator, native: true, until: Infinity, state: 'talk', answeredAt: now, bridgedAt: now + 1, hangsUp: false })
    Object.assign(one, { where: 'talk', talk: id })
    books.talked(one.id, operator)
    say(`the native queue puts ${short(one.id)} through to ${extensionOf(operator)}`)
    tell({ type: 'native-answer' })
  }
  function lives(node: Node): LiveCall[] {
    return [...citizens.values()].filter(({ where }) => where !== 'gone').map((one) => {
      const mine = legsOf(one.id)
      const ringing = mine.filter((leg) => leg.state === 'ringing')
      const leg = mine.find((each) => each.state === 'talk') ?? mine.find((each) => each.state === 'lifted') ?? ringing[0]
      return {
        call: { ...arriving(one.id, one.created, { ...one.mirror }), toldAt: now }, ringing: ringing.map(({ id }) => id), parties: [], onHold: false, ...(one.where === 'native' ? { fallback: true } : {}),
        ...(leg === undefined ? {} : { leg: { legId: leg.id, extension: extensionOf(leg.operator), ...(leg.native && !node.room.operators.has(leg.operator) ? {} : { operatorId: leg.operator }), ...(leg.answeredAt === undefined ? {} : { answeredAt: leg.answeredAt }), ...(leg.state === 'lifted' ? { alone: true } : {}) } }),
      }
    })
  }

  // A node
  function reconcile(node: Node): void {
    if (!node.up) return
    if (node.snapshot === null) node.snapshot = { at: now, due: now + 5 + Math.floor(random() * 60) }
    else node.again = true
  }
  /** Whom the native queue found is told by his extension: if no desk of his is here, the directory says who he is, a moment later (`reconciliation.ts`). */
  function named(node: Node, live: LiveCall): LiveCall {
    const operatorId = now < node.directoryFrom ? undefined : OPERATORS.find(({ extension }) => extension === live.leg?.extension)?.id
    return live.leg === undefined || live.leg.operatorId !== undefined || operatorId === undefined ? live : { ...live, leg: { ...live.leg, operatorId } }
  }
  function resync(node: Node, at: number): void {
    const isAnswer = ({ call, leg }: LiveCall): boolean => node.room.calls.get(call.callId)?.answer?.legId === leg?.legId
    const unnamed: LiveCall[] = []
    const calls = lives(node).map((live) => {
      const { leg, ...waiting } = live
      if (leg === undefined || leg.operatorId !== undefined || (isAnswer(live) && node.room.calls.get(live.call.callId)?.answer?.operatorId != null)) return live
      unnamed.push(live)
      return isAnswer(live) ? live : waiting
    })
    feed(node, { type: 'resync', calls, unsure: [], at, restarted: false })
    if (unnamed.length === 0) return
    soon(node, 20, () => {
      const { calls: known, live, linkUp: up } = node.room
      if (up) feed(node, { type: 'resync', calls: unnamed.map((one) => named(node, one)).filter(({ call }) => known.has(call.callId)), unsure: live.values().map(({ callId }) => callId), at, restarted: false })
    })
  }
  /** As `settle` of `reconciliation.ts`. @returns whether it may be deleted. */
  function takeRecord(node: Node, one: Citizen, endedAt: number, cause: string): boolean {
    const past = recordOf(one, endedAt, cause)
    const call = named(node, past.call)
    say(`node ${node.n} takes in the record of ${short(one.id)}`)
    const before = node.room.calls.get(one.id)
    feed(node, { ...past, call, settled: () => undefined })
    const after = node.room.calls.get(one.id)
    if (after !== undefined && (before?.ended == null || before.answer?.legId !== after.answer?.legId || (after.answer !== null && after.ticket === null))) {
      if (after.answer !== null) books.open(one.id, after.answer.operatorId)
      books.save(after)
    }
    return call.leg === undefined || call.leg.operatorId !== undefined
  }
  function feed(node: Node, event: Told): void {
    if (node.dead) return
    if (event.type === 'native-answer') return reconcile(node)
    const env: Env = { now, mono: now, newId: () => uuid(0xf000 + (ids += 1)), settings, remembered: (callId) => node.rows.get(callId) ?? null, classOf: (category) => (category === 'fire' ? 'emergency' : 'standard') }
    const { room, commands } = step(node.room, event, env)
    node.room = room
    for (const what of [...impossible(room), ...(event.type === 'tick' ? partsAgree(room) : [])]) problems.push(`node ${node.n}: ${what}`)
    for (const command of commands) obey(node, command)
  }
  function obey(node: Node, command: Command): void {
    const name = `node ${node.n}`
    if (command.type === 'reconcile') return reconcile(node)
    if (command.type === 'mirror') { const one = citizens.get(command.callId); if (one !== undefined) one.mirror = { ...one.mirror, ...command.facts }; return }
    if (command.type === 'save') { const call = node.room.calls.get(command.callId); if (call !== undefined) books.save(call); return }
    if (command.type === 'show-me') { const me = node.room.operators.get(command.operatorId); if (me?.attached === true) books.showMe(operatorView(node.room, me)); return }
    if (command.type === 'credit-ticket') { say(`${name} says that ${short(command.callId)} was ${extensionOf(command.operatorId)}'s`); return books.open(command.callId, command.operatorId, command.insteadOf) }
    if (command.type === 'open-ticket') {
      const operatorId = node.room.calls.get(command.callId)?.answer?.operatorId ?? null
      say(`${name} opens the ticket of ${short(command.callId)}, of ${extensionOf(operatorId ?? 'nobody')}`)
      books.open(command.callId, operatorId)
      node.inbox.push({ at: now + 20, event: { type: 'call.ticket', ticket: { id: command.callId, number: '1', version: 1 } as unknown as Ticket }, own: true })
      return
    }
    if (!node.up) return
    switch (command.type) {
      case 'offer': {
        const { callId, operatorId, legId } = command.request
        say(`${name} rings ${extensionOf(operatorId)} for ${short(callId)}, leg ${short(legId)}`)
        const busy = [...legs.values()].some(({ operator, state: is }) => operator === operatorId && is !== 'gone')
        if (calm && busy) problems.push(`${name} rings ${extensionOf(operatorId)}, who talks or is rung`)
        if (calm && legsOf(callId).some(({ state: is }) => is === 'ringing')) problems.push(`two telephones ring for ${short(callId)}`)
        const leg: Leg = { id: legId, call: callId, operator: operatorId, native: false, until: now + RING, state: 'ringing', hangsUp: false }
        legs.set(legId, leg)
        if (busy) endLeg(leg, 'USER_BUSY')
        else tell({ type: 'leg.ringing', legId, callId, operatorId, at: now })
        return
      }
      case 'end-leg': {
        const leg = legs.get(command.legId)
        if (leg === undefined) return
        // Nobody can know what happened within the last moments.
        if (leg.state === 'talk' && !leg.hangsUp && now - (leg.answeredAt ?? now) > 150) problems.push(`${name} tears the talk of ${extensionOf(leg.operator)}, ${command.cause}`)
        return endLeg(leg, command.cause)
      }
      case 'end-call': {
        const one = citizens.get(command.callId)
        if (one === undefined) return
        if (one.where !== 'gone' && legs.get(one.talk ?? '')?.hangsUp !== true) problems.push(`${name} ends ${short(one.id)}, who is in ${one.where}`)
        return hangUp(one, 'NORMAL_CLEARING')
      }
      case 'requeue': {
        const one = citizens.get(command.callId)
        if (one === undefined || one.where === 'gone') return
        if (one.where === 'talk') problems.push(`${name} takes ${short(one.id)} out of his talk`)
        leaveSocket(one)
        return toSocket(one)
      }
      default:
    }
  }
  /** What has come to a node: its socket's own news are about a certain socket; a caller who has gone on is refused. */
  function read(node: Node, { event, own, gen = 0 }: Message): void {
    if (event.type === 'call.arrived') {
      const one = citizens.get(event.call.callId)
      if (one?.where !== 'socket' || one.gen !== gen) return
      node.gens.set(one.id, gen)
    }
    if (event.type === 'call.released' && node.gens.get(event.callId) !== gen) return
    if (node.held !== null && !own && event.type !== 'native-answer') node.held.push(event)
    else feed(node, event)
  }
  function turn(node: Node): void {
    if (node.dead) { node.inbox = []; return }
    const due = node.inbox.filter(({ at }) => at <= now)
    node.inbox = node.inbox.filter(({ at }) => at > now)
    for (const message of due) read(node, message)
    const { snapshot } = node
    if (snapshot === null || !node.up || snapshot.due > now) return
    node.snapshot = null
    // What was said before the snapshot's answer stands before it in the stream.
    for (const message of node.inbox.splice(0)) read(node, message)
    const late = node.held ?? []
    node.held = null
    resync(node, snapshot.at)
    for (const event of late) feed(node, event)
    if (node.again) { node.again = false; reconcile(node) }
  }
  function linkUp(node: Node): void {
    if (node.stoppedUntil > 0 || node.up || node.dead) return
    Object.assign(node, { up: true, held: [], snapshot: null, again: false })
    say(`link of ${node.n} is up`)
    reconcile(node)
  }
  function linkDown(node: Node): void {
    if (node.stoppedUntil > 0 || !node.up) return
    const late = node.held ?? []
    Object.assign(node, { up: false, snapshot: null, held: null, inbox: node.inbox.filter(({ own }) => own) })
    for (const event of late) feed(node, event)
    say(`link of ${node.n} is down`)
    feed(node, { type: 'link.down', at: now })
  }
  function sitDown(node: Node, { id, extension }: (typeof staff)[number], memory: DeskMemory): void {
    feed(node, { type: 'operator.attached', profile: { operatorId: id, displayName: '', extension, skills: sorts && id === uuid(2) ? ['noise'] : [] }, memory })
  }
  function die(node: Node): void {
    say(`node ${node.n} dies`)
    Object.assign(node, { dead: true, life: node.life + 1, room: emptyRoom, up: false, inbox: [], snapshot: null, again: false, held: null, gens: new Map() })
    for (const one of citizens.values()) if (one.where === 'socket' && one.node === node.n) toNative(one)
    later(pick([300, 2_000, 8_000]), () => {
      Object.assign(node, { dead: false, rows: new Map(books.unfinished()), directoryFrom: now + pick([0, 0, 15_000]) })
      say(`node ${node.n} begins anew`)
      soon(node, pick([1, 500, 3_000]), () => { linkUp(node) })
      for (const one of staff) if (one.node === node.n) soon(node, pick([5, 300, 2_000, 4_000]), () => { sitDown(node, one, books.memory(one.id)) })
    })
  }
  /** A loop that stood still turns its timers first, then its sockets. */
  function tick(node: Node): void {
    const stood = node.stoppedUntil > 0
    if (stood) {
      node.stoppedUntil = 0
      say(`node ${node.n} goes on`)
      feed(node, { type: 'stalled' })
    }
    feed(node, { type: 'tick' })
    if (node.up && !stood && now % RENEW < TICK) {
      for (const one of citizens.values()) {
        const call = one.where === 'socket' && one.node === node.n ? node.room.calls.get(one.id) : undefined
        if (call?.held === true && isWaiting(call)) one.switchAt = now + SWITCH
      }
    }
    if (node.up && now % LOOK < TICK) reconcile(node)
  }
  /** @param stride ms from one look to the next */
  function pass(ms: number, stride = 10): void {
    for (const end = now + ms; now < end;) {
      now += stride
      for (const timer of timers.splice(0)) if (timer.at <= now) timer.run(); else timers.push(timer)
      for (const node of nodes) if (node.stoppedUntil === 0) turn(node)
      for (const leg of legs.values()) if (leg.state === 'ringing' && now >= leg.until) endLeg(leg, 'NO_ANSWER')
      if (now % TICK < stride) for (const node of nodes) if (node.stoppedUntil <= now) tick(node)
      for (const one of citizens.values()) {
        if (one.where !== 'socket' || now < one.switchAt) continue
        leaveSocket(one)
        toNative(one)
      }
    }
  }

  function anything(n: number): void {
    const all = [...legs.values()]
    const ringing = all.filter((leg) => leg.state === 'ringing')
    const talks = all.filter((leg) => leg.state === 'talk')
    const alive = [...citizens.values()].filter(({ where }) => where !== 'gone')
    const node = pick(nodes)
    const r = random()
    if (r < 0.15 && alive.length < callers) {
      const one: Citizen = { id: uuid(0x1000 + n), created: now, where: 'new', node: 0, gen: 0, switchAt: Infinity, mirror: {}, talk: null }
      citizens.set(one.id, one)
      toSocket(one)
      if (sorts && random() < 0.5) {
        const key: RoomEvent = { type: 'call.tagged', callId: one.id, tag: { key: 'category', value: pick(['noise', 'fire', 'water']), node: 'menu', at: now }, keyed: true }
        nodeOf(one.node).inbox.push({ at: now + 50 + Math.floor(random() * 5_000), event: key, own: true, gen: one.gen })
      }
    } else if (r < 0.40 && ringing.length > 0) lift(pick(ringing))
    else if (r < 0.45 && ringing.length > 0) endLeg(pick(ringing), sorts ? pick(['CALL_REJECTED', 'USER_NOT_REGISTERED', 'SWITCH_CONGESTION']) : 'CALL_REJECTED')
    else if (r < 0.52 && talks.length > 0) endLeg(pick(talks), 'NORMAL_CLEARING')
    else if (r < 0.60 && talks.length > 0) endLeg(pick(talks), 'MEDIA_TIMEOUT')
    else if (r < 0.64 && alive.length > 0) hangUp(pick(alive), 'ORIGINATOR_CANCEL')
    else if (r < 0.68) { if (trouble) linkDown(node) }
    else if (r < 0.80) linkUp(node)
    else if (r < 0.90) {
      const { id, extension, node: at } = pick(staff)
      const ready = random() < 0.7
      if (nodeOf(at).stoppedUntil > 0 || nodeOf(at).dead) return
      say(`${extension} wants ${ready ? 'calls' : 'a break'}`)
      feed(nodeOf(at), { type: 'operator.ready', operatorId: id, ready })
    } else if (r < 0.91 && crash && !node.dead && node.stoppedUntil === 0) die(node)
    else if (r < 0.93 && !node.dead && node.stoppedUntil === 0 && trouble) {
      node.stoppedUntil = now + pick([2_000, 6_000, 20_000])
      say(`node ${node.n} is stopped`)
    } else if (r < 0.95) {
      const one = alive.find(({ where }) => where === 'native')
      const free = staff.find(({ id }) => all.every(({ operator, state: is }) => operator !== id || is === 'gone'))
      if (one !== undefined && free !== undefined) nativeAnswer(one, free.id)
    } else if (r < 0.97 && talks.length > 0) {
      const leg = pick(talks)
      const at = nodeOf(staff.find(({ id }) => id === leg.operator)?.node ?? 0)
      if (at.stoppedUntil > 0 || at.dead) return
      leg.hangsUp = true
      feed(at, { type: 'operator.hang-up', operatorId: leg.operator, callId: leg.call })
      leg.hangsUp = false
    }
  }

  /** Where all is told, or told again by the records of those who are gone. */
  function compareTickets(whose: (one: Citizen | undefined) => boolean): void {
    for (const { callId, operatorId, talkers } of books.wronged()) {
      if (whose(citizens.get(callId))) problems.push(`the ticket of ${short(callId)} is ${extensionOf(operatorId ?? 'nobody')}'s; it was ${talkers.map(extensionOf).join()} who had him`)
    }
  }
  function compare(): void {
    for (const { id, extension, node } of staff) {
      const seat = nodeOf(node).room.operators.get(id)
      const talk = [...legs.values()].find(({ operator, state: is }) => operator === id && is === 'talk')
      if (talk !== undefined && (seat?.presence !== 'talking' || seat.callId !== talk.call)) problems.push(`${extension} talks with ${short(talk.call)} and is ${seat?.presence ?? 'nowhere'}`)
      if (talk === undefined && seat?.presence === 'talking') problems.push(`${extension} is said to talk, and does not`)
    }
    for (const one of citizens.values()) {
      const call = nodeOf(one.node).room.calls.get(one.id)
      if (one.where === 'socket' && (call?.held !== true || !isWaiting(call))) problems.push(`${short(one.id)} waits at ${one.node}, and is ${call?.state ?? 'unknown'} there`)
      if (((!trouble && !crash) || one.where === 'talk') && books.everTalked(one.id) && !books.hasTicket(one.id)) problems.push(`${short(one.id)} was answered, and has no ticket`)
      if (one.where === 'gone') for (const { n, room } of nodes) if (room.calls.get(one.id)?.ended === null) problems.push(`${short(one.id)} is gone, and node ${n} has him`)
    }
  }

  for (const one of staff) sitDown(nodeOf(one.node), one, { ready: true })
  nodes.forEach(linkUp)
  pass(300)
  for (let n = 0; n < steps; n += 1) {
    anything(n)
    pass(pick([10, 30, 100, 400, 1_500, 4_000]))
  }
  // Nothing happens any more, and nothing is lost: what the rooms believe must be so.
  pass(21_000)
  nodes.forEach(linkUp)
  pass(25_000)
  calm = true
  for (const { id, node } of staff) if (nodeOf(node).room.operators.get(id)?.presence !== 'talking') feed(nodeOf(node), { type: 'operator.ready', operatorId: id, ready: true })
  pass(35_000)
  compare()
  if (lost === 0 && !trouble) compareTickets((one) => one?.where === 'talk' || !crash)
  // Everybody goes, and is forgotten.
  for (const one of citizens.values()) hangUp(one, 'NORMAL_CLEARING')
  for (const turn of ['paper work', 'memory']) {
    pass(settings.keepEnded, TICK)
    for (const { id, node } of staff) feed(nodeOf(node), { type: 'operator.ready', operatorId: id, ready: true })
    say(`${turn} is over`)
  }
  for (const { id, state: is } of legs.values()) if (is !== 'gone') problems.push(`leg ${short(id)} is left`)
  for (const { n, room } of nodes) {
    if (room.calls.size > 0) problems.push(`node ${n} remembers ${room.calls.values().map(({ callId }) => short(callId)).join()}`)
    for (const { operatorId, presence } of room.operators.values()) if (presence !== 'ready') problems.push(`${extensionOf(operatorId)} is left ${presence}`)
  }
  if (records) compareTickets(() => true)
  if (records) for (const { id } of citizens.values()) if (books.everTalked(id) && !books.hasTicket(id)) problems.push(`${short(id)} was answered, and never had a ticket`)
  return { problems, log }
}
