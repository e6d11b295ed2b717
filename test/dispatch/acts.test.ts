import { randomUUID } from 'node:crypto'
import t from 'tap'
import Value from 'typebox/value'
import { errorText, LiandongError } from '../../src/contracts/errors.js'
import type { Role, Self } from '../../src/contracts/people.js'
import { TicketAct } from '../../src/contracts/acts.js'
import { NO_WORK, type Ticket, type TicketFields, type TicketState } from '../../src/contracts/ticket.js'
import { applyAct as perform, type Actor, type Transition } from '../../src/dispatch/core/acts.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { makePeople } from '../../src/people/people.js'
import { noRules } from '../../src/store/rules.js'
import { asOwner, openTestStore, temporaryHome } from '../helpers/database.js'
import { CITY, ticketOf } from './city.js'

type Name = TicketAct['act']
const rules = noRules('Asia/Shanghai')
const applyAct = (ticket: Ticket, act: TicketAct, who: { role: Role }, now: number, changedElsewhere: ReadonlySet<string>): Transition => perform(ticket, act, who, { now, rules, changedElsewhere })
const NOW = 1_767_600_000_000
const FIELDS: TicketFields = { kind: 'consultation', category: 'noise', place: '中州中路', point: { lat: 34.62, lon: 112.45 }, description: '', callerName: '', callBack: false }
const ticketIn = (state: TicketState, more: Partial<Ticket> = {}): Ticket => ({
  id: '00000000-0000-4000-8000-000000000001', number: '100-0003', provisional: false, state, version: 4, fields: FIELDS, outcome: state === 'closed' ? 'answered' : null,
  unitId: state === 'dispatched' ? 'municipal-works' : null, operatorId: null, caller: { number: '13900000001', name: '', verified: true }, tags: [], openedAt: 1, answeredAt: 1,
  dispatchedAt: state === 'dispatched' ? 2 : null, closedAt: state === 'closed' ? 3 : null, work: NO_WORK, ...more,
})
type ActOf<N extends Name> = Extract<TicketAct, { act: N }>
const edit = (changes: ActOf<'edit'>['changes'], baseVersion = 4): ActOf<'edit'> => ({ actId: randomUUID(), act: 'edit', baseVersion, changes })
const dispatch = (unitId: string, baseVersion = 4, note = ''): ActOf<'dispatch'> => ({ actId: randomUUID(), act: 'dispatch', baseVersion, unitId, note })
const settle = (outcome: ActOf<'settle'>['outcome'], baseVersion = 4): ActOf<'settle'> => ({ actId: randomUUID(), act: 'settle', baseVersion, outcome, note: '' })
const reopen = (baseVersion = 4): ActOf<'reopen'> => ({ actId: randomUUID(), act: 'reopen', baseVersion, note: '市民再次来电' })
const nobody: ReadonlySet<string> = new Set()

function refusal(ticket: Ticket, act: TicketAct, role: Role, others: ReadonlySet<string> = nobody): LiandongError | null {
  try {
    applyAct(ticket, act, { role }, NOW, others)
    return null
  } catch (error) {
    if (error instanceof LiandongError) return error
    throw error
  }
}

