import type { Category, DISPATCH_ROUTES } from '../../contracts/routes/dispatch.js'
import type { Hall, Tickets } from '../../dispatch/ports.js'
import type { HandlersOf } from '../app.js'

export interface DispatchDeps { readonly tickets: Tickets; readonly hall: Hall; readonly categories: () => readonly Category[] }

/** Tickets, acts on them, and what dispatchers and units ask. */
export const dispatchHandlers = ({ tickets, hall, categories }: DispatchDeps): HandlersOf<typeof DISPATCH_ROUTES> => ({
  tickets: ({ self, query: { mine, ...query } }) => tickets.list(self, { ...query, ...(mine === true ? { mine: self.id } : {}) }),
  async board({ self }) {
    const { cells, areas } = await hall.board(self)
    return { cells: [...cells], areas: [...areas] }
  },
  ticket: ({ self, params }) => tickets.get(self, params.id),
  history: async ({ self, params }) => ({ history: [...await tickets.history(self, params.id)] }),
  act: ({ self, params, body }) => tickets.act(self, params.id, body),
  urgeMany: ({ self, body }) => tickets.urgeMany(self, body),
  proposal: ({ self, params }) => hall.proposal(self, params.id),
  async duplicates({ self, params }) {
    const { duplicates, nearby } = await hall.duplicates(self, params.id)
    return { duplicates: [...duplicates], nearby: [...nearby] }
  },
  duties: async () => ({ duties: [...await hall.duties()] }),
  notices: async ({ self }) => ({ notices: [...await hall.notices(self)] }),
  async receipt({ self, params }) {
    await hall.receipt(self, params.id)
    return {}
  },
  async outbox({ query }) {
    const { messages, total } = await hall.outbox(query)
    return { messages: [...messages], total }
  },
  async replay({ self, params }) {
    await hall.replay(self, params.id)
    return {}
  },
  units: async () => ({ units: [...await tickets.units()] }),
  categories: () => Promise.resolve({ categories: [...categories()] }),
})
