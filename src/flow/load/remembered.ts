import type { Report } from './report.js'

/** Texts that are remembered, by their length together with what was told of them, characters. */
const MOST_KNOWN = 8_000_000
/** What one told problem counts for, characters. */
const TOLD_LENGTH = 200

/** A reading that reads the same text once, of the texts read lately: the same file is loaded, proven, tested and published. What it told is told again. */
export function remembered<Source>(read: (text: string, report: Report) => Source): (text: string, report: Report) => Source {
  const known = new Map<string, { readonly source: Source; readonly told: readonly Parameters<Report>[]; readonly length: number }>()
  let together = 0
  return (text, report) => {
    const before = known.get(text)
    if (before !== undefined) {
      for (const problem of before.told) report(...problem)
      return before.source
    }
    const told: Parameters<Report>[] = []
    const source = read(text, (...problem) => { told.push(problem); report(...problem) })
    const length = text.length + told.length * TOLD_LENGTH
    known.set(text, { source, told, length })
    together += length
    for (const [oldest, { length: its }] of known) {
      if (together <= MOST_KNOWN) break
      known.delete(oldest)
      together -= its
    }
    return source
  }
}
