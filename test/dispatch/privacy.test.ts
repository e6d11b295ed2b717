import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { PRIVACIES, type Privacy } from '../../src/contracts/work.js'
import { makeBoard } from '../../src/dispatch/board.js'
import { makeCitizens } from '../../src/dispatch/citizen.js'
import { shownToCounty } from '../../src/dispatch/core/county.js'
import { citizenText, noticeText } from '../../src/dispatch/core/notices.js'
import { historyShownTo, OUTLETS, SHOWN, shownTo } from '../../src/dispatch/core/privacy.js'
import { NOTICE_KINDS } from '../../src/contracts/dispatch.js'
import { makeTickets } from '../../src/dispatch/tickets.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'
import { ticketOf } from './city.js'

t.setTimeout(400_000)
const NUMBER = '13900007731'
const NAME = '尉迟女士'
const wished = (privacy: Privacy): Ticket => ticketOf('dispatched', { privacy }, { caller: { number: NUMBER, name: NAME, verified: true }, fields: { kind: 'joint-service', category: 'noise', place: '中州路', point: null, description: '夜间施工', callerName: NAME, callBack: false }, tags: [{ key: 'category', value: 'noise', node: 'menu', at: 1 }, { key: 'contact', value: NUMBER, node: 'your-number', at: 2 }] })
const leaks = (value: unknown): { readonly number: boolean; readonly name: boolean } => { const text = JSON.stringify(value); return { number: text.includes(NUMBER), name: text.includes(NAME) } }

t.test('the table itself: nobody sees more where more is kept back, nor outside more than inside', (t) => {
  const rank = { full: 2, reason: 1, none: 0 }
  const most = (privacy: Privacy, outlet: keyof (typeof SHOWN)['open']): number => rank[SHOWN[privacy][outlet].number] * 2 + Number(SHOWN[privacy][outlet].name)
  for (const outlet of OUTLETS) for (const [n, privacy] of PRIVACIES.entries()) if (n > 0) t.ok(most(privacy, outlet) <= most(PRIVACIES[n - 1] ?? 'open', outlet), `${privacy} ${outlet}`)
  for (const privacy of PRIVACIES) {
    t.ok(most(privacy, 'unit') <= most(privacy, 'operator') || privacy === 'anonymous')
    for (const outlet of ['message', 'public'] as const) t.same(SHOWN[privacy][outlet], { number: 'none', name: false })
  }
  t.same(SHOWN.anonymous, { operator: { number: 'none', name: false }, supervisor: { number: 'reason', name: false }, unit: { number: 'none', name: false }, county: { number: 'none', name: false }, message: { number: 'none', name: false }, public: { number: 'none', name: false } })
  t.end()
})

t.test('a ticket and its history say no more than the table', (t) => {
  for (const privacy of PRIVACIES) {
    for (const outlet of OUTLETS) {
      const { number, name } = SHOWN[privacy][outlet]
      t.same(leaks(shownTo(wished(privacy), outlet)), { number: number === 'full', name }, `${privacy} ${outlet}`)
      t.match(shownTo(wished(privacy), outlet).tags[0], { key: 'category' }, 'what it is about stays')
      t.equal(JSON.stringify(historyShownTo([{ version: 2, actId: randomUUID(), act: 'edit', at: 1, by: null, changes: { callerName: ['', NAME], place: ['', '中州路'] }, note: '' }], privacy, outlet)).includes(NAME), name)
    }
    t.same(leaks(shownToCounty(wished(privacy))), { number: SHOWN[privacy].county.number === 'full', name: SHOWN[privacy].county.name })
    // What goes out by webhook, mail and text message is made of these texts and of nothing of the complainant's.
    for (const kind of NOTICE_KINDS) t.same(leaks([noticeText(kind, wished(privacy), 'Asia/Shanghai'), citizenText(kind, wished(privacy), 'Asia/Shanghai')]), { number: false, name: false }, kind)
  }
  t.end()
})

