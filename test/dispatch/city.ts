import type { DutyRule } from '../../src/contracts/dispatch.js'
import type { TicketState } from '../../src/contracts/life-cycle.js'
import { NO_WORK, type Ticket } from '../../src/contracts/ticket.js'
import type { TicketWork } from '../../src/contracts/work.js'
import type { Hours } from '../../src/dispatch/core/calendar.js'
import type { Rules, UnitFacts } from '../../src/dispatch/core/rules.js'

/** Wednesday, 24 June 2026, 10:00 in Luoyang: a working day after the dragon-boat festival. */
export const NOW = Date.parse('2026-06-24T02:00:00Z')
export const UNIT = 'municipal-works'
export const HOURS: Hours = [[540, 720], [810, 1_050]]

const unit = (id: string, standby: boolean, categories: string[] = []): [string, UnitFacts] => [id, { id, name: id, nameEn: id, standby, hours: HOURS, categories }]
const duty = (code: string, unitId: string, more: Partial<DutyRule> = {}): DutyRule => ({ code, category: 'manhole-cover', area: null, hours: 'any', unitId, role: 'lead', basis: '职责清单', validFrom: null, validTo: null, ...more })

/** A small city whose rules a test can read at a glance. */
export const CITY: Rules = {
  units: new Map([unit('municipal-works', true, ['manhole-cover']), unit('drainage', true), unit('urban-management', true), unit('gas-company', true), unit('telecom', false), unit('taxi-office', false, ['ride-dispute']), unit('transport-bureau', true)]),
  duties: [
    duty('MH-01', 'municipal-works'), duty('MH-02', 'drainage', { role: 'assist' }), duty('MH-03', 'urban-management', { role: 'safe' }), duty('MH-04', 'telecom', { role: 'assist' }),
    duty('MH-05', 'telecom', { area: 'jianxi' }), duty('MH-00', 'gas-company', { validTo: '2025-12-31' }),
    duty('RP-01', 'taxi-office', { category: 'ride-dispute', hours: 'office' }), duty('RP-02', 'transport-bureau', { category: 'ride-dispute', hours: 'night' }),
  ],
  clocks: [
    { clock: 'sign', category: null, priority: null, minutes: 30, hours: 'office' },
    { clock: 'sign', category: null, priority: 'emergency', minutes: 5, hours: 'always' },
    { clock: 'sign', category: 'manhole-cover', priority: null, minutes: 10, hours: 'always' },
    { clock: 'safe', category: 'manhole-cover', priority: null, minutes: 60, hours: 'always' },
    { clock: 'repair', category: 'manhole-cover', priority: null, minutes: 1_440, hours: 'always' },
    { clock: 'report', category: null, priority: null, minutes: 840, hours: 'office' },
    { clock: 'review', category: null, priority: null, minutes: 60, hours: 'always' },
    { clock: 'reassign', category: null, priority: null, minutes: 30, hours: 'always' },
    { clock: 'ruling', category: null, priority: null, minutes: 240, hours: 'always' },
    { clock: 'receipt', category: null, priority: null, minutes: 4_320, hours: 'always' },
    { clock: 'extension', category: null, priority: null, minutes: 240, hours: 'always' },
  ],
  calendar: {
    zone: 'Asia/Shanghai', years: new Set([2026]),
    days: new Map([['2026-06-19', 'holiday'], ['2026-10-01', 'holiday'], ['2026-10-02', 'holiday'], ['2026-10-05', 'holiday'], ['2026-10-06', 'holiday'], ['2026-10-07', 'holiday'], ['2026-09-20', 'workday'], ['2026-10-10', 'workday']]),
  },
  officers: [],
}

export const ticketOf = (state: TicketState, work: Partial<TicketWork> = {}, more: Partial<Ticket> = {}): Ticket => ({
  id: '00000000-0000-4000-8000-000000000001', number: '100-0003', provisional: false, state, version: 4,
  fields: { kind: 'joint-service', category: 'manhole-cover', place: '开元大道', point: null, description: '井盖缺失', callerName: '', callBack: false },
  outcome: state === 'closed' ? 'answered' : null, unitId: ['open', 'returned', 'ruling'].includes(state) ? null : UNIT, operatorId: null, caller: { number: '13900000001', name: '', verified: true }, tags: [],
  openedAt: 1, answeredAt: 1, dispatchedAt: null, closedAt: state === 'closed' ? 3 : null, work: { ...NO_WORK, ...work }, ...more,
})
