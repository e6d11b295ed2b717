import t from 'tap'
import { importSheet, knownNow } from '../../src/store/imports.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'

t.test('a sheet of users: every mistake of a person is named, and two may swap their telephones', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const come = async (text: string): Promise<readonly string[]> => (await importSheet(store.pool, 'users', `login,name,role,extension,unit\n${text}`, await knownNow(store.pool, []), false)).problems.map(({ row, column }) => `${row}:${column}`)
  t.same(await come('ann,安,operator,2001,\nbob,鲍,operator,2002,\neve,伊,operator,2003,\n'), [])
  t.same(await come('cid,西,operator,,municipal-works\ndan,丹,unit,2009,\n'), ['2:D', '2:E', '3:D', '3:E'])
  t.same(await come('ann,安,operator,2003,\n'), ['2:D'], 'somebody else has it')
  t.same(await come('ann,安,operator,2002,\nbob,鲍,operator,2001,\n'), [])
  t.same((await store.pool.query<{ extension: string }>('select extension from person order by login_name')).rows.map(({ extension }) => extension), ['2002', '2001', '2003'])
  t.same(await come('ann,安,operator,,\nbob,鲍,supervisor,2002,\n'), ['2:D'], 'an operator needs one')
  t.same(await come('bob,鲍,operator,2002,\nann,安,supervisor,,\n'), [], 'and takes that of one who has none any more')
  t.same(await come('ann,安,supervisor,2001,\nbob,鲍,operator,2002,\n'), [])

  t.same(await come('cid,,operator,2003,municipal-works\n'), ['2:B', '2:D', '2:E'], 'of a row with a bad cell, too, what only the database knows and what a person must be')
  t.same(await come('cid,,operator,2010,\ndan,,operator,2010,\n'), ['2:B', '3:B', '3:D'])
  t.same(await come('cid,,operator,2011,\ndan,丹,operator,2011,\n'), ['2:B', '2:D'])
  t.same(await come('cid,西,operator,x,\n'), ['2:D'], 'nothing is said of what cannot be known: an extension that is none is not missing')
  t.same(await come('ann,,supervisor,2002,\nbob,鲍,operator,2001,\n'), ['2:B'], 'two who swap their telephones, too')
  t.same(await come('cid,西\0,operator,2010,\nd\0n,丹,operator,2012,\n'), ['2:B', '3:A'], 'a NUL is told where it stands')
  t.same(await come(Buffer.from('cid,西,operator,2010,\n', 'utf16le').toString('latin1')).then(([first]) => first), '2:A')
  const bare = await importSheet(store.pool, 'users', Buffer.from('login,name,role\ncid,c,operator\n', 'utf16le').toString('latin1'), await knownNow(store.pool, []), true)
  t.match(bare.problems, [{ row: 1, column: 'A', problem: { zh: /UTF-16/, en: /UTF-16/ } }], 'a whole file of them is told once')
})

t.test('sheets that are the whole list say what would go although something else is wrong, and not where a row cannot be known', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const come = async (text: string, replace = false): Promise<{ at: readonly string[]; removed: readonly string[] }> => {
    const { problems, removed } = await importSheet(store.pool, 'channels', `unit,channel,address,secret\n${text}`, await knownNow(store.pool, []), false, replace)
    return { at: problems.map(({ row, column }) => `${row}:${column}`), removed }
  }
  t.same(await come('drainage,email,a@x.example,\ndrainage,email,b@x.example,\n', true), { at: [], removed: [] })
  t.same(await come('drainage,email,a@x.example,\ntelecom,sms,037963000000,\n'), { at: ['1:A', '3:C'], removed: ['drainage email b@x.example'] })
  t.same(await come('drainage,email,a@x.example,\nnobody,email,c@x.example,\n'), { at: ['3:A'], removed: [] }, 'whose it is nobody knows')
  t.same(await come(`telecom,pigeon,c@x.example,${'x'.repeat(201)}\n`), { at: ['2:B', '2:D'], removed: [] })
  t.same(await come(`telecom,webhook,ftp://x.example,${'x'.repeat(201)}\n`), { at: ['2:C', '2:D'], removed: [] }, 'one cell says nothing against the others')
})
