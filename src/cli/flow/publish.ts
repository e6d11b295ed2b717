import { userInfo } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Writable } from 'node:stream'
import { isDeepStrictEqual } from 'node:util'
import { delaysOf, isPracticeCity, loadConfig, type Config } from '../../config.js'
import { LiandongError } from '../../contracts/errors.js'
import { diffLines } from '../../flow/diff.js'
import { changesBetween, comparedWith, loadEdition, spokenBetween, type EditionContent, type SpokenChange, type SpokenTape } from '../../intake/edition.js'
import { editionOf, gate, judgeEdition } from '../../intake/flow-gate.js'
import type { EditionStore, StoredEdition, Surroundings, Who } from '../../intake/flow-ports.js'
import { servicesOf } from '../../intake/look-ups.js'
import { makePublishing, type Outcome, type Publishing } from '../../intake/flow-publishing.js'
import { checkPassword } from '../../people/password.js'
import { withDatabase } from '../../store/beside.js'
import { makeEditionStore } from '../../store/flow-editions.js'
import { makePeopleStore } from '../../store/people.js'
import type { CommandIo } from '../command.js'
import { databaseOf } from '../database.js'
import { EXIT, numberOf, parseOptions, plural, UsageError } from '../options.js'
import { printProblems } from '../problem-printer.js'
import { askSecret, isTerminal, NO_TERMINAL, readSecret } from '../secret.js'

const OPTIONS = { dir: { type: 'string' }, note: { type: 'string', short: 'm' }, as: { type: 'string' }, 'password-stdin': { type: 'boolean' }, json: { type: 'boolean' }, limit: { type: 'string' }, over: { type: 'string' } } as const

interface Desk {
  readonly store: EditionStore
  readonly publishing: Publishing
  readonly config: Config
  readonly directory: string
  /** Who types the command; with `--as` a person who proves it by his password. */
  who(): Promise<Who>
}

/** `liandong flow publish | history | diff | approve | back`: beside a running server and without one. */
export async function runFlowPublish(verb: 'publish' | 'history' | 'diff' | 'approve' | 'back', args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseOptions(args, OPTIONS, { publish: 0, history: 0, diff: 2, approve: 1, back: 1 }[verb])
  const numbers = positionals.map((text) => {
    if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
    throw new UsageError(`“${text}” 不是版本号：liandong flow history 列出各版`, `“${text}” is no edition: liandong flow history lists them`)
  })
  if (verb === 'approve' && numbers.length === 0) throw new UsageError('请写明第几版：flow approve 3', 'say which edition: flow approve 3')
  const limit = numberOf('limit', values.limit, { least: 1, most: 500 }) ?? 20
  const over = numberOf('over', values.over, { least: 1, most: 999_999_999 })
  const { config } = loadConfig(process.env)
  const directory = values.dir === undefined ? config['flows.directory'] : resolve(values.dir)
  const secret = values.as === undefined ? '' : await secretOf(values.as, values['password-stdin'] === true, io)
  return await withDatabase(databaseOf(config), async (pool) => {
    const store = makeEditionStore(pool)
    const own = { entries: [config['flows.entry']], services: servicesOf(config['flows.lookUps']).sort(), delays: delaysOf(config) }
    const byThese = (nodes: Surroundings | null): Surroundings => {
      if (nodes !== null && !isDeepStrictEqual(nodes, own)) io.stdout.write(byNodes(nodes))
      return nodes ?? own
    }
    const publishing = makePublishing({
      store, directory, approval: config['flows.approval'],
      gate: (nodes) => gate(directory, basename(directory), byThese(nodes)),
      judge: (content, nodes) => Promise.resolve(judgeEdition(content, basename(directory), byThese(nodes))),
    })
    const desk: Desk = { store, publishing, config, directory, async who() {
      if (values.as === undefined) return { id: null, name: userInfo().username }
      const found = await makePeopleStore(pool, isPracticeCity(config)).byLogin(values.as)
      if (!await checkPassword(secret, found?.passwordHash ?? null) || found === null) throw new LiandongError('auth.wrong')
      if (found.self.role !== 'admin') throw new LiandongError('auth.forbidden', { role: found.self.role })
      return { id: found.self.id, name: found.self.displayName }
    } }
    switch (verb) {
      case 'publish': return publish(desk, values.note ?? '', io)
      case 'history': return history(desk, limit, values.json === true, io)
      case 'diff': return difference(desk, numbers, io)
      case 'approve': return approve(desk, numbers[0] ?? 0, over, io)
      default: return back(desk, numbers[0], io)
    }
  })
}

