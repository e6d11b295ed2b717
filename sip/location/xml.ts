/**
 * A small strict reader of namespaced XML for location documents. What is no well-formed document without DTD is refused at once:
 * no entity is ever defined, nothing outside the text is ever read, and size, depth and number of elements are bounded.
 */
export interface XmlElement {
  readonly namespace: string
  readonly name: string
  /** By local name; attributes of other namespaces are left out. */
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlElement[]
  readonly text: string
}

export class XmlError extends Error {
  constructor(readonly reason: string, readonly at: number) {
    super(`${reason} (character ${at})`)
    this.name = 'XmlError'
  }
}

export const XML_LIMITS = { characters: 64 * 1024, depth: 32, elements: 2_000, attributes: 32 } as const

const NAME = /[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?/y
const SPACE = /[ \t\r\n]*/y
const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
/** Characters XML 1.0 does not allow at all. */
const ILLEGAL = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/

interface Open {
  readonly qualified: string
  readonly namespace: string
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly scope: ReadonlyMap<string, string>
  readonly children: XmlElement[]
  text: string
}

/** @throws XmlError */
export function parseXml(source: string): XmlElement {
  const xml = source.startsWith('\ufeff') ? source.slice(1) : source
  if (xml.length > XML_LIMITS.characters) throw new XmlError('too long', XML_LIMITS.characters)
  const illegal = ILLEGAL.exec(xml)
  if (illegal !== null) throw new XmlError('illegal character', illegal.index)
  let at = 0
  let elements = 0
  const roots: XmlElement[] = []
  const stack: Open[] = []
  const fail = (reason: string): never => { throw new XmlError(reason, at) }
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const [found = ''] = pattern.exec(xml) ?? []
    at += found.length
    return found
  }
  const skipTo = (end: string): string => {
    const next = xml.indexOf(end, at)
    if (next < 0) return fail(`${end} is missing`)
    const text = xml.slice(at, next)
    at = next + end.length
    return text
  }
  const unescape = (text: string): string => text.replace(/&([^;&]{0,10};)?/g, (_, entity: string | undefined) => {
    const name = entity?.slice(0, -1) ?? ''
    const known = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined
    if (known !== undefined) return known
    const code = /^#x[0-9a-f]{1,6}$/i.test(name) ? parseInt(name.slice(2), 16) : /^#\d{1,7}$/.test(name) ? Number(name.slice(1)) : -1
    if (code < 0 || code > 0x10_ff_ff || (code >= 0xd800 && code <= 0xdfff) || (code < 32 && ![9, 10, 13].includes(code))) return fail(`entity &${name}; is not defined`)
    return String.fromCodePoint(code)
  })
  const resolve = (scope: ReadonlyMap<string, string>, prefix: string): string => scope.get(prefix) ?? (prefix === '' ? '' : fail(`prefix ${prefix} is not bound`))

  function open(): void {
    const qualified = take(NAME)
    if (qualified === '') fail('an element has no name')
    elements += 1
    if (elements > XML_LIMITS.elements) fail('too many elements')
    if (stack.length >= XML_LIMITS.depth) fail('too deep')
    if (stack.length === 0 && roots.length > 0) fail('a second root')
    const raw = new Map<string, string>()
    for (;;) {
      const gap = take(SPACE)
      if (xml[at] === '>' || xml[at] === '/') break
      const name = take(NAME)
      if (name === '' || gap === '') fail('a broken tag')
      take(SPACE)
      if (xml[at] !== '=') fail(`attribute ${name} has no value`)
      at += 1
      take(SPACE)
      const quote = xml[at]
      if (quote !== '"' && quote !== "'") return fail(`attribute ${name} is not quoted`)
      at += 1
      const value = skipTo(quote)
      if (value.includes('<')) fail(`< in attribute ${name}`)
      if (raw.has(name)) fail(`attribute ${name} twice`)
      raw.set(name, unescape(value))
      if (raw.size > XML_LIMITS.attributes) fail('too many attributes')
    }
    const scope = new Map(stack.at(-1)?.scope ?? [['xml', 'http://www.w3.org/XML/1998/namespace']])
    const attributes = new Map<string, string>()
    for (const [name, value] of raw) {
      if (name === 'xmlns') scope.set('', value)
      else if (name.startsWith('xmlns:')) scope.set(name.slice(6), value)
      else if (!name.includes(':')) attributes.set(name, value)
    }
    const [prefix, local] = qualified.includes(':') ? (qualified.split(':') as [string, string]) : ['', qualified]
    stack.push({ qualified, namespace: resolve(scope, prefix), name: local, attributes, scope, children: [], text: '' })
    if (xml[at] === '/') {
      at += 1
      if (xml[at] !== '>') fail('a broken tag')
      at += 1
      close(qualified)
    } else at += 1
  }

  function close(qualified: string): void {
    const element = stack.pop()
    if (element?.qualified !== qualified) return fail(`</${qualified}> closes nothing`)
    const { namespace, name, attributes, children, text } = element
    const done: XmlElement = { namespace, name, attributes, children, text: text.trim() }
    const siblings = stack.at(-1)?.children ?? roots
    siblings.push(done)
  }

  while (at < xml.length) {
    if (xml.startsWith('<?', at)) {
      if (at !== 0 || !/^<\?xml\s/.test(xml)) fail('a processing instruction')
      skipTo('?>')
    } else if (xml.startsWith('<!--', at)) {
      at += 4
      skipTo('-->')
    } else if (xml.startsWith('<![CDATA[', at)) {
      at += 9
      const text = skipTo(']]>')
      const inside = stack.at(-1)
      if (inside === undefined) return fail('text outside the root')
      inside.text += text
    } else if (xml.startsWith('<!', at)) fail('a document type: never read here')
    else if (xml.startsWith('</', at)) {
      at += 2
      const name = take(NAME)
      take(SPACE)
      if (xml[at] !== '>') fail('a broken tag')
      at += 1
      close(name)
    } else if (xml[at] === '<') {
      at += 1
      open()
    } else {
      const next = xml.indexOf('<', at)
      const text = xml.slice(at, next < 0 ? xml.length : next)
      const inside = stack.at(-1)
      if (inside === undefined && text.trim() !== '') fail('text outside the root')
      if (inside !== undefined) inside.text += unescape(text)
      at += text.length
    }
  }
  if (stack.length > 0) fail(`<${stack.at(-1)?.qualified ?? ''}> is not closed`)
  return roots[0] ?? fail('no element')
}

/** All elements of this name at or below, in the order of the document. */
export function* elementsOf(element: XmlElement, namespace: string, name: string): Generator<XmlElement> {
  if (element.namespace === namespace && element.name === name) yield element
  for (const child of element.children) yield* elementsOf(child, namespace, name)
}
