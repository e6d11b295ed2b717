import type { Candidate, DutyRule, Proposal } from '../../contracts/dispatch.js'
import type { Bilingual } from '../../contracts/primitives.js'
import type { Priority, Return } from '../../contracts/work.js'
import { isWorkday, withoutGaps, worksAt } from './calendar.js'
import { limitOf, UNIT_CLOCKS } from './clocks.js'
import { isHazard, type Rules, type UnitFacts } from './rules.js'
import { localOf } from './zone.js'

/** Is the rule in force on this day of the city? */
export function dutyInForce({ validFrom, validTo }: DutyRule, now: number, zone: string): boolean {
  const { day } = localOf(now, zone)
  return (validFrom === null || validFrom <= day) && (validTo === null || day <= validTo)
}

export interface Question { readonly category: string | null; readonly area: string | null; readonly priority: Priority; readonly hazard: boolean; readonly now: number; /** Who gave it back, in order. */ readonly returns?: readonly Return[] }

const AT_NIGHT: Bilingual = { zh: '非工作时间', en: 'outside office hours' }

/** Do a unit's people work now? A year nobody published counts by weekdays. */
function works(unit: UnitFacts | undefined, now: number, rules: Rules): boolean {
  if (unit === undefined || unit.standby) return true
  return worksAt(now, unit.hours, withoutGaps(rules.calendar))
}

/** Night, for rules of duty of units that stand by: before 8, from 18 on, and days off. */
function isNight(now: number, rules: Rules): boolean {
  const { day, time } = localOf(now, rules.calendar.zone)
  return !isWorkday(day, withoutGaps(rules.calendar)) || time < 8 * 3_600_000 || time >= 18 * 3_600_000
}

/** A rule for office hours holds while its unit's people work; one for the night while nobody of the office that it stands in for does. */
function holdsNow(duty: DutyRule, now: number, rules: Rules): boolean {
  if (duty.hours === 'any') return true
  const away = ({ unitId }: DutyRule): boolean => { const unit = rules.units.get(unitId); return unit === undefined || unit.standby ? isNight(now, rules) : !works(unit, now, rules) }
  if (duty.hours === 'office') return !away(duty)
  const offices = rules.duties.filter((one) => one.hours === 'office' && one.role === duty.role && one.category === duty.category && (one.area === null || duty.area === null || one.area === duty.area) && rules.units.has(one.unitId) && dutyInForce(one, now, rules.calendar.zone))
  return offices.length === 0 ? isNight(now, rules) : offices.every(away)
}

/**
 * Whom to give it to, and why; what else was looked at, and why not. The most exact rule wins: the hour, then the district, then the category.
 * Whom the unit named that gave it back comes before all rules, and who gave it back is not asked again.
 * A hazard always has somebody who makes it safe, whoever owns it: disputes run beside that, never before.
 */
