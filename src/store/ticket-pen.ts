import { randomUUID } from 'node:crypto'
import type { PoolClient } from 'pg'
import type { TicketAct } from '../contracts/acts.js'
import type { LineBody } from '../contracts/county.js'
import { NOTICE_KINDS, type Notice } from '../contracts/dispatch.js'
import { LiandongError } from '../contracts/errors.js'
import { LIFE_CYCLE, type Clock, type TicketState } from '../contracts/life-cycle.js'
import type { Self } from '../contracts/people.js'
import type { Bilingual } from '../contracts/primitives.js'
import type { Ticket } from '../contracts/ticket.js'
import { dueOf, loosens, type TicketWork } from '../contracts/work.js'
import { applyAct, doneAt, mindsOthers, paperOf } from '../dispatch/core/acts.js'
import { handOf } from '../dispatch/core/cluster.js'
import { difference, same, type Changes } from '../dispatch/core/changes.js'
import { beginDelivery, deliver, metBy, undelivered } from '../dispatch/core/clocks.js'
import { boundedTime, heldAt, timed } from '../dispatch/core/county.js'
import { follow, followAgain, hear, join } from '../dispatch/core/escalation.js'
import { lateText, letterTo, withWords } from '../dispatch/core/letters.js'
import { marksOf, photosOf } from '../dispatch/core/marks.js'
import { learn, takeIn } from '../dispatch/core/merge.js'
import { answeredUntil, citizenText, noticeText, partingText, toCaller, unitsOf, type NoticeDraft } from '../dispatch/core/notices.js'
import { SHOWN } from '../dispatch/core/privacy.js'
import { asksPast, type HallPast } from '../dispatch/core/regrade.js'
import type { Rules } from '../dispatch/core/rules.js'
import type { Moved } from '../dispatch/core/unit-acts.js'
import { idFrom } from '../dispatch/ids.js'
import { blame } from './blame.js'
import { tellCounties } from './line-told.js'
import { ticketOf, type TicketRow } from './rows.js'
import { HASHES_OF, NOTE_REVEAL } from './sql/attachment.js'
import * as sql from './sql/dispatch.js'
import * as line from './sql/line.js'
import { CHANGED_ELSEWHERE, LOCK_TICKET } from './sql/ticket.js'

export interface Written { readonly before: Ticket; readonly after: Ticket; readonly actId: string; readonly act: string; readonly at: number; readonly by: string | null; readonly changes: Changes; readonly note: string; readonly met: readonly Clock[]; readonly notices: readonly NoticeDraft[]; /** When the clocks that it ends ended; left out: `at`. */ readonly endsAt?: number; readonly window?: string | undefined }

/** `id` null: nobody of this installation (practice: the people of units that have no log-in). */
export type Doer = Pick<Self, 'role' | 'unitId'> & Partial<Pick<Self, 'displayName'>> & { readonly id: string | null }

/** A unit is told what reads otherwise. */
type Correction = NoticeDraft & { readonly kind: 'changed'; readonly to: { readonly unitId: string }; readonly changed: NonNullable<NoticeDraft['changed']> }
/** Somebody who corrects a place types on: it goes out when he rested so long, and at the latest so long after he began, ms. */
const RESTS = 5_000
const RESTS_AT_MOST = 20_000

