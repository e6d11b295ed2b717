import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Proposal } from '../../src/contracts/dispatch.js'
import type { HistoryRow, TicketList } from '../../src/contracts/ticket.js'
import type { Liandong } from '../../src/main.js'
import type { PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { makePeople } from '../../src/people/people.js'
import { verifyHistories } from '../../src/store/audit.js'
import { until } from '../helpers/database.js'
import { openTerminal, type TerminalBot } from '../helpers/terminal.js'
import { ask, type DeskBot } from '../helpers/desk-bot.js'
import { bridged, extensionOf, openWorld, operatorsOf, pickUp, type World } from './world.js'

t.setTimeout(400_000)

const PASSWORD = 'practice-of-the-tests'
let world: World
let node: Liandong
let hall: TerminalBot
let chief: TerminalBot
const units = new Map<string, TerminalBot>()
const desks: DeskBot[] = []
let called = 0

const unit = (id: string): TerminalBot => { const bot = units.get(id); if (bot === undefined) throw new Error(`no terminal of ${id}`); return bot }
const UNITS = ['municipal-works', 'urban-management', 'drainage', 'telecom', 'sanitation', 'labour-inspection', 'power-supply']

t.before(async () => {
  world = await openWorld(t, { config: { 'pbx.trunkDial': 'sofia/trunk/{number}' } })
  node = await world.startNode()
  const people = makePeople(node.store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'sup1', displayName: '值班长', role: 'supervisor', extension: '1009' }, PASSWORD)
  for (const id of UNITS) await people.addPerson({ loginName: id, displayName: `${id} 值班员`, role: 'unit', unitId: id }, PASSWORD)
  for (const n of [1, 2, 3]) desks.push(await world.desk(n))
  hall = await openTerminal(world.url(), 'op1', PASSWORD)
  chief = await openTerminal(world.url(), 'sup1', PASSWORD)
  for (const id of UNITS) units.set(id, await openTerminal(world.url(), id, PASSWORD))
})

/** A citizen dials, somebody answers, a ticket is open; they talk and hang up. → the ticket's id. */
async function taken(number = `139000300${String(called++).padStart(2, '0')}`): Promise<{ call: PlacedCall; id: string; number: string }> {
  const call = world.call({ number })
  const operator = await until('a phone to ring', () => [1, 2, 3].find((n) => world.exchange.phones.answer(String(1000 + n))))
  await bridged(call)
  await until('the ticket', async () => (await world.rows('select 1 from ticket where id = $1', [call.callId])).length === 1)
  call.hangUp()
  await until('the line to be empty', () => world.exchange.live().channels === 0)
  t.ok(operator)
  return { call, id: call.callId, number }
}

/** Everybody leaves his seat, or comes back to it. */
async function takeBreak(on: boolean): Promise<void> {
  for (const desk of desks) ask(desk, { type: 'presence', ready: !on })
  await until('everybody to have heard', () => desks.every(({ me }) => (on ? me?.presence === 'break' : me?.presence !== 'break')))
}

