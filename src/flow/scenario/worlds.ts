import type { HINT_KINDS } from '../../contracts/call.js'
import { sampleOf } from '../dial-pattern.js'
import { readYaml } from '../load/yaml-source.js'
import type { Flow } from '../types.js'
import type { World } from './play-out.js'

/** What parameters and answers may hold: a number, a day, a moment. */
const VALUES = ['12345678', '2026-01-05', '2026-01-05T18:30'] as const
/** Something that cannot be read out. */
const STRANGE = 'x'
const SUNDAY_NIGHT = '2026-01-11T03:00'
const LATER = '2026-12-31T18:30'

interface ValueTest { readonly in?: readonly string[]; readonly startsWith?: string; readonly atLeast?: number; readonly atMost?: number; readonly present?: boolean }
interface When {
  readonly hours?: { readonly days?: readonly string[]; readonly from: string }
  readonly caller?: { readonly verified?: boolean; readonly numberStartsWith?: readonly string[]; readonly withheld?: boolean; readonly earlierCallsAtLeast?: number; readonly hint?: (typeof HINT_KINDS)[number] }
  readonly load?: { readonly waitingAtLeast?: number; readonly readyAtMost?: number; readonly presentAtMost?: number; readonly longestWaitSecondsAtLeast?: number; readonly positionAtLeast?: number; readonly expectedWaitSecondsAtLeast?: number }
  readonly mode?: string
  readonly tag?: Readonly<Record<string, string | number | ValueTest>>
  readonly var?: Readonly<Record<string, string | number | ValueTest>>
  readonly calendar?: { readonly day?: string; readonly from?: string; readonly to?: string }
}
interface Written {
  readonly type?: string; readonly cases?: readonly { readonly when?: When }[]; readonly service?: string; readonly line?: string; readonly save?: Readonly<Record<string, string>>
  readonly saveAs?: string; readonly min?: number; readonly max?: number; readonly terminators?: string; readonly patterns?: readonly string[]
}

const writtenIn = (text: string): Readonly<Record<string, Written>> => (readYaml(text, () => undefined)?.value as { nodes?: Record<string, Written> } | undefined)?.nodes ?? {}
const whensOf = (nodes: Readonly<Record<string, Written>>): When[] => Object.values(nodes).flatMap(({ cases = [] }) => cases.flatMap(({ when }) => (when === undefined ? [] : [when])))

/** Values of a tag or variable for which one of the file's conditions on it holds. */
function wanted(whens: readonly When[], name: string): string[] {
  const tests = whens.flatMap(({ tag = {}, var: vars = {} }) => [tag[name], vars[name]].filter((one) => one !== undefined))
  return [...new Set(tests.flatMap((test) => {
    if (typeof test !== 'object') return [String(test)]
    const { in: list = [], startsWith, atLeast, atMost } = test
    return [...list, ...(startsWith === undefined ? [] : [startsWith]), ...[atLeast, atMost].flatMap((bound) => (bound === undefined ? [] : [String(bound)]))]
  }))]
}

