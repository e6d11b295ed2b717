import type { Flow, FlowSurroundings } from './types.js'

/** What surrounds a caller of whom nothing is known, in a quiet room: the ground on which rehearsals change what they are about. */
export function quietSurroundings(timeZone: string): Omit<FlowSurroundings, 'now'> {
  return {
    timeZone,
    caller: { number: '', verified: false, earlierCalls: 0, hints: [] },
    load: { waiting: 0, ready: 0, longestWaitSeconds: 0, present: 1 },
    queue: { position: 1, expectedWaitSeconds: 0 },
    calendar: { holidays: {}, workdays: [] },
    modes: {},
  }
}

/** What surrounds a caller in a rehearsal, as far as it is chosen there. `modes`: switches that are on, and until when. */
export function surroundedBy({ timeZone, calendar, number, hints, waiting, ready, present, modes }: Pick<FlowSurroundings, 'timeZone' | 'calendar' | 'modes'> & {
  readonly number: string; readonly hints: readonly string[]; readonly waiting: number; readonly ready: number; readonly present: number
}): Omit<FlowSurroundings, 'now'> {
  return {
    ...quietSurroundings(timeZone), calendar, modes,
    caller: { number, verified: false, earlierCalls: 0, hints },
    load: { waiting, ready, longestWaitSeconds: 0, present: Math.max(ready, present) },
  }
}

/** The switches that these flows ask for, each once, in order of their names. */
export function askedModes(flows: Iterable<Flow>): string[] {
  const names = [...flows].flatMap(({ nodes }) => [...nodes.values()].flatMap(({ uses }) => uses.flatMap((use) => (use.kind === 'mode' ? [use.name] : []))))
  return [...new Set(names)].sort()
}
