import { Pool } from 'pg'
import t from 'tap'
import { openOldDatabase, until } from '../helpers/database.js'

t.test('a node that is renewed brings the schema up to date beside one that lives: nobody waits for long for what is told', async (t) => {
  const { pool, finish } = await openOldDatabase(t, 176)
  const others = new Pool({ connectionString: pool.options.connectionString, max: 3 })
  others.on('error', () => undefined)
  t.teardown(() => others.end())
  const tell = `insert into outbox (kind, audience, channel, body) values ('dispatch', 'hall', 'terminal', '{}')`
  /** The lock on it that is waited for. */
  const waitsFor = async (): Promise<string | undefined> => (await others.query<{ mode: string }>(`select mode from pg_locks where relation = 'outbox'::regclass and not granted`)).rows[0]?.mode
  const has = async (index: string): Promise<boolean> => (await others.query<{ there: boolean }>('select to_regclass($1) is not null as there', [index])).rows[0]?.there === true

  // Somebody writes, and does not come to an end; somebody else reads all of it, as a backup does.
  const [writer, reader] = [await others.connect(), await others.connect()]
  try {
    await reader.query('begin; select count(*) from outbox')
    await writer.query(`begin; ${tell}`)
    const finished = finish()
    finished.catch(() => undefined)
    await until('it to wait for who writes', waitsFor)
    await others.query(`begin; set local lock_timeout = '300ms'; select count(*) from outbox; commit`)
    t.pass('whoever reads does not wait behind it')
    await writer.query('commit')

    await until('what is told to be read through, and to be shut for an instant', async () => await has('outbox_given_up') && await waitsFor() === 'AccessExclusiveLock')
    await writer.query(`begin; set local lock_timeout = '10s'; ${tell}; commit`)
    t.ok(await has('outbox_dead'), 'who writes goes first; it is not done yet')
    await reader.query('commit')
    t.ok((await finished).includes(176))
    t.notOk(await has('outbox_dead'))
  } finally {
    writer.release(true)
    reader.release(true)
  }
})
