import { randomUUID } from 'node:crypto'
import t from 'tap'
import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { EditAct, UrgeAct } from '../../src/contracts/acts.js'
import { NO_WORK, type ActResult, type Ticket, type TicketAct } from '../../src/contracts/ticket.js'
import { browserStorage } from '../../src/desk/outbox/browser-storage.js'
import { makeKeeper, type KeeperDeps, type OutboxStorage, type SendFailure, type StoredOutbox } from '../../src/desk/outbox/keeper.js'
import { saveStateOf, shownFields } from '../../src/desk/outbox/outbox.js'
import { sendAct } from '../../src/desk/outbox/send-act.js'
import { until } from '../helpers/database.js'

const ID = randomUUID()
const fields = { kind: null, category: null, place: '', point: null, description: '', callerName: '', callBack: false }
const ticketOf = (version: number, changes: Partial<Ticket['fields']> = {}): Ticket => ({
  id: ID, number: '100-0002', provisional: false, state: 'open', version, fields: { ...fields, ...changes }, outcome: null, unitId: null, operatorId: null,
  caller: { number: '', name: '', verified: false }, tags: [], openedAt: 0, answeredAt: 0, dispatchedAt: null, closedAt: null, work: NO_WORK,
})

/** A server that answers what it is told to, and time that passes by hand. */
function bench(storage: OutboxStorage = { load: () => [], save: () => undefined }, window = 'this window') {
  const sent: TicketAct[] = []
  const answers: ((act: TicketAct) => ActResult | SendFailure)[] = []
  const timers = new Map<number, { readonly at: number; readonly run: () => void }>()
  let now = 1_000
  let ids = 0
  let version = 1
  const accept = (act: TicketAct): ActResult => ({ ticket: ticketOf((version += 1), act.act === 'edit' ? act.changes : {}), stored: 'database' })
  const post = (act: TicketAct): Promise<ActResult> => {
    sent.push(act)
    const answer = (answers.shift() ?? accept)(act)
    return 'ticket' in answer ? Promise.resolve(answer) : Promise.reject(Object.assign(new Error(answer.code), answer))
  }
  const deps: KeeperDeps = {
    send: (_, act) => sendAct(post, act),
    fresh: () => Promise.resolve(ticketOf(9, { place: 'theirs' })),
    storage, newId: () => `id-${(ids += 1)}`, window, clock: () => now,
    after(delay, run) {
      const key = (ids += 1)
      timers.set(key, { at: now + delay, run })
      return () => { timers.delete(key) }
    },
    onTicket: () => undefined,
  }
  const keeper = makeKeeper(deps)
  return {
    keeper, sent, answers, accept,
    pass(ms: number) {
      now += ms
      for (const [key, { at, run }] of [...timers]) if (at <= now && timers.delete(key)) run()
    },
    state: () => saveStateOf(keeper.get(ID)),
    reaches: (state: string) => until(`save state ${state}`, () => saveStateOf(keeper.get(ID)) === state, 2_000),
  }
}
const network = (): SendFailure => ({ passing: true, code: 'network', text: '', details: {} })

t.test('typing rests, then goes as one edit; who never rests is saved all the same', async (t) => {
  const { keeper, sent, pass, reaches, state } = bench()
  keeper.type(ID, { place: '龙' }, 1)
  keeper.type(ID, { place: '龙门' }, 1)
  t.equal(state(), 'unsaved')
  pass(600)
  await reaches('saved')
  t.match(sent, [{ act: 'edit', baseVersion: 1, changes: { place: '龙门' } }])
  for (let n = 0; n < 6; n += 1) {
    keeper.type(ID, { description: 'x'.repeat(n + 1) }, 2)
    pass(500)
  }
  t.match(sent.slice(1), [{ changes: { description: 'xxxxx' } }], 'one save in three seconds without a rest')
  t.equal(sent.length, 2)
})

t.test('what is only looked for waits for the choice; an act, a field that is left, or time take it as it stands', async (t) => {
  const { keeper, sent, pass, reaches } = bench()
  for (const place of ['w', 'wc', 'wcgy']) {
    keeper.type(ID, { place }, 1)
    keeper.hold(ID, 10_000)
    pass(2_000)
  }
  t.same(sent, [], 'longer than anybody’s typing is kept back otherwise')
  keeper.type(ID, { place: '王城公园', point: { lat: 34.66, lon: 112.42 } }, 1)
  keeper.flush(ID)
  await reaches('saved')
  t.match(sent, [{ changes: { place: '王城公园' } }], 'the chosen place alone')
  keeper.hold(ID, 10_000)
  pass(10_000)
  t.equal(sent.length, 1, 'nothing is owed, nothing is held')
  keeper.type(ID, { place: 'Kaiyuan' }, 2)
  keeper.hold(ID, 10_000)
  pass(10_000)
  await reaches('saved')
  t.match(sent[1], { changes: { place: 'Kaiyuan' } }, 'and if it was the place, it is saved all the same')
})

