import { LiandongError } from '../../contracts/errors.js'
import type { CITIZEN_ROUTES } from '../../contracts/routes/citizen.js'
import type { Citizens } from '../../dispatch/citizen.js'
import type { HandlersOf } from '../app.js'
import { formatOf, georeport, type Item } from '../georeport.js'

/** A document in the format that the ending of the file names. */
function written(file: string, name: string, value: Item, reply: { type(type: string): unknown }): string {
  const { type, body } = georeport(formatOf(file), name, value)
  reply.type(type)
  return body
}

/** When what these addresses offer was last another, ISO 8601: clients keep it until then. */
const CHANGESET = '2026-11-29T00:00:00Z'

/** Where a client finds what: https://wiki.open311.org/Service_Discovery */
const discovery = (url: string): Item => ({
  changeset: CHANGESET, contact: '110', key_service: '110',
  endpoints: [{ specification: 'http://wiki.open311.org/GeoReport_v2', url, changeset: CHANGESET, type: 'production', formats: ['text/xml', 'application/json'] }],
})

/** @throws LiandongError `request.invalid`: who asks for a day that is none is not given all of them */
function time(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined
  const ms = Date.parse(text)
  if (!Number.isFinite(ms)) throw new LiandongError('request.invalid', { where: 'query', problem: `${name} is no instant (2026-12-01T00:00:00Z)` })
  return ms
}
const list = (text: string | undefined): readonly string[] | undefined => (text === undefined || text === '' ? undefined : text.split(',').map((part) => part.trim()))

/** What a citizen asks by his ticket's number, and Open311 GeoReport v2. */
export const citizenHandlers = ({ citizens }: { readonly citizens: Citizens }): HandlersOf<typeof CITIZEN_ROUTES> => ({
  ask: ({ query }) => citizens.ask(query.number, query.phone),
  async open311({ params: { file }, query, request, reply }) {
    if (file.startsWith('services')) return written(file, 'services', citizens.services(), reply)
    if (file.startsWith('discovery')) return written(file, 'discovery', discovery(`${request.protocol}://${request.host}/open311/v2`), reply)
    const numbers = list(query.service_request_id)
    const categories = list(query.service_code)
    const [from, to] = [time('start_date', query.start_date), time('end_date', query.end_date)]
    const statuses = new Set(list(query.status))
    const limit = query.page_size ?? 100
    // Who names requests gets these, whatever else he says (GeoReport v2, “GET Service Requests”).
    return written(file, 'service_requests', (await citizens.requests(query.api_key, numbers !== undefined ? { numbers, limit, offset: ((query.page ?? 1) - 1) * limit } : {
      limit, offset: ((query.page ?? 1) - 1) * limit, ...(categories === undefined ? {} : { categories }), ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }),
      // Both of them is all of them.
      ...(statuses.size === 1 ? { closed: statuses.has('closed') } : {}),
    })).map((one) => ({ ...one })), reply)
  },
  async open311One({ params: { file }, query, reply }) {
    const number = file.replace(/\.\w+$/, '')
    const found = await citizens.requests(query.api_key, { numbers: [number], limit: 1, offset: 0 })
    if (found.length === 0) throw new LiandongError('ticket.not-found', { id: number })
    return written(file, 'service_requests', found.map((one) => ({ ...one })), reply)
  },
  open311Service: ({ params: { file }, reply }) => Promise.resolve(written(file, 'service_definition', citizens.definition(file.replace(/\.\w+$/, '')), reply)),
  async open311Post({ params: { file }, body, reply }) { return written(file, 'service_requests', [await citizens.file(body)], reply) },
})
