import { readFile, writeFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { FlowOverlay, stepsIn } from '../../contracts/flow-drawing.js'
import { layOut } from '../../flow/draw/layout.js'
import { toMermaid } from '../../flow/draw/mermaid.js'
import { toSvg } from '../../flow/draw/svg.js'
import { suggest } from '../../flow/load/problems.js'
import { fits } from '../../flow/load/shape.js'
import type { CommandIo } from '../command.js'
import { choiceOf, EXIT, parseOptions, UsageError } from '../options.js'
import { printProblems } from '../problem-printer.js'
import { loadCity } from './city.js'
import { noSuchFlow } from './test.js'

const FORMATS = ['svg', 'mermaid', 'json'] as const
const OPTIONS = { dir: { type: 'string' }, format: { type: 'string' }, out: { type: 'string' }, language: { type: 'string' }, overlay: { type: 'string' }, trace: { type: 'string' } } as const

const BY_ENDING: Readonly<Record<string, typeof FORMATS[number]>> = { '': 'svg', '.svg': 'svg', '.mmd': 'mermaid', '.json': 'json' }

/** What a file of this name is to hold. @throws UsageError for a name that promises what is not drawn */
function formatOf(out = ''): string {
  const format = BY_ENDING[extname(out).toLowerCase()]
  if (format !== undefined) return format
  throw new UsageError(`--out “${out}”：只画 .svg 和 .mmd（.json 为坐标）；请改文件名，或用 --format 写明`, `--out “${out}”: drawings are .svg or .mmd (.json: where everything is); name the file so, or say --format`)
}

/** `liandong flow draw`: SVG, Mermaid, or where everything is as JSON. */
export async function runFlowDraw(args: readonly string[], { stdout, stderr }: CommandIo): Promise<number> {
  const { values, positionals: [name = '110'] } = parseOptions(args, OPTIONS, 1)
  const format = choiceOf('--format', values.format ?? formatOf(values.out), FORMATS)
  const language = values.language === undefined ? null : choiceOf('--language', values.language, ['zh', 'en'])
  let overlay: FlowOverlay = {}
  if (values.overlay !== undefined) {
    const read = await readFile(values.overlay, 'utf8').then((text): unknown => JSON.parse(text)).catch(() => null)
    if (!fits(FlowOverlay, read)) {
      stderr.write(`${values.overlay}：无法读取，或不是这样的 JSON / cannot be read, or is no JSON like {"counts":{"<node>":{"came":12,"left":1,"ms":8000}},"trace":["a","b"]}\n`)
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
  const drawing = layOut(flow, language === null ? 'both' : 'each')
  if (overlay.trace !== undefined) overlay = { ...overlay, trace: stepsIn(drawing, overlay.trace.map((node) => ({ node, ms: 0 }))).map(({ node }) => node) }
  const strange = overlay.trace?.find((one) => !flow.nodes.has(one))
  if (strange !== undefined) {
    const { zh, en } = suggest(strange, [...flow.nodes.keys()])
    throw new UsageError(`--trace：流程 ${name} 没有节点 “${strange}”。${zh}`, `--trace: the flow ${name} has no node “${strange}”. ${en}`)
  }
  const text = format === 'svg' ? toSvg(drawing, overlay, language) : format === 'mermaid' ? toMermaid(drawing, language) : `${JSON.stringify(drawing, null, 2)}\n`
  if (values.out === undefined) stdout.write(text)
  else {
    await writeFile(values.out, text)
    stderr.write(`已写入 ${values.out} / wrote ${values.out}\n`)
  }
  return EXIT.fine
}
