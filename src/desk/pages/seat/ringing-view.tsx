import type { CallCard } from '../../../contracts/call.js'
import { classOf } from '../../../contracts/life-cycle.js'
import { clockOf } from '../../i18n/format.js'
import { useText } from '../../i18n/language.js'
import { useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { About, CallerIdentity, Facts, Hints } from './caller-panel.js'
import { CallerEdit } from './caller-form.js'
import { EarlierCalls, EarlierTickets, Nearby } from './caller-record.js'
import { countOf, nearAtPop } from './near.js'

/** While it rings: who, about what, from where, and what was before. */
export function RingingView({ call, onOpen }: { readonly call: CallCard; readonly onOpen: (ticketId: string) => void }) {
  const text = useText()
  const skew = useDeskState((state) => state.skew)
  const now = useNow() + skew
  const { context } = call
  const near = nearAtPop(call)
  const open = context.earlierTickets.filter(({ state }) => classOf(state) !== 'closed').length
  return (
    <div className="ld-ringing">
      <section className="ld-panel" aria-label={text.call.incoming}>
        <div className="ld-panel-body ld-stack">
          <div className="ld-ring-top">
            <About call={call} />
            <div className="ld-ring-wait"><span className="ld-label">{text.call.waited}</span><strong className="ld-mono">{clockOf(Math.max(call.waitedSeconds, (now - call.queuedAt) / 1000))}</strong></div>
          </div>
          <CallerIdentity call={call} />
          <CallerEdit call={call} />
          <Hints hints={context.hints} />
          <Facts call={call} ticket={null} now={now} full />
        </div>
      </section>
      <section className="ld-panel" aria-label={text.call.history}>
        <header className="ld-panel-head"><h2>{text.call.earlierTickets}</h2><span className={`ld-count${open > 0 ? ' is-open' : ''}`}>{context.earlierTickets.length}</span>{open > 0 && <span className="ld-chip is-ring">{text.call.open} {open}</span>}</header>
        <div className="ld-ring-list"><EarlierTickets call={call} onOpen={onOpen} /></div>
        <header className="ld-panel-head"><h2>{text.call.nearby}</h2><span className={`ld-count${context.nearby.length > 0 ? ' is-open' : ''}`}>{countOf(near) ?? '—'}</span></header>
        <div className="ld-ring-list"><Nearby near={near} onOpen={onOpen} /></div>
        <header className="ld-panel-head"><h2>{text.call.earlierCalls}</h2><span className="ld-count">{context.earlierCalls.length}</span></header>
        <div className="ld-ring-list"><EarlierCalls call={call} /></div>
      </section>
    </div>
  )
}
