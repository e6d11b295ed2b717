import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Pool, QueryResultRow } from 'pg'
import { pino } from 'pino'
import type { Test } from 'tap'
import { loadConfig, type Config } from '../../src/config.js'
import type { Exchange } from '../../src/contracts/county.js'
import { publicOf } from '../../src/dispatch/county/seal.js'
import { startLiandong, type Liandong } from '../../src/main.js'
import { makePeople } from '../../src/people/people.js'
import { putLine } from '../../src/store/line-setup.js'
import { openAnswered } from '../helpers/answered.js'
import { startTestServer, temporaryHome, until } from '../helpers/database.js'
import { keptGate } from '../helpers/kept-gate.js'
import { openTime } from '../helpers/time.js'
import { openTerminal, type TerminalBot } from '../helpers/terminal.js'

export const PASSWORD = 'practice-of-the-tests'
export const LINE = 'yanshi'

/** What stands between a county and its city. Each may change what goes through, keep it, or send it twice. */
export interface Wire {
  readonly port: number
  /** Nothing comes through. */
  cut(on: boolean): void
  /** Everything that went to the city, oldest first. */
  readonly sent: { readonly path: string; readonly body: Exchange }[]
  /** Everything that the city answered. */
  readonly answered: Exchange[]
  /** Changes what goes each way, from now on. */
  meddle(how: { readonly up?: (exchange: Exchange) => Exchange; readonly down?: (exchange: Exchange) => Exchange; readonly twice?: boolean }): void
  close(): Promise<void>
}

const ask = (port: number, path: string, body: string): Promise<{ status: number; text: string }> => new Promise((resolve, reject) => {
  const going = request({ host: '127.0.0.1', port, path, method: 'POST', agent: false, headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) } }, (response) => {
    let text = ''
    response.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => { resolve({ status: response.statusCode ?? 0, text }) })
  })
  going.on('error', reject)
  going.end(body)
})

/** Says it to the city, as anybody on the line could. */
export const sayTo = async (port: number, path: string, body: unknown): Promise<{ status: number; code: string }> => {
  const { status, text } = await ask(port, path, JSON.stringify(body))
  return { status, code: (JSON.parse(text) as { code?: string }).code ?? '' }
}

export async function startWire(to: () => number): Promise<Wire> {
  let off = false
  let how: Parameters<Wire['meddle']>[0] = {}
  const sent: Wire['sent'][number][] = []
  const answered: Exchange[] = []
  const server = createServer((incoming, outgoing) => {
    // A cut line gives no answer: it is found out by its silence, or by a reset.
    if (off) return void incoming.socket.destroy()
    let text = ''
    incoming.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('end', () => {
      const path = incoming.url ?? ''
      const body = JSON.parse(text) as Exchange
      sent.push({ path, body })
      const pass = JSON.stringify(how.up?.(body) ?? body)
      const going = ask(to(), path, pass)
      const again = how.twice === true ? going.then(() => ask(to(), path, pass)) : going
      again.then(() => going).then(({ status, text: answer }) => {
        if (off) return void incoming.socket.destroy()
        if (status === 200) answered.push(JSON.parse(answer) as Exchange)
        outgoing.writeHead(status, { 'content-type': 'application/json' }).end(status === 200 && how.down !== undefined ? JSON.stringify(how.down(JSON.parse(answer) as Exchange)) : answer)
      }, () => { incoming.socket.destroy() })
    })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  return {
    port: (server.address() as AddressInfo).port, sent, answered,
    cut(on) { off = on },
    meddle(next) { how = next },
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => { resolve() }) }),
  }
}

export interface Site { readonly node: Liandong; rows<T extends QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<T[]> }

/** A city and one county, each the whole program on a database of its own; a clock that the test sets forward for both. */
export interface CountyWorld {
  readonly city: Site
  readonly county: Site
  readonly wire: Wire
  readonly hall: TerminalBot
  readonly chief: TerminalBot
  /** A person of the county's unit, at the county's own terminal. */
  readonly zhang: TerminalBot
  /** The same moment later, everywhere at once: both databases and both programs. ms */
  later(ms: number): Promise<void>
  /** Now, as all clocks here have it, ms. */
  now(): number
  /** A citizen's request, as an answered call opens it, worked out by the hall. → its id */
  taken(more?: { readonly category?: string; readonly place?: string; readonly number?: string }): Promise<string>
  /** … and given to the county; its terminal has shown it and the city knows. */
  given(more?: Parameters<CountyWorld['taken']>[0]): Promise<string>
  close(): Promise<void>
}

