import type { COUNTY_ROUTES } from '../../contracts/routes/counties.js'
import type { Counties } from '../../dispatch/county/ports.js'
import type { HandlersOf } from '../app.js'

export interface CountyDeps { readonly counties: Counties }

/** What counties say and hear, and what people decide about it. */
export const countyHandlers = ({ counties }: CountyDeps): HandlersOf<typeof COUNTY_ROUTES> => ({
  exchange: ({ params, body }) => counties.answer(params.name, body),
  lines: async ({ self }) => ({ lines: [...await counties.lines(self)] }),
  conflicts: async ({ query: { all = false, limit, offset } }) => ({ conflicts: [...await counties.conflicts({ all, limit, offset })] }),
  async decide({ self, params, body }) {
    await counties.decide(self, params.id, body.side, body.note)
    return {}
  },
})
