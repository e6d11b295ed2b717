import { spawn } from 'node:child_process'
import { PassThrough, Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { userCommand } from '../../src/cli/user.js'
import { runCommand } from '../../src/cli/run.js'
import { makePeople } from '../../src/people/people.js'
import { a1HashOf } from '../../src/people/phones.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

const PASSWORD = 'correct horse battery'

/** A sink that remembers. */
function sink(): PassThrough & { text(): string } {
  const out = new PassThrough()
  let all = ''
  out.on('data', (chunk: Buffer) => { all += chunk.toString() })
  return Object.assign(out, { text: () => all })
}

interface Outcome { readonly code: number; readonly out: string; readonly err: string }

async function user(home: string, args: readonly string[], stdin: Readable = Readable.from([])): Promise<Outcome> {
  process.env['LIANDONG_HOME'] = home
  const [stdout, stderr] = [sink(), sink()]
  const code = await runCommand(userCommand, args, { stdout, stderr, stdin })
  return { code, out: stdout.text(), err: stderr.text() }
}

/** A terminal on which these answers are typed, each when it is asked for. */
function terminal(...answers: string[]): Readable & { modes: boolean[] } {
  const input = new PassThrough()
  const modes: boolean[] = []
  return Object.assign(input, {
    isTTY: true, modes,
    setRawMode(raw: boolean) {
      modes.push(raw)
      const answer = raw ? answers.shift() : undefined
      if (answer !== undefined) setImmediate(() => { for (const key of answer) input.write(key) })
    },
  })
}

const piped = (text: string): Readable => Readable.from([Buffer.from(text)])
const ADD = ['add', '--login', 'li.xiaomei', '--name', '李晓梅', '--role', 'operator', '--extension', '1001']
const both = (t: Test, text: string, zh: string, en: string): void => { t.ok(text.includes(zh) && text.includes(en), `${zh} / ${en}: ${text}`) }

t.test('where people practise nobody real is added by mistake', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  await people.addPerson({ loginName: 'op1', displayName: '练习', role: 'operator', extension: '1002', practice: true }, PASSWORD)
  const mixed = ['add', '--login', 'zhou.ming', '--name', '周明', '--role', 'operator', '--extension', '1009', '--password-stdin']
  const refused = await user(home.path, mixed, piped(PASSWORD))
  t.equal(refused.code, 1, 'practice would not start again')
  both(t, refused.err, '此数据库用于练习', 'LIANDONG_PBX_KIND=freeswitch')
  Object.assign(process.env, { LIANDONG_PBX_KIND: 'freeswitch', LIANDONG_PBX_PASSWORD: 'a-password-of-the-tests' })
  t.match(await user(home.path, mixed, piped(PASSWORD)), { code: 0 }, 'a city that goes to work')
  delete process.env['LIANDONG_PBX_KIND']
  delete process.env['LIANDONG_PBX_PASSWORD']
})

