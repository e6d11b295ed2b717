import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { startFlow } from '../../src/flow/engine.js'
import { quietSurroundings } from '../../src/flow/surroundings.js'
import type { FlowState } from '../../src/flow/types.js'
import { judge } from '../../src/intake/core/flow-watch.js'
import { hashOfEdition, loadEdition } from '../../src/intake/edition.js'
import { makeFlowDesk } from '../../src/intake/flow-desk.js'
import { editionOf, gate, soundHash, type Gated } from '../../src/intake/flow-gate.js'
import { makePublishing } from '../../src/intake/flow-publishing.js'
import { judgeInProcess } from '../../src/intake/gate-process.js'
import type { FlowTrace } from '../../src/intake/flow-trace.js'
import { noticeOf } from '../../src/intake/flows-status.js'
import { makeRateWatch } from '../../src/intake/rate-watch.js'
import { enterFlow, runEdition } from '../../src/intake/running-flows.js'
import type { EditionStore } from '../../src/intake/flow-ports.js'
import { asOwner, openTestStore, silent, temporaryHome, until as within } from '../helpers/database.js'
import { AROUND, CITY, copyCity, judgeHere, openTestFlows, type TestFlowsOptions } from '../helpers/flows.js'
import { keptGate } from '../helpers/kept-gate.js'

/** Whatever is published passes the gate first, in this process: seconds of CPU each time (none of it is kept after a change of the sources), of which a machine with other work gives a part. */
const until = <T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>> => within(what, condition, 60_000)

const home = temporaryHome()
const stores: Awaited<ReturnType<typeof openTestStore>>[] = []
const store = await openTestStore(home.path)
const owner = asOwner(t, store)
t.teardown(async () => { for (const one of stores) await one.close(); await store.close(); home.remove() })
const now = { ...quietSurroundings('Asia/Shanghai'), now: Date.UTC(2026, 0, 5, 4) }

/** Each test begins with no edition: a schema of its own would take longer than taking the rows away. */
t.beforeEach(async () => {
  await owner.query('alter table flow_wish disable trigger all; alter table flow_switch disable trigger all; alter table flow_approval disable trigger all; alter table flow_edition disable trigger all; truncate flow_switch, flow_approval, flow_wish, flow_edition, flow_disk, flow_rule, flow_act, flow_trace; alter table flow_wish enable trigger all; alter table flow_switch enable trigger all; alter table flow_approval enable trigger all; alter table flow_edition enable trigger all')
})

interface City { readonly directory: string; readonly home: string; edit(file: string, change: (text: string) => string): void }
let cities = 0
function city(t: Test): City {
  const at = join(home.path, `city-${cities += 1}`)
  mkdirSync(at)
  const directory = copyCity(at)
  t.teardown(() => rmSync(at, { recursive: true, force: true }))
  return { directory, home: join(at, 'home'), edit(file, change) { writeFileSync(join(directory, file), change(readFileSync(join(directory, file), 'utf8'))) } }
}
async function node(t: Test, { directory, home: own }: City, more: Partial<TestFlowsOptions> = {}) {
  const opened = await openTestFlows({ store: store.editions, directory, home: own, ...more })
  t.teardown(() => opened.live.close())
  return opened
}
const later = (text: string): string => text.replace('waitingAtLeast: 20', 'waitingAtLeast: 10')
const running = async (): Promise<number | undefined> => (await store.editions.current())?.number
const who = { id: null, name: 'root' }
async function person(loginName: string): Promise<{ id: string; name: string }> {
  const id = randomUUID()
  await store.pool.query(`insert into person (id, login_name, display_name, role) values ($1, $2, $2, 'admin')`, [id, loginName])
  return { id, name: loginName }
}

t.test('the first start publishes what is on the disk; a changed file that passes is the next edition, and calls stay in theirs', async (t) => {
  const place = city(t)
  const { live } = await node(t, place)
  const first = await until('the first edition', running)
  await until('it runs', () => live.status().source === 'published')
  const { hash } = live.status().current ?? { hash: '' }
  t.equal(hash, hashOfEdition((await editionOf(place.directory, 'x')).content))

  const entered = live.enter('110', '110', null).start(now)
  t.equal(entered.state.version, hash, 'a call knows its edition')
  place.edit('110.yaml', later)
  const second = await until('the second edition', async () => { const number = await running(); return number === first ? null : number })
  await until('it runs', () => live.status().current?.number === second)
  t.equal(live.enter('110', '110', null).start(now).state.version, live.status().version)
  t.not(live.status().version, hash)
  const stays = live.enter('110', '110', entered.state).step(entered.state, { type: 'timeout', digits: '' }, now)
  t.equal(stays.state.version, hash, 'who entered the first goes on in it')

  const history = await store.editions.history(10)
  t.match(history.map(({ number, author, switches }) => ({ number, author: author.name, reasons: switches.map(({ reason }) => reason) })), [
    { number: second, author: 'files@test', reasons: ['published'] }, { number: first, author: 'files@test', reasons: ['start'] },
  ])
})

t.test('what breaks the check, the proof or a test is not published; what ran goes on and it is said', async (t) => {
  const place = city(t)
  const { live } = await node(t, place)
  const first = await until('the first edition', running)
  for (const [what, file, change, code] of [
    ['a slip', '110.yaml', (text: string) => text.replace('onSilence:', 'onSilense:'), 'shape.unknown-key'],
    ['a promise', 'disaster.yaml', (text: string) => text.replace('skip: true', 'skip: false'), 'proof.no-barge-in'],
    ['no flow for citizens', '110.yaml', (text: string) => text.replace('\nstart:', '\nkind: visit\nstart:'), 'entry.kind'],
    ['a test', '110.test.yaml', (text: string) => text.replace('category: noise', 'category: fire'), 'test.tag'],
  ] as const) {
    const good = readFileSync(join(place.directory, file), 'utf8')
    t.not(change(good), good, `${what}: the file is changed`)
    place.edit(file, change)
    await until(what, () => live.status().problems.some((problem) => problem.code === code))
    t.same(noticeOf(live.status()).flows?.what, 'broken')
    t.equal(await running(), first, `${what}: not published`)
    writeFileSync(join(place.directory, file), good)
    await until('mended', () => live.status().problems.length === 0)
  }
  t.equal(await running(), first)
  // Half a copy of a directory: nothing in it is wrong.
  for (const file of ['110.yaml', '110.test.yaml']) rmSync(join(place.directory, file))
  await until('the flow that everybody enters is gone', () => live.status().problems.some(({ code, file }) => code === 'entry.missing' && file.endsWith('110.yaml')))
  t.equal(await running(), first)
  t.equal(live.enter('110', '110', null).start(now).state.version, live.status().version)
})

t.test('the desk: files that wait for approval are not offered again, and administrators are told at every node; once something else was entered they are', async (t) => {
  const place = city(t)
  const { live, desk, publishing } = await node(t, place, { watch: false, approval: true })
  const { live: second } = await node(t, { ...place, home: `${place.home}-b` }, { node: 'b', watch: false, approval: true })
  const first = await until('the first edition', running)
  const [author, boss] = [await person('zhao'), await person('qian')]
  const self = { id: author.id, displayName: author.name }
  t.match(await desk.view(self), { waiting: null, handedIn: false })
  place.edit('110.yaml', later)
  await until('the change to be seen', () => live.status().differs)
  t.match(await desk.view(self), { differs: true, handedIn: false }, 'to be published')
  const { number: waiting } = await desk.publish(self, '早些提示')
  t.match(await desk.view(self), { current: first, waiting, differs: true, handedIn: true }, 'nothing to do but to wait')
  for (const one of [live, second]) await until('told', () => one.status().waiting === waiting)
  t.match(noticeOf(second.status()).flows, { what: 'waiting', edition: waiting })
  const handedIn = readFileSync(join(place.directory, '110.yaml'), 'utf8')
  place.edit('110.yaml', (text) => text.replace('waitingAtLeast: 10', 'waitingAtLeast: 11'))
  await until('another change', async () => !(await desk.view(self)).handedIn)
  const other = await desk.publish(self, '')
  t.match(await publishing.approve(other.number ?? 0, boss), { type: 'running' })
  writeFileSync(join(place.directory, '110.yaml'), handedIn)
  await until('the files of before', async () => { const { hash } = (await store.editions.history(10)).find(({ number }) => number === waiting) ?? {}; return live.status().onDisk?.hash === hash })
  t.match(await desk.view(self), { waiting: null, handedIn: false }, 'nobody can approve that one any more')
  for (const one of [live, second]) await until('told no more', () => one.status().waiting === null)
})

t.test('the desk: what is known to be wrong with the files is told at once, whatever else is being checked', async (t) => {
  const place = city(t)
  const { live } = await node(t, place, { watch: false })
  await until('the first edition', running)
  const never = makePublishing({ store: store.editions, directory: place.directory, approval: false, judge: judgeHere, gate: () => new Promise(() => undefined) })
  const desk = makeFlowDesk({ live, store: store.editions, publishing: never, directory: place.directory, node: 'test', program: '/nowhere', watch: false, entry: '110', timeZone: 'Asia/Shanghai', calendar: () => ({ holidays: {}, workdays: [] }), standing: () => [] })
  t.teardown(() => { desk.close() })
  place.edit('110.yaml', (text) => text.replace('onSilence:', 'onSilense:'))
  await until('the slip to be seen', () => live.status().problems.length > 0)
  t.match(await desk.publish({ id: randomUUID(), displayName: 'zhao' }, ''), { type: 'broken', problems: [{ code: 'shape.unknown-key' }] })
})

t.test('nothing published yet: callers enter no file that proof or tests refuse, and the others once they have passed', async (t) => {
  const place = city(t)
  const [citizens, tests] = [readFileSync(join(place.directory, '110.yaml'), 'utf8'), readFileSync(join(place.directory, '110.test.yaml'), 'utf8')]
  writeFileSync(join(place.directory, 'quick.yaml'), 'flow: quick\nkind: part\ntitle: { zh: 快, en: Quick }\nlanguages: [zh-CN, en]\nstart: k\nnodes:\n  k: { type: branch, cases: [{ when: { mode: disaster }, goto: other }], otherwise: over }\n  other: { type: return, result: wait }\n  over: { type: return }\n')
  place.edit('110.yaml', () => 'flow: "110"\ntitle: { zh: 挂, en: Bye }\nlanguages: [zh-CN, en]\nstart: a\nnodes:\n  a: { type: sub-flow, flow: quick, results: { wait: w }, next: bye, onFault: w }\n  bye: { type: hang-up }\n  w: { type: end }\n')
  rmSync(join(place.directory, '110.test.yaml'))
  place.edit('after-hours.test.yaml', (text) => text.replace('hears: [ zh-CN/recorded ]', 'hears: [ zh-CN/closed ]'))
  const { live } = await node(t, place)
  const commands = (flow: string) => live.enter('x', flow, null).start(now).commands
  t.same(commands('110'), [{ type: 'end' }], 'before anything has passed he waits')
  await until('judged', () => ['proof.hang-up', 'test.not-heard'].every((code) => live.status().problems.some((problem) => problem.code === code)))
  await until('what is right', () => live.current('known-outage').version !== 'none')
  t.equal(await running(), undefined, 'nothing is published')
  t.same([commands('110'), commands('after-hours')], [[{ type: 'end' }], [{ type: 'end' }]], 'hung up on by nobody')
  // A file that is saved goes to callers when it has passed, and one that does not pass leaves them where they are.
  writeFileSync(join(place.directory, '110.yaml'), citizens)
  writeFileSync(join(place.directory, '110.test.yaml'), tests)
  await until('the city’s', () => live.current('110').version !== 'none')
  const { version } = live.current('110')
  place.edit('110.yaml', (text) => text.replace('category: noise', 'category: fire'))
  await until('refused', () => live.status().problems.some(({ code, file }) => file.endsWith('110.test.yaml') && code === 'test.tag'))
  t.match([live.current('110').version, live.status().source], [version, 'disk'])
})

