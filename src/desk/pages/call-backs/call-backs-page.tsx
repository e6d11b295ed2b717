import { PhoneOutlined } from '@ant-design/icons'
import { App as AntApp, Button, Dropdown, Segmented } from 'antd'
import { useState } from 'react'
import type { CallBack } from '../../../contracts/routes/account.js'
import { textOfError } from '../../api/error-text.js'
import { call as request } from '../../api/endpoints.js'
import { clockOf, numberOf, whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { categoryName, useDesk, useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { useLive } from '../../store/use-live.js'
import { Empty } from '../../widgets/empty.js'

/** What is done hurries nobody: in a storm it is read no more often than this, ms. */
const DONE_REST = 4_000
const ENDS = ['not-needed', 'not-reached', 'no-number', 'reached'] as const

/** People who gave up, said nothing, or were promised a call: taken by an operator, dialled from their ticket. */
export default function CallBacksPage() {
  const text = useText()
  const [state, setState] = useState<'open' | 'done'>('open')
  const { value, failed, again } = useLive('call-backs', (signal) => request('callBacks', { query: { state, limit: 100 } }, { signal }), { key: state, ...(state === 'done' && { rest: DONE_REST }) })
  const list = value?.callBacks ?? null
  return (
    <section className="ld-panel ld-talks" aria-label={text.account.callBacks.title}>
      <header className="ld-panel-head">
        <h2>{text.account.callBacks.title}</h2>
        <Segmented size="small" value={state} onChange={setState} options={[{ value: 'open', label: text.account.callBacks.open }, { value: 'done', label: text.account.callBacks.done }]} />
        {value !== null && <span className="ld-count">{value.total}</span>}
        {failed && <span className="ld-chip is-ring">{text.account.callBacks.failed}</span>}
      </header>
      <div className="ld-talks-body">
        {list?.length === 0 && <Empty icon={<PhoneOutlined />} title={state === 'open' ? text.account.callBacks.empty : text.account.callBacks.emptyDone} {...(state === 'open' && { hint: text.account.callBacks.emptyHint })} />}
        {list?.map((one) => <Row key={one.callId} one={one} onChanged={again} />)}
      </div>
    </section>
  )
}

function Row({ one, onChanged }: { readonly one: CallBack; readonly onChanged: () => void }) {
  const text = useText()
  const language = useLanguage()
  const { book, self, hasSeat } = useDesk()
  const { message } = AntApp.useApp()
  const skew = useDeskState((state) => state.skew)
  const now = useNow() + skew
  const words = text.account.callBacks
  const mine = one.claimedBy?.id === self.id
  const failed = (error: unknown): void => { void message.error(textOfError(error, language, text)); onChanged() }
  const take = (): void => {
    request('claimCallBack', { params: { id: one.callId }, body: {} }).then(({ ticketId }) => { void message.success(words.taken); goTo('tickets', ticketId) }, failed)
  }
  const settle = (outcome: (typeof ENDS)[number]): void => {
    request('settleCallBack', { params: { id: one.callId }, body: { outcome, note: '' } }).then(onChanged, failed)
  }
  return (
    <article className="ld-talk ld-call-back" data-call-back={one.callId}>
      <div>
        <strong className="ld-talk-number">{numberOf(one.number) || text.call.withheld}</strong>
        <span className="ld-soft ld-cut">{[one.name, categoryName(book, one.category, language), one.place].filter(Boolean).join(' · ')}</span>
      </div>
      <div><span className="ld-label">{words.reasons[one.reason]}</span><strong>{whenOf(one.since, now, text)}</strong></div>
      <div><span className="ld-label">{words.waits}</span><strong className="ld-mono">{clockOf(((one.doneAt ?? now) - one.since) / 1000)}</strong></div>
      <div className="ld-talk-who">
        {one.calls > 1 && <span className="ld-chip is-ring">{words.calls(one.calls)}</span>}
        <span className="ld-chip">{words.attempts(one.attempts)}</span>
        {one.state === 'claimed' && <span className="ld-chip is-talk">{words.claimed(one.claimedBy?.displayName ?? '')}</span>}
        {one.outcome !== undefined && <span className={`ld-chip ${one.outcome === 'reached' || one.outcome === 'called-again' ? 'is-ready' : ''}`}>{words.outcomes[one.outcome]}{one.doneBy === undefined ? '' : ` · ${one.doneBy}`}</span>}
        {one.note !== '' && <span className="ld-soft ld-cut">{one.note}</span>}
      </div>
      <div className="ld-talk-acts">
        {one.state !== 'done' && hasSeat && (
          <>
            <Button type="primary" icon={<PhoneOutlined />} disabled={one.state === 'claimed' && !mine} onClick={take}>{mine ? words.goOn : words.take}</Button>
            <Dropdown menu={{ items: ENDS.map((end) => ({ key: end, label: words.outcomes[end], onClick: () => settle(end) })) }} trigger={['click']}>
              <Button disabled={one.state === 'claimed' && !mine}>{words.settle}</Button>
            </Dropdown>
          </>
        )}
        {one.state === 'done' && one.ticketNumber !== undefined && <Button type="link" onClick={() => goTo('tickets', one.callId)}>{one.ticketNumber}</Button>}
      </div>
    </article>
  )
}
