import { LANGUAGES } from '../../contracts/flow.js'
import type { Language } from '../../contracts/primitives.js'
import { MAX_DEPTH, MAX_NODES_A_STEP } from '../engine.js'
import { circlesWithoutKey } from '../load/graph.js'
import { NOT_UNDERSTOOD } from '../load/stand-in.js'
import type { PromptLengths } from '../node-type.js'
import type { Flow, FlowBound } from '../types.js'
import { arrowId, longestFrom, orderNet, type Net, type Ordered } from './longest.js'
import { situationsOf, type Situation, type Situations, type Way } from './situations.js'

/** One step of a path as people read it. */
export interface Leg {
  readonly place: string
  readonly language: Language
  /** What leads on from here: a key, `—` for silence, `!` for a fault; null where nothing is waited for. */
  readonly by: Way['by'] | null
  readonly label: string | null
  /** ms spent here at most. */
  readonly ms: number
  /** A value is read out here: `ms` is that of its longest reading. */
  readonly bounded: boolean
  /** Node of the flow itself: the one that called the part the leg is in. */
  readonly node: string
}

export interface Worst { readonly ms: number; readonly path: readonly Leg[] }

/** A way round that only the caller's keys lead through. */
export interface Circle { readonly ms: number; readonly path: readonly Leg[] }

/** What a flow can do to a caller, over all paths of keys, silence, wrong keys, failing look-ups and missing prompts. */
export interface Proof {
  readonly flow: string
  readonly version: string
  readonly bound: FlowBound
  readonly situations: number
  /** False when nothing could be proven: too many situations, or circles without a key. */
  readonly finite: boolean
  /** False where many circles can be entered in the middle: `over` and the circles are upper bounds, their paths the longest that were found. Each is one as well where a leg of it is `bounded`. */
  readonly exact: boolean
  /** The intake queues him before the flow begins; this is how long the flow can keep him out of it at once. */
  readonly queued: Worst
  /** Longest stretch in which a ready operator could not speak to him. */
  readonly unbreakable: Worst
  /** Until the flow has nothing more to say to a caller who does not go round in circles. */
  readonly over: Worst
  /** Each lap is the caller's own choice. */
  readonly circles: readonly Circle[]
  /** Circles that need no key: endless. */
  readonly endless: readonly (readonly Leg[])[]
  /** More nodes one after the other, without waiting, than the engine goes through in one step; null: none. */
  readonly chain: readonly Leg[] | null
  /** A part that is called within more parts than the engine keeps; null: none. */
  readonly deep: Leg | null
  /** Steps that wait but cannot be left when the telephone fails. */
  readonly withoutFaultExit: readonly Leg[]
  /** Ways on which the flow hangs up on a caller who got nothing certain: no message kept, no call-back promised. */
  readonly hangUps: readonly (readonly Leg[])[]
  /** Stretches in which no key does anything, over one step after the other, longest first; none lies within another. */
  readonly uncut: readonly Worst[]
}

/** So many circles are told; more are in the count. */
const MOST_CIRCLES = 40

/** What the settings of the intake add to what flows do, ms. */
export interface Delays {
  /** So long a caller whose category is known may wait for an operator who knows it, though others are ready (`intake.skillOverflow`). */
  readonly skill: number
  /** So long the speech engine that a `listen` opens may keep the caller from whoever answers (`pbx.speechOpening`); 0: there is none. */
  readonly speech: number
}
export const NO_DELAYS: Delays = { skill: 0, speech: 0 }

export type LengthOf = (language: Language, prompt: string) => number

