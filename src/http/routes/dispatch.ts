import type { Category, DISPATCH_ROUTES } from '../../contracts/routes/dispatch.js'
import type { Tickets } from '../../dispatch/ports.js'
import type { HandlersOf } from '../app.js'

export interface DispatchDeps { readonly tickets: Tickets; readonly categories: () => readonly Category[] }

export const dispatchHandlers = ({ tickets, categories }: DispatchDeps): HandlersOf<typeof DISPATCH_ROUTES> => ({
  tickets: ({ self, query: { mine, ...query } }) => tickets.list(self, { ...query, ...(mine === true ? { mine: self.id } : {}) }),
  ticket: ({ self, params }) => tickets.get(self, params.id),
  history: async ({ self, params }) => ({ history: [...await tickets.history(self, params.id)] }),
  act: ({ self, params, body }) => tickets.act(self, params.id, body),
  units: async () => ({ units: [...await tickets.units()] }),
  categories: () => Promise.resolve({ categories: [...categories()] }),
})
