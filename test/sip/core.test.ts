import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { LRUCache } from 'lru-cache'
import t from 'tap'
import { admit, emptyAdmission, floorOf, RANKS, type Admission, type AdmissionRules } from '../../sip/core/admission.js'
import { carriedHeaders, headerValue } from '../../sip/core/carry.js'
import { deadlines, learnt, type Clocks } from '../../sip/core/lateness.js'
import { objection, readInvite } from '../../sip/core/invite.js'
import { emptyCounts, invited, REFUSALS, resumed, settled, unaccounted, type Outcome } from '../../sip/core/ledger.js'
import { listOf, numberOf, readAddress, readMessage } from '../../sip/core/message.js'
import { isUsable, makePool, order, stepPool, type PoolEvent } from '../../sip/core/pool.js'
import { judge } from '../../sip/core/result.js'
import { openSorry } from '../../sip/sorry.js'
import { readSettings } from '../../sip/settings.js'
import { encodeCommand } from '../../src/pbx/esl/command.js'
import { carryVariables } from '../../src/pbx/leg-variables.js'

const RULES = { fall: 2, rise: 2 }
const ids = ['a:1', 'b:2', 'c:3'] as const

t.test('pool: health with hysteresis', async (t) => {
  const run = (...events: readonly PoolEvent['type'][]): string =>
    events.reduce((pool, type) => stepPool(pool, { type, id: 'a:1' } as PoolEvent, 0, RULES), makePool([{ id: 'a:1', weight: 1 }], 0)).get('a:1')?.health ?? ''
  for (const [events, health] of [
    [[], 'unknown'], [['good'], 'up'], [['good', 'bad'], 'up'], [['good', 'bad', 'bad'], 'down'], [['good', 'bad', 'good', 'bad'], 'up'],
    [['bad', 'bad', 'good'], 'down'], [['bad', 'bad', 'good', 'good'], 'up'], [['bad', 'bad', 'good', 'bad', 'good'], 'down'],
    [['good', 'full'], 'full'], [['good', 'full', 'good'], 'full'], [['good', 'full', 'good', 'good'], 'up'], [['full', 'bad', 'bad'], 'down'],
    [['good', 'full', 'bad', 'good'], 'full'], [['good', 'full', 'good', 'bad'], 'full'], [['good', 'full', 'bad', 'good', 'good'], 'up'], [['full', 'good', 'bad', 'bad'], 'down'],
    // Calls that are taken and not answered: what answers OPTIONS is not asked.
    [['good', 'stuck'], 'up'], [['good', 'stuck', 'good', 'good', 'stuck'], 'down'], [['good', 'stuck', 'answered', 'stuck'], 'up'],
    [['good', 'stuck', 'stuck', 'good', 'good', 'good', 'full'], 'down'], [['good', 'stuck', 'stuck', 'answered', 'good'], 'down'], [['good', 'stuck', 'stuck', 'stuck', 'answered', 'good', 'good'], 'up'],
    [['good', 'stuck', 'full', 'good', 'good'], 'up'],
  ] as const) t.equal(run(...events), health, events.join(' ') || 'at start')
})

t.test('pool: somebody takes calls there as long as its nodes give new signs', async (t) => {
  const unstaffed = (...signs: readonly (readonly [number, string | null])[]): boolean | undefined =>
    signs.reduce((pool, [at, mark]) => stepPool(pool, { type: 'sign', id: 'a:1', mark }, at, RULES), makePool([{ id: 'a:1', weight: 1 }], 0)).get('a:1')?.unstaffed
  for (const [signs, expected] of [
    [[], false], [[[0, null]], false], [[[0, '']], true], [[[0, '7']], false], [[[0, '7'], [2_000, '7']], false], [[[0, '7'], [4_000, '7']], true], [[[0, '7'], [4_000, '9']], false], [[[0, '7'], [4_000, '5']], false],
    [[[0, '7'], [4_000, '9'], [6_000, '9']], false], [[[0, '7'], [4_000, '9'], [8_000, '9']], true], [[[0, '7'], [4_000, '7'], [8_000, '9']], false], [[[0, ''], [4_000, '']], true], [[[0, '7'], [4_000, '7'], [8_000, null]], false],
    [[[0, '7'], [4_000, '']], true], // FreeSWITCH was restarted
    [[[0, '7'], [4_000, '9'], [3_000, '9']], false], // our clock was set
  ] as const) t.equal(unstaffed(...signs), expected, JSON.stringify(signs))
})