/** What may be keyed in at each node that collects: something for each of its patterns, and what conditions ask of it. */
export function inputsOf(text: string): ReadonlyMap<string, readonly string[]> {
  const nodes = writtenIn(text)
  const whens = whensOf(nodes)
  return new Map(Object.entries(nodes).flatMap(([name, { type, saveAs = '', min = 1, max = 32, terminators = '#', patterns }]) => {
    if (type !== 'collect') return []
    const keys = [...wanted(whens, saveAs).filter((value) => /^[0-9*#]+$/.test(value)), ...(patterns ?? ['X'.repeat(min)]).map((pattern) => sampleOf(pattern, min))]
    return [[name, [...new Set(keys.map((one) => (one.length >= max ? one : `${one}${terminators.charAt(0)}`)))]]]
  }))
}

/**
 * Worlds in which each way out of a file may be open: a quiet one, those in which each condition holds and those in which it does not, by day and on a
 * Sunday night, with lines that answer and not, and services that answer what conditions ask for, what cannot be read out, or nothing.
 */
export function worldsOf(flow: Flow, text: string): World[] {
  const nodes = writtenIn(text)
  const whens = whensOf(nodes)
  const transfers = Object.fromEntries(Object.values(nodes).filter(({ type }) => type === 'transfer').map(({ line = '' }) => [line, 'answers' as const]))
  const lines: World = Object.keys(transfers).length > 0 ? { transfers } : {}
  const answers = answersOf(nodes, whens).map((lookUps): World => ({ ...lines, ...(Object.keys(lookUps).length > 0 && { lookUps }) }))
  const holding = whens.map((when) => worldWhere(when, flow.kind))
  const others = otherwise(whens)
  // When an outage is expected to be over is read out where it is known.
  const untils = [...text.matchAll(/\buntil: ([a-z][a-z0-9-]*)/g)].map(([, name = '']) => [name, LATER] as const)
  const quiet: World[] = [
    {}, ...(untils.length > 0 ? [{ modes: Object.fromEntries(untils) }] : []), ...holding.flatMap((world) => [world, { ...world, at: SUNDAY_NIGHT }]), { at: SUNDAY_NIGHT },
    others, ...holding.map((world) => ({ ...others, ...world, load: { ...others.load, ...world.load }, caller: { ...others.caller, ...world.caller } })),
  ]
  // Who wants to be called back has a number, or keys it in.
  const calledBack = [flow, ...flow.parts.values()].some((one) => [...one.nodes.values()].some(({ type }) => type === 'call-back'))
  const held = calledBack ? [...quiet, ...quiet.map(withNumber)] : quiet
  // One way out may lie behind two branches that ask for different things.
  const pairs = holding.flatMap((first, at) => holding.slice(at + 1).flatMap((second) => [both(first, second), both(second, first)])).slice(0, MOST_PAIRS)
  const given: World[] = flow.parameters.length === 0 ? [{}] : [...VALUES.map((value) => ({ vars: Object.fromEntries(flow.parameters.map((name) => [name, value])) })), {}]
  const [first = {}, ...more] = answers
  const worlds = [...given.flatMap((vars) => held.flatMap((world) => [{ ...vars, ...world }, { ...vars, ...world, ...first }])), ...more.flatMap((answer) => given.flatMap((vars) => held.map((world) => ({ ...vars, ...world, ...answer }))))]
  worlds.push(...given.flatMap((vars) => pairs.map((world) => ({ ...vars, ...world, ...first }))))
  return [...new Map(worlds.map((world) => [JSON.stringify(world), world])).values()]
}

type LookUps = NonNullable<World['lookUps']>

/** What the services of a file may answer, all of them at once; then each value that a condition asks for, with the rest of the answer there, strange and absent. */
function answersOf(nodes: Readonly<Record<string, Written>>, whens: readonly When[]): LookUps[] {
  const asked = Object.values(nodes).filter(({ type }) => type === 'look-up')
  const all = (value: string): LookUps => Object.fromEntries(asked.map(({ service = '', save = {} }) => [service, { answers: Object.fromEntries(Object.values(save).map((field) => [field, value])) }]))
  const one = asked.flatMap(({ service = '', save = {} }) => Object.entries(save).flatMap(([variable, field]) => wanted(whens, variable).flatMap((value) =>
    [VALUES[2], STRANGE, null].map((rest): LookUps => ({ ...all(VALUES[2]), [service]: { answers: { ...(rest !== null && Object.fromEntries(Object.values(save).map((other) => [other, rest]))), [field]: value } } })))))
  // It answered, and knows nothing of what was asked.
  const silent: LookUps[] = asked.length === 0 ? [] : [Object.fromEntries(asked.map(({ service = '' }) => [service, { answers: {} }]))]
  return [all(VALUES[2]), ...one, ...silent, ...(asked.length === 0 ? [] : VALUES.slice(0, 2).map(all)), all(STRANGE)]
}

/** A world in which no condition on load and caller holds that can be otherwise. */
function otherwise(whens: readonly When[]): World {
  const most = (values: readonly (number | undefined)[]): number | undefined => values.reduce((top, value) => (value === undefined ? top : Math.max(top ?? value, value)), undefined)
  const [ready, present] = [most(whens.map(({ load }) => load?.readyAtMost)), most(whens.map(({ load }) => load?.presentAtMost))]
  const verified = whens.find(({ caller }) => caller?.verified === false) !== undefined
  const known = whens.find(({ caller }) => caller?.withheld === true) !== undefined
  return {
    ...((ready !== undefined || present !== undefined) && { load: { ...(ready !== undefined && { ready: ready + 1 }), ...(present !== undefined && { present: present + 1 }) } }),
    ...((verified || known) && { caller: { ...(verified && { verified }), ...(known && { number: NUMBER }) } }),
  }
}

const NUMBER = '13900000001'
const withNumber = (world: World): World => (world.caller?.number === undefined ? { ...world, caller: { ...world.caller, number: NUMBER } } : world)

/** A tag's value that passes; null: there is none, or none is needed. */
function passing(test: string | number | ValueTest): string | null {
  if (typeof test !== 'object') return String(test)
  const { in: list, startsWith, atLeast, atMost, present } = test
  if (list?.[0] !== undefined) return list.find((one) => startsWith === undefined || one.startsWith(startsWith)) ?? list[0]
  if (startsWith !== undefined) return startsWith
  if (atLeast !== undefined || atMost !== undefined) return String(atLeast ?? atMost)
  return present === true ? '1' : null
}

/** Two worlds at once; where they speak of the same thing, the second. */
function both(first: World, second: World): World {
  return {
    ...first, ...second,
    ...((first.load ?? second.load) !== undefined && { load: { ...first.load, ...second.load } }), ...((first.caller ?? second.caller) !== undefined && { caller: { ...first.caller, ...second.caller } }),
    ...((first.queue ?? second.queue) !== undefined && { queue: { ...first.queue, ...second.queue } }), ...((first.modes ?? second.modes) !== undefined && { modes: { ...first.modes, ...second.modes } }),
    ...((first.tags ?? second.tags) !== undefined && { tags: { ...first.tags, ...second.tags } }),
  }
}

/** So many worlds of two conditions are looked at: nobody writes more of them, and each costs its calls. */
const MOST_PAIRS = 400

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']

const DAY = 86_400_000
/** 0: Monday. */
const weekdayOf = (date: string): number => (new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7

/** A date that is one of these weekdays and within the calendar's bounds, as far as there is one. */
function dateFor(days: readonly string[], { from, to }: NonNullable<When['calendar']> = {}): string {
  const first = from ?? (to === undefined ? '2026-01-05' : dateAfter(to, -6))
  const dates = Array.from({ length: 7 }, (_, after) => dateAfter(first, after)).filter((date) => to === undefined || date <= to)
  return days.flatMap((day) => dates.find((date) => DAYS[weekdayOf(date)] === day) ?? [])[0] ?? from ?? to ?? first
}
const dateAfter = (date: string, days: number): string => new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)

/** A world in which conditions hold, as far as they speak of the world; variables come from the caller's way, tags too, but for a part. */
function worldWhere({ hours, caller, load, mode, calendar, tag = {} }: When, kind: Flow['kind']): World {
  const tags = Object.entries(tag).flatMap(([key, test]) => { const value = passing(test); return value === null ? [] : [[key, value] as const] })
  const date = dateFor(hours?.days ?? (calendar?.day === 'restday' ? ['sun'] : ['mon', ...DAYS]), calendar)
  return {
    ...((hours !== undefined || calendar !== undefined) && { at: `${date}T${hours === undefined || hours.from === '24:00' ? '12:00' : hours.from}` }),
    // Whatever its weekday, a holiday is a day of rest, too.
    ...((calendar?.day === 'holiday' || calendar?.day === 'restday') && { holidays: [date] }),
    // … and a weekend that is worked is none.
    ...(calendar?.day === 'workday' && weekdayOf(date) >= 5 && { workdays: [date] }),
    ...(caller !== undefined && { caller: {
      ...(caller.verified !== undefined && { verified: caller.verified }), ...(caller.numberStartsWith?.[0] !== undefined && { number: `${caller.numberStartsWith[0]}00000001`.slice(0, 15) }),
      ...(caller.withheld === false && { number: NUMBER }), ...(caller.earlierCallsAtLeast !== undefined && { earlierCalls: caller.earlierCallsAtLeast }), ...(caller.hint !== undefined && { hints: [caller.hint] }),
    } }),
    ...(load !== undefined && { load: {
      ...(load.waitingAtLeast !== undefined && { waiting: load.waitingAtLeast }), ...(load.readyAtMost !== undefined && { ready: load.readyAtMost }),
      ...(load.presentAtMost !== undefined && { present: load.presentAtMost }), ...(load.longestWaitSecondsAtLeast !== undefined && { longestWaitSeconds: load.longestWaitSecondsAtLeast }),
    } }),
    ...((load?.positionAtLeast !== undefined || load?.expectedWaitSecondsAtLeast !== undefined) && { queue: {
      ...(load.positionAtLeast !== undefined && { position: load.positionAtLeast }), ...(load.expectedWaitSecondsAtLeast !== undefined && { expectedWaitSeconds: load.expectedWaitSecondsAtLeast }),
    } }),
    ...(mode !== undefined && { modes: { [mode]: LATER } }),
    ...(kind === 'part' && tags.length > 0 && { tags: Object.fromEntries(tags) }),
  }
}
