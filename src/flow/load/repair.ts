import type { TSchema } from 'typebox'
import { NAME_PATTERN } from '../fields.js'
import type { NodePath, NodeType } from '../node-type.js'
import { nearest } from './problems.js'
import { errorsIn, fits, fromPointer, reportShape, schemaAt, valueAt, type Part } from './shape.js'

/** In place of a way out that is not written: a name that nobody gives a node. */
export const NO_NODE = `x${'-'.repeat(47)}`

export interface Repaired {
  readonly value: Record<string, unknown>
  /** Nothing of it was left out or made up: only spelt as it was meant. */
  readonly whole: boolean
  /** Keys that there are none of and none like, with what stood there. Where nothing else was left out, what is left is understood. */
  readonly strays: readonly Stray[]
  /** More was left out, or made up, than strays. */
  readonly torn: boolean
  /** A way out is missing: it may be meant to lead anywhere. */
  readonly open: boolean
  /** Keys that were spelt otherwise. */
  readonly respelt: readonly { readonly path: NodePath; readonly meant: string }[]
}

/** A key that there is none of and none like it, and what stood there. */
export interface Stray { readonly path: NodePath; readonly value: unknown }

/** One mistake is put right in each. */
const ROUNDS = 30

/** A node whose shape is wrong, as far as it can be understood: slips put right, what cannot be used left out. Null when nothing can be made of it. Its mistakes are told by `reportShape`. */
export function repair({ schema }: NodeType, written: unknown, textAt: (path: NodePath) => string): Repaired | null {
  const value = structuredClone(written) as Record<string, unknown>
  const respelt: { path: NodePath; meant: string }[] = []
  const strays: Stray[] = []
  let [torn, open] = [false, false]
  for (let round = 0; round < ROUNDS; round += 1) {
    if (fits(schema, value)) return { value, whole: !torn && strays.length === 0, strays, torn, open, respelt }
    for (const error of errorsIn(schema, value)) {
      // `additionalProperties: false` says it a second time.
      if (error.keyword === 'boolean') continue
      const path = fromPointer(error.instancePath)
      const here = schemaAt(schema, path)
      if (error.keyword === 'additionalProperties') {
        const around = valueAt(value, path) as Record<string, unknown>
        for (const key of error.params.additionalProperties) {
          const meant = nearest(key, Object.keys(here?.properties ?? {}).filter((one) => !Object.hasOwn(around, one)))
          if (meant === undefined) strays.push({ path: [...path, key], value: around[key] })
          else {
            around[meant] = around[key]
            respelt.push({ path: [...path, key], meant })
          }
          Reflect.deleteProperty(around, key)
        }
        break
      }
      if (error.keyword === 'required') {
        const around = valueAt(value, path) as Record<string, unknown>
        for (const key of error.params.requiredProperties) {
          if (here?.properties?.[key]?.pattern !== NAME_PATTERN) return null
          around[key] = NO_NODE
          ;[torn, open] = [true, true]
        }
        break
      }
      const [around, last] = [valueAt(value, path.slice(0, -1)), path.at(-1)]
      if (last === undefined || typeof around !== 'object' || around === null) return null
      const found = (around as Record<string, unknown>)[last]
      if (error.keyword === 'type' && here?.type === 'string' && (typeof found === 'number' || typeof found === 'boolean')) {
        (around as Record<string, unknown>)[last] = textAt(path)
        break
      }
      const upper = schemaAt(schema, path.slice(0, -1))
      if (Array.isArray(around)) around.splice(Number(last), 1)
      else if (upper?.required?.includes(last) === true) {
        if (here?.pattern !== NAME_PATTERN) return null
        ;(around as Record<string, unknown>)[last] = NO_NODE
        open = true
      } else Reflect.deleteProperty(around, last)
      torn = true
      break
    }
  }
  return null
}

/**
 * The content of a file as it was meant, with everything told in which it differs from its schema: misspelt keys and choices spelt right, numbers that should be a
 * text as they were typed, and the other way round; with `usual` a number that does not fit is left out, so that the usual one holds. Whatever else is wrong stays as it is. The source finds all of it by what was meant.
 */
export function respell(schema: TSchema, written: Record<string, unknown>, part: Part, usual = false): Record<string, unknown> {
  const { source, base } = part
  const value = structuredClone(written)
  // Below a key that was misspelt other slips come to light.
  for (let round = 0; round < ROUNDS && !fits(schema, value); round += 1) {
    reportShape(schema, value, part)
    let changed = false
    for (const error of errorsIn(schema, value)) {
      const path = fromPointer(error.instancePath)
      const here = schemaAt(schema, path)
      const [around, last] = [valueAt(value, path.slice(0, -1)), path.at(-1)]
      if (error.keyword === 'additionalProperties' && here?.properties !== undefined) {
        const own = valueAt(value, path) as Record<string, unknown>
        for (const key of error.params.additionalProperties) {
          const meant = nearest(key, Object.keys(here.properties).filter((one) => !Object.hasOwn(own, one)))
          if (meant === undefined) continue
          own[meant] = own[key]
          Reflect.deleteProperty(own, key)
          source.alsoAs([...base, ...path, key], meant)
          changed = true
        }
        continue
      }
      if (last === undefined || typeof around !== 'object' || around === null) continue
      const found = (around as Record<string, unknown>)[last]
      const put = (one: unknown): void => { (around as Record<string, unknown>)[last] = one; changed = true }
      if (error.keyword === 'enum') {
        const meant = nearest(String(found), error.params.allowedValues.map(String))
        if (meant !== undefined) put(meant)
      } else if (error.keyword === 'type' && here?.type === 'string' && typeof found === 'number') put(source.textAt([...base, ...path]))
      else if (here?.type === 'number' && !Array.isArray(around)) {
        const number = typeof found === 'string' && found.trim() !== '' ? Number(found) : NaN
        if (fits(here, number)) put(number)
        else if (usual) {
          Reflect.deleteProperty(around, last)
          // Of a list of numbers without any the usual ones hold.
          if (Object.keys(around).length === 0) Reflect.deleteProperty(valueAt(value, path.slice(0, -2)) as object, path.at(-2) ?? '')
          changed = true
        }
      }
    }
    if (!changed) break
  }
  return value
}
