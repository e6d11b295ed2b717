/** What a spreadsheet program takes for the beginning of a formula or a command, also in full width and behind blanks. */
const FORMULA = /^[\s\u00a0\u3000\ufeff]*[=+\-@＝＋－＠|%]/

/** One cell: quoted, and text that would be computed is text (OWASP "CSV injection"). */
export function csvCell(value: string | number | null): string {
  if (value === null) return ''
  const text = String(value)
  const safe = typeof value === 'string' && (FORMULA.test(text) || /^[\t\r\n]/.test(text)) ? `'${text}` : text
  return `"${safe.replaceAll('"', '""')}"`
}

/** Rows of RFC 4180. */
export const csvRows = (rows: readonly (readonly (string | number | null)[])[]): string => rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('')

/** RFC 4180 with the byte order mark by which spreadsheet programs know UTF-8. */
export const csvOf = (rows: readonly (readonly (string | number | null)[])[]): string => `\ufeff${csvRows(rows)}`
