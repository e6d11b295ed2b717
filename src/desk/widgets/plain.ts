/** What an input method for Chinese writes in full width (`１３９`, `：`) in the signs that numbers and times are made of. */
export const plainOf = (typed: string): string => typed.normalize('NFKC').trim()

/** A telephone number as it is dialled: without what people write between its digits. */
export const dialledOf = (typed: string): string => plainOf(typed).replace(/[\s().-]/g, '')
