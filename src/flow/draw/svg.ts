import { labelText, nodeTexts, stepsIn, type FlowDrawing, type FlowOverlay } from '../../contracts/flow-drawing.js'

/** Colours by custom properties, so that a page may set its own; a file by itself follows the viewer's light or dark. */
const STYLE = `
.flow{--ink:#1f2937;--soft:#6b7280;--paper:#fff;--box:#f8fafc;--line:#94a3b8;--key:#2563eb;--fault:#dc2626;--good:#0f766e;--hot:#f59e0b;font:13px/1.2 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}
@media (prefers-color-scheme:dark){.flow{--ink:#e5e7eb;--soft:#9ca3af;--paper:#111827;--box:#1f2937;--line:#64748b;--key:#60a5fa;--fault:#f87171;--good:#2dd4bf;--hot:#fbbf24}}
.flow .paper{fill:var(--paper)}
.flow .box{fill:var(--box);stroke:var(--line);stroke-width:1.25}
.flow .asks .box{stroke:var(--key)}.flow .ends .box{stroke:var(--good)}.flow .hangs-up .box{stroke:var(--fault)}
.flow .name{fill:var(--ink);font-weight:600}.flow .type{fill:var(--soft);font-size:11px}
.flow .edge{fill:none;stroke:var(--line);stroke-width:1.4}
.flow .edge.caller{stroke:var(--key)}.flow .edge.silence{stroke-dasharray:6 4}.flow .edge.fault{stroke:var(--fault);stroke-dasharray:2 4}
.flow .label{fill:var(--ink);font-size:11.5px;font-weight:600;paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.flow .label.caller{fill:var(--key)}.flow .label.fault{fill:var(--fault)}
.flow .count{fill:var(--soft);font-size:11px}.flow .left{fill:var(--fault)}.flow .bar{fill:var(--key);opacity:.16}
.flow .walked .box{stroke:var(--hot);stroke-width:2.5}.flow .edge.walked{stroke:var(--hot);stroke-width:3;stroke-dasharray:none}.flow .faint{opacity:.35}
.flow .edge.missed{stroke:var(--fault);stroke-width:2.8}.flow .label.missed{fill:var(--fault)}.flow .never .box{stroke:var(--fault);stroke-width:2.5;stroke-dasharray:5 4}
.flow .step{fill:var(--hot)}.flow .step-number{fill:#111827;font-size:10px;font-weight:700}`

const COLOURS = { caller: 'key', always: 'line', silence: 'line', fault: 'fault', walked: 'hot' } as const
const ASKS = new Set(['menu', 'collect', 'listen', 'call-back', 'message'])

