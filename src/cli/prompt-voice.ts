import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Language } from '../contracts/primitives.js'
import type { Speech } from '../flow/prompt-texts.js'
import { cutOffRuns, level, trim } from '../flow/sound/tape.js'
import { PROMPT_FORMAT, readTape, samplesOf } from '../flow/wav.js'

/** `cmn` reads the pinyin of its own dictionary as English ("li three"); this one has the tones. */
const VOICES: Readonly<Record<Language, readonly string[]>> = {
  'zh-CN': ['-v', 'cmn-latn-pinyin', '-s', '180', '-p', '45'],
  en: ['-v', 'en-gb', '-s', '180', '-p', '45'],
}
/** Between the parts of a prompt, ms. */
const GAP = 150
const RATE = PROMPT_FORMAT.sampleRate
const RAW = ['-t', 'raw', '-e', 'signed', '-b', '16', '-L', '-r', String(RATE), '-c', '1', '-'] as const

/** A program that is not on this machine. */
export class MissingProgram extends Error {
  constructor(program: string) {
    super(`没有 ${program}：请安装（Debian：apt install espeak-ng sox）。/ There is no ${program}: install it (Debian: apt install espeak-ng sox).`)
  }
}

/** A file in which sox finds no sound. */
export class NoRecording extends Error {}

/** Speaks a prompt part by part with espeak-ng. @throws MissingProgram */
export function speak(parts: readonly Speech[], margin: number): Int16Array {
  return levelled(joined(parts.map((part) => trim(spoken(part), RATE, 0))), margin)
}

/** A recording in any format that sox reads, as samples at the prompts' rate. @throws MissingProgram, NoRecording */
export function decode(path: string): Int16Array {
  const tape = readTape(readFileSync(path))
  if (tape?.sampleRate === RATE && tape.channels === PROMPT_FORMAT.channels && tape.bits === PROMPT_FORMAT.bits) return samplesOf(tape)
  return samplesOf({ data: run('sox', ['-D', path, ...RAW, 'gain', '-h', 'rate', '-v', String(RATE)]) })
}

/** Places where a recording in any format is clipped on any of its channels, by its own samples at its own rate. @throws MissingProgram, NoRecording */
export function clippedIn(path: string): number {
  const tape = readTape(readFileSync(path))
  if (tape?.bits === 16 && tape.channels === 1) return cutOffRuns(samplesOf(tape))
  const channels = tape?.channels ?? Number(Buffer.from(run('sox', ['--i', '-c', path])).toString())
  return Array.from({ length: channels }, (_, at) => cutOffRuns(samplesOf({ data: run('sox', ['-D', path, '-t', 'raw', '-e', 'signed', '-b', '16', '-L', '-', 'remix', String(at + 1)]) }))).reduce((sum, runs) => sum + runs, 0)
}

/** What every prompt of ours is: voice with `margin` ms of silence around it, at the one loudness. */
export function levelled(samples: Int16Array, margin: number): Int16Array {
  return level(trim(samples, RATE, margin), RATE)
}

function spoken({ language, text }: Speech): Int16Array {
  const directory = mkdtempSync(join(tmpdir(), 'liandong-prompt-'))
  try {
    const path = join(directory, 'spoken.wav')
    // A text that begins with a dash is a text, not an option.
    run('espeak-ng', [...VOICES[language], '-w', path, '--', text])
    return samplesOf({ data: run('sox', ['-D', path, ...RAW, 'gain', '-6', 'rate', '-v', String(RATE)]) })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

function run(program: string, args: readonly string[]): Uint8Array {
  try {
    return execFileSync(program, args, { maxBuffer: 64_000_000, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer }
    if (code === 'ENOENT') throw new MissingProgram(program)
    // What sox says of a file in which it finds no sound, whatever the reason.
    if (program === 'sox' && stderr?.toString().includes('FAIL formats') === true) throw new NoRecording('no recording')
    throw new Error(`${program}: ${stderr?.toString().trim().split('\n')[0] ?? (error as Error).message}`)
  }
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const gap = GAP / 1000 * RATE
  const whole = new Int16Array(parts.reduce((sum, part) => sum + part.length + gap, -gap))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length + gap
  }
  return whole
}
