import type { TSchema } from 'typebox'
import { Compile, type Validator } from 'typebox/compile'
import { Settings } from 'typebox/system'
import { Errors } from 'typebox/value'
import type { Bilingual } from '../../contracts/primitives.js'
import { NAME_PATTERN, NAME_RULE } from '../fields.js'
import type { NodePath } from '../node-type.js'
import { nearest, suggest } from './problems.js'
import type { Report } from './report.js'
import type { YamlSource } from './yaml-source.js'

export interface Schema extends TSchema {
  readonly description?: string
  readonly type?: string
  readonly pattern?: string
  readonly required?: readonly string[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
}

const TYPES: Readonly<Record<string, Bilingual>> = {
  string: { zh: '文本', en: 'text' },
  number: { zh: '数字', en: 'a number' },
  integer: { zh: '整数', en: 'a whole number' },
  boolean: { zh: 'true 或 false', en: 'true or false' },
  array: { zh: '列表 [ … ]', en: 'a list [ … ]' },
  object: { zh: '若干“键: 值”', en: 'keys and values' },
  null: { zh: '空', en: 'nothing' },
}
const ANYTHING: Bilingual = { zh: '其他内容', en: 'something else' }

const validators = new WeakMap<TSchema, Validator>()

/** Fast yes or no; the slow look for reasons is `reportShape`. */
export function fits(schema: TSchema, value: unknown): boolean {
  let validator = validators.get(schema)
  if (validator === undefined) {
    validator = Compile(schema)
    validators.set(schema, validator)
  }
  return validator.Check(value)
}

/** An admin sees everything at once; of a file that is nothing but mistakes so many are enough. */
const MOST_ERRORS = 2_000

/** Everything in which `value` differs from `schema`. The library by itself stops at the eighth, which is right for what comes over HTTP. */
export function errorsIn(schema: TSchema, value: unknown): ReturnType<typeof Errors> {
  const { maxErrors } = Settings.Get()
  Settings.Set({ maxErrors: MOST_ERRORS })
  try {
    return Errors(schema, value)
  } finally {
    Settings.Set({ maxErrors })
  }
}

/** How the two kinds of a missing key are told: a missing exit is worse than a missing detail. */
export type OnMissing = (key: string, path: NodePath, expected: Bilingual) => boolean

export interface Part {
  readonly source: YamlSource
  /** Where the part stands in the file. */
  readonly base: NodePath
  readonly where: Bilingual
  readonly report: Report
  /** Returns true when it has reported the missing key itself. */
  readonly onMissing?: OnMissing
}

/** Reports everything in which `value` differs from `schema`, in the words of the schema's descriptions. */
export function reportShape(schema: TSchema, value: unknown, { source, base, where, report, onMissing }: Part): void {
  const errors = errorsIn(schema, value)
  // A choice between shapes is told once, not once for each shape.
  const choices = new Set(errors.flatMap(({ keyword, instancePath }) => (keyword === 'anyOf' ? [instancePath] : [])))
  // A misspelt key is one mistake: what it was meant to be is not missing besides.
  const meant = new Set(errors.flatMap((error) => (error.keyword !== 'additionalProperties' ? [] : error.params.additionalProperties.map((key) => `${error.instancePath}/${nearest(key, Object.keys(schemaAt(schema, fromPointer(error.instancePath))?.properties ?? {})) ?? ''}`))))
  for (const error of errors) {
    if (error.keyword !== 'anyOf' && choices.has(error.instancePath)) continue
    const path = fromPointer(error.instancePath)
    const place = [...base, ...path]
    const here = schemaAt(schema, path)
    const expected = describe(here)
    const found = valueAt(value, path)
    const written = (typeof found === 'string' ? found : source.textAt(place)).split('\n')[0]?.slice(0, 60) ?? ''
    const whose = path.length === 0 ? where : quoted(path)
    if (error.keyword === 'additionalProperties') {
      for (const key of error.params.additionalProperties) {
        const span = source.keyAt([...place, key])
        if (here?.patternProperties !== undefined) report('shape.bad-key', span, { key, expected: Object.hasOwn(here.patternProperties, NAME_PATTERN) ? withRule(expected) : expected })
        else report('shape.unknown-key', span, { where: whose, key, suggestion: suggest(key, Object.keys(here?.properties ?? {})) })
      }
    } else if (error.keyword === 'required') {
      for (const key of error.params.requiredProperties) {
        if (meant.has(`${error.instancePath}/${key}`)) continue
        const wanted = describe(here?.properties?.[key])
        if (onMissing?.(key, place, wanted) !== true) report('shape.missing-key', source.keyAt(place), { where: whose, key, expected: wanted })
      }
    } else if (error.keyword === 'type') {
      const quoting = here?.type === 'string' && (typeof found === 'number' || typeof found === 'boolean') && new RegExp(here.pattern ?? '').test(written)
      if (quoting) report('shape.quote', source.at(place), { value: written, type: TYPES[typeof found] ?? ANYTHING })
      else report('shape.wrong-type', source.at(place), { type: TYPES[here?.type ?? ''] ?? ANYTHING, expected })
    } else if (error.keyword === 'enum') {
      report('shape.bad-choice', source.at(place), { value: written, choices: error.params.allowedValues.map((choice) => (choice === '' ? '""' : String(choice))).join(', ') })
    } else if (error.keyword === 'minItems') {
      report('shape.too-few', source.at(place), { least: error.params.limit, expected })
    } else if (error.keyword !== 'boolean') {
      // `boolean` is what `additionalProperties: false` says a second time.
      report('shape.bad-value', source.at(place), { value: written, expected: here?.pattern === NAME_PATTERN ? withRule(expected) : expected })
    }
  }
}

/** The schema of the value at `path`, as far as our own schemas go (no unions). */
export function schemaAt(schema: Schema | undefined, path: NodePath): Schema | undefined {
  return path.reduce<Schema | undefined>((here, part) => {
    if (here?.items !== undefined) return here.items
    const own = here?.properties?.[part]
    if (own !== undefined) return own
    return Object.values(here?.patternProperties ?? {})[0]
  }, schema)
}

/** What stands at `path` in a value; undefined: nothing. */
export function valueAt(value: unknown, path: NodePath): unknown {
  return path.reduce<unknown>((here, part) => (here as Record<string, unknown> | null)?.[part], value)
}

/** The parts of a JSON pointer (RFC 6901): `/nodes/a~1b` is nodes, a/b. */
export function fromPointer(pointer: string): string[] {
  return pointer === '' ? [] : pointer.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function quoted(path: NodePath): Bilingual {
  const name = path.join('.')
  return { zh: `“${name}”`, en: `"${name}"` }
}

function describe(schema: Schema | undefined): Bilingual {
  const [zh, en] = schema?.description?.split('\n') ?? []
  if (zh !== undefined && en !== undefined) return { zh, en }
  return TYPES[schema?.type ?? ''] ?? ANYTHING
}

/** What is expected, and how it is written, unless that is said already. */
function withRule({ zh, en }: Bilingual): Bilingual {
  return zh.includes(NAME_RULE.zh) ? { zh, en } : { zh: `${zh}（名称：${NAME_RULE.zh}）`, en: `${en} (a name ${NAME_RULE.en})` }
}
