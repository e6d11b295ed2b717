import type { Bilingual } from '../contracts/primitives.js'
import type { Flow } from './types.js'

/** What people call a node of a flow, or of one of its parts (`part/node`); null where the file gives it no title. A node that runs a part is called as the part is, unless it has a title of its own. */
export function titleOf(flow: Flow, place: string): Bilingual | null {
  const cut = place.lastIndexOf('/')
  const node = (cut < 0 ? flow : flow.parts.get(place.slice(0, cut)))?.nodes.get(place.slice(cut + 1))
  const part = node?.uses.find(({ kind }) => kind === 'flow')
  return node?.title ?? (part === undefined ? null : flow.parts.get(part.name)?.title ?? null)
}
