import { loadConfig } from '../../config.js'
import { withDatabase } from '../../store/beside.js'
import { makeEditionStore } from '../../store/flow-editions.js'
import type { CommandIo } from '../command.js'
import { databaseOf } from '../database.js'
import { EXIT, numberOf, parseOptions, plural } from '../options.js'

const CALLS = 1_000

/** `liandong flow keys`: the keys of the last calls with their times, one call a line, as `flow simulate --replay` reads them. */
export async function runFlowKeys(args: readonly string[], { stdout, stderr }: CommandIo): Promise<number> {
  const { values, positionals: [name = '110'] } = parseOptions(args, { limit: { type: 'string' } } as const, 1)
  const limit = numberOf('limit', values.limit, { least: 1, most: 100_000 }) ?? CALLS
  const { config } = loadConfig(process.env)
  const calls = await withDatabase(databaseOf(config), (pool) => makeEditionStore(pool).recordedKeys(name, limit))
  for (const call of calls) stdout.write(`${JSON.stringify(call)}\n`)
  const days = config['flows.keepKeys']
  stderr.write(`${name}：${calls.length} 个录得的来电（按键保存 ${days} 天：flows.keepKeys）。/ ${name}: ${plural(calls.length, 'recorded call')} (keys are kept ${plural(days, 'day')}: flows.keepKeys).\n`)
  return EXIT.fine
}
