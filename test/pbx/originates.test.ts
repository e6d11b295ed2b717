import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { SwitchEvent } from '../../src/intake/ports.js'
import { CommandRefused, type Originate } from '../../src/pbx/esl/command.js'
import { EslError, type Reply } from '../../src/pbx/esl/connection.js'
import { makeOriginates, type LegKind } from '../../src/pbx/originates.js'

const call: Originate = { api: 'originate', dial: 'user/1001', intercept: randomUUID(), variables: {} }

/** Asks for one leg; this is what becomes of asking. */
async function asked(kind: LegKind['kind'], outcome: () => Promise<Reply>) {
  const told: SwitchEvent[] = []
  const refused: string[] = []
  const originates = makeOriginates({ link: () => ({ up: true, request: outcome, post: () => undefined }), report: (event) => told.push(event), onRefused: (text) => refused.push(text), clock: () => 1 })
  const legId = randomUUID()
  originates.start(legId, { kind, callId: randomUUID(), operatorId: randomUUID() }, () => call)
  await new Promise((resolve) => setImmediate(resolve))
  return { told, refused, originates, legId }
}

t.test('a leg is over at once when the order was refused, by us or by FreeSWITCH', async (t) => {
  for (const outcome of [() => Promise.reject(new CommandRefused('dial', 'empty')), () => Promise.resolve({ ok: false, text: '-ERR no', headers: null })]) {
    const { told, refused, originates, legId } = await asked('operator', outcome)
    t.match(told, [{ type: 'leg.ended', legId, cause: 'NORMAL_TEMPORARY_FAILURE' }])
    t.equal(refused.length, 1)
    t.same(originates.legIds(), [])
  }
})

t.test('the reply is lost: his telephone may ring, so the leg is kept and asked after', async (t) => {
  for (const reason of ['lost', 'deadline'] as const) {
    const { told, refused, originates, legId } = await asked('operator', () => Promise.reject(new EslError(reason, 'the link is cut')))
    t.same([told, originates.legIds()], [[], [legId]])
    t.equal(refused.length, 1, 'and it is told')
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
