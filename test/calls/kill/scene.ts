import { Client } from 'pg'
import type { PlacedCall } from '../../../src/pbx/exchange/exchange.js'
import { until } from '../../helpers/database.js'
import { ask, type DeskBot } from '../../helpers/desk-bot.js'
import { extensionOf, kill, type World } from '../world.js'

/** Where a call is when the fault strikes. The first four wait, the last seven have an operator. */
export const POINTS = ['arrived', 'flow', 'key', 'queued', 'ringing', 'answering', 'opening', 'talking', 'hold', 'wrap-up', 'hanging-up'] as const
export type Point = (typeof POINTS)[number]
const STAFFED = POINTS.slice(4)

/** One citizen, with what the exchange and the test know of him. */
export interface Party {
  readonly point: Point | 'crowd' | 'stayer' | 'quitter'
  readonly call: PlacedCall
  readonly number: string
  readonly placedAt: number
  /** Extensions whose receivers were taken up for him by the test. */
  readonly answeredBy: string[]
  /** By the exchange's clock, ms since epoch: when he was first put through. */
  throughAt: number | null
  /** The citizen or his operator wanted the end. */
  goodbye: boolean
  /** He was hung up and nobody wanted it: why. */
  torn: string | null
  /** When his ticket was answered, as far as it was read before the fault. */
  before: { readonly number: string; readonly answeredAt: number } | null
}

export interface Scene {
  readonly parties: Party[]
  at(point: Point): Party
  /** The seat that has this call. */
  seatOf(party: Party): number
  call(point: Party['point']): Party
  /** Citizen or operator ends it. */
  bye(party: Party): Promise<void>
  /** The last moves, each at the very edge of the fault. */
  moves: (() => void)[]
  /** The ticket of `opening` is in its transaction and waits for a lock; resolves what lets it go. */
  holdOpening(): Promise<() => Promise<void>>
}

export type Random = () => number
export const shuffled = <T>(list: readonly T[], random: Random): T[] => list.map((one) => [random(), one] as const).sort(([a], [b]) => a - b).map(([, one]) => one)

/** Calls at every point, on as many seats as there are points that need one. */
export async function stage(world: World, desks: ReadonlyMap<number, DeskBot>, random: Random, lingering: Set<number>): Promise<Scene> {
  const parties: Party[] = []
  const seats = new Map<Party, number>()
  const desk = (party: Party): DeskBot => desks.get(seats.get(party) ?? 0) as DeskBot
  for (const n of desks.keys()) world.exchange.phones.set(extensionOf(n), 'manual')

  function call(point: Party['point']): Party {
    const number = `1390001${String(world.calls.length).padStart(4, '0')}`
    // Nobody calls about what another called about: they would become one incident.
    const placed = world.call({ number, place: `中州中路 128 号院 ${world.calls.length} 栋`, lat: 34.62 + world.calls.length / 100, lon: 112.45 })
    const party: Party = { point, call: placed, number, placedAt: Date.now(), answeredBy: [], throughAt: null, goodbye: false, torn: null, before: null }
    placed.onReport(({ type, detail }) => {
      if (type === 'operator') party.throughAt ??= Date.now()
      if (type === 'ended' && !party.goodbye) party.torn = detail
    })
    parties.push(party)
    return party
  }

  async function bye(party: Party): Promise<void> {
    if (party.call.ended) return
    party.goodbye = true
    party.call.hangUp()
    // A citizen whom FreeSWITCH recovered has a new channel of the same name.
    if (!party.call.reports.some(({ type }) => type === 'ended')) await kill(world, party.call.callId)
  }

  function pickUp(party: Party): void {
    const extension = extensionOf(seats.get(party) ?? 0)
    if (world.exchange.phones.answer(extension)) party.answeredBy.push(extension)
  }

  const at = (point: Point): Party => parties.find((party) => party.point === point) as Party
  const hears = (party: Party, what: string): Promise<boolean> => until(`${party.point} to hear ${what}`, () => party.call.reports.some(({ type, detail }) => type === 'hears' && detail.includes(what)))

  const staffed = shuffled(STAFFED, random).map(call)
  for (const party of staffed) {
    seats.set(party, await until(`${party.point} to ring`, () => [...desks].find(([n, { me, call: card }]) => me?.presence === 'ringing' && card?.callId === party.call.callId && world.exchange.phones.isRinging(extensionOf(n)))?.[0]))
  }
  const waiting = shuffled(['flow', 'key', 'queued'] as const, random).map(call)
  await Promise.all([
    ...shuffled([at('talking'), at('hold'), at('wrap-up'), at('hanging-up')], random).map(async (party) => {
      pickUp(party)
      await until(`${party.point} to talk`, () => desk(party).me?.presence === 'talking' && desk(party).call?.state === 'talking' && desk(party).ticket?.id === party.call.callId)
      const [row] = await until(`the ticket of ${party.point}`, async () => {
        const rows = await world.rows<{ number: string; answered_at: Date }>('select number, answered_at from ticket where id = $1', [party.call.callId])
        return rows.length === 0 ? null : rows
      })
      if (row !== undefined) party.before = { number: row.number, answeredAt: row.answered_at.getTime() }
    }),
    hears(at('flow'), 'greeting'),
    hears(at('key'), 'topics'),
    hears(at('queued'), 'topics').then(() => { at('queued').call.press('4'); return hears(at('queued'), 'hold') }),
  ])
  ask(desk(at('hold')), { type: 'call.hold', callId: at('hold').call.callId, on: true })
  await until('music for who is on hold', () => world.exchange.hears(at('hold').call.callId).includes('music'))
  lingering.add(seats.get(at('wrap-up')) ?? 0)
  await bye(at('wrap-up'))
  await until('the paper work', () => desk(at('wrap-up')).me?.presence === 'wrap-up')
  if (waiting.some(({ throughAt }) => throughAt !== null)) throw new Error('somebody was free')

  return {
    parties, at, call, bye,
    seatOf: (party) => seats.get(party) ?? 0,
    moves: shuffled([
      () => { call('arrived') },
      () => { pickUp(at('answering')) },
      () => { at('key').call.press('4') },
      () => { void bye(at('hanging-up')) },
    ], random),
    async holdOpening() {
      const client = new Client({ connectionString: world.database.ownerUrl, application_name: 'the books' })
      client.on('error', () => undefined)
      await client.connect()
      await client.query('begin; lock table ticket in access exclusive mode')
      pickUp(at('opening'))
      await until('the ticket to be in its transaction', async () => (await world.rows(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into ticket%'`)).length > 0)
      return () => client.end().catch(() => undefined)
    },
  }
}
