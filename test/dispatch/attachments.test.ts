import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Self } from '../../src/contracts/people.js'
import type { Attachment } from '../../src/contracts/routes/units.js'
import { makeAttachments } from '../../src/dispatch/attachments.js'
import { ticketOf, UNIT } from './city.js'

t.test('who helps takes no room from who leads: each unit on a ticket has its own sixty photos', async (t) => {
  const ticket = ticketOf('in-progress', { assist: ['drainage'] })
  const kept: Attachment[] = []
  const attachments = makeAttachments({
    tickets: { get: () => Promise.resolve(ticket) },
    store: {
      add: ({ id, ticketId, unitId, type, width, height }) => { const one = { id, ticketId, unitId, by: '', at: 0, type, bytes: 1, width, height }; kept.push(one); return Promise.resolve(one) },
      list: () => Promise.resolve(kept), find: () => Promise.resolve(null), read: () => Promise.resolve(null),
    },
  })
  const staff = (unitId: string): Self => ({ id: randomUUID(), loginName: unitId, displayName: unitId, role: 'unit', unitId, language: 'zh-CN', skills: [] })
  // A point of one pixel.
  const picture = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
  for (let n = 0; n < 60; n += 1) await attachments.add(staff('drainage'), ticket.id, picture)
  await t.rejects(attachments.add(staff('drainage'), ticket.id, picture), { code: 'attachment.too-many', details: { most: 60 } })
  t.match(await attachments.add(staff(UNIT), ticket.id, picture), { unitId: UNIT })
})