const acts = async (id: string): Promise<string[]> => ((await hall.get(`/api/tickets/${id}/history`)).body as { history: HistoryRow[] }).history.map(({ act }) => act)
const messages = (): { to: string; text: string }[] => {
  try {
    return readFileSync(join(world.home, 'sms', 'outbox.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { to: string; text: string })
  } catch {
    return []
  }
}

t.test('the dust on Kaiyuan Avenue: complaint in the morning, cleaned by noon, the citizen called in the afternoon', async (t) => {
  const { id, number } = await taken()
  await hall.act(id, { act: 'edit', changes: { kind: 'joint-service', category: 'environment', place: '开元大道', description: '工地车辆带泥，路面扬尘' } })
  const { lead } = (await hall.get(`/api/tickets/${id}/proposal`)).body as Proposal
  t.ok(lead !== null && lead.duties.length > 0 && lead.why.zh.includes(lead.duties[0] ?? '-'), `proposed: ${lead?.unitId ?? ''} by ${lead?.why.zh ?? ''}`)
  t.ok(['sanitation', 'urban-management'].includes(lead?.unitId ?? ''), 'by day the sanitation, at night who stands by')
  await hall.act(id, { act: 'dispatch', unitId: 'sanitation', note: '请即清扫' })
  const notice = await unit('sanitation').hears('dispatch', id)
  t.match(notice.text.zh, /新工单 .*开元大道 · 工地车辆带泥/)
  await until('the delivery to start the clocks', async () => (await acts(id)).includes('delivered'))
  t.equal((await unit('drainage').get(`/api/tickets/${id}`)).status, 404, 'another unit learns nothing')
  await unit('sanitation').act(id, { act: 'sign', note: '' })
  await unit('sanitation').act(id, { act: 'progress', step: 'arrived', note: '两台洒水车到场', photos: [] })
  await unit('sanitation').act(id, { act: 'report', result: 'done', note: '已冲洗路面，责令工地冲洗车轮', photos: [] })
  await hall.hears('reported', id)
  // In the afternoon an operator calls him from the ticket, and asks.
  await takeBreak(true)
  const [desk] = desks
  if (desk === undefined) throw new Error('no desk')
  world.exchange.phones.set(number, { answerAfter: 100 })
  ask(desk, { type: 'call.redial', ticketId: id })
  await pickUp(world, 1)
  await until('the citizen to answer', () => desk.me?.redial?.reached === true)
  t.ok(world.exchange.transcript.some((line) => line.includes(`sofia/trunk/${number}`)), 'he is called on the number from which he complained')
  await hall.act(id, { act: 'visit', result: 'satisfied', note: '市民表示满意' })
  const closed = await hall.act(id, { act: 'close', note: '' })
  t.match(closed, { state: 'closed', outcome: 'done', work: { clocks: [], report: { result: 'done' }, visit: { result: 'satisfied' } } })
  await until('the citizen’s text message', () => messages().some(({ to, text }) => to === number && text.includes(closed.number) && text.includes('已冲洗路面')))
  t.same(await acts(id), ['open', 'edit', 'dispatch', 'delivered', 'sign', 'progress', 'report', 'visit', 'close'])
  for (const { leg_id } of await world.rows<{ leg_id: string }>(`select leg_id from call_event where call_id = $1 and leg_id is not null`, [id])) world.exchange.kill(leg_id)
  await until('the operator to be free', () => desk.me?.redial === undefined)
  await takeBreak(false)
})

t.test('a wage claim before the holiday settled on the spot; another referred to arbitration', async (t) => {
  const first = await taken()
  await hall.act(first.id, { act: 'edit', changes: { kind: 'joint-service', category: 'wage-claim', place: '洛龙区某工地', description: '拖欠三个月工资' } })
  await hall.act(first.id, { act: 'dispatch', unitId: 'labour-inspection', note: '' })
  await unit('labour-inspection').hears('dispatch', first.id)
  await unit('labour-inspection').act(first.id, { act: 'progress', step: 'arrived', note: '到工地约谈', photos: [] })
  await unit('labour-inspection').act(first.id, { act: 'report', result: 'settled-on-the-spot', note: '当场付清', photos: [] })
  t.match(await hall.act(first.id, { act: 'close', note: '' }), { outcome: 'settled-on-the-spot' })

  const second = await taken()
  await hall.act(second.id, { act: 'edit', changes: { kind: 'joint-service', category: 'wage-claim', place: '涧西区某厂', description: '解除合同补偿争议' } })
  await hall.act(second.id, { act: 'dispatch', unitId: 'labour-inspection', note: '' })
  await unit('labour-inspection').hears('dispatch', second.id)
  const nextAt = Date.now() + 5 * 86_400_000
  t.match(await unit('labour-inspection').act(second.id, { act: 'refer', body: 'arbitration', name: '劳动人事争议仲裁院', nextAt, note: '存在劳动关系争议' }), { state: 'referred', work: { referral: { body: 'arbitration', nextAt, receivedAt: null }, clocks: [{ clock: 'receipt', unitId: null }] } }, 'it stays open until the receiver took it')
  t.match(await hall.act(second.id, { act: 'confirm-receipt', reference: '洛劳仲字〔2026〕11号', note: '' }), { state: 'closed', outcome: 'referred', work: { referral: { reference: '洛劳仲字〔2026〕11号' } } })
})

t.test('an open manhole at night that three owners deny: made safe first', async (t) => {
  // Night, whatever the clock on the wall says: a day off is one.
  await node.store.pool.query(`insert into calendar_day (day, kind, name) select (now() at time zone 'Asia/Shanghai')::date + n, 'holiday', '夜里' from generate_series(0, 1) n on conflict (day) do update set kind = 'holiday'`)
  await node.store.refreshRules()
  const { id } = await taken()
  await hall.act(id, { act: 'edit', changes: { kind: 'joint-service', category: 'ride-dispute' } })
  t.match((await hall.get(`/api/tickets/${id}/proposal`)).body, { lead: { unitId: 'transport-bureau', duties: ['RP-02'] }, others: [{ unitId: 'taxi-office' }] }, 'at night it is for who stands by')
  await hall.act(id, { act: 'edit', changes: { kind: 'joint-service', category: 'manhole-cover', place: '龙门大道', description: '井盖丢失' } })
  t.match((await hall.get(`/api/tickets/${id}/proposal`)).body, { hazard: true, lead: { unitId: 'municipal-works', why: { zh: /^MH-01（.*）$/ } } }, 'which is there at this hour')
  await hall.act(id, { act: 'dispatch', unitId: 'municipal-works', assist: ['urban-management'], note: '' })
  await unit('municipal-works').hears('dispatch', id)
  await unit('urban-management').hears('dispatch', id)
  await until('the hazard’s own clock', async () => (await world.rows(`select 1 from ticket_clock where ticket_id = $1 and clock = 'safe' and ended_at is null`, [id])).length === 1)

  await t.rejects(unit('municipal-works').act(id, { act: 'return', duty: 'MH-02', note: '不是我们的井' }), /ticket\.illegal.*险情未排除/, 'nobody puts it down while somebody could fall in')
  await unit('municipal-works').act(id, { act: 'dispute', duty: 'MH-02', note: '井盖标识为“雨”' })
  await hall.hears('disputed', id)
  const safe = await unit('urban-management').act(id, { act: 'progress', step: 'made-safe', note: '已围挡并设警示灯', photos: [] })
  t.ok(safe.work.safeAt !== null && !safe.work.clocks.some(({ clock }) => clock === 'safe'), 'the dispute ran beside it')

  await t.rejects(unit('municipal-works').act(id, { act: 'return', duty: 'MH-01', note: '不是我们的井' }), /ticket\.duty-unknown/, 'a rule that names the unit itself is no reason')
  t.match(await unit('municipal-works').act(id, { act: 'return', duty: 'MH-02', note: '属排水' }), { state: 'returned', unitId: null })
  await hall.hears('returned', id)
  await hall.act(id, { act: 'reassign', unitId: 'drainage', note: '按 MH-02' })
  await unit('drainage').hears('dispatch', id)
  t.match(await unit('drainage').act(id, { act: 'return', duty: 'MH-04', note: '属通信井' }), { state: 'ruling', unitId: null }, 'two returns, then a ruling')
  await chief.hears('ruling-wanted', id)
  await t.rejects(hall.act(id, { act: 'dispatch', unitId: 'telecom', note: '' }), /ticket\.illegal/, 'nobody simply sends it on')
  t.match(await chief.act(id, { act: 'rule', unitId: 'telecom', duty: 'MH-04', note: '产权清单第 12 页' }), { state: 'dispatched', unitId: 'telecom', work: { binding: true } })
  await unit('telecom').hears('dispatch', id)
  await t.rejects(unit('telecom').act(id, { act: 'return', duty: 'MH-02', note: '不是我们的' }), /ticket\.illegal.*裁定/)
  await unit('telecom').act(id, { act: 'sign', note: '' })
  await unit('telecom').act(id, { act: 'report', result: 'done', note: '已换新井盖', photos: [] })
  t.match(await hall.act(id, { act: 'close', note: '' }), { state: 'closed', outcome: 'done', work: { returns: [{ unitId: 'municipal-works' }, { unitId: 'drainage' }] } })
})

t.test('a power cut with 300 callers: one incident, 300 notices', async (t) => {
  const CALLERS = 300
  const numberOf = (n: number): string => `139001${String(n).padStart(5, '0')}`
  // Of the first two each operator believes that he is the only one: both are with the unit before anybody sees more in it.
  const [first, second] = [await taken(numberOf(0)), await taken(numberOf(1))]
  for (const { id } of [first, second]) {
    await hall.act(id, { act: 'edit', changes: { kind: 'joint-service', category: 'power-repair', place: '景华路', description: '家里停电' } })
    await hall.act(id, { act: 'dispatch', unitId: 'power-supply', note: '' })
    await unit('power-supply').hears('dispatch', id)
  }
  // The others call while nobody is free, twenty at a time, and press the key for power while they wait.
  await takeBreak(true)
  const calls: PlacedCall[] = []
  while (2 + calls.length < CALLERS) {
    for (const n of Array.from({ length: Math.min(20, CALLERS - 2 - calls.length) }, (_, more) => 2 + calls.length + more)) {
      const call = world.call({ number: numberOf(n), verified: true, place: '景华路', lat: 34.663 + (n % 20) * 0.0002, lon: 112.401 + (n % 15) * 0.0002 })
      let pressed = false
      call.onReport(({ type, detail }) => {
        if (type === 'hears' && detail.includes('topics') && !pressed) { pressed = true; call.press('4') }
      })
      calls.push(call)
    }
    await until(`${calls.length} to wait`, () => calls.every(({ reports }) => reports.some(({ type }) => type === 'key' || type === 'fallback')), 60_000)
  }
  const numbers = new Set(Array.from({ length: CALLERS }, (_, n) => numberOf(n)))
  for (const n of [1, 2, 3]) world.exchange.phones.set(extensionOf(n), { answerAfter: 50 })
  await takeBreak(false)
  // Whoever talks with an operator says what he has to say, and hangs up.
  await until('everybody to be answered', () => {
    for (const { me } of desks) if (me?.presence === 'talking') calls.find(({ callId, bridgedTo }) => callId === me.callId && bridgedTo !== null)?.hangUp()
    return calls.every((call) => operatorsOf(call).length > 0 && call.ended)
  }, 200_000)
  const opened = async (): Promise<{ id: string; category: string | null }[]> => world.rows('select id, category from ticket where id = any($1)', [[first.id, second.id, ...calls.map(({ callId }) => callId)]])
  await until('a ticket for each', async () => (await opened()).length === CALLERS, 60_000)
  // Whose key was not heard told it to the operator, who writes it down.
  for (const { id, category } of await opened()) if (category === null) await hall.act(id, { act: 'edit', changes: { category: 'power-repair' } })
  for (const n of [1, 2, 3]) world.exchange.phones.set(extensionOf(n), 'manual')
  await until('one incident of them all', async () => (await world.rows<{ followers: number }>(`select count(*)::int as followers from ticket where state = 'merged' and category = 'power-repair'`))[0]?.followers === CALLERS - 2, 60_000)
  t.same((await world.rows(`select count(*)::int as tickets, count(distinct operator_id)::int as operators from ticket where category = 'power-repair'`))[0], { tickets: CALLERS, operators: 3 }, 'one ticket for each who called, by three operators')
  const { id } = first
  t.match(await world.rows(`select id, members, state from ticket where category = 'power-repair' and merged_into is null order by opened_at`), [{ id, members: CALLERS - 2, state: 'dispatched' }, { id: second.id, members: 0, state: 'dispatched' }], 'what the unit has leads; the second that it has stands beside it until somebody says so')
  await chief.hears('incident', id)
  const beside = (await hall.get(`/api/tickets/${id}/history`)).body as { history: HistoryRow[] }
  t.match(beside.history.filter(({ act }) => act === 'propose'), [{ changes: { beside: [null, (await world.rows<{ number: string }>('select number from ticket where id = $1', [second.id]))[0]?.number] } }], 'which one, once')
  await hall.act(second.id, { act: 'merge', into: id, note: '同一片停电' })
  await unit('power-supply').hears('merged', second.id)
  t.equal((await world.rows(`select 1 from outbox where kind = 'dispatch' and channel = 'terminal' and ticket_id in (select id from ticket where category = 'power-repair')`)).length, 2, 'nothing was dispatched again')
  await unit('power-supply').act(id, { act: 'progress', step: 'repaired', note: '更换变压器熔断器', photos: [] })
  await unit('power-supply').act(id, { act: 'report', result: 'done', note: '14:20 恢复供电', photos: [] })
  await hall.act(id, { act: 'close', note: '' })
  const counts = async () => (await world.rows<{ tickets: number; incidents: number; closed: number }>(`select count(*)::int as tickets, count(*) filter (where merged_into is null)::int as incidents, count(*) filter (where state = 'closed')::int as closed from ticket where category = 'power-repair'`))[0]
  await until('all to be closed', async () => (await counts())?.closed === CALLERS)
  t.same(await counts(), { tickets: CALLERS, incidents: 1, closed: CALLERS }, 'both counts survive')
  t.equal(((await hall.get(`/api/tickets?mergedInto=${id}&limit=1`)).body as TicketList).total, CALLERS - 1, 'every caller is kept for the return visit')
  await until('300 notices', () => new Set(messages().filter(({ to, text }) => numbers.has(to) && text.includes('恢复供电')).map(({ to }) => to)).size === CALLERS, 90_000)
  const count = messages().filter(({ text }) => text.includes('恢复供电')).length
  t.equal(count, CALLERS, 'each caller once')
})

t.test('afterwards every history is whole', async (t) => {
  const report = await verifyHistories(node.store.pool)
  t.same(report.faults, [])
  t.ok(report.tickets >= 304)
})

t.test('nothing is left running or open', async () => {
  for (const bot of [hall, chief, ...units.values()]) bot.close()
  await world.close()
})
