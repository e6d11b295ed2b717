import type { BodyOfKind, LineBody, LineMessage } from '../contracts/county.js'
import type { Notice } from '../contracts/dispatch.js'
import type { Ticket, Unit } from '../contracts/ticket.js'
import { STAGES } from '../contracts/life-cycle.js'
import { dueOf, type TicketWork } from '../contracts/work.js'
import { difference, type Changes } from '../dispatch/core/changes.js'
import { heldAt, rebase, type Pending } from '../dispatch/core/county.js'
import { STAGE_ACTS } from '../dispatch/core/escalation.js'
import type { Line } from '../dispatch/county/ports.js'
import { idFrom } from '../dispatch/ids.js'
import { personHere } from './line-city.js'
import { SET_WORK } from './sql/dispatch.js'
import * as sql from './sql/line.js'
import { stageActId } from './ticket-acts.js'
import { clockRows, type Pen } from './ticket-pen.js'

/** What a county makes of the city's message. The city's word counts; what the county did meanwhile and the city had not heard of stays on top of it. */
export async function applyAtCounty(pen: Pen, line: Line, body: LineBody): Promise<string> {
  switch (body.kind) {
    case 'ticket': return ticket(pen, line, body)
    case 'gone': return gone(pen, line, body)
    case 'photo': return photo(pen, line, body)
    case 'rules': return rules(pen, line, body)
    default: throw new Error('the city does no county’s work')
  }
}

const valuesOf = (unit: Unit): unknown[] => [unit.id, unit.name, unit.nameEn, unit.phone, unit.standby, unit.categories, unit.officeHours]

/** Nothing is ever taken out of a history, and the complainant's name may have to go: here it never stands there. The city's has it. */
const unnamed = (changes: Changes): Changes => Object.fromEntries(Object.entries(changes).filter(([field]) => field !== 'callerName'))

/** A message of the city's as it is kept when it has counted: the copy of the ticket has the complainant as long as it may, and nothing else does. */
export function spared(message: LineMessage): LineMessage {
  const body = message.body as LineBody
  if (body.kind !== 'ticket') return message
  const { ticket: one } = body
  return { ...message, body: { ...body, ticket: { ...one, caller: { ...one.caller, number: '', name: '' }, fields: { ...one.fields, callerName: '' } } } }
}

async function ticket(pen: Pen, line: Line, { ticket: told, upTo, units, act, notices }: BodyOfKind<'ticket'>): Promise<string> {
  const { client } = pen
  if (await isOld(pen, line, told.id, told.version)) return 'known'
  for (const unit of units) await client.query(sql.RENEW_UNIT, valuesOf(unit))
  await client.query(sql.ADOPT_TICKET, [told.id, told.number, told.caller.number, told.caller.verified, new Date(told.openedAt), new Date(told.answeredAt), idFrom(`adopt ${told.id}`)])
  await client.query(sql.SET_CALLER, [told.id, told.caller.number])
  const before = await pen.lock(told.id)
  const pending = await pendingOf(pen, line, told.id, upTo)
  const city = { ...told, version: before.version + 1, work: { ...told.work, ...await assigneesHere(pen, line, told.work) } }
  const rebased = rebase(city, pending, pen.rules)
  const after: Ticket = { ...rebased, number: before.number, work: await pastFired(pen, told.id, heldAt(line.units, rebased.work)) }
  const changes = difference(before, after)
  // The echo of what was done here says nothing new; its clocks may.
  if (Object.keys(changes).length === 0 && notices.length === 0 && before.version > 1) {
    await client.query(SET_WORK, [told.id, JSON.stringify(after.work), instant(dueOf(after.work)), clockRows(after.work), new Date(act.at), []])
  } else {
    await pen.write({ before, after, actId: idFrom(`city ${told.id} ${told.version}`), act: act.act, at: act.at, by: null, changes: { ...unnamed(changes), ...(act.by === '' ? {} : { hall: [null, act.by] }) }, note: act.note, met: [], notices: [] })
  }
  await client.query(sql.TICKET_TOLD, [line.name, told.id, told.version])
  await adopt(pen, notices, after)
  return 'applied'
}

/** A photo that the city has: its pieces are asked for (`line-photos.ts`). */
async function photo(pen: Pen, line: Line, body: BodyOfKind<'photo'>): Promise<string> {
  if ((await pen.client.query(sql.TICKET_VERSION, [line.name, body.ticketId])).rowCount === 0) throw new Error('no such ticket')
  const { rowCount } = await pen.client.query(sql.EXPECT_PHOTO, [line.name, body.id, body.ticketId, JSON.stringify({ ...body, by: { id: null, name: body.by.name } })])
  return rowCount === 0 ? 'known' : 'applied'
}

