import { FileTextOutlined } from '@ant-design/icons'
import { useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { Alerts } from '../../alerts/alerts.js'
import { useText } from '../../i18n/language.js'
import { goTo } from '../../shell/route.js'
import { useNoticeSignal, useReceipts } from '../../shell/notices.js'
import { useDesk, useDeskState } from '../../store/desk.js'
import { usePreferences } from '../../store/preferences.js'
import { Empty } from '../../widgets/empty.js'
import { useWide } from '../../widgets/use-wide.js'
import { settledAt } from './settled.js'
import { freshOf, inTab, UnitList, useWork, type Tab } from './unit-list.js'
import { UnitTicket } from './unit-ticket.js'

/** A unit's terminal: what is new, what is late, and the one that is open. On a telephone one of both at a time. */
export default function UnitPage({ id }: { readonly id: string | null }) {
  const text = useText()
  const { sound } = usePreferences()
  const [tab, setTab] = useState<Tab>('fresh')
  const [words, setWords] = useState('')
  const { work, failed } = useWork(tab, words)
  const notices = useDeskState((state) => state.notices)
  const { store, self } = useDesk()
  const wide = useWide('unit')
  useReceipts(notices)
  const fresh = useMemo(() => freshOf(work), [work])
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
  /** What he was told of a ticket before he opened it he has before him as long as it is open; what comes then he is shown. */
  const before = useMemo(() => new Set(store.get().notices.filter(({ ticketId }) => ticketId === id).map((notice) => notice.id)), [store, id])
  const open = (ticketId: string): void => goTo('unit', ticketId)
  // Whoever has acted on a ticket has read what was told of it. Who only looks has settled nothing.
  const read = useCallback((ticketId: string): void => { for (const notice of store.get().notices) if (notice.ticketId === ticketId) store.dispatch({ type: 'noticed', id: notice.id }) }, [store])
  useEffect(() => { if (work !== null) for (const { id: over } of settledAt(store.get().notices, { waiting: work.all, knew: work.knew }, self.unitId)) store.dispatch({ type: 'noticed', id: over }) }, [work, store, self.unitId])
  return (
    <div className={`ld-unit${id === null ? '' : ' has-ticket'}`}>
      {/* On a telephone the ticket that is open has the room. */}
      <Alerts notices={notices.filter((notice) => !before.has(notice.id))} most={wide || id === null ? 4 : 1} onOpen={open} />
      <UnitList tab={tab} onTab={setTab} words={words} onWords={setWords} work={work} failed={failed} here={id} onOpen={open} />
      {id === null ? <section className="ld-panel ld-unit-ticket is-empty"><Empty icon={<FileTextOutlined />} title={text.unit.pick} /></section> : <UnitTicket key={id} id={id} onBack={() => goTo('unit')} onActed={read} />}
    </div>
  )
}
