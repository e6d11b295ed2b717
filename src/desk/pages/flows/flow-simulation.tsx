import { PlayCircleOutlined } from '@ant-design/icons'
import { Button, Select } from 'antd'
import { useMemo, useState } from 'react'
import type { FlowEdition, FlowSimulated, FlowSummary } from '../../../contracts/routes/flows.js'
import { textOfError } from '../../api/error-text.js'
import { call as request } from '../../api/endpoints.js'
import { useChart } from '../../charts/echarts.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { usePreferences } from '../../store/preferences.js'
import { FONT } from '../../theme/antd-theme.js'
import { PALETTES } from '../../theme/palette.js'
import { CheckedInput } from '../../widgets/checked-input.js'
import { ParameterFields } from './parameter-fields.js'
import { countOf, NEW_TRIAL, type TrialFields } from './trial-fields.js'
import { TrialSettings } from './trial-settings.js'
import { useTrialFields } from './use-trial-fields.js'

const MODELS = ['hurried', 'elderly', 'silent', 'wrong-keys', 'leaves-early'] as const
type Model = (typeof MODELS)[number] | 'mixture' | 'recorded'
const PATIENCE = 60_000
const SEED = 110
/** Calls that the server simulates at a time. */
const FEWEST = 50
const MOST = 5_000
/** In a quiet hall. */
const QUIET: TrialFields = { ...NEW_TRIAL, waiting: '0' }