t.test('nothing is published, and the program is updated to one with newer rules: callers stay in the files that were right, and it is said', async (t) => {
  const place = city(t)
  // What is wrong with another file keeps all of them from being published.
  place.edit('return-visit.yaml', (text) => text.replace('\nstart:', '\nnonsense: 1\nstart:'))
  const before = await node(t, place)
  await until('what is right', () => before.live.current('110').version !== 'none')
  const { version } = before.live.current('110')
  await until('it is kept', () => existsSync(join(place.home, 'flows', 'files.json')))
  await before.live.close()
  t.equal(await running(), undefined)

  const rule = { line: 1, col: 1, length: 1, code: 'branch.covered', problem: { zh: '新规则', en: 'A rule that is new.' }, why: { zh: '', en: '' }, remedy: { zh: '', en: '' }, excerpt: '' }
  let [answer, refused]: [() => void, boolean] = [() => undefined, true]
  const publishing = makePublishing({ store: store.editions, directory: place.directory, approval: false, judge: judgeHere, async gate() {
    await new Promise<void>((resolve) => { answer = resolve })
    return { content: (await editionOf(place.directory, 'ivr-flows')).content, problems: refused ? [{ ...rule, file: 'ivr-flows/110.yaml' }, { ...rule, file: 'ivr-flows/return-visit.yaml' }] : [{ ...rule, file: 'ivr-flows/return-visit.yaml' }] }
  } })
  const told: string[] = []
  const { live } = await node(t, place, { publishing, logger: { ...silent, warn: (_, text) => { told.push(text) }, error: (_, text) => { told.push(text) } } })
  const node110 = (): unknown => live.enter('110', '110', null).start(now).state.node
  t.match([live.status().source, live.current('110').version, node110()], ['disk', version, 'topics'], 'from the first second, before anything has been looked at')
  t.ok(live.promptPath({ language: 'zh-CN', name: 'greeting' }), 'with its prompts')
  t.match(told, [/as they were when they were last found right/])
  await until('refused by the new rule', () => { answer(); return live.status().problems.some(({ code }) => code === 'branch.covered') })
  t.match([live.current('110').version, node110()], [version, 'topics'], 'it goes on')
  t.match(noticeOf(live.status()).flows, { what: 'broken' }, 'and every administrator is told')
  await until('the log says so', () => told.some((text) => /what ran before goes on/.test(text)))
  refused = false
  place.edit('110.yaml', later)
  const mended = await until('what is right by the new rules', () => { answer(); return live.current('110').version === version ? null : live.current('110').version })
  await until('it is kept', () => readFileSync(join(place.home, 'flows', 'files.json'), 'utf8').includes('waitingAtLeast: 10'))
  await live.close()
  rmSync(join(place.directory, 'after-hours.yaml'))
  const again = await node(t, place)
  t.equal(again.live.current('110').version, mended, 'is what the next start begins with')
  t.equal(again.live.current('after-hours').version, 'none', 'without a flow whose file is gone')
})

t.test('a tape that is taken out of the directory, or replaced there, is heard on in the edition that runs', async (t) => {
  const place = city(t)
  const pg = { well: true }
  const ill: EditionStore = { ...store.editions, tape: (hash) => (pg.well ? store.editions.tape(hash) : Promise.reject(new Error('connection reset'))) }
  const { live } = await node(t, place, { watch: false, store: ill })
  await until('it runs', () => live.status().source === 'published')
  const { version } = live.status()
  const heard = (name: string): string => live.promptPath({ language: 'en', name, edition: version }) ?? ''
  const [noted, busy] = ['noted', 'busy'].map((name) => ({ path: heard(name), sound: readFileSync(heard(name)) }))
  rmSync(noted?.path ?? '')
  await until('a copy of it', () => heard('noted').startsWith(place.home))
  t.same(readFileSync(heard('noted')), noted?.sound)
  writeFileSync(busy?.path ?? '', Buffer.concat([busy?.sound ?? Buffer.alloc(0), Buffer.alloc(2)]))
  await until('a copy of that', () => heard('busy').startsWith(place.home))
  t.same(readFileSync(heard('busy')), busy?.sound, 'what was published, not what lies there now')
  t.equal(live.status().missing, 0)
  // Neither here nor to be had: said, and looked for again.
  pg.well = false
  const greeting = readFileSync(heard('greeting'))
  rmSync(heard('greeting'))
  await until('it is said', () => live.status().missing === 1)
  t.same(noticeOf(live.status()).flows, { what: 'tapes', count: 1 })
  pg.well = true
  await until('it is there', () => live.status().missing === 0)
  t.same(readFileSync(heard('greeting')), greeting)
})

t.test('with a promptRoot a tape that FreeSWITCH does not have is missing, and said: no path of ours is an answer', async (t) => {
  const place = city(t)
  const root = join(place.directory, '..', 'pbx')
  cpSync(join(place.directory, 'prompts'), root, { recursive: true })
  const { live } = await node(t, place, { watch: false, promptRoot: root })
  const far = await node(t, place, { node: 'far', home: join(place.home, 'far'), watch: false, promptRoot: '/nowhere/prompts' })
  await until('they run', () => [live, far.live].every((one) => one.status().source === 'published'))
  const { version } = live.status()
  const heard = (one: typeof live): string | undefined => one.promptPath({ language: 'en', name: 'noted', edition: version })
  const path = heard(live) ?? ''
  const file = relative(root, path)
  t.match(file, /^en\/noted\.[0-9a-f]{8}\.wav$/)
  t.equal(heard(far.live), join('/nowhere/prompts', file), 'what cannot be read from here is taken to be as the directory')
  const sound = readFileSync(path)
  // An update on the PBX's side alone: the directory here has it still, and nothing in that has changed.
  for (const change of [() => { rmSync(path) }, () => { writeFileSync(path, Buffer.concat([sound, Buffer.alloc(2)])) }]) {
    change()
    await until('it is said', () => live.status().missing === 1)
    t.same([heard(live), noticeOf(live.status()).flows], [undefined, { what: 'tapes', count: 1 }])
    writeFileSync(path, sound)
    await until('it is there', () => live.status().missing === 0)
    t.equal(heard(live), path)
  }
  t.equal(far.live.status().missing, 0)
  // Gone from the directory: here FreeSWITCH has it, there it is believed to be gone with it.
  rmSync(join(place.directory, 'prompts', file))
  await until('it is said', () => far.live.status().missing === 1)
  t.same([heard(far.live), heard(live), live.status().missing], [undefined, path, 0])
})

t.test('whoever calls enters no flow that may hang up on him, whatever bears its name', async (t) => {
  const place = city(t)
  const { content } = await editionOf(place.directory, 'x')
  const hangs = 'flow: "110"\ntitle: { zh: 访, en: Visit }\nlanguages: [zh-CN]\nkind: visit\nstart: over\nnodes:\n  over: { type: hang-up }\n'
  const running = runEdition(loadEdition({ ...content, files: { ...content.files, '110.yaml': hangs } }), new Map())
  t.same(enterFlow(running, '110').start(now).commands, [{ type: 'end' }], 'he waits')
})

t.test('broken on the disk at the start: the edition of before runs, with its prompts', async (t) => {
  const place = city(t)
  const before = await node(t, place)
  await until('the first edition', running)
  await until('it runs', () => before.live.status().source === 'published')
  const path = before.live.promptPath({ language: 'en', name: 'noted' }) ?? ''
  t.ok(path.startsWith(place.directory))
  await before.live.close()
  place.edit('110.yaml', () => 'flow: "110"\n')
  rmSync(path)
  const { live } = await node(t, place)
  t.equal(live.status().source, 'published')
  t.equal(live.enter('110', '110', null).start(now).state.node, before.live.enter('110', '110', null).start(now).state.node)
  const copy = live.promptPath({ language: 'en', name: 'noted' }) ?? ''
  t.ok(copy.startsWith(place.home), 'a tape that is gone comes from PostgreSQL')
  t.ok(readFileSync(copy).subarray(0, 4).toString() === 'RIFF')
  await until('it is said', () => noticeOf(live.status()).flows?.what === 'broken')
})

t.test('PostgreSQL is away at the start: the edition that ran last on this machine, else the files', async (t) => {
  const place = city(t)
  const away: EditionStore = new Proxy(store.editions, { get: () => () => Promise.reject(new Error('away')) })
  const fresh = await node(t, place, { store: away })
  t.equal(fresh.live.status().source, 'disk')
  await until('the files have passed', () => fresh.live.current('110').version !== 'none')
  t.not(fresh.live.enter('110', '110', null).start(now).state.node, null)
  t.ok(fresh.live.promptPath({ language: 'en', name: 'noted' }))

  const before = await node(t, place)
  await until('published', () => before.live.status().source === 'published')
  await before.live.close()
  place.edit('110.yaml', () => 'flow: "110"\n')
  let there = false
  const later: EditionStore = new Proxy(store.editions, { get: (target, name: keyof EditionStore) => (there ? target[name] : () => Promise.reject(new Error('away'))) })
  const { live } = await node(t, place, { store: later })
  t.equal(live.status().source, 'kept')
  t.equal(noticeOf({ ...live.status(), problems: [] }).flows?.what, 'kept')
  t.equal(live.enter('110', '110', null).start(now).state.version, before.live.status().version)
  there = true
  await until('PostgreSQL is back', () => live.status().source === 'published')
})

