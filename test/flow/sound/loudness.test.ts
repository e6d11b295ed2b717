import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { integratedLoudness, kWeighting, truePeak } from '../../../src/flow/sound/loudness.js'
import { readTape, samplesOf, writeWav } from '../../../src/flow/wav.js'

/** A sine of `level` dBFS (peak), seconds long. */
const sine = (rate: number, hertz: number, level: number, seconds: number, phase = 0): Int16Array =>
  Int16Array.from({ length: Math.round(rate * seconds) }, (_, index) => Math.round(32767 * 10 ** (level / 20) * Math.sin(2 * Math.PI * hertz * index / rate + phase)))

const chain = (...parts: readonly Int16Array[]): Int16Array => Int16Array.from(parts.flatMap((part) => [...part]))

t.test('at 48 kHz the filter is the table of ITU-R BS.1770-4', async (t) => {
  const [shelf, highPass] = kWeighting(48_000)
  const table = [
    [shelf.b, [1.53512485958697, -2.69169618940638, 1.19839281085285]], [shelf.a, [-1.69065929318241, 0.73248077421585]],
    [highPass.b, [1, -2, 1]], [highPass.a, [-1.99004745483398, 0.99007225036621]],
  ] as const
  for (const [ours, wanted] of table) ours.forEach((value, index) => t.ok(Math.abs(value - (wanted[index] ?? NaN)) < 1e-12, `${value}`))
})

t.test('reference tones: a full-scale 997 Hz sine in one channel is −3.01 LUFS, at any rate', async (t) => {
  for (const rate of [8_000, 16_000, 48_000]) {
    for (const level of [0, -20, -36]) {
      const found = integratedLoudness(sine(rate, 997, level, 5), rate)
      t.ok(Math.abs(found - (level - 3.01)) < 0.1, `${rate} Hz, ${level} dBFS: ${found.toFixed(2)}`)
    }
  }
  t.equal(integratedLoudness(new Int16Array(8_000), 8_000), -Infinity)
  t.ok(Math.abs(integratedLoudness(sine(8_000, 997, -20, 0.2), 8_000) + 23.01) < 0.3, 'shorter than a block')
})

t.test('the gates of EBU Tech 3341, cases 3 to 5, for one channel', async (t) => {
  const tone = (level: number, seconds: number) => sine(8_000, 1_000, level + 3.01, seconds)
  const near = (samples: Int16Array, wanted: number, what: string) => {
    const found = integratedLoudness(samples, 8_000)
    t.ok(Math.abs(found - wanted) < 0.15, `${what}: ${found.toFixed(2)}`)
  }
  near(chain(tone(-36, 10), tone(-23, 60), tone(-36, 10)), -23, 'quiet parts do not count')
  near(chain(tone(-72, 10), tone(-36, 10), tone(-23, 60), tone(-36, 10), tone(-72, 10)), -23, 'nor does silence')
  near(chain(tone(-26, 20), tone(-20, 20.1), tone(-26, 20)), -23, 'both levels count')
})

t.test('between samples there may be more than at them', async (t) => {
  // A quarter of the rate, 45° off: samples at ±0.707, the wave at ±1.
  const samples = sine(8_000, 2_000, -6, 1, Math.PI / 4)
  t.ok(Math.abs(20 * Math.log10(Math.max(...samples) / 32768) + 9.01) < 0.02, 'the samples say −9')
  t.ok(Math.abs(truePeak(samples) + 6) < 0.15, `the wave −6: ${truePeak(samples).toFixed(2)}`)
  t.equal(truePeak(new Int16Array(10)), -Infinity)
  const hidden = chain(sine(8_000, 300, -8, 2), samples, sine(8_000, 300, -8, 2))
  t.ok(Math.abs(truePeak(hidden) + 6) < 0.15, 'found among louder samples too')
})

t.test('sox, filtering with the standard’s own numbers at 48 kHz, hears the same', { skip: spawnSync('sox', ['--version']).error === undefined ? false : 'no sox' }, async (t) => {
  const directory = new URL('../../../ivr-flows/prompts/zh-CN/', import.meta.url).pathname
  const table = ['biquad', '1.53512485958697', '-2.69169618940638', '1.19839281085285', '1', '-1.69065929318241', '0.73248077421585', 'biquad', '1', '-2', '1', '1', '-1.99004745483398', '0.99007225036621']
  for (const file of readdirSync(directory).filter((name) => name.endsWith('.wav'))) {
    const tape = readTape(readFileSync(join(directory, file)))
    if (tape === null) throw new Error(file)
    // sox knows no gates, so a stretch of 0.4 s, which is one block.
    const samples = samplesOf(tape).subarray(4_000, 7_200)
    const ours = integratedLoudness(samples, 8_000)
    const stats = spawnSync('sox', ['-t', 'wav', '-', '-b', '32', '-n', 'gain', '-12', 'rate', '-v', '48000', ...table, 'stats'], { input: writeWav(samples), encoding: 'utf8' }).stderr
    const rms = Number(/RMS lev dB\s+(-?[\d.]+)/.exec(stats)?.[1])
    t.ok(Math.abs(rms + 12 - 0.691 - ours) < 0.4, `${file}: ours ${ours.toFixed(2)}, sox ${(rms + 12 - 0.691).toFixed(2)}`)
  }
  t.match(execFileSync('sox', ['--version'], { encoding: 'utf8' }), 'SoX')
})