/** Proves what a flow can do. Never throws; linear in the situations. */
export function prove(flow: Flow, lengthOf: LengthOf, delays: Delays = NO_DELAYS): Proof {
  const lengths = new Map(LANGUAGES.map((language): [Language, PromptLengths] => [language, { language, of: (name) => lengthOf(language, name) }]))
  const situations = situationsOf(flow, lengths)
  const { all, starts } = situations
  const endless = endlessIn(situations)
  const net = netOf(all, ({ most }) => most)
  const orders = starts.map((start) => ({ start, ordered: orderNet(net, start) }))
  const finite = !situations.tooMany && endless.length === 0
  // What a part does by itself is told where the part is checked, in each of its languages.
  const own = all.filter(({ frames }) => frames.length === 0)
  return {
    flow: flow.name, version: flow.version, bound: flow.bound, situations: all.length, finite, exact: orders.every(({ ordered }) => ordered.exact),
    over: finite ? longestOf(orders.map(({ start, ordered }) => worst(all, net, ordered, start))) : NONE,
    ...(finite ? stretchesIn(situations, delays) : { queued: NONE, unbreakable: NONE }),
    circles: finite ? orders.flatMap(({ ordered }) => circlesIn(all, net, ordered)).sort((a, b) => b.ms - a.ms).slice(0, MOST_CIRCLES) : [],
    endless,
    chain: finite ? chainIn(all) : null,
    deep: deepIn(all),
    withoutFaultExit: own.filter(({ bound: { exits } }) => exits.some(({ time }) => time !== undefined) && !exits.some(({ by }) => by === 'fault')).map((here) => legOf(here, null, 0)),
    hangUps: flow.kind === 'entry' ? hangUpsIn(all) : [],
    uncut: finite ? uncutIn(all) : [],
  }
}

const NONE: Worst = { ms: 0, path: [] }
const longestOf = (all: readonly Worst[]): Worst => all.reduce((top, one) => (one.ms > top.ms ? one : top), all[0] ?? NONE)

const netOf = (all: readonly Situation[], weight: (way: Way, here: Situation) => number): Net =>
  all.map((here) => here.ways.map((way) => ({ to: way.to, weight: weight(way, here) })))

function legOf(here: Situation, way: Way | null, ms: number): Leg {
  return { place: here.place, language: here.language, by: way?.by ?? null, label: way?.label ?? null, ms, bounded: ms > 0 && here.bound.prompts.some(({ maybe }) => maybe === true), node: here.frames[0]?.from ?? here.node }
}

function pathOf(all: readonly Situation[], net: Net, steps: readonly { readonly from: number; readonly index: number }[], last: number): Leg[] {
  const legs = steps.flatMap(({ from, index }) => {
    const here = all[from]
    return here === undefined ? [] : [legOf(here, here.ways[index] ?? null, net[from]?.[index]?.weight ?? 0)]
  })
  const end = all[last]
  return end === undefined ? legs : [...legs, legOf(end, null, 0)]
}

function worst(all: readonly Situation[], net: Net, ordered: Ordered, from: number): Worst {
  const longest = longestFrom(net, ordered, from)
  let point = from
  for (const [index, found] of longest.found.entries()) if (found > (longest.found[point] ?? 0)) point = index
  return { ms: longest.distance.reduce((top, distance) => Math.max(top, distance), 0), path: pathOf(all, net, longest.wayTo(point), point) }
}

/**
 * Longest sums of `weight` over steps that follow one another by ways that go on. Circles need a key, and keys do not go on: it ends; as a loop, so that a
 * long chain cannot overflow the stack. → by where it begins
 */
function stretches(all: readonly Situation[], weight: (here: Situation) => number, goesOn: (here: Situation, way: Way) => boolean): { ms(from: number): number; path(from: number): Leg[] } {
  const onwards = all.map((here) => here.ways.filter((way) => way.by !== 'caller' && goesOn(here, way)))
  const memo = new Map<number, { ms: number; next: number | null; way: Way | null }>()
  for (const root of all.keys()) {
    const stack = [root]
    for (let point = stack.at(-1); point !== undefined; point = stack.at(-1)) {
      const here = all[point]
      const own = here === undefined ? 0 : weight(here)
      const onward = onwards[point] ?? []
      const open = onward.filter(({ to }) => !memo.has(to))
      if (open.length > 0 && !memo.has(point)) {
        stack.push(...open.map(({ to }) => to))
        continue
      }
      stack.pop()
      let best: { ms: number; next: number | null; way: Way | null } = { ms: own, next: null, way: null }
      for (const way of onward) {
        const ms = own + (memo.get(way.to)?.ms ?? 0)
        if (ms > best.ms) best = { ms, next: way.to, way }
      }
      memo.set(point, best)
    }
  }
  return {
    ms: (from) => memo.get(from)?.ms ?? 0,
    path(from) {
      const path: Leg[] = []
      for (let point: number | null = from; point !== null; point = memo.get(point)?.next ?? null) {
        const here: Situation | undefined = all[point]
        if (here !== undefined) path.push(legOf(here, memo.get(point)?.way ?? null, weight(here)))
      }
      return path
    },
  }
}

