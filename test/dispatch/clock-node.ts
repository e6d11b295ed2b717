import { Pool } from 'pg'
import { startClockwork } from '../../src/dispatch/clockwork.js'
import { readRules } from '../../src/store/rules.js'
import { makeTicketActs } from '../../src/store/ticket-acts.js'

/** A node that does nothing but fire clocks, with a wall clock that is wrong by so many ms, and that is set anew when its parent says so. */
const [url = '', step = '0'] = process.argv.slice(2)
const right = Date.now.bind(Date)
let wrong = Number(step)
Date.now = () => right() + wrong
process.on('message', (next) => { wrong = Number(next) })
const pool = new Pool({ connectionString: url, max: 2 })
pool.on('error', () => undefined)
const rules = await readRules(pool, 'Asia/Shanghai')
startClockwork({ store: makeTicketActs(pool, () => rules), onFired: () => undefined, onLate: () => undefined, onError: () => undefined })
process.send?.('ready')
process.on('disconnect', () => { process.exit(0) })
