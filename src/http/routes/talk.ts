import type { TALK_ROUTES } from '../../contracts/routes/talk.js'
import type { IntakeDesk } from '../../intake/ports.js'
import type { HandlersOf } from '../app.js'
import type { CallLogRow } from '../../contracts/routes/talk.js'

export interface TalkDeps {
  readonly intake: () => IntakeDesk
  readonly talkStore: { callEvents(callId: string): Promise<CallLogRow[]> }
  /** An outside line is configured. */
  readonly trunk: boolean
}

/** The phone book, talks in progress, who was in a call. */
export const talkHandlers = ({ intake, talkStore, trunk }: TalkDeps): HandlersOf<typeof TALK_ROUTES> => ({
  phoneBook() {
    const { operators, lines } = intake().phoneBook()
    return Promise.resolve({ operators: [...operators], lines: [...lines], trunk })
  },
  talks() {
    const names = new Map(intake().phoneBook().operators.map(({ operatorId, displayName }) => [operatorId, displayName]))
    return Promise.resolve({ talks: intake().talks().map((card) => {
      const { callId, state, class: queueClass, caller, calledNumber, language, queuedAt, waitedSeconds, onHold, muted, keys, parties, category, answeredAt, holder } = card
      return {
        callId, state, class: queueClass, caller, calledNumber, language, queuedAt, waitedSeconds, onHold, muted, keys, parties, holderName: names.get(holder ?? '') ?? '',
        ...(category === undefined ? {} : { category }), ...(answeredAt === undefined ? {} : { answeredAt }), ...(holder === undefined ? {} : { holder }),
      }
    }) })
  },
  callLog: async ({ params }) => ({ log: await talkStore.callEvents(params.id) }),
})
