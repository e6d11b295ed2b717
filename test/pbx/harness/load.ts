import { until } from '../../helpers/database.js'
import type { DeskBot } from '../../helpers/desk-bot.js'
import type { City } from './city.js'
import type { Seen } from './freeswitch.js'

export interface LoadSpec {
  readonly calls: number
  /** Calls a second. */
  readonly rate: number
  readonly phones: number
  /** ms */
  readonly ring: number
  readonly talk: number
  /** What happens to the servers in mid-run; resolves when they are back. */
  readonly disturb?: () => Promise<void>
  /** Share of the calls after which that begins; default: half. */
  readonly disturbAfter?: number
  /** First digits of the callers' numbers: tells runs apart. */
  readonly prefix: string
}

export interface Spread { readonly p50: number; readonly p99: number; readonly max: number; readonly count: number }

export interface LoadReport {
  readonly calls: number
  readonly answered: number
  readonly tickets: number
  /** Answered citizens without a ticket. */
  readonly lost: readonly string[]
  /** Tickets that belong to no answered call of this run. */
  readonly strange: readonly string[]
  /** Talks that ended before the operator hung up. */
  readonly torn: readonly Seen[]
  /** Citizen's INVITE → citizen and operator connected, ms. */
  readonly wait: Spread
  /** From the disturbance (or the call, if later) to the phone, for those who waited then or came while it lasted, ms. */
  readonly waitDisturbed: Spread
  /** Operator's 200 OK at FreeSWITCH → the frame at his desk, ms, while the servers were there. */
  readonly pop: Spread
  /** From the server's return until the last call answered while it was away had its ticket, ms; 0 without disturbance. */
  readonly caughtUp: number
}

export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? 0, count: sorted.length }
}

const pass = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })

/** What may befall a server of which there is but one. */
export const DISTURBANCES: Readonly<Record<'SIGKILL' | 'SIGSTOP', (city: City) => Promise<void>>> = {
  async SIGKILL(city) {
    city.node().kill('SIGKILL')
    await city.node().ended
    await pass(3_000)
    await city.startNode()
  },
  /** It hangs for 20 s. */
  async SIGSTOP(city) {
    city.node().kill('SIGSTOP')
    await pass(20_000)
    city.node().kill('SIGCONT')
  },
}

/** A crowd of citizens against operators with phones: everything is read from FreeSWITCH's own events, the desks' frames and the database. */
export async function runLoad(city: City, spec: LoadSpec, desks: readonly DeskBot[]): Promise<LoadReport> {
  const before = new Set((await city.tickets()).map(({ id }) => id))
  const own = (): Seen[] => city.witness.citizens().filter(({ number }) => number.startsWith(spec.prefix))
  const crowd = await city.sipp.crowd(spec.calls, spec.rate, { prefix: spec.prefix, patience: 120_000 })
  let disturbedAt = 0
  let returnedAt = 0
  if (spec.disturb !== undefined) {
    await until('the calls before it', () => own().length >= spec.calls * (spec.disturbAfter ?? 0.5), 300_000)
    disturbedAt = Date.now()
    await spec.disturb()
    returnedAt = Date.now()
  }
  await crowd.ended
  await until('all channels to end', () => own().length === spec.calls && own().every(({ endedAt }) => endedAt !== undefined), 180_000)
  const citizens = own()
  const answered = citizens.filter(({ bridgedAt }) => bridgedAt !== undefined)
  const missing = async (): Promise<string[]> => {
    const have = new Set((await city.tickets()).map(({ id }) => id))
    return answered.filter(({ uuid }) => !have.has(uuid)).map(({ uuid }) => uuid)
  }
  await until('a ticket of every answered call', async () => (await missing()).length === 0, 30_000).catch(() => undefined)
  const tickets = (await city.tickets()).filter(({ id }) => !before.has(id))
  const early = new Set(answered.filter(({ bridgedAt }) => (bridgedAt ?? 0) < returnedAt).map(({ uuid }) => uuid))
  const caughtUp = Math.max(0, ...tickets.filter(({ id }) => early.has(id)).map(({ opened_at }) => opened_at.getTime() - returnedAt))
  const uuids = new Set(answered.map(({ uuid }) => uuid))
  const cards = new Map(desks.flatMap((desk) => desk.messages.flatMap((message) => (message.type === 'call' && message.call.answeredAt !== undefined ? [[message.call.callId, message.call.answeredAt] as const] : []))))
  const pops = desks.flatMap((desk) => [...desk.answered].flatMap(([callId, at]) => {
    const answeredAt = cards.get(callId)
    // Nobody was there to tell of it, or its desk was not back yet.
    const during = answeredAt !== undefined && answeredAt >= disturbedAt - 1_000 && answeredAt <= returnedAt + 10_000
    return answeredAt === undefined || !uuids.has(callId) || during ? [] : [at - answeredAt]
  }))
  const disturbed = answered.filter(({ createdAt, bridgedAt }) => disturbedAt > 0 && (bridgedAt ?? 0) >= disturbedAt && createdAt <= returnedAt)
  return {
    calls: citizens.length,
    answered: answered.length,
    tickets: tickets.length,
    lost: await missing(),
    strange: tickets.filter(({ id }) => !uuids.has(id)).map(({ id }) => id),
    torn: answered.filter(({ bridgedAt, endedAt }) => (endedAt ?? 0) - (bridgedAt ?? 0) < spec.talk - 150),
    wait: spread(answered.map(({ createdAt, bridgedAt }) => (bridgedAt ?? 0) - createdAt)),
    waitDisturbed: spread(disturbed.map(({ createdAt, bridgedAt }) => (bridgedAt ?? 0) - Math.max(createdAt, disturbedAt))),
    pop: spread(pops),
    caughtUp,
  }
}
