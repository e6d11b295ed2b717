import type { Point } from '../../contracts/primitives.js'

/** A position, and the words that it came with: those of a place that was chosen, of the call, or none. */
export interface Anchor { readonly point: Point; readonly words: string }

/** Whether both are one position, or both none. */
export const samePoint = (one: Point | null, other: Point | null): boolean => one === other || (one !== null && other !== null && one.lat === other.lat && one.lon === other.lon)

/**
 * The rule: a position belongs to the words that it came with; words may be added to them, but whoever types other words leaves it behind,
 * until he says that it is there all the same.
 */
export const pointOfTyped = (place: string, anchor: Anchor | null): Point | null =>
  (anchor !== null && anchor.words.trim() !== '' && place.includes(anchor.words) ? anchor.point : null)
