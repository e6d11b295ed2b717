import { LiandongError } from './contracts/errors.js'
import pino, { type Logger } from 'pino'

/** Keys under which personal data may be logged: what stands there is not shown, however deep. */
const REDACTED: ReadonlySet<string> = new Set(['number', 'caller', 'name', 'callerName', 'address', 'place', 'digits', 'password', 'token', 'cookie'])
/** What PostgreSQL says of a row: its values. */
const ROW_TEXT: ReadonlySet<string> = new Set(['detail', 'where', 'parameters', 'query', 'internalQuery'])
/** What looks like a number and is none: UUIDs, days and times. */
const HARMLESS = String.raw`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?`
/** Eight digits or more, as numbers are written: with blanks or dashes between them, and an identity card's final X. Ticket numbers (seven digits) stay. */
const NUMBER = String.raw`\+?\d(?:[ -]?\d){7,}X?`
const EITHER = new RegExp(`(${HARMLESS})|(${NUMBER})`, 'gi')
const DEEPEST = 8

/** The last line of defence: telephone and identity-card numbers that slipped into a text keep their first three and last two signs. */
export const scrub = (text: string): string => text.replace(EITHER, (whole: string, harmless: string | undefined) => {
  if (harmless !== undefined) return whole
  const signs = whole.replace(/[ -]/g, '')
  return `${signs.slice(0, 3)}****${signs.slice(-2)}`
})

/** A copy of a log entry's value without personal data. Errors are left to their serializer. */
function clean(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrub(value)
  if (typeof value !== 'object' || value === null || value instanceof Error || value instanceof Date) return value
  if (depth >= DEEPEST) return '…'
  if (Array.isArray(value)) return value.map((one) => clean(one, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, REDACTED.has(key) ? '***' : clean(inner, depth + 1)]))
}

/** A tagged error is expected, and its reason says more than where in the program it was met: one line, no stack. */
function errorWithoutRows(error: Error): unknown {
  if (error instanceof LiandongError) {
    const { message = '', code = '' } = (error.cause ?? {}) as { readonly message?: string; readonly code?: string }
    return clean({ code: error.code, message: error.message, ...(error.cause === undefined ? {} : { reason: message === '' ? code : message }) })
  }
  return clean(Object.fromEntries(Object.entries(pino.stdSerializers.err(error)).filter(([key]) => !ROW_TEXT.has(key))))
}

/** Structured logs on stdout (or `destination`, for tests); the call's UUID is in every line about a call. */
export function makeLogger(level: string, pretty: boolean, destination?: pino.DestinationStream): Logger {
  const options: pino.LoggerOptions = {
    level,
    base: null,
    formatters: { log: (entry) => clean(entry) as Record<string, unknown> },
    serializers: { err: errorWithoutRows },
    hooks: {
      logMethod(args, method) {
        method.apply(this, args.map((arg) => (typeof arg === 'string' ? scrub(arg) : arg)) as Parameters<typeof method>)
      },
    },
    ...(pretty ? { transport: { target: 'pino-pretty', options: { colorize: process.stdout.isTTY, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' } } } : {}),
  }
  return destination === undefined ? pino(options) : pino(options, destination)
}
