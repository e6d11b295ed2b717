import { labelText, nodeTexts, type FlowDrawing } from '../../contracts/flow-drawing.js'

const SHAPES: Readonly<Record<string, readonly [open: string, close: string]>> = {
  menu: ['{{', '}}'], collect: ['{{', '}}'], listen: ['{{', '}}'], 'call-back': ['{{', '}}'], branch: ['{', '}'], 'sub-flow': ['[[', ']]'], message: ['[(', ')]'],
}
const ARROWS = { caller: ['--', '-->'], always: ['--', '-->'], silence: ['-.', '.->'], fault: ['-.', '.->'] } as const

/** The same drawing as Mermaid text, for documents. Names of nodes are safe in it; titles and labels are quoted. `language` null: both. */
export function toMermaid({ nodes, edges }: Pick<FlowDrawing, 'nodes' | 'edges'>, language: 'zh' | 'en' | null = null): string {
  // `end` is a word of Mermaid's.
  const id = (name: string) => `n_${name.replaceAll('-', '_')}`
  const boxes = nodes.map((node) => {
    const { name, type, ending } = node
    const [open, close] = ending === null ? SHAPES[type] ?? ['[', ']'] : ['([', '])']
    return `  ${id(name)}${open}"${quoted(nodeTexts(node, language).head)}"${close}`
  })
  const lines = edges.map(({ from, to, by, label }) => {
    const [stem, head] = ARROWS[by]
    const arrow = label === '' ? (stem === '--' ? '-->' : '-.->') : `${stem} "${quoted(labelText(label, language))}" ${head}`
    return `  ${id(from)} ${arrow} ${id(to)}`
  })
  return `flowchart TD\n${[...boxes, ...lines].join('\n')}\n`
}

/** A text within quotes, in which no sign means anything to Mermaid. */
const quoted = (text: string): string => text.replace(/["#*<>&`\\]/g, (sign) => `#${sign.charCodeAt(0)};`)