t.test('pool: order of tries', async (t) => {
  const event = fc.record({ type: fc.constantFrom('good', 'bad', 'full', 'stuck', 'answered', 'drain', 'sign'), id: fc.constantFrom(...ids), drained: fc.boolean(), mark: fc.constantFrom('', '1', '2') })
  fc.assert(fc.property(fc.array(event), fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }), fc.array(fc.double({ min: 0, max: 0.999999, noNaN: true }), { minLength: 1, maxLength: 9 }), (events, weights, chances) => {
    const pool = events.reduce((before, one) => stepPool(before, one as PoolEvent, 0, RULES), makePool(ids.map((id, n) => ({ id, weight: weights[n] ?? 1 })), 0))
    let turn = 0
    const chosen = order(pool, () => chances[turn++ % chances.length] ?? 0)
    t.equal(new Set(chosen).size, chosen.length, 'each once')
    t.same(new Set(chosen.map(({ id }) => id)), new Set([...pool.values()].filter(isUsable).map(({ id }) => id)), 'all that may get calls, and no other')
    const up = chosen.map(({ health }) => health === 'up')
    t.same(up, [...up].sort((a, b) => Number(b) - Number(a)), 'those that are up first')
    for (const health of ['up', 'unknown']) {
      const staffed = chosen.filter((target) => target.health === health).map((target) => !target.unstaffed)
      t.same(staffed, [...staffed].sort((a, b) => Number(b) - Number(a)), 'of these, those first where somebody takes calls')
    }
  }))
  let seed = 1
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const pool = ids.slice(0, 2).reduce((before, id) => stepPool(before, { type: 'good', id }, 0, RULES), makePool([{ id: 'a:1', weight: 3 }, { id: 'b:2', weight: 1 }], 0))
  const firsts = Array.from({ length: 4_000 }, () => order(pool, random)[0]?.id)
  t.ok(Math.abs(firsts.filter((id) => id === 'a:1').length / 4_000 - 0.75) < 0.03, 'by weight')
})

const admission: AdmissionRules = {
  site: { perSecond: 10, burst: 20 }, reserved: { emergency: 0.3, standard: 0.5 },
  number: { perSecond: 0.1, burst: 3 }, block: { perSecond: 1, burst: 8 }, trunk: { perSecond: 10, burst: 20 }, again: { perSecond: 2, burst: 4 }, memory: 50,
}

t.test('admission: a number calling an emergency line is demoted, never refused for itself', async (t) => {
  const rules = { ...admission, site: { perSecond: 1_000, burst: 1_000 } }
  const state = emptyAdmission(rules, 0)
  const ranks = Array.from({ length: 10 }, (_, n) => {
    const verdict = admit(state, { number: '13900000001', trunk: '10.0.0.1', class: 'emergency' }, n, rules)
    return verdict.admit ? verdict.rank : 'refused'
  })
  t.same(ranks, ['emergency', 'emergency', 'emergency', ...Array<string>(7).fill('demoted')])
  const later = admit(state, { number: '13900000001', trunk: '10.0.0.1', class: 'emergency' }, 120_000, admission)
  t.match(later, { admit: true, rank: 'emergency' }, 'forgiven')
})

t.test('admission: whoever is refused, a more urgent one would have been let in; memory is bounded; the rate holds', async (t) => {
  const arrival = fc.record({
    number: fc.integer({ min: 0, max: 400 }).map((n) => `139000${String(n).padStart(5, '0')}`), trunk: fc.constantFrom('10.0.0.1', '10.0.0.2'),
    class: fc.constantFrom('emergency' as const, 'standard' as const), gap: fc.integer({ min: 0, max: 300 }),
  })
  fc.assert(fc.property(fc.array(arrival, { maxLength: 300 }), (arrivals) => {
    const state = emptyAdmission(admission, 0)
    let now = 0
    let admitted = 0
    for (const { gap, ...one } of arrivals) {
      now += gap
      const verdict = admit(state, one, now, admission)
      if (one.class === 'emergency' && !verdict.admit) t.equal(verdict.cause, 'overload')
      if (!verdict.admit && verdict.cause === 'overload' && verdict.rank !== 'emergency') {
        const { tokens } = state.site
        t.ok(tokens - 1 < floorOf(verdict.rank, admission))
        for (const rank of RANKS.slice(0, RANKS.indexOf(verdict.rank))) t.ok(floorOf(rank, admission) < floorOf(verdict.rank, admission))
      }
      if (verdict.admit) admitted += 1
      t.ok(state.sources.size <= admission.memory)
      t.ok(state.site.tokens >= 0)
    }
    t.ok(admitted <= admission.site.burst + (now * admission.site.perSecond) / 1_000 + 1e-6)
  }), { numRuns: 60 })
})

