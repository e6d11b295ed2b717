import type { FlowProblem } from '../../contracts/flow.js'
import { barsRunning, problemTexts, type ProblemCode, type ProblemDetails } from './problems.js'

/** Offsets into a file's text; `end` is exclusive. */
export interface Span { readonly start: number; readonly end: number }

export type Report = (code: ProblemCode, span: Span, details?: ProblemDetails) => void

/** What several looks at the same files tell is one problem. */
export const toldOnce = (problems: readonly FlowProblem[]): FlowProblem[] => [...new Map(problems.map((one) => [`${one.file}:${one.line}:${one.col}:${one.code}:${one.problem.en}`, one])).values()]

const EXCERPT_LENGTH = 200
const EXCERPT_BEFORE = 80

/**
 * Collects the problems of one file, each once, in the order of the file. Where the YAML itself is wrong, what else is wrong with the same place is only
 * its consequence; but of what can be run and what cannot, the latter is told.
 */
export function openReport(file: string, text: string): { report: Report; problems: () => FlowProblem[] } {
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  const broken = new Map<number, { readonly key: string; readonly runs: boolean }>()
  const found = new Map<string, { start: number; problem: FlowProblem }>()

  return {
    report(code, span, details = {}) {
      let start = Math.max(0, Math.min(span.start, text.length))
      const end = Math.max(span.end, start + 1)
      while (text[start] === ' ') start += 1
      const line = lineAt(lineStarts, start)
      const lineStart = lineStarts[line] ?? 0
      const lineEnd = text.indexOf('\n', lineStart)
      const whole = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).replace(/\r$/, '')
      const col = Math.min(start - lineStart, whole.length)
      // Of a long line, what is around the place.
      const from = whole.length <= EXCERPT_LENGTH ? 0 : Math.max(0, Math.min(col - EXCERPT_BEFORE, whole.length - EXCERPT_LENGTH))
      const texts = problemTexts(code, details)
      const key = `${start} ${code} ${texts.problem.en}`
      const [before, runs] = [broken.get(start), !barsRunning({ code })]
      if (code.startsWith('yaml.')) {
        if (before?.runs !== false) broken.set(start, { key, runs })
      } else if (before !== undefined) {
        if (runs || !before.runs) return
        found.delete(before.key)
      }
      if (found.has(key)) return
      found.set(key, {
        start,
        problem: {
          file,
          line: line + 1,
          col: col + 1,
          length: Math.max(1, Math.min(end - start, whole.length - col)),
          code,
          ...texts,
          excerpt: whole.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').slice(from, from + EXCERPT_LENGTH),
          ...(from > 0 && { excerptFrom: from + 1 }),
        },
      })
    },
    problems: () => [...found.values()].sort((a, b) => a.start - b.start).map(({ problem }) => problem),
  }
}

/** Index of the line that holds `offset`, by bisection. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0
  let high = lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  return low
}