/** This shell has other settings than the nodes, of which nothing hears a caller. */
const byNodes = ({ entries, services, delays }: Surroundings): string => {
  const list = `flows.entry ${entries.join(', ')}; flows.lookUps ${services.join(', ')}; intake.skillOverflow ${delays.skill}, pbx.speechOpening ${delays.speech}`
  return `这个终端的设置与各节点不同，按节点的检查：${list}\nThis shell is set otherwise than the nodes; it is checked by what they are set to: ${list}\n\n`
}

async function secretOf(loginName: string, piped: boolean, io: CommandIo): Promise<string> {
  if (piped) return readSecret(io.stdin)
  if (!isTerminal(io.stdin)) throw NO_TERMINAL
  return await askSecret(`${loginName} 密码 / password: `, io) ?? ''
}

async function publish(desk: Desk, note: string, io: CommandIo): Promise<number> {
  const who = await desk.who()
  if (who.id === null && await desk.publishing.approval()) throw new LiandongError('flow.sign-in')
  const outcome = await desk.publishing.publish(who, note)
  const code = told(outcome, io)
  if (note !== '' && outcome.type !== 'broken') await tellNote(desk, outcome.number, note, io)
  return code
}

/** An edition keeps the author and the note that it was kept with first; where files are watched, that is often the watcher. */
async function tellNote({ store, config }: Desk, number: number, note: string, { stdout }: CommandIo): Promise<void> {
  const kept = (await store.history(500)).find((edition) => edition.number === number)
  if (kept === undefined || kept.note === note) return
  const watch = config['flows.publish'] === 'watch'
  stdout.write(`说明没有记下：这一版已由 ${kept.author.name} 存入，不再改动。${watch ? '要由人写明原因，请设 flows.publish: command（LIANDONG_FLOWS_PUBLISH=command）。' : ''}\n`
    + `The note was not kept: ${kept.author.name} had this edition on record already, and it is not altered.${watch ? ' For notes by people set flows.publish: command (LIANDONG_FLOWS_PUBLISH=command).' : ''}\n`)
}

async function back(desk: Desk, number: number | undefined, io: CommandIo): Promise<number> {
  try {
    return told(await desk.publishing.back(await desk.who(), number), io)
  } catch (error) {
    // Why this program cannot run it, all of it.
    if (number !== undefined && error instanceof LiandongError && error.code === 'flow.refused') printProblems(loadEdition(await desk.store.content(number), { shown: `第 ${number} 版 edition ${number}` }).faults, io.stdout)
    throw error
  }
}

async function approve(desk: Desk, number: number, over: number | undefined, io: CommandIo): Promise<number> {
  const who = await desk.who()
  if (who.id === null) throw new LiandongError('flow.sign-in')
  return told(await desk.publishing.approve(number, { id: who.id, name: who.name }, over), io)
}

function told(outcome: Outcome, { stdout }: CommandIo): number {
  if (outcome.type === 'broken') {
    printProblems(outcome.problems, stdout)
    stdout.write(`\n${outcome.problems.length} 个问题，没有发布。/ ${plural(outcome.problems.length, 'problem')}; not published.\n`)
    return EXIT.problems
  }
  if (outcome.type === 'waiting') stdout.write(`第 ${outcome.number} 版等待批准（还需 ${outcome.more} 人）。/ Edition ${outcome.number} waits for approval (${outcome.more} more).\n`)
  else if (outcome.back === true) {
    if (outcome.against !== undefined) printProblems(outcome.against, stdout)
    stdout.write(`由第 ${outcome.left ?? 0} 版退回第 ${outcome.number} 版：下一个来电起生效。/ Back from edition ${outcome.left ?? 0} to edition ${outcome.number}: from the next caller on.\n`)
    if (outcome.against !== undefined) stdout.write(`它照常运行；按现在的规则和各节点的设置有 ${outcome.against.length} 个问题（见上），改好之前不能再发布。/ It runs. By the rules and settings of today there ${outcome.against.length === 1 ? 'is 1 problem' : `are ${outcome.against.length} problems`}, see above: it would not be published again before they are put right.\n`)
  } else if (outcome.left !== undefined) stdout.write(`第 ${outcome.number} 版取代第 ${outcome.left} 版：下一个来电起生效。/ Edition ${outcome.number} in place of edition ${outcome.left}: from the next caller on.\n`)
  else stdout.write(outcome.unchanged ? `第 ${outcome.number} 版本来就在运行。/ Edition ${outcome.number} runs already.\n` : `第 ${outcome.number} 版：下一个来电起生效。/ Edition ${outcome.number}: from the next caller on.\n`)
  return EXIT.fine
}

