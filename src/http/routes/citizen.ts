import type { CITIZEN_ROUTES } from '../../contracts/routes/citizen.js'
import type { Citizens } from '../../dispatch/citizen.js'
import type { HandlersOf } from '../app.js'
import { escaped } from '../georeport.js'

type Item = Readonly<Record<string, string | number | null>>
const DOCUMENTS = { services: ['services', 'service'], requests: ['service_requests', 'request'], discovery: ['discovery', 'endpoint'] } as const

/** One list in the format that the ending names. */
function written(file: string, kind: keyof typeof DOCUMENTS, items: readonly Item[], reply: { type(type: string): unknown }): string {
  if (file.endsWith('.json')) {
    reply.type('application/json; charset=utf-8')
    return JSON.stringify(kind === 'discovery' ? items[0] : items)
  }
  reply.type('text/xml; charset=utf-8')
  const [list, one] = DOCUMENTS[kind]
  return `<?xml version="1.0" encoding="utf-8"?>\n<${list}>${items.map((item) => `<${one}>${Object.entries(item).map(([name, value]) => `<${name}>${escaped(String(value ?? ''))}</${name}>`).join('')}</${one}>`).join('')}</${list}>\n`
}

const time = (text: string | undefined): number | undefined => { const ms = text === undefined ? NaN : Date.parse(text); return Number.isFinite(ms) ? ms : undefined }
const list = (text: string | undefined): readonly string[] | undefined => (text === undefined || text === '' ? undefined : text.split(',').map((part) => part.trim()))

/** What a citizen asks by his ticket's number, and Open311 GeoReport v2. */
export const citizenHandlers = ({ citizens }: { readonly citizens: Citizens }): HandlersOf<typeof CITIZEN_ROUTES> => ({
  ask: ({ query }) => citizens.ask(query.number, query.phone),
  async open311({ params: { file }, query, reply }) {
    if (file.startsWith('services')) return written(file, 'services', citizens.services(), reply)
    if (file.startsWith('discovery')) return written(file, 'discovery', [{ changeset: '2026-11-25 00:00', contact: '110', specification: 'http://wiki.open311.org/GeoReport_v2', type: 'production', formats: 'text/xml,application/json' }], reply)
    const numbers = list(query.service_request_id)
    const categories = list(query.service_code)
    const [from, to] = [time(query.start_date), time(query.end_date)]
    const statuses = new Set(list(query.status))
    const limit = query.page_size ?? 100
    return written(file, 'requests', (await citizens.requests(query.api_key, {
      limit, offset: ((query.page ?? 1) - 1) * limit, ...(numbers === undefined ? {} : { numbers }), ...(categories === undefined ? {} : { categories }), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }),
      // Both of them is all of them.
      ...(statuses.size === 1 ? { closed: statuses.has('closed') } : {}),
    })) as unknown as readonly Item[], reply)
  },
  async open311One({ params: { file }, query, reply }) {
    return written(file, 'requests', (await citizens.requests(query.api_key, { numbers: [file.replace(/\.\w+$/, '')], limit: 1, offset: 0 })) as unknown as readonly Item[], reply)
  },
  async open311Post({ params: { file }, body, reply }) { return written(file, 'requests', [await citizens.file(body)], reply) },
})
