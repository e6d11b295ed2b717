import { userInfo } from 'node:os'
import { loadConfig } from '../config.js'
import { NAME_PATTERN } from '../flow/fields.js'
import { suggest } from '../flow/load/problems.js'
import { fromLocalTime } from '../flow/local-time.js'
import { askedModes } from '../flow/surroundings.js'
import type { Flow } from '../flow/types.js'
import { loadEdition } from '../intake/edition.js'
import type { EditionStore } from '../intake/flow-ports.js'
import { withDatabase } from '../store/beside.js'
import { makeEditionStore } from '../store/flow-editions.js'
import { clearMode, readModes, setMode } from '../store/modes.js'
import type { Command } from './command.js'
import { databaseOf } from './database.js'
import { loadCity } from './flow/city.js'
import { choiceOf, EXIT, parseOptions, UsageError } from './options.js'

const USAGE = `用法 / Usage:
  liandong mode                                          现在打开的开关 / switches that are on
  liandong mode disaster on [--until 2026-01-05T18:30]   打开，可写到何时为止（城市时间）/ on, if need be until then (the city's time)
  liandong mode disaster off                             关闭 / off

  流程用 when: { mode: <名称> } 询问；下一个来电起生效。/ Flows ask for it with when: { mode: <name> }; it holds from the next caller on.
  没有流程询问的名称、已经过去的时间不予接受。/ A name that no flow asks for, and an end that is over, are refused.

  退出码 / exit code: 0 完成 done, 1 没有完成 it failed, 2 用法 usage
`

/** `liandong mode …`: the switches that flows ask for. Works beside a running server and without one. */
export const modeCommand: Command = {
  name: 'mode',
  summary: { zh: '流程开关：应急状态、已知停电等', en: 'switches of the flows: disaster mode, a known outage, …' },
  usage: USAGE,
  async run(args, io) {
    const { values: { until }, positionals: [name, state] } = parseOptions(args, { until: { type: 'string' } } as const, 2)
    if (name !== undefined && !new RegExp(NAME_PATTERN).test(name)) throw new UsageError(`开关名 “${name}”：应为小写字母、数字和连字符，如 disaster`, `the switch “${name}” must be lower-case letters, digits and hyphens, such as disaster`)
    if (name !== undefined && state === undefined) throw new UsageError(`mode ${name} 之后写 on 或 off；只写 mode 则列出打开的开关`, `after mode ${name} comes on or off; mode by itself lists the switches that are on`)
    const on = name === undefined ? null : choiceOf(`mode ${name}`, state ?? '', ['on', 'off']) === 'on'
    if (until !== undefined && on !== true) throw new UsageError('--until 只用于打开：mode <名称> on --until 2026-01-05T18:30', '--until goes with on only: mode <name> on --until 2026-01-05T18:30')
    const { config } = loadConfig(process.env)
    const end = until === undefined ? null : fromLocalTime(until, config['city.timeZone'])
    if (until !== undefined && end === null) throw new UsageError(`--until “${until}”：请写成 2026-01-05T18:30（城市时间）`, `--until “${until}” must be written 2026-01-05T18:30 (the city’s time)`)
    const time = (ms: number): string => new Intl.DateTimeFormat('sv-SE', { timeZone: config['city.timeZone'], dateStyle: 'short', timeStyle: 'short' }).format(ms)
    if (end !== null && end <= Date.now()) throw new UsageError(`--until “${until ?? ''}”：这一时刻已经过去，开关等于没有打开（城市现在 ${time(Date.now())}）`, `--until “${until ?? ''}” is in the past: the switch would not be on (in the city it is ${time(Date.now())})`)
    await withDatabase(databaseOf(config), async (pool) => {
      if (name !== undefined && on === true) await checkAsked(name, makeEditionStore(pool), config['flows.directory'])
      if (name !== undefined && on === true) await setMode(pool, name, end, userInfo().username)
      if (name !== undefined && on === false && !await clearMode(pool, name)) io.stdout.write(`${name} 本来就是关闭的。/ ${name} was off already.\n`)
      const modes = Object.entries(await readModes(pool))
      for (const [one, { until: last }] of modes) io.stdout.write(`● ${one}${last === undefined ? '' : `  到 until ${time(last)}${last <= Date.now() ? '（已过 over）' : ''}`}\n`)
      if (modes.length === 0) io.stdout.write('没有打开的开关。/ No switch is on.\n')
    })
    return EXIT.fine
  },
}

/**
 * A switch that no flow asks for does nothing, and in a disaster nobody finds out: it is refused. Asked are the edition that runs and the files;
 * where nothing was published and a file is broken, nobody knows what runs, and the switch is set.
 * @throws UsageError
 */
async function checkAsked(name: string, editions: Pick<EditionStore, 'current' | 'content'>, directory: string): Promise<void> {
  const current = await editions.current()
  const content = current === null ? null : await editions.content(current.number)
  const files = await loadCity(directory).catch(() => null)
  if (content === null && (files === null || files.problems.length > 0)) return
  const flows: readonly Flow[] = [...(content === null ? [] : loadEdition(content).flows.values()), ...files?.flows.values() ?? []]
  const asked = askedModes(flows)
  if (asked.includes(name)) return
  const hint = suggest(name, asked)
  throw new UsageError(`没有流程询问开关 “${name}”，打开它什么也不会改变。${hint.zh}`, `no flow asks for the switch “${name}”: it would change nothing. ${hint.en}`)
}
