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

/** Due within two hours: the board counts it, and lists it. @param due when a ticket is due, as SQL */
export const dueSoon = (due: string): string => `${due} > now() and ${due} <= now() + interval '2 hours'`

/** When something of a unit's own is due. @param unit the unit, as SQL */
export const ownDue = (unit: string): string => `(select timestamptz 'epoch' + min((c -> 'at' ->> 'urge')::bigint) * interval '1 ms' from jsonb_array_elements(work -> 'clocks') c where c ->> 'unitId' = ${unit})`


/** Of so many of the newest tickets what is looked for is picked first: what many have is found there at once, and what few have is soon sorted. */
export const NEWEST = 5_000

interface Listing {
  /** Without an end. */
  readonly all: string
  readonly page: string
  /** How many there are, up to one more than is counted. */
  readonly count: string
  /** Of what is looked for by words or numbers the count brings the page with it, as long as all that was found was counted; without a page its one row says how many. */
  readonly countHasPage: boolean
  /** The same page, where it is full of the newest; null: there is nothing to be had by asking so. */
  readonly newest: string | null
  readonly values: readonly unknown[]
}

/**
 * The statements of a list: only what was asked for stands in them, so that PostgreSQL plans each for what it is.
 * Everything that came from outside is a parameter. Limit and offset are the last two of all that bring a page.
 *
 * PostgreSQL does not know which words come together: of three pairs of characters that are one word it expects the cube of what each has, and of
 * two that never meet as many as of two that do. So nothing that is looked for by words is left to its guess: neither a sort of all that was found
 * for the sake of fifty, nor a walk through all tickets for some that are not there. Whatever is found is counted and put in order by what stands in an order only;
 * whole rows, many times as wide, are read of the page alone.
 */
export function listTickets(query: Omit<TicketQuery, 'limit' | 'offset'>): Listing {
  const values: unknown[] = []
  const parts: string[] = []
  const where = (text: (parameter: string) => string, value: unknown): void => {
    values.push(value)
    parts.push(text(`$${values.length}`))
  }
  if (query.mine !== undefined) where((p) => `id in (select t.id from ticket t where t.operator_id = ${p}::uuid union select h.ticket_id from ticket_history h where h.by_id = ${p}::uuid)`, query.mine)
  let due = 'due_at'
  if (query.unitId !== undefined) {
    where((p) => query.leads === true ? `unit_id = ${p}` : `(unit_id = ${p} or (assist @> array[${p}]::text[] and assist <> '{}'))`, query.unitId)
    if (query.own === true) due = ownDue(`$${values.length}`)
  }
  if (query.state !== undefined) where((p) => `state = ${p}`, query.state)
  // The states of a class that is in hand are all those of an index; saying so besides would make PostgreSQL expect fewer than there are.
  if (query.class !== undefined) where((p) => `state = any(${p}::text[])`, statesOfClass(query.class))
  else if (query.late === true || query.soon === true || query.inHand === true) parts.push(`state not in ('closed', 'void')`)
  if (query.inHand === true) parts.push(`state <> 'merged'`)
  if (query.category !== undefined) where((p) => `category = ${p}`, query.category)
  if (query.late === true) parts.push(`due_at is not null and ${due} <= now()`)
  if (query.soon === true) parts.push(dueSoon(due))
  if (query.mergedInto !== undefined) where((p) => `merged_into = ${p}::uuid`, query.mergedInto)
  if (query.from !== undefined) where((p) => `opened_at >= ${p}`, new Date(query.from))
  if (query.to !== undefined) where((p) => `opened_at < ${p}`, new Date(query.to))
  if (query.callBack !== undefined) where((p) => `call_back = ${p}::boolean`, query.callBack)
  if (query.attention !== undefined) where((p) => `attention = ${p}::boolean`, query.attention)
  // As it is read: full-width digits are digits.
  const text = query.text?.normalize('NFKC').trim() ?? ''
  // The caller's name is among the words; who may not find by it has each row looked at again without it, and so has everybody where the complainant is anonymous.
  const words = (p: string): string => `words @@ ticket_query(${p}) and ${query.unnamed === true ? '' : '(not anonymous or '}ticket_words(place || ' ' || description) @@ ticket_query(${p})${query.unnamed === true ? '' : ')'}`
  // Each of these is enough, and each has an index of its own.
  const ways: string[] = []
  const way = (condition: (parameter: string) => string, value: unknown): void => {
    values.push(value)
    ways.push(condition(`$${values.length}`))
  }
  if (NUMBER.test(text)) {
    const beginning = text.replaceAll('-', '')
    way((p) => `replace(number, '-', '') like ${p} || '%'`, beginning)
    if (query.unnamed !== true) way((p) => `(number_called_from like ${p} || '%' and number_called_from <> '' and not anonymous)`, beginning)
    // The number of a house, a bus or a road.
    way((p) => `(${words(p)})`, text)
  } else if (PROVISIONAL.test(text)) {
    way((p) => `id in (select ticket_id from provisional_number where replace(number, '-', '') like ${p} || '%')`, text.replaceAll('-', '').toUpperCase())
    way((p) => `(${words(p)})`, text)
  } else if (text !== '') {
    way(words, text)
  }
  const filterOf = (given: readonly string[]): string => (given.length === 0 ? '' : `where ${given.join(' and ')}`)
  const filter = filterOf(ways.length === 0 ? parts : [...parts, `(${ways.join(' or ')})`])
  const byDue = query.sort === 'due'
  const orderBy = (at: string): string => (byDue ? `${at} nulls last, id` : 'opened_at desc, id')
  const order = orderBy(due)
  /** What a row is put in its place by. */
  const keys = `id, opened_at, ${due === 'due_at' ? due : `${due} as due_at`}`
  const byKeys = orderBy('due_at')
  const [limit, offset] = [`$${values.length + 1}`, `$${values.length + 2}`]
  const end = `limit ${limit} offset ${offset}`
  const most = `limit ${MOST_COUNTED + 1}`
  const page = (from: string): string => `select ${SHOWN} from ${from} order by ${order} ${end}`
  const common = { all: `select ${SHOWN} from ticket ${filter} order by ${order}`, values }
  if (ways.length === 0) return { ...common, page: page(`ticket ${filter}`), count: `select count(*)::int as total from (select from ticket ${filter} ${most}) counted`, countHasPage: false, newest: null }

  /** Each way by its own index, and what several find once. @param take what of each */
  const found = (take: (found: string) => string): string => ways.map((one) => `(${take(`select ${keys} from ticket ${filterOf([...parts, one])}`)})`).join(' union ')
  const counting = `select id, opened_at, due_at from (${found((one) => `${one} ${most}`)}) any_way ${most}`
  // What stands behind `offset 0` PostgreSQL works out by itself, whatever little of it is wanted.
  const first = found((one) => `select id, opened_at, due_at from (${one} offset 0) way order by ${byKeys} limit ${limit}::bigint + ${offset}::bigint`)
  return {
    ...common,
    page: `select ${SHOWN} from ticket where id in (select id from (${first}) found order by ${byKeys} ${end}) order by ${order}`,
    count: `with found as materialized (${counting}), counted as materialized (select count(*)::int as total from found),
      picked as materialized (select id from found where (select total from counted) <= ${MOST_COUNTED} order by ${byKeys} ${end})
      select counted.total, shown.* from counted left join lateral (select ${SHOWN} from ticket where id in (select id from picked)) shown on true order by ${order}`,
    countHasPage: true,
    newest: byDue ? null : page(`(select * from ticket order by ${order} limit ${NEWEST}) newest ${filter}`),
  }
}
