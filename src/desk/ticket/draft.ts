import { useState } from 'react'

/** What is chosen and written for an act that was not sent yet. */
export interface Draft { readonly unitId: string | null; readonly unitNote: string; /** Units that help; null: as they are. */ readonly assist: readonly string[] | null; /** What was reported is safe, though another unit goes on with it. */ readonly stillSafe: boolean; readonly outcome: string | null; readonly note: string; /** The note is for who called, too. */ readonly told: boolean }

const EMPTY: Draft = { unitId: null, unitNote: '', assist: null, stillSafe: false, outcome: null, note: '', told: false }
const PREFIX = 'liandong.draft.'
const keyOf = (ticketId: string): string => `${PREFIX}${ticketId}`

const OWNER = `${PREFIX}of`

/** At log-out. */
export function forgetDrafts(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(PREFIX)) sessionStorage.removeItem(key)
}

/** This person is at the desk now: he finds his own drafts, also after his session was lost; the next one does not inherit what another wrote. */
export function keepDraftsOf(personId: string): void {
  if (sessionStorage.getItem(OWNER) !== personId) forgetDrafts()
  sessionStorage.setItem(OWNER, personId)
}

function read(ticketId: string): Draft {
  try {
    return { ...EMPTY, ...(JSON.parse(sessionStorage.getItem(keyOf(ticketId)) ?? '{}') as Partial<Draft>) }
  } catch {
    return EMPTY
  }
}

const earlyKey = (callId: string): string => `${PREFIX}early.${callId}`
/** What was written before the ticket of a call was there. */
export const readEarly = (callId: string): string => sessionStorage.getItem(earlyKey(callId)) ?? ''
/** Keeps it, for this tab; empty text forgets it. */
export function writeEarly(callId: string, text: string): void {
  if (text === '') sessionStorage.removeItem(earlyKey(callId))
  else sessionStorage.setItem(earlyKey(callId), text)
}

/** At log-out: what was written of calls whose ticket is not there yet, once; the ticket has the call's id. */
export const takeEarly = (): { readonly ticketId: string; readonly text: string }[] => Object.keys(sessionStorage).filter((key) => key.startsWith(earlyKey(''))).map((key) => {
  const [ticketId, text] = [key.slice(earlyKey('').length), sessionStorage.getItem(key) ?? '']
  sessionStorage.removeItem(key)
  return { ticketId, text }
})

const callerKey = (number: string): string => `${PREFIX}caller.${number}`
/** What is being written down of a caller, as its form keeps it; null: nothing. */
export const readCallerDraft = (number: string): string | null => sessionStorage.getItem(callerKey(number))
/** Keeps it, for this tab: the form gives way to whoever calls. Null forgets it. */
export function writeCallerDraft(number: string, draft: string | null): void {
  if (draft === null) sessionStorage.removeItem(callerKey(number))
  else sessionStorage.setItem(callerKey(number), draft)
}

/** A ticket's draft, kept over a reload in this tab's sessionStorage: only an act itself goes to the server. */
export function useDraft(ticketId: string): readonly [Draft, (changes: Partial<Draft>) => void] {
  const [kept, setKept] = useState(() => ({ ticketId, draft: read(ticketId) }))
  const draft = kept.ticketId === ticketId ? kept.draft : read(ticketId)
  return [draft, (changes) => {
    const next = { ...draft, ...changes }
    setKept({ ticketId, draft: next })
    const empty = next.unitId === null && next.unitNote === '' && next.assist === null && next.outcome === null && next.note === ''
    if (empty) sessionStorage.removeItem(keyOf(ticketId))
    else sessionStorage.setItem(keyOf(ticketId), JSON.stringify(next))
  }]
}
