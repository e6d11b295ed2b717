import { useMemo } from 'react'
import { usePreferences } from '../store/preferences.js'
import type { TrendPoint } from '../../contracts/ws.js'
import { PALETTES } from '../theme/palette.js'
import { useChart } from './echarts.js'

/** People waiting, without axes: for the top bar. */
export default function Sparkline({ points }: { readonly points: readonly TrendPoint[] }) {
  const { face } = usePreferences()
  const option = useMemo(() => {
    const palette = PALETTES[face]
    const top = Math.max(4, ...points.map((point) => point.waiting))
    return {
      animation: false,
      grid: { left: 1, right: 3, top: 3, bottom: 2 },
      xAxis: { type: 'time', show: false },
      yAxis: { type: 'value', show: false, min: 0, max: top },
      series: [{
        type: 'line', step: 'end', symbol: 'none', silent: true,
        data: points.map((point) => [point.at, point.waiting]),
        lineStyle: { width: 1.5, color: palette.accent },
        areaStyle: { color: palette.accent, opacity: 0.18 },
      }],
    }
  }, [points, face])
  return <div ref={useChart(option)} className="ld-fill" />
}
