import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { LANGUAGES } from '../../src/contracts/flow.js'
import type { Language } from '../../src/contracts/primitives.js'
import { loadPromptTexts, speechText } from '../../src/flow/prompt-texts.js'
import { everyPiece, piecesOf, READ_OUTS, timeOfReadOut, type ReadOutKind } from '../../src/flow/say/read-out.js'
import { MONDAY_NOON } from './helpers.js'

const KINDS = Object.keys(READ_OUTS) as ReadOutKind[]
const AT = { now: MONDAY_NOON, timeZone: 'Asia/Shanghai' }

const texts = new Map<Language, ReadonlyMap<string, string>>(LANGUAGES.map((language) => {
  const file = new URL(`../../ivr-flows/prompts/${language}/say/texts.yaml`, import.meta.url)
  const loaded = loadPromptTexts(`${language}/say/texts.yaml`, readFileSync(file, 'utf8'), language)
  return [language, new Map([...loaded.texts ?? []].map(([name, parts]) => [name, speechText(parts)]))]
}))

/** What is heard, in words: the texts of the pieces. */
const heard = (kind: ReadOutKind, text: string, language: Language): string | null =>
  piecesOf(kind, text, language, AT)?.map((piece) => texts.get(language)?.get(piece.slice(4)) ?? `?${piece}`).join(language === 'en' ? ' ' : '') ?? null

t.test('Chinese', async (t) => {
  const table: readonly (readonly [kind: ReadOutKind, text: string, heard: string | null])[] = [
    ['number', '0', '零'], ['number', '1', '一'], ['number', '2', '两'], ['number', '10', '十'], ['number', '12', '十二'], ['number', '20', '二十'], ['number', '22', '二十二'],
    ['number', '100', '一百'], ['number', '102', '一百零二'], ['number', '110', '一百一十'], ['number', '112', '一百一十二'], ['number', '200', '二百'], ['number', '222', '二百二十二'],
    ['number', '1000', '一千'], ['number', '1002', '一千零二'], ['number', '1010', '一千零一十'], ['number', '2000', '两千'], ['number', '2022', '两千零二十二'], ['number', '12000', '一万二千'],
    ['number', '10000', '一万'], ['number', '10002', '一万零二'], ['number', '10200', '一万零二百'], ['number', '20000', '两万'], ['number', '20002', '两万零二'], ['number', '22222', '两万二千二百二十二'],
    ['number', '100000', '十万'], ['number', '100010', '十万零一十'], ['number', '120000', '十二万'], ['number', '1000001', '一百万零一'], ['number', '2000000', '二百万'], ['number', '20000000', '两千万'], ['number', '99999999', '九千九百九十九万九千九百九十九'],
    ['number', '100000000', null], ['number', '-1', null], ['number', '1.5', null], ['number', 'x', null], ['number', '', null], ['number', '007', '七'],
    ['ordinal', '1', '第一'], ['ordinal', '2', '第二'], ['ordinal', '12', '第十二'], ['ordinal', '0', null],
    ['digits', '13800*#', '幺三八零零星井'], ['digits', '110-26', '幺幺零二六'], ['digits', '2', '二'], ['digits', '12a', null], ['digits', '1'.repeat(33), null],
    ['date', '2026-03-02', '三月二日'], ['date', '2026-12-22', '十二月二十二日'], ['date', '2027-10-01', '二零二七年十月一日'], ['date', '2026-01-05', '今天'], ['date', '2026-01-06', '明天'], ['date', '2026-01-07', '一月七日'],
    ['date', '2026-02-29', null], ['date', '2028-02-29', '二零二八年二月二十九日'], ['date', '2026-13-01', null], ['date', '2026-00-10', null], ['date', '2026-03-02T08:00', '三月二日'], ['date', String(MONDAY_NOON), '今天'], ['date', String(MONDAY_NOON + 86_400_000), '明天'],
    ['time', '00:00', '凌晨零点'], ['time', '02:05', '凌晨两点零五分'], ['time', '08:30', '上午八点三十分'], ['time', '12:00', '中午十二点'], ['time', '14:02', '下午两点零二分'], ['time', '18:10', '晚上六点十分'], ['time', '23:59', '晚上十一点五十九分'],
    ['time', '24:00', null], ['time', '8:30', null], ['time', '2026-01-05T18:30', '晚上六点三十分'], ['time', String(MONDAY_NOON), '中午十二点'],
    ['money', '2', '两元'], ['money', '12.50', '十二元五角'], ['money', '12.5', '十二元五角'], ['money', '12.05', '十二元零五分'], ['money', '0.20', '两角'], ['money', '0.02', '两分'], ['money', '2.22', '两元两角两分'], ['money', '0', '零元'], ['money', '1.234', null],
    ['duration', '0', '不到一分钟'], ['duration', '59', '一分钟'], ['duration', '60', '一分钟'], ['duration', '61', '两分钟'], ['duration', '3600', '一小时'], ['duration', '7320', '两小时两分钟'], ['duration', '90000', null],
  ]
  for (const [kind, text, expected] of table) t.equal(heard(kind, text, 'zh-CN'), expected, `${kind} ${text}`)
})

