import type { Writable } from 'node:stream'
import type { FlowProblem } from '../contracts/flow.js'

/**
 * Prints problems as compilers do, so that editors and terminals make the places clickable:
 * `file:line:col: code`, both texts, the source line, the place underlined, the remedy.
 */
export function printProblems(problems: readonly FlowProblem[], out: Writable): void {
  const colour = 'isTTY' in out && out.isTTY === true && process.env['NO_COLOR'] === undefined
  const paint = (code: number, text: string) => (colour ? `\u001B[${code}m${text}\u001B[0m` : text)
  for (const { file, line, col, length, code, problem, why, remedy, excerpt, excerptFrom = 1 } of problems) {
    const number = String(line)
    const cut = excerptFrom > 1 ? '… ' : ''
    const gutter = ' '.repeat(number.length)
    out.write([
      `${paint(1, `${file}:${line}:${col}`)}: ${paint(31, code)}`,
      `  ${problem.zh}`,
      `  ${problem.en}`,
      ...(excerpt === '' ? [] : [
        `  ${number} | ${cut}${excerpt}`,
        `  ${gutter} | ${' '.repeat(cut.length + width(excerpt.slice(0, col - excerptFrom)))}${paint(31, '^'.repeat(Math.max(1, width(excerpt.slice(col - excerptFrom, col - excerptFrom + length)))))}`,
      ]),
      `  ${gutter} ! ${why.zh}`,
      `  ${gutter} ! ${why.en}`,
      `  ${gutter} = ${remedy.zh}`,
      ...(remedy.en === remedy.zh ? [] : [`  ${gutter} = ${remedy.en}`]),
      '',
      '',
    ].join('\n'))
  }
}

/** Columns in a terminal: Chinese characters and full-width signs take two. */
function width(text: string): number {
  let columns = 0
  for (const character of text) columns += /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Extended_Pictographic}/u.test(character) ? 2 : 1
  return columns
}