/**
 * Transfers one after the other, with nothing between them that an operator could break into: a step that waits gives the caller back to the
 * queue, unless it fails, answers or is skipped at once.
 */
function stretchesIn({ all, starts }: Situations, { skill, speech }: Delays): Pick<Proof, 'queued' | 'unbreakable'> {
  const from = (stretch: ReturnType<typeof stretches>, point: number): Worst => (stretch.ms(point) > 0 ? { ms: stretch.ms(point), path: stretch.path(point) } : NONE)
  const over = (weight: (here: Situation) => number) => stretches(all, weight, (here, way) => here.bound.unbreakable > 0 || !way.waits || way.by === 'fault' || way.least === 0)
  // An engine is opened on the caller's own thread: he is in the queue, and an operator who lifts hears nobody until that is over.
  const away = over(({ bound }) => bound.unbreakable)
  const stretch = speech === 0 ? away : over(({ bound }) => bound.unbreakable + (bound.type === 'listen' ? speech : 0))
  let longest = 0
  for (const point of all.keys()) if (stretch.ms(point) > stretch.ms(longest)) longest = point
  // A skill binds from its first mention until so long after he joined the queue: at most one stretch of transfers lies beside that time, not within it.
  const bound = skill === 0 ? undefined : all.find(asksForSkill)
  const worst = from(stretch, longest)
  return { queued: longestOf(starts.map((start) => from(away, start))), unbreakable: bound === undefined ? worst : { ms: skill + worst.ms, path: [legOf(bound, null, skill), ...worst.path] } }
}

/** What is said there lets the queue look for operators who know it. */
const asksForSkill = ({ bound: { type, tags, uses } }: Situation): boolean => tags.some(({ key }) => key === 'category') || (type === 'queue' && uses.some(({ kind }) => kind === 'category'))

function circlesIn(all: readonly Situation[], net: Net, ordered: Ordered): Circle[] {
  const byHead = new Map<number, { from: number; index: number }[]>()
  for (const [from, { ways }] of all.entries()) {
    for (const [index, { to }] of ways.entries()) if (ordered.closing.has(arrowId(from, index))) byHead.set(to, [...byHead.get(to) ?? [], { from, index }])
  }
  const found: { readonly ms: number; readonly path: () => Leg[] }[] = []
  for (const [head, closings] of [...byHead].slice(0, MOST_CIRCLES)) {
    const longest = longestFrom(net, ordered, head)
    for (const { from, index } of closings) {
      const distance = longest.distance[from] ?? -Infinity
      if (distance > -Infinity) found.push({ ms: distance + (net[from]?.[index]?.weight ?? 0), path: () => pathOf(all, net, [...longest.wayTo(from), { from, index }], head) })
    }
  }
  return found.sort((a, b) => b.ms - a.ms).slice(0, MOST_CIRCLES).map(({ ms, path }) => ({ ms, path: path() }))
}

function endlessIn({ all }: Situations): Leg[][] {
  const graph = new Map(all.map(({ ways }, point) => [String(point), ways.map(({ to, keyed }) => ({ to: String(to), caller: keyed }))]))
  return circlesWithoutKey(graph).map((circle) => circle.flatMap((point) => { const here = all[Number(point)]; return here === undefined ? [] : [legOf(here, null, 0)] }))
}

/** Forward from the start, over every step that gives the caller nothing certain: the shortest way to each place that hangs up. */
function hangUpsIn(all: readonly Situation[]): Leg[][] {
  const cameBy = new Map<number, { readonly from: number; readonly way: Way } | null>([[0, null]])
  const ahead = [0]
  for (let next = 0; next < ahead.length; next += 1) {
    const from = ahead[next] ?? 0
    for (const way of all[from]?.ways ?? []) {
      if (way.settles || cameBy.has(way.to)) continue
      cameBy.set(way.to, { from, way })
      ahead.push(way.to)
    }
  }
  return ahead.flatMap((point) => {
    const end = all[point]
    if (end?.bound.ending !== 'hangs-up') return []
    const legs = [legOf(end, null, 0)]
    for (let step = cameBy.get(point); step !== null && step !== undefined; step = cameBy.get(step.from)) {
      const here = all[step.from]
      if (here !== undefined) legs.unshift(legOf(here, step.way, step.way.most))
    }
    return [legs]
  })
}

