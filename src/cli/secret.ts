import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { CommandIo } from './command.js'
import { UsageError } from './options.js'

interface Terminal { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }

/** Whether somebody sits at this input, so that he can be asked. */
export const isTerminal = (stdin: Readable): boolean => (stdin as Terminal).isTTY === true

/** A password is to be typed, and nobody is there. */
export const NO_TERMINAL = new UsageError('没有终端可输入密码，请用 --password-stdin', 'no terminal to ask the password on: use --password-stdin')

/** A key that is no character (an arrow, Home, F1, what brackets a paste), as a terminal sends it: ECMA-48, 5.4; SS3. */
const KEY = /\u001b(?:\[[0-?]*[ -/]*[@-~]|O[@-~])/g
/** The beginning of one: a slow line brings it in pieces. */
const BEGUN = /\u001b(?:\[[0-?]*[ -/]*)?$/

/** Asks on the terminal and shows nothing of what is typed. Resolves to null when it is broken off with Ctrl-C or Ctrl-D. */
export function askSecret(question: string, { stdin, stderr }: CommandIo): Promise<string | null> {
  const terminal = stdin as Terminal
  stderr.write(question)
  terminal.setRawMode?.(true)
  return new Promise((resolve) => {
    let typed = ''
    let begun = ''
    const done = (answer: string | null): void => {
      stdin.off('data', hear)
      stdin.pause()
      terminal.setRawMode?.(false)
      stderr.write('\n')
      resolve(answer)
    }
    function hear(chunk: Buffer | string): void {
      const text = (begun + chunk.toString()).replace(KEY, '')
      begun = BEGUN.exec(text)?.[0] ?? ''
      for (const character of text.slice(0, text.length - begun.length)) {
        if (character === '\r' || character === '\n') return done(typed)
        if (character === '\u0003' || character === '\u0004') return done(null)
        if (character === '\u007f' || character === '\b') typed = [...typed].slice(0, -1).join('')
        else if (character >= ' ') typed += character
      }
    }
    stdin.on('data', hear)
    stdin.resume()
  })
}

/** The first line of what is piped in. */
export async function readSecret(stdin: Readable): Promise<string> {
  const lines = createInterface({ input: stdin })
  try {
    for await (const line of lines) return line
    return ''
  } finally {
    lines.close()
  }
}