/** What would be, without it happening. */
function copyOf({ site, sources }: Admission): Admission {
  const copy = new LRUCache<string, { tokens: number; at: number; calls: number; since: number; calledAt: number }>({ max: sources.max })
  copy.load(structuredClone(sources.dump()))
  return { site: { ...site }, sources: copy }
}

t.test('admission: in a flood of demoted calls an emergency call from elsewhere passes', async (t) => {
  const state = emptyAdmission(admission, 0)
  let refused = 0
  for (let n = 0; n < 500; n += 1) {
    const verdict = admit(state, { number: `1380000${String(n).padStart(4, '0')}`, trunk: '10.0.0.1', class: 'emergency' }, n * 20, admission)
    if (!verdict.admit) refused += 1
    // On the same trunk, too.
    for (const trunk of ['10.0.0.1', '10.0.0.2']) t.match(admit(copyOf(state), { number: '13712345678', trunk, class: 'emergency' }, n * 20, admission), { admit: true, rank: 'emergency' })
  }
  t.ok(refused > 300)
})

t.test('admission: in a flood of numbers drawn by chance whoever calls again is served like anyone, and never so many that the flood could live on it', async (t) => {
  const rules = readSettings({ LIANDONG_EDGE_DRACHTIO_SECRET: 'x'.repeat(20), LIANDONG_EDGE_SECRET: 'y'.repeat(20) }).admission
  const flood = (again: number) => {
    let seed = 7
    const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const state = emptyAdmission(rules, 0)
    const urgent: number[] = []
    const call = (number: string, now: number) => admit(state, { number, trunk: '10.0.0.1', class: 'emergency' }, now, rules)
    const real: string[] = []
    const numbers: string[] = []
    for (let n = 0; n < 50 * 60; n += 1) {
      const number = n >= again && again > 0 ? numbers[n - again] ?? '' : `13${String(Math.floor(chance() * 1e9)).padStart(9, '0')}`
      numbers.push(number)
      const verdict = call(number, n * 20)
      if (verdict.admit && verdict.rank === 'emergency') urgent.push(n * 20)
      // Every four seconds somebody who gets no answer, and dials again three seconds later.
      if (n > 250 && n % 200 === 0) call(`159${String(n).padStart(8, '0')}`, n * 20 + 10)
      if (n > 500 && n % 200 === 150) {
        const second = call(`159${String(n - 150).padStart(8, '0')}`, n * 20 + 10)
        real.push(second.admit ? second.rank : second.cause)
      }
    }
    return { urgent, real }
  }
  const once = flood(0)
  t.ok(once.urgent.length <= 14, `${once.urgent.length} before it was recognised: one or two for each of twelve operators`)
  t.ok(once.real.length > 10)
  t.same(new Set(once.real), new Set(['emergency']))
  // The same machine, and each number twice: it gets what is set aside for that, and no more.
  const twice = flood(150)
  t.ok(twice.urgent.length <= 14 + rules.again.burst + rules.again.perSecond * 60, `${twice.urgent.length}`)
})

