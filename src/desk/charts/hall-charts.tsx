import { useMemo } from 'react'
import type { QueueView } from '../../contracts/ws.js'
import { useText } from '../i18n/language.js'
import { usePreferences } from '../store/preferences.js'
import type { TrendPoint } from '../store/state.js'
import { FONT } from '../theme/antd-theme.js'
import { PALETTES } from '../theme/palette.js'
import { useChart } from './echarts.js'

/** What `trend` spans, ms. */
const SPAN = 30 * 60_000

const pad = (value: number): string => String(value).padStart(2, '0')

/** The share answered within 15 s today as a gauge, and who waited over the last half hour. */
export default function HallCharts({ queue, trend }: { readonly queue: QueueView; readonly trend: readonly TrendPoint[] }) {
  const text = useText()
  const { face } = usePreferences()
  const palette = PALETTES[face]
  const share = queue.answeredToday === 0 ? null : Math.round((100 * queue.answeredInTimeToday) / queue.answeredToday)

  const gauge = useMemo(() => ({
    animation: false,
    series: [{
      type: 'gauge', startAngle: 205, endAngle: -25, min: 0, max: 100, radius: '100%', center: ['50%', '58%'],
      progress: { show: true, width: 9, roundCap: true, itemStyle: { color: share === null ? palette.line : share >= 80 ? palette.ready : palette.ring } },
      axisLine: { roundCap: true, lineStyle: { width: 9, color: [[1, palette.lineSoft]] } },
      pointer: { show: false }, axisTick: { show: false }, splitLine: { show: false }, axisLabel: { show: false }, anchor: { show: false },
      title: { show: true, offsetCenter: [0, '36%'], color: palette.textSoft, fontSize: 12, fontFamily: FONT },
      detail: { valueAnimation: false, offsetCenter: [0, '-2%'], color: palette.text, fontSize: 26, fontWeight: 600, fontFamily: FONT, formatter: () => (share === null ? '—' : `${share}%`) },
      data: [{ value: share ?? 0, name: text.queue.inTime }],
    }],
  }), [share, palette, text])

  const end = trend.at(-1)?.at ?? 0
  const line = useMemo(() => ({
    animation: false,
    grid: { left: 24, right: 10, top: 10, bottom: 20 },
    tooltip: {
      trigger: 'axis', backgroundColor: palette.raised, borderColor: palette.line, textStyle: { color: palette.text, fontSize: 12 },
      formatter: (items: { value: [number, number] }[]) => {
        const [at, waiting] = items[0]?.value ?? [0, 0]
        const date = new Date(at)
        return `${pad(date.getHours())}:${pad(date.getMinutes())}　${text.queue.waiting} ${waiting}`
      },
    },
    xAxis: {
      type: 'time', min: end - SPAN, max: end, axisLine: { lineStyle: { color: palette.line } }, axisTick: { show: false }, splitLine: { show: false },
      axisLabel: { color: palette.textFaint, fontSize: 11, hideOverlap: true, formatter: (at: number) => { const date = new Date(at); return `${pad(date.getHours())}:${pad(date.getMinutes())}` } },
    },
    yAxis: { type: 'value', min: 0, minInterval: 1, max: ({ max }: { max: number }) => Math.max(4, max), splitNumber: 2, axisLabel: { color: palette.textFaint, fontSize: 11 }, splitLine: { lineStyle: { color: palette.lineSoft } } },
    series: [{
      type: 'line', step: 'end', symbol: 'none', data: trend.map((point) => [point.at, point.waiting]),
      lineStyle: { width: 2, color: palette.accent }, areaStyle: { color: palette.accent, opacity: 0.14 },
    }],
  }), [trend, end, palette, text])

  return (
    <div className="ld-hall-charts">
      <div ref={useChart(gauge)} className="ld-hall-gauge" />
      <div className="ld-hall-trend">
        <span className="ld-label">{text.queue.trend}</span>
        <div ref={useChart(line)} className="ld-fill" />
      </div>
    </div>
  )
}