t.test('gone back from, and then a start without PostgreSQL: what ran last runs, not what was withdrawn', async (t) => {
  const place = city(t)
  const away: EditionStore = new Proxy(store.editions, { get: () => () => Promise.reject(new Error('away')) })
  for (const [how, least, goBack] of [
    ['by hand', 18, ({ publishing }: Awaited<ReturnType<typeof node>>) => publishing.back(who)],
    ['by itself', 17, async () => store.editions.switchTo({ number: (await store.editions.earlier(1))[0]?.number ?? 0, by: who, reason: 'automatic' })],
  ] as const) {
    const before = await node(t, place)
    await until('an edition', () => before.live.status().source === 'published')
    const [{ version }, number] = [before.live.status(), await running()]
    place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${least}`))
    await until('the next', () => before.live.status().version !== version)
    await goBack(before)
    await until(`back ${how}`, () => before.live.status().current?.number === number)
    await before.live.close()
    const { live } = await node(t, place, { store: away })
    t.match(live.status(), { source: 'kept', version }, how)
    await live.close()
    writeFileSync(join(place.directory, '110.yaml'), (await store.editions.content(number ?? 0)).files['110.yaml'] ?? '')
  }
})

t.test('a published edition that this program does not accept: one that ran before runs, and it is said', async (t) => {
  const place = city(t)
  const { live } = await node(t, place)
  const first = await until('the first edition', running)
  await until('it runs', () => live.status().source === 'published')
  const { version } = live.status()
  // As an earlier program published it: with a key that this one does not know.
  const { content } = await editionOf(place.directory, 'x')
  const old = { ...content, files: { ...content.files, '110.yaml': (content.files['110.yaml'] ?? '').replace('tries: 2', 'tries: 2\n    oldKey: 1') } }
  const number = await store.editions.keep({ hash: hashOfEdition(old), content: old, author: who, note: '' }, () => Promise.reject(new Error('every tape is there')))
  t.ok(await store.editions.switchTo({ number, by: who, reason: 'published' }))
  await until('it is said', () => live.status().refused === number)
  t.same(noticeOf(live.status()).flows, { what: 'refused', edition: number })
  t.match(live.status(), { source: 'published', version, current: { number: first }, problems: [{ code: 'shape.unknown-key', file: `${hashOfEdition(old)}/110.yaml` }] })
  t.equal(live.enter('110', '110', null).start(now).state.version, version)

  const again = await node(t, place, { node: 'again', home: join(place.home, 'again') })
  t.match(again.live.status(), { source: 'kept', version, refused: number }, 'a node that starts with it and has kept none')
  t.equal(again.live.enter('110', '110', null).start(now).state.version, version)
  place.edit('110.yaml', later)
  await until('what is published next runs', () => [live, again.live].every((one) => one.status().source === 'published' && one.status().refused === null && one.status().version !== version))
})

t.test('an edition that this program would not publish any more, by rules that are new, and can run: callers stay in it over an update, and come back to it; nothing like it is published', async (t) => {
  const place = city(t)
  const { live, publishing } = await node(t, place, { watch: false, autoReturnCalls: 50 })
  await until('the first edition', running)
  await until('it runs', () => live.status().source === 'published')
  // As an earlier program published it: a case that is never come to, a parameter that nobody gives.
  place.edit('110.yaml', (text) => text.replace('        goto: umbrella\n', '$&      - when: { mode: disaster }\n        goto: topics\n').replace('\nstart:', '\nparameters: [ticket]\nstart:'))
  const { content } = await editionOf(place.directory, 'x')
  const hash = hashOfEdition(content)
  const number = await store.editions.keep({ hash, content, author: who, note: '' }, () => Promise.reject(new Error('every tape is there')))
  t.ok(await store.editions.switchTo({ number, by: who, reason: 'published' }))
  await until('it runs', () => live.status().version === hash)
  t.match(live.status(), { source: 'published', refused: null })
  const told: string[] = []
  const updated = await node(t, place, { node: 'updated', home: join(place.home, 'updated'), watch: false, logger: { ...silent, warn: (_, text) => { told.push(text) } } })
  t.match(updated.live.status(), { source: 'published', version: hash, refused: null }, 'a node that starts with it')
  t.equal(updated.live.enter('110', '110', null).start(now).state.node, 'topics')
  t.match(told, [/would not publish/], 'it says so')
  await updated.live.close()
  const away = { ...store.editions, current: () => Promise.reject(new Error('away')) }
  const alone = await node(t, { ...place, home: join(place.home, 'updated') }, { node: 'updated', watch: false, store: away })
  t.match(alone.live.status(), { source: 'kept', version: hash }, 'and one that starts without PostgreSQL')
  await alone.live.close()

  const broken = await publishing.publish(who, '')
  t.same([broken.type, broken.type === 'broken' && broken.problems.map(({ code }) => code).sort()], ['broken', ['branch.repeated', 'variable.not-given']])
  const mended = async (least: number): Promise<number> => {
    writeFileSync(join(place.directory, '110.yaml'), later(readFileSync(join(CITY, '110.yaml'), 'utf8')).replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${least}`))
    const made = await publishing.publish(who, '')
    const mine = made.type === 'running' ? made.number : 0
    await until('it runs', () => live.status().current?.number === mine)
    return mine
  }
  const third = await mended(11)
  const back = await publishing.back(who)
  t.match(back, { type: 'running', number, left: third }, 'the way back leads to it')
  t.same(back.type === 'running' && back.against?.map(({ code }) => code).sort(), ['branch.repeated', 'variable.not-given'], 'and it is said what the rules of today have against it')
  await until('it runs', () => live.status().version === hash)
  await mended(12)
  await calls(hash, 100, {})
  await calls(live.status().version, 100, { faults: 100 })
  await until('it went back by itself', () => live.status().current?.reason === 'automatic')
  t.match(live.status(), { current: { number }, version: hash, refused: null })

  // Nobody has been in one that only waits: it is approved by the rules of today.
  const waits = { ...content, files: { ...content.files, '110.yaml': later(content.files['110.yaml'] ?? '') } }
  const waiting = await store.editions.keep({ hash: hashOfEdition(waits), content: waits, author: await person('wrote-it'), note: '' }, () => Promise.reject(new Error('there')))
  await t.rejects(publishing.approve(waiting, await person('reads-that')), { code: 'flow.refused', details: { edition: waiting } })
})

t.test('nobody goes back to an edition that this program does not accept, by hand or by itself: to the one before it, or it is said', async (t) => {
  const place = city(t)
  const { live, publishing } = await node(t, place, { watch: false, autoReturnCalls: 50 })
  const first = await until('the first edition', running)
  const { content } = await editionOf(place.directory, 'x')
  const old = { ...content, files: { ...content.files, '110.yaml': (content.files['110.yaml'] ?? '').replace('tries: 2', 'tries: 2\n    oldKey: 1') } }
  const refused = await store.editions.keep({ hash: hashOfEdition(old), content: old, author: who, note: '' }, () => Promise.reject(new Error('every tape is there')))
  t.ok(await store.editions.switchTo({ number: refused, by: who, reason: 'published' }))
  const next = async (least: number): Promise<number> => {
    place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${least}`))
    const made = await publishing.publish(who, '')
    const number = made.type === 'running' ? made.number : 0
    await until('it runs', () => live.status().current?.number === number)
    return number
  }
  const third = await next(11)
  await t.rejects(publishing.back(who, refused), { code: 'flow.refused', message: /110\.yaml:\d+ .*"oldKey"/, details: { edition: refused } }, 'with what keeps it from being run')
  t.match(await publishing.back(who), { type: 'running', number: first, left: third }, 'the last one that can run')
  await next(12)
  await calls(hashOfEdition(old), 100, {})
  await calls(hashOfEdition(content), 100, {})
  await calls(live.status().version, 100, { faults: 100 })
  await until('it went back', () => live.status().current?.reason === 'automatic')
  t.match(live.status(), { current: { number: first }, refused: null }, 'where callers are')
})

t.test('what waited over an update of the program is entered by nobody’s approval, and callers stand in their own edition’s drawing', async (t) => {
  const place = city(t)
  const { directory } = place
  const { live, publishing } = await node(t, place, { approval: true, watch: false })
  await until('its files to run', () => live.status().source === 'published')
  const running = await store.editions.current()
  const [zhao, qian] = [await person('zhao-update'), await person('qian-update')]
  const { content } = await editionOf(directory, 'ivr-flows')
  const old = { ...content, files: { ...content.files, '110.yaml': (content.files['110.yaml'] ?? '').replace('tries: 2', 'tries: 2\n    oldKey: 1') } }
  const number = await store.editions.keep({ hash: hashOfEdition(old), content: old, author: zhao, note: '' }, () => Promise.reject(new Error('there')))
  await t.rejects(publishing.approve(number, qian), { code: 'flow.refused', details: { edition: number } })
  t.match(await store.editions.current(), { number: running?.number }, 'callers are where they were, and nobody is told otherwise')

  const standing = [...(running === null ? [] : [running.hash]), 'of another edition'].map((version) => ({ flow: '110', version, path: ['caller', 'situation', 'topics'] }))
  const desk = makeFlowDesk({ live, store: store.editions, publishing, directory, node: 'test', program: fileURLToPath(new URL('../../bin/liandong.js', import.meta.url)), watch: false, entry: '110', timeZone: 'Asia/Shanghai', calendar: () => ({ holidays: {}, workdays: [] }), standing: () => standing })
  t.teardown(() => { desk.close() })
  t.same((await desk.live('110', 24, running?.number, Date.now())).now, { topics: 1 })
})

t.test('who goes back while another edition is being checked is not overruled by it', async (t) => {
  const place = city(t)
  const { live, publishing } = await node(t, place, { watch: false })
  const first = await until('the first edition', running)
  place.edit('110.yaml', later)
  t.match(await publishing.publish(who, ''), { type: 'running' })
  place.edit('110.yaml', (text) => text.replace('waitingAtLeast: 10', 'waitingAtLeast: 11'))
  const held: { go: (() => void) | null } = { go: null }
  const slow = makePublishing({ store: store.editions, directory: place.directory, approval: false, judge: judgeHere, gate: () => new Promise((resolve) => { held.go = () => { resolve(publishing.gate()) } }) })
  const under = slow.publish(who, '')
  const go = await until('the check', () => held.go)
  t.match(await publishing.back(who), { type: 'running', number: first })
  go()
  await t.rejects(under, { code: 'flow.overtaken' })
  t.equal(await running(), first)
  await until('it runs', () => live.status().current?.number === first)
})

t.test('tapes that cannot be copied for a moment: callers stay in what runs, and they are looked for again', async (t) => {
  const [a, b] = [city(t), city(t)]
  const first = await node(t, a)
  const one = await until('the first edition', running)
  const pg = { well: true }
  const ill: EditionStore = { ...store.editions, tape: (hash) => (pg.well ? store.editions.tape(hash) : Promise.reject(new Error('connection reset'))) }
  const second = await node(t, b, { node: 'b', store: ill, watch: false, home: join(b.home, 'b') })
  t.equal(second.live.status().current?.number, one)
  const noted = readFileSync(first.live.promptPath({ language: 'en', name: 'noted' }) ?? '')
  for (const place of [a, b]) for (const name of readdirSync(join(place.directory, 'prompts', 'en')).filter((file) => file.startsWith('noted.'))) rmSync(join(place.directory, 'prompts', 'en', name))
  pg.well = false
  // The same words, spoken anew: only node a and PostgreSQL have them.
  const { content } = await editionOf(city(t).directory, 'x')
  const fresh = Buffer.concat([noted, Buffer.alloc(2)])
  const next = { ...content, tapes: content.tapes.map((tape) => (tape.name === 'noted' && tape.language === 'en' ? { ...tape, file: 'en/noted.new.wav', hash: soundHash(fresh) } : tape)) }
  const number = await store.editions.keep({ hash: hashOfEdition(next), content: next, author: who, note: '' }, () => Promise.resolve(fresh))
  t.ok(await store.editions.switchTo({ number, by: who, reason: 'published' }))
  await until('it is said', () => second.live.status().missing === 1)
  t.match(second.live.status(), { current: { number: one } })
  t.same(noticeOf(second.live.status()).flows, { what: 'tapes', count: 1 })
  const impatient = await node(t, b, { node: 'c', store: ill, watch: false, home: join(b.home, 'c'), tapePatience: 0 })
  t.match(impatient.live.status(), { current: { number }, missing: 1 }, 'who has nothing else runs with the gap')
  t.equal(impatient.live.promptPath({ language: 'en', name: 'noted' }), undefined)
  pg.well = true
  for (const { live } of [second, impatient]) {
    await until('the tape', () => live.status().current?.number === number && live.status().missing === 0)
    t.same(readFileSync(live.promptPath({ language: 'en', name: 'noted' }) ?? ''), fresh)
  }
})

t.test('a call of an earlier edition goes on in it after a restart, and at another node', async (t) => {
  const place = city(t)
  const first = await node(t, place)
  const one = await until('the first edition', running)
  await until('it runs', () => first.live.status().current?.number === one)
  const { state } = first.live.enter('110', '110', null).start(now)
  place.edit('110.yaml', later)
  await until('the next', () => first.live.status().current?.number !== one)
  await first.live.close()
  const { live } = await node(t, place)
  t.equal(live.recall(live.status().version), null, 'what runs is known')
  t.not(live.status().version, state.version)
  await live.recall(state.version)
  t.equal(live.enter('110', '110', state).step(state, { type: 'timeout', digits: '' }, now).state.version, state.version)
  await live.recall('000000000000')
  t.equal(live.enter('110', '110', { ...state, version: '000000000000' }).resume({ ...state, version: '000000000000' }, now).state.version, live.status().version, 'one that nobody has: he goes on in what runs')
})

t.test('a hint that comes while a look is under way is looked after', async (t) => {
  const [a, b] = [city(t), city(t)]
  const first = await node(t, a)
  const one = await until('the first edition', running)
  const gate: { held: Promise<void> | null; asked: number } = { held: null, asked: 0 }
  const slow: EditionStore = { ...store.editions, async current() { const seen = await store.editions.current(); gate.asked += 1; await gate.held; return seen } }
  const { live } = await node(t, b, { node: 'b', store: slow, pollEvery: 60_000 })
  await until('it to run', () => live.status().current?.number === one)
  const release: { now: () => void } = { now: () => undefined }
  gate.held = new Promise((resolve) => { release.now = resolve })
  gate.asked = 0
  live.nudge()
  await until('a look that has seen the first', () => gate.asked > 0)
  a.edit('110.yaml', later)
  const next = await until('the next', () => (first.live.status().current?.number !== one ? first.live.status().current?.number : undefined))
  live.nudge()
  gate.held = null
  release.now()
  await until('the next here', () => live.status().current?.number === next)
})

t.test('two nodes run the same; one step back reaches both, and the files do not bring it again', async (t) => {
  const [a, b] = [city(t), city(t)]
  const first = await node(t, a, { node: 'a' })
  const one = await until('the first edition', running)
  const second = await node(t, b, { node: 'b', pollEvery: 60_000 })
  const other = await openTestStore(home.path, { databaseUrl: store.url, node: 'b' })
  stores.push(other)
  other.onFlows(second.live.nudge)
  await until('both', () => second.live.status().current?.number === one)
  a.edit('110.yaml', later)
  await until('both run the next', () => [first, second].every(({ live }) => (live.status().current?.number ?? one) !== one))
  t.equal(second.live.status().version, first.live.status().version)
  await until('b knows its files', () => second.live.status().differs)
  t.notOk(first.live.status().differs)

  const back = await first.publishing.back(who)
  t.match(back, { type: 'running', number: one, unchanged: false })
  await until('both are back', () => [first, second].every(({ live }) => live.status().current?.number === one))
  t.match(first.live.status(), { differs: true, current: { reason: 'back', by: 'root' } })
  // A look at the same files, as a restart has it.
  await first.live.close()
  const again = await node(t, a, { node: 'a' })
  await until('looked', () => again.live.status().differs)
  t.equal(await running(), one, 'files that did not change are no news')
  await t.rejects(first.publishing.back(who, 999), { code: 'flow.no-edition' })
})

t.test('what was gone back from is not published again by the next node that starts with its files; what was merely followed by another is', async (t) => {
  for (const goBack of ['back', 'automatic'] as const) {
    const [a, b] = [city(t), city(t)]
    const first = await node(t, a, { node: `a-${goBack}` })
    const one = await until('an edition', async () => (first.live.status().source === 'published' ? running() : null))
    const second = await node(t, b, { node: `b-${goBack}` })
    await until('b has seen its files', async () => await store.editions.seenOnDisk(`b-${goBack}`) !== null)
    await second.live.close() // a rolling deployment: b's turn comes later
    const least = (place: City, count: number) => { place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${count}`)) }
    least(a, 10)
    const two = await until('a runs the next', () => (first.live.status().current?.number === one ? null : first.live.status().current?.number))
    await store.editions.switchTo({ number: one, by: who, reason: goBack })
    await until('it was gone back from', () => first.live.status().current?.number === one)
    least(b, 10)
    const again = await node(t, b, { node: `b-${goBack}` })
    await until('b has looked', async () => await store.editions.seenOnDisk(`b-${goBack}`) === hashOfEdition(await store.editions.content(two)))
    t.equal(await running(), one, `${goBack}: a person publishes it, or nobody`)
    t.ok(again.live.status().differs)

    // Edited on, and edited back: what a file was before is as good as any other.
    least(b, 11)
    const three = await until('another', () => ([one, two].includes(again.live.status().current?.number ?? one) ? null : again.live.status().current?.number))
    least(b, 20)
    await until('the first again', async () => await running() === one)
    least(b, 11)
    await until('the third again', async () => await running() === three)
    least(b, 10)
    await until('b has looked', () => again.live.status().differs)
    t.match(await again.publishing.publish(who, ''), { type: 'running', number: two }, 'on purpose')
    await first.live.close()
    await again.live.close()
    least(b, 20)
    await store.editions.switchTo({ number: one, by: who, reason: 'published' })
  }
})

