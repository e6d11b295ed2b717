import { pino } from 'pino'
import t from 'tap'
import { loadConfig } from '../../src/config.js'
import { newerTicket } from '../../src/contracts/newer-ticket.js'
import type { Ticket } from '../../src/contracts/ticket.js'
import { makeHub } from '../../src/http/hub.js'
import { makeMetrics } from '../../src/metrics.js'
import type { Calls } from '../../src/wiring/calls.js'
import { startDispatch } from '../../src/wiring/dispatch.js'
import { openAnswered } from '../helpers/answered.js'
import { openTestStore, temporaryHome, until } from '../helpers/database.js'

t.test('a provisional ticket on a screen here becomes the final one that another node wrote, however often it was changed here', async (t) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path, { pollEvery: 200 })
  t.teardown(async () => { await store.close(); home.remove() })
  const { config } = loadConfig({}, { home: home.path })
  const calls = new Map<string, { readonly ticket: Ticket }>()
  const shown = (id: string): Ticket | undefined => calls.get(id)?.ticket
  // Of the room only what a screen shows.
  const intake = { room: () => ({ calls }), desk: { ticketChanged(ticket: Ticket) { calls.set(ticket.id, { ticket: newerTicket(shown(ticket.id) ?? null, ticket) }) }, callerChanged: () => undefined } } as unknown as Calls['intake']
  const hub = makeHub(() => intake.desk, { grace: 1_000, clock: Date.now, practice: false }, { sent: () => undefined, cut: () => undefined })
  const work = startDispatch({ config, logger: pino({ level: 'silent' }), metrics: makeMetrics(), store, clock: Date.now, calls: { hub, intake, queueClassOf: () => 'standard' } as unknown as Calls })
  t.teardown(async () => { hub.close(); await work.close() })

  const id = await openAnswered(store.records, '13900000091', Date.now())
  const final = await store.records.get(id)
  calls.set(id, { ticket: { ...final, provisional: true, number: 'P-ABCD01-001', version: final.version + 6 } })
  const elsewhere = await openTestStore(home.path, { databaseUrl: store.url, ownerUrl: store.ownerUrl, node: 'elsewhere' })
  t.teardown(() => elsewhere.close())
  await elsewhere.records.markCallBack(id, Date.now())
  await until('the final one, as it is now', () => shown(id)?.provisional === false && shown(id)?.version === final.version + 1)
  t.equal(shown(id)?.number, final.number)
})
