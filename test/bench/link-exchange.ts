import { startExchange } from '../../src/pbx/exchange/exchange.js'
import { answerParent } from './process.js'

/** The practice exchange in a process of its own. */
const exchange = await startExchange({ password: 'bench-password' })
answerParent(() => exchange.port)
