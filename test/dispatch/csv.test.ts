import t from 'tap'
import { csvCell, csvOf } from '../../src/dispatch/core/csv.js'
import { KINDS } from '../../src/dispatch/import/kinds.js'

t.test('nothing that a caller wrote is computed by a spreadsheet program', (t) => {
  for (const bad of ['=1+1', '=cmd|\' /C calc\'!A0', '+8613900000001', '-2+3', '@SUM(A1)', '\t=1', '\r=1', ' =1', '　＝1', '＝HYPERLINK("http://x")', '\u00a0@x', '|calc', '%0A=1', '\n=1', '\ufeff=1']) {
    const cell = csvCell(bad)
    t.ok(cell.startsWith('"\'') && cell.endsWith('"'), JSON.stringify(bad))
  }
  for (const [plain, cell] of [['井盖缺失', '"井盖缺失"'], ['中州中路 128-1 号', '"中州中路 128-1 号"'], ['他说"快"', '"他说""快"""'], ['a,b\nc', '"a,b\nc"'], ['', '""']] as const) t.equal(csvCell(plain), cell)
  t.equal(csvCell(-3), '"-3"', 'a number is one')
  t.equal(csvCell(null), '')
  t.equal(csvOf([['编号', '地点'], ['100-0003', '"=1"']]), '\ufeff"编号","地点"\r\n"100-0003","""=1"""\r\n')
  t.end()
})

t.test('a column that is not known hides no other mistake, and the good rows are counted', (t) => {
  const known = { units: new Set<string>(), categories: new Set<string>(), areas: new Set<string>(), logins: new Map() }
  const { rows, problems } = KINDS.units('id,name,standby,colour\na-one,甲,no,red\nb-two,乙,perhaps,red\na-one,丙,no,red\n', known)
  t.same(rows.map(({ row }) => row), [2])
  t.same(problems.map(({ row, column }) => `${row}:${column}`), ['1:D', '3:C', '4:A'])
  t.end()
})
