import { CLOCK_NAMES, limitName, type Clock } from '../../contracts/life-cycle.js'
import type { Bilingual } from '../../contracts/primitives.js'
import type { Ticket } from '../../contracts/ticket.js'
import { over, startClock, UNIT_CLOCKS } from './clocks.js'
import { noticeText, oneLine, type NoticeDraft } from './notices.js'
import type { Rules } from './rules.js'
import { localOf } from './zone.js'

/** A moment by the city's time, as a message says it. */
function momentOf(instant: number, zone: string): string {
  const { day, time } = localOf(instant, zone)
  const minutes = Math.floor(time / 60_000)
  return `${day.slice(5)} ${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}

/** Some minutes, as a message says them. */
function lengthOf(minutes: number): Bilingual {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return { zh: `${hours > 0 ? `${hours} 小时` : ''}${rest > 0 || hours === 0 ? `${hours > 0 ? ' ' : ''}${rest} 分钟` : ''}`, en: `${hours > 0 ? `${hours} h` : ''}${rest > 0 || hours === 0 ? `${hours > 0 ? ' ' : ''}${rest} min` : ''}` }
}

/** What the hall said as it gave, urged or supervised: it reaches the unit by whatever way it is told. Pure. */
export function withWords({ zh, en }: Bilingual, words: string): Bilingual {
  const said = oneLine(words, 120)
  return said === '' ? { zh, en } : { zh: `${zh}；接警中心：“${said}”`, en: `${en}; the hall says: “${said}”` }
}

/** What a named person reads of a limit: of which unit it is (null: of the hall), which, until when, and by how much it is over. Pure. @param at now, ms */
export function lateText({ zh, en }: Bilingual, { clock, unitId, due, unsorted = false }: { readonly clock: Clock; readonly unitId: string | null; readonly due: number | null; /** The ticket has no kind yet. */ readonly unsorted?: boolean }, rules: Rules, at: number): Bilingual {
  const unit = unitId === null ? undefined : rules.units.get(unitId)
  const name = unitId === null ? { zh: '接警中心', en: 'the hall' } : { zh: unit?.name ?? unitId, en: unit?.nameEn ?? unitId }
  const limit = limitName(clock, unsorted)
  const minutes = due === null ? 0 : Math.floor((at - due) / 60_000)
  const late = minutes > 0 ? lengthOf(minutes) : null
  const until = due === null ? null : momentOf(due, rules.calendar.zone)
  return {
    zh: `${zh}（${name.zh} · ${limit.zh}${until === null ? '' : `，时限 ${until}`}${late === null ? '' : `，已超 ${late.zh}`}）`,
    en: `${en} (${name.en} · ${limit.en}${until === null ? '' : `, due ${until}`}${late === null ? '' : `, ${late.en} late`})`,
  }
}

/** What asks a unit to go: only these need more than a line. */
const ASKING: ReadonlySet<NoticeDraft['kind']> = new Set(['dispatch', 'redo', 'raised', 'changed', 'urge', 'supervise'])

/**
 * What a unit reads that is told by e-mail: place, words, its limits (as they run, else counted from the delivery), what the hall said, and how it confirms. Null: the notice says it all. Pure.
 * @param words what the hall said
 */
export function letterTo(unitId: string, kind: NoticeDraft['kind'], ticket: Ticket, rules: Rules, at: number, words: string): Bilingual | null {
  if (!ASKING.has(kind)) return null
  const { zone } = rules.calendar
  const { fields: { place, description }, work } = ticket
  const running = work.clocks.filter((run) => run.unitId === unitId && run.clock !== 'delivery').map(({ clock, at: { urge } }) => ({ clock, zh: `${momentOf(urge, zone)} 前`, en: `by ${momentOf(urge, zone)}` }))
  // Before it has the ticket none of its limits runs: as long as they would be from now on.
  const ahead = ticket.unitId !== unitId || running.length > 0 ? [] : UNIT_CLOCKS.filter((clock) => !over(work, clock)).flatMap((clock) => {
    const begun = startClock(clock, ticket, unitId, rules, at)
    if (begun === null) return []
    const { zh, en } = lengthOf(Math.round((begun.at.urge - at) / 60_000))
    return [{ clock, zh: `收到后 ${zh}内`, en: `within ${en} of the receipt` }]
  })
  const limits = [...running, ...ahead]
  const title = noticeText(kind, ticket, zone)
  const lines = (language: 'zh' | 'en'): string => [
    title[language],
    `${language === 'zh' ? '地点：' : 'Place: '}${oneLine(place, 200) || '—'}`,
    `${language === 'zh' ? '情况：' : 'What: '}${oneLine(description, 1_000) || '—'}`,
    ...(limits.length === 0 ? [] : [`${language === 'zh' ? '时限：' : 'Limits: '}${limits.map((one) => `${CLOCK_NAMES[one.clock][language]} ${one[language]}`).join(language === 'zh' ? '；' : '; ')}`]),
    ...(words.trim() === '' ? [] : [`${language === 'zh' ? '接警中心：' : 'The hall says: '}${oneLine(words, 1_000)}`]),
    language === 'zh' ? '请在单位终端确认并办理；无法登录的，请致电接警中心告知已收到。' : 'Confirm it and report at your terminal; if you cannot sign in, telephone the hall that you have it.',
  ].join('\n')
  return { zh: lines('zh'), en: lines('en') }
}
