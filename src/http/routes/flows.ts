import type { FLOW_ROUTES } from '../../contracts/routes/flows.js'
import type { FlowDesk } from '../../intake/flow-desk.js'
import type { HandlersOf } from '../app.js'

export interface FlowDeps { readonly flows: Omit<FlowDesk, 'close'>; readonly clock: () => number }

/** Editions, publishing, drawing and trial of the flows. */
export const flowHandlers = ({ flows, clock }: FlowDeps): HandlersOf<typeof FLOW_ROUTES> => ({
  flows: ({ self }) => flows.view(self),
  flowDiff: ({ query }) => flows.diff(query.from, query.to),
  flowLive: ({ params, query }) => flows.live(params.name, query.hours, query.edition, clock()),
  publishFlows: ({ self, body }) => flows.publish(self, body.note, clock()),
  approveFlows: ({ self, body }) => flows.approve(self, body.edition, body.comparedWith, clock()),
  backFlows: ({ self, body }) => flows.back(self, body.edition),
  tryFlow: ({ body }) => flows.tryOut(body),
  simulateFlow: ({ body }) => flows.simulate(body, clock()),
  async flowSound({ params, reply }) {
    const sound = await flows.sound(params.hash)
    reply.type('audio/wav')
    return sound
  },
})