/** Writes tickets inside one transaction. What a county must hear of, or tell, is queued in the same one. */
export interface Pen {
  readonly client: PoolClient
  readonly rules: Rules
  /** @throws LiandongError `ticket.not-found` */
  lock(ticketId: string): Promise<Ticket>
  /** The same for an act, with its `status`. */
  lockFor(ticketId: string, actId: string): Promise<{ readonly before: Ticket; readonly done: boolean; readonly now: number }>
  /** Whether an act was done already, and what time it is at the database. */
  status(actId: string): Promise<{ readonly done: boolean; readonly now: number }>
  /** Fields that were changed after a version by somebody else, or by this person in another window. */
  changedElsewhere(ticketId: string, since: number, personId: string | null, window?: string): Promise<ReadonlySet<string>>
  write(written: Written): Promise<Ticket>
  /** An act by its whole rule. @param kept see `TicketActs.act`. */
  act(ticketId: string, act: TicketAct, who: Doer, at: number, kept: boolean): Promise<{ readonly ticket: Ticket; readonly also: readonly Ticket[] }>
  delivered(ticketId: string, unitId: string, receipt: string, at?: number): Promise<Ticket | null>
  /** Who follows closes with the main ticket; each caller is told. */
  closeFollowers(main: Ticket, actId: string, at: number): Promise<Ticket[]>
  /**
   * When its unit was given the ticket as it is now, dispatched, sent back or opened again; without a unit, when the call was: nothing that is done to it was done before. ms
   * @param known as it stood at this version; left out: as it is now
   */
  since(ticket: Ticket, known?: number): Promise<number>
  /** What an act on a main ticket means for those that follow it. @param told what its own caller hears */
  lead(before: Ticket, main: Ticket, actId: string, at: number, told: NoticeDraft | undefined): Promise<Ticket[]>
  /** Locks the ticket that this one follows, and then this one; null: it follows none. A main ticket is locked before those that follow it, also where it became another's meanwhile. */
  leader(ticketId: string): Promise<Ticket | null>
  /** Whether a unit could not reach us when it wrote this act on paper. */
  outOfReach(act: TicketAct, unitId: string | undefined): Promise<boolean>
  /** A message over a line. */
  tell(name: string, body: LineBody): Promise<void>
  /** Work of which nothing stays when it fails: neither rows nor what would be told of them. */
  attempt<T>(work: () => Promise<T>): Promise<T>
  /** This line hears of the ticket although its units have to do with it no more. */
  alsoTell(name: string, ticketId: string): void
}

/** A ticket follows another one than was locked before it: once more, from the beginning, so that locks are taken in one order. A refusal, by which the connection stays fit. */
export const MOVED_ON = new LiandongError('ticket.conflict', { fields: 'mergedInto' })
/** It is more than one ticket's act, or somebody else had his hands on it: once more, with locks. Nothing was written. */
export const NOT_ALONE = new Error('not an act that stands alone')

/** Acts that may concern other tickets, or write something else besides. */
const WIDE: ReadonlySet<TicketAct['act']> = new Set(['merge', 'reopen', 'protect'])
/** Whether an act may do with its own ticket's row, as long as that leads no others and no county hears of it. */
export const mayStandAlone = (act: TicketAct, { home }: Rules): boolean => home === undefined && !WIDE.has(act.act) && !gradesAnew(act)

