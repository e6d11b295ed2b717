import { DiffOutlined } from '@ant-design/icons'
import { Select } from 'antd'
import type { FlowDifference, FlowEdition } from '../../../contracts/routes/flows.js'
import { call as request } from '../../api/endpoints.js'
import { useText } from '../../i18n/language.js'
import { Empty } from '../../widgets/empty.js'
import { usePolled } from '../../widgets/use-polled.js'

const FRESH = 10_000

interface Props { readonly editions: readonly FlowEdition[]; readonly current: number | null; readonly from: number | undefined; readonly to: number | 'files'; readonly onPick: (from: number | undefined, to: number | 'files') => void }

/** What differs between two editions, or between one and the files. */
export function FlowDiff({ editions, current, from, to, onPick }: Props) {
  const words = useText().flows
  const { value, failed } = usePolled((signal) => request('flowDiff', { query: { ...(from !== undefined && { from }), to } }, { signal }), FRESH, `${from ?? ''}-${to}`)
  const options = editions.map(({ number }) => ({ value: number, label: `${words.edition(number)}${number === current ? ` · ${words.running}` : ''}` }))
  if (editions.length === 0) return <Empty icon={<DiffOutlined />} title={words.none} hint={words.noneHint} />
  return (
    <div className="ld-panel-body ld-flow-diff">
      <div className="ld-flow-bar">
        <label>{words.diff.from} <Select size="small" popupMatchSelectWidth={false} {...(from !== undefined && { value: from })} options={options} onChange={(number) => onPick(number, to)} aria-label={words.diff.from} /></label>
        <label>{words.diff.to} <Select<number | 'files'> size="small" popupMatchSelectWidth={false} value={to} options={[{ value: 'files', label: words.diff.files }, ...options]} onChange={(which) => onPick(from, which)} aria-label={words.diff.to} /></label>
        {failed && <span className="ld-chip is-ring">{words.failed}</span>}
      </div>
      {value !== null && <FlowDiffFiles files={value.files} />}
    </div>
  )
}

/** The files that differ, line by line; of prompts what was said, and what is said now. */
export function FlowDiffFiles({ files }: { readonly files: FlowDifference['files'] }) {
  const words = useText().flows
  if (files.length === 0) return <p className="ld-empty">{words.diff.none}</p>
  return files.map(({ name, change, hunks, spoken }) => (
    <article key={name} className="ld-diff-file" data-file={name}>
      <h3><span className={`ld-chip ${change === 'added' ? 'is-ready' : change === 'removed' ? 'is-alarm' : 'is-accent'}`}>{words.changes[change]}</span> <code>{name}</code></h3>
      {spoken !== undefined && <SpokenDiff {...spoken} />}
      {hunks.map((hunk, index) => (
        // Hunks have no name of their own and are never reordered.
        <pre key={index}>{hunk.map(({ sign, text: line, before, after }) => (
          <div key={`${before ?? ''}/${after ?? ''}`} className={sign === '+' ? 'is-added' : sign === '-' ? 'is-removed' : ''}><span className="ld-diff-number">{before ?? ''}</span><span className="ld-diff-number">{after ?? ''}</span><span className="ld-diff-sign">{sign}</span>{line === '' ? ' ' : line}</div>
        ))}</pre>
      ))}
    </article>
  ))
}

/** A prompt: the words that callers heard and those that they will hear, each with its sound. */
function SpokenDiff({ before, after }: NonNullable<FlowDifference['files'][number]['spoken']>) {
  const words = useText().flows.diff
  return (
    <div className="ld-diff-spoken">
      {([['-', before, 'is-removed', words.before], ['+', after, 'is-added', words.after]] as const).map(([sign, tape, look, label]) => tape !== null && (
        <div key={sign} className={look}>
          <span className="ld-diff-sign" aria-hidden>{sign}</span>
          <span className="ld-diff-said"><span className="ld-faint">{label}</span> {tape.text === undefined ? <span className="ld-faint">{words.noText}</span> : <q>{tape.text}</q>}</span>
          <audio controls preload="none" src={`/api/flows/sound/${tape.hash}`} aria-label={`${label} ${words.seconds((tape.ms / 1000).toFixed(1))}`} />
          <span className="ld-faint">{words.seconds((tape.ms / 1000).toFixed(1))}</span>
        </div>
      ))}
      {before !== null && after !== null && (before.text === after.text || before.hash === after.hash) && <p className="ld-faint">{before.hash === after.hash ? words.sameSound : words.sound}</p>}
    </div>
  )
}

/** What would be published: the files on disk against the edition that runs. */
export function FlowDiffToPublish({ current }: { readonly current: number }) {
  const words = useText().flows
  const { value, failed } = usePolled((signal) => request('flowDiff', { query: { from: current, to: 'files' } }, { signal }), FRESH, String(current))
  return (
    <section className="ld-flow-diff ld-diff-to-publish" aria-label={words.diff.toPublish(current)}>
      <h3>{words.diff.toPublish(current)}{failed && <> <span className="ld-chip is-ring">{words.failed}</span></>}</h3>
      {value !== null && <FlowDiffFiles files={value.files} />}
    </section>
  )
}
