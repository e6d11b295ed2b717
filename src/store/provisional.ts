import { randomInt } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { NO_WORK, type Ticket } from '../contracts/ticket.js'
import { opened } from '../dispatch/core/opened.js'
import type { Rules } from '../dispatch/core/rules.js'
import type { TicketOpening } from '../intake/ports.js'
import { replaceFile } from '../disk/whole-file.js'

/** No I and no O: they are heard and read as digits. */
const LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ'

/** So many of them are an installation's own: 24⁴, so that two of them hardly ever draw the same. */
const DRAWN = 4

/**
 * Numbers for tickets that PostgreSQL has not numbered yet: four letters, day of the month, running number: `P-KMXR27-001`. The letters are drawn
 * once for each file, not made of the node's name: two nodes on one machine may have the same, and nobody can be asked while PostgreSQL is away.
 * They are read out to citizens, so they are found again later (`ticket.provisional_number`) and do not come twice: the count never begins anew, for
 * the day of the month comes back, nor after a restart: each is on the disk before it is given out. Not by a write that the event loop waits for: on a busy disk that took 5 ms at the median and 135 ms
 * at worst (two fsyncs, file and directory), and there are most of them when PostgreSQL is away and many callers are answered. All that are asked
 * for during one write are kept by the next.
 */
export function makeProvisionalNumbers({ file, dayOf, onTrouble }: { readonly file: string; readonly dayOf: () => number; readonly onTrouble: (fields: object, text: string) => void }): () => Promise<string> {
  let last = readLast(file)
  let writing: Promise<void> = Promise.resolve()
  /** The write that has not begun. */
  let next: Promise<void> | null = null

  function kept(): Promise<void> {
    next ??= writing.then(async () => {
      next = null
      await replaceFile(file, JSON.stringify(last), { mode: 0o600 }).catch((error: unknown) => {
        onTrouble({ err: error, file }, 'the last provisional number could not be kept; one may come twice after a restart')
      })
    })
    writing = next
    return next
  }

  return async () => {
    const day = dayOf()
    last = { letters: last.letters, day, count: last.count + 1 }
    const number = `P-${last.letters}${String(day).padStart(2, '0')}-${String(last.count).padStart(3, '0')}`
    await kept()
    return number
  }
}

interface Last { readonly letters: string; readonly day: number; readonly count: number }

function readLast(file: string): Last {
  try {
    const { letters, day, count } = JSON.parse(readFileSync(file, 'utf8')) as { letters?: unknown; day?: unknown; count?: unknown }
    if (typeof letters === 'string' && new RegExp(`^[${LETTERS}]{${DRAWN}}$`).test(letters) && typeof day === 'number' && typeof count === 'number') return { letters, day, count }
  } catch {
    // None was given yet.
  }
  return { letters: Array.from({ length: DRAWN }, () => LETTERS[randomInt(LETTERS.length)] ?? '').join(''), day: 0, count: 0 }
}

/** The ticket as it is shown until PostgreSQL has it. @param rules by which the hall's clocks run from the beginning, as they will there */
export const provisionalTicket = ({ record, operatorId, answeredAt, callBack, place, callerName }: TicketOpening, number: string, now: number, rules: Rules): Ticket => opened({
  id: record.callId, number, provisional: true, state: 'open', version: 1,
  fields: { kind: null, category: record.category ?? null, place, point: record.location ?? null, description: '', callerName, callBack },
  outcome: null, unitId: null, operatorId: operatorId === '' ? null : operatorId, caller: record.caller, tags: [...record.tags],
  openedAt: now, answeredAt, dispatchedAt: null, closedAt: null, work: NO_WORK,
}, rules, Math.min(now, answeredAt))
