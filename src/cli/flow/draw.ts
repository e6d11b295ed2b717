import { readFile, writeFile } from 'node:fs/promises'
import { FlowOverlay } from '../../contracts/flow-drawing.js'
import { layOut } from '../../flow/draw/layout.js'
import { toMermaid } from '../../flow/draw/mermaid.js'
import { toSvg } from '../../flow/draw/svg.js'
import { fits } from '../../flow/load/shape.js'
import type { CommandIo } from '../command.js'
import { EXIT, parseOptions } from '../options.js'
import { printProblems } from '../problem-printer.js'
import { loadCity } from './city.js'
import { noSuchFlow } from './test.js'

const FORMATS = ['svg', 'mermaid', 'json'] as const
const OPTIONS = { dir: { type: 'string' }, format: { type: 'string' }, out: { type: 'string' }, language: { type: 'string' }, overlay: { type: 'string' }, trace: { type: 'string' } } as const

/** `liandong flow draw`: SVG, Mermaid, or where everything is as JSON. */
export async function runFlowDraw(args: readonly string[], { stdout, stderr }: CommandIo, usage: string): Promise<number> {
  const options = parseOptions(args, OPTIONS, usage, stderr)
  if (options === null) return EXIT.usage
  const { values, positionals: [name = '110'] } = options
  const format = FORMATS.find((one) => one === (values.format ?? (values.out?.endsWith('.mmd') === true ? 'mermaid' : 'svg')))
  const language = values.language === undefined ? null : values.language === 'zh' || values.language === 'en' ? values.language : undefined
  if (format === undefined || language === undefined) {
    stderr.write(format === undefined ? `--format 可选 / is one of ${FORMATS.join(', ')}\n` : '--language 可选 / is one of zh, en\n')
    return EXIT.usage
  }
  let overlay: FlowOverlay = {}
  if (values.overlay !== undefined) {
    const read = await readFile(values.overlay, 'utf8').then((text): unknown => JSON.parse(text)).catch(() => null)
    if (!fits(FlowOverlay, read)) {
      stderr.write(`${values.overlay} 不是 / is no {"counts":{"<node>":{"came":12,"left":1,"ms":8000}},"trace":["a","b"]}\n`)
      return EXIT.problems
    }
    overlay = read as FlowOverlay
  }
  if (values.trace !== undefined) overlay = { ...overlay, trace: values.trace.split(',').map((one) => one.trim()) }
  const city = await loadCity(values.dir)
  const flow = city.flows.get(name)
  if (flow === undefined) {
    printProblems(city.problems, stderr)
    return noSuchFlow([name], city, stderr)
  }
  const drawing = layOut(flow)
  const text = format === 'svg' ? toSvg(drawing, overlay, language) : format === 'mermaid' ? toMermaid(drawing) : `${JSON.stringify(drawing, null, 2)}\n`
  if (values.out === undefined) stdout.write(text)
  else await writeFile(values.out, text)
  return EXIT.fine
}
