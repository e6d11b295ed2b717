import type { Clock } from '../../contracts/life-cycle.js'
import type { Dictionary } from '../i18n/zh-CN.js'

/** What a time limit waits for, as people read it. @param unsorted nobody has said yet of what kind the call is: that comes before a unit is found */
export const clockName = (clock: Clock, unsorted: boolean, text: Dictionary): string => (clock === 'reassign' && unsorted ? text.unit.sortFirst : text.unit.clocks[clock])