interface Result { readonly asks: 'category' | 'way' | 'nothing'; readonly old: FlowSimulated | null; readonly new: FlowSimulated }
interface Row { readonly name: string; readonly of: (one: FlowSimulated) => string; /** What is compared, and whether less of it is better. */ readonly figure: (one: FlowSimulated) => number; readonly less?: true }

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`
/** Of nobody it is known what he wanted: real calls through a flow that asks for no category. */
const ofKnown = (known: number, share: number): string => (known === 0 ? '—' : percent(share))
const seconds = (spread: FlowSimulated['heard']): string => (spread === null ? '—' : `${(spread.p50 / 1000).toFixed(1)} / ${(spread.p90 / 1000).toFixed(1)}`)

/** The same callers through an old and a new edition, side by side: what an administrator looks at before publishing. */
export function FlowSimulation({ name, editions, current, modes, parameters }: { readonly name: string; readonly editions: readonly FlowEdition[]; readonly current: number | null; /** Switches that the flow asks for. */ readonly modes: FlowSummary['modes']; /** What it is started with. */ readonly parameters: readonly string[] }) {
  const text = useText()
  const language = useLanguage()
  const words = text.flows.simulate
  const [old, setOld] = useState<number | null>(current)
  const [fresh, setFresh] = useState<number | 'files'>('files')
  const [model, setModel] = useState<Model>('mixture')
  const [calls, setCalls] = useState('1000')
  const { fields, setFields, around, right, onWrongTime } = useTrialFields(QUIET)
  const [busy, setBusy] = useState(false)
  const [result, setResult] = useState<Result | null>(null)
  const [failure, setFailure] = useState('')
  const count = countOf(calls, FEWEST, MOST)
  const run = (): void => {
    if (count === null || around === null || !right) return
    const { vars, at, waiting, ready: free, present, modes: switches, ends, number, hints } = around
    setBusy(true)
    setFailure('')
    request('simulateFlow', { body: { flow: name, calls: count, seed: SEED, vars, new: fresh, around: { waiting, ready: free, present, modes: switches, ends, number, hints, ...(at !== null && { startAt: at }) }, ...(old !== null && { old }), ...(model === 'recorded' ? { recorded: true } : model !== 'mixture' && { model }) } }, { timeout: PATIENCE })
      .then(setResult, (error: unknown) => { setFailure(textOfError(error, language, text)) }).finally(() => setBusy(false))
  }
  const options = editions.map(({ number }) => ({ value: number, label: `${text.flows.edition(number)}${number === current ? ` · ${text.flows.running}` : ''}` }))
  return (
    <div className="ld-panel-body ld-simulation">
      <div className="ld-flow-bar">
        <label>{words.old} <Select size="small" popupMatchSelectWidth={false} allowClear value={old} options={options} onChange={(number: number | undefined) => setOld(number ?? null)} aria-label={words.old} /></label>
        <label>{words.new} <Select<number | 'files'> size="small" popupMatchSelectWidth={false} value={fresh} options={[{ value: 'files', label: text.flows.diff.files }, ...options]} onChange={setFresh} aria-label={words.new} /></label>
        <label>{words.model} <Select<Model> size="small" popupMatchSelectWidth={false} value={model} options={[{ value: 'mixture', label: words.mixture }, ...MODELS.map((one) => ({ value: one, label: words.models[one] })), { value: 'recorded', label: words.recorded }]} onChange={setModel} aria-label={words.model} /></label>
        <label>{words.calls} <CheckedInput name={words.calls} inputMode="numeric" maxLength={9} value={calls} problem={count === null ? text.flows.try.problems.count(FEWEST, MOST) : null} onChange={setCalls} /></label>
        <ParameterFields names={parameters} vars={fields.vars} disabled={busy} onChange={(vars) => setFields({ ...fields, vars })} />
        <Button size="small" type="primary" icon={<PlayCircleOutlined />} loading={busy} disabled={count === null || !right} onClick={run}>{busy ? words.running : words.run}</Button>
      </div>
      <details className="ld-simulation-around"><summary>{text.flows.try.around}</summary>
        <TrialSettings
          fields={fields} modes={modes} parameters={[]} disabled={busy} onChange={setFields} onWrongTime={onWrongTime}
        />
      </details>
      <p className="ld-soft">{model === 'recorded' ? words.recordedHint : words.hint}</p>
      {failure !== '' && <p className="ld-chip is-alarm" role="alert">{failure}</p>}
      {result !== null && result.new.calls === 0 && <p className="ld-empty">{words.noneRecorded}</p>}
      {result !== null && result.old?.version === result.new.version && <p className="ld-chip is-ring" role="status">{words.itself}</p>}
      {result?.asks === 'nothing' && <p className="ld-chip is-ring" role="status">{words.nothing}</p>}
      {result !== null && result.new.calls > 0 && <Compared result={result} />}
    </div>
  )
}

function Compared({ result }: { readonly result: Result }) {
  const text = useText()
  const words = text.flows.simulate
  const named = result.asks === 'nothing' ? null : words.aims[result.asks]
  const rows: readonly Row[] = [
    ...(named === null ? [] : [
      { name: named.tagged, of: ({ tagged }: FlowSimulated) => percent(tagged), figure: ({ tagged }: FlowSimulated) => tagged },
      { name: named.correct, of: ({ known, correct }: FlowSimulated) => ofKnown(known, correct), figure: ({ correct }: FlowSimulated) => correct },
      { name: named.wrong, of: ({ known, wrong }: FlowSimulated) => ofKnown(known, wrong), figure: ({ wrong }: FlowSimulated) => wrong, less: true as const },
      { name: named.timeToTag, of: ({ timeToTag }: FlowSimulated) => `${seconds(timeToTag)} ${words.seconds}`, figure: ({ timeToTag }: FlowSimulated) => timeToTag?.p50 ?? Infinity, less: true as const },
    ]),
    { name: words.rows.keys, of: ({ keys }) => `${(keys?.mean ?? 0).toFixed(2)} / ${keys?.p90 ?? 0}`, figure: ({ keys }) => keys?.mean ?? 0, less: true },
    { name: words.rows.heard, of: ({ heard }) => `${seconds(heard)} ${words.seconds}`, figure: ({ heard }) => heard?.p50 ?? 0, less: true },
    { name: words.rows.hungUp, of: ({ hungUp }) => percent(hungUp), figure: ({ hungUp }) => hungUp, less: true },
  ]
  const { old, new: fresh } = result
  return (
    <div className="ld-compared">
      <table>
        <caption>{words.count(fresh.calls)}{fresh.known < fresh.calls && ` · ${words.known(fresh.known)}`}</caption>
        <thead><tr><th /><th>{words.old}</th><th>{words.new}</th><th /></tr></thead>
        <tbody>
          {rows.map(({ name, of, figure, less }) => {
            const change = old === null ? 0 : (figure(fresh) - figure(old)) * (less === true ? -1 : 1)
            const small = old === null || Math.abs(change) <= Math.abs(figure(old)) * 0.01 || !Number.isFinite(change)
            return <tr key={name}><th scope="row">{name}</th><td>{old === null ? words.same : of(old)}</td><td>{of(fresh)}</td><td>{small ? '≈' : <span className={`ld-chip ${change > 0 ? 'is-ready' : 'is-alarm'}`}>{change > 0 ? words.better : words.worse}</span>}</td></tr>
          })}
        </tbody>
      </table>
      {named !== null && <Curve result={result} caption={named.chart} />}
    </div>
  )
}

/** How many operators know by a second what the call is about: the curve that lies higher is the better one. */
function Curve({ result: { old, new: fresh }, caption }: { readonly result: Result; readonly caption: string }) {
  const text = useText()
  const words = text.flows.simulate
  const { face } = usePreferences()
  const option = useMemo(() => {
    const palette = PALETTES[face]
    const grown = ({ tagSeconds, calls }: FlowSimulated): [number, number][] => {
      let sum = 0
      return tagSeconds.slice(0, -1).map((count, second) => { sum += count; return [second + 1, calls === 0 ? 0 : (100 * sum) / calls] })
    }
    const label = { color: palette.textFaint, fontSize: 12, fontFamily: FONT }
    const line = (name: string, one: FlowSimulated | null, color: string, type: 'solid' | 'dashed') => ({ name, type: 'line', symbol: 'none', data: one === null ? [] : grown(one), lineStyle: { width: 2.5, color, type }, itemStyle: { color } })
    return {
      animation: false,
      grid: { left: 48, right: 18, top: 14, bottom: 30 },
      tooltip: {
        trigger: 'axis', backgroundColor: palette.raised, borderColor: palette.line, textStyle: { color: palette.text, fontSize: 13, fontFamily: FONT },
        formatter: (items: { seriesName: string; value: [number, number] }[]) => `${items[0]?.value[0] ?? 0} ${words.seconds}　${items.map(({ seriesName, value }) => `${seriesName} ${value[1].toFixed(1)} %`).join('　')}`,
      },
      xAxis: { type: 'value', min: 0, max: 60, axisLine: { lineStyle: { color: palette.line } }, splitLine: { show: false }, axisLabel: { ...label, formatter: (second: number) => `${second} ${words.seconds}` } },
      yAxis: { type: 'value', min: 0, max: 100, axisLabel: { ...label, formatter: (share: number) => `${share} %` }, splitLine: { lineStyle: { color: palette.lineSoft } } },
      series: [line(words.old, old, palette.wrap, 'dashed'), line(words.new, fresh, palette.accent, 'solid')],
    }
  }, [old, fresh, face, words])
  return (
    <figure className="ld-curve">
      <figcaption>{caption}<span className="ld-legend">{old !== null && <span><i className="is-old" />{words.old}</span>}<span><i className="is-new" />{words.new}</span></span></figcaption>
      <div ref={useChart(option)} />
    </figure>
  )
}
