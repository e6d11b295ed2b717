import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { REFUSALS, unaccounted } from './core/ledger.js'
import type { Books } from './books.js'
import type { Edge } from './edge.js'

export interface EdgeHttp { readonly port: number; close(): Promise<void> }

/** Metrics for Prometheus, counts for the server, health and drain for the admin. Plain HTTP, loopback or a management network. */
export async function serveHttp(edge: Edge, books: Books, host: string, port: number): Promise<EdgeHttp> {
  const server = createServer((request, response) => { handle(request, response) })
  server.requestTimeout = 5_000
  server.headersTimeout = 5_000

  const json = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`)
  }

  function handle(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const drain = /^\/(drain|undrain)(?:\/([A-Za-z0-9.:[\]-]{1,300}))?$/.exec(path)
    if (request.method === 'POST' && drain !== null) {
      const drained = drain[1] === 'drain'
      if (drain[2] === undefined) edge.drain(drained)
      else if (!edge.drainTarget(drain[2], drained)) return json(response, 404, { error: `池中没有 ${drain[2]} / the pool has no ${drain[2]}` })
      return json(response, 200, { draining: edge.draining, targets: [...edge.pool.values()] })
    }
    if (request.method !== 'GET') return json(response, 405, { error: 'GET, POST /drain, POST /undrain' })
    if (path === '/metrics') return void response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(metrics(edge, books))
    if (path === '/health') return json(response, edge.linkUp ? 200 : 503, { link: edge.linkUp, draining: edge.draining, targets: [...edge.pool.values()] })
    if (path === '/counts') return json(response, 200, books.today())
    const day = /^\/counts\/([\d-]{10})$/.exec(path)?.[1]
    const counts = day === undefined ? null : books.day(day)
    return counts === null ? json(response, 404, { error: '没有 / not found' }) : json(response, 200, counts)
  }

  await new Promise<void>((resolve, reject) => { server.once('error', reject).listen(port, host, resolve) })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => new Promise((resolve) => { server.close(() => { resolve() }); server.closeAllConnections() }),
  }
}

/** Prometheus text format 0.0.4. Today's counts start at nought each day, as a counter may. */
export function metrics(edge: Pick<Edge, 'pool' | 'linkUp' | 'draining' | 'stuck' | 'carried'>, books: Pick<Books, 'today' | 'locations'>): string {
  const { counts } = books.today()
  const metric = (name: string, type: 'counter' | 'gauge', help: string, rows: readonly (readonly [string, number])[]): string =>
    [`# HELP liandong_edge_${name} ${help}`, `# TYPE liandong_edge_${name} ${type}`, ...rows.map(([labels, value]) => `liandong_edge_${name}${labels} ${value}`)].join('\n')
  const targets = [...edge.pool.values()]
  return `${[
    metric('invites_today', 'gauge', 'INVITEs of today', [['', counts.invites]]),
    metric('outcomes_today', 'gauge', 'What became of them', [
      ['{outcome="delivered"}', counts.delivered], ['{outcome="cancelled"}', counts.cancelled], ['{outcome="unseen"}', counts.unseen], ['{outcome="pending"}', counts.pending],
    ]),
    metric('refused_today', 'gauge', 'Refused, by cause', REFUSALS.map((cause) => [`{cause="${cause}"}`, counts.refused[cause] ?? 0])),
    metric('demoted_today', 'gauge', 'Served last because their source calls too often', [['', counts.demoted]]),
    metric('unaccounted_today', 'gauge', 'INVITEs in no other count: must be 0', [['', unaccounted(counts)]]),
    metric('locations_lost_total', 'counter', 'Locations that could not be used, by reason', [...books.locations].map(([reason, count]) => [`{reason="${reason}"}`, count])),
    metric('stuck_total', 'counter', 'Calls that a FreeSWITCH took and did not answer', [...edge.stuck].map(([id, count]) => [`{target="${id}"}`, count])),
    metric('carried_total', 'counter', 'Callers whom a FreeSWITCH brought to another one; unproven: said by its address alone, judged like anybody', Object.entries(edge.carried).map(([how, count]) => [`{how="${how}"}`, count])),
    metric('link_up', 'gauge', 'Link to drachtio', [['', edge.linkUp ? 1 : 0]]),
    metric('draining', 'gauge', 'This edge refuses new calls', [['', edge.draining ? 1 : 0]]),
    metric('target_up', 'gauge', 'A FreeSWITCH takes new calls', targets.map(({ id, health, drained }) => [`{target="${id}",health="${health}",drained="${drained}"}`, health === 'up' && !drained ? 1 : 0])),
    metric('target_staffed', 'gauge', 'Somebody takes calls at a FreeSWITCH, as far as is known', targets.map(({ id, unstaffed }) => [`{target="${id}"}`, unstaffed ? 0 : 1])),
  ].join('\n')}\n`
}
