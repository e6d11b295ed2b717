import type { Bilingual } from '../../contracts/primitives.js'

/** Where in a spreadsheet: row 1 is the header, column A the first. */
export interface CellProblem { readonly row: number; readonly column: string; readonly problem: Bilingual }

export interface Table {
  readonly header: readonly string[]
  /** `row` counts as a spreadsheet does: a cell with line breaks in it is still one row. */
  readonly rows: readonly { readonly row: number; readonly cells: readonly string[] }[]
  readonly problems: readonly CellProblem[]
}

const MOST_ROWS = 200_000

/** 0 → A, 26 → AA. */
export function columnName(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : columnName(Math.floor(index / 26) - 1) + columnName(index % 26)
}

/** UTF-8, with or without its mark, or UTF-16 with its own (“Unicode text” of spreadsheet programs); what is neither is what Chinese ones write. */
export function decodeTable(content: Uint8Array): string {
  const [first, second] = content
  if (first === 0xFF && second === 0xFE) return new TextDecoder('utf-16le').decode(content)
  if (first === 0xFE && second === 0xFF) return new TextDecoder('utf-16be').decode(content)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content)
  } catch {
    return new TextDecoder('gb18030').decode(content)
  }
}

/** RFC 4180; comma, semicolon or tabulator, whichever the header has. Empty rows are passed over, and still counted. */
export function readTable(text: string): Table {
  const [first = ''] = text.split(/\r?\n/, 1)
  const comma = [',', '\t', ';'].map((mark) => ({ mark, count: first.split(mark).length })).sort((a, b) => b.count - a.count)[0]?.mark ?? ','
  const problems: CellProblem[] = []
  const records: string[][] = []
  let record: string[] = []
  let cell = ''
  let quoted = false
  let afterQuote = false
  const endCell = (): void => { record.push(cell.trim()); cell = ''; afterQuote = false }
  const behindQuote = (): void => {
    const where = { row: records.length + 1, column: columnName(record.length) }
    if (problems.at(-1)?.row !== where.row || problems.at(-1)?.column !== where.column) problems.push({ ...where, problem: { zh: '引号后面还有文字：格内的引号要写成两个', en: 'there is text behind a quotation mark: within a cell it is written twice' } })
  }
  const endRecord = (): void => { endCell(); records.push(record); record = [] }
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? ''
    if (quoted) {
      if (character !== '"') cell += character
      else if (text[at + 1] === '"') { cell += '"'; at += 1 }
      else { quoted = false; afterQuote = true }
    } else if (character === '"' && cell.trim() === '' && !afterQuote) { quoted = true; cell = '' }
    else if (character === comma) endCell()
    else if (character === '\n') endRecord()
    else if (afterQuote && character.trim() !== '') { behindQuote(); cell += character }
    else if (character !== '\r') cell += character
    if (records.length > MOST_ROWS) break
  }
  if (quoted) problems.push({ row: records.length + 1, column: columnName(record.length), problem: { zh: '引号没有结束', en: 'a quotation mark is never closed' } })
  if (cell !== '' || record.length > 0) endRecord()
  const [header = [], ...body] = records
  const rows = body.flatMap((cells, n) => (cells.every((one) => one === '') ? [] : [{ row: n + 2, cells }]))
  if (rows.length > MOST_ROWS) problems.push({ row: MOST_ROWS + 2, column: 'A', problem: { zh: `最多 ${MOST_ROWS} 行`, en: `${MOST_ROWS} rows at most` } })
  for (const { row, cells } of rows) {
    // Spreadsheet programs write empty cells to the end.
    const over = cells.findLastIndex((one) => one !== '') + 1 - header.length
    if (over > 0) problems.push({ row, column: columnName(header.length), problem: { zh: `多出 ${over} 格，检查是否缺引号`, en: `${over} cells too many: is a quotation mark missing?` } })
  }
  return { header, rows, problems }
}
