import type { ConflictAct, ConflictSide } from '../contracts/county.js'
import { LiandongError } from '../contracts/errors.js'
import { ACTS, targetsOf } from '../contracts/life-cycle.js'
import type { Self } from '../contracts/people.js'
import { applyAct, concerns } from '../dispatch/core/acts.js'
import { difference } from '../dispatch/core/changes.js'
import { deliver, metBy } from '../dispatch/core/clocks.js'
import { bringBack } from '../dispatch/core/county.js'
import type { NoticeDraft } from '../dispatch/core/notices.js'
import { idFrom } from '../dispatch/ids.js'
import * as sql from './sql/line.js'
import type { Pen } from './ticket-pen.js'

interface ConflictRow { readonly id: string; readonly line: string; readonly ticket_id: string; readonly unit_id: string; readonly acts: readonly ConflictAct[]; readonly decision: ConflictSide | null }

/**
 * A named person decides whose acts count. The county's: the ticket is brought back to its units by legal acts of that person, then each of the county's
 * acts is done by its own unit as of the time at which it was done. Both sides stay in the history whatever is decided.
 * @throws LiandongError `conflict.*`, and whatever the life cycle still refuses: then nothing is decided.
 */
export async function decideConflict(pen: Pen, conflictId: string, who: Self, side: ConflictSide, note: string): Promise<void> {
  // The ticket before its conflict, as where a county's act comes in; a main ticket before what follows it.
  const { rows: [about] } = await pen.client.query<{ ticket_id: string }>(sql.CONFLICT_TICKET, [conflictId])
  if (about !== undefined) {
    await pen.leader(about.ticket_id)
    await pen.lock(about.ticket_id)
  }
  const { rows: [row] } = await pen.client.query<ConflictRow>(sql.LOCK_CONFLICT, [conflictId])
  if (row === undefined) throw new LiandongError('conflict.not-found')
  if (row.decision !== null) throw new LiandongError('conflict.decided')
  const { line, ticket_id: ticketId } = row
  if (side === 'county') await countFor(pen, row, who, note)
  const ticket = await pen.lock(ticketId)
  const { now } = await pen.status(conflictId)
  const told = new Set([...unitsIn(row), ...(ticket.unitId === null ? [] : [ticket.unitId])])
  await pen.write({
    before: ticket, after: { ...ticket, version: ticket.version + 1 }, actId: idFrom(`decide ${conflictId}`), act: 'decide', at: now, by: who.id, changes: { side: [null, side] }, note, met: [],
    notices: [...told].map((unitId): NoticeDraft => ({ kind: 'decided', to: { unitId } })),
  })
  pen.alsoTell(line, ticketId)
  await pen.client.query(sql.DECIDE_CONFLICT, [conflictId, side, who.id, note])
}

/** The units that did something in it, the first of them first. */
const unitsIn = ({ unit_id, acts }: ConflictRow): ReadonlySet<string> => new Set([unit_id, ...acts.map(({ unitId }) => unitId)])

interface HadRow { readonly delivered_at: string | null; readonly steps: readonly { readonly step: 'arrived' | 'made-safe' | 'repaired'; readonly byId: string; readonly at: number }[] }