t.test('admission: in a flood of some hundred or thousand numbers that recur a real caller is let in as himself after some tries, from the first second on', async (t) => {
  const rules = readSettings({ LIANDONG_EDGE_DRACHTIO_SECRET: 'x'.repeat(20), LIANDONG_EDGE_SECRET: 'y'.repeat(20) }).admission
  const SECONDS = 120
  for (const pool of [200, 400, 600, 1_000, 2_000, 5_000]) for (const way of ['in turn', 'by chance'] as const) {
    let seed = 7
    const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const state = emptyAdmission(rules, 0)
    const isUrgent = (number: string, now: number): boolean => {
      const verdict = admit(state, { number, trunk: '10.0.0.1', class: 'emergency' }, now, rules)
      return verdict.admit && verdict.rank === 'emergency'
    }
    let flooded = 0
    /** By when he dials next: the tries that each real caller has made. */
    const dialling = new Map<string, { at: number; tries: number }>()
    const tries: number[] = []
    for (let n = 0; n < 50 * SECONDS; n += 1) {
      const now = n * 20
      const card = way === 'in turn' ? n % pool : Math.floor(chance() * pool)
      if (isUrgent(`13${String(Math.floor(((card * 0.6180339887498949) % 1) * 1e9)).padStart(9, '0')}`, now)) flooded += 1
      // Every four seconds somebody, who dials again after three until he is let in.
      if (n % 200 === 100) dialling.set(`159${String(n).padStart(5, '0')}111`, { at: now, tries: 0 })
      for (const [number, caller] of dialling) {
        if (caller.at > now) continue
        caller.at = now + 3_000
        caller.tries += 1
        const through = isUrgent(number, now)
        if (through || caller.tries === 6) {
          dialling.delete(number)
          tries.push(through ? caller.tries : Infinity)
        }
      }
    }
    // Five tries are twelve seconds, and fifteen are promised.
    const late = tries.filter((count) => count > 5).length
    t.ok(tries.length > 25 && late <= tries.length / 10, `${pool} numbers ${way}: ${late} of ${tries.length} were not let in at five tries: ${tries.join(' ')}`)
    const most = 14 + rules.again.burst + rules.again.perSecond * SECONDS
    t.ok(flooded <= most, `${pool} numbers ${way}: ${flooded} of the flood passed, ${most} at most`)
  }
})

t.test('admission: one number that calls without end takes the blame alone', async (t) => {
  const rules = readSettings({ LIANDONG_EDGE_DRACHTIO_SECRET: 'x'.repeat(20), LIANDONG_EDGE_SECRET: 'y'.repeat(20) }).admission
  for (const machines of [1, 5]) {
    const state = emptyAdmission({ ...rules, site: { perSecond: 1_000, burst: 1_000 } }, 0)
    const rankOf = (number: string, now: number): string => {
      const verdict = admit(state, { number, trunk: '10.0.0.1', class: 'emergency' }, now, { ...rules, site: { perSecond: 1_000, burst: 1_000 } })
      return verdict.admit ? verdict.rank : verdict.cause
    }
    const [theirs, others]: [string[], string[]] = [[], []]
    for (let n = 0; n < 50 * 30; n += 1) {
      theirs.push(rankOf(`1380000000${n % machines}`, n * 20))
      // A city in its busiest minute: five a second besides.
      if (n % 10 === 5 && n > 100) others.push(rankOf(`159${String((n * 7_919) % 1e8).padStart(8, '0')}`, n * 20 + 10))
    }
    t.ok(theirs.slice(50).every((rank) => rank === 'demoted'))
    t.same(others.filter((rank) => rank !== 'emergency'), [], `${machines} of them: nobody else is demoted`)
  }
})

t.test('admission: an INVITE costs the same however many sources are remembered', async (t) => {
  const rules = readSettings({ LIANDONG_EDGE_DRACHTIO_SECRET: 'x'.repeat(20), LIANDONG_EDGE_SECRET: 'y'.repeat(20) }).admission
  const state = emptyAdmission(rules, 0)
  let n = 0
  const call = (): void => { admit(state, { number: `13${String(Math.floor(((n * 0.6180339887498949) % 1) * 1e9)).padStart(9, '0')}`, trunk: '10.0.0.1', class: 'emergency' }, n++ * 20, rules) }
  while (state.sources.size < rules.memory && n < rules.memory) call()
  t.equal(state.sources.size, rules.memory)
  const before = process.cpuUsage()
  for (let more = 0; more < 500; more += 1) call()
  const { user, system } = process.cpuUsage(before)
  t.ok((user + system) / 500 < 200, `${((user + system) / 500).toFixed(1)} µs an INVITE`)
  t.equal(state.sources.size, rules.memory)
})

