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
  const aims = categories.length > 0 ? categories : flows.flatMap((flow) => [flow, ...flow.parts.values()].flatMap((part) => [...part.nodes].flatMap(([name, node]) => node.exits.flatMap((exit) => keyAim(flow, part, name, exit) ?? []))))
  return [...new Set(aims)].sort()
}

/** What a simulation with these aims can tell: whether the category is known, whether callers get where a key leads, or neither. */
export type Asks = 'category' | 'way' | 'nothing'
/** Which of these they are, by the first of them: all are of one kind. */
export const asksOf = ([first]: readonly string[]): Asks => (first === undefined ? 'nothing' : isCategory(first) ? 'category' : 'way')

/** Whether to be tagged with a category is all that is wanted. */
export const isCategory = (aim: string): boolean => !aim.startsWith(NODE) && !aim.includes('=')

/** Whether this way out is what he is after. */
export const opens = (flow: Flow, part: Flow, name: string, exit: Exit, aim: string): boolean =>
  isCategory(aim) ? tagsOf(part.nodes.get(name), exit).some(({ key, value }) => key === 'category' && value === aim) : keyAim(flow, part, name, exit) === aim

/** Whether he has it; one tag is enough of a category, right or wrong. */
export function hasReached({ tags, path }: FlowState, aim: string): boolean {
  if (isCategory(aim)) return tags.some(({ key }) => key === 'category')
  return aim.startsWith(NODE) ? path.includes(aim.slice(NODE.length)) : tags.some(({ key, value }) => `${key}=${value}` === aim)
}

/** Which of the aims something that happened in a call is; a node only where a key led to it. */
export function aimOfNote(note: RehearsalNote): string {
  if (note.type === 'tagged') return note.key === 'category' ? note.value : `${note.key}=${note.value}`
  return note.type === 'node' && note.way?.by === 'caller' && KEY.test(note.way.label ?? '') ? `${NODE}${note.node}` : ''
}

/** What a key is for; null: no key takes it, or it only brings the same question again, as a change of the language does. */
function keyAim(flow: Flow, part: Flow, name: string, exit: Exit): string | null {
  if (exit.by !== 'caller' || !KEY.test(exit.label ?? '') || comesBack(part, exit.to, name)) return null
  const tag = tagsOf(part.nodes.get(name), exit).find(({ value }) => value !== undefined)
  return tag === undefined ? `${NODE}${part === flow ? '' : `${part.name}/`}${exit.to}` : `${tag.key}=${tag.value ?? ''}`
}

/** Whether it leads from one node to another without anything being asked. */
function comesBack(part: Flow, from: string, to: string, seen: ReadonlySet<string> = new Set()): boolean {
  if (from === to) return true
  const exits = part.nodes.get(from)?.exits.filter(({ by }) => by !== 'fault') ?? []
  return !seen.has(from) && exits.length > 0 && exits.every(({ by }) => by === 'always') && exits.some((exit) => comesBack(part, exit.to, to, new Set([...seen, from])))
}

/** Tags set by a way out, as the schema writes them beside it: those of a key, or all of a tag node. */
const tagsOf = (node: BoundNode | undefined, exit: Exit): BoundNode['tags'] =>
  node?.tags.filter(({ path }) => path.slice(0, -2).every((part, index) => exit.path[index] === part)) ?? []