/** The engine's count: calling and returning are steps of their own. */
function chainIn(all: readonly Situation[]): Leg[] | null {
  const stretch = stretches(all, ({ bound }) => (bound.ending === 'returns' || bound.uses.some(({ kind }) => kind === 'flow') ? 2 : 1), (_, way) => !way.waits)
  const from = [...all.keys()].find((point) => stretch.ms(point) >= MAX_NODES_A_STEP)
  return from === undefined ? null : stretch.path(from).map((leg) => ({ ...leg, ms: 0, bounded: false }))
}

function deepIn(all: readonly Situation[]): Leg | null {
  const deep = all.find(({ frames }) => frames.length > MAX_DEPTH)
  return deep === undefined ? null : legOf(deep, null, 0)
}

/** Situations from which keys of his lead somewhere, later. What a node that is not understood takes, and where it leads, is a guess. */
function keysAhead(all: readonly Situation[]): ReadonlySet<number> {
  const before: number[][] = all.map(() => [])
  const sure = ({ bound }: Situation): boolean => bound.type !== NOT_UNDERSTOOD
  for (const [from, here] of all.entries()) if (sure(here)) for (const { to } of here.ways) before[to]?.push(from)
  const found = new Set([...all.keys()].filter((point) => { const here = all[point]; return here !== undefined && sure(here) && here.ways.some(({ by }) => by === 'caller') }))
  for (const point of found) for (const from of before[point] ?? []) found.add(from)
  return found
}

/**
 * A key does nothing while something is played that cannot be skipped, before the tone of a message, while a service is looked up, and while he waits where no key is listed although keys
 * lead on later; and a text that is cut into six is no shorter. What takes keys ends the stretch; that it may fail at once is no matter of comfort.
 */
function uncutIn(all: readonly Situation[]): Worst[] {
  const ahead = keysAhead(all)
  const deaf = new Map<Situation, number>()
  for (const [point, here] of all.entries()) {
    const { bound: { type, exits }, ways } = here
    const before = Math.max(0, ...ways.map((way) => way.deaf))
    if (before > 0) deaf.set(here, before)
    const passes = ways.filter(({ by }) => by === 'always')
    if (type === 'play' ? passes.some(({ least }) => least === 0) : type === 'queue' ? exits.some(({ by }) => by === 'caller') || !ahead.has(point) : type !== 'look-up') continue
    // What can be over at once can be cut.
    const most = Math.max(0, ...(type === 'play' ? passes : ways).map((way) => way.most))
    if (most > 0) deaf.set(here, most)
  }
  const weight = (here: Situation): number => deaf.get(here) ?? 0
  const stretch = stretches(all, weight, (here, way) => !way.waits || (deaf.has(here) && here.ways.every(({ deaf: before }) => before === 0)))
  const found: Worst[] = []
  const told = new Set<string>()
  for (const point of [...all.keys()].filter((one) => { const here = all[one]; return here !== undefined && deaf.has(here) }).sort((a, b) => stretch.ms(b) - stretch.ms(a))) {
    const path = stretch.path(point)
    const deafAt = path.filter(({ ms }) => ms > 0)
    // A stretch within a longer one is told with it.
    if (deafAt[0] === undefined || told.has(callAndPlace(deafAt[0]))) continue
    // What one call of a part does by itself is told where the part is checked; two calls one after the other are known only here.
    if (deafAt.every(({ place, node }) => place !== node) && new Set(deafAt.map(({ node }) => node)).size === 1) continue
    for (const leg of deafAt) told.add(callAndPlace(leg))
    found.push({ ms: stretch.ms(point), path })
  }
  return found
}

/** The same place of a part is another one in each call of it, and in each language. */
const callAndPlace = ({ node, place, language }: Leg): string => `${node} ${place} ${language}`