t.test('a node that is new does not publish its files over what runs, also when PostgreSQL fails at its first look; what is edited there then, it does', async (t) => {
  const [a, b] = [city(t), city(t)]
  a.edit('110.yaml', later)
  const first = await node(t, a, { node: 'a' })
  const one = await until('an edition', async () => (first.live.status().source === 'published' ? running() : null))
  const reset = { times: 0 }
  const weak: EditionStore = { ...store.editions, seenOnDisk: (name) => { reset.times += 1; return reset.times === 1 ? Promise.reject(new Error('connection reset')) : store.editions.seenOnDisk(name) } }
  const { live } = await node(t, b, { node: 'b', store: weak })
  await until('b has looked', async () => await store.editions.seenOnDisk('b') === hashOfEdition((await editionOf(b.directory, 'x')).content))
  t.ok(reset.times >= 2)
  t.equal(await running(), one, 'a machine that was replaced, with last year’s files')
  b.edit('110.yaml', (text) => text.replace('waitingAtLeast: 20', 'waitingAtLeast: 15'))
  await until('an edit', () => live.status().current?.by === 'files@b')
})

t.test('a node that is new takes its files for a change only once they have been whole: what was still being copied at its first look is none', async (t) => {
  for (const [what, begun, done] of [
    ['its tapes come last', (at: string) => { renameSync(join(at, 'prompts'), `${at}-prompts`) }, (at: string) => { renameSync(`${at}-prompts`, join(at, 'prompts')) }],
    ['half of a file', (at: string) => { cpSync(join(at, '110.yaml'), `${at}-110`); writeFileSync(join(at, '110.yaml'), readFileSync(`${at}-110`, 'utf8').slice(0, 900)) }, (at: string) => { cpSync(`${at}-110`, join(at, '110.yaml')) }],
  ] as const) {
    const [a, b] = [city(t), city(t)]
    a.edit('110.yaml', later)
    const names = { a: `a, ${what}`, b: `b, ${what}` }
    const first = await node(t, a, { node: names.a })
    const one = await until('an edition', async () => (first.live.status().source === 'published' ? running() : null))
    const whole = hashOfEdition((await editionOf(b.directory, 'x')).content)
    begun(b.directory)
    const { live } = await node(t, b, { node: names.b })
    await until('b has looked', () => (live.status().onDisk?.problems.length ?? 0) > 0)
    done(b.directory)
    await until('b has seen the rest', async () => await store.editions.seenOnDisk(names.b) === whole)
    t.equal(await running(), one, what)
    t.ok(live.status().differs)
    b.edit('110.yaml', (text) => text.replace('waitingAtLeast: 20', 'waitingAtLeast: 15'))
    await until('an edit', () => live.status().current?.by === `files@${names.b}`)
    await first.live.close()
    await live.close()
    await owner.query('truncate flow_disk')
    a.edit('110.yaml', (text) => text.replace('waitingAtLeast: 10', 'waitingAtLeast: 9'))
    await store.editions.switchTo({ number: one, by: who, reason: 'published' })
  }
})

t.test('two who go back from the same edition go back one; further back it goes by number, and never to what was gone back from', async (t) => {
  const place = city(t)
  const { live, publishing } = await node(t, place, { watch: false })
  const first = await until('the first edition', running)
  const made = async (least: number): Promise<number> => {
    place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${least}`))
    const outcome = await publishing.publish(who, '')
    return outcome.type === 'running' ? outcome.number : 0
  }
  const [second, third] = [await made(11), await made(12)]
  t.match(await publishing.back(who), { type: 'running', number: second, left: third })
  await t.rejects(publishing.back({ id: null, name: 'qian' }), { code: 'flow.went-back', details: { edition: second, by: 'root' } }, 'a second later, from the same')
  t.equal(await running(), second)
  t.match(await publishing.back(who, first), { type: 'running', number: first, left: second })
  t.equal(await made(12), third, 'published again on purpose')
  t.match(await publishing.back(who), { type: 'running', number: first }, 'the second was left')
  await store.editions.switchTo({ number: third, by: who, reason: 'published' })
  t.ok(await store.editions.switchTo({ number: first, by: who, reason: 'automatic' }))
  await t.rejects(publishing.back(who), { code: 'flow.went-back' }, 'it went back by itself already')
  t.equal(await running(), first)
  t.match(await publishing.back(who, third), { type: 'running', number: third }, 'unless it is named')
  await until('it runs', () => live.status().current?.number === third)
})

t.test('a second person', async (t) => {
  const place = city(t)
  const { live, publishing, desk } = await node(t, place, { watch: false, approval: true })
  const first = await until('the first edition needs nobody', running)
  const [author, reader, third] = [await person('author'), await person('reader'), await person('third')]
  place.edit('110.yaml', later)
  const outcome = await publishing.publish(author, 'sooner')
  t.match(outcome, { type: 'waiting', more: 1 })
  const number = outcome.type === 'waiting' ? outcome.number : 0
  t.equal(await running(), first)
  await t.rejects(publishing.approve(number, author), { code: 'flow.own-approval' })
  await t.rejects(publishing.back(author, number), { code: 'flow.never-ran' })
  t.match(await publishing.publish(author, 'once more'), { type: 'waiting', number })
  t.match(await publishing.approve(number, reader), { type: 'running', number })
  await until('it runs', () => live.status().current?.number === number)
  t.match(await store.editions.history(1), [{ note: 'sooner', author: { name: 'author' }, approvals: [{ by: 'reader' }], switches: [{ by: 'reader', reason: 'approved' }] }])

  // Nobody knows who wrote it: two have to agree.
  place.edit('110.yaml', (text) => text.replace('waitingAtLeast: 10', 'waitingAtLeast: 11'))
  const unknown = await publishing.publish(who, '')
  t.match(unknown, { type: 'waiting', more: 2 })
  const anonymous = unknown.type === 'waiting' ? unknown.number : 0
  t.match(await publishing.approve(anonymous, reader), { type: 'waiting', more: 1 })
  t.match(await publishing.approve(anonymous, reader), { type: 'waiting', more: 1 }, 'the same person twice is one')
  const seen = async ({ id, name }: typeof reader): Promise<boolean | undefined> => (await desk.view({ id, displayName: name })).editions.find((one) => one.number === anonymous)?.approved
  t.same([await seen(reader), await seen(third)], [true, false], 'who has approved is not asked again')
  t.match(await publishing.approve(anonymous, third), { type: 'running' })
  t.match(await publishing.back(author), { type: 'running', number }, 'the way back needs nobody')

  // Two wait; approving the older after the newer would take the newer back.
  const waits = async (least: number): Promise<number> => {
    place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${least}`))
    const made = await publishing.publish(author, '')
    return made.type === 'waiting' ? made.number : 0
  }
  const [older, newer] = [await waits(15), await waits(16)]
  t.match(await publishing.approve(newer, reader), { type: 'running', number: newer })
  await t.rejects(publishing.approve(older, reader), { code: 'flow.outdated' })
  t.equal(await running(), newer)
  t.equal(await waits(15), older, 'published anew it is the same edition, and a new wish')
  t.match(await publishing.approve(older, reader), { type: 'running', number: older })
})

