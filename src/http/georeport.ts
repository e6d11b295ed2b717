/** What XML keeps for itself. */
const MARKS: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\'': '&apos;' }
/** Text inside XML; what XML 1.0 cannot hold at all is left out. */
const escaped = (text: string): string => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '').replace(/[&<>"']/g, (mark) => MARKS[mark] ?? mark)

/** What GeoReport v2 answers with. */
export type Item = string | number | boolean | null | readonly Item[] | { readonly [name: string]: Item }

/** Lists → what each of their items is called in XML. JSON has no names for them. */
const ITEMS: Readonly<Record<string, string>> = { services: 'service', service_requests: 'request', errors: 'error', endpoints: 'endpoint', formats: 'format', attributes: 'attribute' }

const element = (name: string, inner: string): string => `<${name}>${inner}</${name}>`
function xmlOf(name: string, value: Item): string {
  if (Array.isArray(value)) return element(name, value.map((one) => xmlOf(ITEMS[name] ?? 'item', one as Item)).join(''))
  if (typeof value === 'object' && value !== null) return element(name, Object.entries(value).map(([key, one]) => xmlOf(key, one)).join(''))
  return element(name, escaped(String(value ?? '')))
}

export type Format = 'json' | 'xml'

/** What an address asks for: its ending says so. Without one it is XML, which whoever speaks GeoReport v2 understands, unless the client wants JSON and no XML. @param accept the client's header */
export function formatOf(url: string, accept = ''): Format {
  const ending = /\.(json|xml)(\?|$)/.exec(url)?.[1]
  if (ending !== undefined) return ending as Format
  return /\bjson\b/.test(accept) && !/\bxml\b/.test(accept) ? 'json' : 'xml'
}

/** A document of GeoReport v2. @param name what XML calls its root */
export function georeport(format: Format, name: string, value: Item): { readonly type: string; readonly body: string } {
  if (format === 'json') return { type: 'application/json; charset=utf-8', body: JSON.stringify(value) }
  return { type: 'text/xml; charset=utf-8', body: `<?xml version="1.0" encoding="utf-8"?>\n${xmlOf(name, value)}\n` }
}

/** A refusal as GeoReport v2 has it: a list of errors with code and description. */
export const georeportErrors = (format: Format, code: number, description: string): { readonly type: string; readonly body: string } => georeport(format, 'errors', [{ code, description }])