/** For `withPen`. @param alone see `withoutLocks` */
export function makePen(client: PoolClient, rules: Rules, alone = false): { readonly pen: Pen; finish(): Promise<void> } {
  const written: Written[] = []
  const also = new Set<string>()
  const messages: { readonly name: string; readonly body: LineBody }[] = []
  const { home } = rules
  /** `alone`: the row as it was read. */
  let seen: string | null = null
  const together = (): void => { if (alone) throw NOT_ALONE }

  const pen: Pen = {
    client, rules,
    async lock(ticketId) {
      together()
      const { rows: [row] } = await client.query<TicketRow>({ name: 'lock-ticket', text: LOCK_TICKET, values: [ticketId] })
      if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
      return ticketOf(row)
    },
    async lockFor(ticketId, actId) {
      if (alone) {
        const { rows: [row] } = await client.query<TicketRow & { done: boolean; now: Date; seen: string }>({ name: 'read-for-act', text: sql.READ_FOR_ACT, values: [ticketId, actId] })
        if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
        seen = row.seen
        return { before: ticketOf(row), done: row.done, now: row.now.getTime() }
      }
      const { rows: [row] } = await client.query<TicketRow & { done: boolean; now: Date; seen: number }>({ name: 'lock-for-act', text: sql.LOCK_FOR_ACT, values: [ticketId, actId] })
      if (row === undefined) throw new LiandongError('ticket.not-found', { id: ticketId })
      return { before: ticketOf(row), ...row.seen === row.version ? { done: row.done, now: row.now.getTime() } : await pen.status(actId) }
    },
    async status(actId) {
      const { rows: [row] } = await client.query<{ done: boolean; now: Date }>({ name: 'act-status', text: sql.ACT_STATUS, values: [actId] })
      return { done: row?.done ?? false, now: row?.now.getTime() ?? 0 }
    },
    async changedElsewhere(ticketId, since, personId, window) {
      const { rows } = await client.query<{ field: string }>(CHANGED_ELSEWHERE, [ticketId, since, personId, window ?? null])
      return new Set(rows.map(({ field }) => field))
    },
    async write(one) {
      const after = home === undefined ? one.after : { ...one.after, work: heldAt(home.units, one.after.work) }
      const { before, actId, act, at, by, changes, note, met, notices, endsAt = at, window } = one
      const { fields, work } = after
      // Others follow, a county is told, or this is the second: what comes after must be in one transaction with it.
      if (alone && (seen === null || before.work.members > 0 || [...unitsOf(before), ...unitsOf(after)].some((unitId) => rules.counties?.has(unitId) === true))) throw NOT_ALONE
      const moved = JSON.stringify(before.work.clocks) !== JSON.stringify(work.clocks)
      const runs = moved && runsOf(before) !== runsOf(after)
      const due = dueOf(work)
      const words = fields.place !== before.fields.place || fields.description !== before.fields.description || fields.callerName !== before.fields.callerName
      const reworded = (words || work.privacy !== before.work.privacy) && !SHOWN[work.privacy].unit.name && unitsOf(after).length > 0
      // Who was told a wrong place is told the right one, in what waits for him as well.
      const corrections = notices.filter((notice): notice is Correction => notice.kind === 'changed' && notice.changed !== undefined)
      // What presses goes by the same ways after what was corrected before it, which rests no longer.
      const pressed = notices.flatMap(({ kind, to }) => (kind === 'raised' && typeof to === 'object' && 'unitId' in to && to.unitId !== null ? [to.unitId] : []))
      if (reworded || corrections.length > 0 || pressed.length > 0) together()
      const others = notices.filter((notice) => !corrections.some((one) => one === notice))
      const statement = sql.writeAct({
        words,
        clocks: moved, runs,
        over: runs || after.state !== before.state || after.unitId !== before.unitId || work.hazard !== before.work.hazard || work.safeAt !== before.work.safeAt || work.assist.join() !== before.work.assist.join() || work.extension?.state !== before.work.extension?.state || work.disputes.length < before.work.disputes.length,
        told: others.length > 0,
        alone,
      })
      const named = home === undefined ? photosOf(changes) : []
      const photos = named.length === 0 ? [] : (await client.query<{ id: string; sha256: string }>(HASHES_OF, [after.id, named])).rows.map(({ id, sha256 }) => [id, sha256] as const)
      const { rows: [row] } = await client.query<TicketRow>({ ...statement, values: [
        after.id, after.state, after.version, fields.kind, fields.category, fields.place, fields.point?.lat ?? null, fields.point?.lon ?? null, fields.description, fields.callerName, fields.callBack,
        after.outcome, after.unitId, date(after.dispatchedAt), date(after.closedAt), fields.point?.uncertaintyMetres ?? null,
        JSON.stringify(work), work.assist, work.priority, date(due), work.mergedInto, work.members,
        actId, act, new Date(at), by, JSON.stringify(changes), note, moved ? clockRows(work) : null, met, JSON.stringify(others.map((notice) => draftOf(notice, after, due, at, rules, SAID[act]?.has(notice.kind) === true ? note : ''))), new Date(endsAt),
        // What a county has is the city's word, clocks and all: units are judged there.
        JSON.stringify(home === undefined ? { ...marksOf(before, after, met, endsAt), ...(photos.length > 0 && { photos }) } : {}),
        window ?? null,
        ...alone ? [seen] : [],
      ] })
      if (alone && row === undefined) throw NOT_ALONE
      // What was taken out for the complainant's sake no unit reads in what it has not confirmed yet.
      if (reworded || corrections.length > 0) await client.query(sql.REWORD, [after.id, JSON.stringify(Object.fromEntries(NOTICE_KINDS.map((kind) => [kind, noticeText(kind, after, rules.calendar.zone)]))), fields.place, unitsOf(after)])
      if (corrections.length > 0) await correct(after, corrections, due, at)
      if (pressed.length > 0) await client.query(sql.CORRECTIONS_GO, [after.id, pressed])
      seen = null
      written.push({ ...one, after })
      return row === undefined ? after : ticketOf(row)
    },
    async act(ticketId, one, who, at, kept) {
      if (home !== undefined && (who.id === null || who.role !== 'unit' || !home.units.includes(who.unitId ?? ''))) throw new LiandongError('county.hall')
      // Two tickets are locked in one order, whoever merges which into which.
      const pair = one.act === 'merge' && one.into < ticketId ? await pen.lock(one.into) : null
      // A main ticket before those that follow it, as when they close with it.
      const follows = one.act === 'reopen' || gradesAnew(one)
      const led = follows ? await pen.leader(ticketId) : null
      const { before, done, now } = await pen.lockFor(ticketId, one.actId)
      if (done) return { ticket: before, also: [] }
      if (follows && before.work.mergedInto !== (led?.id ?? null)) throw MOVED_ON
      // Nobody has seen what is not there yet.
      if (!kept && one.baseVersion > before.version && mindsOthers(one, who.role)) throw new LiandongError('ticket.conflict', { fields: 'version' })
      const elsewhere = !kept && one.baseVersion < before.version && mindsOthers(one, who.role) ? await pen.changedElsewhere(ticketId, one.baseVersion, who.id, one.window) : new Set<string>()
      if (one.act === 'assign' && one.personId !== null) {
        const { rowCount } = await client.query(sql.PERSON_OF_UNIT, [one.personId, who.unitId ?? ''])
        if (rowCount === 0) throw new LiandongError('ticket.person-unknown')
      }
      // What was kept while the database was away counts from when it was done, as far as we know better ourselves.
      const since = kept || paperOf(one) !== null ? await pen.since(before) : undefined
      const when = kept ? boundedTime(at, since ?? at, now).at : now
      const said = kept ? timed(one, boundedTime(doneAt(one, when), since ?? when, when).at) : one
      const outOfReach = await pen.outOfReach(said, who.unitId)
      const past = said.act === 'edit' && asksPast(before, said.changes, rules) ? await pastOf(before) : undefined
      const { ticket, endsAt, changes, note, notices } = applyAct(before, said, { role: who.role, ...(who.id !== null && { id: who.id }), unitId: who.unitId }, { now: when, rules, changedElsewhere: elsewhere, outOfReach, since, past })
      if (!kept && SETTING.has(one.act) && note === '' && notices.length === 0 && Object.keys(changes).length === 0 && same({ ...ticket, version: before.version }, before)) return { ticket: before, also: [] }
      // Whoever makes it known answers for it like whoever looks.
      if (one.act === 'protect' && loosens(before.work.privacy, one.privacy)) await client.query(NOTE_REVEAL, [who.id, ticketId, one.note, ''])
      const moved: Ticket[] = []
      if (one.act === 'merge' && ticket.state === 'merged') moved.push(await absorb(pair ?? await pen.lock(one.into), before, one.actId, when))
      // The unit has done with what it followed: it is the hall's, and nobody's before that hears of it.
      const left: NoticeDraft[] = one.act === 'reopen' && led !== null && ticket.state === 'open' && (handOf(led.state) === 'done' || LIFE_CYCLE[led.state].class === 'closed') ? [{ kind: 'ungathered', to: 'hall', ...(ticket.work.hazard && { clock: 'safe' as const }) }] : []
      if (one.act === 'reopen' && led !== null) moved.push(await release(led, before, one.actId, when))
      const after = await pen.write({ before, after: ticket, actId: one.actId, act: one.act, at: doneAt(said, when), by: who.id, changes, note, met: metBy(one), notices: home === undefined ? [...notices, ...left] : [], endsAt, window: one.window })
      if (after.state === 'merged' && led !== null) {
        const { main, member } = await tellMain(led, before, after, one.actId, when)
        return { ticket: member, also: main === null ? moved : [...moved, main] }
      }
      if (one.act === 'merge' && before.work.members > 0) moved.push(...await takeAlong(before, one.into, one.actId, when))
      moved.push(...await pen.lead(before, after, one.actId, when, notices.find(({ to }) => to === 'caller')))
      if (home !== undefined && who.id !== null) await pen.tell(home.line, { kind: 'act', ticketId, act: withoutWindow(said), by: { id: who.id, name: who.displayName ?? '' }, unitId: who.unitId ?? '', base: await told(home.line, ticketId), at: when })
      return { ticket: after, also: moved }
    },
    async delivered(ticketId, unitId, receipt, known) {
      const actId = idFrom(`delivered ${receipt}`)
      const { before, done, now } = await pen.lockFor(ticketId, actId)
      if (done || !undelivered(before, unitId)) return null
      // What it was told before it was sent back, or became graver, it may have; a county's messages are the city's, by the city's clock.
      const waits = before.work.clocks.find((run) => run.clock === 'delivery' && run.unitId === unitId)
      const { rows: [message] } = waits === undefined || home !== undefined ? { rows: [] } : await client.query<{ before: boolean; newer: 'redo' | 'raised' | 'changed' | null; told_at: Date | null }>(sql.WHAT_WAS_TOLD, [receipt, new Date(waits.startedAt)])
      if (message?.before === true) return null
      const at = known ?? now
      const moved = deliver(before, unitId, rules, at)
      // What it was told after this message it has not heard of yet.
      const clocks = message?.newer == null || message.told_at === null ? moved.work.clocks : beginDelivery(moved, rules, message.told_at.getTime(), [unitId], message.newer)
      const after = { ...moved, version: before.version + 1, work: { ...moved.work, clocks } }
      const result = await pen.write({ before, after, actId, act: 'delivered', at, by: null, changes: difference(before, after), note: unitId, met: ['delivery', 'safe'], notices: [] })
      if (home !== undefined) await pen.tell(home.line, { kind: 'receipt', ticketId, noticeId: receipt, unitId, at })
      return result
    },
    async closeFollowers(main, actId, at) {
      return eachFollower(main, main.id, 'merged', 'follow', actId, at, (follower) => follow(follower, main, at))
    },
    async since({ id, version, dispatchedAt, openedAt, answeredAt }, known = version) {
      if (known < version) {
        const { rows: [given] } = await client.query<{ at: Date | null }>(sql.GIVEN_BY, [id, known])
        return given?.at?.getTime() ?? Math.min(openedAt, answeredAt)
      }
      const { rows: [row] } = await client.query<{ at: Date | null }>(sql.GIVEN_AGAIN, [id])
      return Math.max(dispatchedAt ?? Math.min(openedAt, answeredAt), row?.at?.getTime() ?? 0)
    },
    async lead(before, main, actId, at, told) {
      if (main.work.members === 0) return []
      if (main.state === 'closed') return pen.closeFollowers(main, actId, at)
      if (before.state === 'closed') return eachFollower(main, main.id, 'closed', 'follow-again', actId, at, followAgain)
      return told === undefined ? [] : eachFollower(main, main.id, 'merged', 'told', actId, at, (follower) => hear(follower, told, main))
    },
    async leader(ticketId) {
      together()
      const { rows: [row] } = await client.query<{ merged_into: string | null }>('select merged_into from ticket where id = $1', [ticketId])
      if (row?.merged_into == null) return null
      const led = await pen.lock(row.merged_into)
      if ((await pen.lock(ticketId)).work.mergedInto !== led.id) throw MOVED_ON
      return led
    },
    async outOfReach(one, unitId) {
      const paper = paperOf(one)
      if (paper === null || unitId === undefined) return false
      return (await client.query<{ was: boolean }>(sql.OUT_OF_REACH, [unitId, new Date(paper.doneAt)])).rows[0]?.was === true
    },
    tell(name, body) { together(); messages.push({ name, body }); return Promise.resolve() },
    alsoTell(name, ticketId) { also.add(`${name} ${ticketId}`) },
    async attempt(work) {
      const [rows, told, asked] = [written.length, messages.length, new Set(also)]
      await client.query('savepoint attempt')
      try {
        const result = await work()
        await client.query('release savepoint attempt')
        return result
      } catch (error) {
        written.length = rows
        messages.length = told
        also.clear()
        for (const one of asked) also.add(one)
        if (blame(error) !== 'server') await client.query('rollback to savepoint attempt')
        throw error
      }
    },
  }

  /** What is corrected while somebody types goes out once he rests, as one message; who waits for it already, on this way, hears all of it then. A county is told each by itself. */
  async function correct(ticket: Ticket, corrections: readonly Correction[], due: number | null, at: number): Promise<void> {
    const near = corrections.filter(({ to }) => rules.counties?.has(to.unitId) !== true)
    const bodyOf = (one: Correction, changed: Correction['changed']): string => JSON.stringify(draftOf({ ...one, changed }, ticket, due, at, rules))
    const { rows: waiting } = await client.query<{ id: string; unit_id: string; changed: Correction['changed'] | null }>(sql.CORRECTIONS_WAITING, [ticket.id, near.map(({ to }) => to.unitId)])
    for (const { id, unit_id: unitId, changed } of waiting) {
      const one = near.find(({ to }) => to.unitId === unitId)
      // Who signed in between, before he heard of it, is waited for from now on.
      const awaited = ticket.work.clocks.find((run) => run.clock === 'delivery' && run.unitId === unitId)
      if (one !== undefined) await client.query(sql.CORRECT_AGAIN, [id, bodyOf(one, [...new Set([...changed ?? [], ...one.changed])]), RESTS, RESTS_AT_MOST, awaited === undefined ? null : new Date(awaited.startedAt)])
    }
    for (const one of corrections) await client.query(sql.TELL_CORRECTION, [ticket.id, bodyOf(one, one.changed), waiting.map(({ id }) => id), near.includes(one) ? RESTS : 0])
  }

  /** Two incidents are one: whoever followed the one follows the other. */
  const takeAlong = async (former: Ticket, into: string, actId: string, at: number): Promise<Ticket[]> => {
    const main = await pen.lock(into)
    return eachFollower(main, former.id, 'merged', 'merge', actId, at, (follower) => ({ ticket: join(follower, into), notices: [] }))
  }

  /** The ticket that another one follows from now on. */
  async function absorb(main: Ticket, member: Ticket, actId: string, at: number): Promise<Ticket> {
    if (main.state === 'merged' || main.state === 'closed' || main.state === 'void') throw new LiandongError('ticket.illegal', { state: main.state, act: 'merge', zh: `主单 ${main.number} 不在办理中`, en: `the main ticket ${main.number} is not being worked on` })
    const taken = takeIn(main, member, rules, at)
    if (taken === null) throw new LiandongError('ticket.illegal', { state: member.state, act: 'merge', zh: `险情未排除，主单 ${main.number} 无法接管；请先排险、发回重办主单或反向合并`, en: `it is not safe yet and the main ticket ${main.number} cannot take that over: make it safe, send the main ticket back, or merge the other way round` })
    const after = { ...taken.ticket, version: main.version + 1 }
    return pen.write({ before: main, after, actId: idFrom(`absorb ${actId}`), act: 'absorb', at, by: null, changes: difference(main, after), note: member.number, met: [], notices: taken.notices })
  }

  /** Of a ticket that follows another something graver is learnt: the main ticket knows it too; where that cannot take a danger over, this one stands by itself again. */
  async function tellMain(main: Ticket, before: Ticket, member: Ticket, actId: string, at: number): Promise<{ readonly main: Ticket | null; readonly member: Ticket }> {
    // What is said now is said now, however long ago he called.
    const news = member.work.hazard && !before.work.hazard ? { ...member, openedAt: at } : member
    const taken = learn(main, news, rules, at)
    if (taken !== null) {
      const after = { ...taken.ticket, version: main.version + 1 }
      const changes = difference(main, after)
      if (Object.keys(changes).length === 0) return { main: null, member }
      return { member, main: await pen.write({ before: main, after, actId: idFrom(`learnt ${actId}`), act: 'learnt', at, by: null, changes, note: member.number, met: [], notices: taken.notices }) }
    }
    const id = idFrom(`alone ${actId}`)
    const { ticket, changes, note, notices } = applyAct(member, { actId: id, act: 'reopen', baseVersion: member.version, note: main.number }, { role: 'operator' }, { now: at, rules })
    const left = await release(main, member, id, at)
    return { main: left, member: await pen.write({ before: member, after: ticket, actId: id, act: 'reopen', at, by: null, changes, note, met: [], notices: [...notices, { kind: 'raised', to: 'hall' }] }) }
  }

  /** The same is done to all that follow a ticket, in one order. @param main whose word it is @param whom they follow @param state in which they are */
  async function eachFollower(main: Ticket, whom: string, state: TicketState, act: string, actId: string, at: number, move: (follower: Ticket) => Moved): Promise<Ticket[]> {
    const { rows } = await client.query<TicketRow>(sql.FOLLOWERS, [whom, state])
    const moved: Ticket[] = []
    // Who called three times is told once.
    const told = new Set(toCaller(main, 'told').length === 0 ? [] : [main.caller.number])
    for (const row of rows) {
      const before = ticketOf(row)
      const { ticket, notices } = move(before)
      moved.push(await pen.write({ before, after: ticket, actId: idFrom(`${act} ${actId} ${before.id}`), act, at, by: null, changes: difference(before, ticket), note: main.number, met: [], notices: notices.filter(({ to }) => to !== 'caller' || !told.has(before.caller.number)) }))
      if (notices.length > 0) told.add(before.caller.number)
    }
    return moved
  }

  /** A ticket that others followed has one fewer: whether it can be merged or voided, and how many called, is by that. */
  async function release(main: Ticket, member: Ticket, actId: string, at: number): Promise<Ticket> {
    const after = { ...main, version: main.version + 1, work: { ...main.work, members: Math.max(0, main.work.members - 1) } }
    return pen.write({ before: main, after, actId: idFrom(`release ${actId}`), act: 'release', at, by: null, changes: difference(main, after), note: member.number, met: [], notices: [] })
  }

  /** What was said of a ticket in the hall, and which clocks an edit ended. */
  async function pastOf({ id }: Ticket): Promise<HallPast> {
    const { rows: [row] } = await client.query<{ said: boolean; ended: HallPast['ended'] }>(sql.HALL_PAST, [id])
    return { said: row?.said === true, ended: row?.ended ?? [] }
  }

  /** The city's version of a ticket that this county knows. */
  async function told(name: string, ticketId: string): Promise<number> {
    return (await client.query<{ version: number }>(line.TICKET_VERSION, [name, ticketId])).rows[0]?.version ?? 0
  }

  return {
    pen,
    async finish() {
      if (home === undefined && (rules.counties?.size ?? 0) > 0) messages.push(...await tellCounties(client, rules, written, also, messages.map(({ name }) => name)))
      // Two transactions that tell the same lines lock them in one order; each line hears in the order of what was done.
      for (const { name, body } of [...messages].sort((a, b) => a.name.localeCompare(b.name))) {
        const ticketId = body.kind === 'ticket' ? body.ticket.id : body.ticketId
        await client.query(line.TELL, [name, randomUUID(), body.kind, ticketId, JSON.stringify(body)])
      }
    },
  }
}

