import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { replaceFile } from '../disk/whole-file.js'
import type { Calendar } from '../dispatch/core/calendar.js'

type Days = Pick<Calendar, 'days' | 'years'>
interface Kept { readonly days: readonly (readonly [string, 'holiday' | 'workday'])[]; readonly years: readonly number[] }

/** The city's calendar as it was last seen, on this machine: callers enter their flows by it when PostgreSQL is away at the start. */
export function makeKeptCalendar(home: string, logger: { warn(fields: object, text: string): void }) {
  const file = join(home, 'calendar.json')
  const text = ({ days, years }: Days): string => JSON.stringify({ days: [...days], years: [...years] } satisfies Kept)
  let known = ''
  let writing: Promise<void> = Promise.resolve()
  return {
    /** Empty when nothing was kept, or it cannot be read. */
    last(): Days {
      try {
        known = readFileSync(file, 'utf8')
        const { days, years } = JSON.parse(known) as Kept
        return { days: new Map(days), years: new Set(years) }
      } catch {
        known = ''
        return { days: new Map(), years: new Set() }
      }
    },
    /** Nobody waits for the disk. */
    keep(calendar: Days): void {
      const now = text(calendar)
      if (now === known) return
      known = now
      writing = mkdir(home, { recursive: true }).then(() => replaceFile(file, now)).catch((error: unknown) => {
        known = ''
        logger.warn({ err: error }, 'the calendar was not kept on this machine')
      })
    },
    close: (): Promise<void> => writing,
  }
}
