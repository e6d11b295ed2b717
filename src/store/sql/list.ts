import { LIFE_CYCLE, TICKET_STATES, type StateClass, type TicketState } from '../../contracts/life-cycle.js'
import type { TicketQuery } from '../../dispatch/ports.js'

/** Beyond so many nobody turns the pages: they are counted up to here only. */
export const MOST_COUNTED = 10_000

/** A number, or a part of it from the front: a ticket's or a caller's. */
const NUMBER = /^\+?[0-9*#-]{3,24}$/
/** The number a ticket had while PostgreSQL was away, or its beginning: `P-KMXR27-001`. */
const PROVISIONAL = /^p-?[a-z]{1,4}[0-9-]*$/i

const statesOfClass = (wanted: StateClass): readonly TicketState[] => TICKET_STATES.filter((state) => LIFE_CYCLE[state].class === wanted)

/** All of a row but the words it is found by. */
const SHOWN = `id, number, state, kind, category, place, description, unit_id, opened_at, call_back, provisional_number, attention, due_at, priority, work, assist, members, merged_into`

interface Listing { /** Without an end. */ readonly all: string; readonly page: string; readonly count: string; readonly values: readonly unknown[] }

/**
 * The statements of a list: only what was asked for stands in them, so that PostgreSQL plans each for what it is.
 * Everything that came from outside is a parameter. `page` takes limit and offset as the last two.
 */
export function listTickets(query: Omit<TicketQuery, 'limit' | 'offset'>): Listing {
  const values: unknown[] = []
  const parts: string[] = []
  const where = (text: (parameter: string) => string, value: unknown): void => {
    values.push(value)
    parts.push(text(`$${values.length}`))
  }
  if (query.mine !== undefined) where((p) => `id in (select t.id from ticket t where t.operator_id = ${p}::uuid union select h.ticket_id from ticket_history h where h.by_id = ${p}::uuid)`, query.mine)
  if (query.unitId !== undefined) where((p) => `(unit_id = ${p} or (assist @> array[${p}]::text[] and assist <> '{}'))`, query.unitId)
  if (query.state !== undefined) where((p) => `state = ${p}`, query.state)
  if (query.class !== undefined) where((p) => `state = any(${p}::text[])`, statesOfClass(query.class))
  if (query.class === 'open' || query.class === 'waiting' || query.late === true) parts.push(`state not in ('closed', 'void')`)
  if (query.category !== undefined) where((p) => `category = ${p}`, query.category)
  if (query.late === true) parts.push('due_at is not null and due_at <= now()')
  if (query.mergedInto !== undefined) where((p) => `merged_into = ${p}::uuid`, query.mergedInto)
  if (query.from !== undefined) where((p) => `opened_at >= ${p}`, new Date(query.from))
  if (query.to !== undefined) where((p) => `opened_at < ${p}`, new Date(query.to))
  if (query.callBack !== undefined) where((p) => `call_back = ${p}::boolean`, query.callBack)
  if (query.attention !== undefined) where((p) => `attention = ${p}::boolean`, query.attention)
  const text = query.text?.trim() ?? ''
  // The caller's name is among the words; who may not find by it has each row looked at again without it, and so has everybody where the complainant is anonymous.
  const words = (p: string): string => `words @@ ticket_query(${p}) and ${query.unnamed === true ? '' : '(not anonymous or '}ticket_words(place || ' ' || description) @@ ticket_query(${p})${query.unnamed === true ? '' : ')'}`
  if (NUMBER.test(text)) {
    where((p) => (query.unnamed === true ? `replace(number, '-', '') like ${p} || '%'` : `(replace(number, '-', '') like ${p} || '%' or (number_called_from like ${p} || '%' and not anonymous))`), text.replaceAll('-', ''))
  } else if (PROVISIONAL.test(text)) {
    where((p) => `(id in (select ticket_id from provisional_number where replace(number, '-', '') like ${p} || '%')`, text.replaceAll('-', '').toUpperCase())
    where((p) => `${words(p)})`, text)
    const second = parts.pop() ?? ''
    parts.push(`(${parts.pop() ?? ''}) or ${second}`)
  } else if (text !== '') {
    where(words, text)
  }
  const filter = parts.length === 0 ? '' : `where ${parts.join(' and ')}`
  const order = query.sort === 'due' ? 'due_at nulls last, id' : 'opened_at desc, id'
  return {
    all: `select ${SHOWN} from ticket ${filter} order by ${order}`,
    page: `select ${SHOWN} from ticket ${filter} order by ${order} limit $${values.length + 1} offset $${values.length + 2}`,
    count: `select count(*)::int as total from (select from ticket ${filter} limit ${MOST_COUNTED + 1}) counted`,
    values,
  }
}
