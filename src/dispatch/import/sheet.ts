import type { Bilingual } from '../../contracts/primitives.js'
import { columnName, readTable, type CellProblem } from './csv.js'

/** A cell's value, or what is wrong with its text. */
export type Cell<T> = { readonly value: T } | { readonly problem: Bilingual }
export interface Column<T = unknown> {
  /** The header in Chinese; the column's own name is understood as well. */
  readonly zh: string
  /** Left out when the cell is empty: null. */
  readonly required?: true
  readonly read: (text: string) => Cell<T>
}
/** What is wrong with a row, and in which of its cells. */
export interface Odd<K> { readonly column: K; readonly problem: Bilingual }
type Columns = Readonly<Record<string, Column>>
type ValueOf<C> = C extends { readonly required: true; readonly read: (text: string) => Cell<infer T> } ? T : C extends { readonly read: (text: string) => Cell<infer T> } ? T | null : never
export type RowOf<C extends Columns> = { readonly [K in keyof C]: ValueOf<C[K]> }

/** Something that must hold of a row, and the cells by which it goes: asked where these are right, whatever is wrong beside them. */
export interface Check<R> { readonly by: readonly (keyof R & string)[]; readonly find: (row: R) => Odd<keyof R & string> | null }
/** A row with bad cells: these are null. */
export interface Maimed<R> { readonly row: number; readonly value: R; readonly bad: ReadonlySet<string> }
export interface Sheet<R> { /** Rows below the header, good or not. */ readonly read: number; readonly rows: readonly { readonly row: number; readonly value: R }[]; /** Those that are not good: what of them can be read is held to what else there is. */ readonly maimed: readonly Maimed<R>[]; readonly problems: readonly CellProblem[]; /** In which column stands what, by the columns' own names: `extension` → `D`. */ readonly columns: ReadonlyMap<string, string> }

const fine = <T>(value: T): Cell<T> => ({ value })
const wrong = (zh: string, en: string): { problem: Bilingual } => ({ problem: { zh, en } })

const isBinary = (text: string): boolean => text.includes('\0')

/** Kinds of cells. */
export const cells = {
  text: (most: number) => (text: string): Cell<string> => (text.length <= most ? fine(text) : wrong(`最多 ${most} 个字符`, `${most} characters at most`)),
  pattern: (pattern: RegExp, zh: string, en: string) => (text: string): Cell<string> => (pattern.test(text) ? fine(text) : wrong(`“${text}”：应为${zh}`, `“${text}”: must be ${en}`)),
  oneOf: <T extends string>(names: Readonly<Record<string, T>>) => (text: string): Cell<T> => {
    const found = Object.entries(names).find(([name]) => name.toLowerCase() === text.toLowerCase())
    return found === undefined ? wrong(`“${text}”：应为 ${Object.keys(names).join('、')} 之一`, `“${text}”: must be one of ${Object.keys(names).join(', ')}`) : fine(found[1])
  },
  known: (names: ReadonlySet<string>, zh: string, en: string) => (text: string): Cell<string> => (names.has(text) ? fine(text) : wrong(`没有${zh} ${text}`, `there is no ${en} ${text}`)),
  list: (one: (text: string) => Cell<string>) => (text: string): Cell<string[]> => {
    const parts = text.split(/[,，;；、\s]+/).filter((part) => part !== '')
    const problems = parts.flatMap((part) => { const cell = one(part); return 'problem' in cell ? [cell.problem] : [] })
    return problems.length === 0 ? fine(parts) : wrong(problems.map(({ zh }) => zh).join('；'), problems.map(({ en }) => en).join('; '))
  },
  integer: (least: number, most: number) => (text: string): Cell<number> => {
    const value = Number(text)
    return /^-?\d+$/.test(text) && value >= least && value <= most ? fine(value) : wrong(`“${text}”：应为 ${least} 至 ${most} 的整数`, `“${text}”: must be a whole number from ${least} to ${most}`)
  },
  number: (least: number, most: number) => (text: string): Cell<number> => {
    const value = Number(text)
    return text !== '' && Number.isFinite(value) && value >= least && value <= most ? fine(value) : wrong(`“${text}”：应为 ${least} 至 ${most} 的数`, `“${text}”: must be a number from ${least} to ${most}`)
  },
  /** `2026-10-01`, `2026/10/1`: spreadsheets write both. */
  day: (text: string): Cell<string> => {
    const match = /^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?$/.exec(text)
    const day = match === null ? '' : `${match[1] ?? ''}-${(match[2] ?? '').padStart(2, '0')}-${(match[3] ?? '').padStart(2, '0')}`
    return day >= '1900' && Number.isFinite(Date.parse(day)) && new Date(Date.parse(day)).toISOString().startsWith(day) ? fine(day) : wrong(`“${text}”不是日期（如 2026-10-01）`, `“${text}” is not a day (2026-10-01)`)
  },
  yes: (text: string): Cell<boolean> => {
    const cell = cells.oneOf({ 是: 'yes', 否: 'no', yes: 'yes', no: 'no', true: 'yes', false: 'no', 1: 'yes', 0: 'no' })(text)
    return 'problem' in cell ? cell : fine(cell.value === 'yes')
  },
}

/**
 * Reads a table by its header. Every problem is named by row and column; rows with one are set aside.
 * @param key columns that no two rows may share together; the first of them says what it is
 * @param checks what may be wrong with cells that are right each by itself
 */
