import { Type, type Static } from 'typebox'
import type { FlowProblem } from '../contracts/flow.js'
import { NAME_PATTERN, says } from './fields.js'
import { openReport } from './load/report.js'
import { fits, reportShape } from './load/shape.js'
import { readYaml } from './load/yaml-source.js'

const TapesFile = Type.Record(
  Type.String({ pattern: NAME_PATTERN }),
  Type.String({ pattern: `${NAME_PATTERN.slice(0, -1)}\\.[0-9a-f]{8}\\.wav$`, ...says('录音文件名，如 greeting.3f2a9c1b.wav', 'A tape, e.g. greeting.3f2a9c1b.wav') }),
  { additionalProperties: false, ...says('提示音名称 → 录音文件', 'Prompt name → tape') },
)

/**
 * Reads `prompts/<language>/tapes.yaml`: which file each prompt is, written by `liandong prompts`. A tape is named by its
 * content, so a new one never changes under a call that is just hearing the old one, and going back is one line.
 */
export function loadTapes(path: string, text: string): { tapes: ReadonlyMap<string, string>; problems: readonly FlowProblem[] } {
  const { report, problems } = openReport(path, text)
  const source = readYaml(text, report)
  if (source !== null && !fits(TapesFile, source.value)) reportShape(TapesFile, source.value, { source, base: [], where: { zh: '录音表', en: 'The list of tapes' }, report })
  const found = problems()
  return { tapes: new Map(source === null || found.length > 0 ? [] : Object.entries(source.value as Static<typeof TapesFile>)), problems: found }
}

/** The same file as text. */
export function writeTapes(tapes: ReadonlyMap<string, string>): string {
  const lines = [...tapes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, file]) => `${name}: ${file}\n`)
  return `# 由 liandong prompts 写入：提示音名称 → 录音文件（文件名含内容校验码）。/ Written by liandong prompts: prompt name → tape, named by its content.\n${lines.join('')}`
}
