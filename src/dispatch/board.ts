import { LiandongError } from '../contracts/errors.js'
import { LIFE_CYCLE, type TicketState } from '../contracts/life-cycle.js'
import type { Self } from '../contracts/people.js'
import type { Category } from '../contracts/routes/dispatch.js'
import type { SavedView } from '../contracts/routes/board.js'
import { csvOf } from './core/csv.js'
import type { TicketQuery, Tickets } from './ports.js'

export interface BoardStore {
  views(personId: string): Promise<readonly SavedView[]>
  /** False: that id is another's. */
  saveView(view: SavedView, personId: string): Promise<boolean>
  removeView(id: string, personId: string, sharedToo: boolean): Promise<boolean>
  noteExport(personId: string, filter: object, rows: number): Promise<void>
}

export interface Board {
  views(who: Self): Promise<readonly SavedView[]>
  saveView(who: Self, view: SavedView): Promise<void>
  removeView(who: Self, id: string): Promise<void>
  csv(who: Self, query: Omit<TicketQuery, 'limit' | 'offset'>): Promise<string>
}

/** A spreadsheet of more is no list any more; the figures are for that. */
export const MOST_EXPORTED = 20_000
const AT_ONCE = 1_000

/** The dispatcher's board: saved views and the list as CSV. `timeZone`: IANA name of the city's zone. */
export function makeBoard({ store, tickets, categories, timeZone }: { readonly store: BoardStore; readonly tickets: Pick<Tickets, 'list' | 'units'>; readonly categories: () => readonly Category[]; readonly timeZone: string }): Board {
  const stamp = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  const leads = (who: Self): boolean => who.role === 'supervisor' || who.role === 'admin'
  return {
    views: (who) => store.views(who.id),
    async saveView(who, view) {
      if (view.shared && !leads(who)) throw new LiandongError('auth.forbidden', { role: who.role })
      if (!(await store.saveView(view, who.id))) throw new LiandongError('auth.forbidden', { role: who.role })
    },
    async removeView(who, id) { if (!(await store.removeView(id, who.id, leads(who)))) throw new LiandongError('request.not-found', { what: id }) },
    async csv(who, query) {
      const english = who.language === 'en'
      const names = new Map((await tickets.units()).map(({ id, name, nameEn }) => [id, english && nameEn !== '' ? nameEn : name]))
      const kinds = new Map(categories().map(({ code, name }) => [code, english ? name.en : name.zh]))
      const time = (at: number | null | undefined): string => (at == null ? '' : stamp.format(at))
      const rows: (readonly (string | number | null)[])[] = [english
        ? ['Number', 'State', 'Category', 'Priority', 'Hazard', 'Place', 'Description', 'Unit', 'Assisting', 'Opened', 'Due', 'Merged here']
        : ['编号', '状态', '类别', '等级', '险情', '地点', '诉求', '主办单位', '协办单位', '受理时间', '到期', '并入数']]
      for (let offset = 0; offset < MOST_EXPORTED; offset += AT_ONCE) {
        const { tickets: found } = await tickets.list(who, { ...query, limit: AT_ONCE, offset })
        for (const one of found) {
          rows.push([
            one.number, LIFE_CYCLE[one.state as TicketState].name[english ? 'en' : 'zh'], kinds.get(one.category ?? '') ?? one.category ?? '', one.priority ?? '', one.hazard === true ? (english ? 'yes' : '是') : '', one.place, one.description,
            names.get(one.unitId ?? '') ?? one.unitId ?? '', (one.assist ?? []).map((unitId) => names.get(unitId) ?? unitId).join('、'), time(one.openedAt), time(one.dueAt), one.members ?? 0,
          ])
        }
        if (found.length < AT_ONCE) break
      }
      // Who took citizens' matters out of the house, and which.
      await store.noteExport(who.id, query, rows.length - 1)
      return csvOf(rows)
    },
  }
}