t.test('nobody approves what he published himself, whoever wrote it first', async (t) => {
  const place = city(t)
  const { publishing, desk } = await node(t, place, { watch: false, approval: true })
  await until('the first edition', running)
  const [alice, mallory, bob] = [await person('alice'), await person('mallory'), await person('bob')]
  const published = async (least: number, by: typeof who | typeof alice): Promise<number> => {
    place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${least}`))
    const made = await publishing.publish(by, '')
    return made.type === 'waiting' ? made.number : 0
  }
  const old = await published(15, alice)
  const good = await published(16, alice)
  t.match(await publishing.approve(good, bob), { type: 'running' })
  t.equal(await published(15, mallory), old, 'what alice wrote once, and nobody wanted')
  await t.rejects(publishing.approve(old, mallory), { code: 'flow.own-approval' })
  t.equal(await running(), good)
  const shown = async ({ id, name }: typeof alice) => (await desk.view({ id, displayName: name })).editions.find((one) => one.number === old)
  t.match(await shown(mallory), { author: 'alice', anew: ['mallory'], mine: true, more: 1 })
  t.match(await shown(alice), { mine: false, more: 1 }, 'alice has not asked for it this time')
  t.match(await publishing.approve(old, alice), { type: 'running', number: old }, 'two people')

  // The same difference, published by two: neither of them approves it.
  const both = await published(17, alice)
  t.equal(await published(17, mallory), both)
  for (const one of [alice, mallory]) await t.rejects(publishing.approve(both, one), { code: 'flow.own-approval' })
  t.match(await publishing.approve(both, bob), { type: 'running' })

  // Who approved first and published then has not become two; what others read stays read.
  const seen = await published(18, who)
  t.match(await publishing.approve(seen, bob), { type: 'waiting', more: 1 })
  t.equal(await published(18, bob), seen)
  t.equal(await running(), both)
  t.match(await publishing.approve(seen, mallory), { type: 'running' })
})

t.test('an edition that is published anew needs its approvals anew: nobody has read what it would change now', async (t) => {
  const place = city(t)
  const { publishing, desk } = await node(t, place, { watch: false, approval: true })
  await until('the first edition', running)
  const [author, reader, third] = [await person('writer-anew'), await person('reader-anew'), await person('third-anew')]
  const least = (count: number) => { place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${count}`)) }
  const asThey = (who: { id: string; name: string }) => desk.view({ id: who.id, displayName: who.name })
  least(15)
  t.match(await publishing.publish(who, ''), { type: 'waiting', more: 2 })
  const number = (await store.editions.history(1))[0]?.number ?? 0
  t.match(await publishing.approve(number, reader), { type: 'waiting', more: 1 })
  t.match((await asThey(reader)).editions[0], { number, approved: true, more: 1, approvals: [{ by: 'reader-anew' }] })
  t.match(await publishing.publish(who, ''), { type: 'waiting', more: 1 }, 'the same difference: what was read is read')
  least(16)
  const other = await publishing.publish(author, '')
  t.match(other, { type: 'waiting' })
  t.match(await publishing.approve('number' in other ? other.number : 0, third), { type: 'running' })
  least(15)
  t.match(await publishing.publish(who, ''), { type: 'waiting', number, more: 2 })
  t.match((await asThey(reader)).editions.find((one) => one.number === number), { approved: false, more: 2, approvals: [{ by: 'reader-anew' }] }, 'who approved, and when, stays told')
  t.match(await publishing.approve(number, third), { type: 'waiting', more: 1 })
  t.match(await publishing.approve(number, third), { type: 'waiting', more: 1 }, 'one person is one approval')
  t.match(await publishing.approve(number, reader), { type: 'running', number })
  t.match((await asThey(reader)).editions.find((one) => one.number === number), { approved: true, approvals: [{ by: 'reader-anew' }, { by: 'third-anew' }, { by: 'reader-anew' }] })
})

t.test('a second person is a rule of the city: a shell and a node that are set otherwise go by the strictest of the nodes that live', async (t) => {
  const place = city(t)
  const strict = await node(t, place, { node: 'strict', watch: false, approval: true })
  const first = await until('the first edition', running)
  const [author, reader] = [await person('of-the-city'), await person('reads-it')]
  await until('both have said how they are set', async () => (await store.editions.rules()).length === 1)
  const shell = makePublishing({ store: store.editions, directory: place.directory, approval: false, judge: judgeHere, gate: keptGate(place.directory) })
  place.edit('110.yaml', later)
  const outcome = await shell.publish(author, '')
  t.match(outcome, { type: 'waiting', more: 1 })
  const number = outcome.type === 'waiting' ? outcome.number : 0
  await t.rejects(store.editions.switchTo({ number, by: author, reason: 'published' }), { code: 'flow.waits' }, 'whoever switches, and however')
  const lax = await node(t, { ...place, home: `${place.home}-lax` }, { node: 'lax' })
  await until('the other node has looked', () => lax.live.status().onDisk !== null && lax.live.status().waiting === number)
  t.equal((await lax.desk.view({ id: reader.id, displayName: reader.name })).approval, true)
  t.equal(await running(), first)
  t.same(await store.editions.rules(), [{ node: 'lax', approval: false }, { node: 'strict', approval: true }])

  // Living, it would say again how it is set.
  await strict.live.close()
  await owner.query(`update flow_rule set at = at - interval '2 minutes' where node = 'strict'`)
  t.match(await shell.publish(author, ''), { type: 'running', number }, 'a node that is no more rules nobody')
})

t.test('what is published fits what the nodes are set to, whatever the shell is that it is published from', async (t) => {
  const place = city(t)
  const { live, desk } = await node(t, place, { watch: false })
  const first = await until('the first edition', running)
  // Each of them is set in its own way, and serves callers of the city.
  await store.editions.keepRule('night', { approval: false, around: { ...AROUND, entries: ['night-duty'], services: [], delays: { skill: 20_000, speech: 0 } } })
  const shell = makePublishing({ store: store.editions, directory: place.directory, approval: false, judge: judgeHere, gate: (nodes) => gate(place.directory, 'ivr-flows', nodes ?? AROUND) })
  place.edit('110.yaml', later)
  const outcome = await shell.publish(who, '')
  const found = outcome.type === 'broken' ? outcome.problems.map(({ code, file }) => `${code} ${basename(file)}`) : []
  t.ok(found.includes('entry.missing night-duty.yaml'), 'what callers of that node enter')
  t.ok(found.includes('proof.unbreakable 110.yaml'), 'how long its callers wait for a skill')
  t.equal(await running(), first)
  await owner.query(`delete from flow_rule where node = 'night'`)
  t.match(await shell.publish(who, ''), { type: 'running' })

  // What is known to be wrong with the files is that as long as the nodes are set so.
  await store.editions.keepRule('night', { approval: false, around: { ...AROUND, entries: ['night-duty'] } })
  place.edit('110.yaml', (text) => text.replace('waitingAtLeast: 10', 'waitingAtLeast: 11'))
  await until('this node to have checked by that', () => live.status().problems.some(({ code }) => code === 'entry.missing'))
  const self = { id: (await person('sets-it-right')).id, displayName: 'sets-it-right' }
  t.match(await desk.publish(self, ''), { type: 'broken' })
  await owner.query(`delete from flow_rule where node = 'night'`)
  t.match(await desk.publish(self, ''), { type: 'running' })

  const asked: unknown[] = []
  const other = (nodes: unknown): Promise<Gated> => { asked.push(nodes); return Promise.resolve({ content: { files: {}, tapes: [] }, problems: [] }) }
  await makePublishing({ store: { ...store.editions, arounds: () => Promise.reject(new Error('away')) }, directory: '', approval: false, judge: judgeHere, gate: other }).gate()
  await owner.query('update flow_rule set around = null')
  await makePublishing({ store: store.editions, directory: '', approval: false, judge: judgeHere, gate: other }).gate()
  t.same(asked, [null, null], 'where nobody says, it is checked by what this process is set to')
})

t.test('what waits for approval fits what the nodes are set to when it is approved, not only when it was published', async (t) => {
  const place = city(t)
  const { publishing } = await node(t, place, { watch: false, approval: true })
  const first = await until('the first edition', running)
  const [author, reader] = [await person('before-the-renaming'), await person('after-the-renaming')]
  place.edit('110.yaml', later)
  const made = await publishing.publish(author, '')
  const number = made.type === 'waiting' ? made.number : 0
  await store.editions.keepRule('renamed', { approval: true, around: { ...AROUND, entries: ['main'], services: [] } })
  t.match(await publishing.approve(number, reader), { type: 'broken', problems: [{ code: 'entry.missing' }] })
  t.equal(await running(), first)
  t.equal((await store.editions.needed(number)).approvals, 0, 'nor has he agreed')
  await owner.query(`delete from flow_rule where node = 'renamed'`)

  // Judging takes seconds: what is switched to meanwhile is not taken back.
  place.edit('110.yaml', (text) => text.replace('waitingAtLeast: 10', 'waitingAtLeast: 11'))
  const other = await publishing.publish(author, '')
  const slow = makePublishing({
    store: store.editions, directory: place.directory, approval: true, gate: keptGate(place.directory),
    async judge() { await publishing.approve(other.type === 'waiting' ? other.number : 0, reader); return [] },
  })
  await t.rejects(slow.approve(number, reader), { code: 'flow.outdated' })
  t.equal((await store.editions.needed(number)).approvals, 0)
})

t.test('what was checked by other settings than those of the nodes, or while nobody knew them, is judged anew before callers enter it', async (t) => {
  const place = city(t)
  const { publishing } = await node(t, place, { watch: false })
  const first = await until('the first edition', running)
  place.edit('110.yaml', later)
  const away = makePublishing({ store: { ...store.editions, arounds: () => Promise.reject(new Error('away')) }, directory: place.directory, approval: false, judge: judgeHere, gate: keptGate(place.directory) })
  await t.rejects(away.publish(who, ''), { message: 'away' }, 'nobody knows what it would have to fit')
  t.equal(await running(), first)
  const blind = await away.gate()
  t.same([blind.problems, blind.around], [[], null], 'the files are looked at all the same: a node runs them where there is nothing else')

  const checked = await publishing.gate()
  t.same(checked.problems, [])
  await store.editions.keepRule('night', { approval: false, around: { ...AROUND, entries: ['night-duty'] } })
  for (const [what, one] of [['checked before the node was set so', checked], ['checked while nobody knew', blind]] as const) t.match(await publishing.take(one, who), { type: 'broken', problems: [{ code: 'entry.missing' }] }, what)
  t.equal(await running(), first)
  // While it is judged, another node is set otherwise.
  await owner.query(`delete from flow_rule where node = 'night'`)
  const turning = makePublishing({ store: store.editions, directory: place.directory, approval: false, gate: keptGate(place.directory), async judge(content, nodes) {
    await store.editions.keepRule('night', { approval: false, around: { ...AROUND, entries: ['night-duty'] } })
    return judgeHere(content, nodes)
  } })
  t.match(await turning.take({ ...checked, around: null }, who), { type: 'broken', problems: [{ code: 'entry.missing' }] }, 'by what it is set to in the end')

  // As a program from before 0175 says its beat.
  await owner.query(`insert into flow_rule (node, approval, at) values ('night', false, now()) on conflict (node) do update set approval = excluded.approval, at = now()`)
  t.same(await store.editions.arounds(), [AROUND], 'what a newer program of that name said holds no longer')
  t.match(await publishing.take(blind, who), { type: 'running' })
})

