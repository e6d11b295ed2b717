import { Readable } from 'node:stream'
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
  async exportTickets({ self, query: { mine, language, ...query }, reply }) {
    const text = await board.csv({ ...self, language: language ?? self.language }, { ...query, ...(mine === true ? { mine: self.id } : {}) })
    // What goes wrong before the first row is an answer like any other; afterwards the connection breaks, so that half a table is not taken for a whole one.
    const first = await text.next()
    reply.type('text/csv; charset=utf-8').header('content-disposition', 'attachment; filename="tickets.csv"')
    return Readable.from(from(first, text)) as unknown as string
  },
})

async function* from(first: IteratorResult<string>, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    if (first.done !== true) yield first.value
    yield* rest
  } finally {
    // Also when the reader went away before he had read anything.
    await rest.return(undefined)
  }
}
