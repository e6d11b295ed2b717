import type { Readable, Writable } from 'node:stream'
import type { Bilingual } from '../contracts/primitives.js'

export interface CommandIo { readonly stdout: Writable; readonly stderr: Writable; readonly stdin: Readable }

/** One command of `liandong`. `run` returns the exit code. */
export interface Command {
  readonly name: string
  readonly summary: Bilingual
  run(args: readonly string[], io: CommandIo): Promise<number>
}
