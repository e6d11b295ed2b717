import { ConfigError, environmentName, loadConfig, SETTINGS, type SettingKey } from '../config.js'
import type { Command } from './command.js'
import { EXIT, parseOptions } from './options.js'

const USAGE = `用法 / Usage:
  liandong config      列出所有设置、当前值、来源和环境变量 / every setting, its value, where it came from, its environment variable
`

/** `liandong config`: every setting, its value and where it came from. Secrets are not shown. */
export const configCommand: Command = {
  name: 'config',
  summary: { zh: '列出所有设置及其来源', en: 'all settings and where they come from' },
  run(args, { stdout, stderr }) {
    const parsed = parseOptions(args, { help: { type: 'boolean', short: 'h' } }, USAGE, stderr, { positionals: false })
    if (parsed === null) return Promise.resolve(EXIT.usage)
    if (parsed.values.help === true) { stdout.write(USAGE); return Promise.resolve(0) }
    try {
      const { config, origins } = loadConfig(process.env)
      for (const key of Object.keys(SETTINGS) as SettingKey[]) {
        const setting: { secret?: true; help: { zh: string; en: string } } = SETTINGS[key]
        const value = setting.secret === true && config[key] !== '' ? '***' : JSON.stringify(config[key])
        stdout.write(`${key.padEnd(24)} ${value.padEnd(28)} ${origins[key]}\n${' '.repeat(25)}${setting.help.zh} / ${setting.help.en} ${environmentName(key)}\n`)
      }
      return Promise.resolve(0)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      stderr.write(`${error.message}\n`)
      return Promise.resolve(2)
    }
  },
}
