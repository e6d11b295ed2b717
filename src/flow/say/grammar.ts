/** How one language reads things out: each function gives names of recorded pieces (`prompts/<language>/say/<piece>.wav`), in order. */
export interface Grammar {
  /** Numbers are read block by block, each of so many: 万, thousand. */
  readonly block: number
  /** A number of things, 0 … `MAX_NUMBER`. */
  number(value: number): string[]
  /** The n-th, from 1. */
  ordinal(value: number): string[]
  /** Keys one by one: `0`–`9`, `*`, `#`. */
  digits(keys: string): string[]
  /** `year` null: this year. */
  date(year: number | null, month: number, day: number): string[]
  time(hour: number, minute: number): string[]
  /** Yuan and hundredths. */
  money(yuan: number, fen: number): string[]
  /** At least a minute. */
  duration(hours: number, minutes: number): string[]
  day(which: 'today' | 'tomorrow' | 'under-a-minute'): string[]
}

/** Larger numbers are for reading, not for hearing. */
export const MAX_NUMBER = 99_999_999
