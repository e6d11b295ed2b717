import { Type } from 'typebox'
import { Conflict, CONFLICT_SIDES, Exchange, LineName, LineView } from '../county.js'
import { Uuid } from '../primitives.js'
import { EVERYONE, INTAKE, Nothing, Page, strict, type Route } from '../route.js'

/** Counties: the line that they work over, and what did not go together after a cut. */
export const COUNTY_ROUTES = {
  /** Nobody is signed in: every text in it carries its own signature. */
  exchange: {
    method: 'POST', path: '/api/lines/:name/exchange', roles: 'public', summary: { zh: '县级终端与市中心交换签名消息', en: 'A county and the city exchange signed messages' },
    params: strict({ name: LineName }), body: Exchange, response: Exchange, bodyLimit: 4 << 20,
  },
  lines: { method: 'GET', path: '/api/lines', roles: EVERYONE, summary: { zh: '县级终端线路状态', en: 'How the lines to the counties stand' }, response: strict({ lines: Type.Array(LineView) }) },
  conflicts: { method: 'GET', path: '/api/conflicts', roles: INTAKE, summary: { zh: '断线期间的冲突', en: 'Conflicts after a cut line' }, query: strict({ all: Type.Optional(Type.Boolean()), ...Page }), response: strict({ conflicts: Type.Array(Conflict) }) },
  decide: {
    method: 'POST', path: '/api/conflicts/:id/decide', roles: ['supervisor', 'admin'], summary: { zh: '裁定冲突：以市中心或县里的处理为准', en: 'Decide a conflict: what the city did stands, or what the county did' },
    params: strict({ id: Uuid }), body: strict({ side: Type.Enum(CONFLICT_SIDES), note: Type.String({ minLength: 1, maxLength: 1000, pattern: '\\S' }) }), response: Nothing,
  },
} as const satisfies Record<string, Route>
