import { ColumnWidthOutlined, FullscreenOutlined, ZoomInOutlined, ZoomOutOutlined } from '@ant-design/icons'
import { Button, Segmented, Select } from 'antd'
import { useRef, useState } from 'react'
import { labelText, nodeTexts, stepsIn, type FlowDrawing } from '../../../contracts/flow-drawing.js'
import type { FlowEdition, FlowLive, FlowTraceView } from '../../../contracts/routes/flows.js'
import { call as request } from '../../api/endpoints.js'
import { stampOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { categoryName, useDesk } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { usePolled } from '../../widgets/use-polled.js'
import { useZoom } from './use-zoom.js'

const FRESH = 3_000
const SPANS = [1, 24, 24 * 7] as const

type Node = FlowDrawing['nodes'][number]
type Edge = FlowDrawing['edges'][number]

/** The drawing of an edition with how callers fare in it; one call's way laid over it when it is chosen. */
export function FlowMap({ name, editions, current }: { readonly name: string; readonly editions: readonly FlowEdition[]; readonly current: number | null }) {
  const text = useText()
  const words = text.flows.drawing
  const [hours, setHours] = useState<number>(24)
  const [chosen, setChosen] = useState<FlowTraceView | null>(null)
  const [edition, setEdition] = useState<number | null>(null)
  const { value, failed } = usePolled((signal) => request('flowLive', { params: { name }, query: { hours, ...(edition !== null && { edition }) } }, { signal }), FRESH, `${name} ${hours} ${edition ?? ''}`)
  const frame = useRef<HTMLDivElement>(null)
  const { zoom, larger, smaller, fitWidth, fitWhole, handlers } = useZoom(frame, value?.drawing.width ?? 0, value?.drawing.height ?? 0, middleOf(value?.drawing.nodes.find(({ start }) => start)))
  return (
    <div className="ld-flow-map">
      <div className="ld-flow-bar">
        <Segmented size="small" value={hours} onChange={setHours} options={SPANS.map((span) => ({ value: span, label: text.flows.hours(span) }))} />
        <Select<number | null> size="small" popupMatchSelectWidth={false} aria-label={text.flows.try.which} value={edition} onChange={(number) => { setEdition(number); setChosen(null) }} options={[{ value: null, label: text.flows.diff.current }, ...editions.flatMap(({ number, switches }) => (number === current || switches.length === 0 ? [] : [{ value: number, label: text.flows.edition(number) }]))]} />
        <span className="ld-legend">{(['caller', 'always', 'silence', 'fault'] as const).map((by) => <span key={by}><svg width="26" height="10" aria-hidden="true"><path className={`ld-edge is-${by}`} d="M1 5H25" /></svg>{words.legend[by]}</span>)}</span>
        <span className="ld-faint">{words.figures}</span>
        {failed && <span className="ld-chip is-ring">{text.flows.failed}</span>}
        <span className="ld-flow-zoom">
          <Button size="small" type="text" aria-label={words.zoomOut} title={words.zoomOut} icon={<ZoomOutOutlined />} onClick={smaller} />
          <Button size="small" type="text" aria-label={words.fitWidth} title={words.fitWidth} icon={<ColumnWidthOutlined />} onClick={fitWidth} />
          <Button size="small" type="text" aria-label={words.fit} title={words.fit} icon={<FullscreenOutlined />} onClick={fitWhole} />
          <Button size="small" type="text" aria-label={words.zoomIn} title={words.zoomIn} icon={<ZoomInOutlined />} onClick={larger} />
        </span>
      </div>
      <div className="ld-flow-canvas" ref={frame} tabIndex={0} title={words.move} {...handlers}>
        {value !== null && <Drawing live={value} trace={chosen} zoom={zoom} label={words.label(name)} />}
      </div>
      <Calls flow={name} nodes={value?.drawing.nodes ?? []} traces={value?.traces ?? []} chosen={chosen} onChoose={setChosen} />
    </div>
  )
}

/** Where the caller begins, from the left. */
const middleOf = (node: Node | undefined): number => (node === undefined ? 0 : node.x + node.width / 2)

function Drawing({ live: { drawing, counts, now }, trace, zoom, label }: { readonly live: FlowLive; readonly trace: FlowTraceView | null; readonly zoom: number; readonly label: string }) {
  const walked = new Map<string, { order: number; ms: number }[]>()
  const steps = stepsIn(drawing, trace?.steps ?? [])
  steps.forEach(({ node, ms }, index) => walked.set(node, [...walked.get(node) ?? [], { order: index + 1, ms }]))
  const taken = new Set(steps.map(({ node }, index) => `${steps[index - 1]?.node ?? ''} ${node}`))
  const most = Math.max(1, ...Object.values(counts).map(({ came }) => came))
  return (
    <svg className={`ld-drawing${trace === null ? '' : ' has-trace'}`} role="img" aria-label={label} viewBox={`0 0 ${drawing.width} ${drawing.height}`} width={drawing.width * zoom} height={drawing.height * zoom}>
      <defs>
        {(['caller', 'always', 'silence', 'fault', 'trace'] as const).map((by) => <marker key={by} id={`ld-arrow-${by}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path className={`ld-arrow is-${by}`} d="M0 0L8 4L0 8z" /></marker>)}
      </defs>
      {drawing.edges.map((edge) => <Way key={`${edge.from} ${edge.to}`} edge={edge} taken={taken.has(`${edge.from} ${edge.to}`)} />)}
      {drawing.nodes.map((node) => <Place key={node.name} node={node} count={counts[node.name]} share={(counts[node.name]?.came ?? 0) / most} here={now[node.name] ?? 0} walked={walked.get(node.name)} />)}
    </svg>
  )
}

function Way({ edge: { by, points, label, labelAt }, taken }: { readonly edge: Edge; readonly taken: boolean }) {
  const language = useLanguage() === 'en' ? 'en' : 'zh'
  return (
    <g className={taken ? 'is-taken' : ''}>
      <path className={`ld-edge is-${by}`} d={points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${x} ${y}`).join('')} markerEnd={`url(#ld-arrow-${taken ? 'trace' : by})`} />
      {label !== '' && <text className="ld-edge-label" x={labelAt[0]} y={labelAt[1]} textAnchor="middle">{labelText(label, language)}</text>}
    </g>
  )
}

interface PlaceProps { readonly node: Node; readonly count: FlowLive['counts'][string] | undefined; readonly share: number; readonly here: number; readonly walked: readonly { readonly order: number; readonly ms: number }[] | undefined }

function Place({ node, count, share, here, walked }: PlaceProps) {
  const { name, type, start, ending, x, y, width, height } = node
  const words = useText().flows.drawing
  const { head, below: typeName } = nodeTexts(node, useLanguage() === 'en' ? 'en' : 'zh')
  const seconds = (ms: number): string => (ms / 1000).toFixed(1)
  const left = count === undefined || count.came === 0 ? 0 : count.left / count.came
  const below = walked !== undefined ? `${walked.map(({ order }) => `#${order}`).join(' ')} · ${seconds(walked.reduce((sum, { ms }) => sum + ms, 0))} s` : count === undefined ? typeName : `${count.came} · ${seconds(count.ms)} s${count.left > 0 ? ` · −${count.left}` : ''}`
  return (
    <g className={`ld-node is-${type}${start ? ' is-start' : ''}${ending === null ? '' : ' is-end'}${walked === undefined ? '' : ' is-walked'}`} transform={`translate(${x} ${y})`} data-node={name}>
      <title>{`${head} · ${typeName}${count === undefined ? '' : `\n${words.node(count.came, count.left, seconds(count.ms))}`}`}</title>
      <rect className="ld-node-box" width={width} height={height} rx={ending === null ? 6 : height / 2} />
      {count !== undefined && <rect className="ld-node-share" x={1.5} y={1.5} width={Math.max(0, (width - 3) * share)} height={height - 3} rx={ending === null ? 5 : height / 2 - 2} />}
      {left > 0 && <rect className="ld-node-left" x={8} y={height - 5} width={Math.max(3, (width - 16) * left)} height={3} rx={1.5} />}
      <text className="ld-node-name" x={width / 2} y={18} textAnchor="middle">{head}</text>
      <text className="ld-node-count" x={width / 2} y={34} textAnchor="middle">{below}</text>
      {here > 0 && <g transform={`translate(${width - 4} 2)`}><circle className="ld-node-now" r={11} /><text className="ld-node-now-text" y={4} textAnchor="middle">{here}</text></g>}
    </g>
  )
}

function Calls({ flow, nodes, traces, chosen, onChoose }: { readonly flow: string; readonly nodes: readonly Node[]; readonly traces: readonly FlowTraceView[]; readonly chosen: FlowTraceView | null; readonly onChoose: (trace: FlowTraceView | null) => void }) {
  const text = useText()
  const words = text.flows.drawing
  const language = useLanguage()
  const { book } = useDesk()
  const now = useNow(60_000)
  const called = new Map(nodes.map((node) => [node.name, nodeTexts(node, language === 'en' ? 'en' : 'zh').head]))
  const way = (trace: FlowTraceView): readonly string[] => stepsIn({ flow, nodes }, trace.steps).map(({ node }) => called.get(node) ?? node)
  const same = (trace: FlowTraceView): boolean => trace.callId === chosen?.callId && trace.at === chosen.at
  return (
    <aside className="ld-flow-calls">
      <h3>{words.calls}</h3>
      {traces.length === 0 ? <p className="ld-empty">{words.noCalls}</p> : <p className="ld-faint">{words.pick}</p>}
      <ul>
        {chosen !== null && <li><Button size="small" block onClick={() => onChoose(null)}>{words.all}</Button></li>}
        {traces.map((trace) => (
          <li key={`${trace.callId} ${trace.at}`}>
            <button type="button" className={`ld-flow-row${same(trace) ? ' is-here' : ''}`} aria-pressed={same(trace)} onClick={() => onChoose(same(trace) ? null : trace)}>
              <strong>{stampOf(trace.at, now, text)}</strong>
              <span className="ld-soft">{categoryName(book, trace.category, language) || text.call.noTag}</span>
              <span className="ld-faint">{way(trace).length > 6 ? '… ' : ''}{way(trace).slice(-6).join(' → ')}</span>
              {trace.state === 'abandoned' && !trace.over && <span className="ld-chip is-alarm">{words.left}</span>}
              {trace.wrong > 0 && <span className="ld-chip is-ring">{words.wrong(trace.wrong)}</span>}
            </button>
          </li>
        ))}
      </ul>
    </aside>
  )
}
