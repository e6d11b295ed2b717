import { Type, type Static } from 'typebox'
import { EpochMs, Uuid } from '../primitives.js'
import { EVERYONE, strict, type Route } from '../route.js'
import { UnitId } from '../work.js'

/** A picture as it comes, base64; its type is found by its content. */
export const MOST_PICTURE_BYTES = 8 << 20
export const MOST_THUMBNAIL_BYTES = 64 << 10
const base64 = (bytes: number) => Type.String({ minLength: 4, maxLength: Math.ceil(bytes / 3) * 4, pattern: '^[A-Za-z0-9+/]+={0,2}$' })

export const Attachment = strict({
  id: Uuid, ticketId: Uuid, unitId: Type.Union([UnitId, Type.Null()]), by: Type.String(), at: EpochMs, type: Type.String(), bytes: Type.Integer(), width: Type.Integer(), height: Type.Integer(),
})
export type Attachment = Static<typeof Attachment>

const Id = strict({ id: Uuid })

/** What a unit's terminal needs beside the ticket: photos, its own people, the complainant's number for a reason. */
export const UNIT_ROUTES = {
  attach: {
    method: 'POST', path: '/api/tickets/:id/attachments', roles: EVERYONE, summary: { zh: '给工单添加照片（去除拍摄信息）', en: 'Add a photo to a ticket (what the camera wrote beside it is taken out)' },
    params: Id, body: strict({ picture: base64(MOST_PICTURE_BYTES), thumbnail: Type.Optional(base64(MOST_THUMBNAIL_BYTES)) }), bodyLimit: 12 << 20, response: Attachment,
  },
  attachments: { method: 'GET', path: '/api/tickets/:id/attachments', roles: EVERYONE, summary: { zh: '工单的照片', en: 'A ticket’s photos' }, params: Id, response: strict({ attachments: Type.Array(Attachment) }) },
  /** The bytes themselves; to whoever may see the ticket. */
  attachment: {
    method: 'GET', path: '/api/attachments/:id', roles: EVERYONE, summary: { zh: '照片', en: 'A photo' }, params: Id,
    query: strict({ size: Type.Optional(Type.Union([Type.Literal('full'), Type.Literal('thumbnail')])) }), response: Type.String(),
  },
  /** Noted with the reason in the audit and in the ticket's history of who looked. */
  reveal: {
    method: 'POST', path: '/api/tickets/:id/reveal', roles: EVERYONE, summary: { zh: '查看诉求人电话（须说明理由，留痕）', en: 'See the complainant’s number (for a reason, noted)' },
    params: Id, body: strict({ reason: Type.String({ minLength: 2, maxLength: 200, pattern: '\\S' }) }), response: strict({ number: Type.String(), name: Type.String() }),
  },
  /** A unit asks of its own, whatever it names. */
  colleagues: { method: 'GET', path: '/api/unit/people', roles: EVERYONE, summary: { zh: '单位人员（单位只见本单位）', en: 'A unit’s people (to a unit its own)' }, query: strict({ unitId: Type.Optional(UnitId) }), response: strict({ people: Type.Array(strict({ id: Uuid, displayName: Type.String() })) }) },
} as const satisfies Record<string, Route>