t.test('English', async (t) => {
  const table: readonly (readonly [kind: ReadOutKind, text: string, heard: string | null])[] = [
    ['number', '0', 'zero'], ['number', '2', 'two'], ['number', '13', 'thirteen'], ['number', '20', 'twenty'], ['number', '21', 'twenty one'], ['number', '100', 'one hundred'], ['number', '105', 'one hundred and five'],
    ['number', '1000', 'one thousand'], ['number', '1005', 'one thousand and five'], ['number', '1100', 'one thousand one hundred'], ['number', '12345', 'twelve thousand three hundred and forty five'], ['number', '1000001', 'one million and one'], ['number', '100000', 'one hundred thousand'],
    ['ordinal', '1', 'first'], ['ordinal', '2', 'second'], ['ordinal', '3', 'third'], ['ordinal', '12', 'twelfth'], ['ordinal', '20', 'twentieth'], ['ordinal', '21', 'twenty first'], ['ordinal', '100', 'one hundredth'], ['ordinal', '101', 'one hundred and first'], ['ordinal', '1000000', 'one millionth'],
    ['digits', '110#', 'one one zero hash'], ['date', '2026-03-02', 'the second of March'], ['date', '2027-10-31', 'the thirty first of October twenty twenty seven'], ['date', '2005-05-05', 'the fifth of May two thousand and five'], ['date', '1909-12-01', 'the first of December nineteen oh nine'], ['date', '1900-12-01', 'the first of December nineteen hundred'],
    ['date', '2026-01-05', 'today'], ['date', '2026-01-06', 'tomorrow'],
    ['time', '00:00', 'twelve a m'], ['time', '08:05', 'eight oh five a m'], ['time', '12:30', 'twelve thirty p m'], ['time', '23:59', 'eleven fifty nine p m'],
    ['money', '12.50', 'twelve yuan and fifty fen'], ['money', '0.05', 'five fen'], ['money', '3', 'three yuan'], ['duration', '60', 'one minute'], ['duration', '3720', 'one hour and two minutes'], ['duration', '7200', 'two hours'], ['duration', '0', 'less than a minute'],
  ]
  for (const [kind, text, expected] of table) t.equal(heard(kind, text, 'en')?.toLowerCase(), expected?.toLowerCase(), `${kind} ${text}`)
})

