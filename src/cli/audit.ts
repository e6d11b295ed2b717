import { loadConfig } from '../config.js'
import { makeAttachmentStore } from '../store/attachments.js'
import { verifyHistories, verifyPhotos, type FoundFault } from '../store/audit.js'
import { withDatabase } from '../store/beside.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { parseOptions, UsageError, verbOf } from './options.js'

const USAGE = `用法 / Usage:
  liandong audit verify [--json] [--photos] [--expect <time/head>]
      逐行验算每张工单历史的哈希链，并核对工单本身 / computes the hash chain of every ticket's history anew, and holds the ticket against it
      最后一行是到一分钟前为止全部历史的总哈希，连同时刻；请记到别处，例如每夜一次 /
      the last line is the head of all histories until a minute ago, with that time: note it elsewhere, each night for example
      --photos   也读出每张照片的文件，核对其哈希 / reads every photo's file as well and checks its hash
      --expect   早先记下的那一行；此后的办理不影响它，不同则说明那时以前的历史被整体改写 /
                 that line, noted earlier: what was done since does not matter; another head says that history before it was rewritten

  退出码 / exit code: 0 完好 intact, 1 有问题 faults, 2 用法 usage
`

const WHAT_TO_DO = `  怎么办：先保全现场，不要补写历史（它是证据）。留存数据库与备份；用早于该时间的备份另行恢复一份，对比这些工单（编号可在看板、工单页检索）；
  查谁在那之后登录过数据库（表的属主、PostgreSQL 日志），并报告监督部门。恢复备份或手工改过表也会如此，请一并说明。
  What to do: keep everything as it is, and do not mend the history (it is evidence). Keep the database and its backups; restore a backup from before that
  time beside it and compare these tickets (their numbers are found on the board and on the page of tickets); find out who was at the database since then
  (the tables' owner, PostgreSQL's log), and tell the oversight office. A restored backup, or a table changed by hand, looks the same: say so.
`

/** The ticket by its number and its id; the version at which it shows, and what was done there, or last before it, when. */
function whereOf({ number, ticketId, version, last }: FoundFault): string {
  const row = last === null ? '' : last.version === version ? ` ${last.act} ${last.at}` : `（#${last.version} ${last.act} ${last.at} 之后 / after it）`
  return `${number} (${ticketId}) #${version}${row}`
}

function faultText(fault: FoundFault): string {
  const where = whereOf(fault)
  switch (fault.type) {
    case 'hash': return `${where}：内容与哈希不符，此行或其前一行被改动 / content and hash differ: this row, or the one before it, was changed`
    case 'gap': return `${where}：缺少这一行 / this row is missing`
    case 'short': return `${where}：历史有 ${fault.version} 行，工单应有 ${fault.expected} 行 / the history has ${fault.version} rows, the ticket says ${fault.expected}`
    case 'field': return `${where}：工单上的 ${fault.field} 不是历史所记 / the ticket's ${fault.field} is not what its history says`
    case 'state': return `${where}：历史到 ${fault.expected}，工单却是 ${fault.found} / the history ends in ${fault.expected}, the ticket says ${fault.found}`
  }
}

/** `liandong audit verify`: whether anybody touched what happened. Works beside a running server and without one. */
export const auditCommand: Command = {
  name: 'audit',
  summary: { zh: '验算工单历史是否被篡改', en: 'verify that no ticket history was tampered with' },
  usage: USAGE,
  async run(args, { stdout, stderr }) {
    const { values, positionals: [verb] } = parseOptions(args, { json: { type: 'boolean' }, photos: { type: 'boolean' }, expect: { type: 'string' } }, 1)
    verbOf('audit', verb, ['verify'])
    // Otherwise a slip of the pen would look like a forged history.
    const noted = values.expect === undefined ? null : /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\/([0-9a-f]{64})$/.exec(values.expect)
    const until = noted === null ? undefined : Date.parse(noted[1] ?? '')
    if (values.expect !== undefined && (until === undefined || Number.isNaN(until))) throw new UsageError(`--expect “${values.expect}”：应为早先 audit verify 打印的最后一行：时刻/64 位哈希`, `--expect “${values.expect}” must be the last line that audit verify printed: time/hash of 64 digits`)
    const { config } = loadConfig(process.env)
    const { report, photos } = await withDatabase(databaseOf(config, stderr), async (pool) => ({
      report: await verifyHistories(pool, until),
      photos: values.photos === true ? await verifyPhotos(pool, async (id) => (await makeAttachmentStore(pool, config.home).read(id, 'full'))?.bytes ?? null) : null,
    }))
    const moved = noted !== null && noted[2] !== report.head
    if (values.json === true) stdout.write(`${JSON.stringify({ ...report, ...(photos === null ? {} : { photos }), ...(values.expect === undefined ? {} : { expected: values.expect }) }, null, 2)}\n`)
    else {
      for (const fault of report.faults) stdout.write(`✗ ${faultText(fault)}\n`)
      if (moved) stdout.write(`✗ 总哈希与所记不同 / the head is not the one that was noted: ${values.expect ?? ''}\n`)
      for (const { id, ticketId, number, found } of photos?.faults ?? []) stdout.write(`✗ ${number} (${ticketId})：照片 ${id} ${found === 'missing' ? '没有文件 / the photo has no file' : '的文件与记录不符 / the file of the photo is not what is written of it'}\n`)
      if (report.faults.length > 0 || moved || (photos?.faults.length ?? 0) > 0) stdout.write(WHAT_TO_DO)
      if (photos !== null) stdout.write(`${photos.faults.length === 0 ? '✓' : '✗'} ${photos.photos} 张照片 / photos\n`)
      stdout.write(`${report.faults.length === 0 && !moved ? '✓' : '✗'} ${report.tickets} 张工单，${report.rows} 行历史 / ${report.tickets} tickets, ${report.rows} rows of history\n  ${report.until}/${report.head}\n`)
    }
    return report.faults.length > 0 || moved || (photos?.faults.length ?? 0) > 0 ? 1 : 0
  },
}
