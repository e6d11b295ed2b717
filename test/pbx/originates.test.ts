import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { SwitchEvent } from '../../src/intake/ports.js'
import type { EslEvent } from '../../src/pbx/esl/codec.js'
import { CommandRefused, type Command, type Originate } from '../../src/pbx/esl/command.js'
import { EslError, type Reply } from '../../src/pbx/esl/connection.js'
import { makeOriginates, type LegKind } from '../../src/pbx/originates.js'

const call: Originate = { api: 'originate', dial: 'user/1001', intercept: randomUUID(), variables: {} }

/** Asks for one leg; this is what becomes of asking. */
async function asked(kind: LegKind['kind'], outcome: (command: Command) => Promise<Reply>) {
  const told: SwitchEvent[] = []
  const refused: (string | null)[] = []
  const callId = randomUUID()
  const time = { passed: 0 }
  const originates = makeOriginates({ link: () => ({ up: true, request: outcome, post: () => undefined, api: () => Promise.reject(new Error('not asked here')) }), report: (event) => told.push(event), onRefused: (_text, about) => refused.push(about), clock: () => 1, monotonic: () => time.passed })
  const legId = randomUUID()
  originates.start(legId, { kind, callId, operatorId: randomUUID() }, () => call)
  await new Promise((resolve) => setImmediate(resolve))
  return { told, refused, originates, legId, callId, time }
}

t.test('a leg is over at once when the order was refused, by us or by FreeSWITCH', async (t) => {
  for (const outcome of [() => Promise.reject(new CommandRefused('dial', 'empty')), () => Promise.resolve({ ok: false, text: '-ERR no', headers: null })]) {
    const { told, refused, originates, legId, callId } = await asked('operator', outcome)
    t.match(told, [{ type: 'leg.ended', legId, cause: 'NORMAL_TEMPORARY_FAILURE' }])
    t.same(refused, [callId], 'told, with the call that it is about')
    t.same(originates.legIds(), [])
  }
})

t.test('the reply is lost: his telephone may ring, so the leg is kept and asked after', async (t) => {
  for (const reason of ['lost', 'deadline'] as const) {
    const { told, refused, originates, legId, callId } = await asked('operator', () => Promise.reject(new EslError(reason, 'the link is cut')))
    t.same([told, originates.legIds()], [[], [legId]])
    t.same(refused, [callId], 'and it is told')
    originates.gone(legId)
    t.same(told, [], 'an operator’s leg that is not there is for the room to judge')
    for (const kind of ['party', 'redial'] as const) {
      const other = await asked(kind, () => Promise.reject(new EslError(reason, 'the link is cut')))
      t.same(other.told, [])
      other.originates.gone(other.legId)
      t.match(other.told, [{ type: `${kind}.ended`, legId: other.legId, cause: 'LOST' }], `${kind}: each has an end`)
    }
  }
})

t.test('FreeSWITCH is another one: whichever leg it has not is over, whatever it was', async (t) => {
  for (const kind of ['operator', 'party', 'redial'] as const) {
    const { told, originates, legId } = await asked(kind, () => Promise.resolve({ ok: true, text: '+OK', headers: null }))
    originates.gone(legId, true)
    t.match(told, [{ legId, cause: 'LOST' }], kind)
    t.same(originates.legIds(), [])
  }
})