t.test('liandong user beside a running server', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const people = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  const input = { loginName: 'li.xiaomei', address: '127.0.0.1', userAgent: 'test' }

  const added = await user(home.path, [...ADD, '--skills', 'noise, water', '--password-stdin'], piped(`${PASSWORD}\nnot this line`))
  t.match(added, { code: 0, err: '' })
  both(t, added.out, '已添加 li.xiaomei', 'added li.xiaomei')
  const { token, self } = await people.logIn({ ...input, password: PASSWORD })
  t.match(self, { displayName: '李晓梅', role: 'operator', extension: '1001', skills: ['noise', 'water'] })
  t.match(await user(home.path, ['add', '--login', 'shebei', '--name', '值班员', '--role', 'unit', '--unit', 'municipal-works', '--password-stdin'], piped(PASSWORD)), { code: 0 })

  const list = await user(home.path, ['list'])
  t.match(list, { code: 0, out: /li\.xiaomei +接警员 operator {2}1001 {2}李晓梅/ })
  t.notMatch(list.out, /scrypt/)
  t.same(JSON.parse((await user(home.path, ['list', '--json'])).out), [
    { loginName: 'li.xiaomei', displayName: '李晓梅', role: 'operator', practice: false, disabled: false, extension: '1001' },
    { loginName: 'shebei', displayName: '值班员', role: 'unit', practice: false, disabled: false, unitId: 'municipal-works' },
  ])

  const conflicts: readonly (readonly [readonly string[], string, string])[] = [
    [ADD, '已有登录名', 'already'],
    [ADD.map((word) => (word === 'li.xiaomei' ? 'somebody' : word)), '分机 1001', 'Extension 1001'],
    [['add', '--login', 'nn', '--name', 'n', '--role', 'unit', '--unit', 'no-such-unit'], '没有联动单位', 'no unit'],
  ]
  for (const [args, zh, en] of conflicts) {
    const outcome = await user(home.path, [...args, '--password-stdin'], piped(PASSWORD))
    t.equal(outcome.code, 1)
    both(t, outcome.err, zh, en)
  }

  const telephone = await user(home.path, ['phone', '--login', 'li.xiaomei'])
  const password = telephone.out.trim().split('\n').at(-1) ?? ''
  t.match(telephone, { code: 0, out: /1001/ })
  t.same(await store.phones.all(), [{ extension: '1001', a1Hash: a1HashOf('1001', password) }], 'only its hash is kept')
  const next = await user(home.path, ['phone', '--login', 'li.xiaomei'])
  t.not(next.out, telephone.out)
  t.equal((await store.phones.all()).length, 1)
  t.match(await user(home.path, ['phone', '--login', 'nobody']), { code: 1 })
  t.match(await user(home.path, ['phone', '--login', 'shebei']), { code: 2, err: /此人没有分机.*no telephone/ })
  t.match((await store.pool.query('select subject, details from audit where act = $1', ['person.phone'])).rows, [{ subject: 'li.xiaomei', details: { extension: '1001' } }, { subject: 'li.xiaomei' }])

  t.equal((await people.whoIs(token))?.loginName, 'li.xiaomei')
  t.match(await user(home.path, ['password', '--login', 'li.xiaomei'], terminal('another pass phrase\r', 'another pass phrase\r')), { code: 0 })
  await t.rejects(people.logIn({ ...input, password: PASSWORD }), { code: 'auth.wrong' })
  const again = await people.logIn({ ...input, password: 'another pass phrase' })
  const fresh = makePeople(store.people, { sessionHours: 1, clock: Date.now })
  t.equal(await fresh.whoIs(token), null, 'sessions of the old password have ended')

  t.match(await user(home.path, ['disable', '--login', 'li.xiaomei']), { code: 0 })
  t.same(await store.phones.all(), [], 'and his telephone')
  await t.rejects(people.logIn({ ...input, password: 'another pass phrase' }), { code: 'auth.wrong' })
  t.equal(await fresh.whoIs(again.token), null)
  t.match((await user(home.path, ['list'])).out, /li\.xiaomei.*已停用 disabled/)
  t.match(await user(home.path, ['enable', '--login', 'li.xiaomei']), { code: 0 })
  t.ok(await people.logIn({ ...input, password: 'another pass phrase' }))
  for (const verb of ['disable', 'enable', 'password']) {
    const outcome = await user(home.path, [verb, '--login', 'nobody', ...(verb === 'password' ? ['--password-stdin'] : [])], piped(PASSWORD))
    t.equal(outcome.code, 1, verb)
    both(t, outcome.err, '没有登录名', 'no log-in')
  }
  const { rows } = await store.pool.query<{ act: string }>(`select act from audit where act like 'person.%' order by id`)
  t.same(rows.map(({ act }) => act), ['person.add', 'person.add', 'person.phone', 'person.phone', 'person.password', 'person.disable', 'person.enable'], 'each change is on record')
})

t.test('the password is never shown, never an argument, and asked twice', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const good = terminal(`x\u007f\u001b[A${PASSWORD}\u001b[3~\u001b[1;5C\r`, `${PASSWORD}\n`)
  const added = await user(home.path, ADD, good)
  t.equal(added.code, 0, added.err)
  t.notMatch(added.out + added.err, PASSWORD)
  t.same(good.modes, [true, false, true, false], 'echo is off while it is typed, and on again afterwards')
  t.ok(await makePeople(store.people, { sessionHours: 1, clock: Date.now }).logIn({ loginName: 'li.xiaomei', password: PASSWORD, address: 'x', userAgent: 'x' }), 'a typing mistake can be taken back, and an arrow key types nothing')
  const other = (login: string): string[] => ADD.map((word) => (word === 'li.xiaomei' ? login : word === '1001' ? '1002' : word))
  const differing = await user(home.path, other('two'), terminal(`${PASSWORD}\r`, 'something else\r'))
  t.equal(differing.code, 1)
  both(t, differing.err, '不同', 'differ')
  t.match(await user(home.path, other('three'), terminal('half\u0003')), { code: 1, out: '' }, 'Ctrl-C')
  t.match(await user(home.path, [...other('four'), '--password', PASSWORD]), { code: 2 }, 'there is no such option')
  t.match(await user(home.path, other('five')), { code: 2, err: /--password-stdin/ }, 'no terminal and no --password-stdin')
  t.same((JSON.parse((await user(home.path, ['list', '--json'])).out) as { loginName: string }[]).map(({ loginName }) => loginName), ['li.xiaomei'])
})

