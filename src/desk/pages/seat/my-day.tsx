import type { TicketSummary } from '../../../contracts/call.js'
import { classOf, type StateClass } from '../../../contracts/life-cycle.js'
import { dayNumber } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { matterOf, useDesk, useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'

/** Bars shown; the rest is summed up by the figures above them. */
const BARS = 6
const MINUTE = 60_000

/** What this person took today: how it stands, and about what. */
export function MyDay({ tickets }: { readonly tickets: readonly TicketSummary[] }) {
  const text = useText()
  const language = useLanguage()
  const { book } = useDesk()
  const skew = useDeskState((state) => state.skew)
  const day = dayNumber(useNow(MINUTE) + skew)
  const today = tickets.filter(({ openedAt }) => dayNumber(openedAt) === day)
  const of = (whose: StateClass): number => today.filter(({ state }) => classOf(state) === whose).length
  const counts = new Map<string, number>()
  for (const ticket of today) {
    const name = matterOf(book, ticket, language, text)
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  const bars = [...counts].sort(([, a], [, b]) => b - a).slice(0, BARS)
  const most = bars[0]?.[1] ?? 1
  const figures = [[text.seat.taken, today.length, ''], [text.seat.stillOpen, of('open'), 'is-ring'], [text.seat.handedOn, of('waiting'), 'is-talk'], [text.seat.finished, of('closed'), 'is-ready']] as const
  return (
    <section className="ld-panel" aria-label={text.seat.myDay}>
      <header className="ld-panel-head"><h2>{text.seat.myDay}</h2></header>
      <div className="ld-my-day">
        <dl className="ld-my-figures">
          {figures.map(([label, value, tone]) => <div key={label} className={value === 0 ? '' : tone}><dt>{label}</dt><dd>{value}</dd></div>)}
        </dl>
        {bars.length === 0 && <p className="ld-empty">{text.seat.noRecent}</p>}
        {bars.length > 0 && (
          <ul className="ld-bars" aria-label={text.seat.byCategory}>
            {bars.map(([name, count]) => (
              <li key={name}><span className="ld-cut">{name}</span><i style={{ width: `${(100 * count) / most}%` }} /><b>{count}</b></li>
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}
