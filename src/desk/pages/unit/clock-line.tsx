import type { RunningClock } from '../../../contracts/work.js'
import { dayStampOf, whenOf } from '../../i18n/format.js'
import { useText } from '../../i18n/language.js'
import { useDeskState } from '../../store/desk.js'
import { DueChip } from '../../ticket/due-chip.js'

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
