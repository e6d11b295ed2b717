import { Type, type Static } from 'typebox'
import { STAGE_NAMES } from '../citizen-stage.js'
import { STATE_CLASSES } from '../life-cycle.js'
import { Bilingual, EpochMs } from '../primitives.js'
import { strict, type Route } from '../route.js'

/** A number as it is read out: `100-0003`, or `P-KMXR27-001` while PostgreSQL was away (`store/provisional.ts`); dashes and capitals as he likes. */
export const TICKET_NUMBER = '^([0-9-]{5,16}|[Pp]-?[A-Za-z]{4}[0-9]{2}-?[0-9]{3,8})$'

/** What a citizen hears of his own request: how it stands and what was done, no name and no number of anybody. */
export const Answer = strict({
  number: Type.String(), /** The same in a word that a flow asks for. */ stage: Type.Enum(STAGE_NAMES), state: Bilingual, /** The city's, by which his page tells the time. */ timeZone: Type.String(), class: Type.Enum(STATE_CLASSES), openedAt: EpochMs, closedAt: Type.Union([EpochMs, Type.Null()]), dueAt: Type.Union([EpochMs, Type.Null()]),
  /** What was done: the hall's word at the end, else the unit's own, when it reported. */
  report: Type.Union([Type.String(), Type.Null()]), unit: Type.Union([Bilingual, Type.Null()]),
})
export type Answer = Static<typeof Answer>

const Text = (most: number) => Type.Optional(Type.String({ maxLength: most }))
const Key = { api_key: Text(100), jurisdiction_id: Text(100) }
/** Clients send what other cities know besides (`attribute[…]`, `extensions`, `title`): it is passed over. */
const lenient = <P extends Parameters<typeof Type.Object>[0]>(properties: P) => Type.Object(properties, { additionalProperties: true })

/** Open311 GeoReport v2 (https://wiki.open311.org/GeoReport_v2): the ending says in which format, JSON or XML. */
export const CITIZEN_ROUTES = {
  ask: {
    method: 'GET', path: '/api/ask', roles: 'public', summary: { zh: '市民查询自己的诉求', en: 'A citizen asks after his request' },
    query: strict({ number: Type.String({ pattern: TICKET_NUMBER }), phone: Type.String({ pattern: '^\\+?[0-9]{3,20}$' }) }), response: Answer,
  },
  open311: {
    method: 'GET', path: '/open311/v2/:file', roles: 'public', summary: { zh: 'Open311：服务目录、诉求列表', en: 'Open311: discovery, services, requests' },
    params: strict({ file: Type.String({ pattern: '^(discovery|services|requests)\\.(json|xml)$' }) }),
    query: lenient({ ...Key, service_request_id: Text(400), service_code: Text(100), start_date: Text(40), end_date: Text(40), status: Type.Optional(Type.String({ pattern: '^((open|closed)(,(open|closed))?)?$' })), page: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })), page_size: Type.Optional(Type.Integer({ minimum: 1, maximum: 200 })) }),
    response: Type.String(),
  },
  open311One: {
    method: 'GET', path: '/open311/v2/requests/:file', roles: 'public', summary: { zh: 'Open311：一件诉求', en: 'Open311: one request' },
    params: strict({ file: Type.String({ pattern: '^[0-9-]{5,16}\\.(json|xml)$' }) }), query: lenient(Key), response: Type.String(),
  },
  open311Service: {
    method: 'GET', path: '/open311/v2/services/:file', roles: 'public', summary: { zh: 'Open311：一项服务的附加字段（没有）', en: 'Open311: what a service asks for besides (nothing)' },
    params: strict({ file: Type.String({ pattern: '^[a-z][a-z0-9-]{1,31}\\.(json|xml)$' }) }), query: lenient(Key), response: Type.String(),
  },
  open311Post: {
    method: 'POST', path: '/open311/v2/:file', roles: 'public', summary: { zh: 'Open311：提交诉求', en: 'Open311: a new request' },
    params: strict({ file: Type.String({ pattern: '^requests\\.(json|xml)$' }) }),
    body: lenient({
      ...Key, service_code: Type.String({ minLength: 1, maxLength: 32 }), description: Type.Optional(Type.String({ maxLength: 4_000 })), address_string: Text(256), address_id: Text(64),
      lat: Type.Optional(Type.Number({ minimum: -90, maximum: 90 })), long: Type.Optional(Type.Number({ minimum: -180, maximum: 180 })),
      first_name: Text(32), last_name: Text(32), phone: Text(40), email: Text(200), device_id: Text(100), account_id: Text(100), media_url: Text(500),
    }),
    response: Type.String(),
  },
} as const satisfies Record<string, Route>
