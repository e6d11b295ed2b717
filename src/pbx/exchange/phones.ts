/** How an operator's practice phone behaves when it rings. `manual`: until somebody picks up at the desk; `early`: likewise, with a sound of its own (183, not 180); `dead`: no word comes back from it. */
export type PhoneBehaviour = 'manual' | 'early' | 'no-answer' | 'busy' | 'reject' | 'unregistered' | 'unreachable' | 'dead' | { readonly answerAfter: number }

/** A leg at a telephone: rings, and is answered or refused. */
export interface RingingLeg { ringing(early: boolean): void; answer(): void; refuse(cause: string): void }

/** The telephones of operators, guests and other services. */
export interface Phones {
  set(extension: string, behaviour: PhoneBehaviour): void
  behaviour(extension: string): PhoneBehaviour
  /** Picks up what rings there. False when nothing does. */
  answer(extension: string): boolean
  /** Declines what rings there. Many telephones say USER_BUSY for it. */
  reject(extension: string, cause?: 'CALL_REJECTED' | 'USER_BUSY'): boolean
  /** @param talks there is a talk on this telephone */
  ring(extension: string, leg: RingingLeg, talks?: boolean): void
  /** It has one line: a desk's. Whoever else is dialled (119) has many. */
  hasOneLine(extension: string): boolean
  still(extension: string, leg: RingingLeg): void
  isRinging(extension: string): boolean
  /** Extensions with a registration: those at the desks, and whatever else somebody spoke of. */
  registered(): readonly string[]
}

/** The telephones at the desks; the native queue rings them first to last. */
export const DESKS: readonly string[] = Array.from({ length: 12 }, (_, n) => String(1001 + n))

/** Telephones that behave as they are told; their time runs as `scaled` says. `onRegistration` is told when one comes (`true`) or goes. */
export function makePhones(scaled: (ms: number) => number, onRegistration: (extension: string, there: boolean) => void): Phones {
  const behaviours = new Map<string, PhoneBehaviour>()
  const ringing = new Map<string, { readonly leg: RingingLeg; readonly timer: NodeJS.Timeout | null }>()
  // Operators sit at four digits and pick up by hand; whoever else is dialled (119, a citizen) answers by himself.
  const hasOneLine = (extension: string): boolean => /^[0-9]{4}$/.test(extension)
  const behaviour = (extension: string): PhoneBehaviour => behaviours.get(extension) ?? (hasOneLine(extension) ? 'manual' : { answerAfter: 2_000 })

  function take(extension: string): RingingLeg | null {
    const found = ringing.get(extension)
    if (found === undefined) return null
    if (found.timer !== null) clearTimeout(found.timer)
    ringing.delete(extension)
    return found.leg
  }

  return {
    set(extension, how) {
      const was = behaviour(extension) !== 'unregistered'
      behaviours.set(extension, how)
      const is = how !== 'unregistered'
      if (was !== is) onRegistration(extension, is)
    },
    registered: () => [...new Set([...DESKS, ...behaviours.keys()])].filter((extension) => behaviour(extension) !== 'unregistered'),
    behaviour, hasOneLine,
    answer(extension) {
      const leg = take(extension)
      leg?.answer()
      return leg !== null
    },
    reject(extension, cause = 'CALL_REJECTED') {
      const leg = take(extension)
      leg?.refuse(cause)
      return leg !== null
    },
    ring(extension, leg, talks = false) {
      const how = behaviour(extension)
      if (how === 'unreachable') return leg.refuse('NORMAL_TEMPORARY_FAILURE')
      if (how === 'busy' || ringing.has(extension) || (talks && how !== 'dead')) return leg.refuse('USER_BUSY')
      if (how !== 'dead') leg.ringing(how === 'early')
      const act = how === 'reject' ? () => { take(extension)?.refuse('CALL_REJECTED') } : typeof how === 'object' ? () => { take(extension)?.answer() } : null
      const delay = typeof how === 'object' ? how.answerAfter : 300
      ringing.set(extension, { leg, timer: act === null ? null : setTimeout(act, scaled(delay)) })
    },
    still(extension, leg) { if (ringing.get(extension)?.leg === leg) take(extension) },
    isRinging: (extension) => ringing.has(extension),
  }
}