t.test('who goes back is told what the settings of the nodes have against it, and callers are in it', async (t) => {
  const place = city(t)
  const { publishing } = await node(t, place, { watch: false })
  const first = await until('the first edition', running)
  place.edit('110.yaml', later)
  t.match(await publishing.publish(who, ''), { type: 'running' })
  await store.editions.keepRule('specialists', { approval: false, around: { ...AROUND, delays: { skill: 20_000, speech: 0 } } })
  const outcome = await publishing.back(who, first)
  t.match(outcome, { type: 'running', number: first, back: true })
  t.ok(outcome.type === 'running' && outcome.against?.some(({ code, file }) => code === 'proof.unbreakable' && basename(file) === '110.yaml'))
  t.equal(await running(), first)
})

t.test('the desk: who approves is told at once that it is being checked, and what became of it when that is over; going back waits for nothing', async (t) => {
  const place = city(t)
  const { live, publishing } = await node(t, place, { watch: false, approval: true })
  const first = await until('the first edition', running)
  await until('it runs', () => live.status().source === 'published')
  const [author, reader] = [await person('wrote-the-slow-one'), await person('reads-the-slow-one')]
  place.edit('110.yaml', later)
  const made = await publishing.publish(author, '')
  const number = made.type === 'waiting' ? made.number : 0
  let [finish, fails]: [() => void, boolean] = [() => undefined, false]
  const slow = makePublishing({ store: store.editions, directory: place.directory, approval: true, gate: keptGate(place.directory), async judge() {
    await new Promise<void>((resolve) => { finish = resolve })
    if (fails) throw new Error('it was ended')
    return []
  } })
  const desk = makeFlowDesk({ live, store: store.editions, publishing: slow, directory: place.directory, node: 'test', program: 'none', watch: false, entry: '110', timeZone: 'Asia/Shanghai', calendar: () => ({ holidays: {}, workdays: [] }), standing: () => [], patience: 50 })
  t.teardown(() => { desk.close() })
  const [self, other] = [reader, author].map(({ id, name }) => ({ id, displayName: name }))
  if (self === undefined || other === undefined) throw new Error('nobody')
  t.match(await desk.view(self), { acting: null, acted: null })
  fails = true
  t.same(await desk.approve(self, number, first, 1_000), { type: 'judging', number })
  t.match(await desk.view(other), { acting: { what: 'approve', edition: number, by: reader.name, since: 1_000 }, acted: null })
  await t.rejects(desk.approve(self, number, first, 8_000), { code: 'flow.judging', details: { by: reader.name, seconds: 7 } })
  await t.rejects(desk.publish(other, '', 8_000), { code: 'flow.judging' }, 'one at a time')
  const failed = await until('it failed', async () => { finish(); return (await desk.view(self)).acted })
  t.match(failed, { what: 'approve', mine: true, outcome: null, error: { en: /it was ended/ } })
  t.equal(await running(), first)
  fails = false
  t.same(await desk.approve(self, number, first, 9_000), { type: 'judging', number })
  await t.rejects(desk.back(other, undefined), { code: 'flow.no-earlier' }, 'going back is not kept waiting')
  t.match(await until('it is over', async () => { finish(); const { acted } = await desk.view(self); return acted !== null && acted.id > failed.id ? acted : null }), { mine: true, outcome: { type: 'running', number } })
  t.match(await desk.view(other), { acting: null, acted: { mine: false } })
  t.equal(await running(), number)
})

t.test('behind two nodes: what is being checked at one, and what became of it, either knows; a node that dies over it leaves nobody waiting', async (t) => {
  const place = city(t)
  const { live } = await node(t, place, { watch: false })
  await until('it runs', () => live.status().source === 'published')
  const self = await person('asks-either-node')
  const me = { id: self.id, displayName: self.name }
  let finish: () => void = () => undefined
  const publishing = { ...makePublishing({ store: store.editions, directory: place.directory, approval: false, gate: keptGate(place.directory), judge: judgeHere }), async publish() {
    await new Promise<void>((resolve) => { finish = resolve })
    return { type: 'running', number: 7, unchanged: false } as const
  } }
  const [a, b] = ['node-a', 'node-b'].map((name) => {
    const desk = makeFlowDesk({ live, store: store.editions, publishing, directory: place.directory, node: name, program: 'none', watch: false, entry: '110', timeZone: 'Asia/Shanghai', calendar: () => ({ holidays: {}, workdays: [] }), standing: () => [], patience: 50 })
    t.teardown(() => { desk.close() })
    return desk
  })
  if (a === undefined || b === undefined) throw new Error('no desks')
  t.match(await b.view(me), { acting: null, acted: null })
  t.match(await a.publish(me, '', 1_000), { type: 'judging' })
  t.match(await b.view(me), { acting: { what: 'publish', edition: null, by: self.name, since: 1_000 }, acted: null }, 'the other node says that it is being checked')
  await t.rejects(b.publish(me, '', 3_000), { code: 'flow.judging', details: { by: self.name, seconds: 2 } }, 'and checks nothing beside it')
  finish()
  const first = await until('the other node tells what became of it', async () => (await b.view(me)).acted)
  t.match(first, { what: 'publish', mine: true, outcome: { type: 'running', number: 7 } })

  t.match(await a.publish(me, '', 5_000), { type: 'judging' })
  const letGo = finish
  await owner.query(`update flow_act set beat = now() - interval '1 minute' where ended_at is null`) // node a is dead: it says nothing any more
  const { acting, acted } = await b.view(me)
  t.equal(acting, null)
  t.match(acted, { mine: true, outcome: null, error: { en: /The node node-a stopped while it was checking/ } })
  t.ok((acted?.id ?? 0) > first.id)
  t.match(await b.publish(me, '', 70_000), { type: 'judging' }, 'it can be tried again')
  letGo()
  finish()
  await until('what was tried again', async () => { const { acted: last } = await b.view(me); return last !== null && last.id > (acted?.id ?? 0) && last.outcome !== null })
})

t.test('a server judges what waits in a process beside it: by the settings that it is given', async (t) => {
  const { content } = await editionOf(CITY, 'ivr-flows')
  const program = fileURLToPath(new URL('../../bin/liandong.js', import.meta.url))
  t.same(await judgeInProcess(program, { content, shown: 'ivr-flows', around: AROUND }), [])
  t.match(await judgeInProcess(program, { content, shown: 'ivr-flows', around: { ...AROUND, entries: ['main'] } }), [{ code: 'entry.missing', file: 'ivr-flows/main.yaml' }])
})

t.test('files that were refused by what another node was set to are looked at again, and published, once it is set right', async (t) => {
  const place = city(t)
  const { live } = await node(t, place)
  const first = await until('the first edition', running)
  await until('it runs', () => live.status().source === 'published')
  await store.editions.keepRule('night', { approval: false, around: { ...AROUND, entries: ['night-duty'] } })
  place.edit('110.yaml', later)
  await until('they are refused', () => live.status().problems.some(({ code }) => code === 'entry.missing'))
  await store.editions.keepRule('night', { approval: false, around: AROUND })
  await until('they are published', async () => await running() !== first)
  await until('nothing is said of them any more', () => live.status().problems.length === 0)
})

t.test('nobody goes back to an edition without the flow that callers enter by the settings of today, by hand or by itself', async (t) => {
  const place = city(t)
  const { live, publishing } = await node(t, place, { watch: false, autoReturnCalls: 1_000_000 })
  const first = await until('the first edition', running)
  await until('it runs', () => live.status().source === 'published')
  const { version } = live.status()
  writeFileSync(join(place.directory, 'main.yaml'), readFileSync(join(place.directory, '110.yaml'), 'utf8').replace('flow: "110"', 'flow: main'))
  const made = await publishing.publish(who, 'the same, by another name')
  const second = made.type === 'running' ? made.number : 0
  await until('it runs', () => live.status().current?.number === second)
  const renamed = live.status().version
  await store.editions.keepRule('renamed', { approval: false, around: { ...AROUND, entries: ['main'] } })
  await t.rejects(publishing.back(who), { code: 'flow.lacks-entry', details: { edition: first, flow: 'main' } })
  await t.rejects(publishing.back(who, first), { code: 'flow.lacks-entry', details: { edition: first, flow: 'main' } })
  await calls(version, 60, {})
  await calls(renamed, 60, { wrong: 80 })
  const rates = makeRateWatch({ store: store.editions, calls: 50, clock: Date.now, onReturned: () => undefined, onBarred(edition, flow, { what }) { barred.push([edition, flow, what]) } })
  const barred: unknown[] = []
  const now = await store.editions.current()
  t.equal(now !== null && await rates.look(now), false, 'nor does the watch')
  t.same(barred, [[first, 'main', 'wrong']], 'which says so')
  t.equal(await running(), second)
  await owner.query(`delete from flow_rule where node = 'renamed'`)
  rates.restart()
  t.equal(now !== null && await rates.look(now), true, 'where they enter 110 it does')
  t.equal(await running(), first)
})

t.test('a node that enters a flow which what runs does not have either keeps nobody from going back', async (t) => {
  const place = city(t)
  const { publishing } = await node(t, place, { watch: false })
  const first = await until('the first edition', running)
  place.edit('110.yaml', later)
  t.match(await publishing.publish(who, ''), { type: 'running' })
  await store.editions.keepRule('mistyped', { approval: false, around: { ...AROUND, entries: ['1l0'] } })
  t.match(await publishing.back(who), { type: 'running', number: first })
})

t.test('a node that cannot take callers with what there is tells nobody what it runs by', async (t) => {
  const place = city(t)
  const refusal = new Error('no such flow')
  await t.rejects(openTestFlows({ store: store.editions, directory: place.directory, home: place.home, node: 'mistyped', ready() { throw refusal } }), refusal)
  t.same(await store.editions.rules(), [])
  t.equal(await running(), undefined, 'nor does it publish')
})