t.test('what each act does, and leaves alone', async (t) => {
  const by = { role: 'operator' } as const
  const open = ticketIn('open')
  const edited = applyAct(open, edit({ place: '景华路', kind: 'joint-service', point: null }), by, NOW, nobody)
  t.same(edited.ticket, { ...open, version: 5, fields: { ...FIELDS, place: '景华路', kind: 'joint-service', point: null } })
  t.same(edited.changes, { place: ['中州中路', '景华路'], kind: ['consultation', 'joint-service'], point: [FIELDS.point, null] })
  t.same(applyAct(open, edit({ place: '中州中路' }), by, NOW, nobody).changes, {}, 'the same value is no change')

  const sent = applyAct(open, dispatch('police-xigong', 4, '请处理'), by, NOW, nobody)
  t.match(sent.ticket, { ...open, version: 5, state: 'dispatched', unitId: 'police-xigong', dispatchedAt: NOW, work: { ...NO_WORK, clocks: [{ clock: 'delivery', unitId: 'police-xigong', startedAt: NOW }] } })
  t.same([sent.changes, sent.note], [{ state: ['open', 'dispatched'], unitId: [null, 'police-xigong'] }, '请处理'])
  const moved = applyAct(sent.ticket, dispatch('gas-company', 5, '不属该单位'), by, NOW + 1, nobody)
  t.match(refusal(sent.ticket, dispatch('gas-company', 5), 'operator'), { code: 'ticket.illegal', details: { en: /say why/ } }, 'the one that had it hears why')
  t.same(moved.changes, { unitId: ['police-xigong', 'gas-company'] }, 'to another unit')

  const closed = applyAct(sent.ticket, settle('referred', 5), by, NOW + 2, nobody)
  t.same(closed.ticket, { ...sent.ticket, version: 6, state: 'closed', outcome: 'referred', closedAt: NOW + 2, work: NO_WORK })
  const again = applyAct(closed.ticket, reopen(6), by, NOW + 3, nobody)
  t.match(again.ticket, { ...closed.ticket, version: 7, state: 'dispatched', outcome: null, closedAt: null, work: { clocks: [{ clock: 'delivery', startedAt: NOW + 3 }] } }, 'a ticket that had a unit goes back to it')
  t.same([again.changes, again.note], [{ state: ['closed', 'dispatched'], outcome: ['referred', null] }, '市民再次来电'])
  t.match(applyAct(ticketIn('closed'), reopen(), by, NOW, nobody).ticket, { state: 'open', unitId: null })
  t.notOk(Value.Check(TicketAct, { ...reopen(), note: '' }), 'a reopening says why')
  t.notOk(Value.Check(TicketAct, edit({})), 'an edit changes something')
  for (const state of ['open', 'dispatched', 'closed'] as const) t.match(applyAct(ticketIn(state, { answeredAt: 77, openedAt: 78 }), state === 'closed' ? reopen() : settle('other'), by, NOW, nobody).ticket, { answeredAt: 77, openedAt: 78 }, 'FreeSWITCH’s times are never rewritten')
})

t.test('the kind is settled with the ticket', async (t) => {
  const unsettled = (state: TicketState): Ticket => ticketIn(state, { fields: { ...FIELDS, kind: null } })
  for (const state of ['open', 'dispatched'] as const) t.match(refusal(unsettled(state), settle('other'), 'operator'), { code: 'ticket.illegal', details: { zh: /类型/, en: /kind/ } }, state)
  const sent = applyAct(unsettled('open'), dispatch('gas-company'), { role: 'operator' }, NOW, nobody)
  t.equal(sent.ticket.fields.kind, 'joint-service', 'a unit handles joint service')
  t.same(sent.changes['kind'], [null, 'joint-service'])
  t.match(refusal(ticketIn('dispatched'), dispatch('municipal-works'), 'operator'), { code: 'ticket.illegal', details: { en: /already/ } }, 'to the unit that has it')
  const again = refusal(ticketIn('dispatched'), dispatch('municipal-works'), 'operator') as { readonly details: Readonly<Record<string, string>> }
  t.equal(errorText('ticket.illegal', 'zh', again.details), '不能派单（工单已派单）：已派给该单位，无需再派', 'one language, by names')
  t.equal(errorText('ticket.illegal', 'en', again.details), 'Cannot dispatch (ticket: dispatched): it is with this unit already')
})

t.test('conflicts', async (t) => {
  const others = new Set(['place', 'description'])
  const open = ticketIn('open')
  t.match(refusal(open, edit({ place: '景华路' }, 2), 'operator', others), { code: 'ticket.conflict', details: { fields: 'place' } })
  t.match(refusal(open, edit({ place: '景华路', description: 'x', callerName: '周' }, 2), 'operator', others), { code: 'ticket.conflict', details: { fields: 'place, description' } }, 'all of them are named')
  t.equal(refusal(open, edit({ place: '中州中路' }, 2), 'operator', others), null, 'both wrote the same')
  t.equal(refusal(open, edit({ callerName: '周大爷' }, 2), 'operator', others), null, 'another field')
  t.equal(refusal(open, dispatch('gas-company', 2), 'operator', others), null, 'a dispatch overwrites no text')
  for (const field of ['state', 'unitId', 'outcome']) {
    const moved = new Set([field, 'place'])
    for (const [act, state] of [[dispatch('gas-company', 2), 'open'], [settle('other', 2), 'dispatched'], [reopen(2), 'closed']] as const) {
      t.match(refusal(ticketIn(state), act, 'operator', moved), { code: 'ticket.conflict', details: { fields: field } }, `${act.act} when somebody else changed the ${field}`)
    }
  }
})