t.test('lateness: what FreeSWITCH needed for its answer is not taken for its clock', async (t) => {
  const within = 1_000
  const tried = { order: ['a:1', 'b:2'], within }
  /** It is `lead` before us; the call began `slow` ms after the INVITE, and the answer was here `rest` ms later. */
  const answered = (clocks: Clocks, { lead, slow, rest, at }: { lead: number; slow: number; rest: number; at: number }): Clocks =>
    learnt(clocks, { ...tried, sentAt: at }, [{ id: 'a:1', status: 200, created: at + slow + lead, heardAt: at + slow + rest }])
  const left = (clocks: Clocks, lead: number): number => (deadlines(clocks, { ...tried, sentAt: 9_000_000 })[0] ?? NaN) / 1000 - 9_000_000 - lead
  for (const lead of [0, -3_600_000, 3_600_000]) {
    const slow = answered(new Map(), { lead, slow: 400, rest: 20, at: 1_000_000 })
    t.ok(left(slow, lead) <= within && left(slow, lead) > within - 50, `${left(slow, lead)}`)
    // An edge that was started under load: the first answer of all took longer than a call may.
    for (const took of [[20, 900], [20, 1_200], [0, 30_000], [900, 20]] as const) {
      const late = left(answered(new Map(), { lead, slow: took[0], rest: took[1], at: 1_000_000 }), lead)
      t.ok(late >= within / 2, `one that begins at once is no late one, ${took.join(' + ')} ms: ${late}`)
      t.ok(late <= within / 2 + took[0], `nor is one on time that was given up, ${took.join(' + ')} ms: ${late}`)
    }
    const stuttering = answered(new Map(), { lead, slow: 20, rest: 900, at: 1_000_000 })
    const both = answered(stuttering, { lead, slow: 900, rest: 20, at: 1_010_000 })
    t.ok(left(both, lead) <= within && left(both, lead) > within - 50, `${left(both, lead)}`)
    for (const set of [-60_000, 60_000]) {
      const anew = answered(both, { lead: lead + set, slow: 10, rest: 10, at: 1_020_000 })
      t.ok(left(anew, lead + set) <= within && left(anew, lead + set) > within - 50, `its clock was set by ${set}: ${left(anew, lead + set)}`)
    }
  }
  fc.assert(fc.property(fc.integer({ min: -1e9, max: 1e9 }), fc.array(fc.record({ slow: fc.integer({ min: 0, max: 2_000 }), rest: fc.integer({ min: 0, max: 2_000 }) }), { minLength: 1, maxLength: 20 }), (lead, answers) => {
    const clocks = answers.reduce<Clocks>((known, one, n) => answered(known, { lead, ...one, at: 1_000_000 + n * 5_000 }), new Map())
    t.ok(left(clocks, lead) <= Math.max(within, within / 2 + Math.min(...answers.map(({ slow }) => slow))), 'never too late by more than the quickest call took to begin')
    t.ok(left(clocks, lead) >= within / 2, 'half of the time is left to a call')
  }))
})

t.test('what the edge tells FreeSWITCH is taken off the channel once it is read: after a crash the carrier would be told it all, and the secret', async (t) => {
  const headers = carriedHeaders('s3cret', { called: '110', number: '1', name: 'a', verified: true, geolocation: [], carried: { core: 'c', proven: true } }, 'demoted', { point: { lat: 1, lon: 1, uncertainty: 2 }, text: 'b' }, { name: 'edge', mark: 1 })
  const dialplan = readFileSync(new URL('../../sip/freeswitch/dialplan/citizens.xml', import.meta.url), 'utf8')
  const unset = [...dialplan.matchAll(/<action application="unset" data="sip_h_X-\$\$\{edge_secret\}-([A-Za-z]+)"\/>/g)].map(([, name]) => name)
  // … and what another FreeSWITCH told the edge.
  const brought = Object.keys(carryVariables({ callId: '', legId: '', timeout: 1, call: { calledNumber: '110', caller: { number: '', name: '', verified: false } } }, { context: 'citizens' }, 'c', 's3cret')).filter((name) => name.startsWith('sip_h_X-s3cret-'))
  t.equal(brought.length, 1)
  t.same(unset.toSorted(), [...Object.keys(headers), ...brought.map((name) => name.replace('sip_h_', ''))].map((name) => name.replace('X-s3cret-', '')).toSorted())
})