/** As a line tells it: which window it was in is nobody's business there, nor known to a city of before. */
function withoutWindow(act: TicketAct): TicketAct {
  const told = { ...act }
  delete told.window
  return told
}

/** Which clocks run, of whom and since when. */
const runsOf = ({ work: { clocks } }: Ticket): string => JSON.stringify(clocks.map(({ clock, unitId, startedAt }) => [clock, unitId, startedAt]))

/** They set what a ticket says of itself: where it says so already nothing was done, and the history has no row of it. What was acknowledged as a version has its row all the same: who was shown that version acts on it. */
const SETTING: ReadonlySet<TicketAct['act']> = new Set(['edit', 'prioritise', 'protect', 'assist'])

/** By such an act a danger may become known. */
const gradesAnew = (act: TicketAct): boolean => act.act === 'prioritise' || (act.act === 'edit' && act.changes.category !== undefined)

/** The clocks that run, for `clockSteps`. */
export const clockRows = ({ clocks }: Pick<TicketWork, 'clocks'>): string =>
  JSON.stringify(clocks.map(({ clock, unitId, startedAt, at, next }) => ({ clock, unit: unitId, started: startedAt, due: at.urge, stage: next, next: next === null ? null : at[next] })))

/** Acts by which the hall says something to units: by these kinds of notices. */
const SAID: Readonly<Record<string, ReadonlySet<Notice['kind']>>> = Object.fromEntries<ReadonlySet<Notice['kind']>>([
  ...(['dispatch', 'reassign', 'rule', 'assist', 'reopen'] as const).map((act) => [act, new Set<Notice['kind']>(['dispatch'])] as const), ...(['redo', 'urge', 'supervise'] as const).map((act) => [act, new Set<Notice['kind']>([act])] as const),
])

