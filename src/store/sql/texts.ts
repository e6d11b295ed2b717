/** Words of ours, as a list of SQL: `'a', 'b'`. Constants only, never anybody's text. */
export const textsOf = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ')
