import { CheckOutlined, CloudUploadOutlined, LoadingOutlined, RollbackOutlined, WarningOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Input, Popconfirm } from 'antd'
import { useEffect, useRef, useState, type ReactNode } from 'react'
import type { FlowActed, FlowEdition, FlowOutcome, FlowsView } from '../../../contracts/routes/flows.js'
import { textOfError } from '../../api/error-text.js'
import { call as request } from '../../api/endpoints.js'
import { stampOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { useDesk } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { Dialog } from '../../widgets/dialog.js'
import { usePolled } from '../../widgets/use-polled.js'
import { FlowDiff, FlowDiffToPublish } from './flow-diff.js'
import { FlowMap } from './flow-map.js'
import { FlowProblems } from './flow-problems.js'
import { FlowSimulation } from './flow-simulation.js'
import { FlowTry } from './flow-try.js'

const FRESH = 4_000
/** While something is being checked, ms. */
const SOON = 1_000
/** What speaks against an edition that was gone back to stands so long, s. */
const AGAINST_SECONDS = 12
const TABS = ['drawing', 'diff', 'try', 'simulate'] as const
type Tab = (typeof TABS)[number]

/** Flows: what runs and who published it, how callers fare in it, trying and comparing. Supervisors read, administrators act. The place is `<flow>.<tab>`. */
export default function FlowsPage({ id }: { readonly id: string | null }) {
  const text = useText()
  const language = useLanguage()
  const words = text.flows
  const { self } = useDesk()
  const { message } = AntApp.useApp()
  const [checking, setChecking] = useState(false)
  const { value: view, failed, again } = usePolled((signal) => request('flows', {}, { signal }), checking ? SOON : FRESH, '')
  const [shown, setShown] = useState<{ from: number | undefined; to: number | 'files' } | null>(null)
  const [publishing, setPublishing] = useState(false)
  const admin = self.role === 'admin'
  const broken = view !== null && view.problems.length > 0
  const [wanted = '', wantedTab] = (id ?? '').split('.')
  const flow = view?.flows.find(({ name }) => name === wanted) ?? view?.flows.find(({ entry }) => entry) ?? view?.flows[0]
  const tab: Tab = TABS.find((one) => one === wantedTab) ?? 'drawing'
  const go = (name: string, to: Tab): void => goTo('flows', `${name}.${to}`)

  const done = (outcome: FlowOutcome, approving = false): void => {
    const number = outcome.number ?? 0
    const firstOf = (problems: FlowOutcome['problems']): string => problems?.[0]?.problem[language === 'zh-CN' ? 'zh' : 'en'] ?? ''
    if (outcome.type === 'running') {
      void message.success(words.published(number))
      if (outcome.against !== undefined) void message.warning(words.against(outcome.against.length, firstOf(outcome.against)), AGAINST_SECONDS)
    } else if (outcome.type === 'waiting') void message.info(approving ? words.approved(number, outcome.more ?? 0) : words.waiting(number))
    else if (outcome.type === 'judging') void message.info(words.judging(approving ? number : null))
    else void message.error(`${words.broken(outcome.problems?.length ?? 0)}${approving ? ` · ${firstOf(outcome.problems)}` : ''}`)
    setChecking(outcome.type === 'judging')
    again()
  }
  const act = (work: Promise<FlowOutcome>, approving = false): Promise<void> => work.then((outcome) => done(outcome, approving), (error: unknown) => { void message.error(textOfError(error, language, text)) })

  // What was still being checked when he was answered, once it is known what became of it; not of before this page.
  const acted = view?.acted ?? null
  const told = useRef<number | null>(null)
  useEffect(() => {
    if (view === null) return
    setChecking(view.acting !== null)
    const before = told.current
    told.current = acted?.id ?? 0
    if (before === null || acted === null || !acted.mine || acted.id <= before) return
    if (acted.outcome !== null) done(acted.outcome, acted.what === 'approve')
    else void message.error(acted.error?.[language === 'zh-CN' ? 'zh' : 'en'] ?? '')
  }, [view])

  const acts = (edition: FlowEdition) => ({
    onDiff: () => { setShown({ from: edition.comparedWith ?? undefined, to: edition.number }); go(flow?.name ?? '110', 'diff') },
    onApprove: () => act(request('approveFlows', { body: { edition: edition.number, comparedWith: edition.comparedWith } }), true),
  })

  return (
    <section className={`ld-flows${broken ? ' is-broken' : ''}`} aria-label={words.title}>
      {broken && <details className="ld-flows-broken" open><summary><WarningOutlined /> {view.refused === null ? words.problems(view.problems.length) : words.notice.refused(view.refused)}</summary><FlowProblems problems={view.problems} /></details>}
      <aside className="ld-panel ld-flows-side">
        <header className="ld-panel-head"><h2>{words.title}</h2>{failed && <span className="ld-chip is-ring">{words.failed}</span>}</header>
        {view !== null && <Standing view={view} approval={(pending) => <Approval edition={pending} admin={admin} busy={view.acting !== null} {...acts(pending)} />} />}
        {admin
          ? <div className="ld-flows-publish"><Button block type="primary" icon={<CloudUploadOutlined />} disabled={view === null || view.acting !== null || unchanged(view)} title={view?.handedIn === true ? words.handedIn(view.waiting ?? 0) : view !== null && unchanged(view) ? words.nothingNew : ''} onClick={() => setPublishing(true)}>{words.publish}</Button></div>
          : <p className="ld-faint ld-flows-publish">{words.adminOnly}</p>}
        <div className="ld-flows-lists">
          <h3>{words.flows}</h3>
          <ul>
            {view?.flows.map(({ name, title, kind, nodes, entry }) => (
              <li key={name}>
                <button type="button" className={`ld-flow-row${name === flow?.name ? ' is-here' : ''}`} aria-current={name === flow?.name ? 'true' : undefined} onClick={() => go(name, tab)}>
                  <strong>{title[language === 'en' ? 'en' : 'zh']}</strong>
                  <span className="ld-faint">{name} · {words.kinds[kind]} · {words.nodes(nodes)}</span>
                  {entry && <span className="ld-chip is-accent">{words.entry}</span>}
                </button>
              </li>
            ))}
          </ul>
          <h3>{words.editions}</h3>
          {view?.editions.length === 0 && <p className="ld-empty">{words.none}</p>}
          <ul>
            {view?.editions.map((edition) => (
              <EditionRow
                key={edition.number} edition={edition} running={edition.number === view.current} admin={admin} busy={view.acting !== null} {...acts(edition)}
                onBack={() => act(request('backFlows', { body: { edition: edition.number } }))}
              />
            ))}
          </ul>
        </div>
      </aside>
      <div className="ld-panel ld-flows-main">
        <header className="ld-panel-head" role="tablist">
          {TABS.map((one) => <button key={one} type="button" role="tab" aria-selected={one === tab} className={`ld-tab${one === tab ? ' is-here' : ''}`} onClick={() => go(flow?.name ?? '110', one)}>{words.tabs[one]}</button>)}
          {flow !== undefined && <span className="ld-soft">{flow.title[language === 'en' ? 'en' : 'zh']}</span>}
        </header>
        {view !== null && flow !== undefined && tab === 'drawing' && <FlowMap key={flow.name} name={flow.name} editions={view.editions} current={view.current} />}
        {view !== null && tab === 'diff' && <FlowDiff editions={view.editions} current={view.current} from={shown?.from ?? view.current ?? undefined} to={shown?.to ?? 'files'} onPick={(from, to) => setShown({ from, to })} />}
        {view !== null && flow !== undefined && tab === 'try' && <FlowTry key={flow.name} name={flow.name} editions={view.editions} modes={flow.modes} parameters={flow.parameters} />}
        {view !== null && flow !== undefined && tab === 'simulate' && <FlowSimulation key={flow.name} name={flow.name} editions={view.editions} current={view.current} modes={flow.modes} parameters={flow.parameters} />}
      </div>
      {publishing && <PublishDialog approval={view?.approval === true} current={view?.current ?? null} acted={acted} onClose={() => setPublishing(false)} onDone={(outcome) => done(outcome)} />}
    </section>
  )
}

/** The files are what runs, or what waits for approval: there is nothing to publish. */
const unchanged = ({ current, differs, handedIn, problems }: FlowsView): boolean => handedIn || (current !== null && !differs && problems.length === 0)

/** What runs, what waits for approval, and whether the files are the same. */
function Standing({ view: { source, current, version, problems, refused, waiting, differs, handedIn, editions, acting }, approval }: { readonly view: FlowsView; readonly approval: (pending: FlowEdition) => ReactNode }) {
  const words = useText().flows
  const now = useNow(1_000)
  const pending = editions.find(({ number }) => number === waiting)
  return (
    <div className="ld-flows-standing">
      <strong>{words.runs(current, version)}</strong>
      <span className={source === 'published' ? 'ld-soft' : 'ld-chip is-ring'}>{words.sources[source]}</span>
      {acting !== null && <span className="ld-chip is-accent" role="status"><LoadingOutlined /> {words.acting(acting.edition, acting.by, Math.max(0, Math.round((now - acting.since) / 1000)))}</span>}
      {pending !== undefined && <div className="ld-flows-pending"><span className="ld-chip is-accent">{words.waits(pending.number, pending.more)}</span>{approval(pending)}</div>}
      {problems.length > 0
        ? <span className="ld-chip is-alarm">{refused === null ? words.problems(problems.length) : words.notice.refused(refused)}</span>
        : handedIn ? <span className="ld-soft">{words.handedIn(waiting ?? 0)}</span>
          : <span className={differs ? 'ld-chip is-ring' : 'ld-soft'}>{differs ? words.differs : words.same}</span>}
    </div>
  )
}

/** Agrees to what somebody else published, after a look at the difference. */
function Approval({ edition: { number, more, mine, approved }, admin, busy, onDiff, onApprove }: { readonly edition: FlowEdition; readonly admin: boolean; /** Something is being checked. */ readonly busy: boolean; readonly onDiff: () => void; readonly onApprove: () => Promise<void> }) {
  const words = useText().flows
  if (!admin || more === 0 || mine || approved) return null
  return <Popconfirm title={words.approveAsk(number)} description={<button type="button" className="ld-link" onClick={onDiff}>{words.tabs.diff}</button>} okText={words.yes} cancelText={words.no} onConfirm={() => void onApprove()}><Button size="small" type="primary" disabled={busy} icon={<CheckOutlined />}>{words.approve}</Button></Popconfirm>
}

function EditionRow({ edition, running, admin, busy, onDiff, onApprove, onBack }: { readonly edition: FlowEdition; readonly running: boolean; readonly admin: boolean; readonly busy: boolean; readonly onDiff: () => void; readonly onApprove: () => Promise<void>; readonly onBack: () => Promise<void> }) {
  const text = useText()
  const words = text.flows
  const now = useNow(60_000)
  const { number, hash, author, anew, at, note, approvals, more, switches, changes } = edition
  const last = switches[0]
  const jump = last?.jump
  const shown = (value: number): string => (jump?.what === 'left' ? value.toFixed(2) : `${(value * 100).toFixed(1)} %`)
  return (
    <li className={`ld-edition${running ? ' is-here' : ''}`} data-edition={number}>
      <div className="ld-edition-head">
        <button type="button" className="ld-link" onClick={onDiff}><strong>{words.edition(number)}</strong></button>
        <code className="ld-faint">{hash}</code>
        {running && <span className="ld-chip is-ready">{words.running}</span>}
        <Approval edition={edition} admin={admin} busy={busy} onDiff={onDiff} onApprove={onApprove} />
        {admin && !running && switches.length > 0 && <Popconfirm title={words.backAsk(number)} okText={words.yes} cancelText={words.no} onConfirm={() => void onBack()}><Button size="small" icon={<RollbackOutlined />}>{words.back}</Button></Popconfirm>}
      </div>
      <span className="ld-soft">{words.by(author, stampOf(at, now, text))}</span>
      {anew.map((name) => <span key={name} className="ld-soft">↻ {words.anew(name)}</span>)}
      {note !== '' && <span>{note}</span>}
      {approvals.map(({ by }) => <span key={by} className="ld-faint">✓ {words.approvedBy(by)}</span>)}
      {more > 0 && <span className="ld-chip is-accent">{words.waits(number, more)}</span>}
      {last !== undefined && <span className={last.reason === 'automatic' ? 'ld-chip is-alarm' : 'ld-faint'}>→ {words.reasons[last.reason]} · {words.by(last.by, stampOf(last.at, now, text))}</span>}
      {jump !== undefined && <span className="ld-soft">{jump.flow === undefined ? '' : `${jump.flow} · `}{words.jump[jump.what](shown(jump.before), shown(jump.now), jump.calls)}</span>}
      {changes.length > 0 && <span className="ld-faint" title={changes.map(({ name, change }) => `${words.changes[change]} ${name}`).join('\n')}>{words.changed(changes.length)} · {changes.slice(0, 3).map(({ name }) => name).join(' ')}{changes.length > 3 ? ' …' : ''}</span>}
    </li>
  )
}

function PublishDialog({ approval, current, acted, onClose, onDone }: { readonly approval: boolean; readonly current: number | null; readonly acted: FlowActed | null; readonly onClose: () => void; readonly onDone: (outcome: FlowOutcome) => void }) {
  const text = useText()
  const language = useLanguage()
  const words = text.flows
  const [note, setNote] = useState('')
  const [busy, setBusy] = useState(false)
  const [broken, setBroken] = useState<FlowOutcome | null>(null)
  const [failure, setFailure] = useState('')
  /** What had been told last when his own was still being checked. */
  const [awaited, setAwaited] = useState<number | null>(null)
  const publish = (): void => {
    setBusy(true)
    setFailure('')
    setBroken(null)
    request('publishFlows', { body: { note } }).then((outcome) => {
      onDone(outcome)
      if (outcome.type === 'judging') setAwaited(acted?.id ?? 0)
      else settle(outcome)
    }, (error: unknown) => {
      setBusy(false)
      setFailure(textOfError(error, language, text))
    })
  }
  const settle = (outcome: FlowOutcome | null): void => {
    setBusy(false)
    if (outcome?.type === 'broken') setBroken(outcome)
    else if (outcome !== null) onClose()
  }
  // The page says what became of it.
  useEffect(() => {
    if (awaited === null || acted === null || !acted.mine || acted.what !== 'publish' || acted.id <= awaited) return
    setAwaited(null)
    settle(acted.outcome)
  }, [acted, awaited])
  return (
    <Dialog open title={words.publishTitle} okText={busy ? words.checking : words.publish.replace('…', '')} cancelText={busy ? words.meanwhile : text.unit.cancel} okButtonProps={{ loading: busy }} onOk={publish} onCancel={onClose} width={720}>
      <p className="ld-soft">{approval ? words.publishApproval : words.publishHint}</p>
      <Input.TextArea value={note} maxLength={200} rows={2} placeholder={words.note} aria-label={words.note} onChange={(event) => setNote(event.target.value)} onPressEnter={(event) => { if (event.ctrlKey) publish() }} />
      {failure !== '' && <p className="ld-chip is-alarm" role="alert">{failure}</p>}
      {broken?.problems !== undefined && <FlowProblems problems={broken.problems} />}
      {current !== null && <FlowDiffToPublish current={current} />}
    </Dialog>
  )
}
