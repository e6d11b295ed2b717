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
})
