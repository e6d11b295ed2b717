import { loadConfig } from '../config.js'
import type { ChainFault } from '../dispatch/core/chain.js'
import { verifyHistories } from '../store/audit.js'
import { withDatabase } from '../store/beside.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { parseOptions, UsageError, verbOf } from './options.js'

const USAGE = `用法 / Usage:
  liandong audit verify [--json] [--expect <head>]
      逐行验算每张工单历史的哈希链，并核对工单本身 / computes the hash chain of every ticket's history anew, and holds the ticket against it
      --expect   早先记下的总哈希；不同则说明历史被整体改写 / a head noted earlier from the same tickets; another one says that history was rewritten

  退出码 / exit code: 0 完好 intact, 1 有问题 faults, 2 用法 usage
`

function faultText(fault: ChainFault): string {
  const where = `${fault.ticketId} #${fault.version}`
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
    const { values, positionals: [verb] } = parseOptions(args, { json: { type: 'boolean' }, expect: { type: 'string' } }, 1)
    verbOf('audit', verb, ['verify'])
    // Otherwise a slip of the pen would look like a forged history.
    if (values.expect !== undefined && !/^[0-9a-f]{64}$/.test(values.expect)) throw new UsageError(`--expect “${values.expect}”：应为早先 audit verify 打印的 64 位哈希`, `--expect “${values.expect}” must be the hash of 64 digits that audit verify printed`)
    const { config } = loadConfig(process.env)
    const report = await withDatabase(databaseOf(config, stderr), verifyHistories)
    const moved = values.expect !== undefined && values.expect !== report.head
    if (values.json === true) stdout.write(`${JSON.stringify({ ...report, ...(values.expect === undefined ? {} : { expected: values.expect }) }, null, 2)}\n`)
    else {
      for (const fault of report.faults) stdout.write(`✗ ${faultText(fault)}\n`)
      if (moved) stdout.write(`✗ 总哈希与所记不同 / the head is not the one that was noted: ${values.expect ?? ''}\n`)
      stdout.write(`${report.faults.length === 0 && !moved ? '✓' : '✗'} ${report.tickets} 张工单，${report.rows} 行历史 / ${report.tickets} tickets, ${report.rows} rows of history\n  ${report.head}\n`)
    }
    return report.faults.length > 0 || moved ? 1 : 0
  },
}
