import { LANGUAGES } from '../../contracts/flow.js'
import type { Language } from '../../contracts/primitives.js'
import { needsKey, type BoundNode, type Exit, type NodeContext, type PromptLengths } from '../node-type.js'
import { quietSurroundings } from '../surroundings.js'
import type { Flow } from '../types.js'

/** Where a caller can stand: a node, in the parts that lead to it, hearing one language. */
export interface Situation {
  readonly node: string
  readonly bound: BoundNode
  readonly language: Language
  readonly frames: readonly Frame[]
  /** As paths write it: `topics`, `meter/ask`. */
  readonly place: string
  readonly ways: Way[]
}

export interface Frame { readonly part: Flow; readonly from: string }

/** A step from one situation to the next. */
export interface Way {
  readonly to: number
  readonly by: Exit['by']
  /** Only a key of the caller's leads there. */
  readonly keyed: boolean
  readonly label: string | null
  /** ms */
  readonly least: number
  readonly most: number
  /** ms in which no key does anything, before the node takes keys. */
  readonly deaf: number
  /** The node waits for something before it leaves here. */
  readonly waits: boolean
  readonly settles: boolean
  readonly exit: Exit | null
}

/** Parts in parts multiply; no city comes near. */
export const MOST_SITUATIONS = 100_000

export interface Situations {
  readonly all: readonly Situation[]
  /** Where callers begin: once in each language of a part, which is called in any of them. */
  readonly starts: readonly number[]
  /** There are more: nothing can be proven. */
  readonly tooMany: boolean
}

/** Everything that can become of a caller: every node in every language it can be reached in, parts written out where they are called. */
export function situationsOf(flow: Flow, lengths: ReadonlyMap<Language, PromptLengths>): Situations {
  const all: Situation[] = []
  const known = new Map<string, number>()
  const open: number[] = []

  function at(node: string, language: Language, frames: readonly Frame[]): number | null {
    const within = frames.at(-1)?.part ?? flow
    const bound = within.nodes.get(node)
    if (bound === undefined) return null
    const key = `${frames.map(({ part, from }) => `${from}>${part.name}/`).join('')}${node}@${language}`
    let index = known.get(key)
    if (index === undefined) {
      index = all.length
      known.set(key, index)
      all.push({ node, bound, language, frames, place: frames.length === 0 ? node : `${within.name}/${node}`, ways: [] })
      open.push(index)
    }
    return index
  }

  function lead(from: Situation, to: number | null, exit: Exit | null, by: Exit['by'], label: string | null): void {
    if (to === null) return
    const measure = lengths.get(from.language)
    const [least, most] = exit?.time === undefined || measure === undefined ? [0, 0] : exit.time(measure)
    from.ways.push({ to, by, keyed: needsKey({ by, sound: exit?.sound }), label, least, most, deaf: (measure === undefined ? undefined : exit?.deaf?.(measure)) ?? 0, waits: exit?.time !== undefined, settles: exit?.settles === true, exit })
  }

  function expand(here: Situation): void {
    const { bound, language, frames, node } = here
    const call = bound.uses.find((use) => use.kind === 'flow')
    const part = call === undefined ? undefined : flow.parts.get(call.name)
    if (part !== undefined) lead(here, at(part.start, language, [...frames, { part, from: node }]), null, 'always', null)
    for (const exit of bound.exits) {
      // The other ways out of a call are taken when the part returns.
      if (part !== undefined && exit.by !== 'fault') continue
      for (const next of languagesAfter(here, exit, flow)) lead(here, at(exit.to, next, frames), exit, exit.by, exit.label ?? null)
    }
    if (bound.ending === 'returns') comeBack(here)
  }

  function comeBack(here: Situation): void {
    const frame = here.frames.at(-1)
    const outcome = here.bound.enter(contextIn(here.language))
    if (frame === undefined || outcome.kind !== 'return') return
    const around = here.frames.slice(0, -1)
    const caller = (around.at(-1)?.part ?? flow).nodes.get(frame.from)
    const next = caller?.returned(outcome.result, contextIn(here.language))
    if (caller === undefined || next?.kind !== 'goto') return
    // Where that leads the exit says: a name may have been misspelt, and a way that goes round for ever is told already.
    const exit = caller.exits.find(({ by, label }) => by === 'always' && label === outcome.result) ?? caller.exits.find(({ by, label }) => by === 'always' && label === undefined) ?? null
    lead(here, at(exit?.to ?? next.to, here.language, around), exit, 'always', outcome.result)
  }

  const starts = (flow.kind === 'part' ? flow.languages : flow.languages.slice(0, 1)).flatMap((language) => at(flow.start, language, []) ?? [])
  for (let index = open.pop(); index !== undefined && all.length <= MOST_SITUATIONS; index = open.pop()) {
    const here = all[index]
    if (here !== undefined) expand(here)
  }
  return { all, starts, tooMany: all.length > MOST_SITUATIONS }
}

/** A language tag belongs to the exits beside it: those of its key in a menu, all of them in a tag node. */
function languagesAfter({ bound, language }: Situation, exit: Exit, flow: Flow): readonly Language[] {
  const spoken = bound.tags.filter(({ key, path }) => key === 'language' && path.slice(0, -2).every((part, index) => exit.path[index] === part))
    .flatMap(({ value }) => LANGUAGES.filter((one) => one === value && flow.languages.includes(one)))
  return spoken.length === 0 ? [language] : spoken
}

/** Nodes that only look at their own file when they are asked. */
function contextIn(language: Language): NodeContext {
  return { language, memory: {}, vars: {}, tags: {}, visited: true, surroundings: { ...quietSurroundings('Asia/Shanghai'), now: 0 } }
}
