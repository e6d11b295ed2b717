import type { RunningClock } from '../../../contracts/work.js'
import { clockOf, dayStampOf, whenOf } from '../../i18n/format.js'
import { useText } from '../../i18n/language.js'
import { useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'

const DAY = 86_400_000
/** As the board counts what is due soon. */
const SOON = 2 * 3_600_000
/** `2:05:09`, from a day on `2 d 5 h`: nobody counts 53 hours. */
function span(ms: number, inHours: (count: number) => string): string {
  if (ms < DAY) return clockOf(ms / 1000)
  const hours = Math.floor((ms % DAY) / 3_600_000)
  return `${inHours(Math.floor(ms / DAY) * 24)}${hours === 0 ? '' : ` ${inHours(hours)}`}`
}

/** How long until something is due, or since; by the server's clock. */
export function DueChip({ at, name, warnAt }: { readonly at: number; readonly name?: string; readonly warnAt?: number }) {
  const text = useText()
  const now = useNow() + useDeskState((state) => state.skew)
  const late = now > at
  const words = span(Math.abs(at - now), text.unit.hours)
  return (
    <span className={`ld-chip ld-due ${late ? 'is-alarm' : now > (warnAt ?? at - SOON) ? 'is-ring' : ''}`} data-late={late} title={`${text.unit.dueAt} ${whenOf(at, now, text)}`}>
      {name !== undefined && <b>{name}</b>} <span className="ld-no-print">{late ? text.unit.late(words) : text.unit.left(words)}</span>
    </span>
  )
}

/** Every clock that runs for this unit, the earliest first. */
export function Clocks({ clocks, unitId }: { readonly clocks: readonly RunningClock[]; readonly unitId: string | undefined }) {
  const text = useText()
  const now = Date.now()
  // Cut off from the city: by what is known here; the city's word comes with the line.
  const provisional = useDeskState(({ health }) => health?.line?.up === false)
  const mine = clocks.filter((clock) => clock.unitId === unitId && clock.clock !== 'delivery').sort((a, b) => a.at.urge - b.at.urge)
  if (mine.length === 0) return <p className="ld-faint ld-unit-clocks">{text.unit.noClock}</p>
  return (
    <ul className="ld-unit-clocks">
      {mine.map(({ clock, at }) => <li key={clock} data-clock={clock}><DueChip at={at.urge} name={text.unit.clocks[clock]} warnAt={at.warn} /><span className="ld-faint">{text.unit.dueAt} <span className="ld-no-print">{whenOf(at.urge, now, text)}</span><span className="ld-print-inline">{dayStampOf(at.urge)}{now > at.urge ? ` · ${text.unit.wasLate}` : ''}</span></span>{provisional && <span className="ld-chip is-ring" data-provisional title={text.counties.provisionalHint}>{text.counties.provisional}</span>}</li>)}
    </ul>
  )
}
