import type { Readable, Writable } from 'node:stream'
import type { Bilingual } from '../contracts/primitives.js'

export interface CommandIo { readonly stdout: Writable; readonly stderr: Writable; readonly stdin: Readable }

/** One command of `liandong`. `run` returns the exit code; what it throws is told by `run.ts`. */
export interface Command {
  readonly name: string
  readonly summary: Bilingual
  /** What `--help` says. */
  readonly usage: string
  run(args: readonly string[], io: CommandIo): Promise<number>
}
