import type { Clock } from '../../contracts/life-cycle.js'
import type { Ticket } from '../../contracts/ticket.js'
import { begin, hazardous } from './clocks.js'
import type { Rules } from './rules.js'
import type { Moved } from './unit-acts.js'

/** A request that came without a call: no operator has it before him, so the hall is told of it and has a clock until a unit has it; a danger has its own from now on. Pure. */
export function filed(before: Ticket, description: string, rules: Rules, now: number): Moved {
  const hazard = hazardous(before, rules)
  const clocks: readonly Clock[] = hazard ? ['safe', 'reassign'] : ['reassign']
  const ticket: Ticket = { ...before, version: before.version + 1, fields: { ...before.fields, kind: 'joint-service', description }, work: { ...before.work, hazard } }
  return { ticket: { ...ticket, work: { ...ticket.work, clocks: begin(ticket, clocks, null, rules, now) } }, notices: [{ kind: 'filed', to: 'hall', ...(hazard && { clock: 'safe' }) }] }
}
