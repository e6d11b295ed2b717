import { randomUUID } from 'node:crypto'
import { Pool } from 'pg'
import type { TicketOpening } from '../../src/intake/ports.js'
import { OPEN_TICKET } from '../../src/store/sql/ticket.js'
import { openValues } from '../../src/store/ticket-writes.js'
import { openTestStore, temporaryHome } from '../helpers/database.js'
import type { Bench } from './figure.js'
import { interleave, quantile } from './measure.js'

/** As many as the store's pool for calls has connections. */
const CONCURRENT = 8
const TICKETS = 600

function opening(): TicketOpening {
  const now = Date.now()
  return {
    record: {
      callId: randomUUID(), caller: { number: '13900000001', name: '', verified: true }, calledNumber: '110', location: { lat: 34.62, lon: 112.45 }, state: 'talking', class: 'standard',
      category: 'noise', language: 'zh-CN', tags: [{ key: 'category', value: 'noise', node: 'topics', at: now }], path: ['greeting', 'topics'], createdAt: now, queuedAt: now, answeredAt: now,
    },
    operatorId: '', answeredAt: now, callBack: false, place: '滨河南路工地', callerName: '周大爷',
  }
}

/** `CONCURRENT` workers open `TICKETS` tickets. → tickets/s */
async function openAll(took: number[], open: (ticket: TicketOpening) => Promise<unknown>): Promise<number> {
  let left = TICKETS
  const began = performance.now()
  await Promise.all(Array.from({ length: CONCURRENT }, async () => {
    while (left > 0) {
      left -= 1
      const at = performance.now()
      await open(opening())
      took.push(performance.now() - at)
    }
  }))
  return TICKETS / ((performance.now() - began) / 1000)
}

export const bench: Bench = async (tell) => {
  const home = temporaryHome()
  const store = await openTestStore(home.path)
  const pool = new Pool({ connectionString: store.server?.url, max: CONCURRENT })
  try {
    tell(`${TICKETS} tickets a round, ${CONCURRENT} at once`)
    const ours: number[] = []
    const bare: number[] = []
    const rate = await interleave(
      () => openAll(ours, (ticket) => store.records.openTicket(ticket)),
      () => openAll(bare, (ticket) => pool.query({ name: 'open-ticket', text: OPEN_TICKET, values: openValues(ticket, '', store.rules()) })),
      { rounds: 9 },
    )
    if (store.records.status().journal > 0) throw new Error('the journal was used: this is not PostgreSQL’s time')
    const p99 = [quantile(ours, 0.99), quantile(bare, 0.99)] as const
    return { figures: [{
      name: { zh: `开单（一个事务，${CONCURRENT} 路并发，fsync 开）`, en: `ticket opened (one transaction, ${CONCURRENT} at once, with fsync)` }, unit: 'tickets/s',
      ours: rate.ours, baseline: { name: 'bare pg loop, same statement', value: rate.baseline }, ratio: rate.ratio, goal: { least: 0.8, of: 'ratio' },
    }, {
      name: { zh: '开单用时 p99', en: 'ticket opened, p99' }, unit: 'ms',
      ours: p99[0], baseline: { name: 'bare pg loop', value: p99[1] }, ratio: p99[0] / p99[1],
    }] }
  } finally {
    await pool.end()
    await store.close()
    home.remove()
  }
}
