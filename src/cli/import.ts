import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { loadConfig } from '../config.js'
import { errorText, LiandongError } from '../contracts/errors.js'
import type { Category } from '../contracts/flow.js'
import { replaceFile } from '../disk/whole-file.js'
import { DATUMS } from '../dispatch/core/datum.js'
import { decodeTable, type CellProblem } from '../dispatch/import/csv.js'
import { KINDS, type CategorySheetRow, type ImportKind, type Known } from '../dispatch/import/kinds.js'
import { readFlowDirectory } from '../intake/flow-files.js'
import { refuseIfPractised } from '../people/accounts.js'
import { makeAccountStore } from '../store/accounts.js'
import { withDatabase } from '../store/beside.js'
import { importSheet, knownNow, type Imported } from '../store/imports.js'
import { recountDue } from '../store/recount.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { choiceOf, parseOptions, plural, UsageError } from './options.js'

const USAGE = `用法 / Usage:
  liandong import <种类 kind> <文件 file.csv> [--dry-run] [--replace] [--datum gcj02|bd09] [--json]

  units 联动单位   duties 职责清单   clocks 时限   calendar 放假安排   users 用户   channels 送达方式   categories 类别表
  named 各环节负责人、裁定人（整张表替换）/ who is told at each stage, and who rules: the sheet is all of them
  clusters 聚合规则（多近、多久、几件自动合为一事）/ how near, how recent, and how many become one incident
  places 地名（CSV 或 GeoJSON 点）   districts 行政区划（CSV 或 GeoJSON 面）
  地名的列：编号、名称、类型（地址、道路、地标、里程桩）、别名（用；隔开）、纬度、经度
  里程桩的名称写道路和桩号：G30 连霍高速 K812、连霍高速 K812+300；别名可写道路的其他叫法（G30；连霍高速），写在一处即对整条道路有效。
  两桩之间按直线推算（相距不超过 20 公里）：连霍高速812公里300米、G30 K812+300、连霍高速812
  places: code, name, kind (address, road, landmark, kilometre), aliases (by ;), lat, lon. A kilometre mark is named by its road and its number (G30 Lianhuo K812, G30 K812+300);
  its aliases may say what else the road is called, once for the whole road. What lies between two marks, at most 20 km apart, is worked out on the straight line.
  地名与区划的坐标按 WGS-84；来自高德、腾讯的加 --datum gcj02，来自百度的加 --datum bd09，导入时换算（不换算会偏约半公里）
  Positions are WGS-84; those from Amap or Tencent need --datum gcj02, those from Baidu --datum bd09, and are converted (they would be half a kilometre off)
  citizens 来电人（姓名、地址、提示，按号码；空格不覆盖）/ callers by number: an empty cell leaves what is there
  CSV 首行为列名，中文或英文均可；UTF-8、UTF-16 或 GB18030。--dry-run 列出每个问题的行与列，不写入。有任何问题时什么也不写。
  The first row has the column names, Chinese or English; UTF-8, UTF-16 or GB18030. --dry-run lists every problem by row and column and writes nothing.
  送达方式：表里出现的单位以表为准，不在表里的地址加 --replace 才停用；“无”表示没有其他方式
  channels: the sheet is the whole list of each unit that it names; what is not in it is taken off with --replace; “none”: its terminal alone
  放假安排按年整体替换，告知名单整体替换：已录入而不在表里的会逐一列出，加 --replace 才删除。
  A calendar replaces whole years, named people are one list: what is loaded and not in the sheet is listed, and removed with --replace only.
  With any problem nothing is written at all. Users come without a password: set one by  liandong user password.

  退出码 / exit code: 0 完成 done, 1 有问题 problems, 2 用法 usage
`

/** The code book as a file, with the comments that stand at its top. */
async function writeCategories(directory: string, rows: readonly CategorySheetRow[]): Promise<void> {
  const file = join(directory, 'categories.yaml')
  const top = readFileSync(file, 'utf8').split('\n')
  const comments = top.slice(0, top.findIndex((line) => !line.startsWith('#') && line.trim() !== ''))
  const book = { categories: Object.fromEntries(rows.map(({ code, zh, en, class: queue, units }) => [code, { zh, en, class: queue, ...(units === null || units.length === 0 ? {} : { units }) }])) }
  await replaceFile(file, `${comments.join('\n').trimEnd()}\n\n${stringify(book)}`)
}

const line = (file: string, { row, column, problem }: CellProblem): string => `${file}:${row}:${column}  ${problem.zh} / ${problem.en}\n`

