import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIGURATION } from './freeswitch.js'

/** Where the twelve telephones stand in what we ship, one line each. */
const TELEPHONES = [
  { file: 'directory/operators.xml', group: '<users>', line: /^ *<user id="\d+">.*\n/gm },
  { file: 'autoload_configs/callcenter.conf.xml', group: '<agents>', line: /^ *<agent name="\d+".*\n/gm },
  { file: 'autoload_configs/callcenter.conf.xml', group: '<tiers>', line: /^ *<tier agent="\d+".*\n/gm },
] as const

/** Changes a file of a configuration. */
export function edit(configuration: string, file: string, change: (text: string) => string): void {
  const path = join(configuration, file)
  const text = readFileSync(path, 'utf8')
  const changed = change(text)
  if (changed === text) throw new Error(`${file} is not as it was thought to be`)
  writeFileSync(path, changed)
}

/** A copy of the configuration that we ship, with these telephones instead of its twelve. → its directory */
export function copyConfiguration(directory: string, extensions: readonly string[]): string {
  const copy = join(directory, 'freeswitch')
  cpSync(CONFIGURATION, copy, { recursive: true })
  for (const { file, group, line } of TELEPHONES) {
    edit(copy, file, (text) => {
      const [model = ''] = text.match(line) ?? []
      const [extension = ''] = /\d+/.exec(model) ?? []
      return text.replace(line, '').replace(`${group}\n`, () => `${group}\n${extensions.map((one) => model.replaceAll(extension, one)).join('')}`)
    })
  }
  return copy
}
