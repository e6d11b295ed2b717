import { get } from 'node:http'
import t from 'tap'
import { asOwner, until } from '../helpers/database.js'
import { startServer } from './server.js'

t.setTimeout(400_000)
const MANY = 25_000

t.test('an export of more than 20,000 rows: all of them, as they stood at one moment, without keeping them', async (t) => {
  const server = await startServer(t)
  const { pool } = server.store
  // With no deadline of the call path over it.
  await asOwner(t, server.store).query(`insert into ticket (id, number, state, version, category, place, description, number_called_from, number_verified, opened_at, answered_at)
    select gen_random_uuid(), ticket_label(500000 + n), 'open', 1, 'noise', '中州路 ' || n, '=cmd|'' /C calc''!A0 ' || n || repeat('夜间施工', 40), '13900001234', true, now() - n * interval '1 second', now() from generate_series(1, ${MANY}) n`)
  const cookie = await server.cookie('sup1')
  const url = `${server.url}/api/tickets.csv?category=noise`
  const audits = async (act: string): Promise<{ details: { rows?: number; whole?: boolean; filter: object } }[]> => (await pool.query<{ details: { rows?: number; whole?: boolean; filter: object } }>('select details from audit where act = $1 order by id', [act])).rows

  const before = process.memoryUsage().arrayBuffers
  const response = await fetch(url, { headers: { cookie } })
  t.match([response.status, response.headers.get('content-type'), response.headers.get('content-disposition')], [200, /text\/csv/, /tickets\.csv/])
  t.equal(response.headers.get('content-length'), null, 'its length is not known when it begins')
  const reader = (response.body as ReadableStream<Uint8Array>).getReader()
  const chunks: Uint8Array[] = []
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    // After the first rows somebody opens one more and closes another: neither shows.
    if (chunks.length === 0) await pool.query(`with gone as (update ticket set category = 'road' where number = ticket_label(524000)) insert into ticket (id, number, state, version, category, place, number_called_from, number_verified, answered_at) values (gen_random_uuid(), 'late-1', 'open', 1, 'noise', '', '', false, now())`)
    chunks.push(next.value)
  }
  const lines = Buffer.concat(chunks).toString('utf8').split('\r\n')
  t.equal(lines.length - 2, MANY, 'every row, after the head and before the last end of line')
  t.equal(new Set(lines.slice(1, -1).map((line) => line.split(',')[0])).size, MANY, 'each once')
  t.ok(lines[0]?.startsWith('\ufeff"编号"'))
  t.ok(lines.slice(1, -1).every((line) => line.includes(`"'=cmd|`)), 'no cell is a formula, in the last rows as in the first')
  t.notMatch(lines.join(''), /13900001234|late-1/)
  t.match(await audits('tickets.export'), [{ details: { filter: { category: 'noise' } } }])
  await until('the end to be noted', async () => (await audits('tickets.exported')).length === 1)
  t.match(await audits('tickets.exported'), [{ details: { rows: MANY, whole: true } }])
  t.comment(`array buffers: ${Math.round((process.memoryUsage().arrayBuffers - before) / 1e6)} MB more`)

  // Who does not read, or goes away, holds nothing up and keeps no connection.
  const open = (): Promise<{ status: number; drop(): void }> => new Promise((resolve, reject) => {
    const request = get(url, { headers: { cookie }, agent: false }, (answer) => { answer.pause(); resolve({ status: answer.statusCode ?? 0, drop: () => { answer.destroy() } }) })
    request.on('error', reject)
  })
  const idle = [await open(), await open()]
  t.same(idle.map(({ status }) => status), [200, 200])
  t.equal((await open()).status, 429, 'a third one waits its turn')
  t.equal((await fetch(`${server.url}/api/tickets?limit=1`, { headers: { cookie } })).status, 200, 'lists go on meanwhile')
  for (const one of idle) one.drop()
  await until('both to be noted as broken off', async () => (await audits('tickets.exported')).filter(({ details }) => details.whole === false).length === 2)
  await until('no cursor to be left', async () => (await pool.query(`select 1 from pg_stat_activity where state like 'idle in transaction%' and query like 'fetch%'`)).rowCount === 0)
  t.equal((await fetch(url, { headers: { cookie } }).then(async (again) => { await again.body?.cancel(); return again })).status, 200)
  t.equal((await fetch(url, { headers: { cookie: await server.cookie('unit1') } })).status, 403)

  // The desk's language, whatever is written down as the person's own: headings and values alike.
  for (const [language, head, row] of [['en', /^"Number","State","Category","Priority"/, /"Open",".*","Normal"/], ['zh-CN', /^"编号","状态","类别","等级"/, /"待处理",".*","一般"/]] as const) {
    const [first = '', second = ''] = (await (await fetch(`${server.url}/api/tickets.csv?category=road&language=${language}`, { headers: { cookie } })).text()).split('\r\n')
    t.match(first, head, language)
    t.match(second, row, language)
  }
})
