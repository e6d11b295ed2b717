import type { BOARD_ROUTES } from '../../contracts/routes/board.js'
import type { Board } from '../../dispatch/board.js'
import type { HandlersOf } from '../app.js'

export interface BoardDeps { readonly board: Board }

/** Saved views and export. */
export const boardHandlers = ({ board }: BoardDeps): HandlersOf<typeof BOARD_ROUTES> => ({
  views: async ({ self }) => ({ views: [...await board.views(self)] }),
  async saveView({ self, body }) {
    await board.saveView(self, body)
    return {}
  },
  async removeView({ self, params }) {
    await board.removeView(self, params.id)
    return {}
  },
  async exportTickets({ self, query: { mine, ...query }, reply }) {
    const text = await board.csv(self, { ...query, ...(mine === true ? { mine: self.id } : {}) })
    reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="tickets.csv"')
    return text
  },
})