/** For the terminal, the outbox and the citizen alike; who may not see the number never finds it here. @param words what the hall said as it did it */
function draftOf({ kind, to, again, clock, about, changed, by, due }: NoticeDraft, ticket: Ticket, dueAt: number | null, at: number, rules: Rules, words = ''): object {
  const { zone } = rules.calendar
  const { fields: { category, place }, work: { priority, hazard, safeAt } } = ticket
  const until = answeredUntil(kind, ticket.work)
  const body = (unitId: string | null): Omit<Notice, 'id'> => ({ kind, unitId, ...(until !== undefined && { until }), ...(clock !== undefined && { clock }), ...(about !== undefined && { about }), ...(changed !== undefined && { changed: [...changed] }), ticketId: ticket.id, number: ticket.number, text: noticeText(kind, ticket, zone, changed), category, place, priority, hazard: hazard && safeAt === null, dueAt, at })
  if (to === 'hall') return { kind, audience: 'hall', body: { ...body(null), ...(clock === 'reassign' && ticket.fields.kind === null && { unsorted: true }) } satisfies Omit<Notice, 'id'>, again }
  if (to === 'caller') return { kind, audience: 'citizen', address: ticket.caller.number, body: { text: citizenText(kind, by === undefined ? ticket : { ...ticket, work: by }, zone), number: ticket.number } }
  if ('stage' in to) {
    const told = body(to.unitId)
    return { kind, audience: 'person', stage: to.stage, unit: to.unitId, body: { ...told, text: clock === undefined ? told.text : lateText(told.text, { clock, unitId: about ?? null, due: due ?? null, unsorted: ticket.fields.kind === null }, rules, at) } satisfies Omit<Notice, 'id'> }
  }
  if (!unitsOf(ticket).includes(to.unitId)) return { kind, audience: 'unit', unit: to.unitId, body: { ...body(to.unitId), text: partingText(kind, ticket), category: null, place: '', hazard: false, dueAt: null } satisfies Omit<Notice, 'id'>, again }
  const told = body(to.unitId)
  const letter = letterTo(to.unitId, kind, ticket, rules, at, words)
  return { kind, audience: 'unit', unit: to.unitId, body: { ...told, text: withWords(told.text, words), ...(letter !== null && { letter }) } satisfies Omit<Notice, 'id'> & { readonly letter?: Bilingual }, again }
}

const date = (ms: number | null): Date | null => (ms === null ? null : new Date(ms))
