import { environmentName, loadConfig, SETTINGS, type SettingKey } from '../config.js'
import type { Command } from './command.js'
import { EXIT, parseOptions } from './options.js'

const USAGE = `用法 / Usage:
  liandong config      列出所有设置、当前值、来源和环境变量 / every setting, its value, where it came from, its environment variable

  退出码 / exit code: 0 完成 done, 2 用法或设置有误 wrong usage or settings
`

/** `liandong config`: every setting, its value and where it came from. Secrets are not shown. */
export const configCommand: Command = {
  name: 'config',
  summary: { zh: '列出所有设置及其来源', en: 'all settings and where they come from' },
  usage: USAGE,
  run(args, { stdout }) {
    return Promise.resolve().then(() => {
      parseOptions(args, {})
      const { config, origins } = loadConfig(process.env)
      for (const key of Object.keys(SETTINGS) as SettingKey[]) {
        const setting: { secret?: true; help: { zh: string; en: string } } = SETTINGS[key]
        const value = setting.secret === true && config[key] !== '' ? '***' : JSON.stringify(config[key])
        stdout.write(`${key.padEnd(24)} ${value.padEnd(28)} ${origins[key]}\n${' '.repeat(25)}${setting.help.zh} / ${setting.help.en} ${environmentName(key)}\n`)
      }
      return EXIT.fine
    })
  },
}
