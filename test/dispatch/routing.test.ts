import fc from 'fast-check'
import t from 'tap'
import { gather, metresBetween, type ClusterRule, type Spot } from '../../src/dispatch/core/cluster.js'
import { propose, type Question } from '../../src/dispatch/core/routing.js'
import { CITY, NOW } from './city.js'

const NIGHT = Date.parse('2026-06-24T15:00:00Z')
const HOLIDAY = Date.parse('2026-10-01T02:00:00Z')
const ask = (more: Partial<Question>): ReturnType<typeof propose> => propose({ category: 'manhole-cover', area: null, priority: 'normal', hazard: false, now: NOW, ...more }, CITY)

t.test('the proposal says who, why, and who else was looked at', async (t) => {
  const day = ask({})
  t.match(day, { hazard: true, lead: { unitId: 'municipal-works', duties: ['MH-01'], why: { zh: /MH-01（职责清单）/, en: /MH-01/ } }, assist: [{ unitId: 'drainage' }, { unitId: 'telecom', why: { zh: /MH-04/ } }], safe: null })
  t.match(day.clocks, [{ clock: 'sign', minutes: 10 }, { clock: 'safe', minutes: 60 }, { clock: 'repair', minutes: 1_440 }, { clock: 'report' }])
  t.match(day.others.map(({ duties: [code], why }) => `${code ?? ''} ${why.en}`).join('\n'), /MH-05 MH-05: only for jianxi[\s\S]*MH-00 MH-00: not in force today/)
  t.match(ask({ area: 'jianxi' }).lead, { unitId: 'telecom', duties: ['MH-05'] }, 'a rule for the district before one for the city')
})

t.test('of what came back, whom the unit named that gave it back; that unit itself is not proposed again', async (t) => {
  const back = (unitId: string, duty: string | null): NonNullable<Question['returns']>[number] => ({ unitId, duty, note: '', at: NOW })
  const named = ask({ returns: [back('municipal-works', 'MH-04')] })
  t.match(named.lead, { unitId: 'telecom', duties: ['MH-04'], why: { zh: /^municipal-works 退单指明：MH-04/, en: /^named by municipal-works, which returned it: MH-04/ } })
  t.same(named.assist.map(({ unitId }) => unitId), ['drainage'], 'who leads does not assist')
  t.match(named.others.find(({ unitId }) => unitId === 'municipal-works')?.why, { en: /this unit has returned it/ })
  t.match(ask({ returns: [back('drainage', 'MH-04')] }).others.find(({ unitId }) => unitId === 'municipal-works')?.why, { en: /the return names MH-04/ }, 'before the rule that would lead')
  t.match(ask({ returns: [back('municipal-works', 'XX-99')] }), { lead: null }, 'a rule that is no more names nobody, and who gave it back is asked by no list either')
  t.match(ask({ returns: [back('municipal-works', 'MH-04'), back('telecom', 'MH-01')] }), { lead: null }, 'two that name one another')
  t.match(ask({ returns: [back('municipal-works', null)] }).lead, { unitId: 'municipal-works' }, 'a referral that the hall took back says nothing of whose it is')
  t.equal(ask({ returns: [back('municipal-works', 'MH-04')], now: NIGHT }).safe?.unitId, 'urban-management', 'somebody guards it while the named one is away')
})

t.test('at night and on days off the unit that stands by', async (t) => {
  const ride = { category: 'ride-dispute' }
  t.match(ask(ride).lead, { unitId: 'taxi-office', duties: ['RP-01'] })
  for (const now of [NIGHT, HOLIDAY]) {
    const night = ask({ ...ride, now })
    t.match(night.lead, { unitId: 'transport-bureau', duties: ['RP-02'] })
    t.ok(night.others.some(({ unitId, why }) => unitId === 'taxi-office' && why.zh.includes('非工作时间')))
  }
})

t.test('the night begins when the office is empty, whatever its hours', async (t) => {
  for (const [at, unitId] of [['08:30', 'transport-bureau'], ['09:00', 'taxi-office'], ['12:30', 'transport-bureau'], ['13:30', 'taxi-office'], ['17:45', 'transport-bureau'], ['18:05', 'transport-bureau']] as const) {
    t.match(ask({ category: 'ride-dispute', now: Date.parse(`2026-06-24T${at}:00+08:00`) }).lead, { unitId, why: { en: /^RP-0\d \(职责清单\)$/ } }, at)
  }
})

