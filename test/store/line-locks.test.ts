import t from 'tap'
import { newSigner, publicOf } from '../../src/dispatch/county/seal.js'
import { putLine } from '../../src/store/line-setup.js'
import { startCaseWork } from '../helpers/case-work.js'
import { asOwner, openTestStore, temporaryHome, until } from '../helpers/database.js'

t.test('a line is locked before what waits in its outbox, and after what terminals are told: nobody waits for somebody who waits for him', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  t.teardown(async () => { await store.close(); home.remove() })
  const owner = asOwner(t, store)
  await putLine(owner, { name: 'yanshi', peer: 'county', url: '', units: ['drainage'], keys: [publicOf(newSigner())] })
  await store.refreshRules()
  const { open, act } = await startCaseWork(store)
  const id = await open()
  await act(id, 'dispatch', { unitId: 'drainage' })
  await act(id, 'urge')
  const isFree = async (rows: string): Promise<boolean> => ((await owner.query(`select 1 from ${rows} for update skip locked`)).rowCount ?? 0) > 0
  const waits = async (): Promise<boolean> => (await owner.query(`select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)).rowCount === 1
  /** What is done while somebody else has his hands on these rows. */
  async function beside(rows: string, work: () => Promise<unknown>, meanwhile: () => Promise<void>): Promise<void> {
    const other = await owner.connect()
    try {
      await other.query('begin')
      await other.query(`select 1 from ${rows} for update`)
      const working = work()
      await until('it to wait', waits)
      await meanwhile()
      await other.query('commit')
      await working
    } finally {
      other.release()
    }
  }

  await beside(`line_out where line = 'yanshi'`, () => act(id, 'protect', { privacy: 'anonymous' }), async () => {
    t.ok(await isFree(`line_outbox where line = 'yanshi'`), 'who keeps something back waits for the line alone')
  })
  t.match((await owner.query(`select body #>> '{ticket,caller,number}' as number from line_outbox where ticket_id = $1 and kind = 'ticket'`, [id])).rows, [{ number: '' }, { number: '' }, { number: '' }])

  const { rows: [last] } = await owner.query<{ seq: string; id: string }>(`select seq, id from line_outbox where line = 'yanshi' order by seq desc limit 1`)
  const notice = `outbox where ticket_id = '${id}' and kind = 'urge' and channel = 'terminal'`
  await beside(notice, () => store.lines.acknowledge('yanshi', Number(last?.seq), last?.id ?? ''), async () => {
    t.ok(await isFree(`line_out where line = 'yanshi'`), 'who hears what the county has holds up nobody who tells it something')
  })
  t.match((await owner.query(`select (select acked from line_out where line = 'yanshi') as acked, (select count(*)::int from line_outbox where acked_at is null) as waiting, (select receipt_at is not null from ${notice}) as shown`)).rows, [{ acked: last?.seq, waiting: 0, shown: true }])

  await act(id, 'urge')
  await store.lines.acknowledge('yanshi', Number(last?.seq) + 1, '00000000-0000-4000-8000-000000000000')
  t.same((await owner.query(`select id from ${notice} and receipt_at is null`)).rowCount, 1, 'what the county knows under another name it did not show')
})
