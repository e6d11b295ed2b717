import type { BoundNode, Exit } from '../node-type.js'
import type { RehearsalNote } from '../rehearsal.js'
import type { Flow, FlowState } from '../types.js'

/**
 * What callers are after in a flow, as text. `noise`: to be tagged with this category. In a flow that tags none, what keys lead to:
 * `visit=satisfied`, the tag that a key sets; `→ leave-word`, the node that it leads to (in a part `→ part/node`).
 */
const NODE = '→ '
const KEY = /^[0-9*#]$/

/** Every category that the flow or its parts can tag. */
export const categoriesOf = (flow: Flow): string[] =>
  [...new Set([flow, ...flow.parts.values()].flatMap(({ nodes }) => [...nodes.values()].flatMap(({ tags }) => tags.flatMap(({ key, value }) => (key === 'category' && value !== undefined ? [value] : [])))))].sort()

/** What people call these flows about: the categories that one of them can tag; where there are none, what its keys lead to. */
export function aimsOf(flows: readonly Flow[]): string[] {
  const categories = flows.flatMap(categoriesOf)
  const aims = categories.length > 0 ? categories : flows.flatMap((flow) => [...keyAimsOf(flow).of.values()])
  return [...new Set(aims)].sort()
}

/** What a simulation with these aims can tell: whether the category is known, whether callers get where a key leads, or neither. */
export type Asks = 'category' | 'way' | 'nothing'
/** Which of these they are, by the first of them: all are of one kind. */
export const asksOf = ([first]: readonly string[]): Asks => (first === undefined ? 'nothing' : isCategory(first) ? 'category' : 'way')

/** Whether to be tagged with a category is all that is wanted. */
export const isCategory = (aim: string): boolean => !isNode(aim) && !aim.includes('=')
const isNode = (aim: string): boolean => aim.startsWith(NODE)

/** What this way out of a node gives. */
export function openedBy(flow: Flow, node: BoundNode, exit: Exit): readonly string[] {
  const aim = keyAimsOf(flow).of.get(exit)
  return [...tagsOf(node, exit).flatMap(({ key, value }) => (key === 'category' && value !== undefined ? [value] : [])), ...(aim === undefined ? [] : [aim])]
}

/** Whether he has it; one tag is enough of a category, right or wrong. A node: he came there after he was asked whether he wants it. */
export function hasReached(flow: Flow, { tags, path }: FlowState, aim: string): boolean {
  if (isCategory(aim)) return tags.some(({ key }) => key === 'category')
  if (!isNode(aim)) return tags.some(({ key, value }) => `${key}=${value}` === aim)
  const { offers } = keyAimsOf(flow)
  const asked = path.findIndex((node) => offers.get(node)?.has(aim))
  return asked >= 0 && path.includes(aim.slice(NODE.length), asked + 1)
}

export interface Reached { readonly aim: string; readonly at: number }

/**
 * What became of a call: categories that were tagged, and what its keys are for, in order. A node counts however he came there after he was asked, by the key
 * or where silence leads, too: but not once he has chosen something else.
 */
export function reachedIn(flow: Flow, notes: readonly RehearsalNote[]): readonly Reached[] {
  const { offers } = keyAimsOf(flow)
  let offered = new Set<string>()
  return notes.flatMap((note): readonly Reached[] => {
    if (note.type === 'tagged') return [{ aim: note.key === 'category' ? note.value : `${note.key}=${note.value}`, at: note.at }]
    if (note.type !== 'node') return []
    const aim = `${NODE}${note.node}`
    const found = offered.has(aim) ? [{ aim, at: note.at }] : []
    if (note.way?.by === 'caller' && KEY.test(note.way.label ?? '')) offered = new Set()
    for (const one of offers.get(note.node) ?? []) offered.add(one)
    return found
  })
}

/** Whether that is what he was after: the last of what tells it, for a node that he came by. */
export const gotIt = (reached: readonly Reached[], aim: string): boolean =>
  isNode(aim) ? reached.some((one) => one.aim === aim) : reached.findLast((one) => !isNode(one.aim) && isCategory(one.aim) === isCategory(aim))?.aim === aim

interface KeyAims {
  /** What a key is for; of no other, nor of one that only brings the same question again, as a change of the language does. */
  readonly of: ReadonlyMap<Exit, string>
  /** What is offered at a node, named as in a caller's path. */
  readonly offers: ReadonlyMap<string, ReadonlySet<string>>
}

const workedOut = new WeakMap<Flow, KeyAims>()

/** Worked out once for each flow, in one search for each question. */
function keyAimsOf(flow: Flow): KeyAims {
  const before = workedOut.get(flow)
  if (before !== undefined) return before
  const of = new Map<Exit, string>()
  const offers = new Map<string, Set<string>>()
  for (const part of [flow, ...flow.parts.values()]) {
    const prefix = part === flow ? '' : `${part.name}/`
    const back = leadingBack(part)
    for (const [name, node] of part.nodes) {
      const keys = node.exits.filter(({ by, label }) => by === 'caller' && KEY.test(label ?? ''))
      const same = keys.length === 0 ? new Set<string>() : back(name)
      for (const exit of keys) {
        if (same.has(exit.to)) continue
        const tag = tagsOf(node, exit).find(({ value }) => value !== undefined)
        const aim = tag === undefined ? `${NODE}${prefix}${exit.to}` : `${tag.key}=${tag.value ?? ''}`
        of.set(exit, aim)
        offers.set(`${prefix}${name}`, (offers.get(`${prefix}${name}`) ?? new Set()).add(aim))
      }
    }
  }
  const made = { of, offers }
  workedOut.set(flow, made)
  return made
}

/** Nodes from which one comes to a node without being asked anything, and that node itself. */
function leadingBack({ nodes }: Flow): (to: string) => ReadonlySet<string> {
  const into = new Map<string, string[]>()
  for (const [name, { exits }] of nodes) {
    const ways = exits.filter(({ by }) => by !== 'fault')
    if (!ways.every(({ by }) => by === 'always')) continue
    for (const { to } of ways) {
      const known = into.get(to)
      if (known === undefined) into.set(to, [name])
      else known.push(name)
    }
  }
  return (to) => {
    const found = new Set([to])
    for (const one of found) for (const from of into.get(one) ?? []) found.add(from)
    return found
  }
}

/** Tags set by a way out, as the schema writes them beside it: those of a key, or all of a tag node. */
const tagsOf = (node: BoundNode, exit: Exit): BoundNode['tags'] =>
  node.tags.filter(({ path }) => path.slice(0, -2).every((part, index) => exit.path[index] === part))
