import { createHash, randomUUID, timingSafeEqual } from 'node:crypto'
import { CITIZEN_STAGES, type CitizenStage } from '../contracts/citizen-stage.js'
import { LiandongError } from '../contracts/errors.js'
import { LIFE_CYCLE, type StateClass } from '../contracts/life-cycle.js'
import type { Bilingual } from '../contracts/primitives.js'
import type { Privacy } from '../contracts/work.js'
import type { Category } from '../contracts/routes/dispatch.js'
import { nationalNumber } from '../contracts/telephone.js'
import { MOST_WORDS, type Ticket, type Unit } from '../contracts/ticket.js'
import type { TicketOpening } from '../intake/ports.js'
import { endingOf } from './core/notices.js'
import { makeGuesses } from './guesses.js'

export interface CitizenStore {
  /** By the number as it is read out, with or without its dash; also by a provisional one. */
  byNumber(number: string): Promise<Ticket | null>
  byId(ticketId: string): Promise<Ticket | null>
  /** A request that came without a call: ticket, words and channel at once, or nothing. */
  file(opening: TicketOpening, description: string, channel: string): Promise<Ticket>
  /** Requests that came through this channel, newest first. */
  ofChannel(channel: string, query: RequestQuery): Promise<readonly Ticket[]>
}

export interface RequestQuery { readonly numbers?: readonly string[]; readonly categories?: readonly string[]; readonly from?: number; readonly to?: number; readonly closed?: boolean; readonly limit: number; readonly offset: number }

export interface Answer { readonly number: string; readonly stage: CitizenStage; readonly state: Bilingual; readonly timeZone: string; readonly class: StateClass; readonly openedAt: number; readonly closedAt: number | null; readonly dueAt: number | null; readonly report: string | null; readonly unit: Bilingual | null }

export interface NewRequest { readonly service_code: string; readonly description?: string; readonly address_string?: string; readonly lat?: number; readonly long?: number; readonly first_name?: string; readonly last_name?: string; readonly phone?: string; readonly media_url?: string; readonly api_key?: string }

/** A request as GeoReport v2 names its parts. */
export interface ServiceRequest {
  readonly service_request_id: string; readonly status: 'open' | 'closed'; readonly status_notes: string; readonly service_name: string; readonly service_code: string; readonly description: string
  readonly agency_responsible: string; readonly service_notice: string | null; readonly requested_datetime: string; readonly updated_datetime: string; /** Null: no limit runs. */ readonly expected_datetime: string | null
  readonly address: string; readonly address_id: null; readonly zipcode: null; /** Degrees; null: it has a place in words only. */ readonly lat: number | null; readonly long: number | null; readonly media_url: null
}

export interface CitizenDeps {
  readonly store: CitizenStore
  readonly units: () => Promise<readonly Unit[]>
  readonly categories: () => readonly Category[]
  /** Keys of the channels that may file and read requests, `name:key` or a key alone; none: nobody may. */
  readonly keys: readonly string[]
  /** The city's. */
  readonly timeZone: string
  readonly clock: () => number
}

export interface Citizens {
  /** @param calls he is on the telephone, and the number is the one that he calls from: nobody else's tries are his. @throws LiandongError `ask.not-found`, `auth.too-many` */
  ask(number: string, phone: string, calls?: boolean): Promise<Answer>
  services(): readonly { readonly service_code: string; readonly service_name: string; readonly description: string; readonly metadata: false; readonly type: 'realtime'; readonly keywords: string; readonly group: string }[]
  /** What a service asks for besides: nothing. @throws LiandongError `ticket.category-unknown` */
  definition(code: string): { readonly service_code: string; readonly attributes: readonly [] }
  requests(key: string | undefined, query: RequestQuery): Promise<readonly ServiceRequest[]>
  file(request: NewRequest): Promise<{ readonly service_request_id: string; readonly service_notice: string; readonly account_id: null }>
}

/**
 * Each key is a channel of its own that sees its own requests only. One with a name stays the same channel when it gets another key.
 * @param entry `name:key`, or a key
 */
