import type { ActResult, Ticket, TicketAct, TicketFields } from '../../contracts/ticket.js'

/**
 * What one ticket still owes the server: text that is being typed, and sealed acts in order. A sealed act never changes, so that
 * sending it again after a reload or a lost answer is the same act (`actId`). Pure; `keeper.ts` sends and stores.
 */
export interface Outbox {
  readonly ticketId: string
  /** Typed and not yet sealed. */
  readonly typed: Partial<TicketFields>
  /** The version on the screen when the first of `typed` was typed: what was changed since then, not in this window, is a conflict. */
  readonly typedBase: number
  /** When the first of `typed` was typed, ms. */
  readonly typedAt: number
  readonly acts: readonly TicketAct[]
  readonly sending: boolean
  readonly trouble: Trouble | null
  /** Where the last acknowledged act went. */
  readonly stored: { readonly where: ActResult['stored']; readonly at: number } | null
}

export type Trouble =
  /** No answer, or the server is unwell: tried again by itself. */
  | { readonly type: 'retrying'; readonly tries: number }
  /** Somebody else changed the same fields, or he himself in another window; `theirs` is the ticket as it stands now, once it is known. */
  | { readonly type: 'conflict'; readonly fields: readonly (keyof TicketFields)[]; readonly theirs: Ticket | null }
  /** The server will not have the first act as it is. */
  | { readonly type: 'refused'; readonly code: string; readonly text: string }

export type SaveState = 'clean' | 'unsaved' | 'saving' | 'retrying' | 'saved' | 'journal' | 'conflict' | 'refused'

/** Nothing is owed for this ticket. */
export const emptyOutbox = (ticketId: string): Outbox => ({ ticketId, typed: {}, typedBase: 0, typedAt: 0, acts: [], sending: false, trouble: null, stored: null })

const isEmpty = (changes: object): boolean => Object.keys(changes).length === 0

/** Nothing that could be lost. */
export const owesNothing = (box: Outbox): boolean => isEmpty(box.typed) && box.acts.length === 0

/** What the form says about saving. */
export function saveStateOf(box: Outbox | undefined): SaveState {
  if (box === undefined) return 'clean'
  if (box.trouble !== null) return box.trouble.type
  if (box.sending || box.acts.length > 0) return 'saving'
  if (!isEmpty(box.typed)) return 'unsaved'
  if (box.stored === null) return 'clean'
  return box.stored.where === 'journal' ? 'journal' : 'saved'
}

/** The fields as the writer sees them: the server's, with everything he typed on top. */
export function shownFields(fields: TicketFields, box: Outbox | undefined): TicketFields {
  if (box === undefined) return fields
  let shown: TicketFields = fields
  for (const act of box.acts) if (act.act === 'edit') shown = { ...shown, ...act.changes }
  return isEmpty(box.typed) ? shown : { ...shown, ...box.typed }
}

/** Whether any of these is another value than the one that is there. */
export const changesAny = (fields: TicketFields, changes: Partial<TicketFields>): boolean => (Object.keys(changes) as (keyof TicketFields)[]).some((field) => JSON.stringify(changes[field]) !== JSON.stringify(fields[field]))

/** The writer typed. A refused edit is taken back into what he types: he is correcting it. */
export function typing(box: Outbox, changes: Partial<TicketFields>, seenVersion: number, now: number): Outbox {
  const [head, ...rest] = box.acts
  if (box.trouble?.type === 'refused' && head?.act === 'edit') {
    return { ...box, typed: { ...head.changes, ...box.typed, ...changes }, typedBase: head.baseVersion, typedAt: now, acts: rest, trouble: null }
  }
  const first = isEmpty(box.typed)
  return { ...box, typed: { ...box.typed, ...changes }, typedBase: first ? seenVersion : box.typedBase, typedAt: first ? now : box.typedAt }
}

