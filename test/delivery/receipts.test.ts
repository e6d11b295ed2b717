import { createServer as createHttp } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { startLiandong } from '../../src/main.js'
import { makePeople } from '../../src/people/people.js'
import { openAnswered } from '../helpers/answered.js'
import { startTestServer, temporaryHome, until } from '../helpers/database.js'
import { keptGate } from '../helpers/kept-gate.js'
import { openTerminal } from '../helpers/terminal.js'
import { openTime } from '../helpers/time.js'

t.setTimeout(400_000)
const PASSWORD = 'practice-of-the-tests'

t.test('a receipt starts the clocks; what nobody received is an alarm within a minute, whatever way was tried', async (t) => {
  const home = temporaryHome()
  const database = await startTestServer(join(home.path, 'postgres'))
  const time = openTime(database.ownerUrl)
  const books = await time.database('city')
  t.teardown(time.restore)
  const rows = async (sql: string, values: readonly unknown[] = []): Promise<Record<string, unknown>[]> => (await books.query<Record<string, unknown>>(sql, [...values])).rows

  // A relay that takes every mail, and one that hangs up on everybody.
  let taken = 0
  let willing = true
  const relay = createServer((socket) => {
    socket.on('error', () => undefined)
    if (!willing) return void socket.destroy()
    let data = false
    socket.write('220 ready\r\n')
    socket.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\r\n').filter((one) => one !== '')) {
        if (data) { if (line === '.') { data = false; taken += 1; socket.write('250 queued\r\n') } continue }
        if (line === 'DATA') { data = true; socket.write('354 go on\r\n') } else if (line === 'QUIT') socket.end('221 bye\r\n')
        else socket.write('250 ok\r\n')
      }
    })
  })
  let status = 204
  const hook = createHttp((request, response) => { request.resume().on('end', () => { response.writeHead(status).end() }) })
  for (const server of [relay, hook]) await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const portOf = (server: typeof relay | typeof hook): number => (server.address() as AddressInfo).port

  const { config } = loadConfig({}, {
    'home': join(home.path, 'city'), 'database.url': time.urlOf('city'), 'http.port': 0, 'practice.citizens': 0, 'practice.units': false, 'log.level': 'silent', 'delivery.smtpHost': '127.0.0.1', 'delivery.smtpPort': portOf(relay), 'delivery.smtpSecurity': 'none', 'delivery.privateAddresses': ['127.0.0.1'],
  })
  const city = await startLiandong(config, pino({ level: 'silent' }), undefined, { gate: keptGate(config['flows.directory']) })
  await makePeople(city.store.people, { sessionHours: 12, clock: Date.now }).addPerson({ loginName: 'hall1', displayName: '接警员', role: 'operator', extension: '1090' }, PASSWORD)
  const hall = await openTerminal(city.url, 'hall1', PASSWORD)
  await rows(`insert into unit_channel (unit_id, channel, address, secret) values ('gas-company', 'email', 'duty@gas.example', ''), ('water-supply', 'webhook', $1, 'whsec_c2VjcmV0')`, [`http://127.0.0.1:${portOf(hook)}/hook`])

  const given = async (unitId: string, number: string): Promise<string> => {
    const id = await openAnswered(city.store.records, number, time.now())
    await hall.act(id, { act: 'edit', changes: { kind: 'joint-service', category: 'power-repair', place: '中州路', description: '停电' } })
    await hall.act(id, { act: 'dispatch', unitId, note: '' })
    return id
  }
  const clocks = async (id: string): Promise<string[]> => (await rows(`select clock from ticket_clock where ticket_id = $1 and ended_at is null order by clock`, [id])).map(({ clock }) => String(clock))
  const alarm = async (id: string): Promise<number> => {
    const [row] = await until('the alarm', async () => { const found = await rows(`select (extract(epoch from u.at - d.at) * 1000)::bigint as after from ticket_history u, ticket_history d where u.ticket_id = $1 and d.ticket_id = $1 and u.act = 'undelivered' and d.act = 'dispatch' order by u.version limit 1`, [id]); return found.length > 0 ? found : null })
    return Number(row?.['after'])
  }

  const hooked = await given('water-supply', '13900005001')
  await until('the webhook’s 2xx to start the clocks', async () => (await clocks(hooked)).includes('sign'))
  t.notOk((await clocks(hooked)).includes('delivery'))
  await until('the receipt to be kept', async () => (await rows(`select 1 from outbox where ticket_id = $1 and channel = 'webhook' and receipt_at is not null`, [hooked])).length === 1)

  const mailed = await given('gas-company', '13900005002')
  await until('the relay to take the mail', () => taken === 1)
  willing = false
  const unmailed = await given('gas-company', '13900005003')
  await until('the mail to fail', async () => (await rows(`select 1 from outbox where ticket_id = $1 and channel = 'email' and tries > 0 and error <> ''`, [unmailed])).length === 1)
  status = 500
  const refused = await given('water-supply', '13900005004')
  await until('the webhook to fail', async () => (await rows(`select 1 from outbox where ticket_id = $1 and channel = 'webhook' and tries > 0 and error like 'HTTP 500%'`, [refused])).length === 1)
  const unheard = await given('heating', '13900005005')
  for (const id of [mailed, unmailed, refused, unheard]) t.same(await clocks(id), ['delivery'], 'no clock of the unit’s runs before it has the ticket: a mail that was taken over is not a mail that was read')

  // In the order of their dispatch, each to its own alarm: no leap is longer than what is left, however long everything above took on a busy machine.
  for (const id of [mailed, unmailed, refused, unheard]) {
    const [given] = await rows(`select (extract(epoch from at) * 1000)::bigint as at from ticket_history where ticket_id = $1 and act = 'dispatch'`, [id])
    await time.later(Math.max(0, Number(given?.['at']) + 45_500 - time.now()))
    await hall.hears('undelivered', id)
    const after = await alarm(id)
    t.ok(after >= 44_000 && after <= 60_000, `the hall was told ${after} ms after the dispatch`)
  }
  t.same(await rows(`select 1 from ticket_history where ticket_id = $1 and act = 'undelivered'`, [hooked]), [], 'who received it raises no alarm')

  // The receipt that comes late starts them all the same, and once.
  status = 204
  await time.later(20_000)
  await until('the next try of the webhook', async () => (await clocks(refused)).includes('sign'))
  t.equal((await rows(`select 1 from ticket_history where ticket_id = $1 and act = 'delivered'`, [refused])).length, 1)

  hall.close()
  await city.stop()
  await time.close()
  for (const server of [relay, hook]) await new Promise<void>((resolve) => { server.close(() => { resolve() }) })
  await database.stop()
  home.remove()
})
