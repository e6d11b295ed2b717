import { cpus, release, totalmem } from 'node:os'

export interface Goal {
  readonly least?: number
  readonly most?: number
  /** What of the figure the goal speaks of. */
  readonly of: 'ratio' | 'ours'
}

/** One thing that was measured. `baseline` was measured in the same run; where there is none the figure stands alone and only shows. */
export interface Figure {
  readonly name: { readonly zh: string; readonly en: string }
  readonly unit: string
  readonly ours: number
  readonly baseline?: { readonly name: string; readonly value: number }
  /** Ours by the baseline's: median of the rounds' own ratios, so that a noisy second spoils one round and not the figure. */
  readonly ratio?: number
  readonly goal?: Goal
  /** What else is worth knowing. */
  readonly note?: string
}

export interface Subject { readonly figures: readonly Figure[]; /** Why nothing was measured. */ readonly skipped?: string }

/** A subject of the bench: measures, tells its progress line by line, leaves nothing behind. */
export type Bench = (tell: (line: string) => void) => Promise<Subject>

export interface Outcome extends Subject { readonly subject: string; readonly at: string; readonly took: number }
export interface Run { readonly machine: string; readonly outcomes: readonly Outcome[] }

/** True, false, or null where there is no goal. */
export function meets({ goal, ours, ratio }: Figure): boolean | null {
  if (goal === undefined) return null
  const value = goal.of === 'ratio' ? ratio : ours
  return value !== undefined && Number.isFinite(value) && value >= (goal.least ?? -Infinity) && value <= (goal.most ?? Infinity)
}

export function describeMachine(): string {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${release()}, Node.js ${process.version}`
}

/** Three significant digits; thousands grouped. What could not be measured comes as null from the process that tried: JSON has no NaN. */
export function shown(value: number | null): string {
  if (value === null || !Number.isFinite(value)) return '—'
  const digits = value === 0 ? 1 : Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))))
  return value.toLocaleString('en-US', { maximumFractionDigits: digits })
}

export function goalText({ goal, unit }: Figure): string {
  if (goal === undefined) return '—'
  const value = goal.least === undefined ? `≤ ${shown(goal.most ?? Infinity)}` : `≥ ${shown(goal.least)}`
  return goal.of === 'ratio' ? `${value} ×` : `${value} ${unit}`
}