t.test('a hazard has somebody who makes it safe while its owner is asleep', async (t) => {
  t.match(ask({ area: 'jianxi', now: NIGHT }), { lead: { unitId: 'telecom', why: { en: /nobody there at this hour/ } }, safe: { unitId: 'urban-management', why: { zh: /先排险/ } } })
  t.equal(ask({ area: 'jianxi' }).safe, null, 'by day the owner does')
})

t.test('no rule: the unit’s own list; nothing at all: nobody is made up', async (t) => {
  t.match(propose({ category: 'manhole-cover', area: null, priority: 'normal', hazard: false, now: NOW }, { ...CITY, duties: [] }).lead, { unitId: 'municipal-works', duties: [], why: { en: /no rule of duty/ } })
  t.match(ask({ category: 'other' }), { lead: null, safe: null, assist: [] })
  t.match(ask({ category: null }), { lead: null })
  t.match(ask({ category: 'ride-dispute', now: Date.parse('2031-02-03T02:00:00Z') }).lead, { unitId: 'taxi-office' }, 'a year whose days off are unknown stops nobody')
  t.match(ask({ category: 'ride-dispute', now: Date.parse('2031-02-08T02:00:00Z') }).lead, { unitId: 'transport-bureau', why: { en: /^RP-02 \(职责清单\)$/ } }, 'there a Saturday is a day off, for who works as for who stands by')
})

const rule: ClusterRule = { category: 'power-repair', metres: 500, minutes: 360, burst: 5, burstMinutes: 30 }
const spot = (id: number, east: number, more: Partial<Spot> = {}): Spot => ({ id: String(id).padStart(4, '0'), lat: 34.66, lon: 112.4 + east / 91_400, place: '', openedAt: id, latestAt: id, members: 0, hand: 'nobody', ...more })
/** A minute after the first of them. */
const gathered = (spots: readonly Spot[], by = rule, now = 60_000): ReturnType<typeof gather> => gather(spots, by, now)

