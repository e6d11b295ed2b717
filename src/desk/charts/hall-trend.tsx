import { useMemo } from 'react'
import { minuteOf } from '../i18n/format.js'
import { useText } from '../i18n/language.js'
import { useDeskState } from '../store/desk.js'
import { useNow } from '../store/now.js'
import { usePreferences } from '../store/preferences.js'
import { TREND_SPAN } from '../store/reduce.js'
import { FONT } from '../theme/antd-theme.js'
import { PALETTES } from '../theme/palette.js'
import { useChart } from './echarts.js'

/** The right edge moves in such steps, ms. */
const STEP = 10_000

/** Who waited over the last half hour, to this moment. */
export default function HallTrend() {
  const text = useText()
  const { face } = usePreferences()
  const points = useDeskState((state) => state.trend)
  const end = Math.max(useNow(STEP), points.at(-1)?.at ?? 0)
  const begin = end - TREND_SPAN
  const most = Math.max(0, ...points.map(({ waiting }) => waiting))

  const line = useMemo(() => {
    const palette = PALETTES[face]
    // What held before the span holds at its left edge; what holds now reaches the right one.
    const drawn = points.map(({ at, waiting }): [number, number] => [Math.max(at, begin), waiting])
    const last = drawn.at(-1)
    if (last !== undefined) drawn.push([end, last[1]])
    const label = { color: palette.textFaint, fontSize: 12, fontFamily: FONT }
    return {
      animation: false,
      grid: { left: 26, right: 14, top: 8, bottom: 22 },
      tooltip: {
        trigger: 'axis', backgroundColor: palette.raised, borderColor: palette.line, textStyle: { color: palette.text, fontSize: 13, fontFamily: FONT },
        formatter: (items: { value: [number, number] }[]) => {
          const [at, waiting] = items[0]?.value ?? [0, 0]
          return `${minuteOf(at)}　${text.queue.waiting} ${waiting}`
        },
      },
      xAxis: {
        type: 'time', min: begin, max: end, axisLine: { lineStyle: { color: palette.line } }, axisTick: { show: false }, splitLine: { show: false },
        axisLabel: { ...label, hideOverlap: true, formatter: (at: number) => minuteOf(at) },
      },
      yAxis: { type: 'value', min: 0, minInterval: 1, max: ({ max }: { max: number }) => Math.max(4, max), splitNumber: 2, axisLabel: label, splitLine: { lineStyle: { color: palette.lineSoft } } },
      series: [{ type: 'line', step: 'end', symbol: 'none', data: drawn, lineStyle: { width: 2, color: palette.accent }, areaStyle: { color: palette.accent, opacity: 0.16 } }],
    }
  }, [points, begin, end, face, text])

  return (
    <div className="ld-hall-trend">
      <div className="ld-hall-trend-head"><span className="ld-label">{text.queue.trend}</span>{most > 0 && <span className="ld-label">{text.queue.trendMost(most)}</span>}</div>
      <div ref={useChart(line)} className="ld-fill" />
    </div>
  )
}
