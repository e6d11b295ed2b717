/**
 * Speaks the texts of `ivr-flows/prompts/<language>/texts.yaml` into `<name>.wav` with espeak-ng and sox:
 * 8 kHz mono 16-bit, silence trimmed, one loudness. Usage: npx tsx scripts/make-prompts.ts [--all] [name …]
 * Without names: those that have no WAV yet; `--all`: every one, over recorded voices too.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LANGUAGES } from '../src/contracts/flow.js'
import type { Language } from '../src/contracts/primitives.js'
import { loadPromptTexts, type Speech } from '../src/flow/prompt-texts.js'
import { PROMPT_FORMAT, writeWav } from '../src/flow/wav.js'

const DIRECTORY = new URL('../ivr-flows/prompts/', import.meta.url).pathname
/** `cmn` reads the pinyin of its own dictionary as English ("li three"); this one has the tones. */
const VOICES: Readonly<Record<Language, readonly string[]>> = {
  'zh-CN': ['-v', 'cmn-latn-pinyin', '-s', '180', '-p', '45'],
  en: ['-v', 'en-gb', '-s', '180', '-p', '45'],
}
/** Level of the spoken parts, dBFS RMS: what telephone announcements are usually mastered to. */
const LEVEL_DB = -20
const PEAK = 0.89
const GAP_SAMPLES = PROMPT_FORMAT.sampleRate * 0.15

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const all = process.argv.includes('--all')

for (const language of LANGUAGES) {
  const file = join(DIRECTORY, language, 'texts.yaml')
  const { texts, problems } = loadPromptTexts(file, readFileSync(file, 'utf8'), language)
  if (texts === null) throw new Error(problems.map(({ line, problem }) => `${file}:${line}: ${problem.en}`).join('\n'))
  for (const [name, parts] of texts) {
    const wav = join(DIRECTORY, language, `${name}.wav`)
    if (wanted.length > 0 ? !wanted.includes(name) : existsSync(wav) && !all) continue
    const samples = level(join16(parts.map(speak)))
    writeFileSync(wav, writeWav(samples))
    process.stdout.write(`${language}/${name}.wav ${(samples.length / PROMPT_FORMAT.sampleRate).toFixed(1)} s\n`)
  }
}

/** One part as trimmed samples. */
function speak({ language, text }: Speech): Int16Array {
  const directory = mkdtempSync(join(tmpdir(), 'liandong-prompt-'))
  try {
    const spoken = join(directory, 'spoken.wav')
    execFileSync('espeak-ng', [...VOICES[language], '-w', spoken, text])
    const silence = ['silence', '1', '0.01', '0.3%']
    const raw = execFileSync('sox', ['-D', spoken, '-t', 'raw', '-e', 'signed', '-b', '16', '-L', '-r', String(PROMPT_FORMAT.sampleRate), '-c', '1', '-',
      'gain', '-6', 'rate', '-v', String(PROMPT_FORMAT.sampleRate), ...silence, 'reverse', ...silence, 'reverse'], { maxBuffer: 16_000_000 })
    return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length - raw.length % 2))
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Parts one after the other with a short gap, and a little silence at both ends so that a jitter buffer eats none of the voice. */
function join16(parts: readonly Int16Array[]): Int16Array {
  const total = parts.reduce((sum, part) => sum + part.length + GAP_SAMPLES, GAP_SAMPLES)
  const whole = new Int16Array(total)
  let at = GAP_SAMPLES
  for (const part of parts) {
    whole.set(part, at)
    at += part.length + GAP_SAMPLES
  }
  return whole
}

/** Brings the spoken frames to `LEVEL_DB`; peaks are rounded off rather than clipped. */
function level(samples: Int16Array): Int16Array {
  const loud = samples.filter((sample) => Math.abs(sample) > 200)
  const rms = Math.sqrt(loud.reduce((sum, sample) => sum + (sample / 32768) ** 2, 0) / Math.max(1, loud.length))
  const gain = 10 ** (LEVEL_DB / 20) / Math.max(rms, 1e-6)
  return samples.map((sample) => {
    const value = sample / 32768 * gain
    const soft = Math.abs(value) < 0.6 ? value : Math.sign(value) * (0.6 + (PEAK - 0.6) * Math.tanh((Math.abs(value) - 0.6) / (PEAK - 0.6)))
    return Math.round(soft * 32767)
  })
}
