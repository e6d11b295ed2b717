import { LineChart } from 'echarts/charts'
import { GridComponent, TooltipComponent } from 'echarts/components'
import { init, use, type EChartsCoreOption, type EChartsType } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'
import { useEffect, useRef, type RefObject } from 'react'

use([LineChart, GridComponent, TooltipComponent, CanvasRenderer])

/** Keeps one chart on an element: drawn anew when `option` changes, fitted when the element does. */
export function useChart(option: EChartsCoreOption): RefObject<HTMLDivElement | null> {
  const host = useRef<HTMLDivElement>(null)
  const chart = useRef<EChartsType>(null)
  useEffect(() => {
    const element = host.current
    if (element === null) return
    const made = init(element, null, { renderer: 'canvas' })
    chart.current = made
    const fit = new ResizeObserver(() => made.resize())
    fit.observe(element)
    return () => {
      fit.disconnect()
      made.dispose()
      chart.current = null
    }
  }, [])
  useEffect(() => { chart.current?.setOption(option, { notMerge: false }) }, [option])
  return host
}

