import type { Ticket } from '../../contracts/ticket.js'
import { atHall, hazardous } from './clocks.js'
import type { Rules } from './rules.js'
import type { Moved } from './unit-acts.js'

/** A request that came without a call: no operator has it before him, so the hall is told of it, and its clocks run until a unit has it. Pure. */
export function filed(before: Ticket, description: string, rules: Rules, now: number): Moved {
  const hazard = hazardous(before, rules)
  const ticket: Ticket = { ...before, version: before.version + 1, fields: { ...before.fields, kind: 'joint-service', description }, work: { ...before.work, hazard } }
  return { ticket: atHall(ticket, rules, now), notices: [{ kind: 'filed', to: 'hall', ...(hazard && { clock: 'safe' }) }] }
}
