import type { TicketAct } from '../contracts/acts.js'
import type { BodyOfKind, ConflictAct, CountyPerson, LineBody } from '../contracts/county.js'
import { ERRORS, errorText, type LiandongError } from '../contracts/errors.js'
import { ACTS } from '../contracts/life-cycle.js'
import type { Bilingual } from '../contracts/primitives.js'
import type { Ticket } from '../contracts/ticket.js'
import { applyAct, concerns, doneAt } from '../dispatch/core/acts.js'
import type { Changes } from '../dispatch/core/changes.js'
import { metBy } from '../dispatch/core/clocks.js'
import { boundedTime, MOST_SKEW, timed } from '../dispatch/core/county.js'
import type { Line } from '../dispatch/county/ports.js'
import { idFrom } from '../dispatch/ids.js'
import { isRefusal } from './blame.js'
import * as sql from './sql/line.js'
import type { Pen } from './ticket-pen.js'

/** What a county tells. */
type FromCounty = BodyOfKind<'act' | 'receipt' | 'reveal' | 'photo'>

/** What the city makes of a county's message, by the life cycle's own rules. → how it ended, for the inbox. @throws Error what cannot be one of its messages: the line says that it is in trouble */
export async function applyAtCity(pen: Pen, line: Line, body: LineBody, receivedAt: number): Promise<string> {
  if (body.kind === 'ticket' || body.kind === 'gone' || body.kind === 'rules') throw new Error('a county tells of no tickets and makes no rules')
  // A county speaks for its own units, whatever it says. What one did that was taken off the line meanwhile somebody has to see.
  const { unitId } = body
  const left = unitId === null || !line.units.includes(unitId)
  if (left && !await wasConcerned(pen, line, body)) throw new Error(`${unitId ?? 'nobody'} is not a unit of ${line.name}`)
  if (body.kind === 'receipt') {
    // Whoever has it now is told by other ways.
    if (left) return 'known'
    const ticket = await pen.lock(body.ticketId)
    await pen.client.query(sql.CONFIRM_BY_LINE, [body.noticeId, body.unitId])
    await pen.delivered(body.ticketId, body.unitId, body.noticeId, boundedTime(body.at, await pen.since(ticket), receivedAt).at)
    return 'applied'
  }
  if (body.kind === 'photo') return photo(pen, line, body, receivedAt)
  const personId = await known(pen, line, body.by, body.unitId)
  if (body.kind === 'reveal') {
    await pen.client.query(sql.NOTE_LINE_REVEAL, [personId, body.ticketId, body.reason, body.unitId, line.name])
    return 'applied'
  }
  return act(pen, line, body, personId, receivedAt, left)
}

/** The unit had to do with the ticket, as far as its county knew when it acted; photos and word of who looked carry no version, so that it ever had is enough. */
const wasConcerned = async (pen: Pen, { name }: Line, body: FromCounty): Promise<boolean> =>
  (body.kind === 'act' ? (await pen.client.query<{ was: boolean }>(sql.CONCERNED_AT, [body.ticketId, body.base, body.unitId])).rows[0]?.was === true : (await pen.client.query(sql.EVER_CONCERNED, [name, body.ticketId, body.unitId])).rowCount === 1)

/** A photo is expected from now on; its pieces are asked for (`line-photos.ts`). */
async function photo(pen: Pen, line: Line, body: BodyOfKind<'photo'>, receivedAt: number): Promise<string> {
  const { id, ticketId, unitId, by } = body
  if (by.id === null || unitId === null) throw new Error('nobody took it')
  if ((await pen.client.query(sql.TICKET_VERSION, [line.name, ticketId])).rowCount === 0) throw new Error(`${line.name} does not have that ticket`)
  const ticket = await pen.lock(ticketId)
  const personId = await known(pen, line, { id: by.id, name: by.name }, unitId)
  const { rowCount } = await pen.client.query(sql.EXPECT_PHOTO, [line.name, id, ticketId, JSON.stringify({ ...body, by: { id: personId, name: by.name }, at: boundedTime(body.at, await pen.since(ticket), receivedAt).at })])
  return rowCount === 0 ? 'known' : 'applied'
}

/** Ids of a county's people are its own: here they get others, so that nobody there is taken for somebody here. */
export const personHere = (line: string, id: string): string => idFrom(`person of ${line} ${id}`)

async function known(pen: Pen, { name }: Line, by: CountyPerson, unitId: string): Promise<string> {
  const id = personHere(name, by.id)
  await pen.client.query(sql.PUT_COUNTY_PERSON, [id, `${name}.${id.slice(0, 13)}`, by.name, unitId])
  return id
}

