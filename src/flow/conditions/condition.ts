import type { Static, TSchema } from 'typebox'
import type { Complain, NodeContext, Use } from '../node-type.js'
import type { FlowSurroundings } from '../types.js'

/** What a condition may look at: what surrounds the caller, and what is known of him. */
export type Facts = FlowSurroundings & Pick<NodeContext, 'vars' | 'tags'>

/** The facts at a node. The surroundings are not copied: load and place in the queue are counted only if a condition asks for them. */
export const factsAt = ({ surroundings, vars, tags }: Pick<NodeContext, 'surroundings' | 'vars' | 'tags'>): Facts =>
  Object.assign(Object.create(surroundings) as FlowSurroundings, { vars, tags })

/** One kind of condition that a branch can ask for. */
interface ConditionDefinition<S extends TSchema> {
  /** Key under `when`. */
  readonly name: string
  readonly schema: S
  readonly holds: (wanted: Static<S>, facts: Facts) => boolean
  /** What it names and a check must find; paths begin below the condition's own key. */
  readonly uses?: (wanted: Static<S>) => readonly Use[]
  readonly check?: (wanted: Static<S>, complain: Complain) => void
  /** Whether it holds for whoever comes, at any time. Default: no. */
  readonly always?: (wanted: Static<S>) => boolean
}

export interface Condition {
  readonly name: string
  readonly schema: TSchema
  /** `when` is valid against `When`; a condition that is not mentioned holds. */
  holds(when: When, facts: Facts): boolean
  uses(when: When): readonly Use[]
  check(when: When, complain: Complain): void
  /** Not mentioned, or of no effect. */
  always(when: When): boolean
}

export type When = Readonly<Record<string, unknown>>

/** Makes a condition for the registry. The static type of what is wanted is known only in here. */
export function defineCondition<S extends TSchema>({ name, schema, holds, uses, check, always }: ConditionDefinition<S>): Condition {
  return {
    name,
    schema,
    holds: (when, facts) => when[name] === undefined || holds(when[name] as Static<S>, facts),
    uses: (when) => (when[name] === undefined ? [] : uses?.(when[name] as Static<S>) ?? []).map((use) => ({ ...use, path: [name, ...use.path] })),
    check(when, complain) {
      if (when[name] !== undefined) check?.(when[name] as Static<S>, (code, path, details) => complain(code, [name, ...path], details))
    },
    always: (when) => when[name] === undefined || always?.(when[name] as Static<S>) === true,
  }
}
