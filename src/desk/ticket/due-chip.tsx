import { clockOf, whenOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'
import { useNow } from '../store/now.js'

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
