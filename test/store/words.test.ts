import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import t from 'tap'
import { startJobs } from '../../src/store/jobs.js'
import { listTickets } from '../../src/store/sql/list.js'
import { openOldDatabase, silent, until } from '../helpers/database.js'

t.test('tickets from before are read anew by themselves: full width, and whatever stood behind the first two thousand characters', async (t) => {
  const { pool, finish } = await openOldDatabase(t, 151)
  const [long, wide, held, plain] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()]
  const put = (id: string, place: string, description: string): Promise<unknown> => pool.query(
    `insert into ticket (id, number, state, version, place, description, number_called_from, number_verified, answered_at) values ($1::uuid, $1::text, 'open', 1, $2, $3, '', true, now())`, [id, place, description])
  await put(long, '中州路', `${'长'.repeat(3_000)}，蓝色围挡`)
  await put(wide, '中州路１２０３号院', '')
  await put(held, '开元大道８８号', '')
  await put(plain, '景华路（南），１号：没有', '')
  // More than are read at a time.
  await pool.query(`insert into ticket (id, number, state, version, place, number_called_from, number_verified, answered_at)
    select gen_random_uuid(), 'n' || n, 'closed', 1, case when n % 5 = 0 then 'ＡＢ座' else '唐宫路（东）' end, '', true, now() from generate_series(1, 700) n`)
  await pool.query(`insert into place (code, name, kind, lat, lon) values ('P1', '龙门大道６６号', 'address', 34.6, 112.4)`)
  t.ok((await finish()).includes(151))
  t.equal((await pool.query(`select from place where words @@ ticket_query('66')`)).rowCount, 1, 'a place at once')

  const found = async (text: string): Promise<string[]> => {
    const { count, values } = listTickets({ text })
    return (await pool.query<{ id: string | null }>(count, [...values, 50, 0])).rows.flatMap(({ id }) => id ?? [])
  }
  const many = async (): Promise<number> => (await pool.query<{ n: number }>(`select count(*)::int as n from ticket where words @@ ticket_query('ab')`)).rows[0]?.n ?? 0
  t.same([await found('蓝色围挡'), await found('1203'), await found('88'), await many()], [[], [], [], 0])
  const other = await pool.connect()
  await other.query('begin')
  await other.query('select from ticket where id = $1 for update', [held])
  const work = new Pool({ connectionString: pool.options.connectionString, max: 4 })
  work.on('error', () => undefined)
  const jobs = startJobs({ pool: work, logger: silent })
  t.teardown(async () => { await jobs.close(); await work.end() })
  await until('all that nobody holds', async () => (await found('蓝色围挡')).includes(long) && (await found('1203')).includes(wide) && await many() === 140)
  t.same(await found('88'), [], 'who holds one is not waited for')
  await other.query('commit')
  other.release()
  await until('the rest', async () => (await found('88')).includes(held))
  await until('the job to be over', async () => (await pool.query(`select from graphile_worker.jobs where task_identifier = 'ticket.read-words'`)).rowCount === 0)
  t.same(await found('景华路 1'), [plain])
  t.same((await pool.query(`select from ticket where version <> 1 or words is distinct from ticket_words(place || ' ' || description || ' ' || caller_name)`)).rowCount, 0, 'nothing was done to any')
})
