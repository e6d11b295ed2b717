import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

export interface ComposeService {
  readonly image: string
  readonly user?: string
  readonly environment?: Readonly<Record<string, string | number>>
  readonly volumes?: readonly string[]
  readonly tmpfs?: readonly string[]
  readonly command?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly depends_on?: unknown
  readonly env_file?: unknown
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] }
  readonly build?: unknown
  readonly stop_grace_period?: string
}

export interface Compose { readonly services: Readonly<Record<string, ComposeService>>; readonly volumes: Readonly<Record<string, unknown>> }

/** `${NAME}`, `${NAME:-default}`, `${NAME:?}` as Compose reads them. `must`: without a value it starts nothing. */
export const composeNames = (text = read('compose.yaml')): readonly { readonly name: string; readonly must: boolean }[] =>
  [...text.matchAll(/\$\{(\w+)(:[-?])?/g)].map(([, name = '', how]) => ({ name, must: how !== ':-' }))

/** The names of compose.env.example, and what they have there. */
export const composeExample = (): ReadonlyMap<string, string> =>
  new Map([...read('compose.env.example').matchAll(/^#? ?([A-Z][A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]))

/** compose.yaml as it is with this `.env`. @throws for a name that must have a value and has none */
export function composeWith(values: Readonly<Record<string, string>>): Compose {
  const filled = (text: string): string => text.replace(/\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})/g, (all, name: string | undefined, how: string | undefined, fallback: string | undefined) => {
    if (name === undefined) return all.slice(1) // $$
    const value = values[name] ?? ''
    if (value !== '') return value
    if (how === '-') return fallback ?? ''
    throw new Error(`${name} has no value`)
  })
  // As Compose does: YAML first, then the texts in it.
  const fill = (node: unknown): unknown => typeof node === 'string' ? filled(node) : Array.isArray(node) ? node.map(fill) : node !== null && typeof node === 'object' ? Object.fromEntries(Object.entries(node).map(([key, value]) => [key, fill(value)])) : node
  return fill(parse(read('compose.yaml'), { merge: true })) as Compose
}

/** A `.env` of a city, on one machine. */
export const COMPOSE_ENV: Readonly<Record<string, string>> = {
  POSTGRES_PASSWORD: 'a'.repeat(32), POSTGRES_SERVER_PASSWORD: 'b'.repeat(32), LIANDONG_PBX_PASSWORD: 'c'.repeat(32), LIANDONG_FS_PHONE_SECRET: 'd'.repeat(32),
  LIANDONG_EDGE_SECRET: 'e'.repeat(32), LIANDONG_EDGE_DRACHTIO_SECRET: 'f'.repeat(32), LIANDONG_EDGE_TOKEN: '0'.repeat(32),
  LAN_ADDRESS: '10.1.2.3', CARRIER_ADDRESSES: '10.9.9.9', SERVED_NUMBERS: '110:emergency,12345:standard', DESK_ORIGINS: 'https://110.example',
}

/** What Compose gives a service, every value a text. */
export const environmentOf = ({ environment = {} }: ComposeService): Record<string, string> =>
  Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, String(value)]))
