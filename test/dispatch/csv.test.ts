import t from 'tap'
import { decodeTable } from '../../src/dispatch/import/csv.js'
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

t.test('every problem of a row is named, each in its own column', (t) => {
  const known = { units: new Set(['works']), categories: new Set<string>(), areas: new Set<string>(), logins: new Map([['ann', 'operator' as const]]) }
  const at = ({ problems }: { problems: readonly { row: number; column: string }[] }): string[] => problems.map(({ row, column }) => `${row}:${column}`)
  t.same(at(KINDS.named('stage,name,channel,address,login\n裁定,甲,短信,037963000000,ann\n', known)), ['2:D', '2:E'])
  t.same(at(KINDS.channels('unit,channel,address,secret\nworks,none,x,y\nworks,webhook,ftp://x,\n', known)).sort(), ['2:B', '2:C', '2:D', '3:B', '3:C'], 'and a row beside “none”')
  t.same(at(KINDS.units('name,standby,id\n甲,no,aa\n乙,perhaps,aa\n,no,aa\n', known)), ['3:B', '3:C', '4:A', '4:C'], 'a second one stands where it is named, whatever else is wrong with its row')
  t.same(at(KINDS.units('name,standby,id\n甲,no,\n乙,no,\n', known)), ['2:C', '3:C'], 'two that are not named are not the same')
  t.same(at(KINDS.places('code,name,kind,lat,lon\nK1,连霍高速八百公里,里程桩,34,112\nK2,连霍高速 K800,里程桩,34,112\n')), ['2:B'])
  t.same(at(KINDS.calendar('day,kind,name,source\n0000-01-01,holiday,元旦,文\n')), ['2:A'])
  t.same(at(KINDS.units('id,name,standby\naa,甲,no,,\nbb,乙,no,,x\n', known)), ['3:D'], 'empty cells at the end are none')
  t.end()
})

t.test('a table in UTF-16 is read as what it is', (t) => {
  const little = Buffer.from('\ufeffid\tname\n', 'utf16le')
  for (const content of [little, Buffer.from(little).swap16(), Buffer.from('\ufeffid\tname\n')]) t.equal(decodeTable(content), 'id\tname\n')
  t.end()
})
