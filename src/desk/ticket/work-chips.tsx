import type { Ticket } from '../../contracts/ticket.js'
import { useText } from '../i18n/language.js'

/** How grave it is, and what was done to whoever has it; shown alike to the unit and to the hall. */
export function WorkChips({ work }: Pick<Ticket, 'work'>) {
  const words = useText().unit
  return (
    <>
      {work.hazard && <span className="ld-chip is-alarm" data-hazard={work.safeAt === null ? 'open' : 'safe'}>{words.hazard}</span>}
      {work.priority !== 'normal' && <span className="ld-chip is-ring">{words.priority[work.priority]}</span>}
      {work.supervised && <span className="ld-chip is-alarm">{words.supervised}</span>}
      {work.urged > 0 && <span className="ld-chip is-ring">{words.urged(work.urged)}</span>}
      {work.binding && <span className="ld-chip">{words.binding}</span>}
    </>
  )
}
