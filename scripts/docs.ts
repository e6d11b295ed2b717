/** Writes what the documents say about the code from the code itself. Usage: npm run docs [-- --check] */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { TSchema } from 'typebox'
import { EDGE_SETTINGS } from '../sip/settings.js'
import { COMMANDS } from '../src/cli/commands.js'
import { environmentName, SETTINGS, type SettingKey } from '../src/config.js'
import { ERRORS } from '../src/contracts/errors.js'
import { ROUTES } from '../src/contracts/http.js'
import { ACT_NAMES, ACTS, LEADERS, LIFE_CYCLE, targetsOf, TICKET_STATES, type ActName, type TicketState } from '../src/contracts/life-cycle.js'
import type { Route } from '../src/contracts/route.js'
import { ClientMessage, ServerMessage } from '../src/contracts/ws.js'
import { en } from '../src/desk/i18n/en.js'
import { zhCN } from '../src/desk/i18n/zh-CN.js'
import { makeMetrics } from '../src/metrics.js'
import { conditionDocs, nodeDocs, readOutDocs } from './flow-docs.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

type Language = 'zh' | 'en'

/** Inside a table a bar would end the cell. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
const code = (text: string): string => `\`${cell(text)}\``
const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

function settings(language: Language): string {
  const head = { zh: ['设置', '环境变量', '默认值', '说明'], en: ['Setting', 'Environment variable', 'Default', 'Meaning'] }[language]
  return table(head, (Object.keys(SETTINGS) as SettingKey[]).map((key) => {
    const { schema, help } = SETTINGS[key]
    const { default: value } = schema as { default?: unknown }
    const shown = Array.isArray(value) ? value.join(',') : String(value)
    return [code(key), code(environmentName(key)), shown === '' ? '' : code(shown), cell(help[language])]
  }))
}

const edge = (): string => table(['环境变量 / Variable', '默认 / Default', '说明', 'Meaning'], Object.entries(EDGE_SETTINGS).map(([name, { default: value, zh, en: english }]) =>
  [code(`LIANDONG_EDGE_${name}`), value === '' ? '' : code(value), cell(zh), cell(english)]))

const commands = (language: Language): string =>
  table({ zh: ['命令', '作用'], en: ['Command', 'What it does'] }[language], COMMANDS.map(({ name, summary }) => [code(`npx liandong ${name}`), cell(summary[language])]))

/** The desk's keys are read as text: the module itself needs a browser. */
function keys(language: Language): string {
  const names: Readonly<Record<string, unknown>> = language === 'zh' ? zhCN.keys : en.keys
  const nameOf = (name: string): string => { const text = names[name]; return typeof text === 'string' ? text : '' }
  const list = /export const SHORTCUTS = \{([\s\S]*?)\n\} as const/.exec(read('src/desk/shell/shortcuts.ts'))?.[1] ?? ''
  const found = [...list.matchAll(/^ {2}(\w+): '([^']+)',$/gm)]
  return table({ zh: ['按键', '作用'], en: ['Key', 'What it does'] }[language], found.map(([, name = '', key = '']) => [code(key), cell(nameOf(name))]))
}

const routes = (): string => table(['Method', 'Path', 'Who', '说明', 'What'], Object.values(ROUTES).map(({ method, path, roles, summary }: Route) =>
  [method, code(path), roles === 'public' ? 'public' : roles.join(', '), cell(summary.zh), cell(summary.en)]))

interface Member { readonly properties: Readonly<Record<string, TSchema & { const?: string }>>; readonly required?: readonly string[] }

function messages(union: TSchema): string {
  const members = (union as unknown as { anyOf: readonly Member[] }).anyOf
  return table(['Type', 'Fields'], members.map(({ properties, required = [] }) =>
    [code(properties['type']?.const ?? ''), Object.keys(properties).filter((name) => name !== 'type').map((name) => code(required.includes(name) ? name : `${name}?`)).join(', ')]))
}

const errors = (): string => table(['Code', 'Status', '中文', 'English'], Object.entries(ERRORS).map(([name, { status, zh, en: english }]) => [code(name), String(status), cell(zh), cell(english)]))

/** Gauges are registered where the things they measure are wired together. */
async function metrics(): Promise<string> {
  const { registry } = makeMetrics()
  const counted = (await registry.getMetricsAsJSON()).map(({ name, type, help }) => [code(name), String(type), cell(help)])
  const gauges = [...read('src/wiring/gauges.ts').matchAll(/metrics\.gauge\('(\w+)', '([^']+)'/g)].map(([, name = '', help = '']) => [code(`liandong_${name}`), 'gauge', cell(help)])
  return table(['Metric', 'Type', 'Meaning'], [...counted, ...gauges])
}

/** Of `main`, which wires all rooms together. */
const WIRING = 'wiring'

/** Folders of `src`, but for `main`'s own. */
export const rooms = (): readonly string[] => readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory() && entry.name !== WIRING).map(({ name }) => name).sort()

/** Which room imports from which: `main` stands for the files directly in `src`. */
export function roomImports(): ReadonlyMap<string, ReadonlySet<string>> {
  const roomOf = (path: string): string => { const parts = relative(join(root, 'src'), path).split('/'); return parts.length === 1 || parts[0] === WIRING ? 'main' : parts[0] ?? '' }
  const found = new Map<string, Set<string>>([...rooms(), 'main'].map((room) => [room, new Set()]))
  for (const entry of readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) continue
    const from = roomOf(join(entry.parentPath, entry.name))
    for (const [, path = ''] of readFileSync(join(entry.parentPath, entry.name), 'utf8').matchAll(/(?:from|import)\s*\(?'(\.[^']+)'/g)) {
      const to = roomOf(join(entry.parentPath, path))
      if (to !== from) found.get(from)?.add(to)
    }
  }
  return found
}