t.test('admission: one carrier’s trunk brings all of the city’s calls: up to a hundred times its busy hour hardly anybody is demoted for it', async (t) => {
  const { admission: rules } = readSettings({ LIANDONG_EDGE_DRACHTIO_SECRET: 'x'.repeat(20), LIANDONG_EDGE_SECRET: 'y'.repeat(20) })
  let seed = 11
  const chance = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const demoted = (arrivals: readonly number[]): number => {
    const state = emptyAdmission(rules, 0)
    return arrivals.filter((at) => {
      const verdict = admit(state, { number: `13${String(Math.floor(chance() * 1e9)).padStart(9, '0')}`, trunk: '10.0.0.1', class: 'emergency' }, at, rules)
      return !(verdict.admit && verdict.rank === 'emergency')
    }).length
  }
  const poisson = (perSecond: number, seconds: number): number[] => {
    const times: number[] = []
    for (let at = 0; at < seconds * 1000; at -= Math.log(1 - chance()) * 1000 / perSecond) times.push(at)
    return times
  }
  for (const [perSecond, share] of [[1, 0], [5, 0], [8, 0.001], [12, 0.01]] as const) {
    const arrivals = poisson(perSecond, 300)
    const count = demoted(arrivals)
    t.ok(count <= arrivals.length * share, `${perSecond} a second for five minutes: ${count} of ${arrivals.length}`)
  }
})

t.test('ledger: every INVITE is in exactly one count, whatever happens', async (t) => {
  const outcome: fc.Arbitrary<Outcome> = fc.oneof(fc.constantFrom<Outcome>({ type: 'delivered' }, { type: 'cancelled' }, { type: 'unseen' }), fc.constantFrom(...REFUSALS).map((cause): Outcome => ({ type: 'refused', cause })))
  fc.assert(fc.property(fc.array(fc.oneof(fc.constant('invite' as const), fc.constant('restart' as const), outcome)), (steps) => {
    let counts = emptyCounts
    let open = 0
    for (const step of steps) {
      if (step === 'invite') { counts = invited(counts); open += 1 }
      else if (step === 'restart') { counts = resumed(counts); open = 0 }
      else if (open > 0) { counts = settled(counts, step, false); open -= 1 }
      t.equal(unaccounted(counts), 0)
      t.equal(counts.pending, open)
    }
  }))
})

t.test('what a proxied call’s end says', async (t) => {
  const [a, b, sorry] = ['a:1', 'b:2', 's:9']
  for (const [what, answers, outcome, pool] of [
    ['answered by the first', [[a, 200]], { type: 'delivered' }, []],
    ['the first is silent', [[b, 200]], { type: 'delivered' }, [['bad', a]]],
    ['the first refuses this one', [[a, 503], [b, 200]], { type: 'delivered' }, []],
    ['all are silent', [[sorry, 503]], { type: 'refused', cause: 'targets-failed' }, [['bad', a], ['bad', b]]],
    ['an inner error', [[a, 500], [b, 200]], { type: 'delivered' }, [['bad', a]]],
    ['a target’s own 404', [[a, 404], [b, 404], [sorry, 503]], { type: 'refused', cause: 'by-target' }, []],
    ['cancelled while the first was silent', [[b, 487]], { type: 'cancelled' }, []],
    ['nothing at all', [], { type: 'refused', cause: 'targets-failed' }, []],
  ] as const) t.match(judge({ order: [a, b], sorry, answers: answers.map(([id, status]) => ({ id, status })) }), { outcome, pool: pool.map(([type, id]) => ({ type, id })) }, what)
})

t.test('messages: what is read of them', async (t) => {
  for (const [value, expected] of [
    ['"Zhang San" <sip:139%2D0001@h;user=phone>;tag=1', { display: 'Zhang San', user: '139-0001', host: 'h' }],
    ['sip:110@h;transport=udp', { user: '110', host: 'h' }], ['<tel:+86-139-0000;phone-context=x>', { scheme: 'tel', user: '+86-139-0000' }],
    ['"a \\" <sip:x@y>" <sip:1@h>', { display: 'a " <sip:x@y>', user: '1' }], ['Bob <sip:2@[::1]:5060>', { display: 'Bob', user: '2', host: '[::1]:5060' }],
    ['', null], ['<sip:1@h', null], ['mailto:x@y', null], ['"open <sip:1@h>', { user: '1' }],
  ] as const) t.match(readAddress(value), expected, value)
  t.equal(numberOf('+86 (379) 110-2'), '+863791102')
  for (const user of ['13800\n0000', '138;x', '${x}', 'anonymous', '1'.repeat(30), '']) t.equal(numberOf(user), '', JSON.stringify(user))
  t.same(listOf('<sip:1@h;a="x,y">, "b,c" <tel:2>,,3'), ['<sip:1@h;a="x,y">', '"b,c" <tel:2>', '3'])
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
    readMessage(text)
    readAddress(text)
    listOf(text)
    t.match(numberOf(text), /^(\+?[0-9*#]{1,20})?$/)
  }))
})