/** Paints a drawing as SVG; `overlay` lays live counts, what tests miss, or one call's trace over it. `language` null: both, for a drawing that was laid out so. */
export function toSvg(drawing: FlowDrawing, { counts, missed, trace: way }: FlowOverlay = {}, language: 'zh' | 'en' | null = null): string {
  const { nodes, edges, width, height, title } = drawing
  const trace = way === undefined ? undefined : stepsIn(drawing, way.map((node) => ({ node, ms: 0 }))).map(({ node }) => node)
  const stepped = new Set((trace ?? []).slice(1).map((to, at) => `${trace?.[at] ?? ''}>${to}`))
  const steps = new Map<string, number[]>()
  trace?.forEach((name, at) => steps.set(name, [...steps.get(name) ?? [], at + 1]))
  const most = Math.max(1, ...Object.values(counts ?? {}).map(({ came }) => came))
  const marks = (['caller', 'always', 'silence', 'fault', 'walked'] as const).map((by) => `<marker id="to-${by}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8z" style="fill:var(--${COLOURS[by]})"/></marker>`).join('')
  const lines = edges.map(({ from, to, by, points, label, labelAt }) => {
    const walked = stepped.has(`${from}>${to}`)
    const faint = trace !== undefined && !walked
    const gap = missed?.[`${from}>${to}`]
    const mark = gap === undefined ? '' : ' missed'
    const text = labelText(gap === undefined ? label : `✗ ${gap}`.trim(), language)
    return `<path class="edge ${by}${walked ? ' walked' : ''}${faint ? ' faint' : ''}${mark}" d="${curve(points)}" marker-end="url(#to-${walked ? 'walked' : by})"/>`
      + (text === '' ? '' : `<text class="label ${by}${faint ? ' faint' : ''}${mark}" x="${round(labelAt[0])}" y="${round(labelAt[1])}" text-anchor="middle">${escaped(text)}</text>`)
  })
  const boxes = nodes.map((node) => {
    const { name, type, ending, start, x, y, width: wide, height: high } = node
    const { head, below } = nodeTexts(node, language)
    const count = counts?.[name]
    const own = steps.get(name)
    const classes = [ASKS.has(type) ? 'asks' : '', ending === 'hangs-up' ? 'hangs-up' : ending === 'waits' ? 'ends' : '', own === undefined ? '' : 'walked', trace !== undefined && own === undefined ? 'faint' : '', missed !== undefined && (count?.came ?? 0) === 0 ? 'never' : ''].filter(Boolean).join(' ')
    const radius = ending === null ? 8 : high / 2
    return [
      `<g class="${classes}" data-node="${escaped(name)}"><title>${escaped(name)}</title>`,
      `<rect class="box" x="${round(x)}" y="${round(y)}" width="${wide}" height="${high}" rx="${radius}"/>`,
      type === 'sub-flow' ? `<rect class="box" x="${round(x + 4)}" y="${round(y + 4)}" width="${wide - 8}" height="${high - 8}" rx="5" fill="none"/>` : '',
      count === undefined ? '' : `<rect class="bar" x="${round(x)}" y="${round(y)}" width="${round(wide * count.came / most)}" height="${high}" rx="${radius}"/>`,
      `<text class="name" x="${round(x + wide / 2)}" y="${round(y + 19)}" text-anchor="middle">${start ? '▶ ' : ''}${escaped(head)}</text>`,
      `<text class="type" x="${round(x + wide / 2)}" y="${round(y + 34)}" text-anchor="middle">${escaped(below)}</text>`,
      count === undefined ? '' : `<text class="count" x="${round(x + wide / 2)}" y="${round(y + high + 13)}" text-anchor="middle">${count.came}${count.ms === undefined ? '' : ` · ${(count.ms / 1000).toFixed(1)} s`}${count.left === undefined || count.left === 0 ? '' : ` · <tspan class="left">−${count.left}</tspan>`}</text>`,
      own === undefined ? '' : `<circle class="step" cx="${round(x + wide)}" cy="${round(y)}" r="9"/><text class="step-number" x="${round(x + wide)}" y="${round(y + 3.5)}" text-anchor="middle">${own[0] ?? ''}${own.length > 1 ? '+' : ''}</text>`,
      '</g>',
    ].join('')
  })
  const name = language === null ? `${title.zh} / ${title.en}` : title[language]
  return `<svg xmlns="http://www.w3.org/2000/svg" class="flow" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="${escaped(name)}">`
    + `<title>${escaped(name)}</title><style>${STYLE}</style><defs>${marks}</defs><rect class="paper" width="100%" height="100%"/>${lines.join('')}${boxes.join('')}</svg>\n`
}

const round = (value: number): number => Math.round(value * 10) / 10

/** Through every point, upright at each. */
function curve(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], at) => {
    const before = points[at - 1]
    if (before === undefined) return `M${round(x)} ${round(y)}`
    const [px, py] = before
    if (px === x || py === y) return `L${round(x)} ${round(y)}`
    const bend = (y - py) / 2
    return `C${round(px)} ${round(py + bend)} ${round(x)} ${round(y - bend)} ${round(x)} ${round(y)}`
  }).join('')
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)