t.test('many calls about one thing', async (t) => {
  t.ok(Math.abs(metresBetween({ lat: 34.66, lon: 112.4 }, { lat: 34.66, lon: 112.4 + 1_000 / 91_400 }) - 1_000) < 15)
  t.same(gathered([1, 2, 3, 4].map((n) => spot(n, n * 10))), [], 'four are four')
  t.same(gathered([1, 2, 3, 4, 5].map((n) => spot(n, n * 10))), [{ main: '0001', members: ['0002', '0003', '0004', '0005'], beside: [], raised: true }], 'the oldest leads')
  t.same(gathered([spot(1, 0, { members: 4, hand: 'unit' }), spot(2, 100), spot(3, 9_000)]), [{ main: '0001', members: ['0002'], beside: [], raised: false }], 'who comes later follows')
  t.same(gathered([1, 2, 3, 4, 5].map((n) => spot(n, n * 5_000))), [], 'far apart')
  t.same(gathered([1, 2, 3, 4, 5].map((n) => spot(n, 0, { lat: null, lon: null, place: n % 2 === 0 ? '景华路 56 号' : '景华路56号' })))[0]?.members.length, 4, 'without a position the words say it')
  t.same(gathered([1, 2, 3, 4, 5].map((n) => spot(n, 0, { lat: null, lon: null }))), [], 'nowhere is not a place')
  t.same(gathered([1, 2, 3, 4, 5].map((n) => spot(n, n)), { ...rule, burst: null }), [], 'never by itself where the rule says so')
  t.same(gathered([spot(1, 0, { members: 9, hand: 'unit' }), spot(2, 1)], { ...rule, burst: null }), [], 'nor after a person merged some')
  t.same(gathered([spot(1, 0, { members: 1, hand: 'unit' }), spot(2, 1), spot(3, 2)]), [], 'two that a person merged are no incident')
  t.same(gathered([spot(1, 0, { members: 1, hand: 'unit' }), spot(2, 1), spot(3, 2), spot(4, 3)]), [{ main: '0001', members: ['0002', '0003', '0004'], beside: [], raised: true }], 'but they count among so many')
  const at = (hands: readonly Spot['hand'][]): Spot[] => hands.map((hand, n) => spot(n + 1, n * 10, { hand }))
  t.same(gathered(at(['nobody', 'nobody', 'unit', 'nobody', 'nobody'])), [{ main: '0003', members: ['0001', '0002', '0004', '0005'], beside: [], raised: true }], 'what a unit has already leads, and costs no second dispatch')
  t.same(gathered(at(['unit', 'done', 'unit', 'nobody', 'unit'])), [{ main: '0001', members: ['0004'], beside: ['0003', '0005'], raised: true }], 'what other units have is for a person to say')
  t.same(gathered(at(['unit', 'unit', 'unit', 'unit', 'unit'])), [{ main: '0001', members: [], beside: ['0002', '0003', '0004', '0005'], raised: true }], 'also where nobody is left to follow')
  t.same(gathered(at(['unit', 'done', 'done', 'done', 'done'])), [], 'one that is left over is no incident')
  t.same(gathered([spot(1, 0, { members: 1, hand: 'unit' }), ...at(['nobody', 'unit', 'unit', 'nobody', 'nobody']).slice(1)]), [{ main: '0001', members: ['0004', '0005'], beside: ['0002', '0003'], raised: true }], 'beside one that leads, too')
  t.same(gathered([spot(1, 0, { members: 3, hand: 'unit' }), ...at(['nobody', 'unit', 'nobody']).slice(1)]), [{ main: '0001', members: ['0003'], beside: ['0002'], raised: false }], 'and it is raised once')
  t.same(gathered([spot(1, 0, { members: 4, hand: 'done' }), spot(2, 1), spot(3, 2, { hand: 'unit' })]), [{ main: '0001', members: [], beside: ['0002'], raised: false }], 'who calls about one that is said to be done does not follow it, and somebody looks')
  t.same(gathered([spot(1, 0, { members: 1, hand: 'done' }), spot(2, 1)]), [], 'but two that a person merged were none')
  t.same(gathered([spot(1, 0, { members: 4, hand: 'done' }), ...at(['nobody', 'nobody', 'nobody', 'nobody', 'nobody', 'nobody']).slice(1)]).map(({ main, members, beside }) => [main, members.length, beside.length]), [['0001', 0, 5], ['0002', 4, 0]], 'and so many of them are an incident besides')
  const hours = (n: number): number => n * 3_600_000
  t.same(gathered([spot(1, 0, { members: 9, hand: 'unit', latestAt: hours(1) }), spot(2, 1, { openedAt: hours(8) })], rule, hours(8)), [], 'an outage that nobody called about for longer than the rule’s minutes is another one')
  t.match(gathered([spot(1, 0, { members: 9, hand: 'unit', latestAt: hours(3) }), spot(2, 1, { openedAt: hours(8) })], rule, hours(8)), [{ main: '0001' }], 'one that is called about goes on, however old')
})

t.test('nobody is in two incidents, nobody follows himself, and the order of calls changes nothing', async () => {
  const spots = fc.uniqueArray(fc.record({ id: fc.integer({ min: 1, max: 9_999 }), east: fc.integer({ min: 0, max: 4_000 }), members: fc.constantFrom(0, 0, 0, 1, 6), hand: fc.constantFrom('nobody' as const, 'unit' as const, 'done' as const) }), { selector: ({ id }) => id, maxLength: 60 })
    .map((list) => list.map(({ id, east, members, hand }) => spot(id, east, { members, hand: members === 0 ? hand : 'unit' })))
  fc.assert(fc.property(spots, fc.integer(), (list, turn) => {
    const found = gathered(list)
    const members = found.flatMap((one) => one.members)
    if (new Set(members).size !== members.length) throw new Error('in two')
    for (const { main, members: own } of found) if (members.includes(main) || own.includes(main)) throw new Error('follows itself')
    for (const id of members) if (list.find((one) => one.id === id)?.hand !== 'nobody') throw new Error('somebody works on it')
    const turned = [...list.slice(Math.abs(turn) % Math.max(1, list.length)), ...list.slice(0, Math.abs(turn) % Math.max(1, list.length))]
    if (JSON.stringify(gathered(turned)) !== JSON.stringify(found)) throw new Error('the order counts')
  }), { numRuns: 200, seed: 110 })
})