t.test('wrong usage: exit 2, said in both languages', async (t) => {
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  const table: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /请指明要做什么[^]*say what to do/],
    [['remove'], /没有 user remove[^]*there is no user remove/],
    [['add', '--login', 'a.b', '--name', 'x'], /缺少 --role[^]*--role is missing/],
    [['disable'], /缺少 --login[^]*--login is missing/],
    [['disable', '--login', 'a', '--json'], /没有选项 --json[^]*user disable has no option --json/],
    [['list', '--also'], /--also/],
  ]
  for (const [args, text] of table) t.match(await user(home.path, args), { code: 2, out: '', err: text }, args.join(' '))
  t.match(await user(home.path, ['--help']), { code: 0, out: /用法 \/ Usage/ })
})

t.test('what cannot be a person', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const table: readonly (readonly [string, readonly string[], string, RegExp])[] = [
    ['capitals', ['--login', 'Li', '--name', 'x', '--role', 'admin'], PASSWORD, /^login：.*小写.* \/ login: .*lower-case/],
    ['no name', ['--login', 'li', '--name', ' ', '--role', 'admin'], PASSWORD, /^name：/],
    ['a role nobody has', ['--login', 'li', '--name', 'x', '--role', 'king'], PASSWORD, /^role：.*operator, supervisor, unit, admin/],
    ['an operator without a phone', ['--login', 'li', '--name', 'x', '--role', 'operator'], PASSWORD, /^extension：/],
    ['an extension that is a dial string', ['--login', 'li', '--name', 'x', '--role', 'operator', '--extension', '1001@x'], PASSWORD, /^extension：/],
    ['an admin with a phone', ['--login', 'li', '--name', 'x', '--role', 'admin', '--extension', '1001'], PASSWORD, /^extension：/],
    ['a unit user without a unit', ['--login', 'li', '--name', 'x', '--role', 'unit'], PASSWORD, /^unit：/],
    ['an admin of a unit', ['--login', 'li', '--name', 'x', '--role', 'admin', '--unit', 'police-xigong'], PASSWORD, /^unit：/],
    ['a short password', ['--login', 'li', '--name', 'x', '--role', 'admin'], 'short', /^password：.*10.* \/ password: .*10/],
    ['a password of one letter', ['--login', 'li', '--name', 'x', '--role', 'admin'], 'aaaaaaaaaaaa', /^password：/],
    ['one’s own name', ['--login', 'li.wei', '--name', 'x', '--role', 'admin'], 'xx-li.wei-xx', /^password：/],
  ]
  for (const [what, args, password, text] of table) t.match(await user(home.path, ['add', ...args, '--password-stdin'], piped(password)), { code: 2, out: '', err: text }, what)
  t.match(await user(home.path, ['list']), { code: 0, out: '还没有用户 / nobody yet\n' })
})

t.test('without a running server: the database is started for the command, and a second Liandong does not take the first one’s', async (t) => {
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  const command = fileURLToPath(new URL('../../bin/liandong.js', import.meta.url))
  const liandong = (args: readonly string[], stdin = ''): Promise<Outcome> => new Promise((resolve) => {
    const child = spawn(process.execPath, [command, ...args], { env: { ...process.env, LIANDONG_HOME: home.path } })
    let [out, err] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => { out += chunk.toString() })
    child.stderr.on('data', (chunk: Buffer) => { err += chunk.toString() })
    child.once('close', (code) => { resolve({ code: code ?? -1, out, err }) })
    child.stdin.end(stdin)
  })
  t.match(await liandong(['user', ...ADD, '--password-stdin'], `${PASSWORD}\n`), { code: 0, out: /added li\.xiaomei/, err: /启动数据库 \/ starting the database/ })
  const store = await openTestStore(home.path)
  t.match(await liandong(['user', 'list']), { code: 0, out: /li\.xiaomei/, err: '' }, 'beside a server of another process')
  await t.rejects(openTestStore(home.path), /Liandong runs here already/)
  t.equal((await store.pool.query('select 1')).rowCount, 1, 'untouched')
  await store.close()
})
