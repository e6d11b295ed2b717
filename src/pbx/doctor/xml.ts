/** An element as `xml_locate` prints it. Text between elements means nothing in FreeSWITCH's configuration. */
export interface Element { readonly name: string; readonly attributes: ReadonlyMap<string, string>; readonly children: readonly Element[] }

const TAG = /<(\/?)([A-Za-z][\w:.-]*)((?:\s+[\w:.-]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g
const ATTRIBUTE = /([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescape = (text: string): string => text.replace(/&(#x?[0-9a-f]+|\w+);/gi, (whole, name: string) => {
  if (!name.startsWith('#')) return ENTITIES[name] ?? whole
  const code = name[1] === 'x' || name[1] === 'X' ? parseInt(name.slice(2), 16) : Number(name.slice(1))
  return Number.isInteger(code) && code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : whole
})

/** The first element of `text` with everything in it; null when there is none. Never throws. */
export function parseXml(text: string): Element | null {
  interface Open { name: string; attributes: Map<string, string>; children: Open[] }
  const top: Open = { name: '', attributes: new Map(), children: [] }
  const stack = [top]
  for (const [, closing, name = '', attributes = '', selfClosing] of text.replace(/<!--[\s\S]*?-->/g, '').matchAll(TAG)) {
    if (closing === '/') {
      if (stack.length > 1) stack.pop()
      continue
    }
    const element: Open = { name, attributes: new Map([...attributes.matchAll(ATTRIBUTE)].map(([, key = '', double, single]) => [key, unescape(double ?? single ?? '')])), children: [] }
    stack.at(-1)?.children.push(element)
    if (selfClosing !== '/') stack.push(element)
  }
  return top.children[0] ?? null
}

/** All elements of this name below, in the order of the document. */
export function* descendants(element: Element, name: string): Generator<Element> {
  for (const child of element.children) {
    if (child.name === name) yield child
    yield* descendants(child, name)
  }
}

/** `<param name="…" value="…"/>` below this element, first one wins. */
export function params(element: Element | null): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  if (element === null) return found
  for (const { attributes } of descendants(element, 'param')) {
    const name = attributes.get('name')
    if (name !== undefined && !found.has(name)) found.set(name, attributes.get('value') ?? '')
  }
  return found
}
