/**
 * A map that is never changed: `with` and `without` give a new one that shares all but one path with the old, so a step costs the same
 * in a room of ten calls and of ten thousand. A hash trie with sixteen branches a level; keys whose hashes are equal share a leaf.
 */
export interface Table<V> {
  readonly size: number
  get(key: string): V | undefined
  has(key: string): boolean
  with(key: string, value: V): Table<V>
  without(key: string): Table<V>
  /** A list, made at the first call: whoever only looks takes `each` or `some`. */
  values(): readonly V[]
  each(visit: (value: V) => void): void
  some(test: (value: V) => boolean): boolean
}

/** An entry; those whose hashes are equal hang on one another. */
interface Leaf<V> { readonly hash: number; readonly key: string; readonly value: V; readonly next: Leaf<V> | null }
type Branch<V> = readonly (Node<V> | undefined)[]
type Node<V> = Leaf<V> | Branch<V>

const isLeaf = <V>(node: Node<V>): node is Leaf<V> => !Array.isArray(node)
const BITS = 4
const MASK = (1 << BITS) - 1

/** The key asked for last: a step looks the same one up in several tables. */
let hashed = { key: '', hash: 0 }

/** FNV-1a. */
export function hashOf(key: string): number {
  if (hashed.key === key) return hashed.hash
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hashed = { key, hash: hash >>> 0 }
  return hashed.hash
}

function find<V>(node: Node<V> | undefined, key: string, hash: number): V | undefined {
  for (let shift = 0; node !== undefined; shift += BITS) {
    if (isLeaf(node)) {
      for (let leaf: Leaf<V> | null = node; leaf !== null; leaf = leaf.next) if (leaf.key === key) return leaf.value
      return undefined
    }
    node = node[(hash >>> shift) & MASK]
  }
  return undefined
}

/** The chain without this key. */
const unlink = <V>(leaf: Leaf<V> | null, key: string): Leaf<V> | null =>
  leaf === null ? null : leaf.key === key ? leaf.next : { ...leaf, next: unlink(leaf.next, key) }

/** `Array.prototype.with` takes twenty times as long. */
function replaced<V>(branch: Branch<V>, at: number, node: Node<V> | undefined): Branch<V> {
  const next = branch.slice()
  next[at] = node
  return next
}

function put<V>(node: Node<V> | undefined, leaf: Leaf<V>, shift: number): Node<V> {
  if (node === undefined) return leaf
  if (isLeaf(node)) {
    if (node.hash === leaf.hash) return node.key === leaf.key && node.next === null ? leaf : { ...leaf, next: unlink(node, leaf.key) }
    const branch: (Node<V> | undefined)[] = new Array<Node<V> | undefined>(MASK + 1).fill(undefined)
    branch[(node.hash >>> shift) & MASK] = node
    return put(branch, leaf, shift)
  }
  const at = (leaf.hash >>> shift) & MASK
  return replaced(node, at, put(node[at], leaf, shift + BITS))
}

function cut<V>(node: Node<V> | undefined, key: string, hash: number, shift: number): Node<V> | undefined {
  if (node === undefined) return undefined
  if (isLeaf(node)) return unlink(node, key) ?? undefined
  const at = (hash >>> shift) & MASK
  const branch = replaced(node, at, cut(node[at], key, hash, shift + BITS))
  return branch.every((child) => child === undefined) ? undefined : branch
}

/** True as soon as `test` is. */
function any<V>(node: Node<V> | undefined, test: (value: V) => boolean): boolean {
  if (node === undefined) return false
  if (isLeaf(node)) {
    for (let leaf: Leaf<V> | null = node; leaf !== null; leaf = leaf.next) if (test(leaf.value)) return true
    return false
  }
  for (let at = 0; at <= MASK; at += 1) if (any(node[at], test)) return true
  return false
}

/** A class, since every step makes several: as objects of closures they were a tenth of what the garbage collector had to carry (test/bench/pop.ts). */
class Trie<V> implements Table<V> {
  /** Listed once: many ask the same version of a table. */
  #listed: readonly V[] | null = null
  readonly #root: Node<V> | undefined

  constructor(root: Node<V> | undefined, readonly size: number) { this.#root = root }

  get(key: string): V | undefined { return find(this.#root, key, hashOf(key)) }
  has(key: string): boolean { return this.get(key) !== undefined }

  with(key: string, value: V): Table<V> {
    const hash = hashOf(key)
    const known = find(this.#root, key, hash)
    return known === value ? this : new Trie(put(this.#root, { hash, key, value, next: null }, 0), known === undefined ? this.size + 1 : this.size)
  }

  without(key: string): Table<V> {
    const hash = hashOf(key)
    return find(this.#root, key, hash) === undefined ? this : new Trie(cut(this.#root, key, hash, 0), this.size - 1)
  }

  values(): readonly V[] {
    if (this.#listed !== null) return this.#listed
    const all: V[] = []
    this.each((value) => all.push(value))
    return this.#listed = all
  }

  each(visit: (value: V) => void): void { any(this.#root, (value) => { visit(value); return false }) }
  some(test: (value: V) => boolean): boolean { return any(this.#root, test) }
}

/** No value may be undefined. */
export const emptyTable = <V>(): Table<V> => new Trie<V>(undefined, 0)