function channelOf(entry: string): { readonly channel: string; readonly key: Buffer } {
  const [, name, named] = /^([a-z][a-z0-9-]{0,20}):(.{16,})$/.exec(entry) ?? []
  return { channel: `open311-${name ?? createHash('sha256').update(entry).digest('hex').slice(0, 12)}`, key: Buffer.from(named ?? entry) }
}
/** A ticket's number, however it is written. */
const plain = (number: string): string => number.replaceAll('-', '').toUpperCase()
/** A telephone, however it is written. */
const dialled = (phone: string): string => nationalNumber(phone.replace(/[^+\d]/g, '')).replace(/\D/g, '')
const sameDigits = (a: string, b: string): boolean => { const [x, y] = [dialled(a), dialled(b)]; return x.length >= 3 && x === y }
const HIDDEN: ReadonlySet<Privacy> = new Set(['identity-hidden', 'anonymous'])

/** As telephones are written: `+86 138-0013-8000`. → as they call, '' when it is none */
function phoneOf(text: string): string {
  const plain = nationalNumber(text.normalize('NFKC').replace(/[\s().·-]/g, ''))
  return /^\+?[0-9*#]{3,24}$/.test(plain) ? plain : ''
}
/** What the citizen hears of a state. */
function stageOf({ state, outcome }: Ticket): CitizenStage {
  if (state === 'open') return 'received'
  if (state === 'closed') return outcome === 'not-done' ? 'not-done' : 'closed'
  return state === 'referred' || state === 'void' ? state : 'doing'
}
const stateOf = (ticket: Ticket): Bilingual => (ticket.state === 'closed' ? endingOf(ticket) : CITIZEN_STAGES[stageOf(ticket)])
/** What was done, in the hall's own last word or the unit's. */
const saidOf = ({ work: { told, report } }: Ticket): string | null => told ?? report?.note ?? null
const iso = (ms: number): string => new Date(ms).toISOString()

/** The citizen's side: he asks after his request, other channels file and follow theirs. */
export function makeCitizens({ store, units, categories, keys, timeZone, clock }: CitizenDeps): Citizens {
  const channels = keys.map(channelOf)
  const ofTicket = makeGuesses({ most: 10, within: 15 * 60_000 })
  // Counted alike, and apart: numbers that no ticket has push out none that one has.
  const ofNothing = makeGuesses({ most: 10, within: 15 * 60_000 })
  // Whose telephone is known, whose ticket is soon found where every number may be tried. Who mistypes his own number does not do it so often in a day.
  const ofPhone = makeGuesses({ most: 20, within: 24 * 3_600_000, kept: 100_000 })
  /** → the channel whose key it is */
  function admit(key = ''): string {
    const given = Buffer.from(key)
    const found = channels.find(({ key: own }) => own.length === given.length && timingSafeEqual(own, given))
    if (found === undefined) throw new LiandongError('open311.key')
    return found.channel
  }
  const offered = (): readonly Category[] => categories().filter(({ class: queue }) => queue === 'standard')
  const nameOf = (code: string | null): string => { const found = categories().find((one) => one.code === code); return found === undefined ? '' : `${found.name.zh} ${found.name.en}` }
  const unitName = async (unitId: string | null): Promise<Bilingual | null> => { const unit = unitId === null ? undefined : (await units()).find(({ id }) => id === unitId); return unit === undefined ? null : { zh: unit.name, en: unit.nameEn } }
  const dueAt = (ticket: Ticket): number | null => ticket.work.clocks.filter(({ clock: one }) => one === 'repair' || one === 'report').reduce<number | null>((first, { at }) => (first === null || at.urge < first ? at.urge : first), null)

  /** Who called about what others called about before hears how that stands: whose it is, until when, and what was done. */
  async function asLed(ticket: Ticket): Promise<Ticket> {
    const { mergedInto } = ticket.work
    const main = ticket.state !== 'merged' || mergedInto === null ? null : await store.byId(mergedInto)
    return main === null ? ticket : { ...ticket, state: main.state, unitId: main.unitId, work: { ...ticket.work, clocks: main.work.clocks, report: main.work.report, told: main.work.told ?? null } }
  }

  async function shown(own: Ticket): Promise<ServiceRequest> {
    const ticket = await asLed(own)
    const { fields, work } = ticket
    const due = dueAt(ticket)
    return {
      service_request_id: ticket.number, service_notice: null, status: LIFE_CYCLE[ticket.state].class === 'closed' ? 'closed' : 'open', status_notes: saidOf(ticket) ?? stateOf(ticket).zh,
      service_name: nameOf(fields.category), service_code: fields.category ?? '', description: fields.description, agency_responsible: (await unitName(ticket.unitId))?.zh ?? '',
      requested_datetime: iso(ticket.openedAt), updated_datetime: iso(ticket.closedAt ?? work.report?.at ?? work.deliveredAt ?? ticket.dispatchedAt ?? ticket.openedAt), expected_datetime: due === null ? null : iso(due),
      address: fields.place, address_id: null, zipcode: null, lat: fields.point?.lat ?? null, long: fields.point?.lon ?? null, media_url: null,
    }
  }

  return {
    async ask(number, phone, calls = false) {
      const said = plain(number)
      const from = `${calls ? 'calls' : 'says'} ${dialled(phone)}`
      const wait = Math.max(ofTicket.wait(said, clock()), ofNothing.wait(said, clock()), ofPhone.wait(from, clock()))
      if (wait > 0) throw new LiandongError('auth.too-many', { seconds: Math.ceil(wait / 1000) })
      // Counted before it is known: who asks a thousand times at once asks no more often than others.
      ofPhone.wrong(from, clock())
      const found = await store.byNumber(number).catch((error: unknown) => { ofPhone.right(from); throw error })
      // Who does not know both learns nothing, not even that there is such a ticket; and nobody by whose telephone somebody complained who keeps himself back.
      if (found === null || HIDDEN.has(found.work.privacy) || !sameDigits(found.caller.number, phone)) {
        const tried = found === null ? ofNothing : ofTicket
        tried.wrong(said, clock())
        throw new LiandongError('ask.not-found')
      }
      ofPhone.right(from)
      const ticket = await asLed(found)
      const { class: place } = LIFE_CYCLE[ticket.state]
      return { number: ticket.number, stage: stageOf(ticket), state: stateOf(ticket), timeZone, class: place, openedAt: ticket.openedAt, closedAt: ticket.closedAt, dueAt: dueAt(ticket), report: saidOf(ticket), unit: await unitName(ticket.unitId) }
    },
    services: () => offered().map(({ code, name }) => ({ service_code: code, service_name: `${name.zh} ${name.en}`, description: name.zh, metadata: false, type: 'realtime', keywords: `${name.zh},${name.en}`, group: '110' })),
    definition(code) {
      if (!offered().some((one) => one.code === code)) throw new LiandongError('ticket.category-unknown', { category: code })
      return { service_code: code, attributes: [] }
    },
    async requests(key, query) {
      return Promise.all((await store.ofChannel(admit(key), query)).map(shown))
    },
    async file({ api_key: key, service_code: category, description = '', address_string: place = '', lat, long: lon, first_name: first = '', last_name: last = '', phone = '', media_url: picture = '' }) {
      const channel = admit(key)
      const known = categories().find(({ code }) => code === category)
      if (known === undefined) throw new LiandongError('ticket.category-unknown', { category })
      if (known.class === 'emergency') throw new LiandongError('open311.emergency')
      if (place === '' && (lat === undefined || lon === undefined)) throw new LiandongError('request.invalid', { where: 'body', problem: 'lat and long, or address_string, are required' })
      const number = phoneOf(phone)
      if (phone.trim() !== '' && number === '') throw new LiandongError('request.invalid', { where: 'body', problem: 'phone is no telephone number' })
      const words = /^https?:\/\/\S+$/.test(picture) ? `${description}\n${picture}` : description
      // As a desk may write them, and a county's line carries them: nobody could edit longer ones, nor would they arrive.
      if ([...words].length > MOST_WORDS) throw new LiandongError('request.invalid', { where: 'body', problem: `description and media_url together are at most ${MOST_WORDS} characters` })
      const now = clock()
      const name = `${last}${first}`.slice(0, 64)
      const filed = await store.file({
        operatorId: '', answeredAt: now, callBack: false, place, callerName: name,
        record: {
          callId: randomUUID(), caller: { number, name, verified: false }, calledNumber: 'open311', state: 'ended', class: 'standard', category, language: 'zh-CN', tags: [], path: [],
          createdAt: now, queuedAt: now, answeredAt: now, ...(lat === undefined || lon === undefined ? {} : { location: { lat, lon } }),
        },
      }, words, channel)
      return { service_request_id: filed.number, service_notice: '人身安全受到威胁时请拨 110 / in danger call 110', account_id: null }
    },
  }
}
