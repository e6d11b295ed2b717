import type { Agents } from './agents.js'
import type { ApplicationHost } from './applications.js'
import type { Break, Channel, Order } from './channel.js'
import type { EventFaults, Faults } from './faults.js'
import type { Listener, ListenerHost } from './listener.js'
import type { Phones } from './phones.js'
import type { Schedule } from './schedule.js'
import type { CallReport, ExchangeOptions } from './types.js'
import type { Fields } from './wire.js'

/** A citizen's call as its placer sees it. */
export interface Placed { report(type: CallReport['type'], detail?: string): void; bridgedTo: string | null; ended: boolean }

/** What the parts of the exchange share: its state, and each other. */
export interface Pbx {
  readonly options: ExchangeOptions
  readonly sounds: { readonly busy: string; readonly hold: string; readonly recorded: string }
  outbound: string
  coreUuid: string
  sequence: number
  readonly startedAt: number
  readonly channels: Map<string, Channel>
  readonly listeners: Set<Listener>
  /** Tasks of `sched_transfer` and `sched_api`; the group of the former is the channel's UUID. */
  readonly scheduled: Schedule
  readonly placed: Map<string, Placed>
  readonly phones: Phones
  readonly faults: Faults
  readonly eventFaults: EventFaults
  readonly newId: () => string
  /** Microseconds since the epoch. */
  readonly micros: () => number
  /** ms of real time that `ms` of the caller's time take. */
  readonly scaled: (ms: number) => number
  readonly insecure: (what: string) => void
  readonly report: (channel: Channel, type: CallReport['type'], detail?: string) => void
  readonly applications: ApplicationHost
  readonly listenerHost: ListenerHost
  readonly events: Events
  readonly life: Life
  readonly plan: Plan
  readonly sockets: Sockets
  readonly legs: Legs
  readonly talks: Talks
  readonly agents: Agents
  readonly nativeQueue: (channel: Channel) => Promise<Break | null>
  readonly api: (command: string, argument: string) => Promise<string>
}

export interface Events {
  /** The headers with which every event begins. */
  head(name: string): Fields
  /** To every listener that wants it, through the faults. */
  send(event: Fields): void
  /** An event of this channel; built only when somebody wants it. */
  fire(channel: Channel, name: string, more?: Fields): void
}

export interface Life {
  begin(channel: Channel): void
  answer(channel: Channel): void
  hangUp(channel: Channel, cause: string): void
  transfer(channel: Channel, extension: string, context: string): void
  schedule(channel: Channel, seconds: number, extension: string, context: string): void
  unschedule(uuid: string): number
  /** The last listener of a channel that is over has gone: CHANNEL_DESTROY. */
  released(channel: Channel): void
}

export interface Plan {
  /** Runs this extension and those it leads to. */
  run(channel: Channel, extension: string): Promise<void>
  execute(channel: Channel, order: Order): Promise<Break | null>
}

export interface Sockets {
  /** The `socket` application. */
  run(channel: Channel, argument: string): Promise<Break | null>
  /** One message of `sendmsg`. */
  obey(channel: Channel, order: Order): Promise<Break | null>
  /** A connection has ended. */
  gone(listener: Listener): void
}

export type Dialled = { readonly leg: Channel } | { readonly cause: string }

export interface Legs {
  /** The API `originate`. */
  originate(argument: string): Promise<string>
  /** `{variables}dial` */
  dial(text: string): Promise<Dialled>
  call(extension: string, variables: ReadonlyMap<string, string>, timeout: number): Promise<Dialled>
}

export interface Talks {
  bridge(leg: Channel, other: Channel): void
  intercept(leg: Channel, uuid: string): Promise<void>
}

/** A function, because it changes across every await. */
export const isAlive = (channel: Channel): boolean => channel.hungUp === 0
