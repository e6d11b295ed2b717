import { randomUUID } from 'node:crypto'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import Value from 'typebox/value'
import { EdgeCounts } from '../../src/contracts/routes/account.js'
import { openBooks, type Books } from '../../sip/books.js'
import { readSettings } from '../../sip/settings.js'
import { startTeller, type Teller } from '../../sip/teller.js'
import { temporaryDirectory } from '../helpers/directory.js'

const TOKEN = 'token-of-an-edge-0123'

/** Liandong as far as an edge sees it: adds up what it is told, each row once. */
async function openServer(t: Test) {
  const seen = new Map<string, EdgeCounts['rows'][number]>()
  const answers: (number | 'lost')[] = []
  const said: string[] = []
  const reports: EdgeCounts[] = []
  const server = createServer((request: IncomingMessage, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => {
      const report = JSON.parse(body) as EdgeCounts
      if (!Value.Check(EdgeCounts, report)) t.fail('not what the contract says', { errors: Value.Errors(EdgeCounts, report) })
      said.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`)
      const answer = answers.shift() ?? 200
      reports.push(report)
      if (answer === 200 || answer === 'lost') for (const row of report.rows) seen.set(row.id, row)
      // `lost`: it was taken, and the word of it never arrives.
      if (answer === 'lost') response.destroy()
      else response.writeHead(answer, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.close() })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, said, reports,
    rows: () => [...seen.values()],
    sum: () => [...seen.values()].reduce((sum, row) => ({ invites: sum.invites + row.invites, cancelled: sum.cancelled + (row.cancelled ?? 0), unseen: sum.unseen + (row.unseen ?? 0), refused: sum.refused + row.refused.reduce((n, { count }) => n + count, 0) }), { invites: 0, cancelled: 0, unseen: 0, refused: 0 }),
  }
}

t.test('counts reach Liandong once each, whatever fails between', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const server = await openServer(t)
  const trouble: string[] = []
  let now = Date.UTC(2026, 10, 25, 15, 58, 30) // a minute and a half before midnight in Shanghai
  let books: Books
  let teller: Teller
  const opened: { books: Books; teller: Teller }[] = []
  const open = (): void => {
    books = openBooks({ edge: 'edge-a', directory, timeZone: 'Asia/Shanghai', clock: () => now, onTrouble: (error) => { throw error as Error } })
    teller = startTeller({ url: server.url, token: TOKEN, books, edge: 'edge-a', directory, clock: () => now, newId: randomUUID, onTrouble: (what) => trouble.push(what), every: 3_600_000 })
    opened.push({ books, teller })
  }
  open()
  books!.invite()({ type: 'delivered' }, false)
  books!.invite()({ type: 'refused', cause: 'overload', rank: 'demoted', status: 503 }, true)
  books!.invite()({ type: 'refused', cause: 'unknown-number', rank: null, status: 404 }, false)
  await teller!.tell()
  t.match(server.rows(), [{ minute: Date.UTC(2026, 10, 25, 15, 58), invites: 3, refused: [{ cause: 'overload', class: 'demoted', status: 503, count: 1 }, { cause: 'unknown-number', class: 'standard', status: 404, count: 1 }] }])
  t.equal(server.said[0], `/api/edge/counts Bearer ${TOKEN}`)
  t.match(server.reports, [{ until: now * 1000 + 3, pending: [] }], 'all of them, and none is under way')
  await teller!.tell()
  t.match(server.reports.slice(1), [{ rows: [], until: now * 1000 + 4, pending: [] }], 'nothing new is told as well: an edge that is silent is known by it')

  // Liandong is away, then takes a report whose answer is lost; the edge is killed in between.
  server.answers.push(503, 'lost')
  books!.invite()({ type: 'cancelled' }, false)
  await teller!.tell()
  t.equal(teller!.waiting, 1)
  books!.invite() // never settled
  await teller!.tell()
  t.equal(teller!.waiting, 2, 'kept until it is acknowledged')
  t.match(trouble, [/kept/, /kept/])
  open() // as after SIGKILL: what was pending counts as unseen
  t.equal(teller!.waiting, 2, 'and they outlive the process')
  await teller!.tell()
  t.same([teller!.waiting, server.sum()], [0, { invites: 5, cancelled: 1, unseen: 1, refused: 2 }])
  server.answers.push(503)
  books!.invite()({ type: 'delivered' }, false)
  await teller!.tell()
  await teller!.tell()
  t.match(trouble.slice(-2), [/kept/, /again/])

  // What came before midnight and ends after it stands in the day on which it came.
  const over = books!.invite()
  await teller!.tell()
  t.same(server.reports.at(-1)?.pending, [over.mark], 'under way')
  t.ok(over.mark <= (server.reports.at(-1)?.until ?? 0))
  now += 120_000
  over({ type: 'cancelled' }, false)
  books!.invite()({ type: 'delivered' }, false)
  await teller!.tell()
  const [before, after] = server.rows().slice(-2)
  t.match(before, { invites: 0, cancelled: 1, minute: Date.UTC(2026, 10, 25, 15, 58) })
  t.match(after, { invites: 1, cancelled: 0, minute: Date.UTC(2026, 10, 25, 16, 0) })

  // A file that cannot be read any more: too little is told, never the day twice.
  const told = server.sum()
  await teller!.close()
  writeFileSync(join(directory, 'edge-told.json'), readFileSync(join(directory, 'edge-told.json'), 'utf8').slice(0, 20))
  open()
  await teller!.tell()
  t.same(server.sum(), told)
  books!.invite()({ type: 'delivered' }, false)
  await teller!.close()
  t.equal(server.sum().invites, told.invites + 1, 'the last words of an edge that is stopped')
  for (const one of opened) { await one.teller.close(); one.books.close() }
})

t.test('a day of which nothing was told before midnight, and what was pending when the edge was killed before it', async (t) => {
  const directory = temporaryDirectory()
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  const server = await openServer(t)
  let now = Date.UTC(2026, 10, 25, 15, 59, 50) // ten seconds before midnight in Shanghai
  const open = () => {
    const books = openBooks({ edge: 'edge-a', directory, timeZone: 'Asia/Shanghai', clock: () => now, onTrouble: (error) => { throw error as Error } })
    const teller = startTeller({ url: server.url, token: TOKEN, books, edge: 'edge-a', directory, clock: () => now, newId: randomUUID, onTrouble: (what) => { t.fail(what) }, every: 3_600_000 })
    return { books, teller }
  }
  const first = open()
  await first.teller.tell()
  now += 5_000
  first.books.invite()({ type: 'delivered' }, false)
  now += 20_000
  await first.teller.tell()
  t.match(server.rows(), [{ invites: 1, minute: Date.UTC(2026, 10, 25, 15, 59) }], 'in the last minute of its own day')
  now += 86_400_000 - 20_000
  await first.teller.tell()
  first.books.invite() // never settled: SIGKILL
  await first.teller.tell()
  now += 20_000 // after midnight
  const second = open()
  t.match(second.books.day('2026-11-26')?.counts, { invites: 1, unseen: 1, pending: 0 })
  await second.teller.tell()
  t.match(server.rows().at(-1), { invites: 0, unseen: 1, minute: Date.UTC(2026, 10, 26, 15, 59) })
  t.match(server.sum(), { invites: 2, unseen: 1 })
  const third = open()
  t.match(third.books.day('2026-11-26')?.counts, { invites: 1, unseen: 1, pending: 0 }, 'once')
  for (const { books, teller } of [first, second, third]) { await teller.close(); books.close() }
  t.match(server.sum(), { invites: 2, unseen: 1 })
})

t.test('settings: where to, and never in clear over a network', (t) => {
  const base = { LIANDONG_EDGE_DRACHTIO_SECRET: 'a-secret-of-drachtio', LIANDONG_EDGE_SECRET: 'k3y0fEdgeAndDialplan' }
  const read = (more: Record<string, string>) => readSettings({ ...base, ...more }).report
  t.equal(read({}), null)
  t.same(read({ LIANDONG_EDGE_REPORT_URL: 'https://110.example/', LIANDONG_EDGE_TOKEN: TOKEN }), { url: 'https://110.example', token: TOKEN })
  t.same(read({ LIANDONG_EDGE_REPORT_URL: 'http://127.0.0.1:8110', LIANDONG_EDGE_TOKEN: TOKEN }), { url: 'http://127.0.0.1:8110', token: TOKEN })
  for (const more of [{ LIANDONG_EDGE_REPORT_URL: 'http://110.example', LIANDONG_EDGE_TOKEN: TOKEN }, { LIANDONG_EDGE_REPORT_URL: 'https://110.example' }, { LIANDONG_EDGE_REPORT_URL: '110.example', LIANDONG_EDGE_TOKEN: TOKEN }, { LIANDONG_EDGE_REPORT_URL: 'https://110.example', LIANDONG_EDGE_TOKEN: 'short' }]) {
    t.throws(() => read(more), /LIANDONG_EDGE_(REPORT_URL|TOKEN)/, JSON.stringify(more))
  }
  t.end()
})