/** Seals what was typed into one edit. @param window where it was typed */
export function seal(box: Outbox, actId: string, window: string): Outbox {
  if (isEmpty(box.typed)) return box
  return { ...box, typed: {}, acts: [...box.acts, { actId, act: 'edit', baseVersion: box.typedBase, window, changes: box.typed }] }
}

/** Adds an act that is not an edit, behind everything typed before it. */
export const add = (box: Outbox, act: TicketAct, sealId: string, window: string): Outbox => {
  const sealed = seal(box, sealId, window)
  return { ...sealed, acts: [...sealed.acts, act] }
}

/** The act to send now, if any. A conflict or a refusal waits for the writer. */
export function nextAct(box: Outbox): TicketAct | undefined {
  if (box.sending || box.trouble?.type === 'conflict' || box.trouble?.type === 'refused') return undefined
  return box.acts[0]
}

/** The server has this act; `now`: ms since epoch. */
export function acknowledged(box: Outbox, actId: string, stored: ActResult['stored'], now: number): Outbox {
  return { ...box, sending: false, trouble: null, acts: box.acts.filter((act) => act.actId !== actId), stored: { where: stored, at: now } }
}

/** Health that was told so soon after an act may be older than it, ms. */
const SETTLING = 1_000

/** The journal is empty, as told at `now`, ms since epoch: what was acknowledged out of it stands in the database. */
export const drained = (box: Outbox, now: number): Outbox =>
  (box.stored?.where === 'journal' && now - box.stored.at >= SETTLING ? { ...box, stored: { ...box.stored, where: 'database' } } : box)

/** No answer came: the same act is sent again. */
export const unanswered = (box: Outbox): Outbox =>
  ({ ...box, sending: false, trouble: { type: 'retrying', tries: box.trouble?.type === 'retrying' ? box.trouble.tries + 1 : 1 } })

/** A refused edit stays, so that its text is not lost; any other act goes, its button can be pressed again. */
export function refused(box: Outbox, code: string, text: string): Outbox {
  const [head, ...rest] = box.acts
  if (head === undefined) return { ...box, sending: false, trouble: null }
  if (head.act !== 'edit') return { ...box, sending: false, trouble: null, acts: rest }
  return { ...box, sending: false, trouble: { type: 'refused', code, text } }
}

/** The same fields were written elsewhere meanwhile: the writer decides. */
export const conflicted = (box: Outbox, fields: readonly (keyof TicketFields)[], theirs: Ticket | null): Outbox =>
  ({ ...box, sending: false, trouble: { type: 'conflict', fields, theirs } })

/** The writer insists: the same change, now knowing what the others wrote. It is another act. */
export function keepMine(box: Outbox, actId: string): Outbox {
  const [head, ...rest] = box.acts
  if (box.trouble?.type !== 'conflict' || box.trouble.theirs === null || head === undefined) return box
  return { ...box, trouble: null, acts: [{ ...head, actId, baseVersion: box.trouble.theirs.version }, ...rest] }
}

/** The writer gives way: his text in the contested fields goes, the rest of his change is sent. */
export function takeTheirs(box: Outbox, actId: string): Outbox {
  if (box.trouble?.type !== 'conflict' || box.trouble.theirs === null) return box
  const { fields, theirs } = box.trouble
  const without = <T extends Partial<TicketFields>>(changes: T): T => Object.fromEntries(Object.entries(changes).filter(([field]) => !fields.includes(field as keyof TicketFields))) as T
  const acts = box.acts.flatMap((act, index): TicketAct[] => {
    if (act.act !== 'edit') return [act]
    const changes = without(act.changes)
    if (isEmpty(changes)) return []
    return [{ ...act, changes, ...(index === 0 ? { actId, baseVersion: theirs.version } : {}) }]
  })
  return { ...box, trouble: null, acts, typed: without(box.typed) }
}

/** The writer drops a refused edit. */
export const discard = (box: Outbox): Outbox => ({ ...box, trouble: null, acts: box.acts.slice(1) })