async function act(pen: Pen, line: Line, body: BodyOfKind<'act'>, personId: string, receivedAt: number, left: boolean): Promise<string> {
  if (!ACTS[body.act.act].roles.includes('unit')) throw new Error(`${body.act.act} is the hall’s`)
  if ((await pen.client.query(sql.TICKET_VERSION, [line.name, body.ticketId])).rowCount === 0) throw new Error(`${line.name} does not have that ticket`)
  const { before, done } = await pen.lockFor(body.ticketId, body.act.actId)
  if (done) return 'known'
  const since = await pen.since(before)
  const { at } = boundedTime(doneAt(body.act, body.at), since, receivedAt)
  // What was done before the hall sent the ticket back says nothing of the county's clock.
  const { off } = boundedTime(doneAt(body.act, body.at), before.dispatchedAt ?? before.openedAt, receivedAt)
  // From paper it was entered later than it was done.
  const entered = Math.max(at, boundedTime(body.at, since, receivedAt).at)
  const one = own(timed(body.act, at), line.name)
  // Whoever leads now: a unit that still has to do with it makes it safe for all.
  const moved = !concerns(before, body.unitId) || (await pen.changedElsewhere(before.id, body.base, personId)).has('outcome')
  const { rows: [open] } = await pen.client.query<OpenConflict>(sql.OPEN_CONFLICT, [line.name, before.id])
  // Who decides who was first has to know when it was: it was done on the ticket as the county knew it, not as the hall gave it meanwhile.
  const whenDone = boundedTime(doneAt(body.act, body.at), await pen.since(before, body.base), receivedAt).at
  const said = { act: timed(one, whenDone), by: body.by.name, byId: personId, unitId: body.unitId, base: body.base, at: whenDone }
  const why = left ? { zh: `${body.unitId} 已不在线路 ${line.name} 上`, en: `${body.unitId} is no longer a unit of the line ${line.name}` } : open !== undefined && await hangs(pen, open, body) ? { zh: '同一工单先前的操作待裁定', en: 'an earlier act on this ticket waits for a decision' }
    : moved ? { zh: '断线期间市中心已将工单转出或办结', en: 'meanwhile the city gave the ticket to others, or closed it' } : null
  if (why !== null) return conflict(pen, line, before, { ...said, why }, open)
  try {
    const outOfReach = await pen.outOfReach(one, body.unitId)
    const { ticket, endsAt, changes, note, notices } = applyAct(before, one, { role: 'unit', id: personId, unitId: body.unitId }, { now: entered, heardAt: receivedAt, since, rules: pen.rules, outOfReach })
    const after = await pen.write({ before, after: ticket, actId: one.actId, act: one.act, at, by: personId, changes: { ...changes, ...await from(pen, line, off) }, note, met: metBy(one), notices, endsAt })
    await pen.lead(before, after, one.actId, receivedAt, notices.find(({ to }) => to === 'caller'))
    return 'applied'
  } catch (error) {
    if (!isRefusal(error)) throw error
    return conflict(pen, line, before, { ...said, why: reasonOf(error) }, open)
  }
}

const reasonOf = ({ code, details }: LiandongError): Bilingual => (code in ERRORS ? { zh: errorText(code, 'zh', details), en: errorText(code, 'en', details) } : { zh: code, en: code })

interface OpenConflict { readonly id: string; readonly acts: readonly ConflictAct[] }

/**
 * Whether an act hangs on what its unit did before it and nobody has decided on. What was done on the ticket as the hall gave it anew since, and its writer
 * knew, stands by itself; so does what another unit of the county did. Making safe waits for no decision.
 */
async function hangs(pen: Pen, { acts }: OpenConflict, { ticketId, unitId, base, act }: BodyOfKind<'act'>): Promise<boolean> {
  const own = acts.filter((one) => one.unitId === unitId)
  if (own.length === 0 || (act.act === 'progress' && act.step === 'made-safe')) return false
  const { rows: [given] } = await pen.client.query<{ version: number }>(sql.GIVEN_AT, [ticketId, unitId])
  const since = given?.version ?? 0
  return base < since || own.some((one) => one.base >= since)
}

/** An act names its unit's people as the city knows them. */
const own = (act: TicketAct, line: string): TicketAct => (act.act === 'assign' && act.personId !== null ? { ...act, personId: personHere(line, act.personId) } : act)

/** Where it came from, and how far its clock was off, for the history. */
async function from(pen: Pen, { name }: Line, off: number): Promise<Changes> {
  const { rows: [row] } = await pen.client.query<{ skew: string }>(sql.READ_SKEW, [name])
  const skew = Math.abs(off) > MOST_SKEW ? off : Number(row?.skew ?? 0)
  return { county: [null, name], ...(Math.abs(skew) > MOST_SKEW ? { clockOff: [null, `${Math.round(skew / 1000)} s`] } : {}) }
}

/** Both sides are kept: the county's act in the ticket's history and in the list of conflicts, the city's where it stands. Told once for each ticket, and to each unit. */
async function conflict(pen: Pen, line: Line, before: Ticket, one: ConflictAct, open: OpenConflict | undefined): Promise<string> {
  if (open?.acts.some(({ act: { actId } }) => actId === one.act.actId) === true) return 'known'
  const { unitId, base } = one
  if (open === undefined) await pen.client.query(sql.ADD_CONFLICT, [line.name, before.id, unitId, JSON.stringify([one]), base])
  else await pen.client.query(sql.EXTEND_CONFLICT, [open.id, JSON.stringify([one])])
  const said = 'note' in one.act ? one.act.note : ''
  await pen.write({
    before, after: { ...before, version: before.version + 1 }, actId: idFrom(`conflict ${one.act.actId}`), act: 'conflict', at: one.at, by: one.byId, changes: { county: [null, line.name], act: [null, one.act.act] }, note: said, met: [],
    notices: [...(open === undefined ? [{ kind: 'conflict', to: 'hall' } as const] : []), ...(open?.acts.some((other) => other.unitId === unitId) === true ? [] : [{ kind: 'conflict', to: { unitId } } as const])],
  })
  await pen.client.query(sql.RAISE_ATTENTION, [before.id])
  // Even when its units have to do with the ticket no more.
  pen.alsoTell(line.name, before.id)
  return 'conflict'
}