const two = (value: number): string => String(value).padStart(2, '0')
const number = fc.integer({ min: 0, max: 99_999_999 }).map(String)
const INPUTS: Readonly<Record<ReadOutKind, fc.Arbitrary<string>>> = {
  number, ordinal: number,
  digits: fc.stringMatching(/^[0-9*#]{1,32}$/),
  date: fc.tuple(fc.integer({ min: 1900, max: 2099 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 31 })).map(([year, month, day]) => `${year}-${two(month)}-${two(day)}`),
  time: fc.tuple(fc.nat(23), fc.nat(59)).map(([hour, minute]) => `${two(hour)}:${two(minute)}`),
  money: fc.tuple(fc.nat(99_999_999), fc.nat(99)).map(([yuan, fen]) => `${yuan}.${two(fen)}`),
  duration: fc.integer({ min: 0, max: 86_400 }).map(String),
}

t.test('every piece that can be needed is known beforehand, and no more of them than was said', async (t) => {
  for (const language of LANGUAGES) {
    for (const kind of KINDS) {
      const known = new Set(everyPiece(kind, language))
      fc.assert(fc.property(INPUTS[kind], (text) => {
        const pieces = piecesOf(kind, text, language, AT)
        return pieces === null ? kind === 'ordinal' || kind === 'date' : pieces.length > 0 && pieces.every((piece) => known.has(piece))
      }), { numRuns: 3_000 })
      for (const piece of known) t.ok(texts.get(language)?.has(piece.slice(4)), `${language} ${piece} has its text`)
    }
    const needed = new Set(KINDS.flatMap((kind) => everyPiece(kind, language)))
    t.same([...texts.get(language)?.keys() ?? []].filter((name) => !needed.has(`say/${name}`)), [], `${language}: no piece is recorded for nothing`)
  }
})

t.test('the longest reading, by the real lengths of the pieces: nothing that is read out lasts longer, and something does as long', async (t) => {
  // Numbers of few words are rare among all there are.
  const block = fc.oneof(fc.nat(9_999), fc.constantFrom(0, 0, 1, 2, 10, 12, 20, 100, 110, 200, 1_000, 2_000, 2_002, 9_999))
  const numbers = fc.tuple(block, block).map(([high, low]) => high * 10_000 + low)
  const inputs: typeof INPUTS = { ...INPUTS, number: numbers.map(String), ordinal: numbers.map(String), money: fc.tuple(numbers, fc.nat(99)).map(([yuan, fen]) => `${yuan}.${two(fen)}`) }
  const value = { var: 'x' } as const
  for (const language of LANGUAGES) {
    for (const kind of KINDS) {
      const length = fc.oneof(fc.constant(1), fc.integer({ min: 100, max: 900 }), fc.constant(100_000))
      const pieces = everyPiece(kind, language)
      fc.assert(fc.property(fc.array(length, { minLength: pieces.length, maxLength: pieces.length }), fc.array(inputs[kind], { minLength: 200, maxLength: 200 }), (lengths, texts) => {
        const of = (name: string): number => lengths[pieces.indexOf(name)] ?? 0
        const [, most] = timeOfReadOut({ [kind]: value }, language, of)
        return texts.every((text) => (piecesOf(kind, text, language, AT) ?? []).reduce((sum, piece) => sum + of(piece), 0) <= most)
      }), { numRuns: 15 })
    }
    // Each piece as long as the other: the reading of most pieces, which is known.
    const most = Object.fromEntries(KINDS.map((kind) => [kind, timeOfReadOut({ [kind]: value }, language, () => 1)[1]]))
    t.same(most, language === 'zh-CN'
      ? { number: 15, ordinal: 16, digits: 32, date: 12, time: 8, money: 20, duration: 8 }
      : { number: 14, ordinal: 14, digits: 32, date: 9, time: 4, money: 19, duration: 7 }, language)
  }
  for (const [what, pieces] of [[{ number: 12 }, ['ten', 'n2']], [{ digits: '110' }, ['yao', 'yao', 'n0']], [{ money: '2.05' }, ['liang', 'yuan', 'n0', 'n5', 'fen']]] as const) {
    const time = pieces.reduce((sum, piece) => sum + piece.length * 100, 0)
    t.same(timeOfReadOut(what, 'zh-CN', (name) => (name.length - 4) * 100), [time, time], 'what is written out is known')
  }
})

t.test('any text at all: read out or refused, never an error, and never a name from outside', async (t) => {
  fc.assert(fc.property(fc.constantFrom(...KINDS), fc.oneof(fc.string(), fc.stringMatching(/^[0-9.:T-]{0,20}$/)), fc.constantFrom(...LANGUAGES), (kind, text, language) => {
    const pieces = piecesOf(kind, text, language, AT)
    return pieces === null || pieces.every((piece) => everyPiece(kind, language).includes(piece) || kind === 'date')
  }), { numRuns: 3_000 })
  t.pass()
})