/** The county's acts, each by its own unit. */
async function countFor(pen: Pen, row: ConflictRow, who: Self, note: string): Promise<void> {
  const { id: conflictId, line, ticket_id: ticketId, acts } = row
  await notOvertaken(pen, row)
  const led = new Set<string>()
  for (const { unitId, base } of acts) {
    const { rows: [at] } = await pen.client.query<{ lead: string | null }>(sql.LED_AT, [ticketId, base])
    if (at?.lead === unitId) led.add(unitId)
  }
  let brought = 0
  const bring = async (unitId: string, wanted: readonly ConflictAct[], anew: boolean): Promise<void> => {
    const ticket = await pen.lock(ticketId)
    const leads = led.has(unitId) && (!concerns(ticket, unitId) || wanted.some(({ act }) => ACTS[act.act].party === 'lead'))
    for (const act of bringBack(ticket, { unitId, leads, anew }, note, () => idFrom(`bring back ${conflictId} ${brought++}`))) await pen.act(ticketId, act, who, 0, false)
  }
  // Who led, then who helped it: before anything of theirs is done again.
  const units = [...new Set(acts.map(({ unitId }) => unitId))].sort((a, b) => Number(led.has(b)) - Number(led.has(a)))
  for (const [n, unitId] of units.entries()) {
    const own = acts.filter((one) => one.unitId === unitId)
    await bring(unitId, own, n === 0)
    // What it had before all that it has: nobody reports on what he has not, and who was there was there.
    const { state, unitId: lead } = await pen.lock(ticketId)
    if (lead !== unitId || state !== 'dispatched' || !led.has(unitId)) continue
    const known = Math.min(...own.map(({ base }) => base))
    const { rows: [had] } = await pen.client.query<HadRow>(sql.HAD_BY, [ticketId, known, unitId])
    if (had?.delivered_at != null) await deliveredAgain(unitId, Number(had.delivered_at))
    const { rows: [signed] } = await pen.client.query<{ by_id: string | null; at: string }>(sql.SIGNED_BY, [ticketId, known])
    if (signed !== undefined) await again({ act: { actId: idFrom(`signed ${conflictId} ${unitId}`), act: 'sign', baseVersion: (await pen.lock(ticketId)).version, note: '' }, byId: signed.by_id, unitId, at: Number(signed.at) })
    for (const { step, byId, at } of had?.steps ?? []) {
      await again({ act: { actId: idFrom(`${step} ${conflictId} ${unitId}`), act: 'progress', step, baseVersion: (await pen.lock(ticketId)).version, note: '', photos: [] }, byId, unitId, at })
    }
  }
  for (const one of acts) {
    const { act, unitId } = one
    const { state, unitId: lead, work: { assist } } = await pen.lock(ticketId)
    if ((lead !== unitId && !assist.includes(unitId)) || targetsOf(state, act.act).length === 0 || (lead !== unitId && ACTS[act.act].party === 'lead')) await bring(unitId, [one], true)
    await again(one)
  }

  async function deliveredAgain(unitId: string, at: number): Promise<void> {
    const before = await pen.lock(ticketId)
    const actId = idFrom(`delivered ${conflictId} ${unitId}`)
    const { now } = await pen.status(actId)
    const after = { ...deliver(before, unitId, pen.rules, at), version: before.version + 1 }
    await pen.write({ before, after, actId, act: 'delivered', at, by: null, changes: { ...difference(before, after), county: [null, line] }, note: unitId, met: ['delivery', 'safe'], notices: [], endsAt: now })
  }
  async function again({ act, byId, unitId, at }: Pick<ConflictAct, 'act' | 'unitId' | 'at'> & { readonly byId: string | null }): Promise<void> {
    const ticket = await pen.lock(ticketId)
    // It counts as of when it was done; the hall's own clocks begin when it is decided that it does.
    const { now: heardAt } = await pen.status(act.actId)
    const { ticket: moved, changes, note: said, notices } = applyAct(ticket, act, { role: 'unit', ...(byId !== null && { id: byId }), unitId }, { now: at, heardAt, rules: pen.rules, asDecided: true })
    const after = await pen.write({ before: ticket, after: moved, actId: act.actId, act: act.act, at, by: byId, changes: { ...changes, county: [null, line] }, note: said, met: metBy(act), notices })
    await pen.lead(ticket, after, act.actId, heardAt, notices.find(({ to }) => to === 'caller'))
  }
}

/** A unit that was given the ticket anew since, and has reported on it as it was given then: what it did before would undo that. @throws LiandongError `conflict.overtaken` */
async function notOvertaken(pen: Pen, row: ConflictRow): Promise<void> {
  const { unitId } = await pen.lock(row.ticket_id)
  if (unitId === null || !unitsIn(row).has(unitId)) return
  const { rows: [given] } = await pen.client.query<{ version: number; reported: boolean }>(sql.GIVEN_AT, [row.ticket_id, unitId])
  if (given?.reported === true && row.acts.every(({ base }) => base < given.version)) throw new LiandongError('conflict.overtaken')
}
