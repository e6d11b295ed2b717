import type { Ticket } from '../../contracts/ticket.js'
import { putOffFrom, putOffTo } from '../../contracts/work.js'
import { whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'

/** What more time until then does to each limit of a ticket that may be put off: from when to when it moves, or that it stays. `until`: ms; null: it is not granted. */
export function ExtensionLimits({ ticket: { work }, until }: { readonly ticket: Pick<Ticket, 'work'>; readonly until: number | null }) {
  const text = useText()
  const words = text.unit.limits
  const now = Date.now() + useDeskState((state) => state.skew)
  const moving = until === null ? [] : putOffTo(work, until)
  return (
    <ul className="ld-limits" aria-label={words.title}>
      {putOffFrom(work).map((run) => {
        const due = whenOf(run.at.urge, now, text)
        const moves = until !== null && moving.includes(run)
        return <li key={run.clock} data-limit={run.clock} data-moves={moves}><span className="ld-faint">{text.unit.clocks[run.clock]}</span> {moves ? words.moves(due, whenOf(until, now, text)) : words.stays(due)}</li>
      })}
    </ul>
  )
}
