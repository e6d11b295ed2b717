export interface DiffLine {
  readonly sign: ' ' | '+' | '-'
  readonly text: string
  /** Line numbers, from 1; null where there is none on that side. */
  readonly before: number | null
  readonly after: number | null
}

/** Lines around a change that are shown with it. */
const AROUND = 3
/** Above this many comparisons the middle is shown as replaced. */
const MOST = 25_000_000

/** What changed from one text to another, line by line, in hunks with a little around each. */
export function diffLines(before: string, after: string): readonly (readonly DiffLine[])[] {
  return hunks(align(linesOf(before), linesOf(after)))
}

const linesOf = (text: string): string[] => (text === '' ? [] : text.replace(/\r?\n$/, '').split(/\r?\n/))

function align(a: readonly string[], b: readonly string[]): DiffLine[] {
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1
  let tail = 0
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1
  const [rows, columns] = [a.length - head - tail, b.length - head - tail]
  const lines: DiffLine[] = []
  const same = (i: number, j: number): void => { lines.push({ sign: ' ', text: a[i] ?? '', before: i + 1, after: j + 1 }) }
  for (let i = 0; i < head; i += 1) same(i, i)
  // Longest common subsequence of the middle, from its end, so that it can be walked from its beginning.
  const width = columns + 1
  const table = rows * columns > MOST ? null : new Uint32Array((rows + 1) * width)
  if (table !== null) {
    for (let i = rows - 1; i >= 0; i -= 1) {
      for (let j = columns - 1; j >= 0; j -= 1) {
        table[i * width + j] = a[head + i] === b[head + j] ? (table[(i + 1) * width + j + 1] ?? 0) + 1 : Math.max(table[(i + 1) * width + j] ?? 0, table[i * width + j + 1] ?? 0)
      }
    }
  }
  let [i, j] = [0, 0]
  while (i < rows || j < columns) {
    if (table !== null && i < rows && j < columns && a[head + i] === b[head + j]) { same(head + i, head + j); i += 1; j += 1 }
    else if (i < rows && (j >= columns || table === null || (table[(i + 1) * width + j] ?? 0) >= (table[i * width + j + 1] ?? 0))) { lines.push({ sign: '-', text: a[head + i] ?? '', before: head + i + 1, after: null }); i += 1 }
    else { lines.push({ sign: '+', text: b[head + j] ?? '', before: null, after: head + j + 1 }); j += 1 }
  }
  for (let k = tail; k > 0; k -= 1) same(a.length - k, b.length - k)
  return lines
}

function hunks(lines: readonly DiffLine[]): DiffLine[][] {
  const found: DiffLine[][] = []
  let until = -1
  lines.forEach((line, index) => {
    if (line.sign === ' ') return
    const from = Math.max(until, index - AROUND, 0)
    const to = Math.min(lines.length, index + AROUND + 1)
    if (from === until && found.length > 0) found.at(-1)?.push(...lines.slice(until, to))
    else found.push(lines.slice(from, to))
    until = Math.max(until, to)
  })
  return found
}
