import t from 'tap'
import { lintTapes } from '../../../src/flow/sound/lint.js'
import { cutOffRuns, faultsOf, level, measureTape, TAPE_LIMITS, trim } from '../../../src/flow/sound/tape.js'
import { readTape, readWav, samplesOf, writeWav } from '../../../src/flow/wav.js'

const RATE = 8_000
/** Noise that begins and ends gently, with silence around it: what a voice is to a meter. Seeded. */
function voice(peak: number, { seconds = 2, before = 120, after = 120 } = {}): Int16Array {
  let state = 1
  const noise = Int16Array.from({ length: seconds * RATE }, () => {
    state = Math.imul(state, 1_103_515_245) + 12_345 >>> 0
    return Math.round(((state / 2 ** 32) * 2 - 1) * peak * 32767)
  })
  const whole = new Int16Array(noise.length + (before + after) * RATE / 1000)
  whole.set(noise, before * RATE / 1000)
  return whole
}

const tapeOf = (samples: Int16Array, text?: string) => {
  const tape = readTape(writeWav(samples, text === undefined ? {} : { text }))
  if (tape === null) throw new Error('no tape')
  return tape
}
const codesOf = (samples: Int16Array) => {
  const measured = measureTape(tapeOf(samples))
  return measured === null ? ['other format'] : faultsOf(measured).map(({ code }) => code)
}
/** At the right loudness, whatever it was. */
const good = (options?: Parameters<typeof voice>[1]) => level(voice(0.3, options), RATE)

t.test('each fault is found, and alone', async (t) => {
  const table: readonly (readonly [string, Int16Array, readonly string[]])[] = [
    ['as it should be', good(), []],
    ['3 dB too loud', good().map((sample) => sample * 1.41), ['prompt.loudness']],
    ['3 dB too quiet', good().map((sample) => sample / 1.41), ['prompt.loudness']],
    ['one click to the top', clicked(good(), 1), ['prompt.peak']],
    ['cut off at the top', clicked(good(), 5), ['prompt.clipped']],
    ['nothing', new Int16Array(RATE), ['prompt.empty']],
    ['starts at once', good({ before: 0 }), ['prompt.silence-start']],
    ['starts late', good({ before: 900 }), ['prompt.silence-start']],
    ['stops at once', good({ after: 10 }), ['prompt.silence-end']],
    ['long tail', good({ after: 700 }), ['prompt.silence-end']],
    ['a blip', good({ seconds: 0.03, before: 50, after: 50 }), ['prompt.length']],
    ['a speech', good({ seconds: 25 }), ['prompt.length']],
  ]
  for (const [name, samples, expected] of table) t.same(codesOf(samples), expected, name)
})

t.test('levelling brings any voice to the limits; trimming leaves the margin', async (t) => {
  for (const peak of [0.01, 0.05, 0.3, 0.9]) {
    const made = level(trim(voice(peak, { before: 700, after: 0 }), RATE, 120), RATE)
    const measured = measureTape(tapeOf(made))
    t.same(measured === null ? null : faultsOf(measured), [], `peak ${peak}`)
    t.ok(Math.abs((measured?.loudness ?? 0) - TAPE_LIMITS.loudness) < 0.1, `${measured?.loudness ?? ''}`)
    t.ok((measured?.silence.start ?? 0) >= 110 && (measured?.silence.start ?? 0) <= 130)
  }
  t.equal(trim(new Int16Array(100), RATE, 10).length, 160, 'of silence only the margins are left')
})

t.test('what a tape says of itself survives, and does not disturb players', async (t) => {
  const samples = good()
  const bytes = writeWav(samples, { text: '幺幺零，正在为您接通。', maker: 'test' })
  const tape = readTape(bytes)
  t.match(tape, { info: { text: '幺幺零，正在为您接通。', maker: 'test' }, sampleRate: RATE, duration: 2_240 })
  t.same([...samplesOf(tape ?? { data: new Uint8Array() })], [...samples])
  t.equal(readWav(bytes.subarray(0, 4_096), bytes.length)?.duration, readWav(writeWav(samples), writeWav(samples).length)?.duration, 'the notes are no sound')
  t.equal(bytes.length, new DataView(bytes.buffer).getUint32(4, true) + 8, 'the header tells the length')
  for (const cut of [0, 12, 44, 1_000, bytes.length - 3]) t.ok((readTape(bytes.subarray(0, cut))?.duration ?? 0) <= 2_240, 'a cut file is read as far as it goes')
  t.equal(readTape(new TextEncoder().encode('RIFF????WAVEfmt ')), null)
})

t.test('the text of the file against the text of the tape, at its line', async (t) => {
  const texts = { path: 'texts.yaml', text: 'noted: 已记下。\nbusy: 请不要挂机。\nother: 其他。\n' }
  const lint = (name: string, said: string | undefined, file = `${name}.0123abcd.wav`, hash = '0123abcd') =>
    lintTapes(texts, { language: 'zh-CN', prefix: '' }, [{ name, file, tape: tapeOf(good(), said), hash }]).problems.map(({ code, line, col, length }) => `${code} ${line}:${col}+${length}`)
  t.same(lint('noted', '已记下。'), [])
  t.same(lint('busy', '请挂机。'), ['prompt.text 2:7+6'], 'the text is underlined')
  t.same(lint('other', undefined), ['prompt.unknown-text 3:1+5'])
  t.same(lint('stray', '？'), ['prompt.no-text 1:1+1'])
  t.same(lint('noted', '已记下。', 'noted.0123abcd.wav', 'ffffffff'), ['prompt.hash 1:1+5'])
  t.same(lint('noted', '已记下。', 'noted.wav', 'ffffffff'), [], 'a plain name promises nothing')
  const loud = lintTapes(texts, { language: 'zh-CN', prefix: '' }, [{ name: 'noted', file: 'noted.wav', tape: tapeOf(good().map((sample) => sample * 1.41), '已记下。'), hash: '' }])
  t.match(loud.problems, [{ code: 'prompt.loudness', problem: { en: /noted\.wav has -20\.0 LUFS, not -23/ }, remedy: { en: /prompts import noted noted\.wav --language zh-CN:/ } }])
  t.equal(loud.tapes.length, 1)
})

function clicked(samples: Int16Array, width: number): Int16Array {
  const with_ = samples.slice()
  with_.fill(32_767, 9_000, 9_000 + width)
  return with_
}

t.test('clipped, though turned down afterwards: as the equipment wrote it, at any rate', async (t) => {
  /** A voice of tones, `times` too loud for the equipment. */
  const spoken = (times: number, gain: number, rate: number) => Int16Array.from({ length: rate }, (_, at) => {
    const wave = Math.sin(2 * Math.PI * 211 * at / rate) * 0.6 + Math.sin(2 * Math.PI * 1_297 * at / rate) * 0.35
    return Math.round(Math.max(-1, Math.min(1, wave * times)) * 32_767 * gain)
  })
  for (const rate of [8_000, 44_100]) {
    t.equal(cutOffRuns(spoken(0.9, 1, rate)), 0, `${rate}: well recorded`)
    t.ok(cutOffRuns(spoken(2, 1, rate)) > 50, `${rate}: clipped`)
    t.ok(cutOffRuns(spoken(2, 0.97, rate)) > 50, `${rate}: turned down by 0.3 dB`)
    t.equal(cutOffRuns(spoken(0.9, 0.1, rate)), 0, `${rate}: quiet`)
  }
})
