import { connect, type Socket } from 'node:net'
import { createRequire } from 'node:module'
import { openLink } from '../../src/pbx/esl/link.js'
import { until } from '../helpers/database.js'
import type { Bench } from './figure.js'
import { interleave, median } from './measure.js'
import { startOther } from './process.js'

/** Round trips one after another in a round. */
const TRIPS = 500

/** Asks, waits for the end of the reply, and that is all: one write, one read, one search. */
async function openBareSocket(port: number): Promise<{ ask(command: string): Promise<void>; socket: Socket }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let heard = ''
  let wake: () => void = () => undefined
  socket.setEncoding('latin1')
  socket.on('data', (text: string) => {
    heard += text
    const empty = heard.indexOf('\n\n')
    if (empty < 0) return
    const length = Number(/Content-Length: (\d+)/.exec(heard)?.[1] ?? 0)
    if (heard.length < empty + 2 + length) return
    heard = heard.slice(empty + 2 + length)
    wake()
  })
  const reply = (): Promise<void> => new Promise((resolve) => { wake = resolve })
  await reply() // auth/request
  const ask = (command: string): Promise<void> => {
    const answered = reply()
    socket.write(`${command}\n\n`)
    return answered
  }
  await ask('auth bench')
  return { ask, socket }
}

interface ModeslConnection { api(command: string, done: () => void): void; disconnect(): void; on(event: 'error', listener: () => void): void }
const modesl = createRequire(import.meta.url)('modesl') as { Connection: new (host: string, port: number, password: string, ready: () => void) => ModeslConnection }

async function roundTrip(trips: number, ask: () => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let left = trips; left > 0; left -= 1) {
    const began = performance.now()
    await ask()
    took.push(performance.now() - began)
  }
  return median(took)
}

export const bench: Bench = async (tell) => {
  const exchange = startOther('link-exchange.ts')
  const port = await exchange.ask<number>({})
  const link = openLink({ host: '127.0.0.1', port, password: 'bench-password', events: [], custom: [] }, { onUp: () => undefined, onEvent: () => undefined, onDown: () => undefined })
  await until('the link', () => link.up)
  const bare = await openBareSocket(port)
  tell(`${TRIPS} round trips a round`)
  const both = await interleave(() => roundTrip(TRIPS, () => link.api({ api: 'uptime' })), () => roundTrip(TRIPS, () => bare.ask('api uptime')), { rounds: 15 })
  // What the library would cost as it is: two writes, Nagle's algorithm, a delayed acknowledgement (M7).
  let other: ModeslConnection | null = null
  await new Promise<void>((resolve) => { other = new modesl.Connection('127.0.0.1', port, 'bench', resolve) })
  const library = other as unknown as ModeslConnection
  const plain = await roundTrip(20, () => new Promise<void>((resolve) => { library.api('uptime', resolve) }))
  library.on('error', () => undefined) // M2: a reset would end the bench
  library.disconnect()
  bare.socket.destroy()
  link.close()
  await exchange.end()
  return { figures: [{
    name: { zh: '命令往返（api uptime，TCP）', en: 'command round trip (api uptime, TCP)' }, unit: 'ms',
    ours: both.ours, baseline: { name: 'raw socket, one write', value: both.baseline }, ratio: both.ratio, goal: { most: 1.5, of: 'ratio' },
    note: `modesl 1.2.1: ${plain.toFixed(1)} ms`,
  }] }
}