export function propose(question: Question, rules: Rules): Proposal {
  const { category, area, now, priority } = question
  const hazard = question.hazard || isHazard(rules.clocks, category)
  const rank = (duty: DutyRule): number => (duty.hours === 'any' ? 0 : 8) + (duty.area === null ? 0 : 4) + (duty.category === null ? 0 : 2)
  const open: DutyRule[] = []
  const others: Candidate[] = []
  const pass = (duty: DutyRule, zh: string, en: string): void => { others.push({ unitId: duty.unitId, duties: [duty.code], why: { zh: `${duty.code}：${zh}`, en: `${duty.code}: ${en}` } }) }
  for (const duty of rules.duties) {
    if (duty.category !== null && duty.category !== category) continue
    if (duty.category === null && duty.role !== 'safe' && duty.area === null) continue
    if (!rules.units.has(duty.unitId)) continue
    if (duty.area !== null && duty.area !== area) { if (duty.category === category && area !== null) continue; pass(duty, `只管${duty.area}`, `only for ${duty.area}`); continue }
    if (!dutyInForce(duty, now, rules.calendar.zone)) { pass(duty, '今日不在有效期内', 'not in force today'); continue }
    if (!holdsNow(duty, now, rules)) { pass(duty, duty.hours === 'night' ? '只在办公单位无人值守时' : AT_NIGHT.zh, duty.hours === 'night' ? 'only while the office is empty' : AT_NIGHT.en); continue }
    open.push(duty)
  }
  const nameOf = (unitId: string): UnitFacts | undefined => rules.units.get(unitId)
  const candidate = (duty: DutyRule): Candidate => {
    const away = works(nameOf(duty.unitId), now, rules) ? { zh: '', en: '' } : { zh: '；此刻无人值守', en: '; nobody there at this hour' }
    return { unitId: duty.unitId, duties: [duty.code], why: { zh: `${duty.code}（${duty.basis}）${away.zh}`, en: `${duty.code} (${duty.basis})${away.en}` } }
  }
  const byRank = (role: DutyRule['role']): DutyRule[] => open.filter((duty) => duty.role === role).sort((a, b) => rank(b) - rank(a))
  const returns = (question.returns ?? []).filter(({ duty }) => duty !== null)
  const gaveBack = (unitId: string): boolean => returns.some((one) => one.unitId === unitId)
  const named = returns.flatMap(({ unitId, duty }) => rules.duties.filter((rule) => rule.code === duty && rules.units.has(rule.unitId) && !gaveBack(rule.unitId)).slice(0, 1).map((rule) => ({ by: unitId, rule }))).at(-1)
  const leading = byRank('lead')
  for (const duty of leading) if (gaveBack(duty.unitId)) pass(duty, '该单位已退单', 'this unit has returned it')
  const [leadRule, ...lesser] = leading.filter(({ unitId }) => !gaveBack(unitId) && unitId !== named?.rule.unitId)
  for (const duty of named !== undefined && leadRule !== undefined ? [leadRule, ...lesser] : lesser) {
    const before = named?.rule.code ?? leadRule?.code ?? ''
    if (named === undefined) pass(duty, `不如 ${before} 明确`, `less exact than ${before}`)
    else pass(duty, `退单所指为 ${before}`, `the return names ${before}`)
  }
  let lead = leadRule === undefined ? null : candidate(leadRule)
  if (named !== undefined) {
    const { unitId, duties, why } = candidate(named.rule)
    const by = nameOf(named.by)
    lead = { unitId, duties, why: { zh: `${by?.name ?? named.by} 退单指明：${why.zh}`, en: `named by ${by === undefined || by.nameEn === '' ? named.by : by.nameEn}, which returned it: ${why.en}` } }
  }
  if (lead === null) {
    const [listed, ...also] = [...rules.units.values()].filter((unit) => category !== null && unit.categories.includes(category) && !gaveBack(unit.id)).sort((a, b) => Number(works(b, now, rules)) - Number(works(a, now, rules)))
    if (listed !== undefined) lead = { unitId: listed.id, duties: [], why: { zh: '没有职责条款；单位表列有此类别', en: 'no rule of duty; the unit lists this category' } }
    for (const unit of also) others.push({ unitId: unit.id, duties: [], why: { zh: '单位表也列有此类别', en: 'lists this category too' } })
  }
  const [safeRule] = hazard ? byRank('safe').filter(({ unitId }) => unitId !== lead?.unitId && works(nameOf(unitId), now, rules)) : []
  // Who leads and is there makes it safe himself.
  const leadThere = lead !== null && works(nameOf(lead.unitId), now, rules)
  return {
    lead,
    assist: byRank('assist').filter(({ unitId }) => unitId !== lead?.unitId).map(candidate),
    safe: safeRule === undefined || leadThere ? null : { ...candidate(safeRule), why: { zh: `先排险：${candidate(safeRule).why.zh}`, en: `makes it safe first: ${candidate(safeRule).why.en}` } },
    others, hazard, area,
    clocks: UNIT_CLOCKS.filter((clock) => clock !== 'safe' || hazard).flatMap((clock) => {
      const limit = limitOf(clock, category, priority, lead?.unitId ?? null, rules, now)
      return limit === null ? [] : [{ clock, minutes: limit.rule.minutes, hours: limit.rule.hours }]
    }),
  }
}
