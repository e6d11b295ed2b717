import { CheckCircleOutlined, LeftOutlined, RightOutlined, WarningOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { Fragment, useState } from 'react'
import { call as request } from '../../api/endpoints.js'
import { timeOf } from '../../i18n/format.js'
import { useText } from '../../i18n/language.js'
import { usePolled } from '../../widgets/use-polled.js'

const FRESH = 10_000

const shifted = (day: string, days: number): string => new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)

/** Does the day add up? Every call that came to the city is answered, abandoned with what became of it, or refused with its cause. */
export default function AccountPage() {
  const text = useText()
  const words = text.account.day
  const [day, setDay] = useState<string | undefined>(undefined)
  const { value, failed } = usePolled((signal) => request('dayAccount', { query: day === undefined ? {} : { day } }, { signal }), FRESH, day ?? '')
  const account = value !== null && (day === undefined || value.day === day) ? value : null
  const refusedAtEdge = account?.edgeRefused.reduce((sum, { count }) => sum + count, 0) ?? 0
  const silent = account === null ? [] : account.edges.filter((one) => one.silent).map(({ edge }) => edge)
  const good = account?.unaccounted === 0 && account.withoutCallBack === 0
  const verdict = account === null ? '' : account.unaccounted === null ? (silent.length > 0 ? words.silent(silent.join(', ')) : words.notTold)
    : account.unaccounted !== 0 ? words.doesNotAdd(account.unaccounted) : account.withoutCallBack !== 0 ? words.without(account.withoutCallBack) : words.adds
  const columns = account === null ? [] : [
    { label: words.calls, value: account.calls, tone: '' },
    { label: words.answered, value: account.answered, tone: 'is-ready' },
    { label: words.abandoned, value: account.abandoned, tone: account.abandoned > 0 ? 'is-ring' : '' },
    { label: words.refused, value: account.refused, tone: account.refused > 0 ? 'is-ring' : '' },
    { label: words.settled, value: account.settled, tone: '' },
    { label: words.waiting, value: account.waiting, tone: '' },
  ]
  return (
    <section className="ld-panel ld-account" aria-label={words.title}>
      <header className="ld-panel-head">
        <h2>{words.title}</h2>
        <Button size="small" type="text" aria-label={words.previous} icon={<LeftOutlined />} disabled={account === null} onClick={() => { if (account !== null) setDay(shifted(account.day, -1)) }} />
        <strong className="ld-mono">{account?.day ?? day ?? ''}</strong>
        <Button size="small" type="text" aria-label={words.next} icon={<RightOutlined />} disabled={account === null || day === undefined} onClick={() => { if (account !== null) setDay(shifted(account.day, 1)) }} />
        {account !== null && <span className={`ld-chip ${good ? 'is-ready' : 'is-alarm'}`} role="status">{good ? <CheckCircleOutlined /> : <WarningOutlined />} {verdict}</span>}
        {failed && <span className="ld-chip is-ring">{text.account.callBacks.failed}</span>}
      </header>
      <div className="ld-panel-body">
        <p className="ld-soft">{words.identity}</p>
        <div className="ld-account-row">
          {columns.map(({ label, value: count, tone }, index) => (
            <div key={label} className={`ld-tile ${tone}`}><span>{index === 0 ? '' : index === 1 ? '= ' : '+ '}{label}</span><strong>{count}</strong></div>
          ))}
        </div>
        {account !== null && account.edges.length > 0 && (
          <>
            <p className="ld-soft">{words.edgeIdentity}</p>
            {account.edges.map((one) => (
              <Fragment key={one.edge}>
                <div className="ld-account-row" role="group" aria-label={words.edge(one.edge)}>{[
                  { label: words.edge(one.edge), value: one.invites, tone: one.silent ? 'is-alarm' : '' },
                  { label: words.edgeRefused, value: one.refused, tone: one.refused > 0 ? 'is-ring' : '' },
                  { label: words.edgeCancelled, value: one.cancelled, tone: '' },
                  { label: words.edgePending, value: one.pending, tone: '' },
                  { label: words.arrived, value: one.calls, tone: '' },
                  { label: words.unaccounted, value: one.unaccounted ?? '?', tone: one.unaccounted === 0 ? '' : 'is-alarm' },
                ].map(({ label, value: count, tone }, index) => (
                  <div key={label} className={`ld-tile ${tone}`}><span>{index === 0 ? '' : index === 1 ? '= ' : '+ '}{label}</span><strong>{count}</strong></div>
                ))}</div>
                <p className="ld-faint">{one.toldAt === undefined ? words.neverTold : words.toldAt(timeOf(one.toldAt))}</p>
              </Fragment>
            ))}
            {account.straight > 0 && <p className="ld-faint">{words.straight(account.straight)}</p>}
          </>
        )}
        {account !== null && account.edges.length === 0 && <p className="ld-faint">{account.invites === null ? words.noEdge : words.oldEdge(account.invites, refusedAtEdge, account.edgeCancelled)}</p>}
        {(account?.edgeUnseen ?? 0) > 0 && <p className="ld-faint">{words.edgeUnseen(account?.edgeUnseen ?? 0)}</p>}
        <div className="ld-account-lists">
          <div>
            <h3>{words.becameOf}</h3>
            <dl className="ld-facts">
              {Object.entries(account?.callBacks ?? {}).map(([outcome, count]) => (
                <div key={outcome}><dt>{words.states[outcome] ?? text.account.callBacks.outcomes[outcome as keyof typeof text.account.callBacks.outcomes]}</dt><dd className="ld-mono">{count}</dd></div>
              ))}
              {account !== null && Object.keys(account.callBacks).length === 0 && <dt>{words.none}</dt>}
            </dl>
          </div>
          <div>
            <h3>{words.causes}</h3>
            <dl className="ld-facts">
              {account?.edgeRefused.map(({ cause, class: queueClass, status, count }) => <div key={`${cause} ${queueClass} ${status}`}><dt>{cause} · {status} · {queueClass}</dt><dd className="ld-mono">{count}</dd></div>)}
              {account?.edgeRefused.length === 0 && <dt>{words.none}</dt>}
            </dl>
          </div>
        </div>
      </div>
    </section>
  )
}
