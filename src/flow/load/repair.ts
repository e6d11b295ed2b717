import { Errors } from 'typebox/value'
import { NAME_PATTERN } from '../fields.js'
import type { NodePath, NodeType } from '../node-type.js'
import { nearest } from './problems.js'
import { fits, fromPointer, schemaAt, valueAt } from './shape.js'

/** In place of a way out that is not written: a name that nobody gives a node. */
export const NO_NODE = `x${'-'.repeat(47)}`

export interface Repaired {
  readonly value: Record<string, unknown>
  /** Nothing of it was left out or made up: only spelt as it was meant. */
  readonly whole: boolean
  /** A way out is missing: it may be meant to lead anywhere. */
  readonly open: boolean
  /** Keys that were spelt otherwise. */
  readonly respelt: readonly { readonly path: NodePath; readonly meant: string }[]
}

/** One mistake is put right in each. */
const ROUNDS = 30

/** A node whose shape is wrong, as far as it can be understood: slips put right, what cannot be used left out. Null when nothing can be made of it. Its mistakes are told by `reportShape`. */
export function repair({ schema }: NodeType, written: unknown, textAt: (path: NodePath) => string): Repaired | null {
  const value = structuredClone(written) as Record<string, unknown>
  const respelt: { path: NodePath; meant: string }[] = []
  let [whole, open] = [true, false]
  for (let round = 0; round < ROUNDS; round += 1) {
    if (fits(schema, value)) return { value, whole, open, respelt }
    for (const error of Errors(schema, value)) {
      // `additionalProperties: false` says it a second time.
      if (error.keyword === 'boolean') continue
      const path = fromPointer(error.instancePath)
      const here = schemaAt(schema, path)
      if (error.keyword === 'additionalProperties') {
        const around = valueAt(value, path) as Record<string, unknown>
        for (const key of error.params.additionalProperties) {
          const meant = nearest(key, Object.keys(here?.properties ?? {}).filter((one) => !Object.hasOwn(around, one)))
          if (meant === undefined) whole = false
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
          ;[whole, open] = [false, true]
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
      whole = false
      break
    }
  }
  return null
}
