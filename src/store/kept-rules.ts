import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../disk/whole-file.js'
import type { Calendar } from '../dispatch/core/calendar.js'
import type { Rules } from '../dispatch/core/rules.js'

/** What of the rules counts where PostgreSQL is away at the start. */
type KeptRules = Pick<Rules, 'clocks' | 'home'> & { readonly calendar: Pick<Calendar, 'days' | 'years'> }
/** A program of before kept the calendar alone, in the same file. */
interface Kept { readonly days: readonly (readonly [string, 'holiday' | 'workday'])[]; readonly years: readonly number[]; readonly clocks?: Rules['clocks']; readonly home?: NonNullable<Rules['home']> }

/** The city's calendar and limits as they were last seen, on this machine: when PostgreSQL is away at the start, callers enter their flows by the one, and tickets show their danger and clocks by the others. */
export function makeKeptRules(home: string, logger: { warn(fields: object, text: string): void }) {
  const file = join(home, 'calendar.json')
  const text = ({ calendar: { days, years }, clocks, home: line }: KeptRules): string => JSON.stringify({ days: [...days], years: [...years], clocks, ...(line !== undefined && { home: line }) } satisfies Kept)
  let known = ''
  let writing: Promise<void> = Promise.resolve()
  return {
    /** Empty when nothing was kept, or it cannot be read. */
    last(): KeptRules {
      try {
        known = readFileSync(file, 'utf8')
        const { days, years, clocks = [], home: line } = JSON.parse(known) as Kept
        return { calendar: { days: new Map(days), years: new Set(years) }, clocks, ...(line !== undefined && { home: line }) }
      } catch {
        known = ''
        return { calendar: { days: new Map(), years: new Set() }, clocks: [] }
      }
    },
    /** Nobody waits for the disk. */
    keep(rules: KeptRules): void {
      const now = text(rules)
      if (now === known) return
      known = now
      writing = mkdir(home, { recursive: true }).then(() => replaceFile(file, now)).catch((error: unknown) => {
        known = ''
        logger.warn({ err: error }, 'calendar and limits were not kept on this machine')
      })
    },
    close: (): Promise<void> => writing,
  }
}
