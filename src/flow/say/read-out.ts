import { Type, type Static } from 'typebox'
import type { Language } from '../../contracts/primitives.js'
import { closed, says } from '../fields.js'
import { localTime } from '../local-time.js'
import type { NodeContext, NodePath, Span, Use } from '../node-type.js'
import { chinese } from './chinese.js'
import { english } from './english.js'
import { MAX_NUMBER, type Grammar } from './grammar.js'
import { longestNumber, longestOf, type Measure } from './longest.js'
import { Value, valueOf, valueUses } from './value.js'

const GRAMMARS: Readonly<Record<Language, Grammar>> = { 'zh-CN': chinese, en: english }

/** Pieces are prompts of their own folder: a recorded voice replaces them file by file. */
export const PIECE_FOLDER = 'say/'
const MAX_KEYS = 32

interface Kind {
  readonly zh: string
  readonly en: string
  /** Pieces that read `text` out; null when it cannot be read so. */
  readonly pieces: (text: string, grammar: Grammar, at: Moment) => string[] | null
  /** What it may be given, so that every piece it can use is known. */
  readonly samples: readonly string[]
  /** No reading lasts longer than this one, where so long a piece is. */
  readonly longest: (grammar: Grammar, ms: Measure) => readonly string[]
}

interface Moment { readonly now: number; readonly timeZone: string }

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index)
/** Among them every word that a number can need: in front, in the middle and, for ordinals, at the end. */
const NUMBERS = [...range(0, 99), ...range(1, 99).map((value) => value * 1_000), 100, 101, 1_000_000, 1_000_001, MAX_NUMBER].map(String)
const whole = (text: string, most: number): number | null => (/^[0-9]{1,8}$/.test(text) && Number(text) <= most ? Number(text) : null)