export async function openCounties(t: Test, more: { readonly city?: Partial<Config>; readonly county?: Partial<Config> } = {}): Promise<CountyWorld> {
  const home = temporaryHome()
  const database = await startTestServer(join(home.path, 'postgres'))
  const time = openTime(database.ownerUrl)
  const [cityBooks, countyBooks] = [await time.database('city'), await time.database('county')]
  const start = (name: string, more: Partial<Config>): Promise<Liandong> => {
    const { config } = loadConfig({}, { 'home': join(home.path, name), 'database.url': time.urlOf(name), 'http.port': 0, 'practice.citizens': 0, 'practice.units': false, 'log.level': 'silent', 'node.name': name, ...more })
    return startLiandong(config, pino({ level: process.env['LOG'] ?? 'silent' }), undefined, { gate: keptGate(config['flows.directory']) })
  }
  const city = await start('city', { ...more.city })
  const wire = await startWire(() => Number(new URL(city.url).port))
  const county = await start('county', { 'node.kind': 'county', 'county.every': 100, ...more.county })
  await putLine(cityBooks, { name: LINE, peer: 'county', url: '', units: ['yanshi'], keys: [publicOf(await county.store.lines.signer())] })
  await putLine(countyBooks, { name: LINE, peer: 'city', url: `http://127.0.0.1:${wire.port}`, units: ['yanshi'], keys: [publicOf(await city.store.lines.signer())] })
  await Promise.all([city.store.refreshRules(), county.store.refreshRules()])
  await makePeople(city.store.people, { sessionHours: 12, clock: Date.now }).addPerson({ loginName: 'hall1', displayName: '接警员小周', role: 'operator', extension: '1090' }, PASSWORD)
  await makePeople(city.store.people, { sessionHours: 12, clock: Date.now }).addPerson({ loginName: 'chief1', displayName: '值班长老高', role: 'supervisor', extension: '1091' }, PASSWORD)
  await makePeople(county.store.people, { sessionHours: 12, clock: Date.now }).addPerson({ loginName: 'zhang', displayName: '偃师值班员张', role: 'unit', unitId: 'yanshi' }, PASSWORD)
  const [hall, chief, zhang] = [await openTerminal(city.url, 'hall1', PASSWORD), await openTerminal(city.url, 'chief1', PASSWORD), await openTerminal(county.url, 'zhang', PASSWORD)]
  let called = 0
  const rowsOf = (pool: Pool) => async <T extends QueryResultRow>(sql: string, values: readonly unknown[] = []): Promise<T[]> => (await pool.query<T>(sql, [...values])).rows

  const world: CountyWorld = {
    city: { node: city, rows: rowsOf(cityBooks) }, county: { node: county, rows: rowsOf(countyBooks) }, wire, hall, chief, zhang,
    now: time.now, later: time.later,
    async taken({ category = 'power-repair', place = `顾县镇 ${called + 1} 号`, number = `1390004${String(called++).padStart(4, '0')}` } = {}) {
      const id = await openAnswered(city.store.records, number, world.now())
      await hall.act(id, { act: 'edit', changes: { kind: 'joint-service', category, place, description: '路面塌陷' } })
      return id
    },
    async given(about) {
      const id = await world.taken(about)
      await hall.act(id, { act: 'dispatch', unitId: 'yanshi', note: '请速到场' })
      await zhang.hears('dispatch', id)
      await until('the city to know that the county has it', async () => (await world.city.rows<{ at: string | null }>(`select work ->> 'deliveredAt' as at from ticket where id = $1`, [id]))[0]?.at !== null)
      return id
    },
    async close() {
      for (const bot of [hall, chief, zhang]) bot.close()
      await county.stop()
      await city.stop()
      await wire.close()
      await time.close()
      await database.stop()
      home.remove()
    },
  }
  t.teardown(time.restore)
  return world
}