const invite = (lines: readonly string[], start = 'INVITE sip:110@edge SIP/2.0'): string => [start, ...lines, '', ''].join('\r\n')
t.test('an INVITE: what is refused, whose identity is believed', async (t) => {
  const secret = 'a0Secret0between0the0two'
  const trust = { trunks: new Set(['10.0.0.1']), isHall: (address: string) => address === '10.0.0.2', secret }
  const proof = `X-${secret}-Brought: true`
  const from = 'From: "A" <sip:13900000001@h>;tag=1'
  const read = (lines: readonly string[], source = '10.0.0.1') => readInvite(readMessage(invite(lines)), source, trust)
  t.match(read([from, 'P-Asserted-Identity: <tel:+8613700000001>, <sip:13700000002@h>']), { called: '110', number: '+8613700000001', name: 'A', verified: true })
  t.match(read([from, 'P-Asserted-Identity: <sip:anonymous@h>', 'P-Asserted-Identity: "B" <sip:13700000002@h>']), { number: '13700000002', name: 'B', verified: true })
  t.match(read([from, 'P-Asserted-Identity: <tel:+8613700000001>', 'Geolocation: <cid:a@b>'], '10.9.9.9'), { number: '13900000001', verified: false, geolocation: [] })
  t.match(read(['f: <sip:138%0A%0Abgapi%20system@h>']), { number: '', verified: false })
  const core = '52116eb9-1902-4ea1-8683-03d9fe1e8ba0'
  const asserted = 'P-Asserted-Identity: <sip:13700000002@h>'
  t.match(read([from, asserted, proof, `X-Carried: ${core}`], '10.0.0.2'), { number: '13700000002', verified: true, carried: { core, proven: true } })
  t.match(read([from, proof, `X-Carried: ${core}:34.6181000:112.4539000:1250.0`], '10.0.0.2'), { number: '13900000001', verified: false, carried: { core, proven: true, point: { lat: 34.6181, lon: 112.4539, uncertainty: 1_250 } } })
  t.same(read([from, proof, `X-Carried: ${core}:-34.6:-112.4`], '10.0.0.2').carried, { core, proven: true, point: { lat: -34.6, lon: -112.4 } })
  for (const [source, value] of [['10.0.0.1', core], ['10.9.9.9', core], ['10.0.0.2', `${core}:`], ['10.0.0.2', `${core}:34.6`], ['10.0.0.2', `${core}:34.6:112.4:x`], ['10.0.0.2', `${core} `.repeat(2)], ['10.0.0.2', '']] as const) {
    t.notOk('carried' in read([from, asserted, proof, `X-Carried: ${value}`], source), `a caller of a carrier cannot say that he was judged before: ${source} ${value}`)
  }
  // Anybody can write a FreeSWITCH's address on a UDP packet.
  for (const claim of ['X-Other: 1', `X-${secret}x-Brought: true`, `X-${secret}-Brought: false`, 'X--Brought: true']) {
    const spoofed = read([from, asserted, claim, 'Geolocation: <cid:a@b>', `X-Carried: ${core}:34.6181000:112.4539000:1250.0`], '10.0.0.2')
    t.match(spoofed, { number: '13900000001', verified: false, geolocation: [] }, claim)
    t.same(spoofed.carried, { core, proven: false }, claim)
  }
  t.match(read([from, asserted, proof], '10.0.0.2'), { number: '13900000001', verified: false }, 'the secret alone says nothing')
  t.match(read([from, asserted], '10.0.0.2'), { number: '13900000001', verified: false }, 'a FreeSWITCH vouches for those only whom it brings')
  for (const [line, cause] of [['Replaces: a;to-tag=1;from-tag=2', 'forbidden-header'], ['REPLACES : a', 'forbidden-header'], ['X-FS-Channel-Name: x', 'forbidden-header'], ['x-liandong-anything: 1', 'forbidden-header'], ['r: <sip:x@y>', 'forbidden-header'], ['X-FS-Support: update_display', null], ['X-Other: 1', null], ['User-to-User: 1', null]] as const) {
    const raw = invite([from, line])
    t.equal(objection(raw, readMessage(raw)), cause, line)
  }
  const large = invite([from, `X-A: ${'x'.repeat(60_000)}`])
  t.equal(objection(large, readMessage(large)), 'malformed')
  const heavy = `${invite([from])}${'x'.repeat(60_000)}`
  t.equal(objection(heavy, readMessage(heavy)), null, 'a body that is too large costs the location, and not the call')
})

