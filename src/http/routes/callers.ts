import type { CALLER_ROUTES, CallerChange, CallerFacts } from '../../contracts/routes/callers.js'
import type { IntakeDesk } from '../../intake/ports.js'
import type { HandlersOf } from '../app.js'

export interface CallerDeps {
  readonly callers: {
    read(number: string): Promise<CallerFacts>
    /** Throws LiandongError `caller.changed`. */
    save(change: CallerChange, personId: string): Promise<CallerFacts>
  }
  readonly intake: () => IntakeDesk
}

/** What operators write down of callers. */
export const callerHandlers = ({ callers, intake }: CallerDeps): HandlersOf<typeof CALLER_ROUTES> => ({
  caller: ({ query }) => callers.read(query.number),
  async saveCaller({ self, body }) {
    const saved = await callers.save(body, self.id)
    intake().callerChanged(saved.number)
    return saved
  },
})
