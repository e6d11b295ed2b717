import { Input, Segmented } from 'antd'
import { useEffect, useState } from 'react'
import type { TicketSummary } from '../../../contracts/call.js'
import type { Clock } from '../../../contracts/life-cycle.js'
import type { TicketList } from '../../../contracts/ticket.js'
import { call } from '../../api/endpoints.js'
import { whenOf } from '../../i18n/format.js'
import { useLanguage, useText } from '../../i18n/language.js'
import { matterOf, useDesk, useDeskState } from '../../store/desk.js'
import { useThrottled } from '../../store/use-throttled.js'
import { DueChip } from '../../ticket/due-chip.js'
import { HazardChip, hazardOf } from '../../ticket/hazard-chip.js'

export const TABS = ['fresh', 'doing', 'answered', 'closed'] as const
export type Tab = (typeof TABS)[number]

const MOST = 200
/** A hall full of changes is one read in so many ms. */
const CHANGES = 1_500
const AGAIN = 4_000
const REST = 350
/** Referred and merged tickets wait for others: nothing of this unit's is late there. */
const tabOf = ({ state }: TicketSummary): Tab => (state === 'dispatched' ? 'fresh' : 'doing')

/** `all`: what waits, whatever is searched for. `knew`: the notices that the terminal had when it was asked for. */
interface Work { readonly waiting: TicketList; readonly other: TicketList | null; readonly all: TicketList; readonly knew: ReadonlySet<string> }

/** The unit's tickets, as fresh as the websocket tells. `waiting`: new and in hand, what is due first on top. */
export function useWork(tab: Tab, words: string): { readonly work: Work | null; readonly failed: boolean } {
  const { store } = useDesk()
  const changes = useThrottled(useDeskState((state) => state.changed?.count ?? 0), CHANGES)
  const heard = useDeskState((state) => state.notices[0]?.id)
  const welcomes = useDeskState((state) => state.welcomes)
  const [work, setWork] = useState<Work | null>(null)
  const [failed, setFailed] = useState(false)
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const abort = new AbortController()
    let timer = setTimeout(() => {
      const knew = new Set(store.get().notices.map(({ id }) => id))
      const text = words.trim() === '' ? null : { text: words.trim() }
      const read = (query: object): Promise<TicketList> => call('tickets', { query: { limit: MOST, ...query } }, { signal: abort.signal })
      const waiting = { class: 'waiting', sort: 'due' } as const
      Promise.all([read({ ...text, ...waiting }), text === null ? null : read(waiting), tab === 'answered' ? read({ ...text, class: 'open', sort: 'newest' }) : tab === 'closed' ? read({ ...text, class: 'closed', sort: 'newest' }) : null]).then(
        ([found, all, other]) => { setWork({ waiting: found, other, all: all ?? found, knew }); setFailed(false) },
        () => {
          if (abort.signal.aborted) return
          setFailed(true)
          timer = setTimeout(() => setTurn((count) => count + 1), AGAIN)
        },
      )
    }, words === '' ? 0 : REST)
    return () => { clearTimeout(timer); abort.abort() }
  }, [tab, words, changes, heard, welcomes, turn, store])
  return { work, failed }
}

/** What is due first on top; of what is due in the same minute, danger. */
const byDue = (a: TicketSummary, b: TicketSummary): number => minuteDue(a) - minuteDue(b) || Number(hazardOf(b) === 'open') - Number(hazardOf(a) === 'open')
const minuteDue = ({ dueAt }: TicketSummary): number => (dueAt == null ? Number.MAX_SAFE_INTEGER : Math.floor(dueAt / 60_000))

/** The tickets of a tab, what is due first on top; null while they are on their way. */
export const inTab = (work: Work | null, tab: Tab): readonly TicketSummary[] | null =>
  (work === null ? null : tab === 'fresh' || tab === 'doing' ? work.waiting.tickets.filter((ticket) => tabOf(ticket) === tab).sort(byDue) : work.other?.tickets ?? null)

/** What is new is new, whatever somebody searches for. */
export const freshOf = (work: Work | null): readonly TicketSummary[] => work?.all.tickets.filter((ticket) => tabOf(ticket) === 'fresh') ?? []

