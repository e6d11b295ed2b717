import type { PoolClient } from 'pg'
import type { BodyOfKind, LineBody } from '../contracts/county.js'
import { NOTICE_KINDS } from '../contracts/dispatch.js'
import type { Ticket } from '../contracts/ticket.js'
import { shownToCounty } from '../dispatch/core/county.js'
import { noticeText, unitsOf } from '../dispatch/core/notices.js'
import { SHOWN } from '../dispatch/core/privacy.js'
import type { Rules } from '../dispatch/core/rules.js'
import { noticeOf, type NoticeRow } from './rows.js'
import type { Written } from './ticket-pen.js'
import * as sql from './sql/line.js'
import { LIST_UNITS } from './sql/ticket.js'

interface UnitRow { readonly id: string; readonly name: string; readonly name_en: string; readonly phone: string; readonly standby: boolean; readonly categories: string[]; readonly office_hours: string }

/** What the counties hear of a transaction: each ticket as it stands at its end, once for each line that it concerns or concerned; those lines are locked from then on. @param also `line ticket`: those that hear of it anyhow. @param besides lines that hear of something else besides */
export async function tellCounties(client: PoolClient, rules: Rules, written: readonly Written[], also: ReadonlySet<string>, besides: readonly string[]): Promise<{ name: string; body: LineBody }[]> {
  const lineOf = (unitId: string): string[] => { const name = rules.counties?.get(unitId); return name === undefined ? [] : [name] }
  const told = [...new Set(written.map(({ after }) => after.id))].flatMap((ticketId) => {
    const own = written.filter(({ after }) => after.id === ticketId)
    const last = own.at(-1)
    if (last === undefined) return []
    const now = new Set(unitsOf(last.after).flatMap(lineOf))
    const before = own.flatMap((one) => unitsOf(one.before).flatMap(lineOf))
    const asked = [...also].flatMap((one) => { const [name = '', id] = one.split(' '); return id === ticketId ? [name] : [] })
    return [...new Set([...now, ...before, ...asked])].map((name) => ({ name, last, concerned: now.has(name) }))
  })
  if (told.length > 0) await client.query(sql.LOCK_OUTS, [[...new Set([...told.map(({ name }) => name), ...besides])]])
  const messages: { name: string; body: LineBody }[] = []
  for (const { name, last, concerned } of told) messages.push({ name, body: await bodyFor(client, rules, name, last, concerned) })
  return messages
}

interface PhotoRow { readonly ticket_id: string; readonly unit_id: string | null; readonly by_id: string | null; readonly by: string; readonly at: Date; readonly type: BodyOfKind<'photo'>['type']; readonly width: number; readonly height: number; readonly bytes: number; readonly sha256: string; readonly thumbnail: string | null }

/** What a line hears of a photo, and that it may have it; null: it was told already. @param known our people’s ids are of use there */
export async function photoFor(client: Pick<PoolClient, 'query'>, name: string, id: string, known: boolean): Promise<BodyOfKind<'photo'> | null> {
  const { rows: [row] } = await client.query<PhotoRow>(sql.PHOTO_TOLD, [id])
  if (row === undefined || (await client.query(sql.OFFER_PHOTO, [name, id, row.ticket_id])).rowCount === 0) return null
  const { ticket_id: ticketId, unit_id: unitId, by_id, by, at, thumbnail, ...rest } = row
  return { ...rest, kind: 'photo', ticketId, id, unitId, by: { id: known ? by_id : null, name: by.slice(0, 64) }, at: at.getTime(), thumbnail: thumbnail?.replace(/\s/g, '') ?? null }
}

/** What the complainant wants kept back by now, or is no business of the county's any more, does not go out with what was told before and is still under way. */
async function keepBack(client: PoolClient, name: string, after: Ticket, concerned: boolean, zone: string): Promise<void> {
  const { number, name: named } = SHOWN[after.work.privacy].county
  if (concerned && number === 'full' && named) return
  const { caller, fields: { callerName, description, place } } = shownToCounty(after)
  const words = concerned && !named
  await client.query(sql.KEEP_BACK, [name, after.id, JSON.stringify(concerned ? caller : { ...caller, number: '', name: '' }), JSON.stringify(!concerned ? { callerName: '' } : named ? { callerName } : { callerName, description, place }),
    words ? JSON.stringify(Object.fromEntries(NOTICE_KINDS.map((kind) => [kind, noticeText(kind, after, zone)]))) : null, words ? place : null])
}

/** A ticket as one line, which is locked, hears of it, and noted as told. */
export async function bodyFor(client: PoolClient, rules: Rules, name: string, { after, act, note, by, at }: Pick<Written, 'after' | 'act' | 'note' | 'by' | 'at'>, concerned: boolean): Promise<BodyOfKind<'ticket'> | BodyOfKind<'gone'>> {
  const own = [...rules.counties ?? []].flatMap(([unitId, line]) => (line === name ? [unitId] : []))
  const { rows: found } = await client.query<NoticeRow>(sql.NEW_NOTICES, [after.id, own])
  const notices = found.map(noticeOf)
  const upTo = Number((await client.query<{ have: string }>(sql.HAVE, [name])).rows[0]?.have ?? 0)
  await client.query(sql.TICKET_TOLD, [name, after.id, after.version])
  await keepBack(client, name, after, concerned, rules.calendar.zone)
  if (!concerned) return { kind: 'gone', ticketId: after.id, version: after.version, unitId: after.unitId, upTo, at, notices }
  const units = (await client.query<UnitRow>(LIST_UNITS)).rows.filter(({ id }) => unitsOf(after).includes(id)).map(({ name_en, office_hours, ...unit }) => ({ ...unit, nameEn: name_en, officeHours: office_hours }))
  const who = by === null ? '' : (await client.query<{ display_name: string }>('select display_name from person where id = $1', [by])).rows[0]?.display_name ?? ''
  return { kind: 'ticket', ticket: shownToCounty(after), upTo, units, act: { act, note, by: who, at }, notices }
}