/** `liandong import …`: a city's own tables. */
export const importCommand: Command = {
  name: 'import',
  summary: { zh: '从 CSV 导入单位、职责、时限、放假安排、用户等（可试运行）', en: 'import units, duties, time limits, calendar, users … from CSV (with a dry run)' },
  usage: USAGE,
  async run(args, { stdout, stderr }) {
    const { values, positionals: [first = '', file] } = parseOptions(args, { 'dry-run': { type: 'boolean' }, 'replace': { type: 'boolean' }, 'datum': { type: 'string' }, 'json': { type: 'boolean' } }, 2)
    const kind = choiceOf('import', first, Object.keys(KINDS) as ImportKind[])
    if (file === undefined) throw new UsageError(`请写明文件：liandong import ${kind} 文件.csv --dry-run`, `name the file: liandong import ${kind} file.csv --dry-run`)
    const datum = choiceOf('--datum', values.datum ?? 'wgs84', DATUMS)
    if (values.datum !== undefined && kind !== 'places' && kind !== 'districts') throw new UsageError('--datum 只用于 places 和 districts', '--datum is for places and districts')
    const { config } = loadConfig(process.env)
    let text: string
    try {
      text = decodeTable(readFileSync(file))
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      stderr.write(code === 'ENOENT' ? `✗ 没有文件 ${file}（当前目录 ${process.cwd()}）\n  There is no file ${file} (in ${process.cwd()})\n` : `✗ ${file}：无法读取 / cannot be read: ${message}\n`)
      return 1
    }
    const book = (await readFlowDirectory(config['flows.directory'])).categories ?? []
    const dry = values['dry-run'] === true
    const result = await withDatabase(databaseOf(config, stderr), async (pool): Promise<Imported & { readonly recounted?: number }> => {
      // What a sheet lacks is found out anywhere; only who is real does not come into a city that practises.
      if (kind === 'users') await refuseIfPractised(config['pbx.kind'], makeAccountStore(pool)).catch((error: unknown) => {
        if (!dry || !(error instanceof LiandongError)) throw error
        stderr.write(`注意 / note: ${errorText(error.code, 'zh', error.details)}\n  ${errorText(error.code, 'en', error.details)}\n`)
      })
      const known = await knownNow(pool, book.map(({ code }) => code))
      if (kind === 'categories') return codeBook(text, known, book, config['flows.directory'], dry)
      const imported = await importSheet(pool, kind, text, known, dry, values.replace === true, datum)
      // What units have in hand is counted by the new calendar from now on; where this is interrupted the server does it, or the next import.
      return kind !== 'calendar' || imported.dry ? imported : { ...imported, recounted: await recountDue(pool, config['city.timeZone'], (ticketId, error) => { stderr.write(`工单 ${ticketId} 的时限未能重算 / the limits of ticket ${ticketId} could not be counted anew: ${(error as Error).message}\n`) }) }
    })
    if (values.json === true) stdout.write(`${JSON.stringify(result, null, 2)}\n`)
    else {
      for (const problem of result.problems) stdout.write(line(file, problem))
      const { rows, refused, added, changed, removed, problems } = result
      for (const one of removed) stdout.write(`− ${one}  ${result.dry ? '将删除：表里没有 / would be removed: not in the sheet' : '已删除：表里没有 / removed: not in the sheet'}\n`)
      const [mark, zh, en] = problems.length > 0 ? ['✗', `${problems.length} 个问题，什么也没有写入`, `${plural(problems.length, 'problem')}, nothing was written`] as const : dry ? ['✓', '试运行，什么也没有写入', 'dry run, nothing was written'] as const : ['✓', '已导入', 'imported'] as const
      const bad = refused === 0 ? ['', ''] : [`；拒收 ${refused} 行，问题列在上面（文件:行:列）`, `; ${plural(refused, 'row')} refused, the problems listed above (file:row:column)`]
      const gone = removed.length === 0 ? ['', ''] : [`，删除 ${removed.length}`, `, ${removed.length} removed`]
      stdout.write(`${mark} ${zh}：${refused === 0 ? '' : '合格 '}${rows} 行，新增 ${added}，更改 ${changed}${gone[0] ?? ''}${bad[0] ?? ''} / ${en}: ${plural(rows, refused === 0 ? 'row' : 'good row')}, ${added} new, ${changed} changed${gone[1] ?? ''}${bad[1] ?? ''}\n`)
      if ((result.recounted ?? 0) > 0) stdout.write(`  ${result.recounted ?? 0} 张在办工单的时限已重算 / the limits of ${plural(result.recounted ?? 0, 'ticket')} in hand were counted anew\n`)
    }
    return result.problems.length > 0 ? 1 : 0
  },
}

/** All that a line of the code book says of its category. */
const sayingOf = ({ zh, en, class: queue, units }: Pick<CategorySheetRow, 'zh' | 'en' | 'class' | 'units'>): string => JSON.stringify([zh, en, queue, units ?? []])

async function codeBook(text: string, known: Known, book: readonly Category[], directory: string, dry: boolean): Promise<Imported> {
  const { read, rows, maimed, problems } = KINDS.categories(text, known)
  // Tickets carry these codes for ever: a code book may grow, and nothing may leave it.
  const missing = [...known.categories].filter((code) => ![...rows, ...maimed].some(({ value }) => value.code === code))
  const whole = rows.length + maimed.length === read && maimed.every(({ bad }) => !bad.has('code'))
  const all = [...problems, ...(missing.length > 0 && whole ? [{ row: 1, column: 'A', problem: { zh: `缺少已有类别 ${missing.join('、')}：工单上有它们`, en: `categories that exist are missing: ${missing.join(', ')}; tickets carry them` } }] : [])]
  const write = !dry && all.length === 0
  if (write) await writeCategories(directory, rows.map(({ value }) => value))
  const before = new Map(book.map((one) => [one.code, sayingOf(one)]))
  const there = rows.filter(({ value }) => before.has(value.code))
  const changed = there.filter(({ value }) => before.get(value.code) !== sayingOf(value)).length
  return { rows: rows.length, refused: read - rows.length, added: rows.length - there.length, changed, removed: [], problems: all, dry: !write }
}
