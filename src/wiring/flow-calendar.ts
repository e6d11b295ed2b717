import type { Calendar } from '../dispatch/core/calendar.js'
import type { Calendar as FlowCalendar } from '../flow/types.js'

/** The city's one calendar as flows ask it. Turned over once for each set of rules: a call asks at each step. */
export function makeFlowCalendar(calendar: () => Pick<Calendar, 'days'>): () => FlowCalendar {
  let from: Calendar['days'] | null = null
  let turned: FlowCalendar = { holidays: {}, workdays: [] }
  return () => {
    const { days } = calendar()
    if (days !== from) {
      const of = (kind: 'holiday' | 'workday'): string[] => [...days].flatMap(([day, one]) => (one === kind ? [day] : []))
      turned = { holidays: Object.fromEntries(of('holiday').map((day): [string, true] => [day, true])), workdays: of('workday') }
      from = days
    }
    return turned
  }
}