t.test('what the watch took back, and whatever ran before, one person alone does not publish again, nor go back to', async (t) => {
  const place = city(t)
  const { publishing, desk } = await node(t, place, { watch: false, approval: true })
  const first = await until('the first edition', running)
  const [author, reader] = [await person('hasty'), await person('calm')]
  place.edit('110.yaml', later)
  const made = await publishing.publish(author, '')
  const number = made.type === 'waiting' ? made.number : 0
  t.match(await publishing.approve(number, reader), { type: 'running' })
  t.ok(await store.editions.switchTo({ number: first, by: { id: null, name: 'automatic' }, reason: 'automatic', details: { from: number } }))
  await t.rejects(publishing.back(author, number), { code: 'flow.taken-back' })
  t.match(await publishing.publish(author, ''), { type: 'waiting', number, more: 1 })
  t.equal(await running(), first)
  const seen = async () => desk.view({ id: reader.id, displayName: reader.name })
  t.match(await seen(), { waiting: number })
  t.match((await seen()).editions.find((one) => one.number === number), { more: 1, approved: false, comparedWith: first }, 'it is approved anew, by the difference of now')
  await t.rejects(publishing.approve(number, author), { code: 'flow.own-approval' })
  t.match(await publishing.approve(number, reader), { type: 'running', number })
  t.match(await seen(), { waiting: null, current: number })
  t.match(await publishing.publish(author, ''), { type: 'running', number, unchanged: true }, 'what runs needs nobody')
  t.match(await publishing.back(author), { type: 'running', number: first }, 'the way back needs nobody')
})

t.test('who approves says which difference he read: not another one that it has become meanwhile', async (t) => {
  const place = city(t)
  const { publishing } = await node(t, place, { watch: false, approval: true })
  const first = await until('the first edition', running)
  const [author, reader] = [await person('writes-two'), await person('has-a-page-open')]
  const wished = async (least: number): Promise<number> => {
    place.edit('110.yaml', (text) => text.replace(/waitingAtLeast: \d+/, `waitingAtLeast: ${least}`))
    const made = await publishing.publish(author, '')
    return made.type === 'waiting' ? made.number : 0
  }
  const number = await wished(15)
  const other = await wished(16)
  t.match(await publishing.approve(other, reader, first), { type: 'running', number: other })
  t.equal(await wished(15), number, 'published anew, over another edition than his page shows')
  await t.rejects(publishing.approve(number, reader, first), { code: 'flow.outdated' })
  t.equal(await running(), other)
  t.match(await publishing.approve(number, reader, other), { type: 'running', number })
})

t.test('a going back while changed files are checked stands: the watcher does not publish over it', async (t) => {
  const place = city(t)
  const told: string[] = []
  let hold: Promise<void> | null = null
  let held = false
  const check = keptGate(place.directory)
  const publishing = makePublishing({ store: store.editions, directory: place.directory, approval: false, judge: judgeHere, async gate() {
    const gated = await check()
    held = hold !== null
    await hold
    held = false
    return gated
  } })
  const { live } = await node(t, place, { publishing, logger: { info: () => undefined, warn(_fields, text) { told.push(text) }, error: () => undefined } })
  const first = await until('the first edition', running)
  place.edit('110.yaml', later)
  await until('the second edition', async () => { const number = await running(); return number === first ? null : number })
  await until('it runs, and is what was seen', async () => live.status().onDisk?.hash === live.status().version && await store.editions.seenOnDisk('test') === live.status().version)
  let release = (): void => undefined
  hold = new Promise((resolve) => { release = resolve })
  place.edit('110.yaml', (text) => text.replace('waitingAtLeast: 10', 'waitingAtLeast: 11'))
  await until('the third is being checked', () => held)
  t.match(await makePublishing({ store: store.editions, directory: place.directory, approval: false, judge: judgeHere, gate: check }).back(who), { type: 'running', number: first })
  hold = null
  release()
  const third = hashOfEdition((await editionOf(place.directory, 'x')).content)
  await until('the watcher is through with it', async () => await store.editions.seenOnDisk('test') === third)
  t.equal(await running(), first)
  t.ok(told.some((text) => text.includes('taken back to an earlier edition while')), 'and says so')
})

t.test('files are published by command only, where it is set so', async (t) => {
  const place = city(t)
  const { live, publishing } = await node(t, place, { watch: false })
  const first = await until('the first edition', running)
  await until('it runs', () => live.status().source === 'published')
  place.edit('110.yaml', later)
  await until('it is seen', () => live.status().differs)
  t.equal(await running(), first)
  t.match(await publishing.publish(who, ''), { type: 'running' })
  t.not(await running(), first)
})

interface Fares { readonly flow?: string; readonly wrong?: number; readonly left?: number; /** The flow was over, and he heard music. */ readonly over?: boolean; readonly listened?: number; readonly faults?: number; /** A switch was on for them. */ readonly switched?: boolean; /** Those who left gave word before. */ readonly word?: boolean }
/** Calls as they are on record after a while: so many of a hundred answer wrong, give up, meet a fault. Each waits for twenty seconds. */
async function calls(version: string, count: number, { flow = '110', wrong = 0, left: leaving = 0, over = false, listened = 10_000, faults = 0, switched = false, word = false }: Fares): Promise<void> {
  const traces: FlowTrace[] = []
  const at = Date.now()
  for (let index = 0; index < count; index += 1) {
    const callId = randomUUID()
    const left = index % 100 < leaving
    await store.records.saveCall({
      callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: left ? 'abandoned' : 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at,
      ...(left ? {} : { answeredAt: at + 20_000 }), endedAt: at + 20_000, hangupCause: 'NORMAL_CLEARING', flow: { name: flow, version },
    })
    if (left && word) await store.records.wishCallBack({ callId, number: '13900000001', reason: 'message', at })
    traces.push({ callId, at, flow, version, steps: [{ node: 'greeting', ms: listened }], answers: 1, wrong: index % 100 < wrong ? 1 : 0, faults: index % 100 < faults ? 1 : 0, switched, listened, over, keys: [{ at: 2_000, key: '1' }] })
  }
  await store.editions.saveTraces(traces)
}

for (const [what, before, now, found] of [
  ['hang-ups while the flow speaks', [[100, { left: 5 }]], [[100, { left: 40 }]], { what: 'left', flow: '110' }],
  ['a flow that fell silent: hang-ups in the music', [[100, { left: 5 }]], [[100, { left: 40, over: true, listened: 100 }]], { what: 'left', flow: '110' }],
  ['a prompt six times as long', [[100, { left: 5 }]], [[100, { left: 35, listened: 60_000 }]], { what: 'left', flow: '110' }],
  ['prompts that fail', [[100, {}]], [[100, { faults: 100, over: true, listened: 100 }]], { what: 'failed', flow: '110' }],
  ['one flow of two, of one call in twenty-five', [[200, { wrong: 4 }], [17, { flow: 'after-hours', wrong: 1 }]], [[17, { flow: 'after-hours', wrong: 100 }], [200, { wrong: 4 }]], { what: 'wrong', flow: 'after-hours' }],
  ['a flow of another name that the same callers enter', [[100, {}]], [[100, { flow: '110-new', faults: 100 }]], { what: 'failed', flow: '110-new' }],
  ['a storm: more than half hang up, as its notice tells them', [[100, { left: 5 }]], [[100, { left: 60, switched: true }]], null],
  ['a storm whose notice cannot be played', [[100, {}]], [[100, { faults: 100, switched: true }]], { what: 'failed', flow: '110' }],
  ['who leaves word and hangs up', [[100, { left: 5 }]], [[100, { left: 60, word: true }]], null],
] as const satisfies readonly (readonly [string, readonly (readonly [number, Fares])[], readonly (readonly [number, Fares])[], object | null])[]) {
  t.test(`the watch over a new edition: ${what}`, async (t) => {
    const place = city(t)
    /** Calls of the new edition at the last look, at the last one that was judged, and whether it went back then. */
    const looks = { last: 0, judged: 0, returned: false }
    const watched: EditionStore = {
      ...store.editions,
      async tally(version, since, most) {
        const found = await store.editions.tally(version, since, most)
        if (version === live.status().version) looks.last = found.reduce((sum, one) => sum + one.calls, 0)
        else looks.judged = looks.last
        return found
      },
      switchTo(wish) { if (wish.reason === 'automatic') looks.returned = true; return store.editions.switchTo(wish) },
    }
    const { live, desk } = await node(t, place, { autoReturnCalls: 50, store: watched })
    const first = await until('the first edition', () => live.status().current?.number)
    for (const [count, fares] of before) await calls(live.status().version, count, fares)
    place.edit('110.yaml', later)
    await until('the second edition', () => live.status().current?.number !== first)
    for (const [count, fares] of now) await calls(live.status().version, count, fares)
    if (found === null) {
      await until('it was judged', () => looks.judged >= 100)
      t.notOk(looks.returned)
      return
    }
    await until('it went back', () => live.status().current?.reason === 'automatic')
    t.match((await desk.view({ id: randomUUID(), displayName: 'x' })).editions.find(({ number }) => number === first)?.switches[0], { jump: found })
  })
}

t.test('wrong keys jump under a new edition: callers are back in the one before, and it is said why', async (t) => {
  const place = city(t)
  const returned: string[] = []
  const { live, desk } = await node(t, place, { autoReturnCalls: 50, onReturned: ({ what }) => { returned.push(what) } })
  const first = await until('the first edition', running)
  await until('it runs', () => live.status().current?.number === first)
  await calls(live.status().version, 60, { wrong: 4, left: 5 })
  place.edit('110.yaml', later)
  const second = await until('the second edition', () => { const number = live.status().current?.number; return number === first ? null : number })
  await calls(live.status().version, 49, { wrong: 40, left: 5 })
  t.same(await store.editions.tally(live.status().version, 0, 100).then(([one]) => one?.calls), 49)
  await calls(live.status().version, 11, { wrong: 40, left: 5 })
  await until('it went back', () => live.status().current?.reason === 'automatic')
  t.equal(live.status().current?.number, first)
  t.same(returned, ['wrong'])
  t.match(noticeOf(live.status()).flows, { what: 'returned', edition: first })
  const { editions } = await desk.view({ id: randomUUID(), displayName: 'x' })
  t.match(editions.find(({ number }) => number === first)?.switches[0], { reason: 'automatic', jump: { from: second, what: 'wrong', calls: 60 } })
  const [ofFirst, ofSecond] = [await desk.live('110', 24, undefined, Date.now()), await desk.live('110', 24, second, Date.now())]
  for (const { drawing, counts, traces } of [ofFirst, ofSecond]) {
    t.match(counts, { greeting: { came: 60, ms: 10_000 } }, 'an edition’s drawing has its own callers, and no others')
    t.ok(traces.length > 0 && traces.every(({ version }) => version === drawing.version))
  }
  t.not(ofFirst.drawing.version, ofSecond.drawing.version)
})

t.test('in the drawing the music is a place where callers wait and hang up; whoever came back after a restart hangs up once', async (t) => {
  const at = Date.now() - 60_000
  const call = async (more: object): Promise<string> => {
    const callId = randomUUID()
    await store.records.saveCall({ callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'abandoned', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at, endedAt: at + 30_000, hangupCause: 'NORMAL_CLEARING', flow: { name: '110', version: 'v' }, ...more })
    return callId
  }
  const trace = (callId: string, more: Partial<FlowTrace>): FlowTrace => ({ callId, at, flow: '110', version: 'v', steps: [], answers: 0, wrong: 0, faults: 0, switched: false, listened: 5_000, over: false, keys: [], ...more })
  const over: Partial<FlowTrace> = { steps: [{ node: 'topics', ms: 5_000 }, { node: 'waiting', ms: 0 }], over: true }
  const back = await call({})
  await store.editions.saveTraces([
    trace(await call({}), over), trace(await call({ state: 'ended', answeredAt: at + 15_000 }), over),
    trace(back, { steps: [{ node: 'topics', ms: 5_000 }] }), trace(back, { at: at + 10_000, keys: null, steps: [{ node: 'more-topics', ms: 9_000 }] }),
  ])
  t.same(await store.editions.nodeCounts('110', 'v', 0), { topics: { came: 3, left: 0, ms: 5_000 }, waiting: { came: 2, left: 1, ms: 17_500 }, 'more-topics': { came: 1, left: 1, ms: 9_000 } })
  t.match(await store.editions.tally('v', 0, 100), [{ calls: 3, usual: 3, left: 2, waited: 30_000 + 15_000 + 20_000 }])
  t.same((await store.editions.lastTraces('110', 'v', at + 5_000, 9)).map(({ callId }) => callId), [back], 'the last ones of a time')
})

