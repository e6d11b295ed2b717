import type { MyDay as Day } from '../../../contracts/routes/intake.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { matterOf, useDesk } from '../../store/desk.js'

/** Bars shown; the rest is summed up by the figures above them. */
const BARS = 6

/** What this person did today, as the server counts it, and what his calls were about. `day` null: it is not read yet. */
export function MyDay({ day }: { readonly day: Day | null }) {
  const text = useText()
  const words = text.seat
  const language = useLanguage()
  const { book } = useDesk()
  const counts = new Map<string, number>()
  for (const { count, ...matter } of day?.matters ?? []) {
    const name = matterOf(book, matter, language, text)
    counts.set(name, (counts.get(name) ?? 0) + count)
  }
  const bars = [...counts].sort(([, a], [, b]) => b - a).slice(0, BARS)
  const most = bars[0]?.[1] ?? 1
  const figures = [
    ['answered', words.taken, words.takenHint, ''], ['open', words.stillOpen, words.stillOpenHint, 'is-ring'], ['dispatched', words.handedOn, words.handedOnHint, 'is-talk'], ['closed', words.finished, words.finishedHint, 'is-ready'],
  ] as const
  return (
    <section className="ld-panel" aria-label={words.myDay}>
      <header className="ld-panel-head"><h2>{words.myDay}</h2></header>
      <div className="ld-my-day">
        <dl className="ld-my-figures">
          {figures.map(([name, label, hint, tone]) => <div key={name} className={(day?.[name] ?? 0) === 0 ? '' : tone} title={hint} data-mine={name}><dt>{label}</dt><dd>{day === null ? '—' : day[name]}</dd></div>)}
        </dl>
        {day !== null && bars.length === 0 && <p className="ld-empty">{words.noRecent}</p>}
        {bars.length > 0 && (
          <ul className="ld-bars" aria-label={words.byCategory}>
            {bars.map(([name, count]) => (
              <li key={name}><span className="ld-cut">{name}</span><i style={{ width: `${(100 * count) / most}%` }} /><b>{count}</b></li>
            ))}
          </ul>
        )}
      </div>
    </section>
  )
}
