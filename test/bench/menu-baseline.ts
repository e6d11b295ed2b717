import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyConfiguration, edit } from '../pbx/harness/configuration.js'
import { CITY } from '../helpers/flows.js'

/** Two menus, one key each, the last of which leads to a third prompt, after which one waits: those of the city's 110 (`topics`, `more-topics`, `noted`). */
export const KEYS = '62'

/** As our flow says it. */
export const FLOW = `flow: bench
title: { zh: 菜单, en: Menus }
languages: [zh-CN]
start: topics
nodes:
  topics: { type: menu, prompts: [topics], tries: 2, silenceSeconds: 6, keys: { "1": { tag: { category: noise }, goto: noted }, "6": { goto: more-topics } }, onSilence: waiting }
  more-topics: { type: menu, prompts: [more-topics], tries: 2, silenceSeconds: 6, keys: { "2": { tag: { category: road }, goto: noted }, "0": { goto: topics } }, onSilence: waiting }
  noted: { type: play, prompts: [noted], next: waiting }
  waiting: { type: end }
`

const PROMPTS = join(CITY, 'prompts', 'zh-CN')
const prompt = (name: string): string => join(PROMPTS, readdirSync(PROMPTS).find((file) => new RegExp(`^${name}\\.[0-9a-f]{8}\\.wav$`).test(file)) ?? name)
/** Whose keys lead nowhere hears the menu twice and waits, as in our flow. */
const menu = (name: string, entries: readonly string[]): string => `      <menu name="${name}" greet-long="${prompt(name)}" timeout="6000" max-failures="2" max-timeouts="2" digit-len="1">
${entries.map((entry) => `        <entry ${entry}/>\n`).join('')}      </menu>\n`

/** As FreeSWITCH itself has it: its `ivr` menus, then mod_callcenter. */
const IVR = (): string => `<configuration name="ivr.conf" description="menus">
  <menus>
${menu('topics', ['action="menu-exec-app" digits="1" param="transfer noted XML citizens"', 'action="menu-sub" digits="6" param="more-topics"'])}${menu('more-topics', ['action="menu-exec-app" digits="2" param="transfer noted XML citizens"', 'action="menu-top" digits="0"'])}  </menus>
</configuration>
`
const DIALPLAN = (): string => `<include>
<context name="citizens">
  <extension name="intake"><condition field="destination_number" expression="^110$">
    <action application="answer"/>
    <action application="ivr" data="topics"/>
    <action application="transfer" data="waiting XML citizens"/>
  </condition></extension>
  <extension name="noted"><condition field="destination_number" expression="^noted$">
    <action application="playback" data="${prompt('noted')}"/>
    <action application="transfer" data="waiting XML citizens"/>
  </condition></extension>
  <extension name="waiting"><condition field="destination_number" expression="^waiting$">
    <action application="callcenter" data="native"/>
    <action application="hangup"/>
  </condition></extension>
</context>
</include>
`

/** What we ship (profiles, modules, codecs, timers, queue, telephones) with FreeSWITCH's own menu and queue where the intake was. → its directory */
export function writeBaseline(directory: string, extensions: readonly string[]): string {
  const configuration = copyConfiguration(directory, extensions)
  writeFileSync(join(configuration, 'autoload_configs', 'ivr.conf.xml'), IVR())
  writeFileSync(join(configuration, 'dialplan', 'citizens.xml'), DIALPLAN())
  edit(configuration, 'autoload_configs/switch.conf.xml', (text) => text.replace('    <allow name="mod_dptools.intercept.app"/>\n', (line) => `${line}${line.replace('intercept', 'ivr')}`))
  return configuration
}
