import t from 'tap'
import { TICKET_STATES } from '../../src/contracts/life-cycle.js'
import { applyAct } from '../../src/dispatch/core/acts.js'
import { boundedTime, bringBack, heldAt, rebase, shownToCounty, type Pending } from '../../src/dispatch/core/county.js'
import { CITY, NOW, ticketOf, UNIT } from '../dispatch/city.js'

const MINUTE = 60_000
const id = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`

t.test('the time of an act lies between what is known', (t) => {
  for (const [claimed, expected] of [[50, { at: 50, off: 0 }], [5, { at: 10, off: -5 }], [150, { at: 100, off: 50 }], [10, { at: 10, off: 0 }], [100, { at: 100, off: 0 }]] as const) t.same(boundedTime(claimed, 10, 100), expected)
  t.same(boundedTime(50, 200, 100), { at: 100, off: -50 }, 'never later than its message, whatever else is said')
  t.end()
})

t.test('the city’s word with what was done meanwhile on top', (t) => {
  const sent = ticketOf('dispatched', {}, { dispatchedAt: NOW - 10 * MINUTE })
  const sign: Pending = { type: 'act', act: { actId: id(2), act: 'sign', baseVersion: 4, note: '' }, unitId: UNIT, byId: id(9), at: NOW }
  const signed = rebase(sent, [{ type: 'receipt', unitId: UNIT, at: NOW - MINUTE }, sign], CITY)
  t.match(signed, { state: 'signed', version: 4, work: { deliveredAt: NOW - MINUTE, signedAt: NOW } })
  t.same(rebase(ticketOf('closed'), [sign], CITY), ticketOf('closed'), 'what is closed stays so: the city will say that it does not go together')
  t.same(rebase(sent, [], CITY), sent)
  t.throws(() => rebase(sent, [sign], null as never), TypeError, 'a defect is not taken for a refusal')
  t.end()
})

t.test('a county holds what its units may see; of the clocks only those of its own units would come to a stage there', (t) => {
  const told = shownToCounty(ticketOf('merged', { mergedInto: id(3), privacy: 'identity-hidden', clocks: [{ clock: 'sign', unitId: UNIT, startedAt: 1, at: { warn: 2, urge: 3, supervise: 4, notice: 5 }, next: 'warn' }] }, { operatorId: id(4) }))
  t.match(told, { state: 'void', operatorId: null, caller: { number: '' }, work: { mergedInto: null, clocks: [{ next: 'warn' }] } })
  const run = { clock: 'safe', unitId: UNIT, startedAt: 1, at: { warn: 2, urge: 3, supervise: 4, notice: 5 }, next: 'urge' } as const
  const held = heldAt([UNIT], { ...told.work, clocks: [run, { ...run, unitId: 'drainage' }, { ...run, clock: 'review', unitId: null }, { ...run, clock: 'delivery' }] })
  t.same(held.clocks.map(({ next }) => next), ['urge', null, null, null])
  t.end()
})

t.test('wherever the city took a ticket meanwhile, a person can bring it back by legal acts, or is told why not', (t) => {
  for (const state of TICKET_STATES) {
    // No unit has what nobody was given, or what was given back; some unit has what is being worked on.
    const units = ['open', 'returned', 'ruling'].includes(state) ? [null] : ['dispatched', 'signed', 'in-progress', 'reported', 'visited'].includes(state) ? [UNIT, 'drainage'] : [UNIT, 'drainage', null]
    for (const unitId of units) {
      const start = ticketOf(state, { mergedInto: state === 'merged' ? id(3) : null }, { unitId })
      let ticket = start
      const back = (): void => { for (const act of bringBack(start, { unitId: UNIT, leads: true, anew: true }, '县里先到', id)) ticket = applyAct(ticket, act, { role: 'supervisor', id: id(8) }, { now: NOW, rules: CITY }).ticket }
      if (state === 'ruling') { t.throws(back, { code: 'ticket.illegal' }, 'a ruling comes first'); continue }
      back()
      t.equal(ticket.unitId, UNIT, `${state} of ${unitId ?? 'nobody'}`)
      t.ok(['dispatched', 'signed', 'in-progress'].includes(ticket.state), `${state} of ${unitId ?? 'nobody'}: ${ticket.state}`)
    }
  }
  t.end()
})

t.test('a unit that helped is brought back to help, whoever leads; where nobody does, and nobody argues, it leads', (t) => {
  for (const state of TICKET_STATES) {
    for (const unitId of ['open', 'returned', 'ruling'].includes(state) ? [null] : ['drainage']) {
      const start = ticketOf(state, { mergedInto: state === 'merged' ? id(3) : null }, { unitId })
      let ticket = start
      for (const act of bringBack(start, { unitId: UNIT, leads: false, anew: true }, '县里排了险', id)) ticket = applyAct(ticket, act, { role: 'supervisor', id: id(8) }, { now: NOW, rules: CITY }).ticket
      const { state: now } = applyAct(ticket, { actId: id(9), act: 'progress', step: 'made-safe', baseVersion: 1, note: '', photos: [] }, { role: 'unit', id: id(7), unitId: UNIT }, { now: NOW, rules: CITY }).ticket
      t.equal(ticket.unitId, state === 'open' ? UNIT : unitId, state)
      t.equal(ticket.work.assist.includes(UNIT), state !== 'open', state)
      t.equal(now, state === 'open' ? 'in-progress' : ticket.state, `${state}: it makes it safe and moves nothing`)
      t.same(bringBack(ticket, { unitId: UNIT, leads: false, anew: true }, '', id), [], 'once')
    }
  }
  t.end()
})
