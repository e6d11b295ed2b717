/** What XML keeps for itself. */
const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&apos;' }
/** Text inside XML; what XML 1.0 cannot hold at all is left out. */
export const escaped = (text: string): string => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (mark) => MARKS[mark] ?? mark)

/** A refusal as GeoReport v2 has it: a list of errors with code and description, in the format that the address ends in. */
export function georeportErrors(url: string, status: number, description: string): { readonly type: string; readonly body: string } {
  if (/\.json(\?|$)/.test(url)) return { type: 'application/json; charset=utf-8', body: JSON.stringify([{ code: status, description }]) }
  return { type: 'text/xml; charset=utf-8', body: `<?xml version="1.0" encoding="utf-8"?>\n<errors><error><code>${status}</code><description>${escaped(description)}</description></error></errors>\n` }
}
