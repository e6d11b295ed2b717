import pino, { type Logger } from 'pino'

/** Keys under which personal data may be logged: they are redacted. A number anywhere else is caught by the scrubber. */
const REDACTED = ['number', 'caller', 'name', 'address', 'place', 'digits', 'password', 'token', 'cookie']
const PATHS = REDACTED.flatMap((key) => [key, `*.${key}`, `*.*.${key}`])
/** Telephone numbers and identity-card numbers that slipped into a text, as the last line of defence. UUIDs and times are longer words or have other neighbours. */
const NUMBERS = /(?<![0-9a-f-])(\+?\d{3})\d{4,11}(\d{2})(?![0-9a-f-])/gi
export const scrub = (text: string): string => text.replace(NUMBERS, '$1****$2')

/** Structured logs on stdout; the call's UUID is in every line about a call. */
export function makeLogger(level: string, pretty: boolean): Logger {
  return pino({
    level,
    redact: { paths: PATHS, censor: '***' },
    base: null,
    hooks: {
      logMethod(args, method) {
        method.apply(this, args.map((arg) => (typeof arg === 'string' ? scrub(arg) : arg)) as Parameters<typeof method>)
      },
    },
    ...(pretty ? { transport: { target: 'pino-pretty', options: { colorize: process.stdout.isTTY, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' } } } : {}),
  })
}
