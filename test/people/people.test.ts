import { createHash, scryptSync } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { ROLES } from '../../src/contracts/people.js'
import { checkPassword, hashPassword } from '../../src/people/password.js'
import { makePeople, type NewPerson } from '../../src/people/people.js'
import { PRACTICE_PEOPLE, practicePassword } from '../../src/people/practice.js'
import { practiceLogins } from '../../src/practice.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'

t.setTimeout(400_000) // a hundred passwords are derived: slow on purpose

const PASSWORD = 'correct horse battery'
const HOUR = 3_600_000
const from = (loginName: string, password = PASSWORD, address = '10.0.0.1') => ({ loginName, password, address, userAgent: 'test' })

t.test('passwords: scrypt with OWASP’s parameters', async (t) => {
  const hash = await hashPassword('密码 pass')
  const [, scheme, cost, salt = '', key = ''] = hash.split('$')
  t.same([scheme, cost], ['scrypt', 'ln=15,r=8,p=3'])
  t.equal(Buffer.from(salt, 'base64url').length, 16)
  t.equal(scryptSync('密码 pass', Buffer.from(salt, 'base64url'), 32, { N: 2 ** 15, r: 8, p: 3, maxmem: 64 << 20 }).toString('base64url'), key, 'N = 2^15, r = 8, p = 3, 32 bytes')
  t.not(await hashPassword('密码 pass'), hash, 'each has a salt of its own')
  t.equal(await checkPassword('密码 pass', hash), true)
  t.equal(await checkPassword('密码 pass ', hash), false)
  t.equal(await checkPassword('e\u0301cole', await hashPassword('\u00e9cole')), true, 'however the keyboard composes an accent')
  const before = scryptSync('密码 pass', Buffer.from(salt, 'base64url'), 32, { N: 2 ** 15, r: 8, p: 1, maxmem: 64 << 20 }).toString('base64url')
  t.equal(await checkPassword('密码 pass', `$scrypt$${salt}$${before}`), true, 'hashes of before the cost stood in them')
  const drawn = await hashPassword('2345-abcd-6789', 'us')
  t.match(drawn, /^\$scrypt\$ln=10,r=8,p=1\$/, 'what we drew nobody guesses')
  t.same([await checkPassword('2345-abcd-6789', drawn), await checkPassword('2345-abcd-678', drawn)], [true, false])
  for (const wrong of [null, '', '$', '$scrypt$$', '$plain$x$密码 pass', `$scrypt$${salt}$${key.slice(1)}`, `$bcrypt$${salt}$${key}`]) t.equal(await checkPassword('密码 pass', wrong), false, String(wrong))
})

t.test('a shift that signs in at once holds up neither the disk nor anything else that needs a thread', async (t) => {
  let derived = 0
  const shift = Array.from({ length: 12 }, () => hashPassword(PASSWORD).then(() => { derived += 1 }))
  await stat('.')
  t.ok(derived <= 1, `${derived} passwords were looked at before`)
  await Promise.all(shift)
})

t.test('practice passwords can be typed, and are not the same twice', async (t) => {
  const some = Array.from({ length: 200 }, practicePassword)
  t.equal(new Set(some).size, 200)
  for (const one of some) if (!/^([a-hj-km-np-z2-9]{4}-){2}[a-hj-km-np-z2-9]{4}$/.test(one)) t.fail(one)
  const home = temporaryHome()
  t.teardown(() => { home.remove() })
  const first = practiceLogins(home.path)
  t.same(practiceLogins(home.path), first, 'the same at every start')
  const file = join(home.path, 'practice-logins.json')
  t.equal(statSync(file).mode & 0o077, 0, 'for nobody else to read')
  t.notMatch(readFileSync(file, 'utf8'), /scrypt/)
  const inode = statSync(file).ino
  practiceLogins(home.path)
  t.not(statSync(file).ino, inode, 'put in place whole: a kill in mid-write leaves the old one')
  for (const torn of ['', '{"op1":"abc', 'null', '{"op1":5}']) {
    writeFileSync(file, torn)
    const anew = practiceLogins(home.path)
    t.ok(anew.every(({ password }) => /^([a-z2-9]{4}-){2}[a-z2-9]{4}$/.test(password)), `drawn anew: ${torn}`)
    t.same(practiceLogins(home.path), anew, 'and kept')
  }
  t.same([...new Set(PRACTICE_PEOPLE.map(({ role }) => role))].sort(), [...ROLES].sort(), 'every role can be tried')
  t.equal(PRACTICE_PEOPLE.filter(({ role }) => role === 'admin').length, 2, 'what one administrator publishes another can approve')
})

