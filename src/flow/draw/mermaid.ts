import type { FlowDrawing } from '../../contracts/flow-drawing.js'

const SHAPES: Readonly<Record<string, readonly [open: string, close: string]>> = {
  menu: ['{{', '}}'], collect: ['{{', '}}'], listen: ['{{', '}}'], 'call-back': ['{{', '}}'], branch: ['{', '}'], 'sub-flow': ['[[', ']]'], message: ['[(', ')]'],
}
const ARROWS = { caller: ['--', '-->'], always: ['--', '-->'], silence: ['-.', '.->'], fault: ['-.', '.->'] } as const

/** The same drawing as Mermaid text, for documents. Names of nodes are safe in it; labels are quoted. */
export function toMermaid({ nodes, edges }: Pick<FlowDrawing, 'nodes' | 'edges'>): string {
  // `end` is a word of Mermaid's.
  const id = (name: string) => `n_${name.replaceAll('-', '_')}`
  const boxes = nodes.map(({ name, type, ending }) => {
    const [open, close] = ending === null ? SHAPES[type] ?? ['[', ']'] : ['([', '])']
    return `  ${id(name)}${open}"${name}"${close}`
  })
  const lines = edges.map(({ from, to, by, label }) => {
    const [stem, head] = ARROWS[by]
    const arrow = label === '' ? (stem === '--' ? '-->' : '-.->') : `${stem} "${label.replaceAll('"', '#quot;').replaceAll('#', '#35;').replaceAll('*', '#42;')}" ${head}`
    return `  ${id(from)} ${arrow} ${id(to)}`
  })
  return `flowchart TD\n${[...boxes, ...lines].join('\n')}\n`
}
