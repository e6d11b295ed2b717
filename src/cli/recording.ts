import { isPracticeCity, loadConfig } from '../config.js'
import { recordingDirectory } from '../recording/files.js'
import { verifyRecordings, type RecordingFault } from '../recording/verify.js'
import { withDatabase } from '../store/beside.js'
import { makeRecordingStore } from '../store/recordings.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { EXIT, parseOptions, UsageError, verbOf } from './options.js'

const USAGE = `用法 / Usage:
  liandong recording verify [--json]
      逐个核对本节点的录音文件与索引（存在、长度、SHA-256）；不改动任何东西
      compares each recording of this node with the index (there, size, SHA-256); changes nothing
  liandong recording held [--json]
      依法留存的录音 / recordings under legal hold

  退出码 / exit code: 0 完好 intact, 1 有问题 faults, 2 用法或设置有误 usage or settings
`

const FAULTS: Readonly<Record<RecordingFault['fault'], string>> = {
  missing: '文件缺失 / the file is missing',
  size: '长度与索引不符 / another size than the index says',
  content: '内容与索引不符 / another content than the index says',
}

/** `liandong recording …`: are the recordings what they were? Works beside a running server and without one. */
export const recordingCommand: Command = {
  name: 'recording',
  summary: { zh: '核对录音文件，列出依法留存的录音', en: 'verify recordings, list those under legal hold' },
  usage: USAGE,
  async run(args, { stdout, stderr }) {
    const { values, positionals: [word] } = parseOptions(args, { json: { type: 'boolean' } }, 1)
    const verb = verbOf('recording', word, ['verify', 'held'])
    const { config } = loadConfig(process.env)
    const directory = recordingDirectory({ configured: config['pbx.recordings'], practice: isPracticeCity(config), home: config.home })
    const database = databaseOf(config, stderr)
    if (verb === 'held') {
      const held = await withDatabase(database, (pool) => makeRecordingStore(pool).held())
      if (values.json === true) stdout.write(`${JSON.stringify(held, null, 2)}\n`)
      else if (held.length === 0) stdout.write('没有依法保全的录音。/ No recording is held.\n')
      else for (const { id, callId, at, by, reason } of held) stdout.write(`${id}  ${new Date(at).toISOString()}  ${by}  ${reason}  (${callId})\n`)
      return EXIT.fine
    }
    if (directory === '') throw new UsageError('没有设置录音目录（pbx.recordings）', 'no directory of recordings is set (pbx.recordings)')
    const report = await withDatabase(database, (pool) => verifyRecordings(makeRecordingStore(pool), directory, config['node.name']))
    if (values.json === true) stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    else {
      for (const { id, callId, fault } of report.faults) stdout.write(`✗ ${id}  ${FAULTS[fault]}  (${callId})\n`)
      stdout.write(`${report.faults.length === 0 ? '✓' : '✗'} ${report.count} 个录音 / recordings\n`)
    }
    return report.faults.length === 0 ? EXIT.fine : EXIT.problems
  },
}