/** Everyone imports contracts, and main everyone: those arrows would hide the others. */
function drawing(): string {
  const edges = [...roomImports()].flatMap(([from, targets]) => (from === 'main' ? [] : [...targets].filter((to) => to !== 'contracts').sort().map((to) => `  ${from} --> ${to}`)))
  return ['```mermaid', 'flowchart TD', ...rooms().map((room) => `  ${room}["${room}/"]`), '  main["main.ts, wiring/, config.ts, …"]', ...edges, '```'].join('\n')
}

interface Rule { readonly name: string; readonly comment?: string; readonly from: { readonly path?: string; readonly pathNot?: string }; readonly to: object }

function rules(): string {
  const { forbidden } = createRequire(import.meta.url)('../.dependency-cruiser.cjs') as { forbidden: readonly Rule[] }
  return table(['Rule', 'Why'], forbidden.map(({ name, comment = '' }) => [code(name), cell(comment)]))
}

/** The life cycle, with the acts that move a ticket; those that lead to the same state stand on one arrow. */
function lifeCycle(): string {
  const arrows = TICKET_STATES.flatMap((from) => {
    const byTarget = new Map<TicketState, string[]>()
    for (const act of ACT_NAMES) for (const to of targetsOf(from, act)) if (to !== from) byTarget.set(to, [...byTarget.get(to) ?? [], act])
    for (const [act, to] of Object.entries(LIFE_CYCLE[from].system ?? {})) byTarget.set(to, [...byTarget.get(to) ?? [], `${act} (by the system)`])
    return [...byTarget].map(([to, acts]) => `  ${from.replace('-', '_')} --> ${to.replace('-', '_')}: ${acts.join(', ')}`)
  })
  const names = TICKET_STATES.map((state) => `  state "${LIFE_CYCLE[state].name.zh} ${state}" as ${state.replace('-', '_')}`)
  return ['```mermaid', 'stateDiagram-v2', ...names, '  [*] --> open', ...arrows, '```'].join('\n')
}

const lifeCycleTable = (): string => table(['State', '中文', 'Class', 'Clocks', 'Acts'], TICKET_STATES.map((state) => {
  const { name, class: place, clocks, acts, leaders, hall } = LIFE_CYCLE[state]
  const whose = (act: ActName): string => (leaders?.includes(act) === true ? `${act} (${LEADERS.join(', ')})` : hall?.includes(act) === true ? `${act} (not units)` : act)
  return [code(state), name.zh, place, clocks.join(', '), (Object.keys(acts) as ActName[]).map(whose).join(', ')]
}))
const actTable = (): string => table(['Act', '中文', 'Who', 'Unit'], ACT_NAMES.map((act) => {
  const { name, roles, party } = ACTS[act]
  return [code(act), name.zh, roles.join(', '), party === undefined ? '' : party === 'lead' ? 'leads' : 'leads or assists']
}))

/** File → block name → its text. A block stands between `<!-- docs:name -->` and `<!-- /docs:name -->`. */
export async function blocks(): Promise<Readonly<Record<string, Readonly<Record<string, string>>>>> {
  return {
    'README.md': { settings: settings('en'), commands: commands('en'), keys: keys('en') },
    'README.zh-CN.md': { settings: settings('zh'), commands: commands('zh'), keys: keys('zh') },
    'docs/reference.md': { routes: routes(), server: messages(ServerMessage), client: messages(ClientMessage), errors: errors(), metrics: await metrics() },
    'docs/flows.md': { nodes: nodeDocs('en'), conditions: conditionDocs('en'), readouts: readOutDocs('en') },
    'docs/flows.zh-CN.md': { nodes: nodeDocs('zh'), conditions: conditionDocs('zh'), readouts: readOutDocs('zh') },
    'docs/edge.md': { edge: edge() },
    'docs/dispatch.md': { cycle: lifeCycle(), states: lifeCycleTable(), acts: actTable() },
    'docs/architecture.md': { rooms: drawing(), rules: rules() },
  }
}

/** The file as it should be. @throws Error when a block has no place in it. */
export function fill(file: string, text: string, parts: Readonly<Record<string, string>>): string {
  let filled = text
  for (const [name, content] of Object.entries(parts)) {
    const [open, close] = [`<!-- docs:${name} -->`, `<!-- /docs:${name} -->`]
    const [from, to] = [filled.indexOf(open), filled.indexOf(close)]
    if (from < 0 || to < from) throw new Error(`${file}: there is no ${open} … ${close}`)
    filled = `${filled.slice(0, from + open.length)}\n${content}\n${filled.slice(to)}`
  }
  return filled
}

/** Files that no longer say what the code says, with what they should be. */
export async function stale(): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const [file, parts] of Object.entries(await blocks())) {
    const now = read(file)
    const wanted = fill(file, now, parts)
    if (wanted !== now) found.set(file, wanted)
  }
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const files = await stale()
  const check = process.argv.includes('--check')
  for (const [file, text] of files) {
    if (!check) writeFileSync(join(root, file), text)
    process.stdout.write(check ? `${file} is stale: run npm run docs\n` : `wrote ${file}\n`)
  }
  process.exitCode = check && files.size > 0 ? 1 : 0
}