t.test('every way out of a real database', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  await store.pool.query(`insert into unit_channel (unit_id, channel, address, secret) values ('municipal-works', 'webhook', 'https://hook.example/x', 'k'), ('municipal-works', 'email', 'duty@works.example', '')`)
  const person = async (role: Self['role'], unitId?: string): Promise<Self> => {
    const self: Self = { id: randomUUID(), loginName: role, displayName: role, role, language: 'zh-CN', skills: [], ...(unitId === undefined ? {} : { unitId }) }
    await store.pool.query('insert into person (id, login_name, display_name, role, unit_id) values ($1, $2, $2, $3, $4)', [self.id, role, role, unitId ?? null])
    return self
  }
  const [operator, supervisor, unit] = [await person('operator'), await person('supervisor'), await person('unit', 'municipal-works')]
  const tickets = makeTickets({ store: store.records, side: store.attachments, knowsCategory: () => true, onActed: () => undefined })
  const people = { operator, supervisor, unit }
  const citizens = makeCitizens({ store: store.citizens, units: () => tickets.units(), categories: () => [{ code: 'noise', name: { zh: '噪声', en: 'Noise' }, class: 'standard' }], timeZone: 'Asia/Shanghai', keys: ['key-of-the-test-city'], clock: Date.now })
  for (const privacy of PRIVACIES) {
    const number = NUMBER.replace('31', `${PRIVACIES.indexOf(privacy)}1`)
    const { service_request_id: label } = await citizens.file({ api_key: 'key-of-the-test-city', service_code: 'noise', description: '夜间施工', address_string: `中州路 ${privacy}`, phone: number })
    const id = (await store.citizens.byNumber(label))?.id ?? ''
    const did = (value: unknown): { number: boolean; name: boolean } => ({ number: JSON.stringify(value).includes(number), name: JSON.stringify(value).includes(NAME) })
    await tickets.act(operator, id, { actId: randomUUID(), act: 'edit', baseVersion: 2, changes: { callerName: NAME, callBack: true } })
    const { ticket: { version } } = await tickets.act(operator, id, { actId: randomUUID(), act: 'protect', baseVersion: 3, privacy, note: '' })
    const answered = await tickets.act(operator, id, { actId: randomUUID(), act: 'dispatch', baseVersion: version, unitId: 'municipal-works', note: '' })
    for (const outlet of ['operator', 'supervisor', 'unit'] as const) {
      const who = people[outlet]
      const shown = SHOWN[privacy][outlet]
      const expected = { number: shown.number === 'full', name: shown.name }
      t.same(did(await tickets.get(who, id)), expected, `${privacy}: the ticket for ${outlet}`)
      t.equal(did(await tickets.history(who, id)).name, shown.name, `${privacy}: the history for ${outlet}`)
      t.same(did(await tickets.list(who, { limit: 200, offset: 0 })), { number: false, name: false }, 'lists have neither')
      t.equal((await tickets.list(who, { text: number, limit: 1, offset: 0 })).total, outlet === 'unit' || privacy === 'anonymous' ? 0 : 1, `${privacy}: found by number by ${outlet}`)
      t.equal((await tickets.list(who, { text: NAME, limit: 200, offset: 0 })).tickets.some((one) => one.id === id), outlet !== 'unit' && privacy !== 'anonymous', `${privacy}: found by name by ${outlet}`)
      t.ok((await tickets.list(who, { text: '夜间施工', limit: 200, offset: 0 })).tickets.some((one) => one.id === id), 'what it is about is found')
      const audited = async (): Promise<number> => (await store.pool.query(`select 1 from audit where act = 'caller.reveal' and subject = $1 and person_id = $2`, [id, who.id])).rowCount ?? 0
      if (shown.number === 'none') {
        await t.rejects(tickets.reveal(who, id, '想看看'), { code: 'ticket.confidential' }, `${privacy}: not even for a reason to ${outlet}`)
        t.equal(await audited(), 0)
      } else {
        t.same(await tickets.reveal(who, id, '到场找不到位置'), { number, name: shown.name ? NAME : '' }, `${privacy}: for a reason to ${outlet}`)
        t.equal(await audited(), 1)
      }
    }
    t.same(did(answered), { number: SHOWN[privacy].operator.number === 'full', name: SHOWN[privacy].operator.name }, 'the answer to an act')
    const { rows: out } = await store.pool.query(`select channel, audience, body, case when audience = 'citizen' then '' else address end as address from outbox where ticket_id = $1`, [id])
    t.ok(out.length >= 3)
    t.same(did(out), { number: false, name: false }, `${privacy}: terminal, webhook and mail`)
    t.same(did(await citizens.requests('key-of-the-test-city', { numbers: [label], limit: 1, offset: 0 })), { number: false, name: false }, `${privacy}: GeoReport`)
    // Whoever tries a telephone must not learn whose ticket it is.
    if (privacy === 'identity-hidden' || privacy === 'anonymous') await t.rejects(citizens.ask(label, number), { code: 'ask.not-found' }, `${privacy}: no question from outside`)
    else t.same(did(await citizens.ask(label, number)), { number: false, name: false }, `${privacy}: his own question`)
    const context = await store.records.lookUp({ callId: randomUUID(), number, location: undefined, category: undefined } as never)
    t.equal(context.earlierTickets.some((one) => one.id === id), privacy !== 'anonymous', `${privacy}: the card of his next call`)
  }
  // Anybody of the hall keeps more back; to show more again somebody answers for.
  const [id] = (await store.pool.query<{ id: string }>(`select id from ticket where work ->> 'privacy' = 'number-hidden'`)).rows.map((row) => row.id)
  const protect = async (who: Self, privacy: Privacy, note: string): Promise<unknown> => tickets.act(who, id ?? '', { actId: randomUUID(), act: 'protect', baseVersion: (await store.records.get(id ?? '')).version, privacy, note })
  const loosened = async (): Promise<unknown> => (await store.pool.query(`select person_id, details ->> 'reason' as reason from audit where act = 'caller.reveal' and subject = $1 and details ->> 'reason' like '本人%'`, [id])).rows
  await protect(operator, 'anonymous', '')
  for (const privacy of ['open', 'number-hidden', 'identity-hidden'] as const) await t.rejects(protect(operator, privacy, '本人同意'), { code: 'ticket.illegal', details: { en: /only a supervisor/ } })
  t.equal((await tickets.get(operator, id ?? '')).caller.number, '')
  await t.rejects(protect(supervisor, 'open', ' '), { code: 'ticket.illegal', details: { en: /say why/ } })
  t.same(await loosened(), [])
  await protect(supervisor, 'identity-hidden', '本人来电同意公开电话')
  t.same(await loosened(), [{ person_id: supervisor.id, reason: '本人来电同意公开电话' }])
  await protect(supervisor, 'anonymous', '')
  t.equal((await loosened() as unknown[]).length, 1, 'to keep more back reveals nothing')
  // Also when it is over: who fears the unit that he complained about asks for it just then.
  const closed = (await store.pool.query<{ id: string }>(`select id from ticket where work ->> 'privacy' = 'open'`)).rows[0]?.id ?? ''
  await tickets.act(operator, closed, { actId: randomUUID(), act: 'edit', baseVersion: (await store.records.get(closed)).version, changes: { kind: 'joint-service' } })
  const over = await tickets.act(operator, closed, { actId: randomUUID(), act: 'settle', baseVersion: (await store.records.get(closed)).version, outcome: 'answered', note: '' })
  await t.rejects(tickets.reveal(unit, closed, '想找他谈谈'), { code: 'ticket.over' })
  t.match(await tickets.reveal(supervisor, closed, '回访'), { name: NAME })
  t.match(await tickets.act(operator, closed, { actId: randomUUID(), act: 'protect', baseVersion: over.ticket.version, privacy: 'anonymous', note: '' }), { ticket: { state: 'closed', work: { privacy: 'anonymous' } } })
  t.same((await tickets.get(unit, closed)).caller, { number: '', name: '', verified: (await store.records.get(closed)).caller.verified })
  let csv = ''
  for await (const part of await makeBoard({ store: store.board, tickets, categories: () => [], timeZone: 'Asia/Shanghai' }).csv(supervisor, {})) csv += part
  t.notMatch(csv, new RegExp(`${NUMBER.slice(0, 9)}|${NAME}`), 'the export')
  t.match(csv, /夜间施工/)
})

t.test('a ticket of before the degrees: confidential is identity-hidden', async (t) => {
  const { openOldDatabase } = await import('../helpers/database.js')
  const { pool, finish } = await openOldDatabase(t, 58)
  const [hidden, open] = [randomUUID(), randomUUID()]
  for (const [id, confidential] of [[hidden, true], [open, false]] as const) await pool.query(`insert into ticket (id, number, state, version, number_called_from, number_verified, answered_at, work) values ($1::uuid, $1::text, 'open', 1, '', false, now(), $2)`, [id, JSON.stringify({ confidential, urged: 1 })])
  await finish()
  t.same((await pool.query('select work, anonymous from ticket order by work ->> \'privacy\'')).rows, [{ work: { privacy: 'identity-hidden', urged: 1 }, anonymous: false }, { work: { privacy: 'open', urged: 1 }, anonymous: false }])
})