t.test('no answer: the same act goes again, and what is typed meanwhile comes after it', async (t) => {
  const { keeper, sent, answers, pass, reaches } = bench()
  answers.push(network, network)
  keeper.type(ID, { place: 'one' }, 1)
  keeper.flush(ID)
  await reaches('retrying')
  keeper.type(ID, { place: 'two' }, 1)
  t.equal(shownFields(fields, keeper.get(ID)).place, 'two')
  pass(2_000)
  await until('the second try', () => sent.length === 2)
  await reaches('retrying')
  keeper.nudge()
  await until('both to be sent', () => { pass(600); return sent.length === 4 })
  await reaches('saved')
  t.strictSame(sent.map((act) => act.act === 'edit' && act.changes.place), ['one', 'one', 'one', 'two'])
  t.equal(new Set(sent.slice(0, 3).map((act) => act.actId)).size, 1, 'a repeated request is the same act')
})

t.test('a dispatch waits for the text before it, and says when it is refused', async (t) => {
  const { keeper, sent, answers, reaches, pass, state } = bench()
  const accept = (): ActResult => ({ ticket: ticketOf(2), stored: 'journal' })
  answers.push(accept, () => ({ passing: false, code: 'ticket.illegal', text: 'no', details: {} }))
  keeper.type(ID, { description: 'before' }, 1)
  await t.rejects(keeper.act(ID, { act: 'dispatch', baseVersion: 1, unitId: 'gas', note: '' }), { code: 'ticket.illegal' })
  t.strictSame(sent.map((act) => act.act), ['edit', 'dispatch'])
  await reaches('journal')
  keeper.drained()
  t.equal(state(), 'journal', 'what is told in the same instant may be older than the act')
  pass(1_000)
  keeper.drained()
  t.equal(state(), 'saved', 'the journal is empty: it stands in the database')
})

for (const choice of ['keepMine', 'takeTheirs'] as const) {
  t.test(`a conflict waits for the writer: ${choice}`, async (t) => {
    const { keeper, sent, answers, reaches } = bench()
    answers.push(() => ({ passing: false, code: 'ticket.conflict', text: '', details: { fields: 'place' } }))
    keeper.type(ID, { place: 'mine', description: 'kept' }, 1)
    keeper.flush(ID)
    await until('their text', () => { const trouble = keeper.get(ID)?.trouble; return trouble?.type === 'conflict' && trouble.theirs !== null })
    t.equal(shownFields(ticketOf(9, { place: 'theirs' }).fields, keeper.get(ID)).place, 'mine', 'nothing is taken away before he chose')
    keeper[choice](ID)
    await reaches('saved')
    t.match(sent[1], { baseVersion: 9, changes: choice === 'keepMine' ? { place: 'mine', description: 'kept' } : { description: 'kept' } })
    t.equal(sent[1]?.act === 'edit' && 'place' in sent[1].changes, choice === 'keepMine')
    t.not(sent[0]?.actId, sent[1]?.actId)
  })
}

/** What a browser keeps over a reload. */
function storageInMemory(): { readonly kept: Map<string, StoredOutbox>; readonly storage: OutboxStorage } {
  const kept = new Map<string, StoredOutbox>()
  return { kept, storage: { load: () => [...kept.values()], save: (id, box) => { if (box === null) kept.delete(id); else kept.set(id, box) } } }
}

t.test('a reload takes up where the page left off; nothing stays in the browser afterwards', async (t) => {
  const { kept, storage } = storageInMemory()
  const before = bench(storage)
  before.answers.push(network)
  before.keeper.type(ID, { place: 'sealed' }, 1)
  before.keeper.flush(ID)
  await before.reaches('retrying')
  before.keeper.type(ID, { place: 'typed' }, 1)
  before.keeper.close()

  const after = bench(storage)
  t.strictSame(after.keeper.restored, [ID])
  t.equal(shownFields(fields, after.keeper.get(ID)).place, 'typed')
  after.keeper.nudge()
  await after.reaches('saved')
  t.strictSame(after.sent.map((act) => act.act === 'edit' && act.changes.place), ['sealed', 'typed'])
  t.equal(after.sent[0]?.actId, before.sent[0]?.actId)
  t.equal(kept.size, 0)
})

