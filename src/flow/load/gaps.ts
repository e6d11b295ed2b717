import type { Bilingual } from '../../contracts/primitives.js'
import type { FlowSource } from './flow-source.js'

/** Something of a file that was not examined, so that more may be wrong with it than is told. `node` null: all of it, or what `what` says. */
export interface Gap { readonly node: string | null; readonly what: Bilingual; readonly because: Bilingual }

export const NOT_YAML: Bilingual = { zh: '它的写法不是合法的 YAML', en: 'it is not valid YAML' }

/** That a node was not examined, and why. */
export const nodeGap = (node: string, because: Bilingual): Gap => ({ node, what: { zh: `节点“${node}”`, en: `Node "${node}"` }, because })
/** That nothing is known of a key of a node. */
export const strayGap = (node: string, key: string): Gap => ({ node, what: { zh: `节点“${node}”的“${key}”`, en: `"${key}" of node "${node}"` }, because: { zh: '没有这一项', en: 'there is no such key' } })
/** Of the second of two nodes it is not known how long it takes. */
export const secondNodeGap = (node: string): Gap => ({ node, what: { zh: `第二个节点“${node}”的时间`, en: `How long the second node "${node}" lasts` }, because: { zh: '同名的节点只有一个会生效', en: 'of two nodes of one name only one counts' } })
/** Of what else was written a second time only what is wrong in its YAML is told. */
export const secondGap = (node: string | null, key: string): Gap => ({ node, what: node === null ? { zh: `第二个“${key}”`, en: `The second "${key}"` } : { zh: `节点“${node}”的第二个“${key}”`, en: `The second "${key}" of node "${node}"` }, because: { zh: '两个中只有一个会生效', en: 'only one of the two counts' } })
/** What could not be read. */
export const unreadGaps = (unread: FlowSource['unread']): Gap[] => unread.map(({ name }) => ({ node: null, what: name === null ? { zh: '“---”之后', en: 'What follows "---"' } : { zh: `“${name}”`, en: `"${name}"` }, because: NOT_YAML }))
/** Of a file that could not be read at all. */
export const UNREAD_FILE: Gap = { node: null, what: { zh: '整个文件', en: 'The whole file' }, because: { zh: '它读不出来', en: 'it cannot be read' } }