t.test('log-in and sessions on a real PostgreSQL', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  let ahead = 0
  const clock = (): number => Date.now() + ahead
  const monotonic = (): number => performance.now() + ahead
  const fresh = () => makePeople(store.people, { sessionHours: 2, clock, monotonic })
  const people = fresh()
  const staff: readonly NewPerson[] = [
    { loginName: 'op1', displayName: '甲', role: 'operator', extension: '1001', skills: ['noise'] }, { loginName: 'sup1', displayName: '乙', role: 'supervisor', extension: '1009' },
    { loginName: 'unit1', displayName: '丙', role: 'unit', unitId: 'municipal-works' }, { loginName: 'admin1', displayName: '丁', role: 'admin' },
  ]
  for (const person of staff) await people.addPerson(person, PASSWORD)

  await t.test('each role comes in as what it is', async (t) => {
    for (const { skills = [], ...person } of staff) t.match((await people.logIn(from(person.loginName))).self, { ...person, skills })
    t.same((await people.list('unit')).map(({ loginName }) => loginName), ['unit1'])
    t.same((await people.list()).map(({ loginName }) => loginName), ['admin1', 'op1', 'sup1', 'unit1'])
    const impossible: readonly (readonly [string, NewPerson])[] = [
      ['a unit user without a unit', { loginName: 'x1', displayName: 'x', role: 'unit' }], ['an operator of a unit', { loginName: 'x2', displayName: 'x', role: 'operator', unitId: 'municipal-works' }],
      ['a role nobody knows', { loginName: 'x3', displayName: 'x', role: 'king' as 'admin' }], ['an extension that is no number', { loginName: 'x4', displayName: 'x', role: 'operator', extension: '1001@evil' }],
      ['two people at one phone', { loginName: 'x5', displayName: 'x', role: 'operator', extension: '1001' }], ['a log-in name with blanks', { loginName: 'x 6', displayName: 'x', role: 'admin' }],
    ]
    for (const [what, person] of impossible) await t.rejects(people.addPerson(person, PASSWORD), /violates/, what)
  })

  await t.test('the token is the person’s alone', async (t) => {
    const { token } = await people.logIn(from('op1'))
    t.match(token, /^[\w-]{43}$/, '256 bits')
    const { rows } = await store.pool.query<{ token_hash: Buffer; address: string }>('select * from session where token_hash = $1', [createHash('sha256').update(token).digest()])
    t.equal(rows.length, 1)
    const { rows: [dump] } = await store.pool.query<{ all: string }>(`select (select string_agg(s::text, ' ') from session s) || (select string_agg(a::text, ' ') from audit a) as all`)
    t.notMatch(dump?.all, token)
    t.notMatch(dump?.all, PASSWORD)
    for (const forged of ['', 'x', token.slice(1), `${token}x`, rows[0]?.token_hash.toString('base64url') ?? '']) t.equal(await people.whoIs(forged), null, forged)
  })

  await t.test('guessing has an end', async (t) => {
    const guess = (loginName: string, address: string) => people.logIn(from(loginName, 'wrong', address)).then(() => 'in', (error: unknown) => (error as { code: string }).code)
    const burst = await Promise.all(Array.from({ length: 30 }, () => guess('op1', '10.0.0.9')))
    t.same([burst.filter((code) => code === 'auth.wrong').length, burst.filter((code) => code === 'auth.too-many').length], [8, 22], 'thirty at once are eight guesses')
    await t.rejects(people.logIn(from('op1', PASSWORD, '10.0.0.9')), { code: 'auth.too-many', details: { seconds: Number } })
    t.ok(await people.logIn(from('sup1', PASSWORD, '10.0.0.9')), 'another name from there')
    t.ok(await people.logIn(from('op1', PASSWORD, '10.0.0.10')), 'nobody is locked out of his own desk by somebody elsewhere')
    ahead += 5 * 60_000
    t.ok(await people.logIn(from('op1', PASSWORD, '10.0.0.9')), 'after the window')
    for (let n = 0; n < 7; n += 1) t.equal(await guess('admin1', '10.0.0.11'), 'auth.wrong')
    t.ok(await people.logIn(from('admin1', PASSWORD, '10.0.0.11')))
    for (let n = 0; n < 7; n += 1) t.equal(await guess('admin1', '10.0.0.11'), 'auth.wrong', 'the right one begins the count anew')
    const unknown = await Promise.all(Array.from({ length: 9 }, () => guess('nobody', '10.0.0.12')))
    t.same(unknown.filter((code) => code === 'auth.wrong').length, 8, 'a name that does not exist is told by nothing')
    const strict = makePeople(store.people, { sessionHours: 2, clock, monotonic, attemptsAnAddress: 4 })
    for (let n = 0; n < 6; n += 1) t.ok(await strict.logIn(from('op1', PASSWORD, '10.0.0.13')), 'the right ones of a hall count for nothing')
    for (let n = 0; n < 4; n += 1) await t.rejects(strict.logIn(from(`spray${n}`, PASSWORD, '10.0.0.13')), { code: 'auth.wrong' })
    await t.rejects(strict.logIn(from('spray9', PASSWORD, '10.0.0.13')), { code: 'auth.too-many' }, 'one password for all names has an end, too')
    const { rows } = await store.pool.query<{ subject: string; count: number }>(`select subject, count(*)::int as count from audit where act = 'login.failed' and subject not like 'spray%' group by subject order by subject`)
    t.same(rows, [{ subject: 'admin1', count: 14 }, { subject: 'nobody', count: 8 }, { subject: 'op1', count: 8 }], 'on record')
  })

  const expiry = async (token: string): Promise<number> => {
    const { rows: [row] } = await store.pool.query<{ expires_at: Date }>('select expires_at from session where token_hash = $1', [createHash('sha256').update(token).digest()])
    return row?.expires_at.getTime() ?? 0
  }
  const set = (token: string, sql: string) => store.pool.query(`update session set ${sql} where token_hash = $1`, [createHash('sha256').update(token).digest()])

  await t.test('a session ends, and work keeps it', async (t) => {
    const { token, expiresAt } = await people.logIn(from('op1'))
    t.ok(Math.abs(await expiry(token) - expiresAt) < 2 && Math.abs(expiresAt - clock() - 2 * HOUR) < 5_000, 'two hours')
    await fresh().whoIs(token, true)
    t.ok(Math.abs(await expiry(token) - expiresAt) < 2, 'in its first half it is left alone')
    await set(token, `expires_at = now() + interval '30 minutes'`)
    const short = await expiry(token)
    t.equal((await fresh().whoIs(token))?.loginName, 'op1')
    t.equal(await expiry(token), short, 'a desk that merely stands open does not renew it')
    t.equal((await fresh().whoIs(token, true))?.loginName, 'op1')
    t.ok(await expiry(token) - short > HOUR, 'a person at work does')
    await set(token, `expires_at = now() - interval '1 second'`)
    t.equal(await fresh().whoIs(token, true), null, 'what is over stays over')
    t.equal(await fresh().whoIs(token), null)
  })

  await t.test('what ends a session is seen within seconds', async (t) => {
    const enders: readonly (readonly [string, (token: string) => Promise<unknown>])[] = [
      ['revoked', (token) => set(token, 'revoked_at = now()')],
      ['the person is disabled', () => store.pool.query(`update person set disabled_at = now() where login_name = 'op1'`)],
    ]
    for (const [what, end] of enders) {
      await store.pool.query(`update person set disabled_at = null where login_name = 'op1'`)
      const { token } = await people.logIn(from('op1'))
      t.equal((await people.whoIs(token))?.loginName, 'op1')
      await end(token)
      ahead += 5_001
      t.equal(await people.whoIs(token), null, what)
    }
    await t.rejects(people.logIn(from('op1')), { code: 'auth.wrong' }, 'a disabled person is answered like a wrong password')
    await store.pool.query(`update person set disabled_at = null where login_name = 'op1'`)
    const told: string[] = []
    people.onChange((token, self) => { if (self === null) told.push(token) })
    const { token } = await people.logIn(from('op1'))
    t.equal((await people.whoIs(token))?.loginName, 'op1')
    await people.logOut(token)
    t.equal(await people.whoIs(token), null, 'a log-out at once')
    t.same(told, [token])
  })

  await t.test('a clock that is set back an hour keeps nobody signed in, and nobody out', async (t) => {
    let back = 0
    const set = makePeople(store.people, { sessionHours: 2, clock: () => clock() - back, monotonic })
    const { token } = await set.logIn(from('op1', PASSWORD, '10.0.0.20'))
    t.equal((await set.whoIs(token))?.loginName, 'op1')
    for (let n = 0; n < 8; n += 1) await t.rejects(set.logIn(from('sup1', 'wrong', '10.0.0.20')), { code: 'auth.wrong' })
    back = HOUR
    await store.people.revoke(createHash('sha256').update(token).digest())
    ahead += 5_001
    t.equal(await set.whoIs(token), null)
    ahead += 5 * 60_000
    t.ok(await set.logIn(from('sup1', PASSWORD, '10.0.0.20')), 'the window of wrong passwords is over')
  })

  await t.test('practice log-ins exist only while the practice exchange runs', async (t) => {
    await store.people.enablePractice(true)
    await t.rejects(store.people.refusePractice(), { code: 'practice.real-people' }, 'and never beside a city’s own people')
    await people.addPerson({ loginName: 'sup1', displayName: '冒名', role: 'admin', practice: true }, 'another password of ours')
    t.match((await people.logIn(from('sup1'))).self, { role: 'supervisor' }, 'whose log-ins it does not take')
    await people.addPerson({ loginName: 'trainee', displayName: '练习', role: 'operator', extension: '1011', practice: true }, PASSWORD)
    const { token } = await people.logIn(from('trainee'))
    const { token: real } = await people.logIn(from('sup1'))
    await store.people.enablePractice(false)
    await t.rejects(people.logIn(from('trainee')), { code: 'auth.wrong' })
    t.equal(await fresh().whoIs(token), null, 'who was in is out')
    t.notOk((await people.list()).some(({ loginName }) => loginName === 'trainee'))
    t.equal(await store.people.byExtension('1011'), null, 'and no call is his')
    t.equal((await fresh().whoIs(real))?.loginName, 'sup1', 'nobody else is concerned')
    await store.pool.query('update person set disabled_at = null where login_name = $1', ['trainee'])
    await t.rejects(people.logIn(from('trainee')), { code: 'auth.wrong' }, 'nor does one come back by another process')
    await store.people.enablePractice(true)
    t.ok(await people.logIn(from('trainee')))
    t.equal(await fresh().whoIs(token), null, 'the old session does not come back')
  })

  await t.test('PostgreSQL hangs', async (t) => {
    const { token } = await people.logIn(from('op1'))
    await people.whoIs(token)
    const holder = await store.pool.connect()
    await holder.query('begin; lock table session in access exclusive mode')
    ahead += 6_000
    // Whatever ends a look-up that hangs ends this one first.
    const database = store.pool.query('select 1 from session').then(() => 'the database', () => 'the database')
    t.equal(await Promise.race([database, people.whoIs(token).then((self) => self?.loginName)]), 'op1', 'who was signed in does not wait for it')
    t.equal(await Promise.race([database, people.whoIs(token).then((self) => self?.loginName)]), 'op1', 'nor does he the next time')
    await holder.query(`update session set revoked_at = now() where token_hash = '\\x${createHash('sha256').update(token).digest('hex')}'`)
    await holder.query('commit')
    holder.release()
    await until('its answer to count', async () => (await people.whoIs(token)) === null)
  })

  await t.test('what changes elsewhere counts as soon as it is told', async (t) => {
    const seen: string[] = []
    const told = fresh()
    told.onChange((_token, self) => { seen.push(self === null ? 'over' : self.skills.join()) })
    store.onPerson(told.changed)
    const [mine, other] = [await told.logIn(from('op1', PASSWORD, '10.0.0.21')), await told.logIn(from('unit1', PASSWORD, '10.0.0.21'))]
    for (const { token } of [mine, other]) t.ok(await told.whoIs(token))
    await store.pool.query(`update person set skills = '{gas}' where login_name = 'op1'`)
    await until('his skills', () => seen.includes('gas'))
    t.same((await told.whoIs(mine.token))?.skills, ['gas'], 'before the five seconds are over')
    await store.pool.query(`update person set disabled_at = now() where login_name = 'op1'`)
    await until('his end', () => seen.includes('over'))
    t.equal(await told.whoIs(mine.token), null)
    t.equal((await told.whoIs(other.token))?.loginName, 'unit1')
    t.same(seen, ['gas', 'over'])
    await store.pool.query(`update person set disabled_at = null, skills = '{noise}' where login_name = 'op1'`)
    store.onPerson(() => undefined)
  })

  await t.test('signed out while PostgreSQL is away: over at once, kept over a restart, and told when PostgreSQL is back', async (t) => {
    const before = fresh()
    const { token } = await before.logIn(from('op1', PASSWORD, '10.0.0.22'))
    const told: string[] = []
    before.onChange((of) => { told.push(of) })
    await store.server?.stop('immediate')
    await before.logOut(token)
    t.same(told, [token])
    t.equal(await before.whoIs(token), null)
    t.equal(await fresh().whoIs(token), null, 'also for one who has nothing but the journal')
    t.notMatch(readFileSync(join(home.path, 'journal', 'test.log'), 'utf8'), token)
    await store.server?.start()
    await until('the journal to drain', () => store.records.status().database === 'up' && store.records.status().journal === 0)
    const { rows } = await store.pool.query<{ over: boolean }>('select revoked_at is not null as over from session where token_hash = $1', [createHash('sha256').update(token).digest()])
    t.same(rows, [{ over: true }])
    t.equal(await fresh().whoIs(token), null)
  })

  await t.test('PostgreSQL away', async (t) => {
    const { token } = await people.logIn(from('op1'))
    await people.whoIs(token)
    const { token: unused } = await people.logIn(from('op1'))
    await store.server?.stop('immediate')
    ahead += 6_000
    t.equal((await people.whoIs(unused, true))?.loginName, 'op1', 'who has just come in is known, though he has done nothing yet')
    t.equal((await people.whoIs(token, true))?.loginName, 'op1', 'who was signed in can go on')
    await t.rejects(people.whoIs('somebody else'), 'others are not taken for signed out')
    for (let n = 0; n < 9; n += 1) t.not(await people.logIn(from('op1', PASSWORD, '10.0.0.13')).then(() => 'in', (error: unknown) => (error as { code: string }).code), 'in')
    ahead += 2 * HOUR
    await t.rejects(people.whoIs(token), 'but not for ever')
    await store.server?.start()
    t.ok(await people.logIn(from('op1', PASSWORD, '10.0.0.13')), 'what PostgreSQL could not judge is nobody’s fault')
  })
})
