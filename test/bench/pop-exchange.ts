import { startExchange, type PlacedCall } from '../../src/pbx/exchange/exchange.js'
import { operatorId } from './app-process.js'
import { answerParent } from './process.js'

/** The exchange with a city of its own: as many callers as it is told, each gone for another. */
export interface CityQuestion { readonly outbound?: string; readonly operators?: number; readonly callers?: number }

const SPEED = 10
/** ms, half as long to half as long again, as the telephones are lifted: people do not answer in step. */
const TALK = 300
const exchange = await startExchange({ password: 'bench-password', speed: SPEED })
const live = new Set<PlacedCall>()
let wanted = 0
let placed = 0

function place(): void {
  placed += 1
  const n = placed
  const call = exchange.placeCall({ number: `139${String(n % 1e8).padStart(8, '0')}`, name: '周大爷', lat: 34.62, lon: 112.45, place: '中州中路' })
  live.add(call)
  call.onReport(({ type }) => {
    if (type === 'answered' && n % 2 === 0) setTimeout(() => { call.press('1') }, 150)
    if (type === 'operator') setTimeout(() => { call.hangUp() }, TALK * (0.5 + ((n * 7919) % 1_000) / 1_000))
    if (type === 'ended') {
      live.delete(call)
      if (live.size < wanted) place()
    }
  })
}

answerParent(({ outbound, operators, callers }: CityQuestion) => {
  if (outbound !== undefined) exchange.setOutbound(outbound)
  for (let n = 0; n < (operators ?? 0); n += 1) exchange.phones.set(operatorId(n).slice(-5), { answerAfter: 500 + ((n * 617) % 1_000) })
  if (callers !== undefined) {
    wanted = callers
    while (live.size < wanted) place()
    if (wanted === 0) for (const call of live) call.hangUp()
  }
  return { port: exchange.port, placed, live: live.size, insecurities: exchange.insecurities.length }
})
