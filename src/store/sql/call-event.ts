import type { CallEvent } from '../../contracts/call.js'

/** Parameters: id, call, at, act, leg, operator, line, detail. */
export const NOTE_CALL = `
insert into call_event (id, call_id, at, act, leg_id, operator_id, line, detail) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id) do nothing`

export const CALL_EVENTS = `
select e.call_id, e.at, e.act, e.leg_id, e.operator_id, e.line, e.detail, p.display_name
from call_event e left join person p on p.id = e.operator_id where e.call_id = $1 order by e.at, e.act`

/** Where he wants to be called back, as he keyed it in; else where he called from, or what he gave with a request that came without a call. */
export const NUMBER_OF = `
select coalesce((select nullif(number, '') from call_back_task where call_id = $1), (select nullif(number, '') from call where id = $1), (select nullif(number_called_from, '') from ticket where id = $1)) as number`

/** @param id the same for the same event: a replay adds nothing. */
export function callEventValues({ callId, at, act, legId, operatorId, line, detail }: CallEvent, id: (text: string) => string): unknown[] {
  return [id(`event ${[callId, at, act, legId, operatorId, line, detail].join(' ')}`), callId, new Date(at), act, legId ?? null, operatorId ?? null, line ?? null, detail]
}