t.test('what the ticket’s own facts forbid, and what is just allowed', async (t) => {
  const DAY = 86_400_000
  const run = { clock: 'report', unitId: 'municipal-works', startedAt: NOW - DAY, at: { warn: NOW - 2, urge: NOW + DAY, supervise: NOW + 2 * DAY, notice: NOW + 3 * DAY }, next: 'urge' } as const
  const due = (urge: number): Partial<Ticket['work']> => ({ deliveredAt: NOW - DAY, clocks: [{ ...run, at: { ...run.at, urge } }] })
  const at = (state: TicketState, work: Partial<Ticket['work']> = {}): Ticket => ({ ...ticketOf(state, work), id: ticketIn('open').id })
  const back = { unitId: 'drainage', duty: 'MH-02', note: '', at: 1 }
  const [unit, operator, chief] = [{ role: 'unit', unitId: 'municipal-works' }, { role: 'operator' }, { role: 'supervisor' }] as const
  const asked = { unitId: 'municipal-works', until: NOW + 2 * DAY, note: '', askedAt: NOW, state: 'asked' } as const
  const cases: readonly (readonly [why: RegExp | TicketState, ticket: Ticket, name: Name, more: object, who: Actor])[] = [
    [/before it is due/, at('signed', due(NOW - 1)), 'ask-extension', { until: NOW + DAY }, unit],
    [/before it is due/, at('signed', due(NOW)), 'ask-extension', { until: NOW + DAY }, unit],
    ['signed', at('signed', due(NOW + 1)), 'ask-extension', { until: NOW + DAY }, unit],
    [/later than the old one/, at('signed', due(NOW + DAY)), 'ask-extension', { until: NOW + DAY }, unit],
    [/later than the old one/, at('signed', due(NOW + DAY)), 'ask-extension', { until: NOW + 1 }, unit],
    ['signed', at('signed', due(NOW + DAY)), 'ask-extension', { until: NOW + DAY + 1 }, unit],
    [/not answered yet/, at('signed', { ...due(NOW + DAY), extension: asked }), 'ask-extension', { until: NOW + 3 * DAY }, unit],
    [/no time limit/, at('signed', { deliveredAt: NOW }), 'ask-extension', { until: NOW + DAY }, unit],
    [/no request waits/, at('signed'), 'answer-extension', { granted: true }, chief],
    [/others follow it/, at('open', { members: 1 }), 'void', {}, chief],
    ['void', at('open'), 'void', {}, chief],
    [/does not follow itself/, at('open'), 'merge', { into: ticketIn('open').id }, operator],
    [/must lie ahead/, at('open'), 'refer', { body: 'court', name: '法院', nextAt: NOW }, operator],
    [/must lie ahead/, at('open'), 'refer', { body: 'court', name: '法院', nextAt: NOW - DAY }, operator],
    ['referred', at('open'), 'refer', { body: 'court', name: '法院', nextAt: NOW + 1 }, operator],
    ['returned', at('signed', { deliveredAt: NOW }), 'return', { duty: 'MH-02' }, unit],
    ['ruling', at('signed', { deliveredAt: NOW, returns: [back] }), 'return', { duty: 'MH-02' }, unit],
    [/stays/, at('signed', { deliveredAt: NOW, returns: [back, back], binding: true }), 'return', { duty: 'MH-02' }, unit],
    [/not safe yet/, at('signed', { deliveredAt: NOW, hazard: true }), 'report', { result: 'not-done', photos: [] }, unit],
  ]
  for (const [why, ticket, name, more, who] of cases) {
    const attempt = (): string => {
      try {
        return perform(ticket, { actId: randomUUID(), act: name, baseVersion: 4, note: '因故', ...more } as TicketAct, who, { now: NOW, rules: CITY }).ticket.state
      } catch (error) {
        if (error instanceof LiandongError) return `${error.code} ${String(error.details['en'])}`
        throw error
      }
    }
    if (typeof why === 'string') t.equal(attempt(), why, `${name} → ${why}`)
    else t.match(attempt(), why, `${name} ${JSON.stringify(more)}`)
  }
})

