import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import t from 'tap'
import { runLiandong } from '../../src/cli/run.js'
import { readTape, samplesOf, writeWav } from '../../src/flow/wav.js'
import { hashOf } from '../../src/intake/prompt-files.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'
import { AROUND, copyCity } from '../helpers/flows.js'
import { makePeople } from '../../src/people/people.js'

const PASSWORD = 'correct horse battery'

t.test('publish, history, diff, approve, back in a terminal', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const directory = copyCity(home.path)
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  for (const loginName of ['zhao', 'qian']) await people.addPerson({ loginName, displayName: loginName.toUpperCase(), role: 'admin' }, PASSWORD)
  await people.addPerson({ loginName: 'sun', displayName: '孙', role: 'supervisor' }, PASSWORD)
  const edit = (from: string, to: string): void => writeFileSync(join(directory, '110.yaml'), readFileSync(join(directory, '110.yaml'), 'utf8').replace(from, to))

  const before = { ...process.env }
  t.teardown(() => { process.env = before })
  async function run(args: readonly string[], { approval = false, input = '', command = 'flow', env = {} } = {}): Promise<{ code: number; out: string; err: string }> {
    process.env = { ...before, DATABASE_URL: store.url, LIANDONG_FLOWS_DIRECTORY: directory, LIANDONG_FLOWS_APPROVAL: String(approval), ...env }
    let [out, err] = ['', '']
    const stdout = new Writable({ write(chunk: Buffer, _encoding, done) { out += chunk.toString(); done() } })
    const stderr = new Writable({ write(chunk: Buffer, _encoding, done) { err += chunk.toString(); done() } })
    const code = await runLiandong([command, ...args], { stdout, stderr, stdin: Readable.from([Buffer.from(input)]) })
    return { code, out, err }
  }
  const as = (loginName: string) => ['--as', loginName, '--password-stdin']

  t.match(await run(['history']), { code: 0, out: /Nothing has been published/ })
  t.match(await run(['publish', '-m', '首版']), { code: 0, out: /Edition 1: from the next caller on/ })
  t.match(await run(['publish']), { code: 0, out: /Edition 1 runs already/ })
  t.match(await run(['publish', '-m', '原因']), { code: 0, out: /Edition 1 runs already[^]*说明没有记下[^]*The note was not kept: .* had this edition on record already.*flows\.publish: command/ })
  t.match(await run(['diff']), { code: 0, out: /No difference/ })
  edit('waitingAtLeast: 20', 'waitingAtLeast: 10')
  t.match(await run(['diff']), { code: 0, out: /~ 110\.yaml\n(.*\n)*.*- .*waitingAtLeast: 20.*\n.*\+ .*waitingAtLeast: 10/ })

  const mode = (...args: readonly string[]) => run(args, { command: 'mode' })
  t.match(await mode('desaster', 'on'), { code: 2, out: '', err: /没有流程询问开关 “desaster”.*disaster[^]*no flow asks for the switch “desaster”.*Did you mean disaster\?/ })
  t.match(await mode('flood', 'on'), { code: 2, err: /disaster, outage-power, outage-water/ })
  t.match(await mode(), { code: 0, out: /No switch is on/ })
  edit('when: { mode: disaster }', 'when: { mode: flood }')
  t.match(await mode('disaster', 'on', '--until', '2126-01-05T18:30'), { code: 0, out: /● disaster .*2126-01-05 18:30/ }, 'the edition that runs asks for it')
  t.match(await mode('flood', 'on'), { code: 0, out: /● flood/ }, 'the files do')
  edit('when: { mode: flood }', 'when: { mode: disaster }')

  t.match(await run(['publish'], { approval: true }), { code: 1, err: /--as/ }, 'an account of the machine is nobody who could be told from the second person')
  t.match(await run(['publish', ...as('zhao')], { approval: true, input: 'wrong' }), { code: 1, err: /wrong/ })
  t.match(await run(['publish', ...as('sun')], { approval: true, input: PASSWORD }), { code: 1, err: /may not do this/ })
  t.match(await run(['publish', ...as('zhao'), '-m', '早些提示'], { approval: true, input: PASSWORD }), { code: 0, out: /Edition 2 waits for approval \(1 more\)/ })
  t.match(await run(['approve', '2', '--as', 'qian'], { approval: true }), { code: 2, err: /没有终端.*--password-stdin[^]*no terminal/ })
  t.match(await run(['approve', '2', ...as('zhao')], { approval: true, input: PASSWORD }), { code: 1, err: /somebody else/ })
  t.match(await run(['diff', '2']), { code: 0, out: /^第 1 版 → 第 2 版 \/ from edition 1 to 2\n~ 110\.yaml/ })
  t.match(await run(['diff', '2'], { approval: true }), { code: 0, out: /waitingAtLeast: 10[^]*\n批准这份差别.*flow approve 2 --over 1 --as/ }, 'what approves just this difference')
  t.match(await run(['approve', '2', '--over', '7', ...as('qian')], { approval: true, input: PASSWORD }), { code: 1, err: /Another edition was entered/ }, 'not the difference that he read')
  t.match(await run(['approve', '2', '--over', '1', ...as('qian')], { approval: true, input: PASSWORD }), { code: 0, out: /Edition 2 in place of edition 1: from the next caller on/ })
  t.match(await run(['back']), { code: 0, out: /Back from edition 2 to edition 1: from the next caller on/ })
  t.match(await run(['back']), { code: 1, err: /callers are in edition 1 again/ })
  edit('waitingAtLeast: 10', 'waitingAtLeast: 15')
  await run(['publish', ...as('zhao')], { approval: true, input: PASSWORD })
  edit('waitingAtLeast: 15', 'waitingAtLeast: 20')
  const waiting = await run(['diff', '3'])
  t.match(waiting.out, /- .*waitingAtLeast: 20.*\n.*\+ .*waitingAtLeast: 15/, 'an edition that waits is compared with the one that runs')
  t.match(JSON.parse((await run(['history', '--json'])).out), { editions: [{ number: 3, changes: [{ name: '110.yaml' }] }, {}, {}] })
  await run(['back', '2'])
  t.match((await run(['diff', '3'])).out, /- .*waitingAtLeast: 10.*\n.*\+ .*waitingAtLeast: 15/)
  await run(['back', '1'])
  const { out } = await run(['history'])
  t.match(out, /○ 2 .*ZHAO {2}早些提示\n.*approved.*QIAN\n(?:.*\n)*.*published on approval.*QIAN\n(?:.*\n)* {6}~110\.yaml\n● 1 .*首版\n(?:.*\n)* {6}→ 退回 gone back to/)
  t.match(JSON.parse((await run(['history', '--json'])).out), { current: { number: 1, reason: 'back' }, editions: [{ number: 3 }, { number: 2 }, { number: 1 }] })
  t.match((await run(['diff', '1', '2'])).out, /~ 110\.yaml/)

  // A new tape, not published yet: callers hear the old one.
  const where = join(directory, 'prompts', 'zh-CN')
  const old = join(where, readdirSync(where).find((file) => file.startsWith('greeting.')) ?? '')
  const tape = readTape(readFileSync(old))
  const bytes = writeWav(samplesOf(tape ?? { data: new Uint8Array() }).map((one) => Math.round(one * 0.99)), tape?.info)
  const fresh = `greeting.${hashOf(readTape(bytes) ?? { data: new Uint8Array() })}.wav`
  writeFileSync(join(where, fresh), bytes)
  writeFileSync(join(where, 'tapes.yaml'), readFileSync(join(where, 'tapes.yaml'), 'utf8').replace(/^greeting: .*$/m, `greeting: ${fresh}`))
  const texts = join(where, 'texts.yaml')
  const said = readFileSync(texts, 'utf8')
  t.match((await run(['diff'])).out, /~ prompts\/zh-CN\/greeting\n {2}- (“.+”) \d+\.\d s\n {2}\+ \1 \d+\.\d s\n.*the same words, another recording\n/, 'what callers heard and will hear')
  writeFileSync(texts, said.replace(/^noted: .*$/m, 'noted: 记下了，请稍候。'))
  const worded = await run(['diff'])
  t.match(worded.out, /~ prompts\/zh-CN\/noted\n {2}- “已记下，请继续等候。” [\d.]+ s\n {2}\+ “记下了，请稍候。” [\d.]+ s\n(?! *文字相同)/, 'in the language whose words changed')
  t.notMatch(worded.out, 'prompts/en/')
  writeFileSync(texts, said)
  const prune = (env: object, ...args: readonly string[]) => run(['prune', ...args], { command: 'prompts', env })
  t.match(await prune({}), { code: 0, out: /Left 1 tape of the flows that run[^]*Removed 0 tapes/ })
  t.match(await prune({ DATABASE_URL: 'postgres://liandong@127.0.0.1:1/none' }), { code: 1, out: '', err: /127\.0\.0\.1:1/ }, 'nothing goes unasked')
  // A shell without the settings of the services: their database and their directory are not known in it.
  const bare = { DATABASE_URL: '', LIANDONG_HOME: join(home.path, 'none') }
  t.match(await prune(bare), { code: 1, out: '', err: /nothing was removed\..*DATABASE_URL.*LIANDONG_HOME.*--unpublished/ })
  t.match(await prune({ ...bare, LIANDONG_FLOWS_DIRECTORY: home.path }, '--dir', directory), { code: 1, out: '', err: /DATABASE_URL/ })
  t.match(await prune({}, '--unpublished'), { code: 0, out: /Left 1 tape [^]*Removed 0 tapes/ }, 'where there is a database it is asked')
  t.match(await prune({ LIANDONG_FLOWS_DIRECTORY: home.path }, '--dir', directory), { code: 0, out: /Left 1 tape [^]*Removed 0 tapes/ }, 'whatever this shell takes for the directory of the services')
  t.ok(existsSync(old))

  edit('onSilence:', 'onSilense:')
  t.match(await run(['publish']), { code: 1, out: /110\.yaml:\d+:\d+: .*[\s\S]*\n1 个问题，没有发布。\/ 1 problem; not published\./ })
  await store.editions.keepRule('a', { approval: false, around: { ...AROUND, delays: { skill: 20_000, speech: 0 } } })
  t.match(await run(['publish']), { code: 1, out: /^这个终端的设置与各节点不同.*\nThis shell is set otherwise than the nodes; .*flows\.entry 110; .*intake\.skillOverflow 20000[^]*not published/ }, 'checked by what the nodes are set to, and told so')
  edit('onSilense:', 'onSilence:')
  t.match(await run(['back', '2']), { code: 0, out: /110\.yaml:\d+:\d+: proof\.unbreakable[^]*Back from edition 1 to edition 2: from the next caller on\.\n.*It runs\. By the rules and settings of today there (?:is 1 problem|are \d+ problems), see above/ }, 'what speaks against it by the settings of the nodes is told, and callers are in it')
  for (const args of [['approve'], ['back', 'x'], ['publish', '1'], ['diff', '1', '2', '3'], ['publish', '--nonsense']]) t.equal((await run(args)).code, 2, args.join(' '))
})
