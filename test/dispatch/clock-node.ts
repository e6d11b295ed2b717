import { Pool } from 'pg'
import { startClockwork } from '../../src/dispatch/clockwork.js'
import { readRules } from '../../src/store/rules.js'
import { makeTicketActs } from '../../src/store/ticket-acts.js'

/** A node that does nothing but fire clocks, with a wall clock that is wrong by so many ms, and that is set anew when its parent says so. It tells how late the machine itself made it. */
const [url = '', step = '0'] = process.argv.slice(2)
const right = Date.now.bind(Date)
let wrong = Number(step)
Date.now = () => right() + wrong
/** What the least that any program does, a timer and a question, took beyond its time at worst, ms. */
let starved = 0
process.on('message', (next) => {
  if (next === 'starved') process.send?.(starved)
  else wrong = Number(next)
})
const pool = new Pool({ connectionString: url, max: 2 })
pool.on('error', () => undefined)
const rules = await readRules(pool, 'Asia/Shanghai')
startClockwork({ store: makeTicketActs(pool, () => rules), onFired: () => undefined, onLate: () => undefined, onError: () => undefined })
process.send?.('ready')
const PING = 20
async function ping(): Promise<never> {
  for (;;) {
    const began = performance.now()
    await new Promise((resolve) => { setTimeout(resolve, PING) })
    await pool.query('select 1')
    starved = Math.max(starved, performance.now() - began - PING)
  }
}
ping().catch(() => { process.exit(1) })
process.on('disconnect', () => { process.exit(0) })
