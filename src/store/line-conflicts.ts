import type { ConflictAct, ConflictSide } from '../contracts/county.js'
import { LiandongError } from '../contracts/errors.js'
import type { Self } from '../contracts/people.js'
import { applyAct } from '../dispatch/core/acts.js'
import { metBy } from '../dispatch/core/clocks.js'
import { bringBack } from '../dispatch/core/county.js'
import { idFrom } from '../dispatch/ids.js'
import * as sql from './sql/line.js'
import type { Pen } from './ticket-pen.js'

interface ConflictRow { readonly id: string; readonly line: string; readonly ticket_id: string; readonly unit_id: string; readonly acts: readonly ConflictAct[]; readonly decision: ConflictSide | null }

/**
 * A named person decides whose acts count. The county's: the ticket is brought back to its unit by legal acts of that person, then each of the county's
 * acts is done as of the time at which it was done. Both sides stay in the history whatever is decided.
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
  const { line, ticket_id: ticketId, unit_id: unitId, acts } = row
  if (side === 'county') {
    const before = await pen.lock(ticketId)
    for (const act of bringBack(before, unitId, note, (n) => idFrom(`bring back ${conflictId} ${n}`))) await pen.act(ticketId, act, who, 0, false)
    for (const { act, byId, at } of acts) {
      const ticket = await pen.lock(ticketId)
      // It counts as of when it was done; the hall's own clocks begin when it is decided that it does.
      const { now: heardAt } = await pen.status(act.actId)
      const { ticket: moved, changes, note: said, notices } = applyAct(ticket, act, { role: 'unit', id: byId, unitId }, { now: at, heardAt, rules: pen.rules, asDecided: true })
      const after = await pen.write({ before: ticket, after: moved, actId: act.actId, act: act.act, at, by: byId, changes: { ...changes, county: [null, line] }, note: said, met: metBy(act), notices })
      await pen.lead(ticket, after, act.actId, heardAt, notices.find(({ to }) => to === 'caller'))
    }
  }
  const ticket = await pen.lock(ticketId)
  const { now } = await pen.status(conflictId)
  await pen.write({
    before: ticket, after: { ...ticket, version: ticket.version + 1 }, actId: idFrom(`decide ${conflictId}`), act: 'decide', at: now, by: who.id, changes: { side: [null, side] }, note, met: [],
    notices: [{ kind: 'decided', to: { unitId } }, ...(ticket.unitId !== null && ticket.unitId !== unitId ? [{ kind: 'decided', to: { unitId: ticket.unitId } } as const] : [])],
  })
  pen.alsoTell(line, ticketId)
  await pen.client.query(sql.DECIDE_CONFLICT, [conflictId, side, who.id, note])
}
