import { userInfo } from 'node:os'
import { loadConfig } from '../config.js'
import { LiandongError, errorText } from '../contracts/errors.js'
import { NAME_PATTERN } from '../flow/fields.js'
import { fromLocalTime } from '../flow/local-time.js'
import { migrationsDirectory } from '../paths.js'
import { withDatabase } from '../store/beside.js'
import { clearMode, readModes, setMode } from '../store/modes.js'
import type { Command } from './command.js'
import { EXIT, parseOptions } from './options.js'

const USAGE = `用法 / Usage:
  liandong mode                                          现在打开的开关 / switches that are on
  liandong mode disaster on [--until 2026-01-05T18:30]   打开，可写到何时为止（城市时间）/ on, if need be until then (the city's time)
  liandong mode disaster off                             关闭 / off

  流程用 when: { mode: <名称> } 询问；下一个来电起生效。/ Flows ask for it with when: { mode: <name> }; it holds from the next caller on.
`

/** `liandong mode …`: the switches that flows ask for. Works beside a running server and without one. */
export const modeCommand: Command = {
  name: 'mode',
  summary: { zh: '流程开关：应急状态、已知停电等', en: 'Switches of the flows: disaster mode, a known outage, …' },
  async run(args, io) {
    const options = parseOptions(args, { until: { type: 'string' }, help: { type: 'boolean', short: 'h' } } as const, USAGE, io.stderr)
    if (options === null) return EXIT.usage
    const { values: { until, help }, positionals: [name, state, ...more] } = options
    if (help === true) { io.stdout.write(USAGE); return EXIT.fine }
    const right = name === undefined || (new RegExp(NAME_PATTERN).test(name) && (state === 'on' || (state === 'off' && until === undefined)) && more.length === 0)
    const { config } = loadConfig(process.env)
    const end = until === undefined ? null : fromLocalTime(until, config['city.timeZone'])
    if (!right || (until !== undefined && end === null)) { io.stderr.write(USAGE); return EXIT.usage }
    try {
      await withDatabase({ databaseUrl: config['database.url'], home: config.home, migrations: migrationsDirectory, onProgress: () => undefined }, async (pool) => {
        if (name !== undefined && state === 'on') await setMode(pool, name, end, userInfo().username)
        if (name !== undefined && state === 'off' && !await clearMode(pool, name)) io.stdout.write(`${name} 本来就是关闭的。/ ${name} was off already.\n`)
        const modes = Object.entries(await readModes(pool))
        const time = (ms: number): string => new Intl.DateTimeFormat('sv-SE', { timeZone: config['city.timeZone'], dateStyle: 'short', timeStyle: 'short' }).format(ms)
        for (const [one, { until: last }] of modes) io.stdout.write(`● ${one}${last === undefined ? '' : `  到 until ${time(last)}${last <= Date.now() ? '（已过 over）' : ''}`}\n`)
        if (modes.length === 0) io.stdout.write('没有打开的开关。/ No switch is on.\n')
      })
      return EXIT.fine
    } catch (error) {
      if (!(error instanceof LiandongError)) throw error
      io.stderr.write(`${errorText(error.code, 'zh', error.details)} / ${errorText(error.code, 'en', error.details)}\n`)
      return EXIT.problems
    }
  },
}