t.test('what one set nobody else takes back without having seen it', async (t) => {
  const act = (name: Name, more: object): TicketAct => ({ actId: randomUUID(), act: name, baseVersion: 2, note: '', ...more }) as TicketAct
  const ticket = ticketIn('dispatched', { work: { ...NO_WORK, priority: 'emergency', hazard: true, privacy: 'anonymous', assist: ['drainage'] } })
  for (const [others, one, fields] of [
    [['hazard', 'priority'], act('prioritise', { priority: 'urgent', hazard: false, note: '已核实' }), 'priority, hazard'],
    [['hazard'], act('prioritise', { priority: 'urgent', hazard: false, note: '已核实' }), 'hazard'],
    [['assist'], act('assist', { assist: ['telecom'] }), 'assist'],
    [['privacy'], act('protect', { privacy: 'number-hidden' }), 'privacy'],
    [['priority'], act('dispatch', { unitId: 'gas-company', priority: 'normal', note: '改派' }), 'priority'],
    [['assist', 'unitId'], act('reassign', { unitId: 'gas-company', assist: [], note: '改派' }), 'unitId, assist'],
  ] as const) t.match(refusal(ticketIn(one.act === 'reassign' ? 'signed' : 'dispatched', { work: ticket.work, unitId: 'municipal-works' }), one, 'supervisor', new Set<string>(others)), { code: 'ticket.conflict', details: { fields } }, `${one.act} ${fields}`)
  for (const [others, one] of [
    [['hazard'], act('prioritise', { priority: 'urgent', hazard: true })], [['assist', 'place'], act('prioritise', { priority: 'emergency', hazard: true })], [['assist'], act('assist', { assist: ['drainage'] })], [['assist'], act('dispatch', { unitId: 'gas-company', note: '改派' })],
  ] as const) t.equal(refusal(ticket, one, 'supervisor', new Set<string>(others)), null, `${one.act} beside what was changed`)
})

t.test('who says that it is done, or is not, has seen the last word on it; who grants more time, what was asked for', async (t) => {
  const act = (name: Name, more: object): TicketAct => ({ actId: randomUUID(), act: name, baseVersion: 2, note: '因故', ...more }) as TicketAct
  const visited = ticketIn('visited', { unitId: 'municipal-works' })
  for (const [field, one] of [['visit', act('close', {})], ['report', act('redo', {})], ['hazard', act('settle', { outcome: 'other' })], ['visit', act('redo', {})]] as const) {
    t.match(refusal(visited, one, 'supervisor', new Set([field])), { code: 'ticket.conflict', details: { fields: field } }, `${one.act} over ${field}`)
    t.equal(refusal(visited, one, 'supervisor', new Set(['place'])), null)
  }
  const asked = ticketIn('dispatched', { work: { ...NO_WORK, extension: { unitId: 'municipal-works', until: NOW + 9, note: '第二次', askedAt: NOW, state: 'asked' } } })
  t.match(refusal(asked, act('answer-extension', { granted: true }), 'supervisor', new Set(['extension'])), { code: 'ticket.conflict', details: { fields: 'extension' } })
  t.equal(refusal(asked, act('answer-extension', { granted: true }), 'supervisor', new Set(['assignee'])), null)
})