/** By what the city's clocks count, this county's count too. */
async function rules({ client }: Pen, line: Line, { clocks, days, years, units }: BodyOfKind<'rules'>): Promise<string> {
  for (const table of ['clock_rule', 'calendar_day', 'calendar_year']) await client.query(`delete from ${table}`)
  await client.query(sql.PUT_CLOCK_RULES, [JSON.stringify(clocks)])
  await client.query(sql.PUT_YEARS, [JSON.stringify(years)])
  await client.query(sql.PUT_DAYS, [JSON.stringify(days)])
  // Of the city's other units those that were heard of, so that they are called as they are now.
  for (const unit of units) await client.query(line.units.includes(unit.id) ? sql.RENEW_UNIT : sql.RENEW_KNOWN_UNIT, valuesOf(unit))
  return 'applied'
}

async function gone(pen: Pen, line: Line, { ticketId, version, unitId, at, notices }: BodyOfKind<'gone'>): Promise<string> {
  const { rowCount } = await pen.client.query('select 1 from ticket where id = $1', [ticketId])
  if (rowCount === 0 || await isOld(pen, line, ticketId, version)) return 'known'
  // Who complained is no business of this county's any more; what he wishes from now on it would not hear.
  await pen.client.query(sql.SET_CALLER, [ticketId, ''])
  const before = await pen.lock(ticketId)
  const known = unitId !== null && (await pen.client.query(sql.UNIT_KNOWN, [unitId])).rowCount === 1
  const after: Ticket = { ...before, version: before.version + 1, unitId: known ? unitId : null, fields: { ...before.fields, callerName: '' }, work: { ...before.work, assist: [], clocks: [] } }
  await pen.write({ before, after, actId: idFrom(`gone ${ticketId} ${version}`), act: 'gone', at, by: null, changes: unnamed(difference(before, after)), note: '', met: [], notices: [] })
  await pen.client.query(sql.TICKET_TOLD, [line.name, ticketId, version])
  await adopt(pen, notices, after)
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
async function assigneesHere(pen: Pen, { name, units }: Line, { assignee, assignees }: TicketWork): Promise<Pick<TicketWork, 'assignee' | 'assignees'>> {
  const named = Object.entries(assignees ?? {})
  if (assignee === null && named.length === 0) return { assignee, assignees: null }
  const { rows } = await pen.client.query<{ id: string }>(sql.OWN_PEOPLE, [units])
  const here = (person: string | null): string | null => rows.find(({ id }) => personHere(name, id) === person)?.id ?? null
  const known = named.flatMap(([unitId, person]) => { const id = here(person); return id === null ? [] : [[unitId, id] as const] })
  return { assignee: here(assignee), assignees: known.length === 0 ? null : Object.fromEntries(known) }
}

/** Stages that came here while the line was cut are not told again when the city's clocks come to them, nor by ours in the next cut. */
async function pastFired(pen: Pen, ticketId: string, work: TicketWork): Promise<TicketWork> {
  const ids = work.clocks.flatMap((run) => (run.next === null ? [] : STAGES.map((stage) => stageActId(ticketId, run, stage))))
  if (ids.length === 0) return work
  const { rows } = await pen.client.query<{ act_id: string }>(sql.ACTS_DONE, [ids])
  const done = new Set(rows.map(({ act_id }) => act_id))
  return { ...work, clocks: work.clocks.map((run) => (run.next === null ? run : { ...run, next: STAGES.slice(STAGES.indexOf(run.next)).find((stage) => !done.has(stageActId(ticketId, run, stage))) ?? null })) }
}

/** What the city tells the county's units. A stage of a clock that came here already, or of one that is over by what was done here, is nobody's news. */
async function adopt(pen: Pen, notices: readonly Notice[], { work }: Ticket): Promise<void> {
  for (const { id, ...body } of notices) {
    const { kind, clock, unitId, about = unitId } = body
    const stage = STAGES.find((one) => one === kind)
    const quiet = stage !== undefined && clock !== undefined && clock !== 'delivery'
      && (!work.clocks.some((run) => run.clock === clock && run.unitId === about) || (await pen.client.query(sql.FIRED_HERE, [body.ticketId, STAGE_ACTS[stage], clock])).rowCount === 1)
    await pen.client.query(sql.ADOPT_NOTICE, [id, kind, unitId, body.ticketId, JSON.stringify(body), quiet])
  }
}

const instant = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