/** The keyboard's place is the list: the open ticket, else the first. On a telephone it is not shown while a ticket is open, and nothing moves. */
export function focusList(): void {
  const rows = document.querySelector('.ld-unit-rows')
  const row = rows?.querySelector<HTMLElement>('[aria-current="true"]') ?? rows?.querySelector<HTMLElement>('[data-ticket]')
  row?.focus({ preventScroll: true })
}

/** New, in hand, under review, closed; each with what, where, and how long there is. */
export function UnitList({ tab, onTab, words, onWords, work, failed, here, onOpen }: {
  readonly tab: Tab; readonly onTab: (tab: Tab) => void; readonly words: string; readonly onWords: (words: string) => void
  readonly work: Work | null; readonly failed: boolean; readonly here: string | null; readonly onOpen: (id: string) => void
}) {
  const text = useText()
  const words0 = text.unit
  const found = inTab(work, tab)
  const loaded = found !== null && found.length > 0
  // After the log-in, and when a tab fills that the act before has led to: nothing else has the focus then.
  useEffect(() => { if (loaded && document.activeElement === document.body) focusList() }, [loaded, tab])
  const count = (one: Tab): string => { const all = one === 'fresh' || one === 'doing' ? inTab(work, one)?.length ?? 0 : 0; return all === 0 ? '' : ` ${all}` }
  return (
    <section className="ld-panel ld-unit-list" aria-label={words0.nav}>
      <div className="ld-unit-filters">
        <Segmented<Tab> block value={tab} onChange={onTab} options={TABS.map((value) => ({ value, label: <span data-tab={value} className={value === 'fresh' && count(value) !== '' ? 'ld-open' : ''}>{words0.tabs[value]}{count(value)}</span> }))} />
        <Input allowClear value={words} maxLength={100} placeholder={words0.search} aria-label={words0.search} onChange={({ target }) => onWords(target.value)} />
      </div>
      <div className="ld-unit-rows">
        {failed && <p className={found === null ? 'ld-empty' : 'ld-stale'} role="status">{text.list.failed}</p>}
        {!failed && found === null && <p className="ld-empty">{text.loading}</p>}
        {found?.length === 0 && <p className="ld-empty">{words.trim() === '' ? words0.empty[tab] : text.list.empty}</p>}
        {found?.map((ticket) => <Row key={ticket.id} ticket={ticket} here={ticket.id === here} onOpen={onOpen} />)}
        {found !== null && found.length >= MOST && <p className="ld-faint ld-empty">{words0.onlyFirst(MOST)}</p>}
      </div>
    </section>
  )
}

function Row({ ticket, here, onOpen }: { readonly ticket: TicketSummary; readonly here: boolean; readonly onOpen: (id: string) => void }) {
  const text = useText()
  const language = useLanguage()
  const { book, self } = useDesk()
  const priority = ticket.priority as keyof typeof text.unit.priority | undefined
  return (
    <button type="button" className={`ld-unit-row${here ? ' is-here' : ''}${hazardOf(ticket) === 'open' ? ' is-hazard' : ''}`} aria-current={here ? 'true' : undefined} data-ticket={ticket.id} onClick={() => onOpen(ticket.id)}>
      <span className="ld-unit-row-head">
        <strong className="ld-cut">{matterOf(book, ticket, language, text)}</strong>
        <HazardChip hazard={ticket.hazard} safeAt={ticket.safeAt} state={ticket.state} />
        {priority !== undefined && priority !== 'normal' && <span className={`ld-chip ${priority === 'emergency' ? 'is-alarm' : 'is-ring'}`}>{text.unit.priority[priority]}</span>}
        {ticket.unitId !== self.unitId && <span className="ld-chip">{text.unit.assists}</span>}
        <span className="ld-spring" />
        {ticket.dueAt != null ? <DueChip at={ticket.dueAt} {...(ticket.dueClock != null && { name: text.unit.clocks[ticket.dueClock as Clock] })} /> : <span className="ld-faint">{text.ticket.states[ticket.state as keyof typeof text.ticket.states]}</span>}
      </span>
      <span className="ld-cut">{ticket.place || '—'}</span>
      <span className="ld-cut ld-faint"><span className="ld-mono">{ticket.number}</span> · {whenOf(ticket.openedAt, Date.now(), text)}{ticket.description !== '' && ` · ${ticket.description}`}</span>
    </button>
  )
}
