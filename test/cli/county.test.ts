import { Writable } from 'node:stream'
import t from 'tap'
import { countyCommand } from '../../src/cli/county.js'
import { runCommand } from '../../src/cli/run.js'
import { newSigner, publicOf } from '../../src/dispatch/county/seal.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

t.setTimeout(400_000)

t.test('county: keys are made, lines are set up, and what cannot be is said with the remedy', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  process.env['DATABASE_URL'] = store.url
  t.teardown(() => { delete process.env['DATABASE_URL'] })
  async function run(...args: string[]): Promise<{ code: number; said: string }> {
    let said = ''
    const out = new Writable({ write(chunk: Buffer, _encoding, done) { said += chunk.toString(); done() } })
    return { code: await runCommand(countyCommand, args, { stdout: out, stderr: out, stdin: process.stdin }), said }
  }
  const first = await run('key')
  t.match(first, { code: 0, said: /^[0-9a-f]{8} {2}[A-Za-z0-9+/]+=*\n$/ })
  t.same(await run('key'), first, 'the same each time')
  t.notMatch(JSON.stringify((await store.pool.query('select * from audit')).rows), /private/)
  const [theirs, later] = [newSigner(), newSigner()]
  t.match(await run('list'), { code: 0, said: /还没有线路/ })
  t.match(await run('add', 'yanshi', '--units', 'yanshi', '--key', publicOf(theirs)), { code: 0 })
  t.match(await run('list'), { code: 0, said: /← 县 a county {2}yanshi\n.*last heard —/ })
  for (const [args, code, said] of [
    [['add', 'xinan', '--units', 'nowhere', '--key', publicOf(theirs)], 1, /没有联动单位 nowhere/], [['add', 'xinan', '--units', 'yanshi', '--key', publicOf(theirs)], 1, /单位 yanshi 已属于县级线路 yanshi/], [['add', 'xinan', '--units', 'xinan', '--key', 'AAAA'], 1, /liandong county key/],
    [['join', 'http://city.example', '--name', 'home', '--units', 'xinan', '--key', publicOf(theirs)], 1, /--plain/], [['join', 'https://city.example', '--name', 'home', '--units', 'xinan', '--key', publicOf(theirs)], 1, /已属于/],
    [['drop-key', 'yanshi', theirs.id], 1, /公钥/], [['off', 'nobody'], 1, /没有名为 nobody/], [['toString'], 2, /没有 county toString/], [['drop-key', 'yanshi', '0000000'], 2, /密钥号/],
  ] as const) t.match(await run(...args), { code, said }, args.join(' '))
  t.match(await run('add', 'yanshi', '--units', 'yanshi', '--key', publicOf(later)), { code: 0 }, 'one key for another: both count for a while')
  t.same(Object.keys((await store.lines.line('yanshi'))?.keys ?? {}).sort(), [theirs.id, later.id].sort())
  t.match(await run('drop-key', 'yanshi', theirs.id), { code: 0 })
  t.same(Object.keys((await store.lines.line('yanshi'))?.keys ?? {}), [later.id])
  const renewed = await run('key', '--new')
  t.not(renewed.said, first.said)
  t.equal((await store.lines.signer()).id, renewed.said.slice(0, 8))
  t.match(await run('off', 'yanshi'), { code: 0 })
  t.equal(await store.lines.line('yanshi'), null)
  t.match(await run('join', 'http://10.0.0.1:8110', '--name', 'home', '--units', 'xinan', '--key', publicOf(theirs), '--plain'), { code: 0 })
  t.match(await store.lines.city(), { name: 'home', url: 'http://10.0.0.1:8110', units: ['xinan'] })
})