t.test('each act says in which window it was done; what another one left behind stays its own', async (t) => {
  const { storage } = storageInMemory()
  const gone = bench(storage, 'gone')
  gone.answers.push(network)
  gone.keeper.type(ID, { place: 'sealed there' }, 1)
  gone.keeper.flush(ID)
  await gone.reaches('retrying')
  gone.keeper.type(ID, { place: 'typed there' }, 1)
  gone.keeper.close()

  const { keeper, sent, reaches } = bench(storage, 'here')
  keeper.nudge()
  await reaches('saved')
  keeper.type(ID, { description: 'typed here' }, 3)
  await keeper.act(ID, { act: 'urge', baseVersion: 3, note: '' })
  t.strictSame(sent.map(({ act, window }) => [act, window]), [['edit', 'gone'], ['edit', 'gone'], ['edit', 'here'], ['urge', 'here']])
})

t.test('a node that is not renewed yet and knows of no windows has each act all the same; what it refuses for another reason stays refused', async (t) => {
  // As acts were before they named their window.
  const [before, urges] = [EditAct, UrgeAct].map(({ properties }) => Type.Object(Object.fromEntries(Object.entries(properties).filter(([name]) => name !== 'window')), { additionalProperties: false }))
  const { keeper, sent, answers, accept, reaches, state } = bench(undefined, randomUUID())
  const knows = (schema: typeof before) => (act: TicketAct): ActResult | SendFailure =>
    (schema !== undefined && Value.Check(schema, { ...act, actId: randomUUID() }) ? accept(act) : { passing: false, code: 'request.invalid', text: '', details: {} })
  answers.push(knows(before), knows(before), knows(urges), knows(urges))
  keeper.type(ID, { place: '龙门大道' }, 1)
  keeper.flush(ID)
  await reaches('saved')
  await keeper.act(ID, { act: 'urge', baseVersion: 2, note: '' })
  t.strictSame(sent.map(({ act, window }) => [act, window !== undefined]), [['edit', true], ['edit', false], ['urge', true], ['urge', false]])
  t.strictSame(sent.map(({ actId }) => actId).filter((id, n, all) => all.indexOf(id) === n).length, 2, 'the same act, once more')

  sent.length = 0
  answers.push(...[0, 1, 2].map(() => (): SendFailure => ({ passing: false, code: 'request.invalid', text: 'too long', details: {} })))
  keeper.type(ID, { place: 'x' }, 3)
  keeper.flush(ID)
  await reaches('refused')
  t.equal(sent.length, 2)
  keeper.discard(ID)
  answers.splice(0, answers.length, () => ({ passing: false, code: 'ticket.illegal', text: '', details: {} }))
  await t.rejects(keeper.act(ID, { act: 'urge', baseVersion: 3, note: '' }), { code: 'ticket.illegal' })
  t.equal(sent.length, 3, 'no other refusal is asked about')
  t.equal(state(), 'saved')
})

t.test('two tabs left text on one ticket: the older goes first, in whatever order the browser names its keys', (t) => {
  const act = (actId: string, place: string): TicketAct => ({ actId, act: 'edit', baseVersion: 1, changes: { place } })
  const box = (more: Partial<StoredOutbox>): StoredOutbox => ({ ticketId: ID, typed: {}, typedBase: 0, typedAt: 0, acts: [], ...more })
  const older = { at: 1_000, box: box({ acts: [act('a', 'first')], typed: { place: 'second', callerName: 'the older' }, typedBase: 3, typedAt: 900 }) }
  const newer = { at: 2_000, box: box({ acts: [act('b', 'third')], typed: { description: 'last' }, typedBase: 5, typedAt: 1_900 }) }
  for (const names of [['x', 'y'], ['y', 'x']]) {
    const kept = new Map([[`liandong.outbox.p.${names[0] ?? ''}.${ID}`, JSON.stringify(older)], [`liandong.outbox.p.${names[1] ?? ''}.${ID}`, JSON.stringify(newer)]].sort() as [string, string][])
    const storage = { get length() { return kept.size }, key: (n: number) => [...kept.keys()][n] ?? null, getItem: (key: string) => kept.get(key) ?? null, setItem(key: string, value: string) { kept.set(key, value) }, removeItem(key: string) { kept.delete(key) } }
    t.strictSame(browserStorage(storage, 'p', 'mine', () => 60_000).load(), [
      { ticketId: ID, acts: [act('a', 'first'), act('b', 'third')], typed: { callerName: 'the older', description: 'last' }, typedBase: 5, typedAt: 1_900 },
    ], 'what was sealed last stands')
    t.equal(kept.size, 0, 'taken over once')
  }
  t.end()
})
