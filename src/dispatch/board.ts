import { LiandongError } from '../contracts/errors.js'
import { LIFE_CYCLE, type TicketState } from '../contracts/life-cycle.js'
import type { TicketSummary } from '../contracts/call.js'
import type { Self } from '../contracts/people.js'
import type { Category } from '../contracts/routes/dispatch.js'
import type { SavedView } from '../contracts/routes/board.js'
import { PRIORITY_NAMES, type Priority } from '../contracts/work.js'
import { csvOf, csvRows } from './core/csv.js'
import type { TicketQuery, Tickets } from './ports.js'

export interface BoardStore {
  views(personId: string): Promise<readonly SavedView[]>
  /** False: that id is another's. */
  saveView(view: SavedView, personId: string): Promise<boolean>
  removeView(id: string, personId: string, sharedToo: boolean): Promise<boolean>
  /** Noted before the first row leaves the house. → its id */
  noteExport(personId: string, filter: object): Promise<void>
  noteExported(personId: string, filter: object, rows: number, whole: boolean): Promise<void>
  /** Everything that a filter finds, as it stood at one moment, some rows at a time. Whoever stops reading ends it. */
  stream(query: Omit<TicketQuery, 'limit' | 'offset'>): AsyncIterable<readonly TicketSummary[]>
}

export interface Board {
  views(who: Self): Promise<readonly SavedView[]>
  saveView(who: Self, view: SavedView): Promise<void>
  removeView(who: Self, id: string): Promise<void>
  /** Piece by piece, however much it is. @throws LiandongError `board.export-busy` */
  csv(who: Self, query: Omit<TicketQuery, 'limit' | 'offset'>): Promise<AsyncGenerator<string>>
}

/** Exports under way at a time on a node: each holds a connection as long as its reader takes. */
const MOST_AT_ONCE = 2

/** The dispatcher's board: saved views and the list as CSV. `timeZone`: IANA name of the city's zone. */
export function makeBoard({ store, tickets, categories, timeZone }: { readonly store: BoardStore; readonly tickets: Pick<Tickets, 'units'>; readonly categories: () => readonly Category[]; readonly timeZone: string }): Board {
  const stamp = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  let going = 0
  const leads = (who: Self): boolean => who.role === 'supervisor' || who.role === 'admin'
  return {
    views: (who) => store.views(who.id),
    async saveView(who, view) {
      if (view.shared && !leads(who)) throw new LiandongError('auth.forbidden', { role: who.role })
      if (!(await store.saveView(view, who.id))) throw new LiandongError('auth.forbidden', { role: who.role })
    },
    async removeView(who, id) { if (!(await store.removeView(id, who.id, leads(who)))) throw new LiandongError('request.not-found', { what: id }) },
    async csv(who, query) {
      if (who.role === 'unit') throw new LiandongError('auth.forbidden', { role: who.role })
      if (going >= MOST_AT_ONCE) throw new LiandongError('board.export-busy')
      going += 1
      try {
        const english = who.language === 'en'
        const names = new Map((await tickets.units()).map(({ id, name, nameEn }) => [id, english && nameEn !== '' ? nameEn : name]))
        const kinds = new Map(categories().map(({ code, name }) => [code, english ? name.en : name.zh]))
        // Who takes citizens' matters out of the house, and which: noted first, and once more when it is over.
        await store.noteExport(who.id, query)
        return rows(who, query, names, kinds)
      } catch (error) {
        going -= 1
        throw error
      }
    },
  }

  async function* rows(who: Self, query: Omit<TicketQuery, 'limit' | 'offset'>, names: ReadonlyMap<string, string>, kinds: ReadonlyMap<string, string>): AsyncGenerator<string> {
    const english = who.language === 'en'
    const time = (at: number | null | undefined): string => (at == null ? '' : stamp.format(at))
    let count = 0
    let whole = false
    const found = store.stream(query)[Symbol.asyncIterator]()
    try {
      // The first rows before the head: what cannot be read is refused as a whole.
      let next = await found.next()
      yield csvOf([english
        ? ['Number', 'State', 'Category', 'Priority', 'Hazard', 'Place', 'Description', 'Unit', 'Assisting', 'Opened', 'Due', 'Merged here']
        : ['编号', '状态', '类别', '等级', '险情', '地点', '诉求', '主办单位', '协办单位', '受理时间', '到期', '并入数']])
      for (; next.done !== true; next = await found.next()) {
        const some = next.value
        yield csvRows(some.map((one) => [
          one.number, LIFE_CYCLE[one.state as TicketState].name[english ? 'en' : 'zh'], kinds.get(one.category ?? '') ?? one.category ?? '', one.priority === undefined ? '' : PRIORITY_NAMES[one.priority as Priority][english ? 'en' : 'zh'], one.hazard === true ? (english ? 'yes' : '是') : '', one.place, one.description,
          names.get(one.unitId ?? '') ?? one.unitId ?? '', (one.assist ?? []).map((unitId) => names.get(unitId) ?? unitId).join(english ? ', ' : '、'), time(one.openedAt), time(one.dueAt), one.members ?? 0,
        ]))
        count += some.length
      }
      whole = true
    } finally {
      going -= 1
      await found.return?.()
      await store.noteExported(who.id, query, count, whole)
    }
  }
}
