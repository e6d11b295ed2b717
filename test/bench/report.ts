import { goalText, meets, shown, type Figure, type Run } from './figure.js'

const mark = (figure: Figure): string => ({ true: '✓', false: '✗', null: ' ' })[String(meets(figure)) as 'true' | 'false' | 'null']
const ratio = (figure: Figure): string => (figure.ratio === undefined || !Number.isFinite(figure.ratio) ? '—' : `${figure.ratio.toFixed(2)} ×`)
const baseline = ({ baseline, unit }: Figure): string => (baseline === undefined ? '—' : `${shown(baseline.value)} ${unit} (${baseline.name})`)

/** For a terminal: one figure a paragraph, since Chinese and Latin columns never line up. */
export function asTable({ machine, outcomes }: Run): string {
  const lines = [machine]
  for (const { subject, figures, skipped } of outcomes) {
    lines.push('', `── ${subject}`)
    if (skipped !== undefined) lines.push(`   ${skipped}`)
    for (const figure of figures) {
      lines.push(`${mark(figure)}  ${figure.name.zh} / ${figure.name.en}`)
      lines.push(`     我方 ours ${shown(figure.ours)} ${figure.unit} · 基准 baseline ${baseline(figure)} · 比 ratio ${ratio(figure)} · 目标 goal ${goalText(figure)}`)
      if (figure.note !== undefined) lines.push(`     ${figure.note}`)
    }
  }
  return `${lines.join('\n')}\n`
}
