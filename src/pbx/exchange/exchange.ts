import { randomUUID } from 'node:crypto'
import { createServer, type Server } from 'node:net'
import { makeAgents } from './agents.js'
import { makeApi } from './api.js'
import { makeCalls } from './calls.js'
import { channelFields, makeChannel, variableFields, type Channel } from './channel.js'
import { makePlan } from './dialplan.js'
import { makeEvents } from './events.js'
import { makeEventFaults, noFaults } from './faults.js'
import { hears } from './hearing.js'
import { makeLegs } from './legs.js'
import { makeLife } from './life.js'
import { Listener, type ListenerHost } from './listener.js'
import { makeNativeQueue } from './native-queue.js'
import type { Pbx } from './pbx.js'
import { makePhones } from './phones.js'
import { makeSchedule } from './schedule.js'
import { makeSockets } from './sockets.js'
import { makeTalks } from './talks.js'
import type { Exchange, ExchangeOptions } from './types.js'

export type { CallReport, CallSpec, Exchange, ExchangeOptions, PlacedCall } from './types.js'

/** A FreeSWITCH for practice and tests: the event socket in both directions over TCP, a dialplan, citizens, telephones. */
export async function startExchange(options: ExchangeOptions): Promise<Exchange> {
  const { host = '127.0.0.1', speed = 1, heartbeat = 20_000, sounds = { busy: 'silence_stream://3000', hold: 'local_stream://hold', recorded: 'silence_stream://3000' } } = options
  let random = (options.seed ?? 110) >>> 0
  const chance = (): number => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0
    return random / 4_294_967_296
  }
  const insecurities: string[] = []
  const transcript: string[] = []
  const faults = noFaults()
  const scaled = (ms: number): number => ms / speed
  // sofia_reg.c; `sofia::expire` comes when one is not renewed and says no more than this.
  const registration = (extension: string, there: boolean): void => {
    pbx.events.send({ ...pbx.events.head('CUSTOM'), 'Event-Subclass': there ? 'sofia::register' : 'sofia::unregister', 'profile-name': 'operators', 'from-user': extension, 'from-host': 'liandong' })
  }
  const pbx = {
    options, sounds, outbound: options.outbound ?? '', coreUuid: randomUUID(), sequence: 500, startedAt: Date.now(),
    channels: new Map(), listeners: new Set(), scheduled: makeSchedule(), placed: new Map(), phones: makePhones(scaled, registration), faults, eventFaults: makeEventFaults(faults, chance),
    newId: () => randomUUID(), micros: () => Date.now() * 1000 + Math.floor(chance() * 1000), scaled,
    insecure: (what: string) => { insecurities.push(what) },
    report: (channel, type, detail = '') => { pbx.placed.get(channel.uuid)?.report(type, detail) },
  } as Omit<Pbx, 'applications' | 'listenerHost' | 'events' | 'life' | 'plan' | 'sockets' | 'legs' | 'talks' | 'agents' | 'nativeQueue' | 'api'> as Pbx
  // Each part finds the others through `pbx` when it needs them; they are put together in the order in which they take each other apart.
  const events = makeEvents(pbx)
  Object.assign(pbx, { events, agents: makeAgents(pbx) })
  Object.assign(pbx, { life: makeLife(pbx) })
  Object.assign(pbx, {
    plan: makePlan(pbx), sockets: makeSockets(pbx), legs: makeLegs(pbx), talks: makeTalks(pbx), nativeQueue: makeNativeQueue(pbx), api: makeApi(pbx),
    applications: {
      scaled, elapsed: (ms: number) => ms * speed, answer: pbx.life.answer, hangUp: pbx.life.hangUp, insecure: pbx.insecure, schedule: pbx.life.schedule, unschedule: pbx.life.unschedule,
      heard: (channel, sound) => { pbx.report(channel, 'hears', sound) }, fire: events.fire, obey: (channel, order) => pbx.sockets.obey(channel, order),
    } satisfies Pbx['applications'],
    listenerHost: makeListenerHost(),
  })
  const { channels, listeners, scheduled, life } = pbx

  function makeListenerHost(): ListenerHost {
    return {
      password: options.password, denies: options.denies ?? (() => false), firstCommand: options.firstCommand ?? 25_000, maxQueue: options.maxQueue ?? 100_000, newId: pbx.newId, insecure: pbx.insecure,
      api: (command, argument) => pbx.api(command, argument),
      channel: (uuid) => channels.get(uuid), obey: (channel, order) => pbx.sockets.obey(channel, order),
      relay(name, fields) { events.send({ ...events.head(name), ...fields }) },
      channelData(channel) {
        const fields = channelFields(channel)
        const prefixed = Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (name.startsWith('Caller-') ? [[`Channel-${name.slice(7)}`, value]] : [])))
        return { ...events.head('CHANNEL_DATA'), ...prefixed, ...fields, ...variableFields(channel) }
      },
      job(jobId, owner, command, argument) {
        void pbx.api(command, argument).then((body) => {
          events.send({ ...events.head('BACKGROUND_JOB'), 'Job-UUID': jobId, ...(owner === undefined ? {} : { 'Job-Owner-UUID': owner }), 'Job-Command': command, ...(argument === '' ? {} : { 'Job-Command-Arg': argument }), 'Content-Length': String(body.length), '_body': body })
        })
      },
      record(line) { transcript.push(line); if (transcript.length > 10_000) transcript.splice(0, 5_000) },
      outgoing(bytes, write) {
        if (faults.blackHole) return
        if (faults.cutNext) {
          faults.cutNext = false
          write(bytes.subarray(0, Math.floor(bytes.length / 2)))
          return cutLinks()
        }
        write(bytes)
      },
    }
  }

  /** Citizens of talks that FreeSWITCH died in. */
  let torn: Channel[] = []

  /** sofia recover: the same UUID, re-INVITEd; unless it was bridged, the extension's applications run again (F25). */
  function again(old: Channel): Channel {
    old.hungUp = pbx.micros()
    old.cut?.('hangup')
    old.wake()
    life.unschedule(old.uuid)
    const channel = makeChannel({ ...old })
    for (const [name, value] of old.variables) channel.variables.set(name, value)
    channel.variables.set('recovered', 'true')
    channel.answered = old.answered
    return channel
  }

  function cutLinks(): void { for (const listener of [...listeners]) listener.socket.resetAndDestroy() }

  let server: Server | null = null
  let port = options.port ?? 0
  async function listen(): Promise<void> {
    const mine = createServer((incoming) => {
      if (options.admits?.(incoming.remoteAddress ?? '') === false) return Listener.reject(incoming)
      listeners.add(new Listener(incoming, null, pbx.listenerHost, pbx.sockets.gone))
    })
    await new Promise<void>((resolve, reject) => { mine.once('error', reject).listen(port, host, resolve) })
    const address = mine.address()
    port = typeof address === 'object' && address !== null ? address.port : port
    server = mine
  }
  await listen()
  const beat = setInterval(() => { events.send({ ...events.head('HEARTBEAT'), 'Event-Info': 'System Ready', 'Uptime-msec': String(Date.now() - pbx.startedAt), 'Session-Count': String(channels.size), 'Idle-CPU': '90.000000' }) }, heartbeat)

  return {
    get port() { return port }, get coreUuid() { return pbx.coreUuid },
    phones: pbx.phones, faults, insecurities, transcript, cutLinks,
    placeCall: makeCalls(pbx),
    setOutbound(hosts) { pbx.outbound = hosts },
    kill(uuid) { const channel = channels.get(uuid); if (channel !== undefined) life.hangUp(channel, 'NORMAL_CLEARING') },
    press(uuid, keys) {
      const channel = channels.get(uuid)
      if (channel === undefined) return
      channel.keys += keys
      channel.onKey?.()
    },
    hears: (uuid) => hears(channels, uuid),
    overlaid: (uuid) => channels.get(uuid)?.overlaid ?? [],
    recorded: (uuid) => Math.max(0, ...[...channels.get(uuid)?.recorders.values() ?? []].map(({ kept }) => kept)),
    async restart(recover) {
      const all = [...channels.values()]
      const survivors = recover === false ? [] : all.filter((channel) => (recover === 'talks' ? channel.partner !== null : channel.direction === 'inbound' && channel.answered > 0))
      torn = recover === 'talks' ? survivors.filter((channel) => channel.direction === 'inbound') : []
      cutLinks()
      await new Promise((resolve) => server?.close(resolve))
      for (const channel of all) {
        if (survivors.includes(channel)) continue
        channel.hungUp = pbx.micros()
        channels.delete(channel.uuid)
        life.unschedule(channel.uuid)
        channel.cut?.('hangup')
        if (channel.direction === 'inbound') pbx.report(channel, 'ended', 'FreeSWITCH died')
      }
      channels.clear()
      pbx.agents.load()
      pbx.coreUuid = pbx.newId()
      pbx.sequence = 500
      await listen()
      if (recover === true) for (const old of survivors) life.begin(again(old))
    },
    recoverTalks() {
      for (const citizen of torn.splice(0)) {
        if (citizen.partner === null) continue
        const [leg, other] = [again(citizen.partner), again(citizen)]
        for (const one of [leg, other]) {
          one.callState = 'ACTIVE'
          one.originated = one === leg
          channels.set(one.uuid, one)
          events.fire(one, 'CHANNEL_CREATE')
        }
        pbx.talks.bridge(leg, other)
      }
    },
    live: () => ({ channels: channels.size, listeners: listeners.size, scheduled: scheduled.size }),
    async close() {
      clearInterval(beat)
      for (const channel of [...channels.values()]) life.hangUp(channel, 'SYSTEM_SHUTDOWN')
      scheduled.close()
      pbx.eventFaults.close()
      for (const listener of [...listeners]) listener.kill('The system is being shut down.\n')
      const stopping = server
      await new Promise<void>((resolve) => { if (stopping === null) resolve(); else stopping.close(() => { resolve() }); for (const listener of [...listeners]) listener.socket.destroySoon() })
    },
  }
}
