import { createContext, use, useSyncExternalStore } from 'react'
import type { Category } from '../../contracts/routes/dispatch.js'
import type { Self } from '../../contracts/people.js'
import type { Language } from '../../contracts/primitives.js'
import type { Unit } from '../../contracts/ticket.js'
import type { DeskSocket } from '../api/socket.js'
import type { Dictionary } from '../i18n/zh-CN.js'
import type { Keeper } from '../outbox/keeper.js'
import type { Phone } from '../phone/phone.js'
import type { Outbox } from '../outbox/outbox.js'
import { useStore, type Store } from './store.js'
import type { DeskState } from './state.js'

/** The code book and the linked units, read once at log-in. */
export interface Book { readonly categories: readonly Category[]; readonly units: readonly Unit[] }

/** What every part of a signed-in desk works with. */
export interface Desk {
  readonly self: Self
  /** Operators and supervisors with a phone take calls. */
  readonly hasSeat: boolean
  readonly store: Store
  readonly keeper: Keeper
  readonly socket: DeskSocket
  readonly phone: Phone
  readonly book: Book
  /** Signs out; text that is not acknowledged stays in the browser for the next log-in. */
  readonly logOut: () => void
}

export const DeskContext = createContext<Desk | null>(null)

/**
 * What the signed-in desk shares.
 * @throws outside of it.
 */
export function useDesk(): Desk {
  const desk = use(DeskContext)
  if (desk === null) throw new Error('useDesk outside of a signed-in desk')
  return desk
}

/** A part of the desk's state; the component is drawn anew when it changes. */
export const useDeskState = <T,>(select: (state: DeskState) => T): T => useStore(useDesk().store, select)

/** What one ticket still owes the server. */
export function useOutbox(ticketId: string | undefined): Outbox | undefined {
  const { keeper } = useDesk()
  return useSyncExternalStore(keeper.subscribe, () => (ticketId === undefined ? undefined : keeper.get(ticketId)))
}

/** Name of a category; its code when the book does not know it. */
export const categoryName = (book: Book, code: string | null | undefined, language: Language): string => {
  if (code == null) return ''
  const category = book.categories.find((entry) => entry.code === code)
  return category === undefined ? code : category.name[language === 'en' ? 'en' : 'zh']
}

/** What a ticket is about, by one name on every page: its category, without one its kind, else that nobody settled it. */
export const matterOf = (book: Book, { category, kind }: { readonly category: string | null; readonly kind: string | null }, language: Language, text: Dictionary): string =>
  categoryName(book, category, language) || (kind === null ? text.ticket.kindHint : (text.ticket.kinds as Readonly<Record<string, string>>)[kind] ?? kind)

/** Name of a unit; its id when the book does not know it. */
export const unitName = (book: Book, id: string | null | undefined, language: Language): string => {
  if (id == null) return ''
  const unit = book.units.find((entry) => entry.id === id)
  if (unit === undefined) return id
  return language === 'en' && unit.nameEn !== '' ? unit.nameEn : unit.name
}
