import { CustomerServiceOutlined, SwapOutlined } from '@ant-design/icons'
import { Button } from 'antd'
import { useEffect, useState } from 'react'
import type { Talk } from '../../../contracts/routes/talk.js'
import { call as request } from '../../api/endpoints.js'
import { clockOf, numberOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import type { Ask } from '../../shell/shell.js'
import { categoryName, useDesk, useDeskState } from '../../store/desk.js'
import { useNow } from '../../store/now.js'
import { Empty } from '../../widgets/empty.js'
import { ModeSwitch, PartyChip } from '../seat/call-controls.js'

const FRESH = 1_500

/** Talks in progress: a supervisor joins one, changes who hears him, or takes it over. */
export default function TalksPage({ ask }: { readonly ask: Ask }) {
  const text = useText()
  const { hasSeat, self } = useDesk()
  const [talks, setTalks] = useState<readonly Talk[] | null>(null)
  const [failed, setFailed] = useState(false)
  useEffect(() => {
    const abort = new AbortController()
    const read = (): void => {
      request('talks', {}, { signal: abort.signal }).then((answer) => { setTalks(answer.talks); setFailed(false) }, () => { if (!abort.signal.aborted) setFailed(true) })
    }
    read()
    const timer = setInterval(read, FRESH)
    return () => { clearInterval(timer); abort.abort() }
  }, [])
  const canJoin = hasSeat && self.role === 'supervisor'
  return (
    <section className="ld-panel ld-talks" aria-label={text.talk.talks.title}>
      <header className="ld-panel-head">
        <h2>{text.talk.talks.title}</h2>
        {talks !== null && <span className="ld-count">{talks.length}</span>}
        {!canJoin && <span className="ld-faint">{text.talk.talks.noSeat}</span>}
        {failed && <span className="ld-chip is-ring">{text.talk.talks.failed}</span>}
      </header>
      <div className="ld-talks-body">
        {talks?.length === 0 && <Empty icon={<CustomerServiceOutlined />} title={text.talk.talks.empty} hint={text.talk.talks.emptyHint} />}
        {talks?.map((talk) => <TalkRow key={talk.callId} talk={talk} canJoin={canJoin} ask={ask} />)}
      </div>
    </section>
  )
}

function TalkRow({ talk, canJoin, ask }: { readonly talk: Talk; readonly canJoin: boolean; readonly ask: Ask }) {
  const text = useText()
  const language = useLanguage()
  const { book, self } = useDesk()
  const skew = useDeskState((state) => state.skew)
  const mine = useDeskState((state) => state.seat === 'active')
  const now = useNow() + skew
  const me = talk.parties.find(({ operatorId }) => operatorId === self.id)
  const { callId } = talk
  return (
    <article className={`ld-talk${talk.class === 'emergency' ? ' is-urgent' : ''}${me === undefined ? '' : ' is-here'}`} data-talk={callId}>
      <div>
        <strong className="ld-talk-number">{numberOf(talk.caller.number) || text.call.withheld}</strong>
        <span className="ld-soft">{categoryName(book, talk.category, language) || text.call.noTag}</span>
      </div>
      <div>
        <span className="ld-label">{text.talk.talks.holder}</span>
        <strong>{talk.holderName === '' ? '—' : talk.holderName}</strong>
      </div>
      <div>
        <span className="ld-label">{text.talk.talks.since}</span>
        <strong className="ld-mono">{clockOf((now - (talk.answeredAt ?? now)) / 1000)}</strong>
      </div>
      <div className="ld-talk-who">
        {talk.onHold && <span className="ld-chip is-ring">{text.talk.hold}</span>}
        {talk.parties.map((party) => <PartyChip key={party.legId} party={party} />)}
      </div>
      <div className="ld-talk-acts">
        {canJoin && me?.role !== 'transfer' && talk.holder !== self.id && (
          <>
            <ModeSwitch value={me?.mode} disabled={!mine} onChange={(mode) => ask({ type: 'call.listen', callId, mode })} />
            <Button danger disabled={!mine} icon={<SwapOutlined />} onClick={() => ask({ type: 'call.take', callId })}>{text.talk.take}</Button>
            {me !== undefined && <Button disabled={!mine} onClick={() => ask({ type: 'call.hang-up', callId })}>{text.talk.leave}</Button>}
          </>
        )}
      </div>
    </article>
  )
}