async function history({ store, config }: Desk, limit: number, json: boolean, { stdout }: CommandIo): Promise<number> {
  const [editions, now] = [await store.history(limit), await store.current()]
  if (json) {
    stdout.write(`${JSON.stringify({ current: now, editions: editions.map((edition, index) => ({ ...edition, content: undefined, changes: changesBetween(comparedWith(editions, index, now?.number ?? null)?.content ?? null, edition.content) })) }, null, 2)}\n`)
    return EXIT.fine
  }
  const time = (ms: number): string => new Intl.DateTimeFormat('sv-SE', { timeZone: config['city.timeZone'], dateStyle: 'short', timeStyle: 'medium' }).format(ms)
  if (editions.length === 0) stdout.write('还没有发布过。/ Nothing has been published yet.\n')
  editions.forEach((edition, index) => {
    const before = comparedWith(editions, index, now?.number ?? null)
    const changed = before !== undefined || editions.length < limit ? changesBetween(before?.content ?? null, edition.content) : []
    stdout.write(`${edition.number === now?.number ? '●' : '○'} ${edition.number}  ${edition.hash}  ${time(edition.at)}  ${edition.author.name}${edition.note === '' ? '' : `  ${edition.note}`}\n`)
    for (const { name } of edition.wishers) if (name !== edition.author.name) stdout.write(`      ↻ 再次发布 published anew  ${name}\n`)
    for (const { by, at } of edition.approvals) stdout.write(`      ✓ 批准 approved  ${time(at)}  ${by}\n`)
    for (const { by, at, reason } of [...edition.switches].reverse()) stdout.write(`      → ${REASONS[reason]}  ${time(at)}  ${by}\n`)
    if (edition.waits || edition.switches.length === 0) stdout.write('      … 等待批准 waits for approval\n')
    if (changed.length > 0) stdout.write(`      ${changed.slice(0, 8).map(({ name, change }) => `${SIGNS[change]}${name}`).join(' ')}${changed.length > 8 ? ` … ${changed.length}` : ''}\n`)
  })
  return EXIT.fine
}

const REASONS: Readonly<Record<StoredEdition['switches'][number]['reason'], string>> = {
  start: '首次 first', published: '发布 published', approved: '批准后发布 published on approval', back: '退回 gone back to', automatic: '自动退回 gone back to automatically',
}
const SIGNS = { added: '+', changed: '~', removed: '-' } as const

/** Without numbers: from what runs to the files; one: from the edition that it is compared with; two: from the first to the second. */
async function difference({ store, directory, publishing }: Desk, [first, second]: readonly number[], { stdout }: CommandIo): Promise<number> {
  const now = await store.current()
  const editions = first !== undefined && second === undefined ? await store.history(500) : []
  const at = editions.findIndex(({ number }) => number === first)
  const earlier = comparedWith(editions, at, now?.number ?? null)?.number
  const before = second !== undefined ? await store.content(first ?? 0) : first !== undefined ? (earlier === undefined ? null : await store.content(earlier)) : now === null ? null : await store.content(now.number)
  const after = second !== undefined ? await store.content(second) : first !== undefined ? await store.content(first) : (await editionOf(directory, basename(directory))).content
  if (earlier !== undefined) stdout.write(`第 ${earlier} 版 → 第 ${first ?? 0} 版 / from edition ${earlier} to ${first ?? 0}\n`)
  const changes = changesBetween(before, after)
  if (changes.length === 0) stdout.write('没有差别。/ No difference.\n')
  const spoken = spokenBetween(before, after)
  for (const { name, change } of changes) writeChange(name, change, before, after, spoken.get(name), stdout)
  if (first !== undefined && editions[at]?.waits === true && earlier !== undefined && await publishing.approval()) stdout.write(`\n批准这份差别 / to approve this difference: npx liandong flow approve ${first} --over ${earlier} --as …\n`)
  return EXIT.fine
}

function writeChange(name: string, change: keyof typeof SIGNS, before: EditionContent | null, after: EditionContent, spoken: SpokenChange | undefined, stdout: Writable): void {
  stdout.write(`${SIGNS[change]} ${join('', name)}\n`)
  if (spoken !== undefined) writeSpoken(spoken, stdout)
  for (const hunk of diffLines(before?.files[name] ?? '', after.files[name] ?? '')) {
    const [head] = hunk
    stdout.write(`  @@ ${head?.before ?? head?.after ?? 1}\n`)
    for (const { sign, text } of hunk) stdout.write(`  ${sign} ${text}\n`)
  }
}

/** What callers heard, and what they will hear. */
function writeSpoken({ before, after }: SpokenChange, stdout: Writable): void {
  const said = ({ text, ms }: SpokenTape): string => `${text === undefined ? '（没有文字 / no text）' : `“${text}”`} ${(ms / 1000).toFixed(1)} s`
  if (before !== null) stdout.write(`  - ${said(before)}\n`)
  if (after !== null) stdout.write(`  + ${said(after)}\n`)
  if (before !== null && after !== null && before.text === after.text) stdout.write('    文字相同，录音不同 / the same words, another recording\n')
  else if (before !== null && after !== null && before.hash === after.hash) stdout.write('    文字改了，录音还是原来的 / other words, the same recording\n')
}
