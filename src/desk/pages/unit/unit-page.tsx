import { FileTextOutlined } from '@ant-design/icons'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { useNoticeSignal, useReceipts } from '../../shell/notices.js'
import { useDeskState } from '../../store/desk.js'
import { usePreferences } from '../../store/preferences.js'
import { Empty } from '../../widgets/empty.js'
import { Alerts } from './alerts.js'
import { inTab, UnitList, useWork, type Tab } from './unit-list.js'
import { UnitTicket } from './unit-ticket.js'

/** A unit's terminal: what is new, what is late, and the one that is open. On a telephone one of both at a time. */
export default function UnitPage({ id }: { readonly id: string | null }) {
  const text = useText()
  const { sound } = usePreferences()
  const [tab, setTab] = useState<Tab>('fresh')
  const [words, setWords] = useState('')
  const { work, failed } = useWork(tab, words)
  const notices = useDeskState((state) => state.notices)
  useReceipts(notices)
  const fresh = useMemo(() => (words === '' ? inTab(work, 'fresh') ?? [] : []), [work, words])
  useNoticeSignal({ shown: notices, fresh: fresh.length, danger: fresh.some(({ hazard, priority }) => hazard === true || priority === 'emergency'), title: `${text.unit.titleNew(fresh.length)} · ${text.product} 110`, audible: sound })
  // What was signed for is in hand: the list goes on with it.
  const over = tab === 'fresh' && id !== null && words === '' && work !== null && fresh.length === 0
  useEffect(() => { if (over) setTab('doing') }, [over])
  // Nothing new when he signs in: then what he has in hand.
  const first = useRef(true)
  useEffect(() => {
    if (work === null || !first.current) return
    first.current = false
    if (fresh.length === 0 && (inTab(work, 'doing')?.length ?? 0) > 0) setTab('doing')
  }, [work, fresh])
  const open = (ticketId: string): void => goTo('unit', ticketId)
  return (
    <div className={`ld-unit${id === null ? '' : ' has-ticket'}`}>
      <Alerts notices={notices} most={4} onOpen={open} />
      <UnitList tab={tab} onTab={setTab} words={words} onWords={setWords} work={work} failed={failed} here={id} onOpen={open} />
      {id === null ? <section className="ld-panel ld-unit-ticket is-empty"><Empty icon={<FileTextOutlined />} title={text.unit.pick} /></section> : <UnitTicket key={id} id={id} onBack={() => goTo('unit')} />}
    </div>
  )
}