export function readSheet<C extends Columns>(text: string, columns: C, key: readonly (keyof C & string)[], checks: readonly Check<RowOf<C>>[] = []): Sheet<RowOf<C>> {
  const table = readTable(text)
  const problems: CellProblem[] = [...table.problems]
  const places = new Map<string, number>()
  const nameOf = (title: string): string | undefined => Object.keys(columns).find((one) => one.toLowerCase() === title.toLowerCase() || columns[one]?.zh === title)
  if (!table.header.some((title) => nameOf(title) !== undefined)) {
    // One problem, and not one for every cell of what is no header at all.
    const wanted = Object.entries(columns).filter(([, { required }]) => required === true)
    if (table.header.some(isBinary)) return { read: table.rows.length, rows: [], maimed: [], columns: new Map(), problems: [{ row: 1, column: 'A', problem: { zh: '首行有空字符（NUL）：这不是文本表格，或是没有标记的 UTF-16；请另存为 UTF-8 的 CSV', en: 'the first row has NUL characters: this is no text, or UTF-16 without its mark; save it as CSV in UTF-8' } }] }
    return { read: table.rows.length, rows: [], maimed: [], columns: new Map(), problems: [{ row: 1, column: 'A', problem: {
      zh: `首行应为列名，${table.header.join('') === '' ? '却是空的' : `却是“${table.header.join(',').slice(0, 80)}”`}；至少要有 ${wanted.map(([, { zh }]) => zh).join(',')}`,
      en: `the first row must have the column names${table.header.join('') === '' ? ', and is empty' : `; it is “${table.header.join(',').slice(0, 80)}”`}; there must be at least ${wanted.map(([name]) => name).join(',')}`,
    } }] }
  }
  for (const [index, title] of table.header.entries()) {
    const name = nameOf(title)
    // Spreadsheet programs leave such columns behind.
    if (title === '' && table.rows.every(({ cells: own }) => (own[index] ?? '') === '')) continue
    if (title === '') problems.push({ row: 1, column: columnName(index), problem: { zh: '这一列没有列名', en: 'this column has no name' } })
    else if (name === undefined) problems.push({ row: 1, column: columnName(index), problem: { zh: `不认识的列“${title}”；可用：${Object.entries(columns).map(([one, { zh }]) => `${zh}（${one}）`).join('、')}`, en: `unknown column “${title}”; there are ${Object.keys(columns).join(', ')}` } })
    else if (places.has(name)) problems.push({ row: 1, column: columnName(index), problem: { zh: `列“${title}”出现两次`, en: `column “${title}” stands there twice` } })
    else places.set(name, index)
  }
  for (const [name, { required, zh }] of Object.entries(columns)) if (required === true && !places.has(name)) problems.push({ row: 1, column: columnName(table.header.length), problem: { zh: `缺少列“${zh}”（${name}）；首行已有：${table.header.filter((title) => title !== '').join('、')}`, en: `the column “${name}” (${zh}) is missing; the first row has ${table.header.filter((title) => title !== '').join(', ')}` } })
  // Without one of them no row is known for what it is; of any other mistake in the first row the rows know nothing.
  const lacking = Object.entries(columns).some(([name, { required }]) => required === true && !places.has(name))
  const rows: { row: number; value: RowOf<C> }[] = []
  const maimed: Maimed<RowOf<C>>[] = []
  const seen = new Map<string, number>()
  for (const { row, cells: own } of table.rows) {
    const value: Record<string, unknown> = {}
    const bad = new Set<string>()
    const isBad = (name: string, index: number, problem: Bilingual): void => {
      bad.add(name)
      value[name] = null
      problems.push({ row, column: columnName(index), problem })
    }
    for (const [name, column] of Object.entries(columns)) {
      const index = places.get(name)
      const given = index === undefined ? '' : own[index] ?? ''
      if (given === '') {
        if (column.required !== true || index === undefined) { value[name] = null; continue }
        isBad(name, index, { zh: `“${column.zh}”不能为空`, en: `“${name}” must not be empty` })
        continue
      }
      const cell = isBinary(given) ? wrong('有空字符（NUL），数据库不能存放', 'there is a NUL character, which no database keeps') : column.read(given)
      if ('value' in cell) value[name] = cell.value
      else isBad(name, index ?? 0, cell.problem)
    }
    if (lacking) continue
    // Of a row with a bad cell, too, unless that is what it would be known by.
    const same = key.some((name) => bad.has(name)) ? null : JSON.stringify(key.map((name) => value[name]))
    const before = same === null ? undefined : seen.get(same)
    if (before !== undefined) problems.push({ row, column: columnName(places.get(key[0] ?? '') ?? 0), problem: { zh: `与第 ${before} 行重复`, en: `the same as row ${before}` } })
    else if (same !== null) seen.set(same, row)
    const whole = value as RowOf<C>
    const odd = checks.flatMap(({ by, find }) => (by.some((name) => bad.has(name)) ? [] : find(whole) ?? []))
    for (const { column, problem } of odd) problems.push({ row, column: columnName(places.get(column) ?? 0), problem })
    if (bad.size === 0 && before === undefined && odd.length === 0) rows.push({ row, value: whole })
    else maimed.push({ row, value: whole, bad })
  }
  return { read: table.rows.length, rows, maimed, columns: new Map([...places].map(([name, index]) => [name, columnName(index)])), problems: problems.sort((a, b) => a.row - b.row || a.column.length - b.column.length || (a.column < b.column ? -1 : 1)) }
}
