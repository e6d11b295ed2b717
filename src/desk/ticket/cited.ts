/** A rule of duty by whom it names, as far as it is known: `→ 城市管理局 (MH-03)`. */
export const citedText = ({ duty, to }: { readonly duty: string; readonly to?: string | undefined }, nameOf: (unitId: string) => string): string => (to === undefined ? duty : `→ ${nameOf(to)} (${duty})`)

/** What the history puts before the note of who cites a rule: `[MH-03 → urban-management] …`, or without the unit by a program that did not say. Null: it cites none. */
export function readCited(note: string): { readonly duty: string; readonly to?: string; readonly note: string } | null {
  const [, duty, to, rest = ''] = /^\[([A-Za-z0-9.-]{1,32})(?: → ([a-z0-9-]{2,32}))?\] ?([\s\S]*)$/.exec(note) ?? []
  return duty === undefined ? null : { duty, ...(to !== undefined && { to }), note: rest }
}