t.test('who heard the notice of a disaster and came back after a restart is no usual caller: the watch does not take the edition back for what the notice told him', async (t) => {
  const at = Date.now() - 600_000
  const call = async (ms: number, left: boolean): Promise<string> => {
    const callId = randomUUID()
    await store.records.saveCall({
      callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: left ? 'abandoned' : 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at,
      ...(left ? { hangupCause: 'NORMAL_CLEARING' } : { answeredAt: at + ms }), endedAt: at + ms, flow: { name: '110', version: 'v' },
    })
    return callId
  }
  const trace = (callId: string, version: string, more: Partial<FlowTrace>): FlowTrace => ({ callId, at, flow: '110', version, steps: [{ node: 'topics', ms: 5_000 }], answers: 0, wrong: 0, faults: 0, switched: false, listened: 5_000, over: true, keys: [], ...more })
  const rows: FlowTrace[] = []
  for (let index = 0; index < 100; index += 1) rows.push(trace(await call(20_000, index % 25 === 0), 'old', {}))
  for (let index = 0; index < 30; index += 1) rows.push(trace(await call(40_000, index % 2 === 0), 'new', { switched: true }))
  for (let index = 0; index < 20; index += 1) {
    const callId = await call(120_000, index % 2 === 0)
    rows.push(trace(callId, 'new', { switched: true }), trace(callId, 'new', { at: at + 60_000, keys: null, steps: [{ node: 'waiting', ms: 0 }], listened: 0 }))
  }
  await store.editions.saveTraces(rows)
  const [before, after] = [await store.editions.tally('old', 0, 5_000), await store.editions.tally('new', 0, 5_000)]
  t.match(before, [{ calls: 100, usual: 100, left: 4 }])
  t.match(after, [{ calls: 50, usual: 0, left: 0, waited: 0 }])
  t.equal(judge(before, after, { calls: 50 }), null)
})

t.test('on the desk a recording is heard before it is published; a file that is broken is said', async (t) => {
  const place = city(t)
  const { live, desk } = await node(t, place, { watch: false })
  await until('it runs', () => live.status().source === 'published')
  const tapes = join(place.directory, 'prompts', 'zh-CN')
  const file = join(tapes, readdirSync(tapes).find((name) => name.startsWith('greeting.')) ?? '')
  const old = readFileSync(file)
  const fresh = Buffer.concat([old.subarray(0, old.length - 2), Buffer.from([1, 0])])
  writeFileSync(file, fresh)
  const noted = join(tapes, readdirSync(tapes).find((name) => name.startsWith('noted.')) ?? '')
  const other = Buffer.concat([readFileSync(noted), Buffer.from([1, 0])])
  writeFileSync(noted, other)
  const trial = { flow: '110', startAt: Date.now(), until: 0, moves: [], waiting: 0, ready: 0, present: 1, modes: [], number: '', hints: [] }
  const heard = async (which?: 'files') => desk.sound((await desk.tryOut({ ...trial, ...(which !== undefined && { which }) })).playing[0]?.hash ?? '')
  t.same(Buffer.from(await heard('files')), fresh)
  t.same(Buffer.from(await heard()), old, 'and what runs as it was published')
  const listing = join(tapes, 'tapes.yaml')
  const listed = readFileSync(listing, 'utf8')
  writeFileSync(listing, listed.replace(/^noted: .*\n/m, ''))
  t.same(Buffer.from(await desk.sound(soundHash(other))), other, 'for the next tape the directory is not read and hashed again')
  writeFileSync(listing, listed)
  const newest = Buffer.concat([other, Buffer.from([1, 0])])
  writeFileSync(noted, newest)
  t.same(Buffer.from(await desk.sound(soundHash(newest))), newest, 'it is for one that is new')
  await t.rejects(desk.sound('0'.repeat(64)), { code: 'request.not-found' })
  place.edit('110.yaml', () => 'flow: "110"\n')
  await t.rejects(desk.tryOut({ ...trial, which: 'files' }), { code: 'flow.not-there', details: { flow: '110' } })
  await t.rejects(desk.simulate({ flow: '110', calls: 50, seed: 1, new: 'files' }, Date.now()), { code: 'flow.not-there' })
})

t.test('a call that went through a part is in the drawing of both; keys that were recorded tell when he pressed them, left, was answered, and what it was about', async (t) => {
  const [passed, gave, came] = [randomUUID(), randomUUID(), randomUUID()]
  const at = Date.now() - 60_000
  const call = (callId: string, more: object) => store.records.saveCall({
    callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at, hangupCause: 'NORMAL_CLEARING', flow: { name: '110', version: 'v' }, ...more,
  })
  await call(passed, { category: 'noise', answeredAt: at + 20_000, endedAt: at + 50_000 })
  const [operator, settled] = [await person('settler'), randomUUID()]
  await call(settled, { category: 'noise', answeredAt: at + 20_000, endedAt: at + 50_000 })
  for (const callId of [passed, settled]) await store.records.openTicket({ record: { callId, caller: { number: '', name: '', verified: false }, calledNumber: '110', state: 'ended', class: 'standard', language: 'zh-CN', tags: [], path: [], createdAt: at, queuedAt: at, category: 'noise', answeredAt: at + 20_000, endedAt: at + 50_000, hangupCause: 'NORMAL_CLEARING', flow: { name: '110', version: 'v' } }, operatorId: operator.id, answeredAt: at + 20_000, callBack: false, place: '', callerName: '' })
  await store.records.act(settled, { actId: randomUUID(), act: 'edit', baseVersion: 1, changes: { kind: 'joint-service', category: 'water' } }, { id: operator.id, loginName: 'settler', displayName: 'settler', role: 'admin', language: 'zh-CN', skills: [] })
  await call(gave, { state: 'abandoned', endedAt: at + 9_000 })
  await call(came, { endedAt: at + 9_000 })
  const trace = (callId: string, more: Partial<FlowTrace>): FlowTrace => ({ callId, at, flow: '110', version: 'v', steps: [], answers: 0, wrong: 0, faults: 0, switched: false, listened: 0, over: false, keys: [], ...more })
  await store.editions.saveTraces([
    trace(passed, { steps: [{ node: 'umbrella', ms: 0 }, { node: 'disaster/notice', ms: 5_000 }, { node: 'disaster/back', ms: 0 }, { node: 'topics', ms: 4_000 }], keys: [{ at: 8_000, key: '3' }] }),
    trace(gave, { steps: [{ node: 'umbrella', ms: 0 }, { node: 'disaster/notice', ms: 9_000 }], keys: [{ at: 100, key: '*' }] }),
    trace(settled, { flow: 'settled', keys: [{ at: 8_000, key: '3' }] }),
    trace(came, { keys: null, steps: [{ node: 'topics', ms: 1_000 }] }),
  ])
  t.same(await store.editions.nodeCounts('110', null, 0), { umbrella: { came: 2, left: 1, ms: 7_000 }, topics: { came: 2, left: 0, ms: 2_500 } }, 'what happens in a part belongs to the node that called it')
  t.same(await store.editions.nodeCounts('disaster', 'v', 0), { notice: { came: 2, left: 1, ms: 7_000 }, back: { came: 1, left: 0, ms: 0 } })
  t.same(await store.editions.nodeCounts('known-outage', null, 0), {})
  // `other` is called by the part, and by the flow around once the part has returned.
  const inner = randomUUID()
  await call(inner, { state: 'abandoned', endedAt: at + 9_000 })
  await store.editions.saveTraces([trace(inner, { flow: 'entry', version: 'w', steps: ['a', 'outer/call', 'other/say', 'outer/back', 'other/say', 'b', 'other/say', 'outer/call', 'other/say'].map((one, index) => ({ node: one, ms: index })) })])
  t.same(await store.editions.nodeCounts('outer', 'w', 0, ['back']), { call: { came: 1, left: 1, ms: (1 + 2 + 7 + 8) / 2 }, back: { came: 1, left: 0, ms: 3 } }, 'what happens in a part of the part belongs to its node')
  t.same(await store.editions.nodeCounts('other', 'w', 0, ['say']), { say: { came: 1, left: 1, ms: (2 + 4 + 6 + 8) / 4 } })
  t.same((await store.editions.lastTraces('disaster', null, 0, 9)).map(({ callId }) => callId).sort(), [passed, gave].sort())
  t.same([...await store.editions.recordedKeys('110', 9)].sort((a, b) => a.keys.length - b.keys.length || (a.leftAt ?? 0) - (b.leftAt ?? 0)), [
    { startAt: at, keys: [{ at: 8_000, key: '3' }], answeredAt: 20_000 }, { startAt: at, keys: [{ at: 100, key: '*' }], leftAt: 9_000 },
  ], 'who came back in the middle is none of them; what his keys said in the file of then proves nothing')
  t.match(await store.editions.recordedKeys('settled', 9), [{ answeredAt: 20_000, category: 'water' }], 'as the operator settled it')
})

t.test('dialled numbers have flows of their own', async (t) => {
  const place = city(t)
  place.edit('entries.yaml', () => 'entries:\n  "110": "110"\n  "96333": after-hours\n')
  const { live } = await node(t, place)
  await until('published', () => live.status().source === 'published')
  const flow = (dialled: string): FlowState => live.enter(dialled, '110', null).start(now).state
  t.same([flow('110').flow, flow('96333').flow, flow('12345').flow], ['110', 'after-hours', '110'])
  place.edit('entries.yaml', () => 'entries:\n  "110": return-visit\n  "96333": afterhours\n')
  await until('told', () => live.status().problems.length === 2)
  t.same(live.status().problems.map(({ code, line }) => [code, line]), [['entry.kind', 2], ['part.unknown', 3]])
})

t.test('numbers of an installation’s own: the file goes before them, and none leads to a flow that does not run, or that is none for citizens', async (t) => {
  const place = city(t)
  place.edit('entries.yaml', () => 'entries:\n  "1108": after-hours\n')
  const { live, desk } = await node(t, place, { numbers: new Map([['1107', 'return-visit'], ['1108', 'ask'], ['1109', 'ask'], ['1106', 'nosuch']]) })
  await until('published', () => live.status().source === 'published')
  t.same(['1106', '1107', '1108', '1109', '110'].map((dialled) => live.enter(dialled, '110', null).start(now).state.flow), ['110', '110', 'after-hours', 'ask', '110'])
  t.same((await desk.view(await person('admin1') as never)).flows.filter(({ entry }) => entry).map(({ name }) => name).sort(), ['110', 'after-hours', 'ask'])
})

t.test('a flow of an edition runs as it was proven', async (t) => {
  const place = city(t)
  const { live } = await node(t, place)
  await until('published', () => live.status().source === 'published')
  const step = live.enter('110', '110', null).start(now)
  const plain = startFlow(live.current('110'), now)
  t.same(step.state, plain.state)
  const [last] = step.commands.slice(-1)
  t.match(last, { prompts: [{ edition: live.status().version }] }, 'its prompts are those of the edition')
})
