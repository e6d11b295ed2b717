/** What a request for bytes is answered with (RFC 9110 §14). */
export type Part = { readonly type: 'whole' } | { readonly type: 'part'; readonly from: number; readonly to: number } | { readonly type: 'unsatisfiable' }

const WHOLE: Part = { type: 'whole' }

/**
 * One range of bytes out of `Range`. What is not understood, and several ranges at once, are answered with the whole, as §14.2 allows;
 * so is a part of another edition than the one the reader has (`If-Range`, §13.1.5: only a strong, equal tag counts). `to` is inclusive.
 */
export function partOf(range: string | undefined, ifRange: string | undefined, size: number, tag: string): Part {
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== tag)) return WHOLE
  const match = /^bytes *= *(\d{0,15}) *- *(\d{0,15})$/i.exec(range.trim())
  if (match === null) return WHOLE
  const [, first = '', last = ''] = match
  if (first === '' && last === '') return WHOLE
  if (first === '') {
    // The last so many bytes.
    const length = Math.min(Number(last), size)
    return length === 0 ? { type: 'unsatisfiable' } : { type: 'part', from: size - length, to: size - 1 }
  }
  const from = Number(first)
  if (last !== '' && Number(last) < from) return WHOLE // no valid range at all
  return from >= size ? { type: 'unsatisfiable' } : { type: 'part', from, to: last === '' ? size - 1 : Math.min(Number(last), size - 1) }
}
