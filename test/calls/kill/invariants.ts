import { existsSync, readdirSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { until } from '../../helpers/database.js'
import type { DeskBot } from '../../helpers/desk-bot.js'
import { extensionOf, operatorsOf, tickets, type World } from '../world.js'
import type { Fault } from './faults.js'
import type { NodeProcess } from './node.js'
import type { Party } from './scene.js'
import type { Writers } from './writers.js'

/** Fails a wait that hangs; promises are kept in order, not in milliseconds of a busy machine. */
const LIMIT = 40_000

export interface Seen {
  readonly fault: Fault
  readonly parties: readonly Party[]
  readonly desks: ReadonlyMap<number, DeskBot>
  readonly written: Awaited<ReturnType<Writers['stop']>>
  /** The ticket that was sent to a unit while it broke. */
  readonly dispatched: string
  /** Where FreeSWITCH leaves its records. */
  readonly records: string
  /** This telephone was taken up, by hand or by itself, after he called. */
  readonly lifted: (extension: string, party: Party) => boolean
}

interface CallRow { readonly id: string; readonly number: string; readonly state: string; readonly answered_at: Date | null; readonly ended_at: Date | null }

/** The invariants of reliability.md §5.1, from what the exchange, PostgreSQL, the journal and the desks show. */
export async function checkInvariants(t: Test, world: World, node: NodeProcess, { fault, parties, desks, written, dispatched, records, lifted }: Seen): Promise<void> {
  const ids = parties.map(({ call }) => call.callId)
  const through = (party: Party): boolean => operatorsOf(party.call).length > 0
  const calls = (): Promise<CallRow[]> => world.rows<CallRow>('select id, number, state, answered_at, ended_at from call where id = any($1)', [ids])
  const lines = async () => new Map((await tickets(world)).map((line) => [line.id, line]))
  // FreeSWITCH has written them to the end: the sweep need not wait for that.
  const age = (): void => { for (const file of readdirSync(records)) try { utimesSync(join(records, file), 0, 0) } catch { /* taken in meanwhile */ } }
  await until('every call to be over in the books, and every answered one to have its ticket', async () => {
    age()
    const [rows, have] = [await calls(), await lines()]
    return rows.length === parties.length && rows.every(({ id, ended_at: ended, state }) => ended !== null && state === (have.has(id) ? 'ended' : 'abandoned')) && parties.every((party) => !through(party) || have.has(party.call.callId))
  }, LIMIT).catch((error: unknown) => { t.fail((error as Error).message) })
  const [rows, have] = [new Map((await calls()).map((row) => [row.id, row])), await lines()]
  const name = ({ point, number, call }: Party): string => `${point} ${number} ${call.callId}`

  for (const party of parties) {
    const kinds = party.call.reports.map(({ type }) => type)
    const heard = kinds.findIndex((type) => type === 'hears' || type === 'operator' || type === 'fallback')
    t.ok(kinds.includes('answered') && heard > 0 && !kinds.includes('silence'), `V1 ${name(party)} is answered, hears something, and is left in no silence`)
    if (party.point !== 'quitter') t.ok(through(party), `V1 ${name(party)} reached a phone`)

    const row = rows.get(party.call.callId)
    t.equal(row?.number, party.number, `V2 ${name(party)} has its one row, under its caller`)

    const line = have.get(party.call.callId)
    const first = [...party.answeredBy, ...operatorsOf(party.call)]
    if (through(party) || party.point === 'opening') {
      t.match(line, { number_called_from: party.number, opened: 1, audited: 1, jobs: 1 }, `V3 ${name(party)} has exactly one ticket, of his`)
      t.ok(line?.operator != null && first.includes(line.operator), `V3 ${name(party)}: the ticket is of who took him (${line?.operator ?? 'nobody'} of ${first.join(', ')})`)
    } else if (line !== undefined) t.ok(first.length > 0 || line.call_back, `V3 ${name(party)} was answered by nobody and has ticket ${line.number}`)
    if (line !== undefined) {
      const at = line.answered_at.getTime()
      t.ok(at >= party.placedAt && (party.throughAt === null || at <= party.throughAt), `V4 ${name(party)}: answered when the exchange says so (${at - party.placedAt} of ${(party.throughAt ?? NaN) - party.placedAt} ms)`)
      if (party.before !== null) t.same({ number: line.number, answeredAt: at }, party.before, `V4 ${name(party)}: number and time are what they were`)
    }

    t.ok(party.call.reports.filter(({ type, detail }) => type === 'hears' && detail.includes('greeting')).length <= 1, `V2 ${name(party)} is greeted once, however often he comes to us`)
    t.equal(party.torn, null, `V7 ${name(party)} was hung up by nobody but himself or his operator`)
    if (fault.torn === undefined && through(party)) t.equal(operatorsOf(party.call).length, 1, `V7 ${name(party)}: his talk was not touched, nobody else took him (${operatorsOf(party.call).join(', ')})`)

    t.ok(row?.ended_at !== null && row?.state === (line === undefined ? 'abandoned' : 'ended') && (row.answered_at !== null) === (line !== undefined), `V9 ${name(party)} counts once: ${row?.state ?? 'no row'}${line === undefined ? '' : ', answered'}`)
  }
  const all = new Set(world.calls.map(({ callId }) => callId))
  t.same((await world.rows<{ id: string }>('select id from call')).filter(({ id }) => !all.has(id)), [], 'V2 no row without a call')
  t.same([...have.keys()].filter((id) => !all.has(id)), [], 'V3 no ticket without a call')
  t.equal((await tickets(world)).length, have.size, 'V3 no call with two tickets')
  t.equal(rows.size, parties.length, 'V9 as many calls as the exchange had')

  await checkDispatches(t, world, [dispatched])

  t.same(written.refused, [], 'V6 nothing that was written was refused')
  for (const [ticketId, acts] of written.acknowledged) {
    const kept = await world.rows<{ act_id: string; n: number }>('select act_id, count(*)::int as n from ticket_history where ticket_id = $1 group by act_id', [ticketId])
    const times = new Map(kept.map(({ act_id: id, n }) => [id, n]))
    t.same(acts.filter((id) => times.get(id) !== 1), [], `V6 each of ${acts.length} acknowledged acts stands in the history, once`)
  }

  await until('nobody to have a call any more', () => [...desks.values()].every(({ me }) => me?.presence === 'ready' && me.callId === undefined), LIMIT)
    .catch(() => { t.same([...desks].map(([n, { me }]) => [n, me?.presence, me?.callId]).filter(([, presence, callId]) => presence !== 'ready' || callId !== undefined), [], 'V8 no operator is stuck') })
  // A socket may linger for five seconds more: whether all have gone is looked at in the end.
  const left = (): number => world.exchange.live().channels + world.exchange.live().scheduled
  await until('the exchange to be empty', () => left() === 0, LIMIT).catch(() => { t.same(world.exchange.live(), { channels: 0, scheduled: 0 }, 'V8 no channel or timer is left at the exchange') })
  await until('the journal to drain', async () => (await node.metric('database_up')) === 1 && (await node.metric('journal_records')) === 0 && (await node.metric('queue_waiting')) === 0, LIMIT).catch((error: unknown) => { t.fail(`V8 ${(error as Error).message}`) })
  t.equal(await node.metric('journal_rejected'), 0, 'V6 the journal gave nothing up')
  t.same(readdirSync(join(world.home, 'journal')).filter((file) => /damaged|adopted|rejected/.test(file)), [], 'V6 the journal is whole')
  t.same(existsSync(join(records, 'rejected')), false, 'every record of FreeSWITCH was understood')
  const open = (): Promise<unknown[]> => world.rows(`select pid, state, query from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and application_name <> 'the books' and (state like 'idle in transaction%' or wait_event_type = 'Lock')`)
  await until('PostgreSQL to be without an open transaction', async () => (await open()).length === 0, LIMIT).catch(async () => { t.same(await open(), [], 'V8 no transaction or lock is left') })

  // No crossing: what a desk was shown of a call is that call's; as answered only by whom his own telephone was taken up for him, or, while
  // it rings for who comes back, by the operator before. Where it rang in vain he is told who has him.
  const own = new Map(parties.map((party) => [party.call.callId, party]))
  const seatOf = (operatorId: string | undefined): number | undefined => [...desks].find(([, { me }]) => me?.operatorId === operatorId)?.[0]
  for (const [n, { messages }] of desks) {
    for (const message of messages) {
      const party = message.type === 'call' ? own.get(message.call.callId) : undefined
      if (message.type !== 'call' || party === undefined) continue
      const { caller, answeredAt, state, holder } = message.call
      if (caller.number !== '' && caller.number !== party.number) t.fail(`desk ${n} was shown ${caller.number} for ${name(party)}`)
      const took = (seat: number): boolean => operatorsOf(party.call).includes(extensionOf(seat)) || party.answeredBy.includes(extensionOf(seat))
      if (answeredAt === undefined || took(n)) continue
      const waits = state === 'offered' || state === 'queued'
      // Where FreeSWITCH died the command may have died with it.
      const rung = world.exchange.transcript.some((line) => line.includes(`liandong_call=${party.call.callId}`) && line.includes(`/${extensionOf(n)}%`)) || (waits && fault.torn !== undefined)
      const by = seatOf(holder)
      // He who took up a moment too late held a silent line: nobody's talk.
      const fits = waits ? [...desks.keys()].some((other) => other !== n && took(other)) : by === undefined ? state === 'ended' : by === n ? lifted(extensionOf(n), party) : took(by)
      if (!rung || !fits) t.fail(`desk ${n}, where it ${rung ? 'rang' : 'did not ring'}, was shown as answered (${state}, ${by ?? 'nobody'}) ${name(party)}, whom ${operatorsOf(party.call).join(', ')} had`)
    }
  }
  for (const { crossed } of desks.values()) t.same(crossed, [], 'every screen shows its operator’s own call, and its ticket')
  t.same(world.exchange.insecurities, [], 'nothing of a caller’s was executed')
  t.notMatch(node.output(), /1390001\d{4}|中州中路/, 'no personal data in the log')
}

/** V5: whatever broke since, a unit finds one new ticket for each dispatch. */
export async function checkDispatches(t: Test, world: World, ids: readonly string[]): Promise<void> {
  const told = await world.rows<{ ticket_id: string; n: number }>(`select ticket_id, count(*)::int as n from outbox where ticket_id = any($1) and kind = 'dispatch' and channel = 'terminal' group by ticket_id`, [ids])
  const times = new Map(told.map(({ ticket_id: id, n }) => [id, n]))
  t.same(ids.filter((id) => times.get(id) !== 1).map((id) => `${id} ${times.get(id) ?? 0}`), [], `V5 each of ${ids.length} dispatched tickets is told to its unit, visibly once`)
}
