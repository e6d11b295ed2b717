import type { UNIT_ROUTES } from '../../contracts/routes/units.js'
import type { Attachments } from '../../dispatch/attachments.js'
import type { Tickets } from '../../dispatch/ports.js'
import type { People } from '../../people/ports.js'
import type { HandlersOf } from '../app.js'

export interface UnitDeps { readonly tickets: Tickets; readonly attachments: Attachments; readonly people: People }

/** What a unit's terminal asks: photos, and a complainant's number for a reason. */
export const unitHandlers = ({ tickets, attachments, people }: UnitDeps): HandlersOf<typeof UNIT_ROUTES> => ({
  attach: ({ self, params, body }) => attachments.add(self, params.id, body.picture, body.thumbnail),
  attachments: async ({ self, params }) => ({ attachments: [...await attachments.list(self, params.id)] }),
  async attachment({ self, params, query, reply }) {
    const { type, bytes } = await attachments.read(self, params.id, query.size ?? 'full')
    // Opened by itself it is a picture and nothing else, whatever a browser would make of it.
    reply.type(type).header('content-security-policy', "default-src 'none'").header('content-disposition', `inline; filename="${params.id}.${type.slice(6)}"`)
    // Bytes are sent as they are; the schema of this route says only that it is no JSON.
    return Buffer.from(bytes) as unknown as string
  },
  reveal: ({ self, params, body }) => tickets.reveal(self, params.id, body.reason),
  async colleagues({ self, query }) {
    const whose = self.role === 'unit' ? self.unitId : query.unitId
    return { people: whose === undefined ? [] : (await people.list('unit')).filter(({ unitId }) => unitId === whose).map(({ id, displayName }) => ({ id, displayName })) }
  },
})
