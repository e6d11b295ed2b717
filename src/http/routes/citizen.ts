import type { CITIZEN_ROUTES } from '../../contracts/routes/citizen.js'
import type { Citizens } from '../../dispatch/citizen.js'
import type { HandlersOf } from '../app.js'

const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&apos;' }
/** Text inside XML; what XML 1.0 cannot hold at all is left out. */
 
const escaped = (text: string): string => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (mark) => MARKS[mark] ?? mark)

type Item = Readonly<Record<string, string>>
const DOCUMENTS = { services: ['services', 'service'], requests: ['service_requests', 'request'], discovery: ['discovery', 'endpoint'] } as const

/** One list in the format that the ending names. */
function written(file: string, kind: keyof typeof DOCUMENTS, items: readonly Item[], reply: { type(type: string): unknown }): string {
  if (file.endsWith('.json')) {
    reply.type('application/json; charset=utf-8')
    return JSON.stringify(kind === 'discovery' ? items[0] : items)
  }
  reply.type('text/xml; charset=utf-8')
  const [list, one] = DOCUMENTS[kind]
  return `<?xml version="1.0" encoding="utf-8"?>\n<${list}>${items.map((item) => `<${one}>${Object.entries(item).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`).join('')}</${one}>`).join('')}</${list}>\n`
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
    const limit = query.page_size ?? 100
    return written(file, 'requests', (await citizens.requests(query.api_key, {
      limit, offset: ((query.page ?? 1) - 1) * limit, ...(numbers === undefined ? {} : { numbers }), ...(categories === undefined ? {} : { categories }), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }),
      ...(query.status === 'open' || query.status === 'closed' ? { closed: query.status === 'closed' } : {}),
    })) as unknown as readonly Item[], reply)
  },
  async open311One({ params: { file }, query, reply }) {
    return written(file, 'requests', (await citizens.requests(query.api_key, { numbers: [file.replace(/\.\w+$/, '')], limit: 1, offset: 0 })) as unknown as readonly Item[], reply)
  },
  async open311Post({ params: { file }, body, reply }) { return written(file, 'requests', [await citizens.file(body)], reply) },
})