t.test('on a real PostgreSQL', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  for (const n of [1, 2]) await people.addPerson({ loginName: `op${n}`, displayName: `接警员 ${n}`, role: 'operator', extension: `100${n}` }, 'correct horse battery')
  await people.addPerson({ loginName: 'unit1', displayName: '值班员', role: 'unit', unitId: 'municipal-works' }, 'correct horse battery')
  const [op1, op2, unit1] = (await people.list()) as [Self, Self, Self]
  const { records } = store
  let now = NOW
  const acted: string[] = []
  const changed: string[] = []
  const tickets = makeTickets({ store: records, side: { photosOf: () => Promise.resolve([]), noteReveal: () => Promise.resolve() }, knowsCategory: (category) => category === 'noise', onActed: ({ id, version }) => { acted.push(`${id} ${version}`) }, clock: () => now })
  tickets.onChanged((id, version) => { changed.push(`${id} ${version}`) })
  async function opened(): Promise<string> {
    const callId = randomUUID()
    const record = { callId, caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', state: 'answered', class: 'standard', category: 'noise', language: 'zh-CN', tags: [], path: [], createdAt: NOW, queuedAt: NOW, answeredAt: NOW } as const
    await records.openTicket({ record, operatorId: op1.id, answeredAt: NOW, callBack: false, place: '中州中路', callerName: '' })
    await store.pool.query(`update ticket set kind = 'consultation' where id = $1`, [callId])
    return callId
  }
  const codeOf = (work: Promise<unknown>): Promise<string> => work.then(() => 'done', (error: unknown) => (error instanceof LiandongError ? error.code : String(error)))

  await t.test('two people write one field at once: exactly one of them is told to look again', async (t) => {
    for (let round = 0; round < 5; round += 1) {
      const id = await opened()
      const codes = await Promise.all([codeOf(tickets.act(op1, id, edit({ place: '甲地' }, 1))), codeOf(tickets.act(op2, id, edit({ place: '乙地' }, 1)))])
      t.same(codes.sort(), ['done', 'ticket.conflict'])
      const ticket = await tickets.get(op1, id)
      t.equal(ticket.version, 2)
      t.ok(['甲地', '乙地'].includes(ticket.fields.place))
    }
  })

  await t.test('forty edits of two people at once: none is lost, the history has no gap', async (t) => {
    const id = await opened()
    const texts = Array.from({ length: 20 }, (_, n) => n)
    await Promise.all(texts.flatMap((n) => [tickets.act(op1, id, edit({ description: `甲 ${n}` }, 1)), tickets.act(op2, id, edit({ callerName: `乙 ${n}` }, 1))]))
    const history = await tickets.history(op1, id)
    t.same(history.map(({ version }) => version), Array.from({ length: 41 }, (_, n) => n + 1))
    for (const field of ['description', 'callerName'] as const) {
      const steps = history.flatMap(({ changes }) => (changes[field] === undefined ? [] : [changes[field]]))
      t.equal(steps.length, 20)
      for (const [n, [before]] of steps.entries()) if (n > 0) t.equal(before, steps[n - 1]?.[1], 'each begins where the one before it ended')
      t.equal((await tickets.get(op1, id)).fields[field], steps.at(-1)?.[1])
    }
    t.same([...new Set(history.map(({ by }) => by?.displayName))].sort(), ['接警员 1', '接警员 2'])
  })

  await t.test('an act that is sent again and again is done once', async (t) => {
    const id = await opened()
    const act = dispatch('municipal-works', 1, '请处理')
    const results = await Promise.all(Array.from({ length: 12 }, () => tickets.act(op1, id, act)))
    t.same([...new Set(results.map(({ ticket }) => `${ticket.state} ${ticket.version} ${ticket.unitId ?? ''}`))], ['dispatched 2 municipal-works'])
    t.equal((await tickets.history(op1, id)).length, 2)
    await tickets.act(op1, id, settle('other', 2))
    t.match(await tickets.act(op1, id, act), { ticket: { state: 'closed', version: 3 } }, 'even when it could not be done any more')
  })

  await t.test('two people send one ticket to two units: the second is told to look again', async (t) => {
    const id = await opened()
    const codes = await Promise.all([codeOf(tickets.act(op1, id, dispatch('municipal-works', 1))), codeOf(tickets.act(op2, id, dispatch('gas-company', 1)))])
    t.same(codes.sort(), ['done', 'ticket.conflict'])
    const { unitId } = await tickets.get(op1, id)
    const [mine, other] = unitId === 'municipal-works' ? [op1, op2] : [op2, op1]
    t.equal(await codeOf(tickets.act(other, id, settle('other', 1))), 'ticket.conflict', 'nor does he close what he did not see')
    t.equal(await codeOf(tickets.act(mine, id, settle('other', 1))), 'done', 'one’s own acts are no conflict')
  })

  await t.test('two set priority, assisting units or confidentiality at once: the second is told to look again', async (t) => {
    const id = await opened()
    await tickets.act(op1, id, dispatch('municipal-works', 1))
    for (const [mine, theirs] of [
      [{ act: 'prioritise', priority: 'emergency', hazard: true }, { act: 'prioritise', priority: 'urgent', hazard: false }],
      [{ act: 'assist', assist: ['drainage'] }, { act: 'assist', assist: ['telecom'] }],
      [{ act: 'protect', privacy: 'anonymous' }, { act: 'protect', privacy: 'number-hidden' }],
    ] as const) {
      const seen = { baseVersion: (await tickets.get(op1, id)).version, note: '已核实' }
      await tickets.act(op1, id, { actId: randomUUID(), ...seen, ...mine } as unknown as TicketAct)
      t.equal(await codeOf(tickets.act(op2, id, { actId: randomUUID(), ...seen, ...theirs } as unknown as TicketAct)), 'ticket.conflict', mine.act)
    }
    t.match((await records.get(id)).work, { priority: 'emergency', hazard: true, assist: ['drainage'], privacy: 'anonymous' })
  })

  await t.test('nobody has seen a version that is not there yet', async (t) => {
    const id = await opened()
    await tickets.act(op1, id, edit({ place: '甲地' }, 1))
    t.equal(await codeOf(tickets.act(op2, id, edit({ place: '乙地' }, 1_000_000))), 'ticket.conflict')
    t.equal((await tickets.get(op1, id)).fields.place, '甲地')
  })

  await t.test('illegal acts leave nothing behind', async (t) => {
    const id = await opened()
    await tickets.act(op1, id, settle('answered', 1))
    const before = await tickets.get(op1, id)
    for (const act of [edit({ place: 'x' }, 2), dispatch('gas-company', 2), settle('other', 2)]) t.equal(await codeOf(tickets.act(op1, id, act)), 'ticket.illegal', act.act)
    t.equal(await codeOf(tickets.act(unit1, id, reopen(2))), 'auth.forbidden')
    t.equal(await codeOf(tickets.act(op1, id, edit({ category: 'unheard-of' }, 2))), 'ticket.category-unknown')
    t.equal(await codeOf(tickets.act(op1, id, dispatch('no-such-unit', 2))), 'ticket.unit-unknown')
    t.equal(await codeOf(tickets.act(op1, randomUUID(), edit({ place: 'x' }, 1))), 'ticket.not-found')
    t.same(await tickets.get(op1, id), before)
    t.equal((await tickets.history(op1, id)).length, 2)
    await tickets.act(op1, id, reopen(2))
    t.match(await tickets.get(op1, id), { state: 'open', outcome: null, closedAt: null, version: 3 })
  })

  await t.test('who was merged and stands by itself again is counted no more; whoever closes the main ticket at that moment waits, and nobody is torn out', async (t) => {
    const merge = async (id: string, into: string): Promise<unknown> => tickets.act(op1, id, { actId: randomUUID(), act: 'merge', baseVersion: (await tickets.get(op1, id)).version, into, note: '' })
    const again = async (id: string): Promise<unknown> => tickets.act(op1, id, { ...reopen((await tickets.get(op1, id)).version) })
    const membersOf = async (id: string): Promise<unknown> => (await store.pool.query(`select members, (work ->> 'members')::int as said, (select count(*)::int from ticket f where f.merged_into = t.id) as followers from ticket t where id = $1`, [id])).rows[0]
    const [main, other, follower] = [await opened(), await opened(), await opened()]
    for (let round = 0; round < 2; round += 1) {
      await merge(follower, main)
      t.same(await membersOf(main), { members: 1, said: 1, followers: 1 })
      await again(follower)
      t.same(await membersOf(main), { members: 0, said: 0, followers: 0 })
    }
    t.match((await tickets.history(op1, main)).at(-1), { act: 'release', note: (await tickets.get(op1, follower)).number })
    await merge(main, other)
    t.equal((await tickets.get(op1, main)).state, 'merged', 'what nobody follows may follow another')
    await tickets.act(op1, other, settle('answered', (await tickets.get(op1, other)).version))
    t.equal((await tickets.get(op1, main)).state, 'closed')
    await again(main)
    t.same(await membersOf(other), { members: 0, said: 0, followers: 0 }, 'also one that closed with it')

    for (let round = 0; round < 6; round += 1) {
      const [leads, ...follow] = await Promise.all(Array.from({ length: 5 }, () => opened())) as [string, ...string[]]
      for (const id of follow) await merge(id, leads)
      const acts: [string, TicketAct][] = []
      for (const id of [...follow.slice(0, 2), leads, ...follow.slice(2)]) { const { version } = await tickets.get(op1, id); acts.push([id, id === leads ? settle('answered', version) : reopen(version)]) }
      const codes = await Promise.all(acts.map(([id, act]) => codeOf(tickets.act(op1, id, act))))
      t.ok(codes.every((code) => code === 'done' || code === 'ticket.conflict'), codes.join(' '))
      const counts = await membersOf(leads) as { members: number; said: number; followers: number }
      t.same([counts.members, counts.said], [counts.followers, counts.followers], 'whoever came first')
    }
  })

  await t.test('the history can only grow', async (t) => {
    const owner = asOwner(t, store)
    for (const sql of ['update ticket_history set note = $$forged$$', 'delete from ticket_history', 'update audit set act = $$forged$$', 'delete from audit', 'truncate ticket_history', 'truncate audit']) {
      await t.rejects(store.pool.query(sql), { code: '42501' }, `the server's role: ${sql}`)
      await t.rejects(owner.query(sql), /append-only/, `the owner: ${sql}`)
    }
  })

  await t.test('a unit sees and learns nothing of another unit’s tickets', async (t) => {
    const [theirs, ours] = [await opened(), await opened()]
    await tickets.act(op1, ours, dispatch('municipal-works', 1))
    await tickets.act(op1, theirs, dispatch('gas-company', 1))
    t.equal((await tickets.get(unit1, ours)).id, ours)
    for (const work of [() => tickets.get(unit1, theirs), () => tickets.history(unit1, theirs), () => tickets.get(unit1, randomUUID())]) t.equal(await codeOf(work()), 'ticket.not-found')
    const list = await tickets.list(unit1, { limit: 100, offset: 0, unitId: 'gas-company' })
    t.ok(list.total > 0 && list.tickets.every(({ unitId }) => unitId === 'municipal-works'), 'whatever it asks for')
    t.throws(() => tickets.calls(unit1, { limit: 1, offset: 0 }), { code: 'auth.forbidden' })
  })

  await t.test('everybody is told of each act', async (t) => {
    const id = await opened()
    await tickets.act(op1, id, edit({ place: '景华路' }, 1))
    t.equal(acted.at(-1), `${id} 2`)
    t.equal(changed.at(-1), `${id} 2`)
    tickets.changed(id, 9)
    t.equal(changed.at(-1), `${id} 9`, 'and of those of other nodes')
  })

  await t.test('units: a new telephone number is seen within a minute, and the list outlives PostgreSQL', async (t) => {
    const phoneOf = async (): Promise<string | undefined> => (await tickets.units()).find(({ id }) => id === 'gas-company')?.phone
    t.equal((await tickets.units()).length, 67)
    t.equal((await tickets.units()).filter(({ standby }) => standby).length, 20)
    await store.pool.query(`update unit set phone = '0379-1' where id = 'gas-company'`)
    now += 60_001
    t.equal(await phoneOf(), '0379-1')
    const id = await opened()
    await tickets.get(op1, id)
    await store.server?.stop('immediate')
    now += 60_001
    t.match(await tickets.act(op1, id, dispatch('gas-company', 1)), { stored: 'journal', ticket: { state: 'dispatched' } }, 'dispatched while PostgreSQL is away')
    await store.server?.start()
  })
})
