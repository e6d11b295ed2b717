import type { FlowProblem } from '../../contracts/flow.js'
import { problemTexts, type ProblemCode, type ProblemDetails } from './problems.js'

/** Offsets into a file's text; `end` is exclusive. */
export interface Span { readonly start: number; readonly end: number }

export type Report = (code: ProblemCode, span: Span, details?: ProblemDetails) => void

const EXCERPT_LENGTH = 200

/** Collects the problems of one file: each place and code once, in the order of the file. */
export function openReport(file: string, text: string): { report: Report; problems(): FlowProblem[] } {
  const lineStarts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1)
  const found = new Map<string, { start: number; problem: FlowProblem }>()

  return {
    report(code, span, details = {}) {
      const start = Math.max(0, Math.min(span.start, text.length))
      const line = lineAt(lineStarts, start)
      const lineStart = lineStarts[line] ?? 0
      const lineEnd = text.indexOf('\n', lineStart)
      const whole = text.slice(lineStart, lineEnd === -1 ? text.length : lineEnd).replace(/\r$/, '')
      const col = Math.min(start - lineStart, whole.length)
      const key = `${code}@${start}`
      if (found.has(key)) return
      found.set(key, {
        start,
        problem: {
          file,
          line: line + 1,
          col: col + 1,
          length: Math.max(1, Math.min(span.end - start, whole.length - col)),
          code,
          ...problemTexts(code, details),
          excerpt: whole.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ').slice(0, EXCERPT_LENGTH),
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