t.test('a snapshot between the order and its outcome forgets no leg', async (t) => {
  for (const kind of ['operator', 'party', 'redial'] as const) {
    let jobId = ''
    const outcome = (body: string): EslEvent => ({ name: 'BACKGROUND_JOB', wellFormed: true, mentions: () => false, get: (header) => ({ 'Job-UUID': jobId, _body: body })[header] })
    const order = () => asked(kind, (command) => {
      jobId = command.verb === 'bgapi' ? command.jobId : ''
      return Promise.resolve({ ok: true, text: '+OK', headers: null })
    })
    const failing = await order()
    failing.originates.gone(failing.legId)
    t.same([failing.told, failing.originates.legIds()], [[], [failing.legId]], `${kind}: not there yet`)
    failing.originates.onJob(outcome('-ERR USER_NOT_REGISTERED\n'))
    t.match(failing.told, [{ legId: failing.legId, cause: 'USER_NOT_REGISTERED' }], `${kind}: its end is told at once`)
    t.same(failing.originates.legIds(), [])
    const answered = await order()
    answered.originates.onJob(outcome(`+OK ${answered.legId}\n`))
    answered.originates.gone(answered.legId)
    // Operators' legs and parties are in the snapshot itself; of a call back nothing else would ever be heard, and its operator talk for ever.
    const end = (legId: string): unknown[] => (kind === 'redial' ? [{ type: 'redial.ended', legId, cause: 'LOST' }] : [])
    t.match([answered.told, answered.originates.legIds()], [end(answered.legId), []], `${kind}: one that had come up is gone when it is gone`)
    t.equal(answered.told.length, end('').length)
    answered.originates.gone(answered.legId)
    t.equal(answered.told.length, end('').length, `${kind}: once`)
    const lost = await order()
    lost.time.passed = 121_000
    lost.originates.gone(lost.legId)
    t.equal(lost.told.length, end('').length)
    t.match([lost.told, lost.originates.legIds()], [end(lost.legId), []], `${kind}: nobody is waited for for ever`)
  }
})

t.test('the word on a line that was rung is lost: whom they talk with is asked, and no talk is torn', async (t) => {
  const dump = (answered: string): Reply => ({ ok: true, text: JSON.stringify({ 'Caller-Channel-Answered-Time': answered }), headers: null })
  const cut = new EslError('lost', 'the link is cut')
  const talks = dump('1795586933876000')
  const gone: Reply = { ok: false, text: '-ERR No such channel!', headers: null }
  const taken: Reply = { ok: true, text: '+OK', headers: null }
  // `at`: how late it is at each look, of 16,000 ms that it may ring; `order`: what became of the order itself.
  const cases: readonly [string, Reply | Error, readonly (Reply | Error)[], readonly number[], boolean, number][] = [
    ['they talk', taken, [cut, talks], [16_000, 21_000], true, 0],
    ['it is gone', taken, [gone], [16_000], false, 0],
    ['it rings on', taken, [dump('0')], [16_000], false, 1],
    ['the order itself was lost with the link', cut, [gone], [5_000], false, 0],
    ['only the reply to it was: it rings, and is lifted', cut, [dump('0'), talks], [5_000, 16_000], true, 0],
    ['nobody lifts it', cut, [dump('0'), dump('0')], [5_000, 16_000], false, 1],
    ['FreeSWITCH refuses it', { ok: false, text: '-ERR', headers: null }, [], [], false, 0],
  ]
  for (const [name, order, replies, times, put, kills] of cases) {
    const [asked, posted, at] = [[...replies], [] as Command[], [...times]]
    let now = 0
    const clocks = [t.intercept(globalThis, 'setTimeout', { value: (work: () => void) => setImmediate(work) }), t.intercept(globalThis, 'clearTimeout', { value: clearImmediate })]
    const originates = makeOriginates({
      link: () => ({ up: true, request: () => (order instanceof Error ? Promise.reject(order) : Promise.resolve(order)), post: (commands) => { posted.push(...commands) }, api: () => { now = at.shift() ?? now; const next = asked.shift(); return next === undefined || next instanceof Error ? Promise.reject(next ?? cut) : Promise.resolve(next) } }),
      report: () => undefined, onRefused: () => undefined, clock: () => 1, monotonic: () => now,
    })
    t.equal(await originates.ringLine({ callId: randomUUID(), legId: randomUUID(), timeout: 11_000 }, call), put, name)
    for (const { restore } of clocks) restore()
    t.same([posted.length, asked], [kills, []], `${name}: what it is told, and that it was asked`)
  }
})
