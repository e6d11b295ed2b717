import type { BodyOfKind, LineBody } from '../contracts/county.js'
import type { Notice } from '../contracts/dispatch.js'
import type { Ticket } from '../contracts/ticket.js'
import { dueOf } from '../contracts/work.js'
import { difference } from '../dispatch/core/changes.js'
import { rebase, shownOnly, type Pending } from '../dispatch/core/county.js'
import type { Line } from '../dispatch/county/ports.js'
import { idFrom } from '../dispatch/ids.js'
import { personHere } from './line-city.js'
import * as sql from './sql/line.js'
import type { Pen } from './ticket-pen.js'

/** What a county makes of the city's message. The city's word counts; what the county did meanwhile and the city had not heard of stays on top of it. */
export async function applyAtCounty(pen: Pen, line: Line, body: LineBody): Promise<string> {
  switch (body.kind) {
    case 'ticket': return ticket(pen, line, body)
    case 'gone': return gone(pen, line, body)
    default: return 'refused: the city does no county’s work'
  }
}

async function ticket(pen: Pen, line: Line, { ticket: told, upTo, units, act, notices }: BodyOfKind<'ticket'>): Promise<string> {
  const { client } = pen
  if (await isOld(pen, line, told.id, told.version)) return 'known'
  for (const unit of units) await client.query(sql.PUT_UNIT, [unit.id, unit.name, unit.nameEn, unit.phone, unit.standby, unit.categories, unit.officeHours])
  await client.query(sql.ADOPT_TICKET, [told.id, told.number, told.caller.number, told.caller.verified, new Date(told.openedAt), new Date(told.answeredAt), idFrom(`adopt ${told.id}`)])
  await client.query(sql.SET_CALLER, [told.id, told.caller.number])
  const before = await pen.lock(told.id)
  const pending = await pendingOf(pen, line, told.id, upTo)
  const city = { ...told, version: before.version + 1, work: { ...told.work, assignee: await assigneeHere(pen, line, told.work.assignee) } }
  const rebased = rebase(city, pending, pen.rules)
  const after: Ticket = { ...rebased, number: before.number, work: shownOnly(rebased.work) }
  const changes = difference(before, after)
  // The echo of what was done here says nothing new; its clocks may.
  if (Object.keys(changes).length === 0 && notices.length === 0 && before.version > 1) {
    await client.query(sql.SET_WORK, [told.id, JSON.stringify(after.work), instant(dueOf(after.work))])
  } else {
    await pen.write({ before, after, actId: idFrom(`city ${told.id} ${told.version}`), act: act.act, at: act.at, by: null, changes: { ...changes, ...(act.by === '' ? {} : { hall: [null, act.by] }) }, note: act.note, met: [], notices: [] })
  }
  await client.query(sql.TICKET_TOLD, [line.name, told.id, told.version])
  await adopt(pen, notices)
  return 'applied'
}

async function gone(pen: Pen, line: Line, { ticketId, version, unitId, at, notices }: BodyOfKind<'gone'>): Promise<string> {
  const { rowCount } = await pen.client.query('select 1 from ticket where id = $1', [ticketId])
  if (rowCount === 0 || await isOld(pen, line, ticketId, version)) return 'known'
  const before = await pen.lock(ticketId)
  const known = unitId !== null && (await pen.client.query(sql.UNIT_KNOWN, [unitId])).rowCount === 1
  const after: Ticket = { ...before, version: before.version + 1, unitId: known ? unitId : null, work: { ...before.work, assist: [], clocks: [] } }
  await pen.write({ before, after, actId: idFrom(`gone ${ticketId} ${version}`), act: 'gone', at, by: null, changes: difference(before, after), note: '', met: [], notices: [] })
  await pen.client.query(sql.TICKET_TOLD, [line.name, ticketId, version])
  await adopt(pen, notices)
  return 'applied'
}

/** A later word of the city's was heard already. */
async function isOld(pen: Pen, { name }: Line, ticketId: string, version: number): Promise<boolean> {
  return ((await pen.client.query<{ version: number }>(sql.TICKET_VERSION, [name, ticketId])).rows[0]?.version ?? 0) > version
}

async function pendingOf(pen: Pen, { name }: Line, ticketId: string, upTo: number): Promise<readonly Pending[]> {
  const { rows } = await pen.client.query<{ body: BodyOfKind<'act'> | BodyOfKind<'receipt'> }>(sql.PENDING, [name, ticketId, upTo])
  return rows.map(({ body }): Pending => (body.kind === 'act' ? { type: 'act', act: body.act, unitId: body.unitId, byId: body.by.id, at: body.at } : { type: 'receipt', unitId: body.unitId, at: body.at }))
}

/** The city knows the county's people by other ids. */
async function assigneeHere(pen: Pen, { name, units }: Line, assignee: string | null): Promise<string | null> {
  if (assignee === null) return null
  const { rows } = await pen.client.query<{ id: string }>(sql.OWN_PEOPLE, [units])
  return rows.find(({ id }) => personHere(name, id) === assignee)?.id ?? null
}

async function adopt(pen: Pen, notices: readonly Notice[]): Promise<void> {
  for (const { id, ...body } of notices) await pen.client.query(sql.ADOPT_NOTICE, [id, body.kind, body.unitId, body.ticketId, JSON.stringify(body)])
}

const instant = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