t.test('what a FreeSWITCH says of whom it brings to another one is a command that it takes, and is read as it is meant', async (t) => {
  const [callId, legId, core] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000009']
  fc.assert(fc.property(fc.double({ min: -90, max: 90, noNaN: true }), fc.double({ min: -180, max: 180, noNaN: true }), fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }), { nil: undefined }), fc.constantFrom('', '13900000001', '+12025550100'), fc.boolean(), (lat, lon, uncertaintyMetres, number, verified) => {
    const variables = carryVariables({ callId, legId, timeout: 5_000, call: { calledNumber: '110', caller: { number, name: '\n${x}', verified }, location: { lat, lon, ...(uncertaintyMetres === undefined ? {} : { uncertaintyMetres }) } } }, { context: 'citizens' }, core, 'a0Secret0between0the0two')
    t.match(encodeCommand({ verb: 'bgapi', jobId: legId, call: { api: 'originate', dial: 'sofia/citizens/110@10.0.0.5:5060', intercept: callId, variables } }).toString(), `&intercept(${callId})`)
    t.equal(variables['sip_cid_type'], verified && number !== '' ? 'pid' : 'none', 'only a number that was vouched for is')
    const { carried } = readInvite(readMessage(`INVITE sip:110@h SIP/2.0\r\nX-Carried: ${variables['sip_h_X-Carried'] ?? ''}\r\nX-a0Secret0between0the0two-Brought: ${variables['sip_h_X-a0Secret0between0the0two-Brought'] ?? ''}\r\n\r\n`), '10.0.0.2', { trunks: new Set(), isHall: () => true, secret: 'a0Secret0between0the0two' })
    t.match(carried, { core, proven: true })
    t.ok(Math.abs((carried?.point?.lat ?? NaN) - lat) < 1e-6 && Math.abs((carried?.point?.lon ?? NaN) - lon) < 1e-6, `${lat} ${lon}`)
    t.ok(uncertaintyMetres === undefined ? carried?.point?.uncertainty === undefined : Math.abs((carried?.point?.uncertainty ?? NaN) - uncertaintyMetres) <= 0.05)
  }))
})

t.test('D11: what the edge writes is printable ASCII on one line, whatever a caller is called', async (t) => {
  const anything = fc.string({ unit: 'binary', maxLength: 200 })
  fc.assert(fc.property(anything, anything, fc.double({ min: -90, max: 90, noNaN: true }), (name, text, lat) => {
    const headers = carriedHeaders('s3cret', { called: '110', number: '1', name, verified: false, geolocation: [] }, 'demoted', { point: { lat, lon: 1, uncertainty: 2 }, text }, { name: 'edge', mark: 1_764_464_400_000_000 })
    for (const [header, value] of Object.entries(headers)) t.match(`${header}: ${value}`, /^X-s3cret-[A-Z][a-z]+: [\x20-\x7e]*$/)
    t.equal(Buffer.from(headers['X-s3cret-Name'] ?? '', 'base64url').toString(), [...name.toWellFormed()].slice(0, 64).join(''))
  }))
  t.throws(() => headerValue('a\r\nVia: evil'))
})

t.test('an address that is not this machine’s ends the edge at its start, and is no waiting without a word', async (t) => {
  await t.rejects(openSorry('10.255.255.1', 5, () => () => false), /EADDRNOTAVAIL.*10\.255\.255\.1/)
})