/** Everything that can be read out: what is written in a flow under this name. */
export const READ_OUTS = {
  number: {
    zh: '数量，0–99999999：两位、十二位', en: 'A number of things, 0–99999999', samples: NUMBERS,
    pieces: (text, grammar) => { const value = whole(text, MAX_NUMBER); return value === null ? null : grammar.number(value) },
    longest: (grammar, ms) => longestOf([grammar.number(0), grammar.number(longestNumber(grammar.number, grammar.block, ms))], ms),
  },
  ordinal: {
    zh: '序数，1–99999999：第二', en: 'An ordinal, 1–99999999: second', samples: NUMBERS.slice(1),
    pieces: (text, grammar) => { const value = whole(text, MAX_NUMBER); return value === null || value === 0 ? null : grammar.ordinal(value) },
    longest: (grammar, ms) => grammar.ordinal(longestNumber(grammar.ordinal, grammar.block, ms)),
  },
  digits: {
    zh: '逐位念出的按键，最多 32 位：电话、编号', en: 'Keys one by one, at most 32: a telephone, a number of a record', samples: ['0123456789*#'],
    pieces: (text, grammar) => { const keys = text.replaceAll('-', ''); return /^[0-9*#]{1,32}$/.test(keys) ? grammar.digits(keys) : null },
    longest: (grammar, ms) => longestOf([...range(0, 9).map(String), '*', '#'].map((key) => grammar.digits(key.repeat(MAX_KEYS))), ms),
  },
  date: {
    zh: '日期：2026-01-05（今年不念年份，今天、明天照念）', en: 'A date: 2026-01-05 (this year without its number; today and tomorrow by name)',
    samples: ['0', ...[...range(1900, 1912), 1999, 2000, 2005, ...range(2010, 2040), 2050, 2060, 2070, 2080, 2090].map((year) => `${year}-01-01`), ...range(1, 12).map((month) => `2030-${String(month).padStart(2, '0')}-01`), ...range(1, 31).map((day) => `2030-01-${String(day).padStart(2, '0')}`)],
    pieces: readDate,
    longest(grammar, ms) {
      // How a year is read has nothing to do with the day: only 29 February is in some years alone.
      const years = range(0, 9_999)
      const longestYear = (ones: readonly number[]): number => ones.reduce((longest, year) => (ms(grammar.date(year, 1, 1)) > ms(grammar.date(longest, 1, 1)) ? year : longest), 2_000)
      const [year, leap] = [longestYear(years), longestYear(years.filter((one) => (one % 4 === 0 && one % 100 !== 0) || one % 400 === 0))]
      const days = range(1, 12).flatMap((month) => range(1, new Date(Date.UTC(2001, month, 0)).getUTCDate()).map((day) => grammar.date(year, month, day)))
      return longestOf([grammar.day('today'), grammar.day('tomorrow'), grammar.date(leap, 2, 29), ...days], ms)
    },
  },
  time: {
    zh: '时刻：18:30', en: 'A time of day: 18:30', samples: [...range(0, 23).map((hour) => `${String(hour).padStart(2, '0')}:00`), ...range(0, 59).map((minute) => `08:${String(minute).padStart(2, '0')}`)],
    pieces(text, grammar, at) {
      const [, hour = '', minute = ''] = /(?:^|T)([01][0-9]|2[0-3]):([0-5][0-9])/.exec(local(text, at)) ?? []
      return hour === '' ? null : grammar.time(Number(hour), Number(minute))
    },
    longest: (grammar, ms) => longestOf(range(0, 23).flatMap((hour) => range(0, 59).map((minute) => grammar.time(hour, minute))), ms),
  },
  money: {
    zh: '金额（元）：12.50', en: 'An amount in yuan: 12.50', samples: [...NUMBERS, ...range(0, 99).map((fen) => `1.${String(fen).padStart(2, '0')}`), '0.50', '0.05'],
    pieces(text, grammar) {
      const [, yuan = '', fen = '0'] = /^([0-9]{1,8})(?:\.([0-9]{1,2}))?$/.exec(text) ?? []
      return yuan === '' ? null : grammar.money(Number(yuan), Number(fen.padEnd(2, '0')))
    },
    longest(grammar, ms) {
      // What the hundredths add depends only on whether there are yuan.
      const yuan = longestNumber((value) => grammar.money(value, 0), grammar.block, ms)
      return longestOf(range(0, 99).flatMap((fen) => [grammar.money(0, fen), grammar.money(yuan, fen)]), ms)
    },
  },
  duration: {
    zh: '时长（秒），按分钟进位：五分钟', en: 'A length of time given in seconds, rounded up to minutes: five minutes', samples: ['0', '60', ...range(2, 59).map((minute) => String(minute * 60)), '3660', ...range(2, 24).map((hour) => String(hour * 3600))],
    pieces(text, grammar) {
      const seconds = whole(text, 86_400)
      if (seconds === null) return null
      const minutes = Math.ceil(seconds / 60)
      return minutes === 0 ? grammar.day('under-a-minute') : grammar.duration(Math.floor(minutes / 60), minutes % 60)
    },
    longest: (grammar, ms) => longestOf([grammar.day('under-a-minute'), ...range(1, 1_440).map((minutes) => grammar.duration(Math.floor(minutes / 60), minutes % 60))], ms),
  },
} as const satisfies Readonly<Record<string, Kind>>
export type ReadOutKind = keyof typeof READ_OUTS
const KINDS = Object.keys(READ_OUTS) as ReadOutKind[]
const kindOf = (kind: ReadOutKind): Kind => READ_OUTS[kind]

/** One thing to read out, e.g. `{ number: { fact: position } }`. */
export const ReadOut = closed(
  Object.fromEntries(KINDS.map((kind) => [kind, Type.Optional(Type.Union(Value.anyOf, says(kindOf(kind).zh, kindOf(kind).en)))])) as Record<ReadOutKind, ReturnType<typeof Type.Optional<typeof Value>>>,
  { minProperties: 1, maxProperties: 1, ...says(`念出一个值：{ ${KINDS.join(' | ')}: 值 }`, `Reads a value out: { ${KINDS.join(' | ')}: value }`) },
)
export type ReadOut = Static<typeof ReadOut>

const given = (readOut: ReadOut): [ReadOutKind, Value] => {
  const kind = KINDS.find((one) => readOut[one] !== undefined) ?? 'number'
  return [kind, readOut[kind] ?? '']
}

/** Names of the prompts that read it out now; null when there is nothing that could be read. */
export function readOut(what: ReadOut, context: Pick<NodeContext, 'vars' | 'tags' | 'surroundings' | 'language'>): string[] | null {
  const [kind, value] = given(what)
  const text = valueOf(value, context)
  return text === null ? null : piecesOf(kind, text, context.language, context.surroundings)
}

/** Text → names of prompts, or null. Pure: `now` says which day is today. */
export function piecesOf(kind: ReadOutKind, text: string, language: Language, at: Moment): string[] | null {
  return kindOf(kind).pieces(text, GRAMMARS[language], at)?.map((piece) => `${PIECE_FOLDER}${piece}`) ?? null
}

const SOME_DAY: Moment = { now: Date.UTC(2026, 0, 5), timeZone: 'UTC' }

/** Whether what is written out can ever be read out so. */
export const isReadable = (kind: ReadOutKind, text: string): boolean => piecesOf(kind, text, 'zh-CN', SOME_DAY) !== null

const every = new Map<string, readonly string[]>()

/** Every piece that a kind of read-out can need. */
export function everyPiece(kind: ReadOutKind, language: Language): readonly string[] {
  const key = `${kind} ${language}`
  let pieces = every.get(key)
  if (pieces === undefined) {
    // The day itself, so that "today" and "tomorrow" are among them.
    const samples = kind === 'date' ? [...kindOf(kind).samples, '2026-01-05', '2026-01-06'] : kindOf(kind).samples
    pieces = [...new Set(samples.flatMap((text) => piecesOf(kind, text, language, SOME_DAY) ?? []))].sort()
    every.set(key, pieces)
  }
  return pieces
}

/** The longest readings, by the lengths of the pieces: those of the files, of what runs, of a trial. */
const longest = new Map<string, number>()
const MOST_KEPT = 200

/** The pieces of a read-out: exactly those (`known`) where what is read is written out, else every piece that it can need. */
export function piecesOfReadOut(what: ReadOut, language: Language): { readonly pieces: readonly string[]; readonly known: boolean } {
  const [kind, value] = given(what)
  // A date is read otherwise when it is today, and a time is one of the city's, wherever that is.
  const written = typeof value === 'object' || kind === 'date' || kind === 'time' ? null : piecesOf(kind, String(value), language, SOME_DAY)
  return written === null ? { pieces: everyPiece(kind, language), known: false } : { pieces: written, known: true }
}

/** How long a read-out lasts, ms. Of what is not written out: no reading lasts longer than `most`, and there is one that lasts so long. */
export function timeOfReadOut(what: ReadOut, language: Language, of: (prompt: string) => number): Span {
  const [kind] = given(what)
  const { pieces, known } = piecesOfReadOut(what, language)
  const lengths = pieces.map(of)
  if (known) {
    const time = lengths.reduce((sum, length) => sum + length, 0)
    return [time, time]
  }
  const key = `${kind} ${language} ${lengths.join(' ')}`
  let most = longest.get(key)
  if (most === undefined) {
    const lasts = new Map(pieces.map((piece, index) => [piece.slice(PIECE_FOLDER.length), lengths[index] ?? 0]))
    // What is in none of them cannot be read out: a fault, not a wait.
    const ms: Measure = (reading) => reading.reduce((sum, piece) => sum + (lasts.get(piece) ?? 0), 0)
    most = ms(kindOf(kind).longest(GRAMMARS[language], ms))
    if (longest.size >= MOST_KEPT) longest.clear()
    longest.set(key, most)
  }
  return [Math.min(...lengths), most]
}

/** The variable or tag that a read-out needs. */
export function readOutUses(what: ReadOut, path: NodePath): Use[] {
  const [kind, value] = given(what)
  return typeof value === 'object' ? valueUses(value, [...path, kind]) : [{ kind: 'literal', name: String(value), as: kind, path: [...path, kind] }]
}

function readDate(text: string, grammar: Grammar, at: Moment): string[] | null {
  const [, year = '', month = '', day = ''] = /^([0-9]{4})-([0-9]{2})-([0-9]{2})/.exec(local(text, at)) ?? []
  const numbers = [Number(year), Number(month), Number(day)] as const
  const real = new Date(Date.UTC(numbers[0], numbers[1] - 1, numbers[2]))
  if (year === '' || real.getUTCMonth() + 1 !== numbers[1] || numbers[1] === 0) return null
  const today = localTime(at.now, at.timeZone)?.date
  if (today === undefined) return null
  const date = `${year}-${month}-${day}`
  if (date === today) return grammar.day('today')
  if (Date.parse(date) - Date.parse(today) === 86_400_000) return grammar.day('tomorrow')
  return grammar.date(today.startsWith(year) ? null : numbers[0], numbers[1], numbers[2])
}

/** Milliseconds since the epoch become the city's date and time; everything else stays as it is. */
function local(text: string, { timeZone }: Moment): string {
  if (!/^[0-9]{12,14}$/.test(text)) return text
  const time = localTime(Number(text), timeZone)
  if (time === null) return ''
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${time.date}T${two(Math.floor(time.minute / 60))}:${two(time.minute % 60)}`
}
